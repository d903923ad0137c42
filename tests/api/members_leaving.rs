//! Deactivation: what somebody took part in ends; coming back restores nothing.

use std::time::{Duration, Instant};

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Person, Town, path_of};

async fn is_made(administrator: &Person, who: &Person, active: bool) {
    let id = who.id().await;
    administrator.patch(&format!("/v1/members/{id}"), json!({ "active": active })).await.ok();
}

#[actix_web::test]
async fn whoever_leaves_is_in_no_pairing_any_more() {
    let (_town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    for coachee in [&ana, &ben, &cleo] {
        coachee.is_ready().await;
    }
    let (coached, coaches) = (ben.is_coached_by(&cleo).await, ana.is_coached_by(&ben).await);
    let (asks, asked) = (ben.asks(&dora).await, cleo.asks(&ben).await);
    let other = ana.asks(&dora).await;
    is_made(&company.administrator("root"), &ben, false).await;

    insta::assert_snapshot!(cleo.get(&path_of(&coached)).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coach",
      "partner": {
        "id": "<id 3>",
        "name": "Ben"
      },
      "state": "ended",
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": "<+0d>",
      "closes_at": null,
      "closed_at": "<+0d>",
      "ended_by": "system",
      "reflection_shared": false,
      "allowed": []
    }
    "#);
    for (who, pairing, accepted) in
        [(&cleo, &coached, true), (&ana, &coaches, true), (&dora, &asks, false), (&cleo, &asked, false)]
    {
        let seen = who.get(&path_of(pairing)).await.ok();
        assert_eq!(
            (&seen["state"], &seen["ended_by"], &seen["allowed"]),
            (&json!("ended"), &json!("system"), &json!([]))
        );
        assert_eq!(seen["accepted_at"] != Value::Null, accepted);
    }
    assert_eq!(ana.sees(&other).await, "requested", "what the others have with each other goes on");
    assert_eq!(dora.does("accept", &asks).await.code(), "not_waiting");
    let ben_id = coaches.body()["partner"]["id"].as_str().unwrap().to_owned();
    assert_eq!(ana.asks_for(&ben_id).await.code(), "not_available");
}

#[actix_web::test]
async fn a_leavers_places_are_free_again() {
    let one = Settings { max_coaches_per_cycle: 1, default_coach_capacity: 1, ..Settings::default() };
    let (_town, company) = Town::governed_by(one).await;
    let [ana, ben, cleo, root] =
        [company.person("ana"), company.person("ben"), company.person("cleo"), company.administrator("root")];
    for coachee in [&ana, &ben] {
        coachee.is_ready().await;
    }
    ana.is_coached_by(&cleo).await;
    assert_eq!(ben.asks(&cleo).await.code(), "not_available");
    is_made(&root, &ana, false).await;
    ben.is_coached_by(&cleo).await;
    is_made(&root, &cleo, false).await;
    let dora = company.person("dora");
    ben.is_coached_by(&dora).await;
}

#[actix_web::test]
async fn a_leavers_writes_are_refused_at_once_and_reads_within_half_a_minute() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    ana.is_ready().await;
    is_made(&root, &ana, false).await;
    let left = Instant::now();
    for refused in [
        ana.patch("/v1/me", json!({ "notify": false })).await,
        ana.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await,
        ana.put("/v1/cycles/next/reflection", json!({ "complete": true })).await,
        ana.post("/v1/pairings", json!({ "coach_id": root.id().await })).await,
    ] {
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "member_inactive"));
    }
    while ana.get("/v1/me").await.status == 200 {
        assert!(left.elapsed() < Duration::from_secs(35), "the memory of who is active outlives its 30 s");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(ana.get("/v1/me").await.code(), "member_inactive");
}

#[actix_web::test]
async fn coming_back_restores_nothing() {
    let (_town, company) = Town::small().await;
    let [ana, ben, cleo, root] =
        [company.person("ana"), company.person("ben"), company.person("cleo"), company.administrator("root")];
    ana.is_ready().await;
    let (asked, active) = (ana.asks(&ben).await, ana.is_coached_by(&cleo).await);
    is_made(&root, &ana, false).await;
    is_made(&root, &ana, true).await;
    for (coach, pairing) in [(&ben, &asked), (&cleo, &active)] {
        assert_eq!(coach.sees(pairing).await, "ended");
    }
    let answer = ana.get("/v1/cycles/current/participation").await.ok()["answer"].clone();
    assert_eq!(answer, "opted_in", "answers are history, not something that goes on");
    assert_eq!(ana.get("/v1/pairings").await.each("/state"), ["ended", "ended"]);
    ana.asks(&ben).await.ok();
    assert_eq!(
        root.get("/v1/audit-entries?limit=2").await.each("/action"),
        ["member.reactivated", "member.deactivated"]
    );
}
