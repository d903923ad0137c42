//! `ETag`, `If-None-Match` and `If-Match`: nobody reads twice what has not changed, or overwrites what they have not seen.

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Town};

async fn unless(who: &Person, path: &str, known: &str) -> Answer {
    Answer::to(who.request(Method::GET, path).header("If-None-Match", known)).await
}

async fn change(who: &Person, path: &str, expected: &str, patch: &Value) -> Answer {
    Answer::to(who.request(Method::PATCH, path).header("If-Match", expected).json(patch)).await
}

fn is_strong(etag: &str) -> bool {
    let inner = etag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|inner| inner.split_once('-'));
    inner.is_some_and(|(version, hash)| {
        version.parse::<u32>().is_ok()
            && hash.len() == 8
            && hash.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
    })
}

#[actix_web::test]
async fn single_things_carry_a_strong_etag_and_lists_none() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.asks(&ben).await;
    assert!(is_strong(pairing.header("etag")));
    let member = format!("/v1/members/{}", ben.id().await);
    for path in [
        "/v1/me",
        "/v1/me/next-step",
        &member,
        "/v1/policy",
        "/v1/cycles/current",
        "/v1/cycles/current/participation",
        "/v1/cycles/next/participation",
        "/v1/cycles/current/reflection",
        pairing.header("location"),
        &format!("{}/reflection", pairing.header("location")),
    ] {
        let shown = ana.get(path).await;
        let etag = shown.header("etag");
        assert!(is_strong(etag), "{path}: {etag}");
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        let known = unless(&ana, path, etag).await;
        assert_eq!((known.status.as_u16(), known.text.as_str(), known.header("etag")), (304, "", etag), "{path}");
        assert_eq!(known.header("cache-control"), "private, no-cache");
        assert_eq!(ana.get(path).await.header("etag"), etag, "the same as long as nothing changes");
    }
    for path in ["/v1/members", "/v1/cycles", "/v1/pairings", "/v1/audit-entries", "/v1/cycles/current/coaches"] {
        let listed = unless(&ana, path, "*").await;
        assert_eq!((listed.status.as_u16(), listed.header("etag")), (200, ""), "{path}");
    }
}

#[actix_web::test]
async fn what_is_known_is_not_sent_again() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let etag = ana.get("/v1/me").await.header("etag").to_owned();
    let known = [
        etag.clone(),
        format!("W/{etag}"),
        "*".into(),
        format!("\"1-00000000\", {etag}"),
        format!("W/\"x\",W/{etag} , \"y\""),
    ];
    for known in known {
        assert_eq!(unless(&ana, "/v1/me", &known).await.status, 304, "{known}");
    }
    let two = ana.request(Method::GET, "/v1/me").header("If-None-Match", "\"x\"").header("If-None-Match", &etag);
    assert_eq!(Answer::to(two).await.status, 304);
    let bare = etag.trim_matches('"').to_owned();
    let version = bare.split('-').next().unwrap().to_owned();
    for unknown in ["\"1-00000000\"", &bare, &format!("\"{version}\""), "", "ü", &etag.to_uppercase().replace('-', "_")]
    {
        assert_eq!(unless(&ana, "/v1/me", unknown).await.status, 200, "{unknown}");
    }
    ana.patch("/v1/me", json!({ "notify": false })).await.ok();
    assert_eq!(unless(&ana, "/v1/me", &etag).await.status, 200, "it has changed");
}

/// A refusal is a refusal, whatever the caller has seen before.
#[actix_web::test]
async fn only_what_can_be_seen_is_not_modified() {
    let (_town, company) = Town::small().await;
    assert_eq!(unless(&company.stranger(), "/v1/me", "*").await.status, 401);
    assert_eq!(
        unless(&company.person("ana"), "/v1/pairings/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", "*").await.status,
        404
    );
}

#[actix_web::test]
async fn what_the_clock_changes_is_news_without_a_new_version() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    let (path, etag) = (asked.header("location"), asked.header("etag"));
    town.clock.advance(SignedDuration::from_hours(24 * 7 - 1));
    assert_eq!(unless(&ana, path, etag).await.status, 304);
    town.clock.advance(SignedDuration::from_hours(2));
    let expired = unless(&ana, path, etag).await;
    assert_eq!((expired.status.as_u16(), expired.body()["state"].as_str()), (200, Some("expired")));
    let version = |etag: &str| etag.trim_start_matches('"').split('-').next().unwrap().to_owned();
    assert_eq!(version(expired.header("etag")), version(etag));
    assert_ne!(expired.header("etag"), etag);
}

#[actix_web::test]
async fn what_two_may_edit_needs_the_version_that_was_read() {
    let (_town, company) = Town::small().await;
    let (root, ben) = (company.administrator("root"), company.person("ben"));
    let cycle = format!("/v1/cycles/{}", root.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap());
    let member = format!("/v1/members/{}", ben.id().await);
    let edits = [
        ("/v1/policy", "weekly_minutes", json!([11, 12, 13, 14])),
        (&cycle, "name", json!(["A", "B", "C", "D"])),
        (&member, "team", json!(["A", "B", "C", "D"])),
    ];
    for (path, field, values) in edits {
        let to = |at: usize| json!({ field: values[at] });
        let read = async || root.get(path).await.header("etag").to_owned();
        let without = Answer::to(root.request(Method::PATCH, path).json(&to(0))).await;
        assert_eq!((without.status.as_u16(), without.code().as_str()), (428, "precondition_required"), "{path}");

        let old = read().await;
        let changed = change(&root, path, &old, &to(0)).await;
        assert_eq!(changed.ok()[field], values[0]);
        assert_eq!(changed.header("etag"), read().await, "the answer's ETag is good for the next change");
        let stale = change(&root, path, &old, &to(1)).await;
        assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale"), "{path}");
        assert_eq!(change(&root, path, &format!("W/{old}"), &to(1)).await.status, 412);
        assert_eq!(change(&root, path, "\"x\"", &to(1)).await.status, 412);
        assert_eq!(root.get(path).await.ok()[field], values[0]);

        change(&root, path, &format!("W/{}", read().await), &to(1)).await.ok();
        change(&root, path, &format!("{old}, {}", read().await), &to(2)).await.ok();
        change(&root, path, "*", &to(3)).await.ok();
        let version = read().await;
        let version = version.trim_matches('"').split('-').next().unwrap().to_owned();
        for garbage in ["", " ", &version, "\"", "W/", "W", "\"1", "1\"", "*, 1", "ü", "\"1\" \"2\"", ","] {
            let answer = change(&root, path, garbage, &to(0)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.wrong()),
                (400, vec!["If-Match wrong_format".to_owned()]),
                "{garbage:?}"
            );
        }
    }
}

/// What is only one's own can be changed without having read it; whoever says what they read is believed.
#[actix_web::test]
async fn what_is_my_own_needs_no_version() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let etag = ana.get("/v1/me").await.header("etag").to_owned();
    Answer::to(ana.request(Method::PATCH, "/v1/me").json(&json!({ "notify": false }))).await.ok();
    assert_eq!(change(&ana, "/v1/me", &etag, &json!({ "notify": true })).await.code(), "stale");
    for (path, first, second) in [
        ("/v1/cycles/current/participation", json!({ "answer": "opted_in" }), json!({ "answer": "not_this_time" })),
        ("/v1/cycles/current/reflection", json!({ "complete": true }), json!({ "complete": false })),
        ("/v1/cycles/next/reflection", json!({ "complete": true }), json!({ "complete": true, "answers": ["x"] })),
    ] {
        let before = ana.get(path).await.header("etag").to_owned();
        let put = |expected: &str, body: &Value| {
            ana.request(Method::PUT, path).header("If-Match", expected.to_owned()).json(body)
        };
        Answer::to(put(&before, &first)).await.ok();
        assert_eq!(Answer::to(put(&before, &second)).await.code(), "stale", "{path}");
        ana.put(path, second).await.ok();
    }
}

/// Each editor adds one to a number that they have read. Were an update lost, the number would be behind.
#[actix_web::test]
async fn of_a_hundred_editors_none_overwrites_another() {
    let (_town, companies) = Town::of(1, 16).await;
    let root = companies[0].administrator("root");
    let start = root.patch("/v1/policy", json!({ "retention_months": 24 })).await;
    let version = start.ok()["version"].as_i64().unwrap();
    let mut changed = 0;
    for _ in 0..4 {
        let editors = (0..100).map(async |_| {
            let read = root.get("/v1/policy").await;
            if read.status != 200 {
                return read.status.as_u16();
            }
            let months = read.body()["retention_months"].as_i64().unwrap();
            change(&root, "/v1/policy", read.header("etag"), &json!({ "retention_months": months + 1 }))
                .await
                .status
                .as_u16()
        });
        let outcomes = join_all(editors).await;
        assert!(outcomes.iter().all(|status| [200, 412, 503].contains(status)), "{outcomes:?}");
        changed += outcomes.iter().filter(|status| **status == 200).count() as i64;
    }
    let end = root.get("/v1/policy").await.ok();
    assert!(changed >= 4, "{changed}");
    assert_eq!(
        (end["retention_months"].as_i64(), end["version"].as_i64()),
        (Some(24 + changed), Some(version + changed))
    );
}
