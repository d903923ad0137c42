//! `dev`: the first conversation, and the second start.

use std::net::{TcpListener, TcpStream};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use peer_coaching::clock::real_time;
use serde_json::json;

use crate::support::{Dev, Project, Running, at_work_in, binary, eventually, get, said};

#[test]
fn what_it_prints_can_be_pasted_and_pasted_again() {
    let project = Project::named("pasted");
    let dev = Dev::start(project.path());
    assert!(dev.welcome.contains("There is a new company"), "{}", dev.welcome);

    let ana = dev.token("ANA");
    let before = get(&dev.address, "/v1/pairings?state=completed", &ana).body["data"][0]["id"].clone();
    let came_of_it = |what: &str| {
        let list = format!("/v1/pairings/{}/{what}", before.as_str().unwrap());
        get(&dev.address, &list, &ana).body["data"].as_array().unwrap().clone()
    };
    let states: Vec<_> = came_of_it("actions").iter().map(|action| action["state"].clone()).collect();
    assert_eq!((states, came_of_it("insights").len()), (vec![json!("done"), json!("open")], 1));

    let [
        me,
        takes_part,
        reflected,
        first_step,
        coaches,
        asked,
        waiting,
        accepted,
        planned,
        clock,
        calls,
        action,
        note,
        notes,
        next_step,
        series,
        later,
        completed,
        takes_part_again,
        reflected_again,
        refused,
        asked_again,
        directory,
    ] = dev.paste().try_into().expect("as many answers");
    assert_eq!(me["name"], "Ana Silva");
    assert_eq!(takes_part["answer"], "opted_in");
    assert_eq!((&reflected["complete"], &reflected["questions"][2]["answer"]), (&json!(true), &json!(null)));
    assert_eq!(first_step["step"]["kind"], "pick_coach");
    let names: Vec<_> = coaches["data"].as_array().unwrap().iter().map(|coach| &coach["member"]["name"]).collect();
    assert!(names[0] == "Ben Okafor" && !names.contains(&&json!("Elif Kaya")), "{names:?}");
    let because = &coaches["data"][0]["because"][0];
    assert_eq!((&because["reason"], &because["topics"]), (&json!("covers_topic"), &takes_part["topics"]));
    assert_eq!((&asked["state"], &asked["partner"]["name"]), (&json!("requested"), &json!("Ben Okafor")));
    assert_eq!(waiting["data"][0]["allowed"], json!(["accept", "decline"]));
    assert_eq!((&accepted["id"], &accepted["state"]), (&asked["id"], &json!("active")));
    assert_eq!((&planned["kind"], &planned["state"]), (&json!("kickoff"), &json!("scheduled")));
    assert_eq!((&calls["data"][0]["id"], &calls["data"][0]["state"]), (&planned["id"], &json!("held")));
    assert_eq!((&action["kind"], &action["created_by"]), (&json!("start"), &json!("coachee")));
    assert_eq!((&note["mine"], &note["partners"]), (&notes["partners"], &json!(null)), "shared, and read");
    assert_eq!((&next_step["step"]["kind"], &next_step["step"]["pairing_id"]), (&json!("plan_catch_up"), &asked["id"]));
    assert!(series["check_ins"].as_array().unwrap().len() > 1);
    assert!(clock["now"].as_str() < later["now"].as_str());
    assert_eq!((&completed["id"], &completed["state"]), (&asked["id"], &json!("completed")));
    assert_ne!(takes_part_again["cycle_id"], takes_part["cycle_id"]);
    assert_eq!(reflected_again["complete"], true);
    assert_eq!(refused["code"], "coached_you_last_time");
    assert_eq!((&asked_again["state"], &asked_again["partner"]["name"]), (&json!("requested"), &json!("Elif Kaya")));
    assert_eq!(directory["data"][0]["external_id"], "ana");

    let again = dev.paste();
    let told: Vec<_> = again.iter().map(|answer| answer["code"].as_str().unwrap_or("well")).collect();
    let whoever_asks_twice_is_told = [
        "well",
        "well",
        "well",
        "well",
        "well",
        "coached_you_last_time",
        "well",
        "not_waiting",
        "not_waiting",
        "well",
        "well",
    ];
    assert_eq!(told[..11], whoever_asks_twice_is_told);
    assert_eq!(told.len(), 23, "and nothing breaks, wherever the clock has gone by then: {told:?}");

    assert_eq!(get(&dev.address, "/docs/", "").status, 200);
    dev.stops();
}

#[test]
fn ctrl_c_leaves_nothing_running_and_a_restart_finds_everything() {
    let project = Project::named("kept");
    let dev = Dev::start(project.path());
    dev.paste();
    let (address, folder) = (dev.address.clone(), project.home().folder().to_owned());
    assert!(at_work_in(&folder), "or what follows proves nothing");

    let last_words = dev.stops();

    assert!(last_words.contains("Stopped. The data is kept in "), "{last_words}");
    assert!(TcpStream::connect(&address).is_err());
    assert!(!at_work_in(&folder), "PostgreSQL is gone before dev is");

    let dev = Dev::start(project.path());
    assert!(dev.welcome.contains("all that was done in it last time are there"), "{}", dev.welcome);
    assert!(dev.welcome.contains(" days ahead of yours"), "{}", dev.welcome);
    let pairings = get(&dev.address, "/v1/pairings?role=coachee&limit=1", &dev.token("ANA"));
    assert_eq!(pairings.body["data"][0]["state"], "requested", "{pairings:?}");
    dev.stops();
}

#[test]
fn when_tokens_have_expired_the_next_start_prints_new_ones() {
    let project = Project::named("expired");
    Dev::start(project.path()).stops();
    let secret = std::fs::read(project.home().folder().join("secret")).unwrap();
    let dev = Dev::start(project.path());
    let token = |expires_at: i64| {
        let claims = json!({
            "iss": "https://identity.example.com", "aud": "peer-coaching", "sub": "ana",
            "iat": expires_at - 3600, "exp": expires_at,
        });
        let header = Header { typ: Some("at+jwt".into()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap()
    };
    let now = real_time().as_second();

    assert_eq!(get(&dev.address, "/v1/me", &token(now + 60)).status, 200, "made as dev makes them");
    assert_eq!(get(&dev.address, "/v1/me", &token(now - 60)).status, 401, "yesterday's");
    assert_eq!(get(&dev.address, "/v1/me", &dev.token("ANA")).status, 200, "printed by this start");
    dev.stops();
}

#[test]
fn tokens_are_made_while_it_runs() {
    let project = Project::named("tokens");
    let token = |arguments: &[&str]| said(binary(&[&["token"], arguments].concat()).current_dir(project.path()));
    assert!(token(&["ana"]).refusal().contains("run `cargo run -- dev` first"));
    assert!(!project.path().join(".peer-coaching").exists(), "asking makes nothing");

    let dev = Dev::start(project.path());
    let me = |arguments: &[&str]| get(&dev.address, "/v1/me", token(arguments).out().trim_end()).body;
    assert_eq!(me(&["ana"])["name"], "Ana Silva");
    assert_eq!(me(&["nina", "--administrator"])["administrator"], true);
    assert_eq!(me(&["robot", "--scopes", "members:read"])["code"], "members_only");
    let elsewhere = binary(&["token", "ana", "--project", &project.path().display().to_string()]).output().unwrap();
    assert!(elsewhere.status.success(), "{elsewhere:?}");
    assert!(token(&["ana", "--hours", "25"]).refusal().contains("1..=24"));
    assert!(token(&[" "]).refusal().contains("one line of 1 to 120 characters"));
    dev.stops();
}

#[test]
fn a_second_one_at_once_is_told_so() {
    let project = Project::named("twice");
    let dev = Dev::start(project.path());
    let refusal = said(&mut Dev::command(project.path())).refusal();
    let owner = format!("in use by process {}", dev.running.id());
    assert!(refusal.contains(&owner) && refusal.contains("use that one, or stop it first"), "{refusal}");
    assert_eq!(get(&dev.address, "/v1/me", &dev.token("ANA")).status, 200, "the first goes on");
    dev.stops();
}

#[test]
fn a_taken_port_is_told_before_anything_is_made() {
    let project = Project::named("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refusal = said(binary(&["dev", "--listen", &address]).current_dir(project.path())).refusal();
    assert!(refusal.contains(&format!("cannot listen on {address}")) && refusal.contains("--listen"), "{refusal}");
    let folder = peer_coaching::db::embedded::Home::folder_for(project.path()).unwrap();
    assert!(!folder.exists(), "{}", folder.display());
}

#[test]
fn whoever_comes_after_a_killed_one_finds_everything() {
    let project = Project::named("killed");
    let dev = Dev::start(project.path());
    dev.paste();
    dev.running.signal("KILL");
    assert!(!dev.running.ends().well);

    let dev = Dev::start(project.path()); // at once, while PostgreSQL is still on its way out
    let pairings = get(&dev.address, "/v1/pairings?role=coachee&limit=1", &dev.token("ANA"));
    assert_eq!(pairings.body["data"][0]["state"], "requested", "{pairings:?}");
    dev.stops();
}

#[test]
fn a_company_whose_founding_was_interrupted_is_founded_anew() {
    let project = Project::named("interrupted");
    let mut running = Running::start(&mut Dev::command(project.path()));
    running.logs("Founding a small company");
    running.signal("KILL");
    running.ends();

    let dev = Dev::start(project.path());
    let directory = get(&dev.address, "/v1/members?limit=100", &dev.token("ANA"));
    assert_eq!(directory.body["data"].as_array().unwrap().len(), 12, "{directory:?}");
    assert!(dev.paste().iter().any(|answer| answer["state"] == "active"));
    dev.stops();
}

#[test]
fn ctrl_c_while_it_starts_leaves_nothing_running() {
    let project = Project::named("hasty");
    let mut running = Running::start(&mut Dev::command(project.path()));
    running.logs("Starting PostgreSQL");
    running.signal("INT");
    running.ends();
    let folder = project.home().folder().to_owned();
    eventually("nothing is left", || !at_work_in(&folder));
    Dev::start(project.path()).stops();
}
