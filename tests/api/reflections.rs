//! Reflections: think first; what was thought stays with its author.

use serde_json::json;

use crate::support::Town;

const CURRENT: &str = "/v1/cycles/current/reflection";

#[actix_web::test]
async fn a_reflection_is_marked_complete_and_taken_up_again() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get(CURRENT).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "complete": false,
      "completed_at": null,
      "policy_version": null
    }
    "#);
    town.days_pass(1);
    insta::assert_snapshot!(ana.put(CURRENT, json!({ "complete": true })).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "complete": true,
      "completed_at": "<+1d>",
      "policy_version": 1
    }
    "#);
    town.days_pass(1);
    let same = ana.put(CURRENT, json!({ "complete": true })).await;
    assert!(same.told().contains("\"completed_at\": \"<+1d>\""), "{}", same.told());
    let open = ana.put(CURRENT, json!({ "complete": false })).await.ok();
    assert_eq!(
        (&open["complete"], &open["completed_at"], &open["policy_version"]),
        (&json!(false), &json!(null), &json!(1))
    );
    assert_eq!(ana.get(CURRENT).await.ok(), open);
    assert_eq!(
        ana.put(CURRENT, json!({ "complete": 1, "text": "x" })).await.flaws(),
        ["#/complete wrong_type", "#/text unknown"]
    );
}

#[actix_web::test]
async fn it_keeps_the_questions_it_was_started_with() {
    let (_town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    ana.put(CURRENT, json!({ "complete": false })).await.ok();
    root.decides(json!({ "questions": ["What did you learn?"] })).await;
    assert_eq!(ana.put(CURRENT, json!({ "complete": true })).await.ok()["policy_version"], 1);
    ben.put("/v1/cycles/next/reflection", json!({ "complete": true })).await.ok();
    assert_eq!(ben.get("/v1/cycles/next/reflection").await.ok()["policy_version"], 2);
}

#[actix_web::test]
async fn asking_needs_it_unless_the_policy_says_otherwise() {
    let (town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "reflection_missing");
    ana.put(CURRENT, json!({ "complete": true })).await.ok();
    let asked = ana.asks(&ben).await;
    asked.ok();
    ana.put(CURRENT, json!({ "complete": false })).await.ok();
    assert_eq!(ana.sees(&asked).await, "requested", "what was asked stays asked");
    assert_eq!(ana.asks(&root).await.code(), "reflection_missing");

    root.decides(json!({ "require_reflection": false })).await;
    town.days_pass(90);
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.asks(&ben).await.ok();
}

#[actix_web::test]
async fn each_cycle_has_its_own_and_one_that_is_over_is_closed() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let cycle = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    ana.put("/v1/cycles/next/reflection", json!({ "complete": true })).await.ok();
    assert_eq!(ana.get(CURRENT).await.ok()["complete"], false);
    town.days_pass(90);
    assert_eq!(ana.get(CURRENT).await.ok()["complete"], true);
    let over = format!("/v1/cycles/{cycle}/reflection");
    assert_eq!(ana.put(&over, json!({ "complete": true })).await.code(), "cycle_not_open");
    assert_eq!(ana.get(&over).await.ok()["complete"], false);
}

#[actix_web::test]
async fn nobody_else_sees_it() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    ana.put(CURRENT, json!({ "complete": true })).await.ok();
    for other in [&root, &company.person("ben")] {
        assert_eq!(other.get(CURRENT).await.ok()["complete"], false, "everyone sees their own");
        let path = format!("{CURRENT}?member_id={}", ana.id().await);
        assert_eq!(other.get(&path).await.code(), "malformed", "there is no way to ask for another's");
    }
    assert_eq!(company.integration("bot", "members:read events:read").get(CURRENT).await.code(), "members_only");
}
