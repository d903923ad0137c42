//! P8: what is mine is readable until I take it back, erase it, or retention does.

use serde_json::{Value, json};

use crate::support::{Answer, Person, call_path};

/// What somebody reads of the notes about a call: their own, the partner's.
async fn reads(who: &Person, call: &str) -> [Value; 2] {
    let notes = who.get(&format!("{call}/notes")).await.ok();
    ["mine", "partners"].map(|whose| notes[whose]["text"].clone())
}

/// The two have met, and share what they wrote about it. Where that is.
async fn wrote(coachee: &Person, coach: &Person) -> (Answer, String) {
    let pairing = crate::coached(coachee, coach).await;
    let call = call_path(&coachee.meets(&pairing).await);
    for (who, text) in [(coachee, "the coachee's"), (coach, "the coach's")] {
        who.put(&format!("{call}/note"), json!({ "text": text, "shared": true })).await.ok();
    }
    (pairing, call)
}

#[actix_web::test]
async fn who_erases_themself_takes_their_words_along_and_nobody_elses() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let (pairing, call) = wrote(&ana, &ben).await;
    assert_eq!(reads(&ben, &call).await, ["the coach's", "the coachee's"]);
    assert_eq!(ana.sends("DELETE", "/v1/me", "", "").await.status, 204);
    assert_eq!(reads(&ben, &call).await, [json!("the coach's"), Value::Null]);
    let seen = ben.get(&crate::support::path_of(&pairing)).await.ok();
    assert_eq!((&seen["partner"]["name"], &seen["state"]), (&json!("Former member"), &json!("ended")));
    assert_eq!(ana.get("/v1/me").await.code(), "member_erased");
}

#[actix_web::test]
async fn an_administrator_can_erase_somebody_and_read_nothing_first() {
    let (_town, company) = crate::company().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    let (_, call) = wrote(&ana, &ben).await;
    assert_eq!(root.get(&format!("{call}/notes")).await.code(), "not_found");
    assert_eq!(root.sends("DELETE", &format!("/v1/members/{}", ana.id().await), "", "").await.status, 204);
    assert_eq!(reads(&ben, &call).await, [json!("the coach's"), Value::Null]);
}

#[actix_web::test]
async fn a_member_takes_everything_of_theirs_along() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    wrote(&ana, &ben).await;
    let export = ana.get("/v1/me/export").await;
    assert_eq!(export.ok()["notes"][0]["note"]["text"], "the coachee's");
    assert!(!export.text.contains("the coach's"), "what is the coach's is not hers to take: {}", export.text);
}

#[actix_web::test]
async fn words_are_kept_unless_the_company_decides_for_how_long() {
    let (town, company) = crate::company().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    let (_, call) = wrote(&ana, &ben).await;
    town.days_pass(365 * 5);
    town.sweeps(&company).await;
    assert_eq!(reads(&ana, &call).await, ["the coachee's", "the coach's"]);
    root.decides(json!({ "retention_months": 12 })).await;
    town.sweeps(&company).await;
    assert_eq!(reads(&ana, &call).await, [Value::Null, Value::Null]);
    assert_eq!(ana.get("/v1/pairings").await.each("/partner/name"), ["Ben"], "who worked with whom stays");
}
