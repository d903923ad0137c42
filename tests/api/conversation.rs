//! The first conversation of the README, as a story.

use serde_json::json;

use crate::support::Town;

#[actix_web::test]
async fn ana_asks_ben_and_he_accepts() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let ben_id = ben.id().await;

    assert_eq!(ana.get("/v1/me").await.ok()["name"], "Ana");
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.put("/v1/cycles/current/reflection", json!({ "complete": true })).await.ok();
    let coaches = ana.get("/v1/cycles/current/coaches").await.ok();
    assert_eq!(coaches["data"][0]["member"]["id"], json!(ben_id));

    let asked = ana.asks(&ben).await;
    assert_eq!(asked.status, 201);
    assert_eq!(asked.header("location"), format!("/v1/pairings/{}", asked.body()["id"].as_str().unwrap()));
    assert_eq!(asked.body()["allowed"], json!(["withdraw"]));

    let waiting = ben.get("/v1/pairings?role=coach&state=requested").await.ok();
    assert_eq!(waiting["data"][0]["allowed"], json!(["accept", "decline"]));
    let accepted = ben.does("accept", &asked).await.ok();
    assert_eq!((accepted["state"].as_str(), accepted["role"].as_str()), (Some("active"), Some("coach")));
    assert_eq!(ana.get(asked.header("location")).await.ok()["state"], "active");
}
