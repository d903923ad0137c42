//! README.md: what it says of commands and settings is what the binary has.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{binary, commands, said, table};

const README: &str = include_str!("../../README.md");

/// Every option that an environment variable can set: its variable, and its default.
fn settings() -> BTreeMap<String, BTreeSet<String>> {
    let mut settings: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for command in commands() {
        let arguments: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = said(&mut binary(&arguments)).out();
        // An option's paragraphs, from one name to the next.
        for option in help.split("\n      --").skip(1) {
            let between = |from: &str| Some(option.split(from).nth(1)?.split([']', '=']).next()?.to_owned());
            let Some(variable) = between("[env: ") else { continue };
            settings.entry(variable).or_default().extend(between("[default: "));
        }
    }
    settings
}

#[test]
fn every_command_is_told_and_no_other() {
    let told: BTreeSet<_> = table(README, "command").into_iter().map(|row| row[0].clone()).collect();
    let all: BTreeSet<_> = commands().into_iter().filter(|command| !command.is_empty()).collect();
    // One that only holds others is told by them.
    let is_group = |one: &Vec<String>| all.iter().any(|other| other.len() > one.len() && other.starts_with(one));
    let known: BTreeSet<_> = all.iter().filter(|one| !is_group(one)).map(|command| command.join(" ")).collect();
    assert_eq!(told, known);
}

#[test]
fn every_setting_is_told_with_its_default_and_no_other() {
    let settings = settings();
    assert!(settings.contains_key("DATABASE_URL") && settings.contains_key("LOG_FORMAT"), "{settings:?}");
    let rows = table(README, "variable");
    let told: BTreeSet<_> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(told, settings.keys().cloned().collect());
    for row in rows {
        for default in settings[&row[0]].iter().filter(|default| !default.starts_with("http://localhost")) {
            assert!(row[1].contains(default), "the default of {} is {default}, not {}", row[0], row[1]);
        }
    }
}

#[test]
fn what_it_points_at_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    let mut seen = 0;
    for link in links.filter(|link| !link.starts_with("http")) {
        assert!(root.join(link).exists(), "{link}");
        seen += 1;
    }
    assert!(seen > 3);
}

#[test]
fn its_first_conversation_is_the_one_that_dev_prints() {
    let welcome = include_str!("../../src/dev/welcome.rs");
    let printed =
        welcome.replace("{{", "{").replace("}}", "}").replace("{ben}", "01a20318-…").replace("{elif}", "01a20318-…");
    let printed = printed.replace("{tomorrow}", "2026-11-23T10:00:00Z").replace("{next_week}", "2026-11-29T10:00:00Z");
    let printed = printed.replace("P{days}D", "P52D");
    let mut seen = 0;
    for line in README.lines().filter(|line| line.starts_with("curl ")) {
        assert!(printed.contains(line), "dev does not print {line}");
        seen += 1;
    }
    assert!(seen > 5);
}
