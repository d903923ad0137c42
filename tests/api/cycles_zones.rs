//! Cycles of organizations that move around the world.

use serde_json::{Value, json};

use crate::support::Town;

/// Two zones 25 hours apart: while it is still the 31st of December in the one, the 1st of January is over in the other.
const WEST: &str = "Pacific/Niue";
const EAST: &str = "Pacific/Kiritimati";

#[actix_web::test]
async fn a_move_by_more_than_a_day_leaves_the_next_cycle_some_time() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    root.decides(json!({ "time_zone": WEST })).await;
    let current = format!("/v1/cycles/{}", ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap());
    root.patch(&current, json!({ "ends_on": "2026-12-31" })).await.ok();
    assert_eq!(ana.get("/v1/cycles/current").await.ok()["ends_at"], "2026-12-31T11:00:00.000Z");
    root.decides(json!({ "time_zone": EAST, "cadence_months": 1 })).await;
    let next = ana.get("/v1/cycles/next").await.ok();
    let told = ["starts_on", "starts_at", "ends_on", "ends_at"].map(|key| next[key].as_str().unwrap());
    // The first of January is over there before the current cycle is: it goes on to the next anchor.
    assert_eq!(told, ["2026-12-31", "2026-12-31T11:00:00.000Z", "2027-02-01", "2027-01-31T10:00:00.000Z"]);

    town.days_pass(90);
    let listed = ana.walk("/v1/cycles", 100).await;
    for pair in listed.windows(2) {
        assert_eq!(pair[0]["starts_at"], pair[1]["ends_at"], "{listed:?}");
    }
    assert_eq!(listed.len(), 3);
}

#[actix_web::test]
async fn days_that_are_over_before_they_start_are_refused() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    root.decides(json!({ "time_zone": WEST })).await;
    let add = async |starts_on: &str, ends_on: &str| {
        root.post("/v1/cycles", json!({ "starts_on": starts_on, "ends_on": ends_on })).await
    };
    let added = add("2028-01-01", "2028-02-01").await;
    let path = added.header("location").to_owned();
    root.decides(json!({ "time_zone": EAST })).await;
    // It would start where the other one ends, 11:00 in London, and would have ended at 10:00.
    assert_eq!(add("2028-02-01", "2028-02-02").await.flaws(), ["#/ends_on too_early"]);
    assert_eq!(add("2028-02-01", "2028-02-03").await.ok()["starts_at"], added.ok()["ends_at"]);
    // Its end was resolved in the west and stays; its last day starts in the east.
    assert_eq!(root.patch(&path, json!({ "starts_on": "2028-01-31" })).await.ok()["ends_at"], added.ok()["ends_at"]);
    // The other way round: the end is moved to a day that is over in the east before the cycle starts in the west.
    root.patch(&path, json!({ "starts_on": "2028-01-01" })).await.ok();
    let western = add("2029-01-01", "2029-02-01").await.header("location").to_owned();
    root.decides(json!({ "time_zone": WEST })).await;
    let eastern = root.get(&western).await.ok();
    assert_eq!(eastern["starts_at"], "2028-12-31T10:00:00.000Z");
    root.patch(&western, json!({ "starts_on": "2029-01-02" })).await.ok();
    root.decides(json!({ "time_zone": EAST })).await;
    assert_eq!(root.patch(&western, json!({ "ends_on": "2029-01-03" })).await.flaws(), ["#/ends_on too_early"]);
    assert_eq!(root.patch(&western, json!({ "ends_on": "2029-01-04" })).await.ok()["ends_on"], "2029-01-04");
}

#[actix_web::test]
async fn plans_at_the_edges_of_the_calendar_are_plans() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    for anchor_on in ["2000-01-01", "2000-02-29", "2199-12-31"] {
        for cadence_months in [1, 5, 24] {
            for time_zone in [EAST, WEST, "America/Havana"] {
                let plan = json!({ "anchor_on": anchor_on, "cadence_months": cadence_months, "time_zone": time_zone });
                root.decides(plan.clone()).await;
                let next = ana.get("/v1/cycles/next").await.ok();
                assert!(next["starts_at"].as_str() < next["ends_at"].as_str(), "{plan} {next}");
                assert_eq!(ana.get("/v1/cycles/current").await.ok()["ends_at"], next["starts_at"], "{plan}");
            }
        }
    }
    let far = root.post("/v1/cycles", json!({ "starts_on": "2199-01-01", "ends_on": "2199-12-31" })).await;
    assert_eq!(far.ok()["name"], "2199-01-01 to 2199-12-30");
}

/// The machine that the service runs on has names of its own for zones. They are nobody's.
#[actix_web::test]
async fn zones_are_those_of_the_release() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    for name in ["localtime", "posixrules", "right/Europe/Lisbon", "../../etc/localtime", "/etc/localtime", "", "UTC+2"]
    {
        for path in ["/v1/policy", "/v1/me"] {
            let refused = root.patch(path, json!({ "time_zone": name })).await;
            assert_eq!(
                (refused.status.as_u16(), refused.flaws()),
                (422, vec!["#/time_zone wrong_format".into()]),
                "{name}"
            );
        }
    }
    for name in ["America/Vancouver", "Etc/GMT-14", "Asia/Kolkata", "GB-Eire"] {
        assert_eq!(root.decides(json!({ "time_zone": name })).await["time_zone"], Value::from(name));
    }
}
