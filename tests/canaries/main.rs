//! Canaries: what people write is nowhere but where they are shown it (promised by policy rule P8, kept by the vault).
//!
//! The real binary serves, telling all that it can tell (`LOG=trace`), over a PostgreSQL of its own that logs every
//! statement with all its parameters, as a careless operator might have it. Into every place of the document that takes
//! free text goes a word of its own ([`canary`]), and so into every kind of mistake, repetition, conflict and breakdown
//! ([`spoilt`], [`broken`]). Then each word is looked for ([`places`]), plain and in every disguise that we can think of, in
//! the dump, in the data files and the write-ahead log, in both logs, and in what everybody else is answered.
//!
//! What is public is found, in exactly the places that [`public`] lists: that is how we know that the search can find.
//! Everything else is nowhere, or the suite names the field and the place. A field of free text that is added is met
//! without being asked for; an operation that takes some needs a line in [`story`].

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

mod broken;
mod canary;
#[path = "../api/support/document.rs"]
mod document;
mod fields;
mod places;
mod public;
mod service;
mod spoilt;
mod story;
#[expect(dead_code, unused_imports, reason = "shared with tests/cli, which needs more of it")]
#[path = "../cli/support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use serde_json::json;

use crate::canary::Words;
use crate::places::{Place, database_log, dumped, look};
use crate::public::PUBLIC;
use crate::service::Service;
use crate::story::Story;

#[test]
fn what_people_write_is_nowhere_but_where_they_are_shown_it() {
    let service = Service::start("peer_coaching_app", &["log_parameter_max_length = -1"]);
    let mut story = Story::new(&service, "qzxcanary");
    story.is_told();
    assert_eq!(story.untold(), [""; 0], "no step of tests/canaries/story.rs fills these");
    story.searches();
    story.others_look_around();
    let backup = dumped(&service);
    spoilt::everything(&mut story);
    broken::everything(&mut story);
    let Story { words, tokens, others, .. } = story;
    let seen = look(service, backup, others);
    let signatures = tokens.values().filter_map(|token| Some(token.rsplit_once('.')?.1.as_bytes())).collect::<Vec<_>>();
    for (place, data) in &seen {
        assert!(data.len() > 1000, "{place:?}: only {} bytes to look at", data.len());
        assert_eq!(canary::holds(data, &signatures), None, "{place:?} holds the signature of a token");
    }
    let wrong = words.compared(&seen);
    println!("{} words", words.count());
    assert!(words.count() > 500, "only {} words", words.count());
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// With `log_parameter_max_length = 0`, as we recommend, not even public words are in the database's log; what is logged
/// with an error, the service decides for its own sessions, whatever the operator has set.
#[test]
fn as_recommended_the_database_logs_no_parameters() {
    let service = Service::start("peer_coaching_app", &["log_parameter_max_length = 0"]);
    let mut story = Story::new(&service, "qzysilent");
    let name = story.words.new_word("upsert_members #/members/0/name", "as it should be");
    let entry = json!({ "members": [{ "external_id": name, "name": name }] });
    let root = story.person("root");
    let batch = || service.request(&root, "POST", "/v1/members/batch").header("Idempotency-Key", "once").json(&entry);
    assert_eq!(service.answer(service.request(&root, "GET", "/v1/me")).status, 200);
    broken::whoever_writes(&service, "perform pg_sleep(10)");
    let late = service.answer(batch());
    assert_eq!(late.status, 503, "{}", late.text);
    let log = database_log(&service);
    let timeout = "canceling statement due to statement timeout";
    assert!(canary::holds(&log, &[timeout.as_bytes()]).is_some(), "the error is in the log, or this proves nothing");
    assert!(canary::holds(&log, &[name.as_bytes()]).is_none(), "a parameter is in the log");
}

#[test]
fn every_disguise_is_seen_through() {
    let mut words = Words::beginning_with("qzxcanary");
    let word = words.new_word("put_note #/text", "as it should be");
    for (disguise, form) in canary::FORMS {
        let data = [b"0123456789".as_slice(), &form(&word), b"0123456789"].concat();
        let wrong = words.compared(&[(Place::Dump, data)]);
        assert_eq!(wrong.len(), 1, "{disguise}");
        assert!(wrong[0].contains("put_note #/text") && wrong[0].contains(disguise), "{disguise}: {wrong:?}");
    }
    let cut = words.compared(&[(Place::Dump, word.as_bytes()[..12].to_vec())]);
    assert!(cut.len() == 1 && cut[0].contains("a word cut short"), "{cut:?}");
    let public = words.new_word(PUBLIC[0].0, "as it should be");
    let nowhere = words.compared(&[(Place::Dump, Vec::new())]);
    assert!(nowhere.iter().any(|wrong| wrong.contains("is not found")), "{nowhere:?}: {public}");
}

#[test]
fn what_is_public_is_in_the_document() {
    let document = fields::Document::of(peer_coaching::app::document());
    let known = document.operations().iter().flat_map(|one| document.free(one)).collect::<BTreeSet<_>>();
    let gone = PUBLIC.iter().filter(|(field, ..)| field.contains('#') || field.contains('?'));
    let gone = gone.filter(|(field, ..)| !known.contains(*field)).map(|(field, ..)| *field).collect::<Vec<_>>();
    assert_eq!(gone, [""; 0], "the document has no such place for free text");
}
