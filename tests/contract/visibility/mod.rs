//! The table of who may see what (`GET /visibility`, policy rule P8), walked: every kind of data is made through the API,
//! and everybody asks every operation that could show it, in every condition that a cell names. What is seen must be what
//! the table says.
//!
//! [`shown`] says which kinds of data an operation can show; [`story`] makes the data. A new kind of data is a line in
//! each, and an operation that reads is met without being asked for: the walk fails until it stands in `shown`.

mod shown;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use peer_coaching::visibility::rules::{Cell, KINDS, Kind, Sees};
use serde_json::{Value, json};

use self::story::{Story, VIEWERS};
use crate::operation::{Document, Operation};
use crate::support::{Answer, Person, Town};

/// Something that was made, of one kind, and what gives it away wherever it is seen.
#[derive(Clone)]
pub struct Thing {
    pub kind: &'static str,
    pub mark: String,
    /// Of [`VIEWERS`]; nobody's where it is about everybody.
    pub owner: &'static str,
    pub partner: &'static str,
    /// Whether its owner shares it now, and the partner may read what is shared.
    pub shared: bool,
    /// Whether it is there.
    pub there: bool,
}

impl Thing {
    fn kind(&self) -> &'static Kind {
        KINDS.iter().find(|kind| kind.name == self.kind).unwrap_or_else(|| panic!("the table has no {}", self.kind))
    }

    /// What the table says that this viewer sees of it.
    fn cell(&self, viewer: &str) -> Option<Cell> {
        let kind = self.kind();
        match viewer {
            _ if viewer == self.owner => kind.owner,
            _ if viewer == self.partner => kind.partner,
            "root" => Some(kind.administrator),
            "program" | "bare" => Some(kind.integration),
            _ => Some(kind.other_members),
        }
    }

    /// Whether this viewer sees it, in the condition that it is in.
    fn is_for(&self, viewer: &str, policy_lets_members: bool) -> bool {
        let sees = self.cell(viewer).unwrap_or_else(|| panic!("{}: nobody's, and yet {viewer}'s", self.kind)).sees;
        self.there
            && match sees {
                Sees::Yes => true,
                Sees::IfShared => self.shared,
                Sees::WithScope => viewer == "program",
                Sees::PolicyDecides => policy_lets_members,
                Sees::Implied | Sees::NumberOnly | Sees::InAnEvent | Sees::No => false,
            }
    }
}

/// The walk so far.
struct Walk {
    document: Document,
    reading: Vec<Operation>,
    shown: BTreeMap<&'static str, Vec<&'static str>>,
    /// Which kinds were seen in which operations.
    witnessed: BTreeSet<(String, &'static str)>,
    wrong: Vec<String>,
    checks: usize,
    asked: usize,
}

#[actix_web::test]
async fn everybody_sees_what_the_table_says_and_nothing_else() {
    let story = Story::begins().await;
    let document = Document::served_by(&story.town).await;
    let reading = document.operations().into_iter().filter(|one| !one.changes()).collect();
    let mut walk = Walk {
        document,
        reading,
        shown: shown::table(),
        witnessed: BTreeSet::new(),
        wrong: Vec::new(),
        checks: 0,
        asked: 0,
    };
    let made = story.goes_on(&mut walk).await;
    println!("{} checks, {} requests", walk.checks, walk.asked);
    assert!(walk.wrong.is_empty(), "{} are wrong:\n{}", walk.wrong.len(), walk.wrong.join("\n"));
    let never = KINDS.iter().map(|kind| kind.name).filter(|kind| !made.contains(kind)).collect::<Vec<_>>();
    assert_eq!(never, [""; 0], "the story makes none of these kinds, so nothing is proven of them");
    let witnessed = |(id, kinds): (&&'static str, &Vec<&'static str>)| {
        let (id, witnessed) = (*id, &walk.witnessed);
        let unseen = kinds.iter().filter(|kind| !witnessed.contains(&(id.to_owned(), **kind))).copied();
        unseen.map(|kind| (id, kind)).collect::<Vec<_>>()
    };
    let idle = walk.shown.iter().flat_map(witnessed).collect::<Vec<_>>();
    assert_eq!(idle, [("", ""); 0], "said to be shown, and seen by nobody");
    assert!(walk.checks > 1000, "only {} checks", walk.checks);
}

#[actix_web::test]
async fn every_operation_that_reads_says_what_it_can_show() {
    let (town, _company) = Town::small().await;
    let document = Document::served_by(&town).await;
    let reading = document.operations().into_iter().filter(|one| !one.changes()).map(|one| one.id);
    let reading = reading.collect::<BTreeSet<_>>();
    let shown = shown::table();
    let told = shown.keys().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let missing = reading.difference(&told).collect::<Vec<_>>();
    assert!(missing.is_empty(), "add to tests/contract/visibility/shown.rs, what these can show: {missing:#?}");
    assert_eq!(told.difference(&reading).collect::<Vec<_>>(), [""; 0], "the document has no such operation");
    let kinds = KINDS.iter().map(|kind| kind.name).collect::<BTreeSet<_>>();
    let named = shown.values().flatten().copied().collect::<BTreeSet<_>>();
    assert_eq!(named.difference(&kinds).collect::<Vec<_>>(), [&""; 0], "the table has no such kind");
    assert_eq!(kinds.difference(&named).collect::<Vec<_>>(), [&""; 0], "no operation shows this kind");
    let event = json!({ "$ref": "#/components/schemas/Event" });
    let fed = &document.resolved(&event)["properties"];
    let sent = document.notifications();
    assert!(sent.len() > 20, "webhooks are described");
    for (name, property) in sent.iter().flat_map(|sent| sent["properties"].as_object().unwrap()) {
        assert_eq!(*property, fed[name], "{name}: webhooks show what `list_events` shows, to whom it shows it");
    }
}

impl Walk {
    /// Everybody asks everything, as it is now; what they see is compared with the table.
    async fn looks_around(&mut self, when: &str, story: &Story) {
        self.looks(when, story, false).await;
    }

    /// The same through every filter.
    async fn looks_everywhere(&mut self, when: &str, story: &Story) {
        self.looks(when, story, true).await;
    }

    async fn looks(&mut self, when: &str, story: &Story, filtered: bool) {
        let policy_lets_members = story.policy_lets_members().await;
        let addresses = |one: &Operation| (one.id.clone(), self.addresses(one, story, filtered));
        let addresses = self.reading.iter().map(addresses).collect::<Vec<_>>();
        for viewer in VIEWERS {
            let person = story.person(viewer);
            let mut seen = vec![BTreeSet::new(); story.things.len()];
            for (operation, address) in addresses.iter().flat_map(|(id, all)| all.iter().map(move |one| (id, one))) {
                self.asked += 1;
                let text = told(&person, address).await;
                for (_, seen) in story.things.iter().zip(&mut seen).filter(|(thing, _)| text.contains(&thing.mark)) {
                    seen.insert(operation.clone());
                }
            }
            for (thing, seen) in story.things.iter().zip(&seen) {
                self.compare(when, viewer, thing, seen, policy_lets_members);
            }
        }
    }

    fn compare(&mut self, when: &str, viewer: &str, thing: &Thing, seen: &BTreeSet<String>, policy: bool) {
        self.checks += 1;
        let Thing { kind, mark, owner, .. } = thing;
        let (may, told) = (thing.is_for(viewer, policy), thing.cell(viewer));
        // a program that may read events is told there, and nowhere else
        let in_an_event = viewer == "program" && told.is_some_and(|cell| cell.sees == Sees::InAnEvent) && thing.there;
        let may_too = |operation: &String| in_an_event && operation == "list_events";
        let not_its = seen.iter().filter(|operation| !may_too(operation)).collect::<Vec<_>>();
        if may && seen.is_empty() {
            self.wrong.push(format!("{when}: {viewer} does not see the {kind} of {owner} ({mark}): {told:?}"));
        }
        if !may && !not_its.is_empty() {
            self.wrong.push(format!("{when}: {viewer} sees the {kind} of {owner} ({mark}) in {not_its:?}: {told:?}"));
        }
        for operation in seen {
            let said = self.shown.get(operation.as_str()).is_some_and(|kinds| kinds.contains(kind));
            if !said {
                self.wrong.push(format!(
                    "{when}: {operation} shows {kind}, and tests/contract/visibility/shown.rs does not say so"
                ));
            }
            self.witnessed.insert((operation.clone(), kind));
        }
    }

    /// Every way to ask for it: each thing that there is and, if wanted, each filter that it knows.
    fn addresses(&self, operation: &Operation, story: &Story, filtered: bool) -> Vec<String> {
        let mut paths = vec![operation.path.clone()];
        for parameter in operation.parameters("path") {
            let (name, values) = (format!("{{{}}}", parameter.name), story.values(parameter.name));
            paths = paths.iter().flat_map(|path| values.iter().map(|value| path.replace(&name, value))).collect();
        }
        let parameters = operation.parameters("query");
        let limit = if parameters.iter().any(|one| one.name == "limit") { "limit=100" } else { "" };
        let mut queries = vec![limit.to_owned()];
        for parameter in parameters.into_iter().filter(|one| filtered && !["limit", "cursor"].contains(&one.name)) {
            let schema = self.document.resolved(parameter.schema);
            let values = match (schema["enum"].as_array(), schema["type"].as_str()) {
                (Some(values), _) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                (None, Some("boolean")) => vec!["true".to_owned(), "false".to_owned()],
                (None, _) => story.values(parameter.name),
            };
            queries.extend(values.iter().map(|value| format!("{}={value}&{limit}", parameter.name)));
        }
        paths.iter().flat_map(|path| queries.iter().map(move |query| format!("{path}?{query}"))).collect()
    }
}

/// All that an answer tells: but for a refusal's `instance`, which is what was asked.
async fn told(person: &Person, address: &str) -> String {
    let address = address.trim_end_matches('&').trim_end_matches('?');
    let Answer { status, headers, text } = person.get(address).await;
    assert!(!status.is_server_error(), "{address}: {text}");
    if status.is_success() {
        return format!("{headers:?} {text}");
    }
    let mut problem = serde_json::from_str::<Value>(&text).unwrap();
    problem.as_object_mut().unwrap().remove("instance");
    format!("{headers:?} {problem}")
}
