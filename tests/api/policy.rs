//! The policy: who may change it, and that nobody's rules change in the middle of a cycle.

use peer_coaching::policy::rules::Settings;
use serde_json::json;

use crate::support::Town;

#[actix_web::test]
async fn everyone_reads_the_policy() {
    let (_town, company) = Town::small().await;
    insta::assert_snapshot!(company.person("ana").get("/v1/policy").await.told(), @r#"
    200 OK
    {
      "version": 1,
      "written_at": "<+0d>",
      "time_zone": "Europe/Lisbon",
      "cadence_months": 3,
      "anchor_on": "2022-01-01",
      "request_days": 7,
      "last_request_days": 14,
      "wrap_up_days": 14,
      "max_coaches_per_cycle": 3,
      "default_coach_capacity": 2,
      "kickoff_minutes": 30,
      "weekly_minutes": 10,
      "catch_up_minutes": 30,
      "require_reflection": true,
      "create_members": true,
      "statistics_for_members": false,
      "smallest_group": 5,
      "retention_months": null,
      "questions": [
        "What did you do well this quarter?",
        "Which goals did you meet? Which goals fell short?",
        "What 2-3 things will you focus on in the next quarter to help you grow and develop?",
        "What are your 2-3 strengths that help you to get the job done? What can empower you?"
      ]
    }
    "#);
    assert_eq!(company.stranger().get("/v1/policy").await.code(), "unauthenticated");
}

#[actix_web::test]
async fn each_change_is_a_new_version() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    town.days_pass(3);
    let changed =
        root.decides(json!({ "request_days": 5, "retention_months": 24, "questions": ["What went well?"] })).await;
    assert_eq!((changed["version"].as_i64(), changed["request_days"].as_i64()), (Some(2), Some(5)));
    let read = company.person("ana").get("/v1/policy").await;
    assert_eq!(read.ok(), changed);
    assert!(read.told().contains("\"written_at\": \"<+3d>\""), "{}", read.told());

    let same = root.decides(json!({ "request_days": 5, "questions": ["What went well?"] })).await;
    assert_eq!(same, changed, "what changes nothing makes no version");
    assert_eq!(root.decides(json!({})).await["version"], 2);
    let cleared = root.decides(json!({ "retention_months": null })).await;
    assert_eq!((cleared["version"].as_i64(), &cleared["retention_months"]), (Some(3), &json!(null)));
}

#[actix_web::test]
async fn only_administrators_change_it_and_only_what_they_have_read() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    assert_eq!(ana.patch("/v1/policy", json!({ "request_days": 5 })).await.code(), "administrators_only");
    let bot = company.integration("bot", "members:read members:write events:read webhooks:manage");
    assert_eq!(bot.patch("/v1/policy", json!({ "request_days": 5 })).await.code(), "administrators_only");
    let read = root.get("/v1/policy").await;
    assert_eq!(
        root.patch_version("/v1/policy", None, json!({ "request_days": 5 })).await.code(),
        "precondition_required"
    );
    root.patch_version("/v1/policy", Some(read.header("etag")), json!({ "request_days": 5 })).await.ok();
    let late = root.patch_version("/v1/policy", Some(read.header("etag")), json!({ "wrap_up_days": 5 })).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (412, "stale"));
    assert_eq!(ana.get("/v1/policy").await.ok()["wrap_up_days"], 14);
}

#[actix_web::test]
async fn two_administrators_at_once_do_not_overwrite_each_other() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    let root = company.administrator("root");
    let etag = root.get("/v1/policy").await.header("etag").to_owned();
    let changes = (1..=8)
        .map(|days| root.patch_version("/v1/policy", Some(&etag), json!({ "wrap_up_days": days })).into_future());
    let answers = futures_util::future::join_all(changes.collect::<Vec<_>>()).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.code() == "stale"));
    assert_eq!(root.get("/v1/policy").await.ok(), won[0].ok());
}

#[actix_web::test]
async fn every_setting_has_its_limits() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let low = json!({
        "time_zone": "Nowhere", "cadence_months": 0, "anchor_on": "1999-12-31", "request_days": 0, "last_request_days": -1,
        "wrap_up_days": -1, "max_coaches_per_cycle": 0, "default_coach_capacity": -1, "kickoff_minutes": 4,
        "weekly_minutes": 4, "catch_up_minutes": 4, "smallest_group": 2, "retention_months": 2, "questions": [], "mood": 1,
    });
    let high = json!({
        "time_zone": null, "cadence_months": 25, "anchor_on": "2200-01-01", "request_days": 61, "last_request_days": 91,
        "wrap_up_days": 61, "max_coaches_per_cycle": 21, "default_coach_capacity": 21, "kickoff_minutes": 241,
        "weekly_minutes": 241, "catch_up_minutes": 241, "smallest_group": 101, "retention_months": 241,
        "questions": vec!["Why?"; 13], "require_reflection": "yes",
    });
    insta::assert_snapshot!(root.patch("/v1/policy", low).await.flaws().join("\n"), @"
    #/anchor_on wrong_format
    #/cadence_months too_small
    #/catch_up_minutes too_small
    #/default_coach_capacity too_small
    #/kickoff_minutes too_small
    #/last_request_days too_small
    #/max_coaches_per_cycle too_small
    #/mood unknown
    #/questions too_few
    #/request_days too_small
    #/retention_months too_small
    #/smallest_group too_small
    #/time_zone wrong_format
    #/weekly_minutes too_small
    #/wrap_up_days too_small
    ");
    insta::assert_snapshot!(root.patch("/v1/policy", high).await.flaws().join("\n"), @"
    #/anchor_on wrong_format
    #/cadence_months too_large
    #/catch_up_minutes too_large
    #/default_coach_capacity too_large
    #/kickoff_minutes too_large
    #/last_request_days too_large
    #/max_coaches_per_cycle too_large
    #/questions too_many
    #/request_days too_large
    #/require_reflection wrong_type
    #/retention_months too_large
    #/smallest_group too_large
    #/time_zone wrong_type
    #/weekly_minutes too_large
    #/wrap_up_days too_large
    ");
    for lawful in [
        json!({
            "time_zone": "Asia/Kathmandu", "cadence_months": 1, "anchor_on": "2000-01-01", "request_days": 1,
            "last_request_days": 0, "wrap_up_days": 0, "max_coaches_per_cycle": 1, "default_coach_capacity": 0,
            "kickoff_minutes": 5, "weekly_minutes": 5, "catch_up_minutes": 5, "smallest_group": 3, "retention_months": 3,
            "questions": ["Why?"], "require_reflection": false, "create_members": false, "statistics_for_members": true,
        }),
        json!({
            "time_zone": "Etc/UTC", "cadence_months": 24, "anchor_on": "2199-12-31", "request_days": 60,
            "last_request_days": 90, "wrap_up_days": 60, "max_coaches_per_cycle": 20, "default_coach_capacity": 20,
            "kickoff_minutes": 240, "weekly_minutes": 240, "catch_up_minutes": 240, "smallest_group": 100,
            "retention_months": 240, "questions": vec!["é".repeat(500); 12], "require_reflection": true,
        }),
    ] {
        let policy = root.decides(lawful.clone()).await;
        for (name, value) in lawful.as_object().unwrap() {
            assert_eq!(&policy[name], value, "{name}");
        }
        root.get("/v1/cycles/next").await.ok();
    }
}

#[actix_web::test]
async fn a_cycle_keeps_the_number_of_coaches_it_started_with() {
    let (town, company) = Town::governed_by(Settings { max_coaches_per_cycle: 2, ..Settings::default() }).await;
    let [ana, ben, cleo, root] =
        [company.person("ana"), company.person("ben"), company.person("cleo"), company.administrator("root")];
    ana.is_ready().await;
    root.decides(json!({ "max_coaches_per_cycle": 1 })).await;
    ana.asks(&ben).await.ok();
    ana.asks(&cleo).await.ok();
    assert_eq!(ana.asks(&root).await.code(), "coaches_full", "two, as it was when the cycle started");

    town.days_pass(90);
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    assert_eq!(ana.asks(&cleo).await.code(), "coaches_full", "one, as was written before this cycle");
}

#[actix_web::test]
async fn a_cycle_keeps_the_days_it_started_with() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, root] =
        [company.person("ana"), company.person("ben"), company.person("cleo"), company.administrator("root")];
    ana.is_ready().await;
    root.decides(json!({ "last_request_days": 60, "request_days": 3, "require_reflection": false })).await;
    let asked = ana.asks(&ben).await;
    assert!(asked.told().contains("\"expires_at\": \"<+7d>\""), "{}", asked.told());
    cleo.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(cleo.asks(&ben).await.code(), "reflection_missing");
    town.days_pass(60); // 4 December: 28 days are left
    ana.asks(&cleo).await.ok();

    town.days_pass(30); // 3 January: 87 days are left
    cleo.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    let asked = cleo.asks(&ben).await;
    assert!(asked.told().contains("\"expires_at\": \"<+93d>\""), "{}", asked.told());
    town.days_pass(28); // 31 January: 59 days are left
    assert_eq!(cleo.asks(&ana).await.code(), "too_late_this_cycle");
}
