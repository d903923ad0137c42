//! What an administrator can do with cycles: rename, move, cancel, add; never change a past.

use serde_json::json;

use crate::support::{Answer, Company, Person, Town, path_of};

async fn path(person: &Person, which: &str) -> String {
    format!("/v1/cycles/{}", person.get(&format!("/v1/cycles/{which}")).await.ok()["id"].as_str().unwrap())
}

/// Where they lie: `2026-10-01 2027-01-01 open`, the latest first.
async fn planned(person: &Person) -> Vec<String> {
    let told = |cycle: &serde_json::Value| {
        ["starts_on", "ends_on", "phase"].map(|key| cycle[key].as_str().unwrap().to_owned()).join(" ")
    };
    person.walk("/v1/cycles", 100).await.iter().map(told).collect()
}

async fn adds(company: &Company, starts_on: &str, ends_on: &str) -> Answer {
    company.administrator("root").post("/v1/cycles", json!({ "starts_on": starts_on, "ends_on": ends_on })).await
}

#[actix_web::test]
async fn only_administrators_and_only_what_they_have_read() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let next = path(&root, "next").await;
    assert_eq!(ana.patch(&next, json!({ "name": "Mine" })).await.code(), "administrators_only");
    assert_eq!(ana.post(&format!("{next}/cancel"), json!({})).await.code(), "administrators_only");
    let added = json!({ "starts_on": "2028-01-01", "ends_on": "2028-02-01" });
    assert_eq!(ana.post("/v1/cycles", added.clone()).await.code(), "administrators_only");
    assert_eq!(
        company.integration("bot", "members:write").post("/v1/cycles", added).await.code(),
        "administrators_only"
    );

    let read = root.get(&next).await;
    assert_eq!(root.patch_version(&next, None, json!({ "name": "Winter" })).await.code(), "precondition_required");
    insta::assert_snapshot!(root.patch_version(&next, Some(read.header("etag")), json!({ "name": "Winter" })).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "name": "Winter",
      "phase": "upcoming",
      "starts_on": "2027-01-01",
      "ends_on": "2027-04-01",
      "starts_at": "<+87d 15h>",
      "ends_at": "<+177d 14h>"
    }
    "#);
    let late = root.patch_version(&next, Some(read.header("etag")), json!({ "name": "Spring" })).await;
    assert_eq!((late.code().as_str(), ana.get(&next).await.ok()["name"].as_str()), ("stale", Some("Winter")));
    assert_eq!(root.patch("/v1/cycles/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", json!({})).await.code(), "not_found");
    assert_eq!(root.patch(&next, json!({ "name": "\n", "ends_on": "soon", "phase": "open" })).await.flaws().len(), 3);
}

#[actix_web::test]
async fn a_name_can_change_at_any_time() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    let current = path(&root, "current").await;
    assert_eq!(root.patch(&current, json!({ "name": "Autumn" })).await.ok()["phase"], "open");
    town.days_pass(90);
    assert_eq!(root.patch(&current, json!({ "name": "Autumn 2026" })).await.ok()["phase"], "closed");
    assert_eq!(root.patch(&current, json!({ "ends_on": "2027-02-01" })).await.code(), "cycle_started");
    assert_eq!(root.get(&current).await.ok()["name"], "Autumn 2026");
}

#[actix_web::test]
async fn the_end_of_an_open_cycle_moves_and_the_next_start_with_it() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    let current = path(&root, "current").await;
    planned(&root).await;
    let moved = root.patch(&current, json!({ "ends_on": "2026-12-20" })).await;
    assert_eq!(
        (&moved.ok()["ends_on"], &moved.ok()["ends_at"]),
        (&json!("2026-12-20"), &json!("2026-12-20T00:00:00.000Z"))
    );
    assert_eq!(planned(&root).await, ["2026-12-20 2027-04-01 upcoming", "2026-10-01 2026-12-20 open"]);
    root.patch(&current, json!({ "ends_on": "2027-01-15" })).await.ok();
    assert_eq!(planned(&root).await, ["2027-01-15 2027-04-01 upcoming", "2026-10-01 2027-01-15 open"]);

    assert_eq!(
        root.patch(&current, json!({ "ends_on": "2026-10-05" })).await.flaws(),
        ["#/ends_on too_early"],
        "today"
    );
    assert_eq!(root.patch(&current, json!({ "ends_on": "2026-09-30" })).await.flaws(), ["#/ends_on too_early"]);
    assert_eq!(
        root.patch(&current, json!({ "ends_on": "2027-04-01" })).await.code(),
        "cycles_overlap",
        "nothing of the next would be left"
    );
    assert_eq!(root.patch(&current, json!({ "starts_on": "2026-10-02" })).await.code(), "cycle_started");
    assert_eq!(planned(&root).await, ["2027-01-15 2027-04-01 upcoming", "2026-10-01 2027-01-15 open"]);
    root.patch(&current, json!({ "ends_on": "2026-10-06" })).await.ok();
    town.days_pass(1);
    assert_eq!(
        planned(&root).await,
        ["2027-04-01 2027-07-01 upcoming", "2026-10-06 2027-04-01 open", "2026-10-01 2026-10-06 closed"]
    );
}

#[actix_web::test]
async fn what_the_clock_does_at_the_end_moves_with_it() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, root] =
        [company.person("ana"), company.person("ben"), company.person("cleo"), company.administrator("root")];
    ana.is_ready().await;
    let (asked, active) = (ana.asks(&ben).await, ana.is_coached_by(&cleo).await);
    let current = path(&root, "current").await;
    root.patch(&current, json!({ "ends_on": "2026-10-08" })).await.ok();
    assert!(ana.get(&path_of(&asked)).await.told().contains("\"expires_at\": \"<+2d 14h>\""));
    root.patch(&current, json!({ "ends_on": "2027-03-01" })).await.ok();
    assert!(
        ana.get(&path_of(&asked)).await.told().contains("\"expires_at\": \"<+7d>\""),
        "but never later than its own days"
    );
    root.patch(&current, json!({ "ends_on": "2026-10-08" })).await.ok();
    town.days_pass(2);
    assert_eq!((ana.sees(&asked).await, cleo.sees(&active).await), ("requested".into(), "active".into()));
    town.days_pass(1);
    assert_eq!((ana.sees(&asked).await, cleo.sees(&active).await), ("expired".into(), "lapsed".into()));
}

#[actix_web::test]
async fn an_upcoming_cycle_moves_into_a_gap() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    let next = path(&root, "next").await;
    root.patch(&next, json!({ "starts_on": "2027-02-01", "ends_on": "2027-05-01" })).await.ok();
    assert_eq!(planned(&root).await, ["2027-02-01 2027-05-01 upcoming", "2026-10-01 2027-01-01 open"]);
    assert_eq!(root.patch(&next, json!({ "starts_on": "2026-12-31" })).await.code(), "cycles_overlap");
    assert_eq!(root.patch(&next, json!({ "starts_on": "2026-10-05" })).await.flaws(), ["#/starts_on too_early"]);
    assert_eq!(root.patch(&next, json!({ "starts_on": "2027-05-01" })).await.flaws(), ["#/ends_on too_early"]);
    town.days_pass(90); // whoever asks in the gap finds a cycle that fills it
    assert_eq!(
        planned(&root).await,
        ["2027-02-01 2027-05-01 upcoming", "2027-01-01 2027-02-01 open", "2026-10-01 2027-01-01 closed"]
    );
}

#[actix_web::test]
async fn a_cycle_is_added_where_there_is_room() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let next = path(&root, "next").await;
    root.patch(&next, json!({ "starts_on": "2027-02-01" })).await.ok();
    let added =
        root.post("/v1/cycles", json!({ "name": "Warm-up", "starts_on": "2027-01-01", "ends_on": "2027-02-01" })).await;
    insta::assert_snapshot!(added.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "name": "Warm-up",
      "phase": "upcoming",
      "starts_on": "2027-01-01",
      "ends_on": "2027-02-01",
      "starts_at": "<+87d 15h>",
      "ends_at": "<+118d 15h>"
    }
    "#);
    assert_eq!(root.get(added.header("location")).await.ok(), added.body());
    for (starts_on, ends_on) in [
        ("2027-01-31", "2027-02-02"),
        ("2027-03-01", "2027-03-02"),
        ("2026-12-31", "2027-01-01"),
        ("2026-10-06", "2028-01-01"),
    ] {
        assert_eq!(adds(&company, starts_on, ends_on).await.code(), "cycles_overlap", "{starts_on} {ends_on}");
    }
    assert_eq!(adds(&company, "2026-10-05", "2026-10-06").await.flaws(), ["#/starts_on too_early"]);
    assert_eq!(adds(&company, "2028-01-02", "2028-01-02").await.flaws(), ["#/ends_on too_early"]);
    assert_eq!(
        adds(&company, "2028-02-30", "2300-01-01").await.flaws(),
        ["#/ends_on wrong_format", "#/starts_on wrong_format"]
    );
    adds(&company, "2028-01-01", "2028-02-01").await.ok();
    assert_eq!(planned(&root).await.len(), 4);
}

#[actix_web::test]
async fn a_cancelled_cycle_keeps_its_time_and_none_appears_in_its_place() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let (current, next) = (path(&root, "current").await, path(&root, "next").await);
    assert_eq!(root.post(&format!("{current}/cancel"), json!({})).await.code(), "cycle_started");
    insta::assert_snapshot!(root.post(&format!("{next}/cancel"), json!({})).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "name": "2027-Q1",
      "phase": "cancelled",
      "starts_on": "2027-01-01",
      "ends_on": "2027-04-01",
      "starts_at": "<+87d 15h>",
      "ends_at": "<+177d 14h>"
    }
    "#);
    assert_eq!(
        root.post(&format!("{next}/cancel"), json!({})).await.ok()["phase"],
        "cancelled",
        "again changes nothing"
    );
    for (slice, body) in
        [("participation", json!({ "answer": "opted_in" })), ("reflection", json!({ "complete": true }))]
    {
        assert_eq!(ana.put(&format!("{next}/{slice}"), body).await.code(), "cycle_not_open");
    }
    assert_eq!(adds(&company, "2027-02-01", "2027-03-01").await.code(), "cycles_overlap");
    assert_eq!(root.patch(&next, json!({ "ends_on": "2027-06-01" })).await.code(), "cycle_started");

    town.days_pass(90);
    insta::assert_snapshot!(ana.get("/v1/cycles/current").await.told(), @r#"
    404 Not Found
    {
      "type": "/problems/no_open_cycle",
      "title": "No cycle is open now",
      "status": 404,
      "detail": "`next_starts_on` says when the next one starts; GET /v1/cycles/next shows it.",
      "instance": "/v1/cycles/current",
      "code": "no_open_cycle",
      "next_starts_on": "2027-04-01"
    }
    "#);
    for refused in [
        ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await,
        ana.get("/v1/cycles/current/coaches").await,
        ana.asks(&root).await,
    ] {
        assert_eq!(
            (refused.code().as_str(), &refused.body()["next_starts_on"]),
            ("no_open_cycle", &json!("2027-04-01"))
        );
    }
    assert_eq!(ana.get("/v1/cycles/next").await.ok()["starts_on"], "2027-04-01");
    assert_eq!(root.post(&format!("{next}/cancel"), json!({})).await.ok()["phase"], "cancelled");
    town.days_pass(90);
    assert_eq!(ana.get("/v1/cycles/current").await.ok()["starts_on"], "2027-04-01");
}

#[actix_web::test]
async fn the_next_date_is_that_of_a_cycle_which_takes_place() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    ana.is_ready().await;
    let cancelled = path(&root, "next").await;
    root.post(&format!("{cancelled}/cancel"), json!({})).await.ok();
    assert_eq!(ana.get("/v1/cycles/next").await.ok()["starts_on"], "2027-04-01");
    town.days_pass(80);
    let late = ana.asks(&root).await;
    assert_eq!((late.code().as_str(), &late.body()["next_starts_on"]), ("too_late_this_cycle", &json!("2027-04-01")));
    town.days_pass(10);
    let later = path(&root, "next").await;
    root.post(&format!("{later}/cancel"), json!({})).await.ok();
    assert_eq!(ana.get("/v1/cycles/current").await.body()["next_starts_on"], "2027-07-01");
}
