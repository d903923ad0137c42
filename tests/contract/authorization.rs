//! Who may do what, for everybody on every operation and every place of it that carries an id (policy rule P8).
//!
//! [`crate::table`] holds what is expected. Beyond that, whoever is refused learns nothing: the answer is the same as
//! for an id that is nowhere, with the thing's own ETag as for none, with the owner's `Idempotency-Key` as for a new
//! one; and nothing is stored.

use std::collections::BTreeSet;

use peer_coaching::ids::OrganizationId;
use serde_json::{Value, json};

use crate::call::{Call, Values, name_of};
use crate::census::{Census, Stored};
use crate::operation::{Document, Operation};
use crate::support::{Answer, Person, Town};
use crate::table::{Line, lines};
use crate::world::{Given, PEOPLE, World, is_foreign};

/// Refusals to somebody who knows of the thing by right, and may be told more than that it is not there.
const KNOWN: [&str; 2] = ["not_yours", "yourself"];

#[actix_web::test]
async fn the_table_is_complete() {
    let (town, _company) = Town::small().await;
    let document = Document::served_by(&town).await;
    let (mut told, mut missing) = (BTreeSet::new(), Vec::new());
    let known = lines().iter().map(|line| format!("{} {}", line.operation, line.place)).collect::<BTreeSet<_>>();
    for operation in document.operations() {
        let mut places = document.places(&operation);
        if places.iter().all(|place| place.starts_with('?')) {
            places.push("-".into()); // without any id, too
        }
        for place in places {
            let line = format!("{} {place}", operation.id);
            if !known.contains(&line) {
                missing.push(line.clone());
            }
            told.insert(line);
        }
    }
    let gone = known.difference(&told).collect::<Vec<_>>();
    assert!(missing.is_empty(), "add to tests/contract/table.rs, who may do this: {missing:#?}");
    assert!(gone.is_empty(), "the document has no such place any more: {gone:#?}");
    let never = lines().into_iter().filter(|line| line.owner().is_none()).map(|line| line.operation);
    assert_eq!(never.collect::<Vec<_>>(), [""; 0], "nobody may, so the refusals prove nothing");
}

#[actix_web::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let world = World::new().await;
    let document = Document::served_by(&world.town).await;
    let mut trial = Trial { census: Census::begin().await, world, document, wrong: Vec::new(), checks: 0, asked: 0 };
    for line in lines() {
        trial.of(&line).await;
    }
    println!("{} checks, {} requests", trial.checks, trial.asked);
    assert!(trial.checks >= 11 * lines().len());
    assert!(trial.wrong.is_empty(), "{} are wrong:\n{}", trial.wrong.len(), trial.wrong.join("\n"));
}

struct Trial {
    world: World,
    document: Document,
    census: Census,
    wrong: Vec<String>,
    checks: usize,
    asked: usize,
}

/// What one person sends for one line.
struct Try<'a> {
    line: &'a Line,
    operation: &'a Operation,
    given: &'a Given,
    name: &'static str,
    person: Person,
    values: Values,
}

impl Trial {
    async fn of(&mut self, line: &Line) {
        let Some(operation) = self.document.operations().into_iter().find(|one| one.id == line.operation) else {
            return self.wrong.push(format!("{}: is not in the document", line.operation));
        };
        let Some(owner) = line.owner() else { return };
        let mut given = self.world.given(line.given).await;
        let person = self.world.person(owner, &given);
        if line.place == "?cursor" {
            let first = Call::of(&self.document, &operation, &given.values, "-").asking("limit=1").by(&person).await;
            given.values.insert("cursor".into(), first.ok()["next_cursor"].clone());
            assert!(given.values["cursor"].is_string(), "{}: there is no second page", line.operation);
        }
        let etag = self.etag(&operation, &person, &given).await;
        // those who may not, while everything is as it was given
        let (mut refused, before) = (Vec::new(), self.census.of(&self.both()).await);
        for name in PEOPLE.into_iter().filter(|name| !["yes", "own"].contains(&line.for_whom(name))) {
            let one = self.attempt(line, &operation, &given, name);
            refused.push((name, self.refused(&one, etag.as_deref(), &before).await));
        }
        // the one who may; what they are answered is not for the others
        let one = self.attempt(line, &operation, &given, owner);
        let key = uuid::Uuid::now_v7().to_string();
        let first = self.ask(&one, one.call(&self.document).with("Idempotency-Key", &key)).await;
        self.expect(&one, first.status.is_success(), "may not", &first);
        if operation.reads("Idempotency-Key") {
            let again = self.ask(&one, one.call(&self.document).with("Idempotency-Key", &key)).await;
            let replayed = again.header("idempotent-replayed") == "true" && again.text == first.text;
            self.expect(&one, replayed, "is not answered again", &again);
            for (name, before) in &refused {
                let one = self.attempt(line, &operation, &given, name);
                let answer = self.ask(&one, one.call(&self.document).with("Idempotency-Key", &key)).await;
                let same = told(&answer, "") == told(before, "") || KNOWN.contains(&line.for_whom(name));
                let own = same && answer.header("idempotent-replayed").is_empty();
                self.expect(&one, own, "learns from the owner's key", &answer);
            }
        }
        let others = PEOPLE.into_iter().filter(|name| *name != owner);
        for name in others.filter(|name| ["yes", "own"].contains(&line.for_whom(name))) {
            if operation.changes() {
                given = self.world.given(line.given).await; // what one has changed the next one cannot
            }
            let one = self.attempt(line, &operation, &given, name);
            self.allowed(&one, &first, &key).await;
        }
    }

    fn attempt<'a>(&self, line: &'a Line, operation: &'a Operation, given: &'a Given, name: &'static str) -> Try<'a> {
        let person = self.world.person(name, given);
        let values = self.world.values_of(name, given, name_of(line.place));
        Try { line, operation, given, name, person, values }
    }

    /// The ETag that the owner knows, where there is one.
    async fn etag(&mut self, operation: &Operation, owner: &Person, given: &Given) -> Option<String> {
        let all = self.document.operations();
        let shown = all.iter().find(|one| one.path == operation.path && !one.changes())?;
        let answer = Call::of(&self.document, shown, &given.values, "-").by(owner).await;
        Some(answer.header("etag").to_owned()).filter(|etag| !etag.is_empty())
    }

    /// Somebody who may not; what they were answered.
    async fn refused(&mut self, one: &Try<'_>, etag: Option<&str>, before: &Stored) -> Answer {
        let expected = one.line.for_whom(one.name);
        let call = one.call(&self.document);
        let answer = self.ask(one, call.clone()).await;
        match expected {
            "none" => self.expect(one, answer.status.is_success(), "is refused", &answer),
            code => {
                let as_said = answer.status.is_client_error() && answer.code() == code;
                self.expect(one, as_said, &format!("is not told {code}"), &answer);
            }
        }
        let value = one.values.get(name_of(one.line.place)).and_then(Value::as_str);
        if let Some(value) = value.filter(|_| !KNOWN.contains(&expected)) {
            let nowhere = one.elsewhere();
            let other = self.ask(one, nowhere.call(&self.document)).await;
            let random = nowhere.values[name_of(one.line.place)].as_str().unwrap().to_owned();
            let same = told(&answer, value) == told(&other, &random);
            self.expect(one, same, &format!("can tell it from one that is nowhere:\n    {}", other.text), &answer);
        }
        if let Some(etag) = etag {
            for header in ["If-Match", "If-None-Match"].into_iter().filter(|header| one.operation.reads(header)) {
                let with = self.ask(one, call.clone().with(header, etag)).await;
                let without = self.ask(one, call.clone().with(header, "\"99-00000000\"")).await;
                let same = told(&with, "") == told(&without, "") && told(&with, "") == told(&answer, "");
                self.expect(one, same, &format!("learns from {header}"), &with);
            }
        }
        let changed = before.changed(&self.census.of(&self.both()).await);
        self.expect(one, changed.is_empty(), &format!("changed {changed:?}"), &answer);
        answer
    }

    /// Somebody else who may: with what is there for both, or with what is their own.
    async fn allowed(&mut self, one: &Try<'_>, owners: &Answer, key: &str) {
        let ours = [self.world.here.organization];
        let before = if is_foreign(one.name) { Some(self.census.of(&ours).await) } else { None };
        let owner = self.world.person(one.line.owner().unwrap(), one.given);
        let owned = self.etag(one.operation, &owner, one.given).await;
        let answer = self.ask(one, one.call(&self.document)).await;
        self.expect(one, answer.status.is_success(), "may not", &answer);
        if one.line.for_whom(one.name) == "own" && !one.operation.changes() {
            self.expect(one, answer.text != owners.text, "sees what is the owner's", &answer);
        }
        if one.line.for_whom(one.name) == "own" {
            let all = format!("{:?} {}", answer.headers, answer.text);
            let known = self.world.secrets(one.name, one.given).into_iter().find(|secret| all.contains(secret));
            self.expect(one, known.is_none(), "sees an id that is not for them", &answer);
            let same = self.etag(one.operation, &owner, one.given).await == owned;
            self.expect(one, same, "changed what is the owner's", &answer);
        }
        if let Some(before) = before {
            let changed = before.changed(&self.census.of(&ours).await);
            self.expect(one, changed.is_empty(), &format!("changed {changed:?} of the other company"), &answer);
        }
        if one.operation.reads("Idempotency-Key") {
            let answer = self.ask(one, one.call(&self.document).with("Idempotency-Key", key)).await;
            let own = answer.header("idempotent-replayed").is_empty() && !answer.text.contains("key_reused");
            self.expect(one, own, "is answered as the owner was", &answer);
        }
    }

    async fn ask(&mut self, one: &Try<'_>, call: Call) -> Answer {
        self.asked += 1;
        let answer = call.by(&one.person).await;
        self.expect(one, !answer.status.is_server_error(), "breaks it", &answer);
        answer
    }

    fn both(&self) -> [OrganizationId; 2] {
        [self.world.here.organization, self.world.there.organization]
    }

    fn expect(&mut self, one: &Try<'_>, holds: bool, otherwise: &str, answer: &Answer) {
        self.checks += 1;
        if !holds {
            let (line, status) = (one.line, answer.status.as_u16());
            let told = format!("{} {}: {} {otherwise}", line.operation, line.place, one.name);
            self.wrong.push(format!("{told}\n    {status} {}", answer.text));
        }
    }
}

impl Try<'_> {
    fn call(&self, document: &Document) -> Call {
        Call::of(document, self.operation, &self.values, self.line.place)
    }

    /// The same with an id that is nowhere, or a cursor that is nobody's.
    fn elsewhere(&self) -> Self {
        let random = match name_of(self.line.place) {
            "cursor" => json!("WyJ4Il0.AAAA"),
            _ => json!(uuid::Uuid::now_v7()),
        };
        let mut values = self.values.clone();
        values.insert(name_of(self.line.place).to_owned(), random);
        Self { values, person: self.person.clone(), ..*self }
    }
}

/// All of an answer that could tell one thing from another, with the id that was asked for taken out.
fn told(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let mut body = serde_json::from_str::<Value>(&answer.text).unwrap_or_else(|_| json!(answer.text));
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    let body = body.to_string();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers.iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
    let mut headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect::<Vec<_>>();
    headers.sort();
    (answer.status.as_u16(), headers, if id.is_empty() { body } else { body.replace(id, "<id>") })
}
