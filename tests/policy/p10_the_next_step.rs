//! P10: each person is told the one next thing to do, by when, and what does it; nobody else is.

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Town, call_path};

/// Somebody does what they are to do next, with this of its operations and this body.
async fn takes(who: &Person, operation_id: &str, body: Value) -> Answer {
    let told = who.is_told().await;
    let operations = told["step"]["operations"].as_array().expect("something to do");
    let operation = operations.iter().find(|one| one["operation_id"] == operation_id);
    let operation = operation.unwrap_or_else(|| panic!("no {operation_id}: {told}"));
    let (method, path) = (operation["method"].as_str().unwrap(), operation["path"].as_str().unwrap());
    match method {
        "GET" => who.get(path).await,
        method => who.says(method, path, body.to_string()).await,
    }
}

/// Takes part in the next cycle, too.
async fn has_answered_for_the_next(people: &[&Person]) {
    for person in people {
        person.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    }
}

/// The one next thing to do, by when, and the operation that does it: whoever does nothing but that goes through a whole
/// quarter.
#[actix_web::test]
async fn who_takes_one_step_after_the_other_goes_through_the_quarter() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ben.id().await;
    has_answered_for_the_next(&[&ana, &ben]).await;
    assert_eq!(ana.is_to().await, ["answer_participation 2026-12-18"]);
    takes(&ana, "put_participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(ana.is_to().await, ["complete_reflection 2026-12-18"]);
    takes(&ana, "put_reflection", json!({ "complete": true })).await.ok();
    assert_eq!(ana.is_to().await, ["pick_coach 2026-12-18"]);
    let coaches = takes(&ana, "list_coaches", Value::Null).await.ok();
    let coach = json!({ "coach_id": coaches["data"][0]["member"]["id"] });
    takes(&ana, "request_pairing", coach).await.ok();
    assert_eq!(ana.is_to().await, [""; 0], "it is the coach's turn");

    assert_eq!(ben.is_to().await, ["answer_request 2026-10-12", "answer_participation 2026-12-18"]);
    takes(&ben, "accept_pairing", json!({})).await.ok();
    assert_eq!(ana.is_to().await, ["plan_kickoff 2027-01-01"]);
    let kickoff = json!({ "kind": "kickoff", "starts_at": "2026-10-08T09:00:00Z" });
    takes(&ana, "plan_check_in", kickoff).await.ok();
    assert_eq!(ana.is_to().await, [""; 0]);
    town.until("2026-10-08T09:00:00Z");
    assert_eq!(ana.is_to().await, ["mark_check_in 2026-10-09"]);
    takes(&ana, "hold_check_in", json!({})).await.ok();
    assert_eq!(ana.is_to().await, ["plan_catch_up 2027-01-15"]);
    let again = json!({ "kind": "catch_up", "starts_at": "2026-11-10T09:00:00Z" });
    takes(&ana, "plan_check_in", again).await.ok();
    assert_eq!(ana.is_to().await, [""; 0], "closing the pairing is not owed");
}

/// First what another person waits for, then the earliest due.
#[actix_web::test]
async fn who_is_waited_for_answers_first() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo, dan] = ["ana", "ben", "cleo", "dan"].map(|name| company.person(name));
    let mine = crate::coached(&ana, &ben).await;
    has_answered_for_the_next(&[&ana]).await;
    for (day, coachee) in [("2026-10-07", &cleo), ("2026-10-08", &dan)] {
        town.until(&format!("{day}T09:00:00Z"));
        coachee.is_ready().await;
        coachee.asks(&ana).await.ok();
    }
    ana.plans("kickoff", "2026-10-08T08:30:00Z".parse().unwrap(), &mine).await.ok();
    let expected = ["answer_request 2026-10-14", "answer_request 2026-10-15", "mark_check_in 2026-10-09"];
    assert_eq!(ana.is_to().await, expected, "though the call is the first to be due");
    assert_eq!(ana.is_told().await["step"]["partner"]["name"], "Cleo");
}

/// `step: null` with `until` when there is nothing.
#[actix_web::test]
async fn where_there_is_nothing_to_do_it_says_until_when() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    for cycle in ["current", "next"] {
        let answer = json!({ "answer": "not_this_time" });
        ana.put(&format!("/v1/cycles/{cycle}/participation"), answer).await.ok();
    }
    let nothing = |until: &str| json!({ "step": null, "until": until, "others": [] });
    assert_eq!(ana.is_told().await, nothing("2027-01-01T00:00:00.000Z"), "nobody is asked for ever");
    town.until("2027-01-01T00:00:00Z");
    assert_eq!(ana.is_to().await, ["answer_participation 2027-06-16"], "for the cycle after that");

    has_answered_for_the_next(&[&ben]).await;
    let pairing = crate::coached(&ben, &ana).await;
    ben.plans("kickoff", "2027-01-08T09:00:00Z".parse().unwrap(), &pairing).await.ok();
    assert_eq!(ben.is_told().await, nothing("2027-01-08T09:00:00.000Z"), "a call that is to come is not to be done");
}

/// During the wrap-up of the past cycle, its catch-up and the new cycle's beginning are both there.
#[actix_web::test]
async fn the_past_quarter_ends_while_the_new_one_begins() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    ana.meets(&pairing).await;
    town.until("2027-01-02T09:00:00Z");
    let expected = ["plan_catch_up 2027-01-15", "answer_participation 2027-03-17", "answer_participation 2027-06-16"];
    assert_eq!(ana.is_to().await, expected);
    let again = json!({ "kind": "catch_up", "starts_at": "2027-01-14T09:00:00Z" });
    takes(&ana, "plan_check_in", again).await.ok();
    assert_eq!(ana.is_to().await[0], expected[1]);
    town.until("2027-01-15T00:00:00Z");
    assert_eq!(ana.sees(&pairing).await, "completed");
}

/// Never one that the API would refuse.
#[actix_web::test]
async fn a_coach_without_a_place_can_still_say_no() {
    let (_town, company) = Town::governed_by(Settings { default_coach_capacity: 1, ..Settings::default() }).await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.is_ready().await;
    cleo.is_ready().await;
    let (one, another) = (ana.asks(&ben).await, cleo.asks(&ben).await);
    let ids = async || {
        let operations = ben.is_told().await["step"]["operations"].clone();
        operations.as_array().unwrap().iter().map(|one| one["operation_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, ["accept_pairing", "decline_pairing"]);
    takes(&ben, "accept_pairing", json!({})).await.ok();
    assert_eq!((ana.sees(&one).await, cleo.sees(&another).await), ("active".into(), "requested".into()));
    assert_eq!(ids().await, ["decline_pairing"]);
    takes(&ben, "decline_pairing", json!({})).await.ok();
    assert_eq!(cleo.sees(&another).await, "declined");
}

#[actix_web::test]
async fn nobody_is_told_to_pick_where_there_is_nobody_to_ask_or_no_time() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    has_answered_for_the_next(&[&ana]).await;
    ana.is_ready().await;
    assert_eq!(ana.is_to().await, [""; 0], "alone in the company");
    ben.id().await;
    assert_eq!(ana.is_to().await, ["pick_coach 2026-12-18"]);
    ben.patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    assert_eq!(ana.is_to().await, [""; 0]);
    ben.patch("/v1/me", json!({ "open_to_coaching": true })).await.ok();
    town.until("2026-12-18T00:00:00Z");
    assert_eq!(ana.asks(&ben).await.code(), "too_late_this_cycle");
    assert_eq!(ana.is_to().await, [""; 0]);
    assert_eq!(ben.is_to().await, ["answer_participation 2027-03-17"], "opting in to this one would lead to nothing");
}

/// Someone else next time: the only colleague is the one whom it must not be.
#[actix_web::test]
async fn the_coach_of_last_time_is_nobody_to_ask() {
    let (town, company) = crate::company().await;
    let [ana, ben] = ["ana", "ben"].map(|name| company.person(name));
    let pairing = crate::coached(&ana, &ben).await;
    ana.completes(&pairing).await.ok();
    town.until("2027-01-04T09:00:00Z");
    ana.is_ready().await;
    assert_eq!(ana.is_to().await, ["answer_participation 2027-06-16"]);
    company.person("cleo").id().await;
    assert_eq!(ana.is_to().await, ["pick_coach 2027-03-17", "answer_participation 2027-06-16"]);
}

/// A first call that was planned for a day that is no longer in the cycle would not take place.
#[actix_web::test]
async fn a_call_that_would_not_take_place_is_to_be_moved() {
    let (_town, company) = crate::company().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    let pairing = crate::coached(&ana, &ben).await;
    has_answered_for_the_next(&[&ana]).await;
    let call = ana.plans("kickoff", "2026-12-20T09:00:00Z".parse().unwrap(), &pairing).await;
    assert_eq!(ana.is_to().await, [""; 0]);
    let current = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    root.patch(&format!("/v1/cycles/{current}"), json!({ "ends_on": "2026-12-15" })).await.ok();
    assert_eq!(ana.is_to().await, ["plan_kickoff 2026-12-15"]);
    let told = ana.is_told().await;
    assert_eq!(told["step"]["operations"][0]["path"], call_path(&call));
    assert_eq!(told["step"]["check_in_id"], call.body()["id"]);
    takes(&ana, "update_check_in", json!({ "starts_at": "2026-12-14T09:00:00Z" })).await.ok();
    assert_eq!(ana.is_to().await, [""; 0]);
}

/// Only that member can ask.
#[actix_web::test]
async fn it_is_nobody_elses_business() {
    let (_town, company) = crate::company().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    let bot = company.integration("bot", "members:read members:write events:read webhooks:manage");
    assert_eq!(bot.get("/v1/me/next-step").await.code(), "members_only");
    assert_eq!(root.is_to().await, ["answer_participation 2026-12-18", "answer_participation 2027-03-17"], "their own");
    let ben_id = ben.id().await;
    assert_eq!(root.get(&format!("/v1/members/{ben_id}/next-step")).await.status, 404);
    assert_eq!(root.get(&format!("/v1/me/next-step?member_id={ben_id}")).await.status, 400);
}

/// The coachee is in charge of the calls; who coaches is asked for an answer, and for nothing else.
#[actix_web::test]
async fn who_coaches_is_not_sent_after_calls() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let quiet = ["answer_participation 2026-12-18", "answer_participation 2027-03-17"];
    assert_eq!(ben.is_to().await, quiet);
    ben.plans("kickoff", "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await.ok();
    town.until("2026-10-08T10:00:00Z");
    assert_eq!(
        (ana.is_to().await[0].as_str(), ben.is_to().await),
        ("mark_check_in 2026-10-09", quiet.map(String::from).to_vec())
    );
    town.until("2026-10-09T10:00:00Z");
    assert_eq!(
        (ana.is_to().await[0].as_str(), ben.is_to().await),
        ("plan_catch_up 2027-01-15", quiet.map(String::from).to_vec())
    );
}
