//! P1: every 3 months (Jan 1, Apr 1, Jul 1, Oct 1) we devote some time to it.

use serde_json::json;

use crate::support::{Answer, Person};

async fn days(who: &Person, cycle: &str) -> (String, String) {
    let cycle = who.get(&format!("/v1/cycles/{cycle}")).await.ok();
    (cycle["starts_on"].as_str().unwrap().into(), cycle["ends_on"].as_str().unwrap().into())
}

fn between(starts_on: &str, ends_on: &str) -> (String, String) {
    (starts_on.into(), ends_on.into())
}

fn path(cycle: &Answer) -> String {
    format!("/v1/cycles/{}", cycle.ok()["id"].as_str().unwrap())
}

#[actix_web::test]
async fn quarters_follow_each_other_without_anybody_doing_anything() {
    let (town, company) = crate::company().await;
    let ana = company.person("ana");
    let quarters = ["2026-10-01", "2027-01-01", "2027-04-01", "2027-07-01", "2027-10-01", "2028-01-01"];
    for quarter in quarters.windows(3) {
        assert_eq!(days(&ana, "current").await, between(quarter[0], quarter[1]));
        assert_eq!(days(&ana, "next").await, between(quarter[1], quarter[2]));
        town.until(&format!("{}T12:00:00Z", quarter[1]));
    }
}

#[actix_web::test]
async fn a_cycle_is_open_from_the_first_midnight_of_the_organization_to_the_last() {
    let (town, company) = crate::company().await;
    let ana = company.person("ana");
    let next = path(&ana.get("/v1/cycles/next").await);
    let phase = async || ana.get(&next).await.ok()["phase"].clone();
    assert_eq!(phase().await, "upcoming");
    town.until("2026-12-31T23:59:00Z");
    assert_eq!(phase().await, "upcoming");
    town.until("2027-01-01T00:00:00Z");
    assert_eq!(phase().await, "open");
    town.until("2027-03-31T22:59:00Z"); // a minute before midnight: Lisbon has gone to summer time
    assert_eq!(phase().await, "open");
    town.until("2027-03-31T23:00:00Z");
    assert_eq!(phase().await, "closed");
}

#[actix_web::test]
async fn a_cancelled_cycle_keeps_its_time() {
    let (town, company) = crate::company().await;
    let (root, ana) = (company.administrator("root"), company.person("ana"));
    let next = path(&ana.get("/v1/cycles/next").await);
    root.post(&format!("{next}/cancel"), json!({})).await.ok();
    assert_eq!(days(&ana, "next").await, between("2027-04-01", "2027-07-01"));
    town.until("2027-02-01T09:00:00Z");
    let refused = ana.get("/v1/cycles/current").await;
    assert_eq!((refused.code().as_str(), &refused.body()["next_starts_on"]), ("no_open_cycle", &json!("2027-04-01")));
    assert_eq!(root.post(&format!("{next}/cancel"), json!({})).await.ok()["phase"], "cancelled");
}

#[actix_web::test]
async fn the_end_of_an_open_cycle_can_move_and_the_next_one_follows() {
    let (_town, company) = crate::company().await;
    let (root, ana) = (company.administrator("root"), company.person("ana"));
    let current = path(&ana.get("/v1/cycles/current").await);
    assert_eq!(days(&ana, "next").await.0, "2027-01-01");
    root.patch(&current, json!({ "ends_on": "2026-12-14" })).await.ok();
    assert_eq!(days(&ana, "current").await, between("2026-10-01", "2026-12-14"));
    assert_eq!(days(&ana, "next").await, between("2026-12-14", "2027-04-01"));
    let today = root.patch(&current, json!({ "ends_on": "2026-10-05" })).await;
    assert_eq!(today.flaws(), ["#/ends_on too_early"], "to any day from tomorrow on");
}

#[actix_web::test]
async fn another_cadence_is_for_cycles_that_nobody_opted_into() {
    let (_town, company) = crate::company().await;
    let (root, ana) = (company.administrator("root"), company.person("ana"));
    assert_eq!(days(&ana, "next").await, between("2027-01-01", "2027-04-01"));
    root.decides(json!({ "cadence_months": 6 })).await;
    assert_eq!(days(&ana, "current").await, between("2026-10-01", "2027-01-01"), "what is open stays");
    assert_eq!(days(&ana, "next").await, between("2027-01-01", "2027-07-01"));
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    root.decides(json!({ "cadence_months": 1 })).await;
    assert_eq!(days(&ana, "next").await, between("2027-01-01", "2027-07-01"), "what somebody opted into stays");
}
