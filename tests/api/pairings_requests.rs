//! Asking for a coach: every refusal, in the order in which a person could mend them.

use peer_coaching::policy::rules::Settings;
use serde_json::json;

use crate::support::{Answer, Meanwhile, Town, path_of};

#[actix_web::test]
async fn a_request_and_its_acceptance_as_both_see_them() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    insta::assert_snapshot!(asked.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coachee",
      "partner": {
        "id": "<id 3>",
        "name": "Ben"
      },
      "state": "requested",
      "requested_at": "<+0d>",
      "expires_at": "<+7d>",
      "accepted_at": null,
      "closes_at": null,
      "closed_at": null,
      "ended_by": null,
      "reflection_shared": false,
      "allowed": [
        "withdraw"
      ]
    }
    "#);
    assert_eq!(ana.get(asked.header("location")).await.body(), asked.body());
    town.days_pass(1);
    let accepted = ben.does("accept", &asked).await;
    insta::assert_snapshot!(accepted.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coach",
      "partner": {
        "id": "<id 3>",
        "name": "Ana"
      },
      "state": "active",
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": "<+1d>",
      "closes_at": "<+87d 15h>",
      "closed_at": null,
      "ended_by": null,
      "reflection_shared": false,
      "allowed": [
        "end"
      ]
    }
    "#);
    assert_eq!(ben.get(&path_of(&asked)).await.header("etag"), accepted.header("etag"));
    assert_ne!(accepted.header("etag"), asked.header("etag"));
}

#[actix_web::test]
async fn the_first_refusal_that_applies_is_the_one_that_is_told() {
    let one = Settings { max_coaches_per_cycle: 1, ..Settings::default() };
    let (town, company) = Town::governed_by(one).await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    // In the first cycle Ben coaches Ana. Whoever is asked below is not available either.
    ana.is_ready().await;
    let held = ana.is_coached_by(&ben).await;
    ana.meets(&held).await;
    for full in [&ana, &ben, &cleo, &dora] {
        full.patch("/v1/me", json!({ "coach_capacity": 0 })).await.ok();
    }
    let next = ana.get("/v1/cycles/next").await.ok()["id"].clone();
    let asks = async |coach: &crate::support::Person| {
        let coach_id = coach.id().await;
        ana.post("/v1/pairings", json!({ "coach_id": coach_id, "cycle_id": next })).await
    };
    town.days_pass(70); // 14 December
    assert_eq!(asks(&ana).await.code(), "cycle_not_open");
    town.days_pass(102); // 26 March
    assert_eq!(asks(&ana).await.code(), "yourself");
    assert_eq!(asks(&ben).await.code(), "not_opted_in");
    ana.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!(asks(&ben).await.code(), "not_opted_in");
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(asks(&ben).await.code(), "reflection_missing");
    ana.put("/v1/cycles/current/reflection", json!({ "complete": true })).await.ok();
    insta::assert_snapshot!(asks(&ben).await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/too_late_this_cycle",
      "title": "It is too late to start with a coach in this cycle",
      "status": 409,
      "detail": "The next cycle starts on `next_starts_on`.",
      "instance": "/v1/pairings",
      "code": "too_late_this_cycle",
      "next_starts_on": "2027-04-01"
    }
    "#);
    town.days_pass(-20); // 6 March
    assert_eq!(asks(&ben).await.code(), "coached_you_last_time");
    assert_eq!(asks(&dora).await.code(), "not_available");
    cleo.patch("/v1/me", json!({ "coach_capacity": 1 })).await.ok();
    let asked = asks(&cleo).await;
    asked.ok();
    assert_eq!(asks(&dora).await.code(), "coaches_full");
    assert_eq!(asks(&ben).await.code(), "coached_you_last_time");
    assert_eq!(asks(&cleo).await.code(), "already_asked");
    town.days_pass(30); // 5 April, in the next
    assert_eq!(asks(&ana).await.code(), "cycle_not_open");
    assert_eq!(ana.sees(&asked).await, "expired");
}

#[actix_web::test]
async fn a_refusal_changes_nothing() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    ana.is_ready().await;
    assert_eq!(ana.asks(&ana).await.code(), "yourself");
    for (who, list) in [(&ana, "/v1/pairings"), (&ben, "/v1/pairings")] {
        assert_eq!(who.get(list).await.each("/id").len(), 0);
    }
}

#[actix_web::test]
async fn of_whom_nobody_knows_no_more_is_told_than_of_who_left() {
    let (_town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    let ben_id = ben.id().await;
    root.patch(&format!("/v1/members/{ben_id}"), json!({ "active": false })).await.ok();
    for code in ["not_opted_in", "not_available"] {
        let unknown = ana.asks_for("01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60").await;
        assert_eq!((unknown.code().as_str(), unknown.told()), (code, ana.asks_for(&ben_id).await.told()));
        ana.is_ready().await;
    }
}

#[actix_web::test]
async fn who_leaves_while_a_request_waits_for_its_turn_asks_nobody() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let (ana_id, ben_id) = (ana.id().await, ben.id().await);
    let (organization, person) = (company.organization, format!("{}/{ana_id}", company.organization));
    let leaving = Meanwhile::begins(&format!(
        "select pg_advisory_xact_lock(hashtextextended('{person}', 0));
         update members set active = false where organization_id = '{organization}' and member_id = '{ana_id}'"
    ))
    .await;
    let (asked, ()) = futures_util::future::join(ana.asks_for(&ben_id), leaving.commits_when_awaited()).await;
    assert_eq!(asked.code(), "member_inactive");
    assert_eq!(ben.get("/v1/pairings").await.ok()["data"], json!([]));
}

#[actix_web::test]
async fn what_a_request_must_be() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    ana.is_ready().await;
    for (body, flaws) in [
        (json!({}), vec!["#/coach_id required"]),
        (json!({ "coach_id": "ben" }), vec!["#/coach_id wrong_format"]),
        (
            json!({ "coach_id": null, "cycle_id": "current", "why": "" }),
            vec!["#/coach_id wrong_type", "#/cycle_id wrong_format", "#/why unknown"],
        ),
    ] {
        assert_eq!(ana.post("/v1/pairings", body.clone()).await.flaws(), flaws, "{body}");
    }
    let nowhere =
        json!({ "coach_id": company.person("ben").id().await, "cycle_id": "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60" });
    assert_eq!(ana.post("/v1/pairings", nowhere.clone()).await.code(), "not_found");
    let bot = company.integration("bot", "members:read members:write events:read webhooks:manage");
    assert_eq!(bot.post("/v1/pairings", nowhere.clone()).await.code(), "members_only");
    assert_eq!(bot.get("/v1/pairings").await.code(), "members_only");
    assert_eq!(company.stranger().post("/v1/pairings", nowhere).await.code(), "unauthenticated");
}

#[actix_web::test]
async fn the_last_days_are_counted_to_the_instant() {
    let (town, company) = Town::small().await;
    let (ana, ben, cleo) = (company.person("ana"), company.person("ben"), company.person("cleo"));
    ana.is_ready().await;
    let end: jiff::Timestamp = ana.get("/v1/cycles/current").await.ok()["ends_at"].as_str().unwrap().parse().unwrap();
    let last = end - jiff::SignedDuration::from_hours(14 * 24);
    town.clock.advance(last.duration_since(town.clock.now()) - jiff::SignedDuration::from_mins(1));
    ana.asks(&ben).await.ok();
    town.clock.advance(jiff::SignedDuration::from_mins(1));
    let late = ana.asks(&cleo).await;
    assert_eq!((late.code().as_str(), &late.body()["next_starts_on"]), ("too_late_this_cycle", &json!("2027-01-01")));
}

#[actix_web::test]
async fn a_repeated_request_is_one_request() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let body = json!({ "coach_id": ben.id().await });
    // A refusal is not kept: the same key may succeed later.
    ben.patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    assert_eq!(ana.post_once("/v1/pairings", "k", body.clone()).await.code(), "not_available");
    ben.patch("/v1/me", json!({ "open_to_coaching": true })).await.ok();

    let at_once = (0..6).map(|_| ana.post_once("/v1/pairings", "k", body.clone()));
    let answers: Vec<Answer> = futures_util::future::join_all(at_once).await;
    let first = answers.iter().find(|answer| answer.header("idempotent-replayed").is_empty()).expect("a first");
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.body()), (201, first.body()));
        assert_eq!(
            (answer.header("location"), answer.header("etag")),
            (first.header("location"), first.header("etag"))
        );
    }
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count(), 5);
    assert_eq!(ana.get("/v1/pairings").await.each("/id").len(), 1);

    let accept = format!("{}/accept", path_of(first));
    let accepted = ben.post_once(&accept, "k", json!({})).await;
    let again = ben.post_once(&accept, "k", json!({})).await;
    assert_eq!((again.body(), again.header("idempotent-replayed")), (accepted.ok(), "true"));
    assert_eq!(ben.post_once(&accept, "l", json!({})).await.code(), "not_waiting");
    ana.does("end", first).await.ok();
    assert_eq!(ben.post_once(&accept, "k", json!({})).await.ok()["state"], "active", "what was answered then");
    assert_eq!(ana.post_once("/v1/pairings", "k", json!({ "coach_id": ana.id().await })).await.code(), "key_reused");
    assert_eq!(ana.post_once(&accept, "k", json!({})).await.code(), "not_waiting", "a key is its caller's own");
}

#[actix_web::test]
async fn a_key_is_forgotten_after_a_day() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let body = json!({ "coach_id": ben.id().await });
    ana.post_once("/v1/pairings", "k", body.clone()).await.ok();
    town.clock.advance(jiff::SignedDuration::from_hours(23));
    assert_eq!(ana.post_once("/v1/pairings", "k", body.clone()).await.header("idempotent-replayed"), "true");
    town.clock.advance(jiff::SignedDuration::from_hours(2));
    assert_eq!(ana.post_once("/v1/pairings", "k", body).await.code(), "already_asked");
}
