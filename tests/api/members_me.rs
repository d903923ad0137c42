//! `/v1/me`: what a member says of themself.

use serde_json::json;

use crate::support::Town;

#[actix_web::test]
async fn the_first_call_shows_who_i_am() {
    let (_town, company) = Town::small().await;
    insta::assert_snapshot!(company.person("ana").get("/v1/me").await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "organization": {
        "id": "<id 2>",
        "name": "Company 1"
      },
      "administrator": false,
      "name": "Ana",
      "email": null,
      "external_id": "ana",
      "title": null,
      "team": null,
      "time_zone": null,
      "working_hours": null,
      "languages": [],
      "expertise": [],
      "projects": [],
      "open_to_coaching": true,
      "coach_capacity": null,
      "notify": true,
      "created_at": "<+0d>"
    }
    "#);
    assert_eq!(company.administrator("root").get("/v1/me").await.ok()["administrator"], true);
    assert_eq!(company.integration("bot", "members:read members:write").get("/v1/me").await.code(), "members_only");
}

#[actix_web::test]
async fn an_absent_key_keeps_and_null_clears() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let said = json!({
        "time_zone": "America/Sao_Paulo", "working_hours": { "from": "22:00", "until": "06:30" }, "languages": ["pt-BR", "en"],
        "expertise": ["  Rust ", "Zoe\u{308}logy"], "projects": ["Checkout"], "open_to_coaching": false, "coach_capacity": 0,
        "notify": false,
    });
    let whole = ana.patch("/v1/me", said.clone()).await.ok();
    let mut expected = said;
    expected["expertise"] = json!(["Rust", "Zoe\u{308}logy"]); // trimmed, otherwise as it was sent
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&whole[key], value, "{key}");
    }
    assert_eq!(ana.get("/v1/me").await.body(), whole);

    let before = ana.get("/v1/me").await;
    let cleared =
        json!({ "time_zone": null, "working_hours": null, "coach_capacity": null, "languages": [], "notify": true });
    let after = ana.patch("/v1/me", cleared.clone()).await.ok();
    for (key, value) in before.body().as_object().unwrap() {
        assert_eq!(&after[key], cleared.get(key).unwrap_or(value), "{key}");
    }
    let unchanged = ana.patch("/v1/me", json!({})).await;
    assert_eq!((unchanged.body(), unchanged.header("etag")), (after, ana.get("/v1/me").await.header("etag")));
    assert_ne!(unchanged.header("etag"), before.header("etag"));
}

#[actix_web::test]
async fn what_the_directory_says_is_not_mine_to_change_and_a_stranger_key_is_named() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let wanted = json!({ "name": "Her Majesty", "email": "a@b.cd", "external_id": "eve", "team": "Board", "active": true, "notify": false });
    insta::assert_snapshot!(ana.patch("/v1/me", wanted).await.told(), @r##"
    400 Bad Request
    {
      "type": "/problems/malformed",
      "title": "The request does not have the shape it should have",
      "status": 400,
      "detail": "Look at `errors`: each entry points at one place and says what belongs there. The document at /openapi.json describes every request.",
      "instance": "/v1/me",
      "code": "malformed",
      "errors": [
        {
          "pointer": "#/name",
          "code": "unknown",
          "detail": "is not known here"
        },
        {
          "pointer": "#/email",
          "code": "unknown",
          "detail": "is not known here"
        },
        {
          "pointer": "#/external_id",
          "code": "unknown",
          "detail": "is not known here"
        },
        {
          "pointer": "#/team",
          "code": "unknown",
          "detail": "is not known here"
        },
        {
          "pointer": "#/active",
          "code": "unknown",
          "detail": "is not known here"
        }
      ]
    }
    "##);
    assert_eq!(ana.get("/v1/me").await.ok()["notify"], true, "nothing of a refused patch is kept");
}

#[actix_web::test]
async fn every_wrong_value_is_named_at_once() {
    let (_town, company) = Town::small().await;
    let wrong = json!({
        "time_zone": "Mars/Olympus", "working_hours": { "from": "24:00", "until": "9:00" }, "languages": ["English"],
        "expertise": ["", "x".repeat(61), "two\nlines"], "projects": vec!["p"; 21], "coach_capacity": 21,
    });
    let flaws = company.person("ana").patch("/v1/me", wrong).await.flaws();
    insta::assert_snapshot!(flaws.join("\n"), @"
    #/coach_capacity too_large
    #/expertise/0 too_short
    #/expertise/0 wrong_format
    #/expertise/1 too_long
    #/expertise/2 wrong_format
    #/languages/0 wrong_format
    #/projects too_many
    #/time_zone wrong_format
    #/working_hours/from wrong_format
    #/working_hours/until too_short
    #/working_hours/until wrong_format
    ");
    for (key, value) in [
        ("notify", json!(null)),
        ("open_to_coaching", json!("yes")),
        ("coach_capacity", json!(1.5)),
        ("coach_capacity", json!("2")),
        ("languages", json!(null)),
        ("working_hours", json!({ "from": "09:00" })),
        ("time_zone", json!(1)),
    ] {
        let answer = company.person("ana").patch("/v1/me", json!({ key: value })).await;
        assert_eq!(answer.status, 400, "{key}: {value}: {}", answer.text);
        assert!(answer.flaws().iter().all(|flaw| flaw.starts_with(&format!("#/{key}"))), "{}", answer.text);
    }
    assert_eq!(company.person("ana").get("/v1/me").await.ok()["coach_capacity"], json!(null));
}

#[actix_web::test]
async fn if_match_is_heeded_where_it_is_sent() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let read = ana.get("/v1/me").await;
    let etag = Some(read.header("etag"));
    let changed = ana.patch_version("/v1/me", etag, json!({ "notify": false })).await;
    assert_eq!((changed.status.as_u16(), ana.get("/v1/me").await.header("etag")), (200, changed.header("etag")));
    assert_eq!(ana.patch_version("/v1/me", etag, json!({ "notify": true })).await.code(), "stale");
    assert_eq!(ana.patch_version("/v1/me", etag, json!({ "coach_capacity": 99 })).await.code(), "invalid");
    ana.patch_version("/v1/me", None, json!({ "notify": true })).await.ok();
    assert_eq!(ana.get("/v1/me").await.ok()["notify"], true);
}
