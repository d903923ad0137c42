//! Cycles as everyone sees them: there without anybody's doing, once, and as the clock has them.

use futures_util::future::join_all;
use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Town, each};

#[actix_web::test]
async fn a_current_and_a_next_cycle_exist_from_the_first_question_on() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get("/v1/cycles/current").await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "name": "2026-Q4",
      "phase": "open",
      "starts_on": "2026-10-01",
      "ends_on": "2027-01-01",
      "starts_at": "<-4d 10h>",
      "ends_at": "<+87d 15h>"
    }
    "#);
    insta::assert_snapshot!(ana.get("/v1/cycles").await.told(), @r#"
    200 OK
    {
      "data": [
        {
          "id": "<id 1>",
          "name": "2027-Q1",
          "phase": "upcoming",
          "starts_on": "2027-01-01",
          "ends_on": "2027-04-01",
          "starts_at": "<+87d 15h>",
          "ends_at": "<+177d 14h>"
        },
        {
          "id": "<id 2>",
          "name": "2026-Q4",
          "phase": "open",
          "starts_on": "2026-10-01",
          "ends_on": "2027-01-01",
          "starts_at": "<-4d 10h>",
          "ends_at": "<+87d 15h>"
        }
      ],
      "has_more": false,
      "next_cursor": null
    }
    "#);
    let next = ana.get("/v1/cycles/next").await.ok();
    let path = format!("/v1/cycles/{}", next["id"].as_str().unwrap());
    assert_eq!(ana.get(&path).await.ok(), next);
    for nowhere in ["/v1/cycles/previous", "/v1/cycles/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", "/v1/cycles/CURRENT"] {
        assert_eq!(ana.get(nowhere).await.code(), "not_found", "{nowhere}");
    }
    assert_eq!(company.integration("bot", "members:read").get("/v1/cycles").await.code(), "members_only");
}

#[actix_web::test]
async fn however_many_ask_at_once_each_cycle_is_made_once() {
    let (town, company) = Town::governed_by(Settings::default()).await;
    let people: Vec<_> = (0..16).map(|at| company.person(&format!("p{at}"))).collect();
    join_all(people.iter().map(|person| person.id())).await;
    for cycles in [2, 3, 5] {
        let paths = ["/v1/cycles/current", "/v1/cycles/next", "/v1/cycles", "/v1/cycles/current/participation"];
        let answers = join_all(people.iter().enumerate().map(|(at, person)| person.get(paths[at % paths.len()]))).await;
        let ids: Vec<_> = answers.iter().step_by(4).map(|answer| answer.ok()["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
        answers.iter().for_each(|answer| drop(answer.ok()));
        let listed = people[0].get("/v1/cycles").await.each("/phase");
        assert_eq!(listed.len(), cycles);
        assert_eq!(listed[..2], ["upcoming", "open"]);
        town.days_pass(if cycles == 2 { 90 } else { 180 }); // a cycle on, and then one in which nobody asked at all
    }
}

#[actix_web::test]
async fn a_write_makes_what_is_missing_too() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let answered = ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(ana.get("/v1/cycles").await.each("/id")[0], answered["cycle_id"]);
}

#[actix_web::test]
async fn phases_follow_the_clock() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let ids = ana.get("/v1/cycles").await.each("/id");
    let (next, current) = (&ids[0], &ids[1]);
    let phase = async |id: &Value| ana.get(&format!("/v1/cycles/{}", id.as_str().unwrap())).await.ok()["phase"].clone();
    let end = ana.get("/v1/cycles/current").await.ok()["ends_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let etag = ana.get("/v1/cycles/current").await.header("etag").to_owned();

    town.clock.advance(end.duration_since(town.clock.now()) - jiff::SignedDuration::from_mins(1));
    assert_eq!((phase(current).await, phase(next).await), (json!("open"), json!("upcoming")), "to its last minute");
    town.clock.advance(jiff::SignedDuration::from_mins(1));
    assert_eq!(
        (phase(current).await, phase(next).await),
        (json!("closed"), json!("open")),
        "there is no gap between them"
    );
    assert_eq!(ana.get("/v1/cycles/current").await.ok()["id"], *next);
    assert_eq!(ana.get("/v1/cycles").await.each("/name"), ["2027-Q2", "2027-Q1", "2026-Q4"]);
    let known = ana
        .request(reqwest::Method::GET, &format!("/v1/cycles/{}", current.as_str().unwrap()))
        .header("If-None-Match", etag);
    assert_eq!(known.send().await.unwrap().status(), 200, "the phase has changed though the row has not");
}

#[actix_web::test]
async fn days_are_the_organizations_and_so_is_midnight() {
    let (_town, company) = Town::governed_by(Settings { cadence_months: 6, ..Settings::default() }).await;
    let cycle = company.person("ana").get("/v1/cycles/current").await.ok();
    assert_eq!(
        (cycle["starts_on"].as_str(), cycle["starts_at"].as_str()),
        (Some("2026-07-01"), Some("2026-06-30T23:00:00.000Z"))
    );
    assert_eq!(
        (cycle["ends_on"].as_str(), cycle["ends_at"].as_str()),
        (Some("2027-01-01"), Some("2027-01-01T00:00:00.000Z"))
    );
    assert_eq!(cycle["name"], "2026-07-01 to 2026-12-31");
}

#[actix_web::test]
async fn a_new_cadence_plans_the_upcoming_cycle_anew() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let before = ana.get("/v1/cycles").await;
    root.decides(json!({ "cadence_months": 1 })).await;
    let after = ana.get("/v1/cycles").await;
    assert_eq!(after.each("/id"), before.each("/id"), "it is the same cycle, at another time");
    assert_eq!(after.each("/starts_on"), ["2027-01-01", "2026-10-01"]);
    assert_eq!(after.each("/ends_on"), ["2027-02-01", "2027-01-01"], "the one that has started stays as it is");
    assert_eq!(after.each("/name")[0], "2027-01-01 to 2027-01-31");
    town.days_pass(90);
    assert_eq!(ana.get("/v1/cycles").await.each("/starts_on"), ["2027-02-01", "2027-01-01", "2026-10-01"]);
}

#[actix_web::test]
async fn what_somebody_has_opted_into_stays() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    let before = ana.get("/v1/cycles").await.ok();
    root.decides(json!({ "cadence_months": 2, "anchor_on": "2026-12-15", "time_zone": "Asia/Tokyo" })).await;
    assert_eq!(ana.get("/v1/cycles").await.ok(), before);
    town.days_pass(90);
    let later = ana.get("/v1/cycles/next").await.ok();
    assert_eq!(
        (&later["starts_on"], &later["ends_on"]),
        (&json!("2027-04-01"), &json!("2027-04-15")),
        "from there to the next anchor"
    );
    assert_eq!(later["ends_at"], "2027-04-14T15:00:00.000Z");

    // Declining is not opting in: it holds nothing.
    ana.put("/v1/cycles/next/participation", json!({ "answer": "not_this_time" })).await.ok();
    root.decides(json!({ "cadence_months": 3, "anchor_on": "2022-01-01" })).await;
    assert_eq!(ana.get("/v1/cycles/next").await.ok()["ends_on"], "2027-07-01");
}

#[actix_web::test]
async fn a_new_zone_moves_the_ends_of_what_is_to_come_and_leaves_no_gap() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let current = ana.get("/v1/cycles/current").await.ok();
    root.decides(json!({ "time_zone": "Pacific/Auckland" })).await;
    assert_eq!(ana.get("/v1/cycles/current").await.ok(), current);
    let next = ana.get("/v1/cycles/next").await.ok();
    assert_eq!(next["starts_at"], current["ends_at"]);
    assert_eq!(
        (next["ends_on"].as_str(), next["ends_at"].as_str()),
        (Some("2027-04-01"), Some("2027-03-31T11:00:00.000Z"))
    );
}

#[actix_web::test]
async fn walking_the_pages_meets_each_cycle_once() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    root.decides(json!({ "cadence_months": 1 })).await;
    ana.get("/v1/cycles").await.ok();
    for _ in 0..8 {
        town.days_pass(31);
        ana.get("/v1/cycles/current").await.ok();
    }
    let whole = ana.get("/v1/cycles?limit=100").await.each("/starts_on");
    let mut sorted = whole.clone();
    sorted.sort_by_key(|day| std::cmp::Reverse(day.to_string()));
    sorted.dedup();
    assert!(whole.len() >= 6 && whole == sorted, "{whole:?}");
    for limit in 1..=5 {
        assert_eq!(each(&ana.walk("/v1/cycles", limit).await, "/starts_on"), whole, "in pages of {limit}");
    }
}
