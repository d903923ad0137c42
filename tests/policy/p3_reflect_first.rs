//! P3: take time to analyze your job. As soon as you complete this research, pick somebody to be your coach.

use serde_json::{Value, json};

use crate::support::Person;

const CURRENT: &str = "/v1/cycles/current/reflection";

/// What somebody is asked in a cycle.
async fn asked(who: &Person, cycle: &str) -> Vec<Value> {
    let reflection = who.get(&format!("/v1/cycles/{cycle}/reflection")).await.ok();
    reflection["questions"].as_array().unwrap().iter().map(|question| question["question"].clone()).collect()
}

#[actix_web::test]
async fn four_questions_support_your_research() {
    let (_town, company) = crate::company().await;
    let expected = [
        "What did you do well this quarter?",
        "Which goals did you meet? Which goals fell short?",
        "What 2-3 things will you focus on in the next quarter to help you grow and develop?",
        "What are your 2-3 strengths that help you to get the job done? What can empower you?",
    ];
    assert_eq!(asked(&company.person("ana"), "current").await, expected);
}

#[actix_web::test]
async fn an_organization_asks_what_it_likes() {
    let (town, company) = crate::company().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    root.decides(json!({ "questions": ["What did you learn?", "From whom?"] })).await;
    assert_eq!(asked(&ana, "current").await.len(), 4, "nobody's questions change in the middle of a quarter");
    assert_eq!(asked(&ana, "next").await, ["What did you learn?", "From whom?"]);
    town.until("2027-01-05T09:00:00Z");
    assert_eq!(asked(&ana, "current").await, ["What did you learn?", "From whom?"]);
}

#[actix_web::test]
async fn a_reflection_keeps_the_questions_it_was_started_with() {
    let (town, company) = crate::company().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let early = json!({ "complete": false, "answers": ["Much."] });
    ana.put("/v1/cycles/next/reflection", early).await.ok();
    root.decides(json!({ "questions": ["What did you learn?"] })).await;
    town.until("2027-01-05T09:00:00Z");
    assert_eq!(asked(&ana, "current").await.len(), 4);
    assert_eq!(ana.get(CURRENT).await.ok()["questions"][0]["answer"], "Much.", "so answers stay with their questions");
}

#[actix_web::test]
async fn a_reflection_belongs_to_its_author() {
    let (_town, company) = crate::company().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    let pairing = crate::coached(&ana, &ben).await;
    ana.put(CURRENT, json!({ "complete": true, "answers": ["Mine."] })).await.ok();
    assert_eq!(ana.get(CURRENT).await.ok()["questions"][0]["answer"], "Mine.");
    for other in [&ben, &root] {
        assert!(!other.get(CURRENT).await.text.contains("Mine."));
        assert_eq!(other.reads_reflection(&pairing).await.code(), "not_found");
    }
    ana.put(CURRENT, json!({ "complete": true, "answers": [] })).await.ok();
    assert!(!ana.get(CURRENT).await.text.contains("Mine."), "to be deleted whenever they like");
}

#[actix_web::test]
async fn who_thinks_on_paper_owes_us_nothing() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    let marked = ana.put(CURRENT, json!({ "complete": true })).await.ok();
    assert!(marked["questions"].as_array().unwrap().iter().all(|question| question["answer"].is_null()));
    ana.asks(&ben).await.ok();
}

#[actix_web::test]
async fn a_coach_is_picked_after_the_research() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.put(CURRENT, json!({ "complete": true })).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.put(CURRENT, json!({ "complete": false, "answers": ["Half of it."] })).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "reflection_missing");
    ana.put(CURRENT, json!({ "complete": true })).await.ok();
    ana.asks(&ben).await.ok();
}

#[actix_web::test]
async fn unless_the_policy_says_otherwise() {
    let (town, company) = crate::company().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    root.decides(json!({ "require_reflection": false })).await;
    town.until("2027-01-05T09:00:00Z");
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.asks(&ben).await.ok();
}
