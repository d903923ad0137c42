//! The next step: whole answers through a quarter, and what the document says of the operations in them.

use peer_coaching::app;
use peer_coaching::policy::rules::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::document::operations;
use crate::support::{Answer, Person, Town};

const PATH: &str = "/v1/me/next-step";

#[actix_web::test]
async fn what_a_coachee_and_a_coach_are_told() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    insta::assert_snapshot!(ana.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": {
        "kind": "answer_participation",
        "due_at": "<+73d 15h>",
        "operations": [
          {
            "operation_id": "put_participation",
            "method": "PUT",
            "path": "/v1/cycles/<id 1>/participation"
          }
        ],
        "cycle_id": "<id 1>",
        "pairing_id": null,
        "check_in_id": null,
        "partner": null
      },
      "until": null,
      "others": [
        {
          "kind": "answer_participation",
          "due_at": "<+163d 14h>",
          "operations": [
            {
              "operation_id": "put_participation",
              "method": "PUT",
              "path": "/v1/cycles/<id 2>/participation"
            }
          ],
          "cycle_id": "<id 2>",
          "pairing_id": null,
          "check_in_id": null,
          "partner": null
        }
      ]
    }
    "#);
    ben.put("/v1/cycles/next/participation", json!({ "answer": "not_this_time" })).await.ok();
    ben.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await.ok();
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.is_ready().await;
    insta::assert_snapshot!(ana.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": {
        "kind": "pick_coach",
        "due_at": "<+73d 15h>",
        "operations": [
          {
            "operation_id": "list_coaches",
            "method": "GET",
            "path": "/v1/cycles/<id 1>/coaches"
          },
          {
            "operation_id": "request_pairing",
            "method": "POST",
            "path": "/v1/pairings"
          }
        ],
        "cycle_id": "<id 1>",
        "pairing_id": null,
        "check_in_id": null,
        "partner": null
      },
      "until": null,
      "others": []
    }
    "#);
    let pairing = ana.asks(&ben).await;
    insta::assert_snapshot!(ana.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": null,
      "until": "<+7d>",
      "others": []
    }
    "#);
    insta::assert_snapshot!(ben.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": {
        "kind": "answer_request",
        "due_at": "<+7d>",
        "operations": [
          {
            "operation_id": "accept_pairing",
            "method": "POST",
            "path": "/v1/pairings/<id 1>/accept"
          },
          {
            "operation_id": "decline_pairing",
            "method": "POST",
            "path": "/v1/pairings/<id 1>/decline"
          }
        ],
        "cycle_id": "<id 2>",
        "pairing_id": "<id 1>",
        "check_in_id": null,
        "partner": {
          "id": "<id 3>",
          "name": "Ana"
        }
      },
      "until": null,
      "others": []
    }
    "#);
    ben.does("accept", &pairing).await.ok();
    insta::assert_snapshot!(ana.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": {
        "kind": "plan_kickoff",
        "due_at": "<+87d 15h>",
        "operations": [
          {
            "operation_id": "plan_check_in",
            "method": "POST",
            "path": "/v1/pairings/<id 1>/check-ins"
          }
        ],
        "cycle_id": "<id 2>",
        "pairing_id": "<id 1>",
        "check_in_id": null,
        "partner": {
          "id": "<id 3>",
          "name": "Ben"
        }
      },
      "until": null,
      "others": []
    }
    "#);
    ana.plans("kickoff", "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await.ok();
    town.until("2026-10-08T09:00:00Z");
    insta::assert_snapshot!(ana.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": {
        "kind": "mark_check_in",
        "due_at": "<+4d>",
        "operations": [
          {
            "operation_id": "hold_check_in",
            "method": "POST",
            "path": "/v1/check-ins/<id 1>/hold"
          },
          {
            "operation_id": "miss_check_in",
            "method": "POST",
            "path": "/v1/check-ins/<id 1>/miss"
          }
        ],
        "cycle_id": "<id 2>",
        "pairing_id": "<id 3>",
        "check_in_id": "<id 1>",
        "partner": {
          "id": "<id 4>",
          "name": "Ben"
        }
      },
      "until": null,
      "others": []
    }
    "#);
    town.until("2026-10-09T09:00:00Z");
    insta::assert_snapshot!(ana.get(PATH).await.told(), @r#"
    200 OK
    {
      "step": {
        "kind": "plan_catch_up",
        "due_at": "<+101d 15h>",
        "operations": [
          {
            "operation_id": "plan_check_in",
            "method": "POST",
            "path": "/v1/pairings/<id 1>/check-ins"
          }
        ],
        "cycle_id": "<id 2>",
        "pairing_id": "<id 1>",
        "check_in_id": null,
        "partner": {
          "id": "<id 3>",
          "name": "Ben"
        }
      },
      "until": null,
      "others": []
    }
    "#);
}

/// Every operation in an answer is one of the document, with this method and such a path.
fn are_in_the_document(document: &Value, told: &Value) -> Vec<String> {
    let all = [&told["step"]].into_iter().chain(told["others"].as_array().unwrap()).filter(|step| !step.is_null());
    let steps = all.flat_map(|step| step["operations"].as_array().unwrap());
    let known = operations(document);
    let fits = |template: &str, path: &str| {
        let (template, path) = (template.split('/').collect::<Vec<_>>(), path.split('/').collect::<Vec<_>>());
        let id = |known: &str, given: &str| known.starts_with('{') && uuid::Uuid::try_parse(given).is_ok();
        template.len() == path.len()
            && template.iter().zip(&path).all(|(known, given)| known == given || id(known, given))
    };
    let name = |step: &Value| {
        let [id, method, path] = ["operation_id", "method", "path"].map(|key| step[key].as_str().unwrap());
        let described = known.iter().any(|(known_method, template, operation)| {
            operation["operationId"] == id && known_method.eq_ignore_ascii_case(method) && fits(template, path)
        });
        assert!(described, "{step} is not in the document");
        id.to_owned()
    };
    steps.map(name).collect()
}

#[actix_web::test]
async fn every_operation_is_one_of_the_document() {
    let (town, company) = Town::small().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    let document = app::document();
    let mut met = Vec::new();
    let mut look = async |who: &Person| met.extend(are_in_the_document(&document, &who.is_told().await));
    look(&ana).await;
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    look(&ana).await;
    ben.id().await;
    ana.put("/v1/cycles/current/reflection", json!({ "complete": true })).await.ok();
    look(&ana).await;
    let pairing = ana.asks(&ben).await;
    look(&ben).await;
    ben.does("accept", &pairing).await.ok();
    look(&ana).await;
    let kickoff = ana.plans("kickoff", "2026-12-20T09:00:00Z".parse().unwrap(), &pairing).await;
    let current = kickoff.ok()["pairing_id"].clone();
    let current = ana.get(&format!("/v1/pairings/{}", current.as_str().unwrap())).await.ok()["cycle_id"].clone();
    let current = format!("/v1/cycles/{}", current.as_str().unwrap());
    root.patch(&current, json!({ "ends_on": "2026-12-15" })).await.ok();
    look(&ana).await;
    root.patch(&current, json!({ "ends_on": "2026-12-25" })).await.ok();
    town.until("2026-12-20T10:00:00Z");
    look(&ana).await;
    met.sort();
    met.dedup();
    let expected = [
        "accept_pairing",
        "decline_pairing",
        "hold_check_in",
        "list_coaches",
        "miss_check_in",
        "plan_check_in",
        "put_participation",
        "put_reflection",
        "request_pairing",
        "update_check_in",
    ];
    assert_eq!(met, expected);
}

#[actix_web::test]
async fn it_can_be_asked_again_and_again_for_little() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let first = ana.get(PATH).await;
    let again = async |etag: &str| Answer::to(ana.request(Method::GET, PATH).header("If-None-Match", etag)).await;
    let known = again(first.header("etag")).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    assert_eq!(first.header("cache-control"), "private, no-cache");
    town.until("2026-12-18T00:00:00Z");
    assert_eq!(again(first.header("etag")).await.status, 200, "the clock alone has changed it");
}

/// Where the policy asks for no reflection, a coach can be picked without; it comes first all the same.
#[actix_web::test]
async fn a_reflection_that_is_not_required_stands_in_nobodys_way() {
    let (_town, company) = Town::governed_by(Settings { require_reflection: false, ..Settings::default() }).await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ben.id().await;
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    let to_do = ana.is_to().await;
    assert_eq!(to_do[..2], ["complete_reflection 2026-12-18", "pick_coach 2026-12-18"]);
    ana.asks(&ben).await.ok();
    assert_eq!(ana.is_to().await, ["answer_participation 2027-03-17"], "whoever has asked is waiting");
}

/// What ends gives the step back that led to it.
#[actix_web::test]
async fn after_a_no_one_picks_again() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.put("/v1/cycles/next/participation", json!({ "answer": "not_this_time" })).await.ok();
    ana.is_ready().await;
    for way in ["decline", "expire", "end"] {
        let asked = ana.asks(&ben).await;
        let told = ana.is_told().await;
        assert_eq!((&told["step"], &told["until"]), (&Value::Null, &asked.ok()["expires_at"]));
        match way {
            "decline" => drop(ben.does("decline", &asked).await.ok()),
            "expire" => town.until(told["until"].as_str().unwrap()),
            _ => {
                ben.does("accept", &asked).await.ok();
                ben.does("end", &asked).await.ok();
            }
        }
        assert_eq!(ana.is_to().await, ["pick_coach 2026-12-18"], "after a {way}");
    }
}

/// The very first question of a company makes the cycles that it is about; a cancelled one asks nobody anything.
#[actix_web::test]
async fn the_cycles_are_there_for_whoever_asks_first() {
    let (town, company) = Town::small().await;
    let [root, ana] = [company.administrator("root"), company.person("ana")];
    assert_eq!(ana.is_to().await, ["answer_participation 2026-12-18", "answer_participation 2027-03-17"]);
    let next = ana.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap().to_owned();
    root.post(&format!("/v1/cycles/{next}/cancel"), json!({})).await.ok();
    assert_eq!(ana.is_to().await, ["answer_participation 2026-12-18", "answer_participation 2027-06-16"]);
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    town.until("2027-01-10T00:00:00Z");
    let told = ana.is_told().await;
    assert_eq!(told, json!({ "step": null, "until": "2027-03-31T23:00:00.000Z", "others": [] }));
    town.until("2027-03-31T23:00:00Z");
    assert_eq!(ana.is_to().await, ["complete_reflection 2027-06-16", "answer_participation 2027-09-16"]);
}
