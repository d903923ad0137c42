//! Somebody who has done everything that can be done, with others who have done so too; and what anybody can read.

use std::collections::BTreeSet;

use peer_coaching::app;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::document::operations;
use crate::support::{Answer, Company, Person, Town, call_path, database};

/// In everything that is Ana's, and in nothing else.
pub const HERS: &str = "anacanary";

/// In everything that is Ben's or Cleo's but their names.
pub const OTHERS: &str = "otherscanary";

/// Ana, whom Ben coaches and who coaches Cleo. Everything that one can say is said, with a canary in it.
pub struct Lives {
    pub town: Town,
    pub company: Company,
    pub ana: Person,
    pub ben: Person,
    pub cleo: Person,
    pub root: Person,
    pub ana_id: String,
    /// Ben coaches Ana; Ana coaches Cleo.
    pub coached: Answer,
    pub coaches: Answer,
    /// Their first calls.
    pub calls: [String; 2],
}

impl Lives {
    pub async fn lived() -> Self {
        let (town, company) = Town::small().await;
        Self::lived_in(town, company).await
    }

    pub async fn lived_in(town: Town, company: Company) -> Self {
        let somebody = |subject: &str, name: &str, canary: &str| {
            let email = format!("{canary}-{subject}@example.com");
            company.bearer(subject, &json!({ "name": name, "email": email }))
        };
        let ana = somebody(&format!("{HERS}-subject"), &format!("Ana {HERS}"), HERS);
        let (ben, cleo) = (somebody("ben", "Ben", OTHERS), somebody("cleo", "Cleo", OTHERS));
        let root = company.administrator("root");
        for (who, canary) in [(&ana, HERS), (&ben, OTHERS), (&cleo, OTHERS)] {
            fills(who, &root, canary).await;
        }
        let coached = ana.is_coached_by(&ben).await;
        let coaches = cleo.is_coached_by(&ana).await;
        let (one, two) = (ana.meets(&coached).await, cleo.meets(&coaches).await);
        let calls = [call_path(&one), call_path(&two)];
        for (who, call, canary) in [(&ana, 0, HERS), (&ben, 0, OTHERS), (&ana, 1, HERS), (&cleo, 1, OTHERS)] {
            let note = json!({ "text": format!("{canary} note {call}"), "shared": true });
            who.put(&format!("{}/note", calls[call]), note).await.ok();
        }
        for (coachee, coach, pairing, canary) in [(&ana, &ben, &coached, HERS), (&cleo, &ana, &coaches, OTHERS)] {
            let pairing = crate::support::path_of(pairing);
            coachee.put(&format!("{pairing}/reflection-share"), json!({})).await.ok();
            let action = json!({ "kind": "start", "text": format!("{canary} action") });
            let action = coachee.post(&format!("{pairing}/actions"), action).await.ok();
            let progress = format!("/v1/actions/{}/progress", action["id"].as_str().unwrap());
            coachee.post(&progress, json!({ "text": format!("{canary} progress") })).await.ok();
            let insight = json!({ "kind": "leverage", "text": format!("{canary} insight") });
            coach.post(&format!("{pairing}/insights"), insight).await.ok();
        }
        let later = town.clock.now() + jiff::SignedDuration::from_hours(100);
        for (who, pairing, canary) in [(&ana, &coached, HERS), (&cleo, &coaches, OTHERS)] {
            let join_url = format!("https://meet.example.com/{canary}");
            let series = json!({ "starts_at": later.to_string(), "join_url": join_url });
            who.post(&format!("{}/series", crate::support::path_of(pairing)), series).await.ok();
        }
        let ended = cleo.asks(&ben).await;
        cleo.does("withdraw", &ended).await.ok();
        let ended = ana.is_coached_by(&cleo).await;
        ana.does("end", &ended).await.ok();
        for (coachee, coach, canary, other) in [(&ana, &cleo, HERS, OTHERS), (&ben, &ana, OTHERS, HERS)] {
            let request = json!({ "coach_id": coach.id().await, "message": format!("{canary} message") });
            let asked = coachee.post("/v1/pairings", request).await;
            let reason = json!({ "reason": format!("{other} reason") });
            coach.post(&format!("{}/decline", crate::support::path_of(&asked)), reason).await.ok();
        }
        let waits = ana.asks(&root).await;
        waits.ok();
        ana.post_once(&format!("{}/withdraw", crate::support::path_of(&waits)), "a key", json!({})).await.ok();
        ana.asks(&root).await.ok();
        let ana_id = ana.id().await;
        // she has been reminded of something, some time
        let reminded = "insert into peer_coaching.reminders select organization_id, member_id, repeat('0', 64), now()
            from peer_coaching.members where member_id = $1";
        let superuser = database::connect(database::config("postgres")).await;
        superuser.execute(reminded, &[&ana_id.parse::<Uuid>().unwrap()]).await.unwrap();
        Self { town, company, ana, ben, cleo, root, ana_id, coached, coaches, calls }
    }

    pub fn everybody(&self) -> [&Person; 4] {
        [&self.ana, &self.ben, &self.cleo, &self.root]
    }
}

/// Somebody says all that they can say of themself, and an administrator the rest.
async fn fills(who: &Person, root: &Person, canary: &str) {
    let own = json!({
        "time_zone": "Asia/Tokyo", "working_hours": { "from": "22:00", "until": "06:30" }, "languages": ["en"],
        "expertise": [format!("{canary} expertise")], "projects": [format!("{canary} project")], "coach_capacity": 5,
    });
    let id = who.patch("/v1/me", own).await.ok()["id"].as_str().unwrap().to_owned();
    let entry = json!({ "title": format!("{canary} title"), "team": format!("{canary} team") });
    root.patch(&format!("/v1/members/{id}"), entry).await.ok();
    who.is_ready().await;
    let topics = json!({ "answer": "opted_in", "topics": [format!("{canary} topic")] });
    who.put("/v1/cycles/current/participation", topics).await.ok();
    let reflection = json!({ "complete": true, "answers": [format!("{canary} answer")] });
    who.put("/v1/cycles/current/reflection", reflection).await.ok();
    who.put("/v1/me/help", json!({ "reason": "other" })).await.ok();
    who.post("/v1/me/calendar-feed", json!({ "show_names": true })).await.ok();
}

/// Everything that somebody can read: every address of the document, with every id that they have met.
pub async fn reads(who: &Person) -> String {
    let templates = operations(&app::document()).into_iter().filter(|(method, ..)| method == "get");
    let templates = templates.map(|(_, path, _)| path).filter(|path| path.starts_with("/v1/")).collect::<Vec<_>>();
    let (mut ids, mut asked, mut read) = (BTreeSet::new(), BTreeSet::new(), String::new());
    loop {
        let mut addresses = BTreeSet::from(["/v1/members?limit=100".to_owned(), "/v1/members?active=false".to_owned()]);
        for template in &templates {
            match (template.split_once('{'), template.matches('{').count()) {
                (Some((before, rest)), 1) => {
                    let after = rest.split_once('}').unwrap().1;
                    let words = ids.iter().map(String::as_str).chain(["current", "next"]);
                    addresses.extend(words.map(|id| format!("{before}{id}{after}")));
                }
                _ => {
                    addresses.insert(template.clone());
                }
            }
        }
        let new = addresses.difference(&asked).cloned().collect::<Vec<_>>();
        if new.is_empty() {
            return read;
        }
        for address in new {
            let answer = who.get(&address).await;
            asked.insert(address);
            if answer.status.is_success() && answer.header("content-type") == "application/json" {
                find_ids(&answer.body(), &mut ids);
            }
            read.push_str(&answer.text);
            read.push('\n');
        }
    }
}

fn find_ids(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() => drop(ids.insert(text.clone())),
        Value::Array(values) => values.iter().for_each(|value| find_ids(value, ids)),
        Value::Object(object) => object.values().for_each(|value| find_ids(value, ids)),
        _ => {}
    }
}
