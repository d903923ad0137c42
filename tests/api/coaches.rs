//! Coaches: whom I could ask, in a stable order, and why not the others.

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Person, Town, each};

const CURRENT: &str = "/v1/cycles/current/coaches";

/// Names of those I could ask.
async fn eligible(person: &Person) -> Vec<Value> {
    person.get(CURRENT).await.each("/member/name")
}

/// Each colleague with the reasons why I could not ask them: `Ben not_available`.
async fn weighed(person: &Person) -> Vec<String> {
    let told = |coach: &Value| {
        let because = coach["ineligible_because"].as_array().unwrap();
        assert_eq!(coach["eligible"], because.is_empty(), "{coach}");
        [&coach["member"]["name"]]
            .into_iter()
            .chain(because)
            .map(|word| word.as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    person.walk(&format!("{CURRENT}?include=ineligible"), 100).await.iter().map(told).collect()
}

#[actix_web::test]
async fn colleagues_are_listed_by_name_with_what_the_directory_shows() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    company.person("ben").patch("/v1/me", json!({ "expertise": ["Rust"] })).await.ok();
    insta::assert_snapshot!(ana.get(CURRENT).await.told(), @r#"
    200 OK
    {
      "data": [
        {
          "member": {
            "id": "<id 1>",
            "name": "Ben",
            "title": null,
            "team": null,
            "languages": [],
            "expertise": [
              "Rust"
            ],
            "projects": [],
            "open_to_coaching": true,
            "active": true,
            "external_id": null,
            "email": null
          },
          "eligible": true,
          "ineligible_because": []
        }
      ],
      "has_more": false,
      "next_cursor": null
    }
    "#);
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben"]);
    assert_eq!(ana.get(&format!("{CURRENT}?include=everyone")).await.flaws(), ["include not_an_option"]);
    assert_eq!(company.integration("bot", "members:read").get(CURRENT).await.code(), "members_only");
}

#[actix_web::test]
async fn one_can_look_before_opting_in_and_ahead() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ben.patch("/v1/me", json!({ "coach_capacity": 1 })).await.ok();
    let cleo = company.person("cleo");
    cleo.is_ready().await;
    cleo.is_coached_by(&ben).await;
    assert_eq!(eligible(&ana).await, ["Cleo"]);
    assert_eq!(
        ana.get("/v1/cycles/next/coaches").await.each("/member/name"),
        ["Ben", "Cleo"],
        "places are of one cycle"
    );
}

#[actix_web::test]
async fn walking_the_pages_meets_each_colleague_once() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let names = ["Ana Lima", "Bo", "Ana Lima", "bo", "Bó", "Ana", "Zoe Ana"];
    let entry = |(at, name): (usize, &&str)| json!({ "external_id": format!("e{at}"), "name": name });
    root.brings([names, names].concat().iter().enumerate().map(entry).collect()).await.ok();
    for list in [CURRENT.to_owned(), format!("{CURRENT}?include=ineligible")] {
        let whole = each(&root.walk(&list, 100).await, "/member/id");
        assert_eq!(whole.len(), if list == CURRENT { 14 } else { 15 });
        for limit in 1..=5 {
            assert_eq!(each(&root.walk(&list, limit).await, "/member/id"), whole, "{list} in pages of {limit}");
        }
    }
    let cursor = root.get(&format!("{CURRENT}?limit=1")).await.ok()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(root.get(&format!("{CURRENT}?cursor={cursor}&include=ineligible")).await.code(), "cursor_mismatch");
    assert_eq!(company.person("e1").get(&format!("{CURRENT}?cursor={cursor}")).await.code(), "cursor_mismatch");
}

#[actix_web::test]
async fn whoever_i_have_asked_or_have_as_coach_is_not_to_be_asked_again() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    ana.is_ready().await;
    let (asked, active) = (ana.asks(&ben).await, ana.is_coached_by(&cleo).await);
    dora.id().await;
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben already_asked", "Cleo already_asked", "Dora"]);
    assert_eq!(eligible(&ana).await, ["Dora"]);
    assert_eq!(weighed(&dora).await, ["Ana", "Ben", "Cleo", "Dora yourself"], "whom Ana asked is Ana's own affair");
    ben.does("decline", &asked).await.ok();
    ana.does("end", &active).await.ok();
    assert_eq!(eligible(&ana).await, ["Ben", "Cleo", "Dora"], "a no, or an end without a first call, is no coaching");
    ana.asks(&ben).await.ok();
    town.days_pass(7);
    assert_eq!(eligible(&ana).await, ["Ben", "Cleo", "Dora"], "an unanswered request expires by itself");
}

#[actix_web::test]
async fn someone_else_next_time_even_if_cycles_lie_between() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.is_ready().await;
    let held = ana.is_coached_by(&ben).await;
    ana.is_coached_by(&cleo).await;
    ana.meets(&held).await;
    town.days_pass(90);
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben coached_you_last_time", "Cleo"]);
    assert_eq!(weighed(&ben).await, ["Ana", "Ben yourself", "Cleo"], "it holds for the coachee alone");
    town.days_pass(180);
    assert_eq!(eligible(&ana).await, ["Cleo"], "skipping cycles changes nothing");
    ana.is_ready().await;
    assert_eq!(ana.asks(&ben).await.code(), "coached_you_last_time");
    let held = ana.is_coached_by(&cleo).await;
    ana.meets(&held).await;
    assert_eq!(
        weighed(&ana).await,
        ["Ana yourself", "Ben coached_you_last_time", "Cleo already_asked"],
        "in this review still"
    );
    town.days_pass(92);
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben", "Cleo coached_you_last_time"]);
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
}

#[actix_web::test]
async fn two_coaches_of_one_review_are_both_excluded() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    ana.is_ready().await;
    for coach in [&ben, &cleo] {
        let pairing = ana.is_coached_by(coach).await;
        ana.completes(&pairing).await;
    }
    assert_eq!(ana.asks(&ben).await.code(), "already_asked");
    dora.id().await;
    town.days_pass(90);
    assert_eq!(eligible(&ana).await, ["Dora"]);
}

#[actix_web::test]
async fn not_available_says_no_more_than_that() {
    let one = Settings { default_coach_capacity: 1, ..Settings::default() };
    let (_town, company) = Town::governed_by(one).await;
    let [ana, full, shy, none, gone] = ["ana", "full", "shy", "none", "gone"].map(|name| company.person(name));
    let root = company.administrator("root");
    for person in [&ana, &root] {
        person.is_ready().await;
    }
    root.is_coached_by(&full).await;
    shy.patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    none.patch("/v1/me", json!({ "coach_capacity": 0 })).await.ok();
    let gone_id = gone.id().await;
    root.patch(&format!("/v1/members/{gone_id}"), json!({ "active": false })).await.ok();
    assert_eq!(
        weighed(&ana).await,
        ["Ana yourself", "Full not_available", "None not_available", "Root", "Shy not_available"],
        "and who left is not in the directory"
    );
    let mut told = Vec::new();
    for id in [full.id().await, shy.id().await, none.id().await, gone_id, "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60".into()]
    {
        told.push(ana.asks_for(&id).await.told());
    }
    insta::assert_snapshot!(told[0], @r#"
    409 Conflict
    {
      "type": "/problems/not_available",
      "title": "This colleague cannot be your coach now",
      "status": 409,
      "detail": "Pick somebody else: GET /v1/cycles/current/coaches lists who is eligible.",
      "instance": "/v1/pairings",
      "code": "not_available"
    }
    "#);
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:?}");
    assert_eq!(weighed(&root).await[1], "Full already_asked not_available");
}
