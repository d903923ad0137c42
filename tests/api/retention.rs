//! Retention: off unless it is decided; then what was written goes when its time has come, and nothing else does.

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Company, Person, Town, call_path};

/// Ben coaches Ana and both have written about it; then a quarter has passed, and they have done it again.
async fn two_quarters(settings: Settings) -> (Town, Company, Person, Person, [String; 2]) {
    let (town, company) = Town::governed_by(settings).await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let mut calls = Vec::new();
    for coach in [&ben, &cleo] {
        ana.is_ready().await;
        let pairing = ana.is_coached_by(coach).await;
        let call = call_path(&ana.meets(&pairing).await);
        for who in [&ana, coach] {
            who.put(&format!("{call}/note"), json!({ "text": "Words.", "shared": true })).await.ok();
        }
        calls.push(call);
        town.days_pass(90);
    }
    (town, company, ana, ben, calls.try_into().expect("two calls"))
}

async fn reads(who: &Person, call: &str) -> [Value; 2] {
    let notes = who.get(&format!("{call}/notes")).await.ok();
    ["mine", "partners"].map(|whose| notes[whose]["text"].clone())
}

const NOTHING: [Value; 2] = [Value::Null, Value::Null];

#[actix_web::test]
async fn nothing_goes_unless_it_is_decided() {
    let (town, company, ana, _, calls) = two_quarters(Settings::default()).await;
    town.days_pass(365 * 40);
    assert_eq!(town.sweeps(&company).await, 0);
    for call in &calls {
        assert_eq!(reads(&ana, call).await, [json!("Words."), json!("Words.")]);
    }
}

#[actix_web::test]
async fn what_was_written_goes_when_its_time_has_come() {
    let (town, company, ana, ben, [first, second]) = two_quarters(Settings::default()).await;
    let root = company.administrator("root");
    root.decides(json!({ "retention_months": 6 })).await;
    // the first quarter ends on 2027-01-01, in Lisbon's winter
    town.until("2027-06-30T23:59:00Z");
    assert_eq!(town.sweeps(&company).await, 0, "not yet");
    assert_eq!(reads(&ben, &first).await, [json!("Words."), json!("Words.")]);
    town.until("2027-07-01T00:00:00Z");
    let before = ana.get("/v1/pairings").await.ok();
    assert_eq!(town.sweeps(&company).await, 2);
    for who in [&ana, &ben] {
        assert_eq!(reads(who, &first).await, NOTHING);
    }
    assert_eq!(reads(&ana, &second).await, [json!("Words."), json!("Words.")], "three months later");
    assert_eq!(ana.get("/v1/pairings").await.ok(), before, "who worked with whom stays");
    assert_eq!(town.sweeps(&company).await, 0, "once");
    town.until("2027-10-01T00:00:00Z");
    assert_eq!(town.sweeps(&company).await, 2);
    assert_eq!(reads(&ana, &second).await, NOTHING);
    assert_eq!(ana.get("/v1/me/export").await.ok()["notes"], json!([]));
}

#[actix_web::test]
async fn another_companys_words_stay() {
    let (town, companies) = Town::of(2, 4).await;
    let mut calls = Vec::new();
    for company in &companies {
        let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
        root.decides(json!({ "retention_months": 3 })).await;
        ana.is_ready().await;
        let pairing = ana.is_coached_by(&ben).await;
        let call = call_path(&ana.meets(&pairing).await);
        ana.put(&format!("{call}/note"), json!({ "text": "Words." })).await.ok();
        calls.push((ana, call));
    }
    town.days_pass(200);
    assert_eq!(town.sweeps(&companies[0]).await, 1);
    assert_eq!(reads(&calls[0].0, &calls[0].1).await[0], Value::Null);
    assert_eq!(reads(&calls[1].0, &calls[1].1).await[0], "Words.");
}

/// Whoever asks first when two replicas sweep does it; the other lets them.
#[actix_web::test]
async fn two_who_sweep_at_once_are_harmless() {
    let (town, company, ana, _, [first, _]) = two_quarters(Settings::default()).await;
    company.administrator("root").decides(json!({ "retention_months": 3 })).await;
    town.days_pass(400);
    let (one, two) = futures_util::future::join(town.sweeps(&company), town.sweeps(&company)).await;
    let rest = town.sweeps(&company).await;
    assert_eq!(one + two + rest, 4);
    assert_eq!(reads(&ana, &first).await, NOTHING);
}
