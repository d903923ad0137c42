//! P6: track your progress, with at least one catch-up; to make it more efficient, 10-minutes calls every week.

use serde_json::json;

use crate::support::{action_path, path_of};

#[actix_web::test]
async fn what_nobody_marks_counts_as_held_a_day_later() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let call = ana.plans("kickoff", "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await;
    assert_eq!(ana.marks("hold", &call).await.code(), "not_yet");
    town.until("2026-10-09T08:59:00Z");
    assert_eq!(ben.sees_call(&call).await, "scheduled");
    town.until("2026-10-09T09:00:00Z");
    assert_eq!(ben.sees_call(&call).await, "held");
    assert_eq!(ben.marks("miss", &call).await.ok()["state"], "missed", "and can be corrected");
    assert_eq!(ana.marks("hold", &call).await.ok()["state"], "held");
}

#[actix_web::test]
async fn we_talked_yesterday() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    town.until("2026-10-08T09:00:00Z");
    let yesterday = ana.plans("kickoff", "2026-10-07T15:00:00Z".parse().unwrap(), &pairing).await;
    assert_eq!(yesterday.ok()["state"], "scheduled");
    assert_eq!(ben.marks("hold", &yesterday).await.ok()["state"], "held");
    let last_week = ana.plans("weekly", "2026-10-07T08:00:00Z".parse().unwrap(), &pairing).await;
    assert_eq!(last_week.ok()["state"], "held", "longer ago than a day");
}

/// Any check-in held that starts after the kickoff is the catch-up, of whatever kind.
#[actix_web::test]
async fn a_weekly_call_can_be_the_catch_up_and_one_before_the_first_call_cannot() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let kickoff = ana.plans("kickoff", "2026-10-20T09:00:00Z".parse().unwrap(), &pairing).await;
    ana.plans("weekly", "2026-10-12T09:00:00Z".parse().unwrap(), &pairing).await.ok();
    town.until("2026-10-22T09:00:00Z");
    assert_eq!(ana.sees_call(&kickoff).await, "held");
    assert_eq!(ana.does("complete", &pairing).await.body()["missing"], json!(["catch_up"]));
    ana.plans("weekly", "2026-10-20T09:30:00Z".parse().unwrap(), &pairing).await.ok();
    assert_eq!(ana.does("complete", &pairing).await.ok()["state"], "completed");
}

#[actix_web::test]
async fn ten_minutes_every_week_at_the_same_time_on_my_clock() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    ana.meets(&pairing).await;
    ana.patch("/v1/me", json!({ "time_zone": "America/New_York" })).await.ok();
    let first = json!({ "starts_at": "2026-10-22T10:00:00-04:00" });
    let series = ana.post(&format!("{}/series", path_of(&pairing)), first).await.ok();
    let starts =
        series["check_ins"].as_array().unwrap().iter().map(|call| call["starts_at"].as_str().unwrap().to_owned());
    let starts = starts.collect::<Vec<_>>();
    assert_eq!(
        (starts.len(), starts[1].as_str(), starts[2].as_str()),
        (11, "2026-10-29T14:00:00.000Z", "2026-11-05T15:00:00.000Z")
    );
    town.until("2026-11-01T09:00:00Z");
    let cancel = ben.request(reqwest::Method::DELETE, &format!("/v1/series/{}", series["id"].as_str().unwrap()));
    assert_eq!(crate::support::Answer::to(cancel).await.status, 204);
    let calls = format!("{}/check-ins?series_id={}", path_of(&pairing), series["id"].as_str().unwrap());
    let calls = ana.walk(&calls, 100).await;
    let states = calls.iter().map(|call| call["state"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(states[..3], ["held", "held", "cancelled"]);
}

#[actix_web::test]
async fn ending_cancels_what_is_to_come_and_counts_what_has_begun() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let kickoff = ana.plans("kickoff", "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await;
    let weekly = ana.plans("weekly", "2026-10-08T11:00:00Z".parse().unwrap(), &pairing).await;
    town.until("2026-10-08T10:00:00Z");
    ben.does("end", &pairing).await.ok();
    assert_eq!((ana.sees_call(&kickoff).await, ana.sees_call(&weekly).await), ("held".into(), "cancelled".into()));
    town.until("2026-10-20T10:00:00Z");
    assert_eq!(ana.sees_call(&weekly).await, "cancelled");
}

#[actix_web::test]
async fn only_the_missing_call_is_asked_for() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let kickoff = ana.plans("kickoff", "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await;
    let later = ana.plans("weekly", "2026-10-08T10:00:00Z".parse().unwrap(), &pairing).await;
    town.until("2026-10-08T11:00:00Z");
    ben.marks("hold", &later).await.ok();
    assert_eq!(ana.does("complete", &pairing).await.body()["missing"], json!(["kickoff"]));
    ana.marks("hold", &kickoff).await.ok();
    assert_eq!(ana.does("complete", &pairing).await.ok()["state"], "completed");
}

#[actix_web::test]
async fn actions_are_tracked_with_a_log_of_progress() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let action = ben.adds("stop", "Late slides.", &pairing).await;
    assert_eq!(action.ok()["state"], "open");
    for state in ["in_progress", "done", "dropped", "open"] {
        assert_eq!(ana.patch(&action_path(&action), json!({ "state": state })).await.ok()["state"], state);
    }
    ana.says_of(&action, "Sent them the evening before.").await.ok();
    town.days_pass(7);
    ben.says_of(&action, "I could prepare. Thank you.").await.ok();
    let progress = ana.get(&format!("{}/progress", action_path(&action))).await;
    assert_eq!(progress.each("/by"), ["coach", "coachee"], "the latest first");
}

/// They are the coachee's plan.
#[actix_web::test]
async fn the_coachee_goes_on_with_the_actions_after_the_end() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let action = ben.adds("start", "Ask before I answer.", &pairing).await;
    ana.completes(&pairing).await.ok();
    ana.says_of(&action, "Still at it.").await.ok();
    assert_eq!(ana.patch(&action_path(&action), json!({ "state": "done" })).await.ok()["state"], "done");
    assert_eq!(ben.says_of(&action, "Well done.").await.code(), "not_yours");
    assert_eq!(ben.patch(&action_path(&action), json!({ "state": "open" })).await.code(), "not_yours");
    assert_eq!(ben.get(&action_path(&action)).await.ok()["state"], "done", "the coach reads on");
    for who in [&ana, &ben] {
        assert_eq!(who.adds("start", "One more.", &pairing).await.code(), "not_waiting", "the end stops new ones");
    }
}
