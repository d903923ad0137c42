//! P2: it is up to you whether you would like to benefit from it or not.

use std::collections::BTreeSet;

use serde_json::{Value, json};

#[actix_web::test]
async fn nobody_takes_part_who_has_not_opted_in_to_this_very_cycle() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    town.until("2027-01-05T09:00:00Z");
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in", "the next quarter asks again");
}

#[actix_web::test]
async fn no_is_an_answer_too_and_no_reason_is_asked() {
    let (_town, company) = crate::company().await;
    let ana = company.person("ana");
    let path = "/v1/cycles/current/participation";
    assert_eq!(ana.get(path).await.ok()["answer"], json!(null));
    let with_reason = json!({ "answer": "not_this_time", "reason": "busy" });
    assert_eq!(ana.put(path, with_reason).await.flaws(), ["#/reason unknown"]);
    ana.put(path, json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!(ana.get(path).await.ok()["answer"], "not_this_time");
}

#[actix_web::test]
async fn opting_out_ends_what_i_am_coached_in_and_nothing_else() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    let pairing = crate::coached(&ana, &ben).await;
    let waiting = ana.asks(&cleo).await;
    let as_coach = crate::coached(&dora, &ana).await;
    let (met, weekly) = (ana.meets(&pairing).await, "2026-10-12T09:00:00Z".parse().unwrap());
    let (mine, hers) = (ana.plans("weekly", weekly, &pairing).await, dora.plans("kickoff", weekly, &as_coach).await);
    ana.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!((ana.sees(&pairing).await, ana.sees(&waiting).await), ("ended".into(), "withdrawn".into()));
    assert_eq!((ana.sees_call(&met).await, ana.sees_call(&mine).await), ("held".into(), "cancelled".into()));
    assert_eq!((ana.sees(&as_coach).await, ana.sees_call(&hers).await), ("active".into(), "scheduled".into()));
    assert_eq!(ben.get(&crate::support::path_of(&pairing)).await.ok()["ended_by"], "coachee");
}

#[actix_web::test]
async fn being_asked_to_coach_is_not_taking_part() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ben.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await.ok();
    crate::coached(&ana, &ben).await;
    cleo.patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    assert_eq!(ana.asks(&cleo).await.code(), "not_available");
}

/// Every name of a property or parameter, however deep it stands.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            let properties = object.get("properties").and_then(Value::as_object);
            found.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
            if object.contains_key("in") {
                found.extend(object.get("name").and_then(Value::as_str).map(str::to_owned));
            }
            object.values().for_each(|value| names(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

/// There is no rating, score or rank of a person anywhere in the API.
#[test]
fn nobody_is_rated() {
    let mut found = BTreeSet::new();
    names(&peer_coaching::app::document(), &mut found);
    assert!(found.len() > 80 && found.contains("coach_capacity") && found.contains("open_to_coaching"), "{found:?}");
    let rates = |name: &&String| {
        ["rating", "rated", "score", "rank", "points", "stars", "grade", "level"].iter().any(|word| name.contains(word))
    };
    assert_eq!(found.iter().filter(rates).collect::<Vec<_>>(), [""; 0]);
}
