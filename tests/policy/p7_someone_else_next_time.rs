//! P7: pick another team-member (can't be the same person you had for the last review).

use serde_json::json;

use crate::support::{Person, Town};

/// What comes of asking this colleague: the refusal, or that it was possible (the request is taken back).
async fn comes_of_asking(coachee: &Person, coach: &Person) -> String {
    let asked = coachee.asks(coach).await;
    if asked.status == 201 {
        coachee.does("withdraw", &asked).await.ok();
        return "possible".into();
    }
    asked.code()
}

/// The next quarter, in which somebody takes part too.
async fn next_quarter(town: &Town, day: &str, who: &Person) {
    town.until(&format!("{day}T09:00:00Z"));
    who.is_ready().await;
}

const REFUSED: &str = "coached_you_last_time";

#[actix_web::test]
async fn not_the_same_coach_again_but_the_time_after_that() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.meets(&crate::coached(&ana, &ben).await).await;
    next_quarter(&town, "2027-01-05", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED, "while the last pairing wraps up");
    town.until("2027-01-20T09:00:00Z");
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
    ben.is_ready().await;
    assert_eq!(comes_of_asking(&ben, &ana).await, "possible", "the other way round is another pair");
    ana.meets(&crate::coached(&ana, &cleo).await).await;
    next_quarter(&town, "2027-04-20", &ana).await;
    assert_eq!(comes_of_asking(&ana, &cleo).await, REFUSED);
    assert_eq!(comes_of_asking(&ana, &ben).await, "possible");
}

#[actix_web::test]
async fn skipped_quarters_change_nothing() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.meets(&crate::coached(&ana, &ben).await).await;
    next_quarter(&town, "2027-10-05", &ana).await; // a year later
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
    assert_eq!(comes_of_asking(&ana, &cleo).await, "possible");
}

#[actix_web::test]
async fn of_several_coaches_only_the_one_i_met_counts() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    let met = crate::coached(&ana, &ben).await;
    crate::coached(&ana, &cleo).await;
    let ended = crate::coached(&ana, &dora).await;
    ana.meets(&met).await;
    ana.does("end", &met).await.ok(); // ended early, and yet they met
    ana.does("end", &ended).await.ok();
    next_quarter(&town, "2027-01-05", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
    assert_eq!(comes_of_asking(&ana, &cleo).await, "possible");
    assert_eq!(comes_of_asking(&ana, &dora).await, "possible");
}

#[actix_web::test]
async fn a_review_without_a_first_call_is_none() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.meets(&crate::coached(&ana, &ben).await).await;
    next_quarter(&town, "2027-01-20", &ana).await;
    let never = crate::coached(&ana, &cleo).await;
    let call = ana.plans("kickoff", "2027-01-25T09:00:00Z".parse().unwrap(), &never).await;
    town.until("2027-01-25T10:00:00Z");
    ana.marks("miss", &call).await.ok();
    next_quarter(&town, "2027-04-20", &ana).await;
    assert_eq!(comes_of_asking(&ana, &cleo).await, "possible", "they never met");
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED, "it was still Ben, the last time");
}

#[actix_web::test]
async fn silence_is_no_way_around() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let (unmarked, ended) = (crate::coached(&ana, &ben).await, crate::coached(&ana, &cleo).await);
    // On New Year's Eve: less than a day before the end, and nobody says whether they talked.
    ana.plans("kickoff", "2026-12-31T15:00:00Z".parse().unwrap(), &unmarked).await.ok();
    ana.plans("kickoff", "2026-12-31T16:00:00Z".parse().unwrap(), &ended).await.ok();
    town.until("2026-12-31T16:30:00Z");
    cleo.does("end", &ended).await.ok();
    next_quarter(&town, "2027-01-01", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
    assert_eq!(comes_of_asking(&ana, &cleo).await, REFUSED);
}

#[actix_web::test]
async fn after_the_end_of_the_cycle_the_past_does_not_change() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let (met, missed) = (crate::coached(&ana, &ben).await, crate::coached(&ana, &cleo).await);
    let held = ana.meets(&met).await;
    let call = ana.plans("kickoff", "2026-12-30T09:00:00Z".parse().unwrap(), &missed).await;
    town.until("2026-12-30T10:00:00Z");
    cleo.marks("miss", &call).await.ok();
    next_quarter(&town, "2027-01-05", &ana).await;
    assert_eq!(ana.marks("miss", &held).await.code(), "cycle_over", "nobody talks away a call that was held");
    assert_eq!(ana.marks("hold", &call).await.code(), "not_waiting", "nor into being one that was not: it has lapsed");
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
    assert_eq!(comes_of_asking(&ana, &cleo).await, "possible");
}

#[actix_web::test]
async fn a_cancelled_cycle_is_no_review() {
    let (town, company) = crate::company().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    ana.meets(&crate::coached(&ana, &ben).await).await;
    let next = ana.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap().to_owned();
    root.post(&format!("/v1/cycles/{next}/cancel"), json!({})).await.ok();
    next_quarter(&town, "2027-04-05", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
}

#[actix_web::test]
async fn another_cadence_changes_nothing() {
    let (town, company) = crate::company().await;
    let [root, ana, ben, cleo] =
        [company.administrator("root"), company.person("ana"), company.person("ben"), company.person("cleo")];
    ana.meets(&crate::coached(&ana, &ben).await).await;
    root.decides(json!({ "cadence_months": 1, "last_request_days": 0 })).await;
    next_quarter(&town, "2027-01-05", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
    ana.meets(&crate::coached(&ana, &cleo).await).await;
    next_quarter(&town, "2027-02-05", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, "possible");
    assert_eq!(comes_of_asking(&ana, &cleo).await, REFUSED);
}

#[actix_web::test]
async fn a_coach_who_left_and_came_back_is_still_the_last_one() {
    let (town, company) = crate::company().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    ana.meets(&crate::coached(&ana, &ben).await).await;
    let leaver = format!("/v1/members/{}", ben.id().await);
    for active in [false, true] {
        root.patch(&leaver, json!({ "active": active })).await.ok();
    }
    assert_eq!(comes_of_asking(&ana, &ben).await, "already_asked", "in the same review");
    next_quarter(&town, "2027-01-05", &ana).await;
    assert_eq!(comes_of_asking(&ana, &ben).await, REFUSED);
}
