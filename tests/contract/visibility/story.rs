//! One quarter of Ana's, with everything in it that is somebody's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Thing, Walk};
use crate::support::{Answer, Company, Person, Town, call_path, path_of};

/// Everybody who looks. Ben coaches Ana; Dora did so in the last quarter, Eve said no; Carl is a colleague, `root` an administrator;
/// `program` is an integration with every scope, `bare` one without any.
pub const VIEWERS: [&str; 8] = ["ana", "ben", "dora", "eve", "carl", "root", "program", "bare"];

/// Ana's company, and what she has done so far.
pub struct Story {
    pub town: Town,
    people: BTreeMap<&'static str, Person>,
    /// Everything that can be asked for by name: ids, words to search for.
    values: BTreeMap<&'static str, Vec<String>>,
    /// What she, and others, have made.
    pub(super) things: Vec<Thing>,
}

impl Story {
    /// A company in which Ana was coached by Dora, in a quarter that is over.
    pub async fn begins() -> Self {
        let (town, company) = Town::small().await;
        let values = BTreeMap::from([
            ("code", vec!["not_found".to_owned()]),
            ("secret", vec![format!("feed_{}", "A".repeat(64))]),
            ("cycle_id", vec!["current".into(), "next".into()]),
            ("from", vec!["2026-01-01T00:00:00Z".into()]),
            ("to", vec!["2028-01-01T00:00:00Z".into()]),
        ]);
        let mut story = Self { town, people: people(&company), values, things: Vec::new() };
        let (ana, dora) = (story.person("ana"), story.person("dora"));
        ana.is_ready().await;
        let pairing = ana.is_coached_by(&dora).await;
        let earlier = ana.get("/v1/cycles/current").await.ok()["id"].clone();
        story.remembers("cycle_id", &earlier);
        story.remembers("pairing_id", &pairing.ok()["id"]);
        let kickoff = ana.meets(&pairing).await.ok();
        story.remembers("check_in_id", &kickoff["id"]);
        let note = json!({ "text": "what ana wrote for dora", "shared": true });
        ana.put(&format!("/v1/check-ins/{}/note", kickoff["id"].as_str().unwrap()), note).await.ok();
        story.town.days_pass(110);
        story.is_made("pairing", &pairing.ok()["id"], "ana", "dora");
        story.is_made("check_in", &kickoff["id"], "ana", "dora");
        story.is_made("note", &json!("what ana wrote for dora"), "ana", "dora");
        story.shares("what ana wrote for dora", true);
        story.is_made("statistics", &json!("\"kickoffs_held\":"), "nobody", "nobody");
        story
    }

    /// Goes on to its end; everybody looks around at each turn. Which kinds of data it has made.
    pub(super) async fn goes_on(mut self, walk: &mut Walk) -> BTreeSet<&'static str> {
        self.directory().await;
        walk.looks_around("in the directory", &self).await;
        self.takes_part().await;
        walk.looks_around("taking part", &self).await;
        let pairing = self.asks().await;
        walk.looks_around("a request waits", &self).await;
        let call = self.meet(&pairing).await;
        self.share_reflection(true).await;
        walk.looks_around("accepted", &self).await;
        self.plans(&pairing).await;
        self.write(&call, false).await;
        walk.looks_around("written, not shared", &self).await;
        self.write(&call, true).await;
        walk.looks_everywhere("shared", &self).await;
        self.write(&call, false).await;
        walk.looks_around("taken back", &self).await;
        self.write(&call, true).await;
        self.person("ben").does("end", &pairing).await.ok();
        walk.looks_around("shared, after the end", &self).await;
        self.write(&call, false).await;
        walk.looks_around("taken back after the end", &self).await;
        self.deletes(&call).await;
        walk.looks_around("deleted", &self).await;
        self.person("root").decides(json!({ "statistics_for_members": true })).await;
        walk.looks_everywhere("with figures for everybody", &self).await;
        self.things.iter().map(|thing| thing.kind).collect()
    }

    /// What the company says of Ana, and what she says of herself.
    async fn directory(&mut self) {
        let (ana, root) = (self.person("ana"), self.person("root"));
        for name in ["ana", "ben", "dora", "eve", "carl", "root"] {
            let id = self.person(name).id().await;
            self.remembers("member_id", &json!(id));
        }
        let id = ana.id().await;
        let entry = json!({ "title": "Title of Ana", "team": "Team of Ana", "email": "ana.mark@example.com",
            "external_id": "ana-mark" });
        root.patch(&format!("/v1/members/{id}"), entry).await.ok();
        let own = json!({ "expertise": ["Expertise of Ana"], "projects": ["Project of Ana"], "time_zone": "Pacific/Chatham",
            "working_hours": { "from": "03:07", "until": "11:13" }, "languages": ["tlh"] });
        ana.patch("/v1/me", own).await.ok();
        self.remembers("q", &json!("ana"));
        self.remembers("expertise", &json!("Expertise%20of%20Ana"));
        self.remembers("project", &json!("Project%20of%20Ana"));
        for mark in ["Title of Ana", "Team of Ana", "Expertise of Ana", "Project of Ana", "\"tlh\"", "\"Ana\""] {
            self.is_made("directory", &json!(mark), "ana", "ben");
        }
        for mark in ["ana.mark@example.com", "ana-mark"] {
            self.is_made("directory_keys", &json!(mark), "ana", "ben");
        }
        for mark in ["Pacific/Chatham", "\"03:07\""] {
            self.is_made("settings", &json!(mark), "ana", "ben");
        }
        let entries = root.get("/v1/audit-entries?limit=100").await.each("");
        let about = entries.iter().find(|entry| entry["action"] == "member.changed" && entry["member_id"] == id);
        self.is_made("audit_entry", &about.unwrap_or_else(|| panic!("{entries:?}"))["id"], "ana", "ben");
    }

    /// Ana opts in, and reflects.
    async fn takes_part(&mut self) {
        let ana = self.person("ana");
        let answer = json!({ "answer": "opted_in", "topics": ["Topic of Ana"] });
        let given = ana.put("/v1/cycles/current/participation", answer).await.ok();
        self.is_made("participation", &given["answered_at"], "ana", "ben");
        self.town.clock.advance(SignedDuration::from_mins(1)); // so that no two instants are the same
        let help = ana.put("/v1/me/help", json!({ "reason": "other" })).await.ok();
        self.is_made("help_request", &help["asked_at"], "ana", "ben");
        self.town.clock.advance(SignedDuration::from_mins(1));
        let feed = ana.post("/v1/me/calendar-feed", json!({ "show_names": true })).await.ok();
        self.is_made("calendar_feed", &feed["created_at"], "ana", "ben");
        self.is_made("topics", &given["topics"][0], "ana", "ben");
        self.town.clock.advance(SignedDuration::from_mins(1));
        let reflection = json!({ "complete": true, "answers": ["what ana thinks of her job"] });
        let reflected = ana.put("/v1/cycles/current/reflection", reflection).await.ok();
        self.is_made("reflection", &reflected["completed_at"], "ana", "ben");
        self.is_made("reflection", &json!("what ana thinks of her job"), "ana", "ben");
        self.town.clock.advance(SignedDuration::from_mins(1));
    }

    /// Ana asks Ben, and shares her reflection at once: he reads it when he has said yes.
    async fn asks(&mut self) -> Answer {
        let ana = self.person("ana");
        let help = self.things.iter().find(|thing| thing.kind == "help_request").unwrap().mark.clone();
        assert_eq!(Answer::to(ana.request(reqwest::Method::DELETE, "/v1/me/help")).await.status, 204);
        self.is_gone(&help);
        self.is_declined().await;
        let request = json!({ "coach_id": self.person("ben").id().await, "message": "what ana asks of ben" });
        let asked = ana.post("/v1/pairings", request).await;
        let pairing = asked.ok();
        self.is_made("message", &pairing["message"], "ana", "ben");
        self.remembers("pairing_id", &pairing["id"]);
        self.is_made("pairing", &pairing["id"], "ana", "ben");
        self.is_made("pairing", &pairing["requested_at"], "ana", "ben");
        self.is_made("next_step", &json!(format!("{}/accept", path_of(&asked))), "ben", "ana");
        self.town.clock.advance(SignedDuration::from_mins(1));
        self.share_reflection(true).await;
        self.things.iter_mut().for_each(|thing| thing.shared &= thing.kind != "reflection");
        asked
    }

    /// Ana asks Eve, and shares her reflection; but Eve says no.
    async fn is_declined(&mut self) {
        let (ana, eve) = (self.person("ana"), self.person("eve"));
        let request = json!({ "coach_id": eve.id().await, "message": "what ana asks of eve" });
        let asked = ana.post("/v1/pairings", request).await;
        self.remembers("pairing_id", &asked.ok()["id"]);
        self.share_reflection(true).await;
        let reason = json!({ "reason": "why eve says no" });
        let declined = eve.post(&format!("{}/decline", path_of(&asked)), reason).await.ok();
        self.is_made("message", &declined["message"], "ana", "eve");
        self.is_made("decline_reason", &declined["decline_reason"], "eve", "ana");
    }

    /// Ben says yes, and they meet.
    async fn meet(&mut self, pairing: &Answer) -> Answer {
        let (ana, ben) = (self.person("ana"), self.person("ben"));
        ben.does("accept", pairing).await.ok();
        self.is_gone(&format!("{}/accept", path_of(pairing)));
        self.town.clock.advance(SignedDuration::from_mins(1));
        let call = ana.meets(pairing).await;
        let weekly = json!({ "starts_at": (self.now() + SignedDuration::from_hours(24)).to_string(),
            "join_url": "https://meet.example.com/ana-and-ben" });
        let series = ana.post(&format!("{}/series", path_of(pairing)), weekly).await.ok();
        self.remembers("series_id", &series["id"]);
        self.remembers("check_in_id", &call.ok()["id"]);
        self.remembers("check_in_id", &series["check_ins"][0]["id"]);
        self.is_made("join_url", &series["check_ins"][0]["join_url"], "ana", "ben");
        self.is_made("check_in", &call.ok()["id"], "ana", "ben");
        self.is_made("check_in", &series["check_ins"][0]["starts_at"], "ana", "ben");
        call
    }

    /// What comes of it: a plan of Ana's, with progress, and what Ben tells her.
    async fn plans(&mut self, pairing: &Answer) {
        let (ana, ben, path) = (self.person("ana"), self.person("ben"), path_of(pairing));
        let own = ana.post(&format!("{path}/actions"), json!({ "kind": "start", "text": "what ana will start" })).await;
        let bens = ben.post(&format!("{path}/actions"), json!({ "kind": "stop", "text": "what ana will stop" })).await;
        for action in [own.ok(), bens.ok()] {
            self.remembers("action_id", &action["id"]);
            self.is_made("action", &action["text"], "ana", "ben");
        }
        for (author, action) in [("ana", bens), ("ben", own)] {
            let text = format!("how it goes, says {author}");
            let address = format!("/v1/actions/{}/progress", action.ok()["id"].as_str().unwrap());
            self.person(author).post(&address, json!({ "text": text })).await.ok();
            self.is_made("progress", &json!(text), "ana", "ben");
        }
        let told = json!({ "kind": "leverage", "text": "what ben tells ana" });
        let insight = ben.post(&format!("{path}/insights"), told).await.ok();
        self.remembers("insight_id", &insight["id"]);
        self.is_made("insight", &insight["text"], "ana", "ben");
    }

    /// Each writes for themself, and shares it or takes it back.
    async fn write(&mut self, call: &Answer, shared: bool) {
        for (author, partner) in [("ana", "ben"), ("ben", "ana")] {
            let text = format!("what {author} wrote about the call");
            let note = json!({ "text": text, "shared": shared });
            self.person(author).put(&format!("{}/note", call_path(call)), note).await.ok();
            self.is_made("note", &json!(text), author, partner);
            self.shares(&text, shared);
        }
        self.share_reflection(shared).await;
    }

    /// Ana shares her reflection with Ben, or takes it back.
    async fn share_reflection(&mut self, shared: bool) {
        let address = format!("/v1/pairings/{}/reflection-share", self.values("pairing_id").last().unwrap());
        let method = if shared { reqwest::Method::PUT } else { reqwest::Method::DELETE };
        let answer = Answer::to(self.person("ana").request(method, &address)).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        self.things.iter_mut().filter(|thing| thing.kind == "reflection").for_each(|thing| thing.shared = shared);
    }

    /// Each deletes what they wrote, and Ana what she was told.
    async fn deletes(&mut self, call: &Answer) {
        let (note, insight) =
            (format!("{}/note", call_path(call)), format!("/v1/insights/{}", self.values("insight_id")[0]));
        for (author, address) in [("ana", &note), ("ben", &note), ("ana", &insight)] {
            let answer = Answer::to(self.person(author).request(reqwest::Method::DELETE, address)).await;
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        self.is_gone("about the call");
        self.is_gone("what ben tells ana");
    }

    pub fn person(&self, name: &str) -> Person {
        self.people[name].clone()
    }

    /// Whether every member may see what the policy decides about.
    pub async fn policy_lets_members(&self) -> bool {
        self.person("ana").get("/v1/policy").await.ok()["statistics_for_members"] == true
    }

    /// Everything that could be asked for under this name.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.values.get(name).cloned().unwrap_or_default()
    }

    fn now(&self) -> Timestamp {
        self.town.clock.now()
    }

    fn remembers(&mut self, name: &'static str, value: &Value) {
        self.values.entry(name).or_default().push(value.as_str().expect(name).to_owned());
    }

    fn is_made(&mut self, kind: &'static str, mark: &Value, owner: &'static str, partner: &'static str) {
        let mark = mark.as_str().unwrap_or_else(|| panic!("{kind}: {mark}")).to_owned();
        let thing = Thing { kind, mark, owner, partner, shared: false, there: true };
        if !self.things.iter().any(|known| known.mark == thing.mark) {
            self.things.push(thing);
        }
    }

    /// Everything with such a mark.
    fn is_gone(&mut self, mark: &str) {
        self.things.iter_mut().filter(|thing| thing.mark.ends_with(mark)).for_each(|thing| thing.there = false);
    }

    fn shares(&mut self, mark: &str, shared: bool) {
        self.things.iter_mut().filter(|thing| thing.mark == mark).for_each(|thing| thing.shared = shared);
    }
}

fn people(company: &Company) -> BTreeMap<&'static str, Person> {
    let scopes = "members:read members:write events:read webhooks:manage";
    let people = VIEWERS.map(|name| match name {
        "root" => (name, company.administrator(name)),
        "program" => (name, company.integration(name, scopes)),
        "bare" => (name, company.integration(name, "openid")),
        _ => (name, company.person(name)),
    });
    people.into()
}
