//! Bringing directory entries in and changing them: administrators, and integrations that may.

use serde_json::{Value, json};

use crate::support::Town;

#[actix_web::test]
async fn a_batch_creates_updates_and_leaves_alone() {
    let (_town, company) = Town::small().await;
    let hr = company.integration("hr", "members:read members:write");
    let ana = json!({ "external_id": "ana", "name": "Ana Silva", "email": "ana@example.com", "title": "Engineer" });
    let ben = json!({ "external_id": " ben ", "name": " Ben  Okafor " });
    let told = hr.brings(json!([ana, ben])).await.told();
    insta::assert_snapshot!(told, @r#"
    200 OK
    {
      "data": [
        {
          "id": "<id 1>",
          "external_id": "ana",
          "outcome": "created"
        },
        {
          "id": "<id 2>",
          "external_id": "ben",
          "outcome": "created"
        }
      ]
    }
    "#);

    let promoted = json!({ "external_id": "ana", "name": "Ana Silva", "title": "Staff engineer" });
    let again = hr.brings(json!([{ "external_id": "cleo", "name": "Cleo", "team": null }, ben, promoted])).await;
    assert_eq!(again.each("/outcome"), ["created", "unchanged", "updated"]);
    let seen = hr.get("/v1/members?q=ana").await.ok()["data"][0].clone();
    assert_eq!(
        (&seen["title"], &seen["email"]),
        (&json!("Staff engineer"), &json!("ana@example.com")),
        "an absent key keeps"
    );
    hr.brings(json!([{ "external_id": "ana", "name": "Ana Silva", "email": null }])).await.ok();
    assert_eq!(hr.get("/v1/members?q=ana").await.each("/email"), [Value::Null]);
    assert_eq!(hr.get("/v1/members").await.each("/name"), ["Ana Silva", "Ben  Okafor", "Cleo"]);
    assert_eq!(hr.get("/v1/members?q=silva").await.each("/title"), ["Staff engineer"]);
}

#[actix_web::test]
async fn a_new_name_is_found_and_the_old_one_no_longer() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    root.brings(json!([{ "external_id": "ana", "name": "Ana Silva" }])).await.ok();
    root.brings(json!([{ "external_id": "ana", "name": "Ana Costa" }])).await.ok();
    for (q, found) in [("silva", vec![]), ("costa", vec!["Ana Costa"]), ("ana", vec!["Ana Costa"])] {
        assert_eq!(root.get(&format!("/v1/members?q={q}")).await.each("/name"), found, "{q}");
    }
}

#[actix_web::test]
async fn all_of_a_batch_or_nothing() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let entry = |id: &str| json!({ "external_id": id, "name": "Somebody" });
    let repeated = root.brings(json!([entry("a"), entry("b"), entry("a"), entry(" b"), entry("c")])).await;
    assert_eq!(repeated.code(), "invalid");
    assert_eq!(repeated.flaws(), ["#/members/2/external_id repeated", "#/members/3/external_id repeated"]);
    let wrong =
        json!([entry("a"), { "external_id": "b" }, { "external_id": "c", "name": "C", "email": "c", "boss": "a" }]);
    assert_eq!(
        root.brings(wrong).await.flaws(),
        [
            "#/members/1/name required",
            "#/members/2/boss unknown",
            "#/members/2/email too_short",
            "#/members/2/email wrong_format"
        ]
    );
    assert_eq!(root.get("/v1/members").await.each("/name"), ["Root"]);
}

#[actix_web::test]
async fn five_hundred_at_once_and_no_more() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let many = |count: usize| {
        (0..count).map(|at| json!({ "external_id": format!("e{at}"), "name": format!("Name {at}") })).collect()
    };
    assert_eq!(root.brings(many(501)).await.flaws(), ["#/members too_many"]);
    assert_eq!(root.brings(json!([])).await.flaws(), ["#/members too_few"]);
    assert_eq!(root.brings(many(500)).await.each("/outcome"), vec!["created"; 500]);
    assert_eq!(root.walk("/v1/members?q=name", 100).await.len(), 500);
    let long = |at: usize| {
        let (name, text) = (format!("{at:3}{}", "é".repeat(117)), "漢".repeat(120));
        json!({ "external_id": name, "name": name, "email": format!("{}@example.com", "m".repeat(60)), "title": text, "team": text })
    };
    assert_eq!(
        root.brings((0..500).map(long).collect()).await.each("/outcome"),
        vec!["created"; 500],
        "long as they may be"
    );
    let endless = json!([{ "external_id": "e", "name": "x".repeat(1024 * 1024) }]);
    assert_eq!(root.brings(endless).await.code(), "payload_too_large");
}

#[actix_web::test]
async fn who_may_bring_entries_in() {
    let (_town, company) = Town::small().await;
    let entries = json!([{ "external_id": "zoe", "name": "Zoe" }]);
    assert_eq!(company.person("ana").brings(entries.clone()).await.code(), "administrators_only");
    insta::assert_snapshot!(company.integration("bot", "members:read").brings(entries.clone()).await.told(), @r#"
    403 Forbidden
    {
      "type": "/problems/scope_missing",
      "title": "The token lacks the scope for this",
      "status": 403,
      "detail": "This needs the scope members:write.",
      "instance": "/v1/members/batch",
      "code": "scope_missing"
    }
    "#);
    assert_eq!(company.stranger().brings(entries.clone()).await.code(), "unauthenticated");
    assert_eq!(company.person("ana").get("/v1/members?q=zoe").await.each("/name"), Vec::<String>::new());
    let root = company.administrator("root");
    assert_eq!(root.post("/v1/members/batch", json!({ "members": entries })).await.code(), "key_missing");
    root.brings(entries).await.ok();
}

#[actix_web::test]
async fn a_repeated_batch_is_answered_again_and_done_once() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let body = json!({ "members": [{ "external_id": "zoe", "name": "Zoe" }] });
    let first = root.post_once("/v1/members/batch", "monday", body.clone()).await;
    let again = root.post_once("/v1/members/batch", "monday", body.clone()).await;
    assert_eq!((again.body(), again.header("idempotent-replayed")), (first.ok(), "true"));
    assert_eq!(again.each("/outcome"), ["created"]);
    let other = json!({ "members": [{ "external_id": "zoe", "name": "Zoe Dent" }] });
    assert_eq!(root.post_once("/v1/members/batch", "monday", other).await.code(), "key_reused");
    assert_eq!(
        company.administrator("rita").post_once("/v1/members/batch", "monday", body).await.each("/outcome"),
        ["unchanged"]
    );
}

#[actix_web::test]
async fn one_entry_is_changed_in_the_version_that_was_read() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let made =
        root.brings(json!([{ "external_id": "ben", "name": "Ben" }, { "external_id": "bea", "name": "Bea" }])).await;
    let path = format!("/v1/members/{}", made.ok()["data"][0]["id"].as_str().unwrap());
    let read = root.get(&path).await;
    assert_eq!(root.patch_version(&path, None, json!({ "name": "Benno" })).await.code(), "precondition_required");
    let etag = read.header("etag");
    let changed =
        root.patch_version(&path, Some(&format!("W/{etag}")), json!({ "name": "Benno", "title": "Engineer" })).await;
    insta::assert_snapshot!(changed.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "name": "Benno",
      "title": "Engineer",
      "team": null,
      "languages": [],
      "expertise": [],
      "projects": [],
      "open_to_coaching": true,
      "active": true,
      "external_id": "ben",
      "email": null
    }
    "#);
    assert_eq!(root.patch_version(&path, Some(etag), json!({ "name": "Benjamin" })).await.code(), "stale");
    assert_eq!(root.patch_version(&path, Some("ben"), json!({})).await.flaws(), ["If-Match wrong_format"]);
    insta::assert_snapshot!(root.patch(&path, json!({ "external_id": "bea" })).await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/already_exists",
      "title": "That already exists",
      "status": 409,
      "detail": "An `external_id` names one member. Find who has it: an administrator sees it on each entry of GET /v1/members.",
      "instance": "/v1/members/<id 1>",
      "code": "already_exists"
    }
    "#);
    root.patch(&path, json!({ "external_id": null, "title": null })).await.ok();
    assert_eq!(root.get("/v1/members?q=ben").await.each("/external_id"), [Value::Null]);

    assert_eq!(company.person("ana").patch(&path, json!({ "name": "B" })).await.code(), "administrators_only");
    assert_eq!(
        company.integration("bot", "members:read").patch(&path, json!({ "name": "B" })).await.code(),
        "scope_missing"
    );
    company.integration("hr", "members:write").patch(&path, json!({ "name": "B" })).await.ok();
    let nobody = format!("/v1/members/{}", uuid::Uuid::now_v7());
    assert_eq!(root.patch(&nobody, json!({ "name": "B" })).await.code(), "not_found");
    assert_eq!(
        root.patch(&path, json!({ "notify": false, "name": null })).await.flaws(),
        ["#/name wrong_type", "#/notify unknown"]
    );
}
