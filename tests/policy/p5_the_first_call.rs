//! P5: to start, you set up a 30-min call with this person.

use serde_json::json;

#[actix_web::test]
async fn the_yes_makes_it_active_and_either_plans_the_call() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let (one, two) = (crate::coached(&ana, &ben).await, crate::coached(&ana, &cleo).await);
    assert_eq!(ana.sees(&one).await, "active");
    let start = "2026-10-08T09:00:00Z".parse().unwrap();
    for (planner, pairing) in [(&ana, &one), (&cleo, &two)] {
        let call = planner.plans("kickoff", start, pairing).await;
        assert_eq!((&call.ok()["state"], &call.body()["duration_minutes"]), (&json!("scheduled"), &json!(30)));
    }
}

#[actix_web::test]
async fn there_is_one_first_call() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let start = "2026-10-08T09:00:00Z".parse().unwrap();
    let call = ana.plans("kickoff", start, &pairing).await;
    assert_eq!(ben.plans("kickoff", start, &pairing).await.code(), "kickoff_planned");
    ana.marks("cancel", &call).await.ok();
    ben.plans("kickoff", start, &pairing).await.ok();
}

#[actix_web::test]
async fn everything_else_follows_it() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    for kind in ["weekly", "catch_up"] {
        let early = ana.plans(kind, "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await;
        assert_eq!(early.code(), "kickoff_missing");
    }
}
