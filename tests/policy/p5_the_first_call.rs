//! P5: to start, you set up a 30-min call with this person.

use serde_json::json;

use crate::support::{Answer, path_of};

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

/// At the end of the call, together you identify things that you might start, stop or continue doing.
#[actix_web::test]
async fn what_the_two_identify_is_kept_as_actions() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    ana.meets(&pairing).await;
    ana.adds("start", "Ask before I answer.", &pairing).await.ok();
    ben.adds("stop", "Late slides.", &pairing).await.ok();
    ana.adds("continue", "Writing things down.", &pairing).await.ok();
    let actions = format!("{}/actions", path_of(&pairing));
    for who in [&ana, &ben] {
        let kept = who.get(&actions).await;
        assert_eq!(kept.each("/kind"), ["start", "stop", "continue"]);
        assert_eq!(kept.each("/created_by"), ["coachee", "coach", "coachee"]);
        assert_eq!(kept.each("/state"), ["open", "open", "open"]);
    }
}

/// Your peer is welcome to share additional points that you are good at, as well as things that are dragging you down.
#[actix_web::test]
async fn the_coach_may_add_insights_and_then_they_are_the_coachees() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let strength = ben.tells("leverage", "People trust what you say.", &pairing).await;
    let drag = ben.tells("drag", "You never say no.", &pairing).await;
    let insights = format!("{}/insights", path_of(&pairing));
    assert_eq!(ana.get(&insights).await.each("/text"), ["People trust what you say.", "You never say no."]);
    assert_eq!(ana.tells("drag", "Ben is late.", &pairing).await.code(), "not_yours");
    let path = |insight: &Answer| format!("/v1/insights/{}", insight.ok()["id"].as_str().unwrap());
    assert_eq!(ben.sends("DELETE", &path(&strength), "", "").await.code(), "not_yours");
    assert_eq!(ana.sends("DELETE", &path(&drag), "", "").await.status, 204);
    assert_eq!(ben.get(&insights).await.each("/kind"), ["leverage"]);
}
