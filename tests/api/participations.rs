//! Participations: it is up to you, and nobody else's business.

use serde_json::json;

use crate::support::{Town, path_of};

const CURRENT: &str = "/v1/cycles/current/participation";

#[actix_web::test]
async fn before_the_first_answer_there_is_none_and_then_it_is_mine_to_change() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get(CURRENT).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "answer": null,
      "answered_at": null
    }
    "#);
    town.days_pass(2);
    insta::assert_snapshot!(ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "answer": "not_this_time",
      "answered_at": "<+2d>"
    }
    "#);
    town.days_pass(1);
    let changed = ana.put(CURRENT, json!({ "answer": "opted_in" })).await;
    assert!(changed.told().contains("\"answered_at\": \"<+3d>\""), "{}", changed.told());
    town.days_pass(1);
    let same = ana.put(CURRENT, json!({ "answer": "opted_in" })).await;
    assert_eq!(
        (same.body(), same.header("etag")),
        (changed.body(), changed.header("etag")),
        "the same answer changes nothing"
    );
    assert_eq!(ana.get(CURRENT).await.body(), changed.body());
}

#[actix_web::test]
async fn an_answer_is_one_of_two() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    assert_eq!(ana.put(CURRENT, json!({ "answer": "maybe" })).await.flaws(), ["#/answer not_an_option"]);
    assert_eq!(ana.put(CURRENT, json!({ "answer": null })).await.status, 400);
    assert_eq!(ana.put(CURRENT, json!({ "reason": "tired" })).await.flaws(), ["#/answer required", "#/reason unknown"]);
    assert_eq!(ana.get(CURRENT).await.ok()["answer"], json!(null));
    assert_eq!(
        company.integration("bot", "members:write").put(CURRENT, json!({ "answer": "opted_in" })).await.code(),
        "members_only"
    );
    assert_eq!(company.integration("bot", "members:read").get(CURRENT).await.code(), "members_only");
}

#[actix_web::test]
async fn one_can_opt_in_to_the_next_cycle_and_to_no_other_by_that() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.put("/v1/cycles/next/reflection", json!({ "complete": true })).await.ok();
    assert_eq!(ana.get(CURRENT).await.ok()["answer"], json!(null));
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    town.days_pass(90);
    assert_eq!(ana.get(CURRENT).await.ok()["answer"], "opted_in");
    ana.asks(&ben).await.ok();
    town.days_pass(90);
    assert_eq!(
        ana.get(CURRENT).await.ok()["answer"],
        json!(null),
        "nobody takes part who has not said so for this very cycle"
    );
}

#[actix_web::test]
async fn opting_out_ends_what_i_am_coached_in_and_not_whom_i_coach() {
    let (_town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    for coachee in [&ana, &dora] {
        coachee.is_ready().await;
    }
    let (asked, coached) = (ana.asks(&ben).await, ana.is_coached_by(&cleo).await);
    let (coaches, waiting) = (dora.is_coached_by(&ana).await, {
        ben.is_ready().await;
        ben.asks(&ana).await
    });
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();

    insta::assert_snapshot!(ben.get(&path_of(&asked)).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coach",
      "partner": {
        "id": "<id 3>",
        "name": "Ana"
      },
      "state": "withdrawn",
      "message": null,
      "decline_reason": null,
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": null,
      "closes_at": null,
      "closed_at": "<+0d>",
      "ended_by": null,
      "allowed": []
    }
    "#);
    let ended = cleo.get(&path_of(&coached)).await.ok();
    assert_eq!(
        (&ended["state"], &ended["ended_by"], &ended["allowed"]),
        (&json!("ended"), &json!("coachee"), &json!([]))
    );
    assert_eq!(dora.sees(&coaches).await, "active");
    assert_eq!(ben.sees(&waiting).await, "requested");
    ana.does("accept", &waiting).await.ok();

    // Coming back takes a new request; the places are free again.
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    ana.put(CURRENT, json!({ "answer": "opted_in" })).await.ok();
    for coach in [&ben, &cleo, &dora] {
        ana.asks(coach).await.ok();
    }
}

#[actix_web::test]
async fn opting_out_touches_its_own_cycle_only() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let active = ana.is_coached_by(&ben).await;
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.put("/v1/cycles/next/participation", json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!(ana.sees(&active).await, "active");
    town.days_pass(7);
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!(ana.sees(&active).await, "ended");
}

#[actix_web::test]
async fn what_was_over_before_stays_as_it_was() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    town.days_pass(8);
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();
    let seen = ana.get(&path_of(&asked)).await;
    assert_eq!(seen.ok()["state"], "expired");
    assert!(seen.told().contains("\"closed_at\": \"<+7d>\""), "{}", seen.told());
}

#[actix_web::test]
async fn a_cycle_that_is_over_takes_no_new_answer() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let cycle = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/cycles/{cycle}/participation");
    ana.put(&path, json!({ "answer": "opted_in" })).await.ok();
    town.days_pass(90);
    insta::assert_snapshot!(ben.put(&path, json!({ "answer": "opted_in" })).await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/cycle_not_open",
      "title": "This cycle is not open",
      "status": 409,
      "detail": "GET /v1/cycles/current shows the one that is.",
      "instance": "/v1/cycles/<id 1>/participation",
      "code": "cycle_not_open"
    }
    "#);
    assert_eq!(ben.put(&path, json!({ "answer": "not_this_time" })).await.code(), "cycle_not_open");
    ana.put(&path, json!({ "answer": "not_this_time" })).await.ok(); // opting out is possible at any time
    assert_eq!(ana.put(&path, json!({ "answer": "opted_in" })).await.code(), "cycle_not_open");
}

#[actix_web::test]
async fn nobody_else_sees_an_answer() {
    let (_town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();
    for other in [&ben, &root] {
        assert_eq!(other.get(CURRENT).await.ok()["answer"], json!(null), "everyone sees their own");
        let id = ana.id().await;
        assert!(!other.get(&format!("{CURRENT}?member_id={id}")).await.text.contains("not_this_time"));
        assert_eq!(other.get(&format!("/v1/members/{id}/participation")).await.code(), "not_found");
        assert!(!other.get(&format!("/v1/members/{id}")).await.text.contains("not_this_time"));
    }
}

#[actix_web::test]
async fn if_match_is_heeded_where_it_is_sent() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let put = async |etag: &str, answer: &str| {
        let request =
            ana.request(reqwest::Method::PUT, CURRENT).header("If-Match", etag).json(&json!({ "answer": answer }));
        crate::support::Answer::to(request).await
    };
    let none = ana.get(CURRENT).await.header("etag").to_owned();
    put(&none, "opted_in").await.ok();
    assert_eq!(put(&none, "not_this_time").await.code(), "stale");
    put(ana.get(CURRENT).await.header("etag"), "not_this_time").await.ok();
}
