//! A service for programs of other people (`.ci/contract`): two companies, in each somebody who has lived a quarter.

use std::env;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::lives::Lives;
use crate::support::{Company, Town};

/// Each company's people and programs: how they are called, and their tokens.
async fn settled(town: Town, company: Company) -> (Town, Value) {
    let lives = Lives::lived_in(town, company).await;
    let all = "members:read members:write events:read webhooks:manage";
    let people = [
        ("ana", lives.ana.token().to_owned()),
        ("ben", lives.ben.token().to_owned()),
        ("root", lives.root.token().to_owned()),
        ("stranger", lives.company.person("somebody else").token().to_owned()),
        ("program", lives.company.integration("program", all).token().to_owned()),
    ];
    (lives.town, people.into_iter().map(|(name, token)| (name.to_owned(), Value::from(token))).collect())
}

/// Runs the program that `STRANGER` names, with what it has to know in a file that it is given; it must end well.
#[actix_web::test]
#[ignore = "for .ci/contract/check, which says which program"]
async fn a_program_of_other_people_is_content() {
    let program = env::var_os("STRANGER").expect("STRANGER: a program that takes a file");
    let (town, companies) = Town::of(2, 8).await;
    let [one, other] = <[Company; 2]>::try_from(companies).ok().expect("two companies");
    let (town, first) = settled(town, one).await;
    let (town, second) = settled(town, other).await;
    let told = env::temp_dir().join(format!("stranger-{}.json", std::process::id()));
    fs::write(&told, json!({ "url": town.address, "one": first, "other": second }).to_string()).unwrap();
    let run = Command::new(program).arg(&told).spawn().expect("a program that starts");
    let ended = actix_web::rt::task::spawn_blocking(move || { run }.wait()).await.unwrap().unwrap();
    fs::remove_file(&told).unwrap();
    assert!(ended.success(), "it ended with {ended}");
}
