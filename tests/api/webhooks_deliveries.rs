//! What webhooks are told, and what becomes of it when it does not get through.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use peer_coaching::clock::real_time;
use peer_coaching::webhooks::rules::Reach;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::receiver::{Received, Receiver, Says};
use crate::support::{Company, Person, Town, outside};
use crate::webhooks::to;

fn program(company: &Company) -> Person {
    company.integration("program", "webhooks:manage events:read")
}

/// Whether this secret signed it (Standard Webhooks, section "Signature scheme").
fn is_signed(received: &Received, secret: &str) -> bool {
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = format!("{}.{}.{}", received.id, received.seconds, received.body);
    let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    received.signatures.contains(&format!("v1,{}", BASE64.encode(code)))
}

/// A webhook's deliveries, once they are as expected.
async fn delivers(program: &Person, path: &str, as_expected: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let list = program.get(&format!("{path}/deliveries?limit=100")).await.ok()["data"].clone();
        let list = list.as_array().unwrap().clone();
        if as_expected(&list) {
            return list;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", json!(list));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The next attempt of everything that waits there is due now.
async fn time_passes(path: &str) {
    let webhook = path.rsplit('/').next().unwrap().parse::<Uuid>().unwrap();
    let now = real_time();
    outside("update deliveries set due_at = $2 where webhook_id = $1 and state = 'waiting'", &[&webhook, &now]).await;
}

#[actix_web::test]
async fn what_happens_is_told_signed_and_without_words() {
    let (town, company) = Town::with_webhooks_here().await;
    let (program, receiver) = (program(&company), Receiver::new());
    let [ana, ben] = ["ana", "ben"].map(|name| company.person(name));
    let ben_id = ben.id().await;
    ana.is_ready().await;
    let (path, secret) = to(&program, &receiver, json!(["pairing.requested", "pairing.accepted"])).await;
    let _delivering = town.delivers(&company, Reach::Anywhere);
    let words = json!({ "coach_id": ben_id, "message": "Please be my coach, dear Ben." });
    let pairing = ana.post("/v1/pairings", words).await;
    let told = receiver.gets(1).await.remove(0);
    let body = told.json();
    assert_eq!(body["type"], "pairing.requested");
    assert_eq!((&body["data"]["recipient_id"], &body["data"]["pairing_id"]), (&json!(ben_id), &pairing.ok()["id"]));
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["type", "timestamp", "data"]);
    assert!(!told.body.contains("dear Ben") && !told.body.contains(&ana.id().await), "{}", told.body);
    assert!(is_signed(&told, &secret) && !is_signed(&told, "whsec_AAAA"), "{told:?}");
    assert!((real_time().as_second() - told.seconds).abs() < 60);
    ben.does("accept", &pairing).await.ok();
    assert_eq!(receiver.gets(2).await[1].kind(), "pairing.accepted");
    let log =
        delivers(&program, &path, |log| log.len() == 2 && log.iter().all(|one| one["state"] == "delivered")).await;
    assert_eq!(
        (&log[1]["event_id"], &log[1]["attempts"], &log[1]["status"]),
        (&json!(told.id), &json!(1), &json!(204))
    );

    let test = program.post(&format!("{path}/test"), json!({})).await.ok();
    let tested = receiver.gets(3).await.remove(2);
    assert_eq!((tested.kind().as_str(), &json!(tested.id)), ("webhook.tested", &test["id"]));
    assert!(is_signed(&tested, &secret));

    let new = program.post(&format!("{path}/rotate-secret"), json!({})).await.ok();
    program.post(&format!("{path}/test"), json!({})).await.ok();
    let both = receiver.gets(4).await.remove(3);
    assert!(is_signed(&both, &secret) && is_signed(&both, new["secret"].as_str().unwrap()), "for a day");
    outside("update webhooks set old_secret_until = $1 where url = $2", &[&real_time(), &receiver.url]).await;
    program.post(&format!("{path}/test"), json!({})).await.ok();
    let one = receiver.gets(5).await.remove(4);
    assert!(
        !is_signed(&one, &secret) && is_signed(&one, new["secret"].as_str().unwrap()),
        "and then the new one alone"
    );
}

#[actix_web::test]
async fn what_does_not_get_through_is_tried_again() {
    let (town, company) = Town::with_webhooks_here().await;
    let (program, receiver) = (program(&company), Receiver::new());
    let (path, _) = to(&program, &receiver, json!(null)).await;
    let _delivering = town.delivers(&company, Reach::Anywhere);
    receiver.next([Says::Status(500), Says::Redirect(receiver.url.clone()), Says::Busy(503, 7200)]);
    let asked = real_time();
    program.post(&format!("{path}/test"), json!({})).await.ok();
    for (attempts, status, seconds) in [(1, 500, 5), (2, 307, 300), (3, 503, 7200)] {
        let log = delivers(&program, &path, |log| log[0]["attempts"] == attempts).await;
        assert_eq!((&log[0]["state"], &log[0]["problem"]), (&json!("waiting"), &json!("bad_status")));
        assert_eq!(log[0]["status"], status);
        let due_at = log[0]["due_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(due_at >= asked + SignedDuration::from_secs(seconds), "attempt {attempts}: {due_at}");
        time_passes(&path).await;
    }
    let log = delivers(&program, &path, |log| log[0]["state"] == "delivered").await;
    assert_eq!((&log[0]["attempts"], &log[0]["due_at"]), (&json!(4), &json!(null)));
    let got = receiver.got();
    assert_eq!(got.len(), 4, "no redirect is followed");
    assert_eq!(got.iter().map(|one| &one.id).collect::<BTreeSet<_>>().len(), 1, "the same webhook-id each time");

    receiver.next(std::iter::repeat_n(Says::Status(500), 10));
    program.post(&format!("{path}/test"), json!({})).await.ok();
    for attempts in 1..10 {
        delivers(&program, &path, |log| log[0]["attempts"] == attempts).await;
        time_passes(&path).await;
    }
    let log = delivers(&program, &path, |log| log[0]["attempts"] == 10).await;
    assert_eq!((&log[0]["state"], &log[0]["due_at"]), (&json!("failed"), &json!(null)), "nobody tries for ever");
    let since = json!({ "since": log[0]["created_at"] });
    assert_eq!(program.post(&format!("{path}/recover"), since).await.ok(), json!({ "deliveries": 1 }));
    delivers(&program, &path, |log| log[0]["state"] == "delivered" && log[0]["attempts"] == 1).await;
    let before = receiver.got().len();
    let again = format!("/v1/deliveries/{}/redeliver", log[0]["id"].as_str().unwrap());
    assert_eq!(program.post(&again, json!({})).await.ok()["state"], "waiting");
    let got = receiver.gets(before + 1).await;
    assert_eq!(got[before].id, got[before - 1].id);
    let failed = program.get(&format!("{path}/deliveries?state=failed")).await.ok();
    assert_eq!(failed["data"], json!([]));
}

#[actix_web::test]
async fn who_is_gone_is_told_nothing_more_until_they_are_back() {
    let (town, company) = Town::with_webhooks_here().await;
    let (program, receiver, other) = (program(&company), Receiver::new(), Receiver::new());
    let (path, _) = to(&program, &receiver, json!(["member.joined"])).await;
    to(&program, &other, json!(["webhook.disabled"])).await;
    let _delivering = town.delivers(&company, Reach::Anywhere);
    receiver.next([Says::Status(410)]);
    program.post(&format!("{path}/test"), json!({})).await.ok();
    let told = other.gets(1).await.remove(0).json();
    assert_eq!(told["data"]["webhook_id"], path.rsplit('/').next().unwrap());
    let disabled = program.get(&path).await.ok();
    assert_eq!((&disabled["enabled"], &disabled["disabled_because"]), (&json!(false), &json!("gone")));
    company.person("ana").id().await;
    program.patch(&path, json!({ "enabled": true })).await.ok();
    assert_eq!(receiver.gets(2).await[1].kind(), "member.joined", "what has happened meanwhile");

    // Nothing gets through for five days.
    receiver.always(Says::Status(500));
    program.post(&format!("{path}/test"), json!({})).await.ok();
    delivers(&program, &path, |log| log[0]["attempts"] == 1).await;
    let failing = program.get(&path).await.ok();
    assert!(failing["failing_since"].is_string() && failing["enabled"] == true, "{failing}");
    let long_ago = real_time() - SignedDuration::from_hours(5 * 24);
    outside("update webhooks set failing_since = $1 where url = $2", &[&long_ago, &receiver.url]).await;
    time_passes(&path).await;
    other.gets(2).await;
    let disabled = program.get(&path).await.ok();
    assert_eq!((&disabled["enabled"], &disabled["disabled_because"]), (&json!(false), &json!("failing")));
}

#[actix_web::test]
async fn whoever_dies_is_taken_over_from_and_two_who_live_do_not_tell_twice() {
    let (town, company) = Town::with_webhooks_here().await;
    let (program, receiver) = (program(&company), Receiver::new());
    let (path, _) = to(&program, &receiver, json!(["member.joined"])).await;
    let test = program.post(&format!("{path}/test"), json!({})).await.ok();
    let claim = "update deliveries set claimed_until = $2 where delivery_id = $1::text::uuid";
    let id = test["id"].as_str().unwrap();
    outside(claim, &[&id, &(real_time() + SignedDuration::from_hours(1))]).await; // by whoever has died since
    let _delivering = [(); 3].map(|()| town.delivers(&company, Reach::Anywhere));
    let root = company.administrator("root");
    let people = (0..60).map(|at| json!({ "external_id": format!("p{at}"), "name": "Somebody" })).collect::<Vec<_>>();
    root.brings(json!(people)).await.ok();
    delivers(&program, &path, |log| log.iter().filter(|one| one["state"] == "delivered").count() >= 61).await;
    let got = receiver.got();
    let ids = got.iter().map(|one| one.id.as_str()).collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), got.len(), "each once");
    assert!(!ids.contains(id), "as long as it is claimed");
    outside(claim, &[&id, &(real_time() - SignedDuration::from_secs(1))]).await;
    let before = got.len();
    assert_eq!(receiver.gets(before + 1).await[before].id, id);
}

#[actix_web::test]
async fn who_is_slow_delays_themself_alone() {
    let (town, company) = Town::with_webhooks_here().await;
    let program = program(&company);
    let (healthy, silent) = (Receiver::new(), Receiver::new());
    silent.always(Says::Nothing);
    let (path, _) = to(&program, &healthy, json!(["member.joined"])).await;
    let (slow, _) = to(&program, &silent, json!(["member.joined"])).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(); // and closed again
    let nobody = json!({ "url": format!("http://{closed}/"), "types": ["member.joined"] });
    let nobody = program.post("/v1/webhooks", nobody).await.ok();
    let _delivering = town.delivers(&company, Reach::Anywhere);
    let people = (0..100).map(|at| json!({ "external_id": format!("p{at}"), "name": "Somebody" })).collect::<Vec<_>>();
    company.administrator("root").brings(json!(people)).await.ok();
    delivers(&program, &path, |log| log.iter().filter(|one| one["state"] == "delivered").count() == 100).await;
    assert!(silent.got().len() <= 8, "{} at a time", silent.got().len());
    let waiting = program.get(&format!("{slow}/deliveries?state=waiting&limit=100")).await.ok();
    assert_eq!(waiting["data"].as_array().unwrap().len(), 100);
    let refused = format!("/v1/webhooks/{}", nobody["webhook"]["id"].as_str().unwrap());
    delivers(&program, &refused, |log| log.iter().any(|one| one["problem"] == "unreachable")).await;
}

#[actix_web::test]
async fn nothing_inside_is_reached() {
    let (town, company) = Town::with_webhooks_here().await; // which lets one add such a webhook
    let (program, receiver) = (program(&company), Receiver::new());
    let (path, _) = to(&program, &receiver, json!(null)).await;
    let _delivering = town.delivers(&company, Reach::Public);
    program.post(&format!("{path}/test"), json!({})).await.ok();
    let log = delivers(&program, &path, |log| log[0]["attempts"] == 1).await;
    assert_eq!((&log[0]["problem"], &log[0]["status"]), (&json!("forbidden_address"), &json!(null)));
    assert_eq!(receiver.got().len(), 0);
}

#[actix_web::test]
async fn what_was_erased_is_not_told_any_more() {
    let (town, company) = Town::with_webhooks_here().await;
    let (program, receiver) = (program(&company), Receiver::new());
    let (path, _) = to(&program, &receiver, json!(["pairing.requested"])).await;
    receiver.next([Says::Status(500)]);
    let _delivering = town.delivers(&company, Reach::Anywhere);
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    delivers(&program, &path, |log| log.first().is_some_and(|one| one["attempts"] == 1)).await;
    ben.sends("DELETE", "/v1/me", "", "").await;
    time_passes(&path).await;
    let log = delivers(&program, &path, |log| log[0]["state"] != "waiting").await;
    assert_eq!((&log[0]["state"], receiver.got().len()), (&json!("gone"), 1));
}
