//! `--help`: complete, the same everywhere, and without anything of the environment.

use crate::support::{binary, commands, said};

#[test]
fn every_command_explains_itself_and_all_it_takes() {
    let all = commands();
    assert!(all.len() > 9, "{all:?}");
    for command in all {
        let arguments: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = said(&mut binary(&arguments)).out();
        let first = help.lines().next().unwrap();
        assert!(first.split(' ').count() > 1 && first.starts_with(char::is_uppercase), "{command:?}: {first}");
        assert!(help.contains("\nUsage: peer-coaching"), "{command:?}");
        // An option's name, then, deeper, what it is for.
        let mut lines = help.lines().peekable();
        while let Some(line) = lines.next() {
            if line.trim_start().starts_with("--") {
                let told = lines.peek().is_some_and(|next| next.starts_with("          ") && !next.trim().is_empty());
                assert!(told, "{command:?}: {line} is not explained");
            }
        }
    }
}

#[test]
fn without_a_command_it_shows_them() {
    let shown = said(&mut binary(&[]));
    assert!(!shown.well && shown.err.contains("\nCommands:\n"), "{shown:?}");
}

#[test]
fn a_slip_is_corrected() {
    let refusal = said(&mut binary(&["sevre"])).refusal();
    assert!(refusal.contains("'serve'"), "{refusal}");
    let refusal = said(&mut binary(&["serve", "--listen", "8080"])).refusal();
    assert!(refusal.contains("--listen <ADDRESS>"), "{refusal}");
    let refusal = said(binary(&["check-config"]).env("CALLER_LIMIT", "50")).refusal();
    assert!(refusal.contains("200/4s") && refusal.contains("off"), "{refusal}");
    let refusal = said(binary(&["openapi"]).env("LOG", "a=b=c")).refusal();
    assert!(refusal.contains("LOG cannot be read"), "{refusal}");
}

#[test]
fn the_document_is_printed_to_be_piped_on() {
    let document = said(&mut binary(&["openapi"])).out();
    assert!(document.ends_with("}\n"));
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    assert!(document["paths"].as_object().unwrap().contains_key("/v1/me"));
}
