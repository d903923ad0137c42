//! One quarter of Ana's: everything that can be written is written, each with a word of its own.

use std::collections::BTreeMap;

use peer_coaching::clock::real_time;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::canary::Words;
use crate::fields::{Document, Operation};
use crate::service::{Answer, Service};
use crate::support::Provider;

/// Who is who. Ben coaches Ana, Dora says no; Carl, an administrator, two programs and somebody without a token are
/// neither.
const PEOPLE: [&str; 8] = ["ana", "ben", "dora", "carl", "root", "program", "bare", "nobody"];

/// Those who may see nothing of what is written here.
pub const OTHERS: [&str; 5] = ["carl", "root", "program", "bare", "nobody"];

/// How a word is used that may be found where its field is public.
const GOOD: &str = "as it should be";

/// What was done, to be done again in other ways.
#[derive(Clone)]
pub struct Step {
    pub operation: Operation,
    pub who: &'static str,
    pub path: String,
    /// What of the body is given; the rest is words and examples.
    pub given: Value,
}

/// What has happened so far.
pub struct Story<'a> {
    pub service: &'a Service,
    pub document: Document,
    pub words: Words,
    pub tokens: BTreeMap<&'static str, String>,
    pub steps: Vec<Step>,
    /// What [`OTHERS`] were answered.
    pub others: String,
    ids: BTreeMap<&'static str, String>,
}

impl<'a> Story<'a> {
    /// A company in which nobody has done anything.
    pub fn new(service: &'a Service, words_begin_with: &'static str) -> Self {
        let document = Document::of(service.answer(service.request("", "GET", "/openapi.json")).body());
        let mut words = Words::beginning_with(words_begin_with);
        let token = |name: &'static str| (name, token(service, name, &mut words));
        let tokens = PEOPLE.map(token).into();
        let ids = BTreeMap::from([("cycle_id", "current".to_owned()), ("code", "not_found".to_owned())]);
        Self { service, document, words, tokens, steps: Vec::new(), others: String::new(), ids }
    }

    /// Tells it.
    pub fn is_told(&mut self) {
        let [_, ben, dora, ..] = ["ana", "ben", "dora", "carl", "root"].map(|name| self.id_of(name));
        // the directory, the policy, the quarters
        self.does("upsert_members", "root", json!({}));
        let eve = json!({ "members": [{ "external_id": "eve", "name": "Eve" }] });
        let eve = self.does("upsert_members", "root", eve)["data"][0]["id"].clone();
        self.does("update_member", "root", json!({ "member_id": eve, "active": true }));
        self.does("update_me", "ana", json!({}));
        let kept = json!({ "cadence_months": null, "anchor_on": null, "last_request_days": null });
        self.does("update_policy", "root", kept);
        let far = json!({ "starts_on": "2190-01-01", "ends_on": "2190-03-01" });
        self.does("add_cycle", "root", far);
        let later = json!({ "starts_on": "2191-01-01", "ends_on": "2191-03-01", "name": "Later" });
        let later = self.does("add_cycle", "root", later)["id"].clone();
        self.does("update_cycle", "root", json!({ "cycle_id": later, "starts_on": null, "ends_on": null }));
        // the quarter
        self.does("put_participation", "ana", json!({ "answer": "opted_in" }));
        self.send(Method::GET, "ana", "/v1/cycles/current/coaches"); // whom the topics suggest
        self.does("put_reflection", "ana", json!({ "complete": true }));
        self.does("request_pairing", "ana", json!({ "coach_id": dora, "cycle_id": null }));
        self.does("decline_pairing", "dora", json!({}));
        self.does("request_pairing", "ana", json!({ "coach_id": ben, "cycle_id": null }));
        let accepted = self.does("accept_pairing", "ben", json!({}));
        self.does("put_reflection_share", "ana", json!({}));
        let kickoff = json!({ "kind": "kickoff", "starts_at": accepted["accepted_at"], "duration_minutes": 30 });
        self.does("plan_check_in", "ana", kickoff);
        self.does("update_check_in", "ben", json!({ "starts_at": null }));
        self.does("hold_check_in", "ana", json!({}));
        let tomorrow = real_time() + jiff::SignedDuration::from_hours(24);
        self.does("plan_series", "ben", json!({ "starts_at": tomorrow.to_string() }));
        self.does("add_action", "ana", json!({}));
        self.does("update_action", "ben", json!({}));
        self.does("add_progress", "ben", json!({}));
        self.does("give_insight", "ben", json!({}));
        let feed = self.does("make_calendar_feed", "ana", json!({ "show_names": true }));
        let secret = feed["path"].as_str().unwrap().trim_start_matches("/calendar/").trim_end_matches(".ics");
        self.ids.insert("secret", secret.to_owned());
        // whoever is told
        self.does("add_webhook", "program", json!({}));
        let hook = self.does("add_webhook", "program", json!({ "url": "https://bot.example.com/" }));
        self.ids.insert("webhook_id", hook["webhook"]["id"].as_str().unwrap().to_owned());
        self.does("update_webhook", "program", json!({ "enabled": true }));
        let test = self.does("test_webhook", "program", json!({}));
        self.ids.insert("delivery_id", test["id"].as_str().unwrap().to_owned());
        for author in ["ana", "ben"] {
            self.does("put_note", author, json!({ "shared": true }));
            self.does("put_note", author, json!({ "shared": false }));
        }
    }

    /// Every place for free text that no step has filled.
    pub fn untold(&self) -> Vec<String> {
        let all = self.document.operations().into_iter().flat_map(|one| self.document.free(&one));
        let filled = self.words.fields();
        all.filter(|field| field.contains('#') && !filled.contains(field)).collect()
    }

    /// Asks every operation for words, as its query takes them; and names a request.
    pub fn searches(&mut self) {
        for operation in self.document.operations() {
            let path = self.path(&operation, &json!({}));
            for (_, query) in self.document.queries(&operation, &mut self.words, GOOD) {
                let answer = self.send(operation.method.clone(), "ana", &format!("{path}?{query}"));
                assert!(!answer.status.is_server_error(), "{}", answer.text);
            }
        }
        let name = self.words.new_word("header X-Request-Id", GOOD);
        let request = self.request(Method::GET, "ana", "/v1/me").header("X-Request-Id", &name);
        assert_eq!(self.service.answer(request).headers["x-request-id"], name.as_str());
    }

    /// Everybody else asks for everything.
    pub fn others_look_around(&mut self) {
        let reading = self.document.operations().into_iter().filter(|one| one.method == Method::GET);
        let mut paths = reading.map(|one| self.path(&one, &json!({}))).collect::<Vec<_>>();
        paths.extend(
            ["/openapi.json", "/docs/", "/metrics", "/v1/members?limit=100", "/v1/cycles?limit=100"].map(str::to_owned),
        );
        for who in OTHERS {
            for path in &paths {
                let answer = self.send(Method::GET, who, path);
                self.overhears(&answer);
            }
        }
    }

    /// Keeps what one of [`OTHERS`] was answered.
    pub fn overhears(&mut self, answer: &Answer) {
        self.others += &format!("{:?}\n{}\n", answer.headers, answer.text);
    }

    /// Does this, with a word wherever one is taken; what is answered.
    fn does(&mut self, id: &str, who: &'static str, given: Value) -> Value {
        let operation = self.document.operation(id);
        let path = self.path(&operation, &given);
        let step = Step { operation, who, path, given };
        let mut request = self.again(&step, GOOD);
        if step.operation.reads("Idempotency-Key") {
            request = request.header("Idempotency-Key", self.words.new_word("header Idempotency-Key", GOOD));
        }
        let answer = self.service.answer(request);
        assert!(answer.status.is_success(), "{id}: {} {}", answer.status, answer.text);
        let body = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
        self.remembers(&step, &body);
        self.steps.push(step);
        body
    }

    /// What was made, by the name that paths have for it: `/v1/check-ins` makes a `check_in_id`.
    fn remembers(&mut self, step: &Step, made: &Value) {
        const NAMES: [(&str, &str); 8] = [
            ("/v1/pairings", "pairing_id"),
            ("/check-ins", "check_in_id"),
            ("/series", "series_id"),
            ("/actions", "action_id"),
            ("/insights", "insight_id"),
            ("/help-requests", "help_request_id"),
            ("/batch", "member_id"),
            ("/webhooks", "webhook_id"),
        ];
        let id = made["id"].as_str().or_else(|| made["data"][0]["id"].as_str());
        let name = NAMES.iter().find(|(end, _)| step.operation.path.ends_with(end));
        if let (Some(id), Some((_, name)), "POST") = (id, name, step.operation.method.as_str()) {
            self.ids.insert(name, id.to_owned());
        }
    }

    /// A step once more, with words of its own.
    pub fn again(&mut self, step: &Step, how: &str) -> RequestBuilder {
        let request = self.request(step.operation.method.clone(), step.who, &step.path);
        let request = if step.operation.reads("If-Match") { request.header("If-Match", "*") } else { request };
        match self.says(step, how) {
            Some(body) => request.header("Content-Type", step.operation.kind().unwrap()).body(body.to_string()),
            None => request,
        }
    }

    /// The same with a key only where one must be there: a key is looked up before anything is done.
    pub fn without_key(&mut self, step: &Step, how: &str) -> RequestBuilder {
        let parameters = step.operation.said["parameters"].as_array().into_iter().flatten();
        let needed = parameters.into_iter().any(|one| one["name"] == "Idempotency-Key" && one["required"] == true);
        let request = self.again(step, how);
        if needed { request.header("Idempotency-Key", uuid::Uuid::now_v7().to_string()) } else { request }
    }

    /// The body of a step, with words of its own.
    pub fn says(&mut self, step: &Step, how: &str) -> Option<Value> {
        step.operation.body()?;
        Some(self.document.body(&step.operation, &step.given, &mut self.words, how))
    }

    /// A request of somebody's, to be completed.
    pub fn request(&self, method: Method, who: &str, path: &str) -> RequestBuilder {
        self.service.request(&self.tokens[who], method.as_str(), path)
    }

    pub fn send(&self, method: Method, who: &str, path: &str) -> Answer {
        self.service.answer(self.request(method, who, path))
    }

    /// The token of somebody.
    pub fn person(&self, name: &str) -> String {
        self.tokens[name].clone()
    }

    /// Where an operation is, for what was made last.
    pub fn path(&self, operation: &Operation, given: &Value) -> String {
        let parameters = operation.said["parameters"].as_array().into_iter().flatten();
        let names = parameters.filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap());
        names.fold(operation.path.clone(), |path, name| {
            let known = given[name].as_str().or_else(|| self.ids.get(name).map(String::as_str));
            let id = known.unwrap_or_else(|| panic!("{}: the story makes no {name}", operation.id));
            path.replace(&format!("{{{name}}}"), id)
        })
    }

    fn id_of(&mut self, name: &str) -> String {
        let me = self.send(Method::GET, name, "/v1/me").body();
        let id = me["id"].as_str().unwrap_or_else(|| panic!("{name}: {me}")).to_owned();
        self.ids.insert("member_id", id.clone());
        id
    }
}

/// A token of somebody's, whose name is a word of its own.
fn token(service: &Service, name: &str, words: &mut Words) -> String {
    let scopes = "members:read members:write events:read webhooks:manage";
    let more = match name {
        "nobody" => return String::new(),
        "program" => json!({ "client_id": name, "scope": scopes }),
        "bare" => json!({ "client_id": name, "scope": "openid" }),
        "root" => json!({ "name": words.new_word("token name", GOOD), "roles": ["peer-coaching-administrator"] }),
        _ => json!({ "name": words.new_word("token name", GOOD) }),
    };
    let now = real_time().as_second();
    let mut claims =
        json!({ "iss": Provider::ISSUER, "aud": Provider::AUDIENCE, "sub": name, "iat": now, "exp": now + 3600 });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    service.deployment.provider.signed(&claims)
}
