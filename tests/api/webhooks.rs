//! Webhooks as their programs manage them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use peer_coaching::webhooks::rules::MOST;
use serde_json::{Value, json};

use crate::support::receiver::Receiver;
use crate::support::{Company, Person, Town, database};

/// A program of the company's that may manage webhooks.
fn program(company: &Company) -> Person {
    company.integration("program", "webhooks:manage")
}

#[actix_web::test]
async fn a_program_manages_webhooks() {
    let (_town, company) = Town::small().await;
    let program = program(&company);
    let wanted = json!({ "url": "https://bot.example.com/coaching", "types": ["pairing.requested"] });
    let added = program.post("/v1/webhooks", wanted).await;
    assert_eq!((added.status.as_u16(), added.header("cache-control")), (201, "no-store"));
    let (webhook, secret) = (added.ok()["webhook"].clone(), added.ok()["secret"].clone());
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    assert_eq!((&webhook["enabled"], &webhook["types"]), (&json!(true), &json!(["pairing.requested"])));
    let path = format!("/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(added.header("location"), path);

    let shown = program.get(&path).await;
    assert_eq!((shown.ok(), shown.text.contains("whsec_")), (webhook.clone(), false), "never the secret");
    assert_eq!(program.get("/v1/webhooks").await.ok()["data"], json!([webhook]));
    let elsewhere = json!({ "url": "https://bot.example.com:8443/", "types": null });
    let changed = program.patch_version(&path, Some(shown.header("etag")), elsewhere).await.ok();
    assert_eq!((&changed["url"], &changed["types"]), (&json!("https://bot.example.com:8443/"), &json!(null)));
    let stale = program.patch_version(&path, Some(shown.header("etag")), json!({ "enabled": false })).await;
    assert_eq!(stale.code(), "stale");
    let off = program.patch(&path, json!({ "enabled": false })).await.ok();
    assert_eq!((&off["enabled"], &off["disabled_because"]), (&json!(false), &json!("asked")));
    for verb in ["test", "recover"] {
        let body = if verb == "test" { json!({}) } else { json!({ "since": "2026-10-05T09:00:00Z" }) };
        assert_eq!(program.post(&format!("{path}/{verb}"), body).await.code(), "webhook_disabled", "{verb}");
    }
    let on = program.patch(&path, json!({ "enabled": true })).await.ok();
    assert_eq!((&on["enabled"], &on["disabled_because"]), (&json!(true), &json!(null)));

    let new = program.post(&format!("{path}/rotate-secret"), json!({})).await;
    assert_ne!(new.ok()["secret"], secret);
    // Neither is stored as it is; nor is it as bytes, or in an answer that is kept for who repeats a request.
    let superuser = database::connect(database::config("postgres")).await;
    let stored = "select secret || old_secret from peer_coaching.webhooks where url like '%bot.example.com:8443/'";
    let stored = superuser.query_one(stored, &[]).await.unwrap().get::<_, Vec<u8>>(0);
    for secret in [secret.as_str().unwrap(), new.ok()["secret"].as_str().unwrap()] {
        let key = BASE64.decode(secret.trim_start_matches("whsec_")).unwrap();
        assert!(!holds(&stored, secret.as_bytes()) && !holds(&stored, &key));
    }
    for _ in 0..2 {
        assert_eq!(program.sends("DELETE", &path, "", "").await.status, 204);
    }
    assert_eq!(program.get(&path).await.code(), "not_found");
    let done = company.administrator("root").get("/v1/audit-entries").await.each("/action");
    let ours = done.iter().filter_map(Value::as_str).filter(|action| action.starts_with("webhook."));
    let expected = [
        "webhook.deleted",
        "webhook.changed",
        "webhook.changed",
        "webhook.changed",
        "webhook.changed",
        "webhook.created",
    ];
    assert_eq!(ours.collect::<Vec<_>>(), expected);
}

#[actix_web::test]
async fn an_address_is_public_and_a_type_is_known() {
    let (_town, company) = Town::small().await;
    let program = program(&company);
    let flaws = async |body: Value| program.post("/v1/webhooks", body).await.flaws();
    for (url, flaw) in [
        ("http://bot.example.com/", "#/url wrong_format"),
        ("https://bot.example.com:22/", "#/url forbidden_port"),
        ("https://127.0.0.1/", "#/url forbidden_address"),
        ("https://0x7f000001/", "#/url forbidden_address"),
        ("https://[::ffff:127.0.0.1]/", "#/url forbidden_address"),
        ("https://169.254.169.254/latest", "#/url forbidden_address"),
        ("https://good@127.0.0.1/", "#/url wrong_format"),
        ("https://localhost./", "#/url forbidden_address"),
        ("https://bot.example.com/\r\nHost: inside", "#/url wrong_format"),
    ] {
        assert_eq!(flaws(json!({ "url": url })).await, [flaw], "{url}");
    }
    let long = format!("https://bot.example.com?{}", "a".repeat(1976));
    assert_eq!(
        (long.len(), flaws(json!({ "url": long })).await),
        (2000, vec!["#/url too_long".into()]),
        "it gets a path"
    );
    let unknown = json!({ "url": "https://bot.example.com/", "types": ["pairing.requested", "pairing.dreamt"] });
    assert_eq!(flaws(unknown).await, ["#/types/1 not_an_option"]);
    assert_eq!(flaws(json!({ "url": "https://bot.example.com/", "types": [] })).await, ["#/types too_few"]);
}

#[actix_web::test]
async fn there_are_not_more_webhooks_than_one_can_look_after() {
    let (_town, company) = Town::small().await;
    let program = program(&company);
    for number in 0..MOST {
        program.post("/v1/webhooks", json!({ "url": format!("https://bot.example.com/{number}") })).await.ok();
    }
    let one_more = program.post("/v1/webhooks", json!({ "url": "https://bot.example.com/more" })).await;
    assert_eq!(one_more.code(), "webhooks_full");
}

#[actix_web::test]
async fn being_an_administrator_is_not_enough() {
    let (_town, company) = Town::small().await;
    let (root, ana) = (company.administrator("root"), company.person("ana"));
    let reader = company.integration("reader", "events:read members:read");
    for (who, code) in [(&root, "integrations_only"), (&ana, "integrations_only"), (&reader, "scope_missing")] {
        assert_eq!(who.get("/v1/webhooks").await.code(), code);
        assert_eq!(who.post("/v1/webhooks", json!({ "url": "https://bot.example.com/" })).await.code(), code);
    }
}

#[actix_web::test]
async fn another_companys_webhook_is_nobodys() {
    let (_town, companies) = Town::of(2, 4).await;
    let (ours, theirs) = (program(&companies[0]), program(&companies[1]));
    let added = ours.post("/v1/webhooks", json!({ "url": "https://bot.example.com/" })).await.ok();
    let path = format!("/v1/webhooks/{}", added["webhook"]["id"].as_str().unwrap());
    let test = ours.post(&format!("{path}/test"), json!({})).await.ok();
    assert_eq!(theirs.get(&path).await.code(), "not_found");
    assert_eq!(theirs.get(&format!("{path}/deliveries")).await.code(), "not_found");
    let again = format!("/v1/deliveries/{}/redeliver", test["id"].as_str().unwrap());
    assert_eq!(theirs.post(&again, json!({})).await.code(), "not_found");
    assert_eq!(theirs.sends("DELETE", &path, "", "").await.status, 204, "there is none of theirs");
    ours.get(&path).await.ok();
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A webhook to this receiver, of these types: its path and its secret.
pub async fn to(program: &Person, receiver: &Receiver, types: Value) -> (String, String) {
    let added = program.post("/v1/webhooks", json!({ "url": receiver.url, "types": types })).await.ok();
    let path = format!("/v1/webhooks/{}", added["webhook"]["id"].as_str().unwrap());
    (path, added["secret"].as_str().unwrap().to_owned())
}
