//! A walk past every operation: each answer fits the schema that the document has for it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use peer_coaching::app;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::described::Described;
use crate::support::document::operations;
use crate::support::{Answer, Company, Person, Town};

/// Goes past operations and remembers which it has met. That the answers fit is looked at wherever answers are read.
#[derive(Default)]
struct Tour {
    met: RefCell<BTreeSet<String>>,
}

impl Tour {
    async fn goes(&self, who: &Person, method: Method, path: &str, body: Option<Value>) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        let request = who.request(method.clone(), path).header("If-Match", "*").header("Idempotency-Key", key);
        let answer = Answer::to(if let Some(body) = body { request.json(&body) } else { request }).await;
        let id = Described::served().operation(&method, path).unwrap_or_else(|| panic!("{method} {path}: undescribed"));
        self.met.borrow_mut().insert(format!("{id} {}", answer.status.as_u16() / 100));
        answer
    }
}

/// A moment after the yes.
fn kickoff_moment(accepted: &Value) -> String {
    let at: jiff::Timestamp = accepted["accepted_at"].as_str().unwrap().parse().unwrap();
    (at + jiff::SignedDuration::from_millis(1)).to_string()
}

fn cycle_path(cycle: &Answer) -> String {
    format!("/v1/cycles/{}", cycle.ok()["id"].as_str().unwrap())
}

/// The life of a webhook.
async fn webhooks(tour: &Tour, company: &Company) {
    let (program, ana) = (company.integration("hooks", "webhooks:manage"), company.person("ana"));
    let goes =
        async |who: &Person, method: Method, path: &str, body: Option<Value>| tour.goes(who, method, path, body).await;
    let url = json!({ "url": "https://bot.example.com/coaching", "types": ["next_step.due"] });
    let added = goes(&program, Method::POST, "/v1/webhooks", Some(url.clone())).await.ok();
    goes(&ana, Method::POST, "/v1/webhooks", Some(url)).await;
    let path = format!("/v1/webhooks/{}", added["webhook"]["id"].as_str().unwrap());
    let test = goes(&program, Method::POST, &format!("{path}/test"), None).await.ok();
    let again = format!("/v1/deliveries/{}/redeliver", test["id"].as_str().unwrap());
    let since = json!({ "since": "2026-10-05T09:00:00Z" });
    for who in [&program, &ana] {
        for path in ["/v1/webhooks", &path, &format!("{path}/deliveries")] {
            goes(who, Method::GET, path, None).await;
        }
        goes(who, Method::PATCH, &path, Some(json!({ "types": null }))).await;
        goes(who, Method::POST, &format!("{path}/rotate-secret"), None).await;
        goes(who, Method::POST, &format!("{path}/recover"), Some(since.clone())).await;
        goes(who, Method::POST, &again, None).await;
    }
    goes(&ana, Method::POST, &format!("{path}/test"), None).await;
    goes(&ana, Method::DELETE, &path, None).await;
    goes(&program, Method::DELETE, &path, None).await;
}

#[actix_web::test]
async fn every_answer_fits_the_document() {
    let (town, company) = Town::small().await;
    let (root, ana, ben, stranger) =
        (company.administrator("root"), company.person("ana"), company.person("ben"), company.stranger());
    let tour = Tour::default();
    let get = async |who: &Person, path: &str| tour.goes(who, Method::GET, path, None).await;
    let put = async |who: &Person, path: &str, body| tour.goes(who, Method::PUT, path, Some(body)).await;
    let patch = async |who: &Person, path: &str, body| tour.goes(who, Method::PATCH, path, Some(body)).await;
    let post = async |who: &Person, path: &str, body| tour.goes(who, Method::POST, path, body).await;

    for path in ["/livez", "/readyz", "/problems/not_found", "/problems/nothing"] {
        get(&stranger, path).await;
    }
    // the directory
    get(&ana, "/v1/me").await.ok();
    let hours = json!({ "from": "22:00", "until": "06:30" });
    let me = json!({ "time_zone": "Asia/Tokyo", "working_hours": hours, "languages": ["en", "pt-BR"], "expertise": ["Rust"],
        "projects": ["Checkout"], "coach_capacity": 0, "notify": false, "open_to_coaching": true });
    assert_eq!(patch(&ana, "/v1/me", me).await.ok()["working_hours"], hours);
    patch(&ana, "/v1/me", json!({ "notify": 1 })).await;
    get(&ana, "/v1/me/next-step").await.ok();
    patch(&ana, "/v1/me", json!({ "working_hours": null, "time_zone": null, "coach_capacity": null })).await.ok();
    let batch =
        json!({ "members": [{ "external_id": "cleo", "name": "Cleo", "email": "cleo@example.com", "team": null }] });
    let brought = post(&root, "/v1/members/batch", Some(batch)).await.ok();
    post(&ana, "/v1/members/batch", Some(json!({ "members": [{ "external_id": "x", "name": "X" }] }))).await;
    let cleo = format!("/v1/members/{}", brought["data"][0]["id"].as_str().unwrap());
    for who in [&root, &ana] {
        get(who, "/v1/members?limit=2").await.ok();
        get(who, &cleo).await.ok();
    }
    patch(&root, &cleo, json!({ "title": "Engineer", "active": false })).await.ok();
    patch(&ana, &cleo, json!({ "title": "Engineer" })).await;
    get(&ana, &cleo).await;
    // policy and cycles
    get(&ana, "/v1/policy").await.ok();
    get(&ana, "/v1/visibility").await.ok();
    patch(&root, "/v1/policy", json!({ "retention_months": 24, "questions": ["What next?"] })).await.ok();
    patch(&ana, "/v1/policy", json!({ "retention_months": 24 })).await;
    let listed = get(&ana, "/v1/cycles").await.ok();
    get(&ana, "/v1/cycles/current").await.ok();
    let next = format!("/v1/cycles/{}", get(&ana, "/v1/cycles/next").await.ok()["id"].as_str().unwrap());
    patch(&root, &next, json!({ "name": "Spring" })).await.ok();
    patch(&ana, &next, json!({ "name": "Spring" })).await;
    let far = json!({ "starts_on": "2190-01-01", "ends_on": "2190-03-01" });
    post(&root, "/v1/cycles", Some(far.clone())).await.ok();
    post(&root, "/v1/cycles", Some(far)).await;
    post(&root, &format!("{next}/cancel"), None).await.ok();
    post(&ana, &format!("{next}/cancel"), None).await;
    assert!(!listed["data"].as_array().unwrap().is_empty());
    // one conversation, and all the ways for it not to happen
    for who in [&ana, &ben] {
        get(who, "/v1/cycles/current/participation").await.ok();
        put(who, "/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
        get(who, "/v1/cycles/current/reflection").await.ok();
        put(who, "/v1/cycles/current/reflection", json!({ "complete": true })).await.ok();
        get(who, "/v1/cycles/current/participation").await.ok();
        get(who, "/v1/cycles/current/reflection").await.ok();
    }
    put(&ana, "/v1/cycles/current/participation", json!({ "answer": "perhaps" })).await;
    put(&ana, "/v1/cycles/current/reflection", json!({})).await;
    put(&ana, "/v1/cycles/current/reflection", json!({ "complete": true, "answers": [null, "All."] })).await.ok();
    get(&ana, "/v1/cycles/current/coaches?limit=1").await.ok();
    get(&ana, "/v1/cycles/current/coaches?include=ineligible").await.ok();
    let whom = json!({ "coach_id": ben.id().await });
    let ask = async || {
        format!("/v1/pairings/{}", post(&ana, "/v1/pairings", Some(whom.clone())).await.ok()["id"].as_str().unwrap())
    };
    for way in [&["withdraw"][..], &["decline"], &["accept", "end"]] {
        let pairing = ask().await;
        get(&ana, &pairing).await.ok();
        post(&ana, "/v1/pairings", Some(whom.clone())).await;
        for verb in way {
            let who = if *verb == "withdraw" { &ana } else { &ben };
            get(&ben, "/v1/me/next-step").await.ok();
            post(who, &format!("{pairing}/{verb}"), None).await.ok();
            get(&ana, "/v1/me/next-step").await.ok();
            post(who, &format!("{pairing}/{verb}"), None).await;
            get(&ben, &pairing).await.ok();
            get(&ana, "/v1/pairings?limit=1").await.ok();
        }
    }
    // what is shared with a coach, and calls
    let pairing = ask().await;
    let (shared, share) = (format!("{pairing}/reflection"), format!("{pairing}/reflection-share"));
    get(&ben, &shared).await;
    put(&ana, &share, json!({})).await.ok();
    put(&ben, &share, json!({})).await;
    get(&ana, &shared).await.ok();
    let calls = format!("{pairing}/check-ins");
    let accepted = post(&ben, &format!("{pairing}/accept"), None).await.ok();
    get(&ben, &shared).await.ok();
    tour.goes(&ana, Method::DELETE, &share, None).await;
    let kickoff = json!({ "kind": "kickoff", "starts_at": accepted["accepted_at"] });
    let weekly = json!({ "starts_at": "2026-10-15T09:00:00+01:00", "time_zone": "Europe/Lisbon" });
    post(&ana, &format!("{pairing}/series"), Some(weekly.clone())).await;
    let kickoff = post(&ana, &calls, Some(kickoff)).await.ok()["id"].as_str().unwrap().to_owned();
    let kickoff = format!("/v1/check-ins/{kickoff}");
    for verb in ["hold", "miss", "hold"] {
        post(&ben, &format!("{kickoff}/{verb}"), None).await.ok();
        get(&ana, &kickoff).await.ok();
    }
    post(&ben, &format!("{kickoff}/cancel"), None).await;
    let (note, notes) = (format!("{kickoff}/note"), format!("{kickoff}/notes"));
    get(&ana, &notes).await.ok();
    tour.goes(&ana, Method::PUT, &note, Some(json!({ "text": "Pauses.", "shared": true }))).await.ok();
    get(&ben, &notes).await.ok();
    tour.goes(&ana, Method::DELETE, &note, None).await;
    let (actions, insights) = (format!("{pairing}/actions"), format!("{pairing}/insights"));
    let action = json!({ "kind": "start", "text": "Pause." });
    let action = post(&ben, &actions, Some(action)).await.ok()["id"].as_str().unwrap().to_owned();
    post(&ben, &actions, Some(json!({ "kind": "begin" }))).await;
    let action = format!("/v1/actions/{action}");
    get(&ana, &action).await.ok();
    patch(&ana, &action, json!({ "kind": "continue", "state": "in_progress", "text": "Pause again." })).await.ok();
    post(&ana, &format!("{action}/progress"), Some(json!({ "text": "It helps." }))).await.ok();
    post(&ben, &format!("{action}/progress"), Some(json!({ "text": "It does." }))).await.ok();
    for list in [&actions, &format!("{actions}?state=in_progress"), &format!("{action}/progress?limit=1")] {
        get(&ana, list).await.ok();
    }
    let insight = json!({ "kind": "drag", "text": "Too fast." });
    post(&ana, &insights, Some(insight.clone())).await;
    let insight = post(&ben, &insights, Some(insight)).await.ok()["id"].as_str().unwrap().to_owned();
    let insight = format!("/v1/insights/{insight}");
    for path in [&insight, &insights] {
        get(&ana, path).await.ok();
    }
    tour.goes(&ben, Method::DELETE, &insight, None).await;
    tour.goes(&ana, Method::DELETE, &insight, None).await;
    post(&ana, &format!("{pairing}/complete"), None).await;
    let series = post(&ana, &format!("{pairing}/series"), Some(weekly)).await.ok();
    let one = format!("/v1/check-ins/{}", series["check_ins"][0]["id"].as_str().unwrap());
    patch(&ben, &one, json!({ "starts_at": "2026-10-16T09:00:00Z" })).await.ok();
    patch(&ben, &one, json!({ "starts_at": "2027-10-16T09:00:00Z" })).await;
    post(&ben, &format!("{one}/cancel"), None).await.ok();
    for list in [&calls, "/v1/check-ins?limit=3", "/v1/check-ins?from=2026-10-20T00:00:00Z&to=2026-11-20T00:00:00Z"] {
        get(&ana, list).await.ok();
    }
    tour.goes(&ana, Method::DELETE, &format!("/v1/series/{}", series["id"].as_str().unwrap()), None).await;
    let again = json!({ "kind": "catch_up", "starts_at": kickoff_moment(&accepted) });
    let again = post(&ana, &calls, Some(again)).await.ok()["id"].as_str().unwrap().to_owned();
    post(&ana, &format!("/v1/check-ins/{again}/hold"), None).await.ok();
    post(&ana, &format!("{pairing}/complete"), None).await.ok();
    // the calendar
    get(&ana, "/v1/me/calendar-feed").await.ok();
    let feed = post(&ana, "/v1/me/calendar-feed", Some(json!({ "show_names": true }))).await.ok();
    post(&ana, "/v1/me/calendar-feed", Some(json!({ "show_names": "yes" }))).await;
    get(&ana, "/v1/me/calendar-feed").await.ok();
    assert_eq!(get(&stranger, feed["path"].as_str().unwrap()).await.status, 200);
    for invitation in [format!("{one}/calendar"), format!("{one}/calendar?show_names=true")] {
        assert_eq!(get(&ben, &invitation).await.status, 200);
        get(&root, &invitation).await;
    }
    tour.goes(&ana, Method::DELETE, "/v1/me/calendar-feed", None).await;
    get(&stranger, feed["path"].as_str().unwrap()).await;
    // help
    get(&ana, "/v1/me/help").await.ok();
    put(&ana, "/v1/me/help", json!({ "reason": "other" })).await.ok();
    put(&ana, "/v1/me/help", json!({ "reason": "why" })).await;
    get(&ana, "/v1/me/help").await.ok();
    for who in [&root, &ana] {
        get(who, "/v1/help-requests?limit=1").await;
    }
    tour.goes(&ana, Method::DELETE, "/v1/me/help", None).await;
    // figures
    let figures = format!("{}/statistics", cycle_path(&get(&ana, "/v1/cycles/current").await));
    get(&root, &figures).await;
    town.days_pass(105);
    for who in [&root, &ana] {
        get(who, &figures).await;
    }
    get(&ana, "/v1/me/export").await.ok();
    tour.goes(&ana, Method::DELETE, &cleo, None).await;
    tour.goes(&root, Method::DELETE, &cleo, None).await;
    get(&root, &cleo).await;
    tour.goes(&ben, Method::DELETE, "/v1/me", None).await;
    get(&ben, "/v1/me").await;
    get(&root, "/v1/audit-entries?limit=2").await.ok();
    get(&company.integration("program", "events:read"), "/v1/events?limit=2").await.ok();
    get(&root, "/v1/events").await;
    webhooks(&tour, &company).await;
    get(&root, "/v1/audit-entries?limit=x").await;
    for path in [
        "/v1/members",
        "/v1/pairings",
        "/v1/cycles",
        "/v1/policy",
        "/v1/me",
        "/v1/me/next-step",
        "/v1/cycles/current/coaches",
        "/v1/audit-entries",
    ] {
        get(&stranger, path).await;
    }

    // Every operation was met with a good answer.
    let met = tour.met.borrow();
    let missed = operations(&app::document())
        .into_iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned());
    let missed = missed.filter(|id| !met.contains(&format!("{id} 2"))).collect::<Vec<_>>();
    assert!(missed.is_empty(), "not on the tour: {missed:?}");
    assert!(met.iter().filter(|met| met.ends_with('4')).count() > 15, "{met:?}");
}
