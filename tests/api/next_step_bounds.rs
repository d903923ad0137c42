//! The next step of somebody who has very much to do, or can do nothing more.

use futures_util::future::join_all;
use peer_coaching::policy::rules::Settings;
use serde_json::json;

use crate::support::{Town, path_of};

/// The one that waits longest is never lost among many.
#[actix_web::test]
async fn somebody_whom_everybody_asks_is_shown_the_first_of_them() {
    let (town, company) = Town::governed_by(Settings { require_reflection: false, ..Settings::default() }).await;
    let ben = company.person("ben");
    let coach = ben.id().await;
    let people = (0..23).map(|number| company.person(&format!("p{number:02}"))).collect::<Vec<_>>();
    company.person("p00").get("/v1/cycles/current").await.ok();
    for (day, crowd) in people.chunks(12).enumerate() {
        let ask = crowd.iter().map(async |person| {
            person.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
            person.asks_for(&coach).await.ok()["id"].clone()
        });
        join_all(ask).await;
        town.days_pass(1 - day as i64);
    }
    let told = ben.is_told().await;
    assert_eq!(told["others"].as_array().unwrap().len(), 20);
    let to_do = ben.is_to().await;
    assert!(to_do.iter().all(|step| step.starts_with("answer_request")), "{to_do:?}");
    assert_eq!(
        to_do.iter().filter(|step| step.ends_with("10-12")).count(),
        12,
        "the first dozen, and of the others nine"
    );
    let mut pairings =
        told["others"].as_array().unwrap().iter().map(|step| step["pairing_id"].to_string()).collect::<Vec<_>>();
    pairings.push(told["step"]["pairing_id"].to_string());
    pairings.sort();
    pairings.dedup();
    assert_eq!(pairings.len(), 21, "each once");
}

#[actix_web::test]
async fn a_pairing_that_can_have_no_more_calls_asks_for_none() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.put("/v1/cycles/next/participation", json!({ "answer": "not_this_time" })).await.ok();
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.meets(&pairing).await; // 1
    for _ in 0..23 {
        assert_eq!(ana.is_to().await, ["plan_catch_up 2027-01-15"]);
        let series = json!({ "starts_at": "2026-10-06T09:00:00Z" }); // 13 weeks: 300 in all
        let series = ana.post(&format!("{}/series", path_of(&pairing)), series).await.ok()["id"].clone();
        let series = format!("/v1/series/{}", series.as_str().unwrap());
        assert_eq!(crate::support::Answer::to(ana.request(reqwest::Method::DELETE, &series)).await.status, 204);
    }
    assert_eq!(ana.is_to().await, [""; 0], "it would be refused");
    let again = json!({ "kind": "catch_up", "starts_at": "2026-10-06T09:00:00Z" });
    assert_eq!(ana.post(&format!("{}/check-ins", path_of(&pairing)), again).await.code(), "check_ins_full");
}
