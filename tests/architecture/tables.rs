//! Each table belongs to one slice: nobody else writes it, and the list knows every table that a migration makes.

use std::fs;
use std::path::Path;

use crate::source::{Source, sources};

/// Who writes which tables.
const TABLES: &[(&str, &[&str])] = &[
    ("organizations/store.rs", &["organizations"]),
    ("members/store.rs", &["members", "member_terms", "identities"]),
    ("members/erasing/store.rs", &["members", "member_terms", "identities", "erased_identities"]),
    ("erasures/store.rs", &["idempotency_keys"]),
    ("retention/store.rs", &["swept_cycles"]),
    ("policy/store.rs", &["policies"]),
    ("cycles/store.rs", &["cycles"]),
    ("participations/store.rs", &["participations"]),
    ("reflections/store.rs", &["reflections", "reflection_answers"]),
    ("reflections/shares/store.rs", &["reflection_shares"]),
    ("pairings/store.rs", &["pairings"]),
    ("pairings/settle/store.rs", &["pairings"]),
    ("check_ins/store.rs", &["check_ins"]),
    ("calendar/store.rs", &["calendar_feeds"]),
    ("notes/store.rs", &["notes"]),
    ("actions/store.rs", &["actions", "progress"]),
    ("insights/store.rs", &["insights"]),
    ("help_requests/store.rs", &["help_requests"]),
    ("statistics/store.rs", &["statistics"]),
    ("audit_entries/store.rs", &["audit_entries"]),
    ("events/store.rs", &["events", "reminders"]),
    ("webhooks/store.rs", &["webhooks"]),
    ("webhooks/deliveries/store.rs", &["deliveries", "webhooks"]),
    ("db/keys.rs", &["organization_keys", "owner_keys"]),
    ("web/idempotency.rs", &["idempotency_keys"]),
];

/// The tables that a statement writes.
fn written(statement: &str) -> Vec<String> {
    let words =
        statement.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty());
    let words = words.map(str::to_lowercase).collect::<Vec<_>>();
    let at = |index: usize| words.get(index).map_or("", String::as_str);
    let mut tables = Vec::new();
    for index in 0..words.len() {
        let before = if index > 0 { at(index - 1) } else { "" };
        match (at(index), at(index + 1)) {
            ("insert" | "merge", "into") | ("delete", "from") => tables.push(at(index + 2).to_owned()),
            ("truncate", table) => tables.push(table.to_owned()),
            ("update", table) if !["for", "key", "do"].contains(&before) && table != "set" => {
                tables.push(table.to_owned())
            }
            _ => {}
        }
    }
    tables
}

fn foreign(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("dev/")) {
        let own = TABLES.iter().find(|(file, _)| *file == source.path).map_or(&[][..], |(_, tables)| *tables);
        for (at, statement) in source.statements() {
            for table in written(statement).into_iter().filter(|table| !own.contains(&table.as_str())) {
                findings.push(format!("src/{}:{}: writes {table}", source.path, source.line(at)));
            }
        }
    }
    findings
}

/// The tables that a migration makes and that nobody here is known to write, or that are known and never made.
fn unknown(migrations: &[String]) -> Vec<String> {
    let made = migrations.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let rest = line.trim_start().to_lowercase();
        let rest = rest.strip_prefix("create table ")?.trim_start_matches("if not exists ").to_owned();
        Some(rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>())
    });
    let made = made.collect::<Vec<_>>();
    let known =
        TABLES.iter().flat_map(|(_, tables)| tables.iter().map(|table| (*table).to_owned())).collect::<Vec<_>>();
    let nobodys = made.iter().filter(|table| !known.contains(table)).map(|table| format!("{table} is nobody's"));
    let never = known.iter().filter(|table| !made.contains(table)).map(|table| format!("{table} is never made"));
    nobodys.chain(never).collect()
}

fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = fs::read_dir(folder).expect("a folder").flatten();
    files.map(|file| fs::read_to_string(file.path()).expect("a migration")).collect()
}

#[test]
fn a_store_writes_its_own_tables_only() {
    assert_eq!(foreign(&sources()), <[String; 0]>::default());
}

#[test]
fn every_table_is_somebodys() {
    assert_eq!(unknown(&migrations()), <[String; 0]>::default());
}

#[test]
fn foreign_writes_are_found() {
    for statement in [
        "insert into members (a) values ($1)",
        "update members m set name = $1",
        "delete from members where organization_id = $1",
        "with gone as (delete from members where a = $1 returning b) select * from gone",
        "with x as (select 1) update members set a = 1",
        "merge into members using x on true when matched then delete",
    ] {
        let code = format!("sql!(\"{statement}\")");
        assert_eq!(foreign(&[crate::example("pairings/store.rs", &code)]).len(), 1, "{statement}");
        assert!(foreign(&[crate::example("members/store.rs", &code)]).is_empty(), "{statement}");
    }
    for statement in [
        "select * from members for update",
        "select * from members for no key update",
        "insert into pairings (a) values (1) on conflict (a) do update set a = 2",
        "select updated_at from members",
    ] {
        let code = format!("sql!(\"{statement}\")");
        assert!(foreign(&[crate::example("pairings/store.rs", &code)]).is_empty(), "{statement}");
    }
}

#[test]
fn a_table_that_nobody_knows_is_found() {
    let mut files = migrations();
    files.push("create table secrets (\n  organization_id uuid not null\n);".into());
    assert_eq!(unknown(&files), ["secrets is nobody's"]);
    let without = migrations().into_iter().filter(|text| !text.contains("create table cycles")).collect::<Vec<_>>();
    assert_eq!(unknown(&without), ["cycles is never made"]);
}
