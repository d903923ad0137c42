//! What the clock does to pairings: true the moment it is due, stored by whoever writes next.

use jiff::{SignedDuration, Timestamp};
use peer_coaching::policy::rules::Settings;
use serde_json::json;

use crate::support::{Town, path_of};

fn one_place() -> Settings {
    Settings { max_coaches_per_cycle: 1, default_coach_capacity: 1, ..Settings::default() }
}

#[actix_web::test]
async fn an_unanswered_request_expires_to_the_instant_with_nobody_acting() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    let due: Timestamp = asked.body()["expires_at"].as_str().unwrap().parse().unwrap();
    town.clock.advance(due.duration_since(town.clock.now()) - SignedDuration::from_mins(1));
    assert_eq!(ben.get("/v1/pairings?state=requested").await.each("/allowed"), [json!(["accept", "decline"])]);
    let before = ana.get(&path_of(&asked)).await;
    town.clock.advance(SignedDuration::from_mins(1));

    let after = ana.get(&path_of(&asked)).await;
    insta::assert_snapshot!(after.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coachee",
      "partner": {
        "id": "<id 3>",
        "name": "Ben"
      },
      "state": "expired",
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": null,
      "closes_at": null,
      "closed_at": "<+7d>",
      "ended_by": null,
      "reflection_shared": false,
      "allowed": []
    }
    "#);
    assert_eq!(after.body()["closed_at"], asked.body()["expires_at"]);
    assert_ne!(after.header("etag"), before.header("etag"), "the row is the same, what it shows is not");
    for (list, count) in
        [("state=requested", 0), ("state=expired", 1), ("role=coach&state=expired", 1), ("role=coachee", 0)]
    {
        assert_eq!(ben.get(&format!("/v1/pairings?{list}")).await.each("/state").len(), count, "{list}");
    }
    for verb in ["accept", "decline"] {
        assert_eq!(ben.does(verb, &asked).await.code(), "not_waiting");
    }
    assert_eq!(ana.does("withdraw", &asked).await.code(), "not_waiting");
}

#[actix_web::test]
async fn the_next_verb_settles_and_gives_the_coachees_place_back() {
    let (town, company) = Town::governed_by(one_place()).await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    assert_eq!(ana.asks(&cleo).await.code(), "coaches_full");
    town.days_pass(7);
    let another = ana.asks(&cleo).await;
    another.ok();
    let seen = ana.get(&path_of(&asked)).await.ok();
    assert_eq!(
        (&seen["state"], &seen["closed_at"]),
        (&json!("expired"), &asked.body()["expires_at"]),
        "when it was due, not when it was stored"
    );
    ana.does("withdraw", &another).await.ok();
    ana.asks(&ben).await.ok(); // the same pair again, though the first row was never touched by anybody
}

#[actix_web::test]
async fn every_verb_settles_what_is_due_for_its_two_people() {
    let (town, company) = Town::governed_by(one_place()).await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    for coachee in [&ana, &cleo] {
        coachee.is_ready().await;
    }
    let early = ana.asks(&ben).await;
    town.days_pass(5);
    let late = cleo.asks(&ben).await;
    town.days_pass(2);
    assert_eq!(cleo.sees(&late).await, "requested");
    ben.does("accept", &late).await.ok();
    assert_eq!(ana.sees(&early).await, "expired");
    assert_eq!(ana.asks(&ben).await.code(), "not_available");
}

#[actix_web::test]
async fn a_request_ends_with_its_cycle_at_the_latest() {
    let sixty = Settings { request_days: 60, last_request_days: 0, ..Settings::default() };
    let (town, company) = Town::governed_by(sixty).await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    town.days_pass(80);
    let asked = ana.asks(&ben).await;
    assert_eq!(asked.body()["expires_at"], ana.get("/v1/cycles/current").await.body()["ends_at"]);
    town.days_pass(8);
    assert_eq!(ana.sees(&asked).await, "expired");
}

#[actix_web::test]
async fn without_a_first_call_a_pairing_lapses_at_the_cycles_end() {
    let (town, company) = Town::governed_by(one_place()).await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    for coachee in [&ana, &cleo] {
        coachee.is_ready().await;
    }
    let active = ana.is_coached_by(&ben).await;
    let end = ana.get("/v1/cycles/current").await.ok()["ends_at"].clone();
    town.days_pass(87);
    assert_eq!(ben.sees(&active).await, "active");
    town.days_pass(1);
    insta::assert_snapshot!(ben.get(&path_of(&active)).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coach",
      "partner": {
        "id": "<id 3>",
        "name": "Ana"
      },
      "state": "lapsed",
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": "<+0d>",
      "closes_at": null,
      "closed_at": "<+87d 15h>",
      "ended_by": null,
      "reflection_shared": false,
      "allowed": []
    }
    "#);
    assert_eq!(ben.get(&path_of(&active)).await.body()["closed_at"], end);
    assert_eq!(ana.does("end", &active).await.code(), "not_waiting");
    for coachee in [&ana, &cleo] {
        coachee.is_ready().await;
    }
    cleo.is_coached_by(&ben).await; // whose only place was taken in the cycle before
    assert_eq!(ana.asks(&ben).await.code(), "not_available");
    assert_eq!(ana.get("/v1/pairings").await.each("/state"), ["lapsed"]);
}

#[actix_web::test]
async fn reading_settles_nothing_and_a_refused_verb_neither() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    town.days_pass(7);
    let version = async || ana.get(&path_of(&asked)).await.header("etag").split('-').next().unwrap().to_owned();
    let before = version().await;
    assert_eq!(ben.does("accept", &asked).await.code(), "not_waiting");
    ana.get("/v1/pairings").await.ok();
    assert_eq!(version().await, before, "a refusal stores nothing");
    ana.asks(&ben).await.ok();
    assert_ne!(version().await, before, "but what succeeds stores what had come due");
    town.days_pass(-1);
    assert_eq!(ana.sees(&asked).await, "expired", "and then it stays so");
}
