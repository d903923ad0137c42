//! Who may act as the service itself, who opens and closes transactions, and who speaks SQL.

use std::collections::BTreeSet;

use crate::source::{Source, sources};

/// Who may become the service itself, and why. One more is a decision: make it here.
const SYSTEM: &[(&str, &str)] = &[
    ("calendar/mod.rs", "Subscribing"),
    ("coaches/mod.rs", "Availability"),
    ("cycles/mod.rs", "Planning"),
    ("dev/seed.rs", "Founding"),
    ("door.rs", "Recognizing"),
    ("erasures/mod.rs", "Erasing"),
    ("commands/erasures.rs", "Erasing"),
    ("organizations/mod.rs", "Founding"),
    ("pairings/mod.rs", "Leaving"),
    ("pairings/mod.rs", "Settling"),
    ("pairings/settle/mod.rs", "Planning"),
    ("retention/mod.rs", "Erasing"),
    ("cycles/mod.rs", "Telling"),
    ("events/mod.rs", "Erasing"),
    ("events/reminders.rs", "Telling"),
    ("webhooks/deliveries/mod.rs", "Erasing"),
    ("webhooks/deliveries/sending.rs", "Delivering"),
    ("webhooks/mod.rs", "Erasing"),
    ("worker.rs", "Erasing"),
    ("statistics/mod.rs", "Counting"),
];

/// Where the doors to that power are made.
const DOORS: &[&str] = &["access/caller.rs", "db/scope.rs", "db/transaction.rs"];

/// Who speaks SQL beside every slice's store.
fn speaks_sql(path: &str) -> bool {
    path.ends_with("/store.rs") || path.starts_with("db/") || path.starts_with("dev/") || path == "web/idempotency.rs"
}

/// Every use of a reason to act as the service, and every way to do so without one.
fn system(sources: &[Source]) -> (BTreeSet<(String, String)>, Vec<String>) {
    let (mut reasons, mut unreasoned) = (BTreeSet::new(), Vec::new());
    for source in sources.iter().filter(|source| !DOORS.contains(&source.path.as_str())) {
        for at in source.places("Reason::") {
            let reason =
                source.code[at + 8..].chars().take_while(|letter| letter.is_alphanumeric()).collect::<String>();
            if reason.starts_with(|first: char| first.is_uppercase()) {
                reasons.insert((source.path.clone(), reason));
            }
        }
        for door in ["as_system", "Caller::system", "Actor::System"] {
            for at in source.places(door) {
                let call = &source.code[at..];
                let call = &call[..call.find([')', '\n']).unwrap_or(call.len())];
                let looks = call.contains("(_") || call.contains("System(reason"); // a pattern
                if !looks && !call.contains("Reason::") {
                    unreasoned.push(format!("src/{}:{}: {call}", source.path, source.line(at)));
                }
            }
        }
    }
    (reasons, unreasoned)
}

/// Texts, and calls, that open or close a transaction.
fn transactions(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path != "db/transaction.rs") {
        for (at, text) in &source.texts {
            let text = text.trim_start().to_lowercase();
            let first = text.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
            let is_a_calendars = text.starts_with("begin:"); // RFC 5545
            let says = !is_a_calendars
                && (["begin", "commit", "rollback", "savepoint"].contains(&first)
                    || text.starts_with("start transaction"));
            if says {
                findings.push(format!("src/{}:{}: {text}", source.path, source.line(*at)));
            }
        }
        for call in [".transaction(", ".build_transaction(", ".commit(", ".rollback(", ".batch_execute("] {
            let apart = source.path.starts_with("db/") || source.path.starts_with("dev/");
            for at in source.code.match_indices(call).map(|(at, _)| at).filter(|_| !apart) {
                findings.push(format!("src/{}:{}: {call}…)", source.path, source.line(at)));
            }
        }
    }
    findings
}

/// Texts that are SQL.
fn is_sql(text: &str) -> bool {
    let text = text.trim_start().to_lowercase();
    let begins = |word: &str| text.strip_prefix(word).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    begins("select")
        || begins("insert into")
        || begins("delete from")
        || begins("update") && text.contains(" set ")
        || begins("with") && text.contains(" as (")
        || begins("truncate")
        || begins("lock table")
        || begins("copy")
}

/// SQL where none should be, and statements that are sent without the mark.
fn sql(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        for (at, text) in source.texts.iter().filter(|(_, text)| is_sql(text)) {
            if !speaks_sql(&source.path) {
                findings.push(format!("src/{}:{}: SQL outside of a store: {text}", source.path, source.line(*at)));
            }
        }
        let marked = speaks_sql(&source.path) && !source.path.starts_with("dev/");
        let marked = marked && !["db/transaction.rs", "db/pool.rs", "db/migrate.rs"].contains(&source.path.as_str());
        for call in [".query(", ".query_opt(", ".query_one(", ".execute("] {
            for (at, _) in source.code.match_indices(call).filter(|_| marked) {
                let argument = source.code[at + call.len()..].trim_start();
                let name = argument
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                    .collect::<String>();
                let bound = format!("let {name} = sql!(");
                if !argument.starts_with("sql!(") && !source.code.contains(&bound) {
                    findings.push(format!(
                        "src/{}:{}: {call}{name}… is not marked with sql!",
                        source.path,
                        source.line(at)
                    ));
                }
            }
        }
    }
    findings
}

#[test]
fn only_these_act_as_the_service_itself() {
    let (reasons, unreasoned) = system(&sources());
    let expected = SYSTEM.iter().map(|(file, reason)| ((*file).to_owned(), (*reason).to_owned())).collect();
    assert_eq!(reasons, expected);
    assert_eq!(unreasoned, <[String; 0]>::default());
}

#[test]
fn only_one_file_opens_and_closes_transactions() {
    assert_eq!(transactions(&sources()), <[String; 0]>::default());
}

#[test]
fn only_stores_speak_sql_and_mark_it() {
    assert_eq!(sql(&sources()), <[String; 0]>::default());
}

#[test]
fn stolen_power_is_found() {
    let file = |path: &str, code: &str| [crate::example(path, code)];
    let (reasons, _) = system(&file("insights/mod.rs", "let all = scope.as_system(Reason::Settling);"));
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), [("insights/mod.rs".to_owned(), "Settling".to_owned())]);
    for code in ["tx.as_system(why, async |tx| {})", "Caller::system(id, reason)", "let a = Actor::System(why);"] {
        assert_eq!(system(&file("insights/mod.rs", code)).1.len(), 1, "{code}");
    }
    assert!(
        system(&file("insights/mod.rs", "match a { Actor::System(_) => 1, Actor::System(reason) => 2 }")).1.is_empty()
    );
    for code in [
        "\"begin read only\"",
        "\"  COMMIT\"",
        "\"start transaction\"",
        "client.transaction().await",
        "c.batch_execute(x)",
    ] {
        assert_eq!(transactions(&file("pairings/store.rs", code)).len(), 1, "{code}");
    }
    for code in ["\"beginning of a review\"", "\"BEGIN:VEVENT\""] {
        assert!(transactions(&file("pairings/rules.rs", code)).is_empty(), "{code}");
    }
    for (path, code) in [
        ("pairings/mod.rs", "let q = \"select 1\";"),
        ("pairings/mod.rs", "let q = sql!(\"update members set name = 'x'\");"),
        ("web/pages.rs", "let q = \"with a as (select 1) select 1\";"),
        ("pairings/store.rs", "tx.query(\"select 1\", &[]).await"),
        ("pairings/store.rs", "let q = format!(\"{}\", a); tx.execute(&q, &[]).await"),
        ("web/idempotency.rs", "let q = \"select 1\"; tx.query_one(q, &[]).await"),
    ] {
        assert_eq!(sql(&file(path, code)).len(), 1, "{path}: {code}");
    }
    assert!(sql(&file("a/store.rs", "let q = sql!(\n  \"select 1\"\n); tx\n .query(q, &[])")).is_empty());
}
