//! P4: pick at least one other member of the team to be your coach.

use serde_json::json;

use crate::support::path_of;

#[actix_web::test]
async fn a_request_is_answered_or_taken_back_or_expires() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    ana.is_ready().await;
    let (no, back, waiting) = (ana.asks(&ben).await, ana.asks(&cleo).await, ana.asks(&dora).await);
    assert_eq!(ben.does("decline", &no).await.ok()["state"], "declined");
    assert_eq!(ana.does("withdraw", &back).await.ok()["state"], "withdrawn");
    town.until("2026-10-12T08:59:00Z");
    assert_eq!(dora.sees(&waiting).await, "requested");
    town.until("2026-10-12T09:01:00Z");
    assert_eq!(dora.sees(&waiting).await, "expired");
    assert_eq!(dora.does("accept", &waiting).await.code(), "not_waiting");
}

/// The coachee sees declined and expired without reasons, unless the coach wrote one.
#[actix_web::test]
async fn a_no_needs_no_reason() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    ana.is_ready().await;
    let (silent, told, waiting) = (ana.asks(&ben).await, ana.asks(&cleo).await, ana.asks(&dora).await);
    ben.does("decline", &silent).await.ok();
    let reason = json!({ "reason": "I am away until January." });
    cleo.post(&format!("{}/decline", path_of(&told)), reason).await.ok();
    town.days_pass(8);
    let sees = async |pairing| {
        let pairing = ana.get(&path_of(pairing)).await.ok();
        (pairing["state"].clone(), pairing["decline_reason"].clone(), pairing["ended_by"].clone())
    };
    let nothing = json!(null);
    assert_eq!(sees(&silent).await, (json!("declined"), nothing.clone(), nothing.clone()));
    assert_eq!(sees(&told).await, (json!("declined"), json!("I am away until January."), nothing.clone()));
    assert_eq!(sees(&waiting).await, (json!("expired"), nothing.clone(), nothing));
}

#[actix_web::test]
async fn not_in_the_last_days_of_a_cycle() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    town.until("2026-12-18T00:00:00Z");
    let late = ana.asks(&ben).await;
    assert_eq!((late.code().as_str(), &late.body()["next_starts_on"]), ("too_late_this_cycle", &json!("2027-01-01")));
}

#[actix_web::test]
async fn a_place_is_given_once_and_given_back() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ben.patch("/v1/me", json!({ "coach_capacity": 1 })).await.ok();
    let first = crate::coached(&ana, &ben).await;
    cleo.is_ready().await;
    assert_eq!(cleo.asks(&ben).await.code(), "not_available");
    ben.does("end", &first).await.ok();
    cleo.asks(&ben).await.ok();
}

#[actix_web::test]
async fn who_met_and_met_again_completes_when_the_wrap_up_is_over() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    ana.meets(&pairing).await;
    ana.plans("catch_up", "2027-01-08T09:00:00Z".parse().unwrap(), &pairing).await.ok();
    town.until("2027-01-14T23:59:00Z");
    assert_eq!(ana.sees(&pairing).await, "active", "the last call falls into the first days of the next quarter");
    town.until("2027-01-15T00:00:00Z");
    assert_eq!(ana.sees(&pairing).await, "completed", "whether or not anyone pressed a button");
    let closed = ben.get(&path_of(&pairing)).await.ok();
    assert_eq!((&closed["closed_at"], &closed["ended_by"]), (&json!("2027-01-15T00:00:00.000Z"), &json!(null)));
}

#[actix_web::test]
async fn who_met_once_or_never_lapses() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let once = crate::coached(&ana, &ben).await;
    let never = crate::coached(&ana, &cleo).await;
    ana.meets(&once).await;
    town.until("2026-12-31T23:59:00Z");
    assert_eq!((ana.sees(&once).await, ana.sees(&never).await), ("active".into(), "active".into()));
    town.until("2027-01-01T00:00:00Z");
    assert_eq!((ana.sees(&once).await, ana.sees(&never).await), ("active".into(), "lapsed".into()));
    town.until("2027-01-15T00:00:00Z");
    assert_eq!(ana.sees(&once).await, "lapsed");
}

#[actix_web::test]
async fn early_completion_says_what_is_missing() {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let missing = async || {
        let refused = ana.does("complete", &pairing).await;
        assert_eq!(refused.code(), "incomplete");
        refused.body()["missing"].clone()
    };
    assert_eq!(missing().await, json!(["kickoff", "catch_up"]));
    assert_eq!(ana.get(&path_of(&pairing)).await.ok()["closes_at"], "2027-01-01T00:00:00.000Z");
    ana.meets(&pairing).await;
    assert_eq!(missing().await, json!(["catch_up"]));
    let closes_at = async || ana.get(&path_of(&pairing)).await.ok()["closes_at"].clone();
    assert_eq!(closes_at().await, "2027-01-15T00:00:00.000Z");
    let again = ben.plans("weekly", "2026-10-12T09:00:00Z".parse().unwrap(), &pairing).await;
    assert_eq!(missing().await, json!(["catch_up"]));
    assert_eq!(ana.get(&path_of(&pairing)).await.ok()["allowed"], json!(["end"]));
    town.until("2026-10-12T09:10:00Z");
    ben.marks("hold", &again).await.ok();
    let planned = ana.plans("catch_up", "2026-11-12T09:00:00Z".parse().unwrap(), &pairing).await;
    assert_eq!(ana.get(&path_of(&pairing)).await.ok()["allowed"], json!(["complete", "end"]));
    assert_eq!(ben.does("complete", &pairing).await.ok()["state"], "completed");
    assert_eq!(ana.sees_call(&planned).await, "cancelled", "what was still to come");
}

#[actix_web::test]
async fn whoever_leaves_leaves_no_call_behind() {
    let (_town, company) = crate::company().await;
    let (root, ana, ben) = (company.administrator("root"), company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    let call = ana.plans("kickoff", "2026-10-08T09:00:00Z".parse().unwrap(), &pairing).await;
    let leaver = format!("/v1/members/{}", ben.id().await);
    root.patch(&leaver, json!({ "active": false })).await.ok();
    let ended = ana.get(&path_of(&pairing)).await.ok();
    assert_eq!((&ended["state"], &ended["ended_by"]), (&json!("ended"), &json!("system")));
    assert_eq!(ana.sees_call(&call).await, "cancelled");
    root.patch(&leaver, json!({ "active": true })).await.ok();
    assert_eq!((ana.sees(&pairing).await, ana.sees_call(&call).await), ("ended".into(), "cancelled".into()));
    ana.asks(&ben).await.ok();
}
