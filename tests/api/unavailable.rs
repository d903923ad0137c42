//! When the database is busy or away: 503 in good time, with when to come back; and all is well once it is.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jsonwebtoken::{EncodingKey, Header, encode};
use peer_coaching::db::DatabaseSettings;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Town, database, database_of_its_own};

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), "1");
}

/// A database of its own: a locked table would hold up the other tests too.
#[actix_web::test]
async fn a_locked_table_is_503_until_it_is_free() {
    let (owner, app) = database_of_its_own("locked").await;
    let (_town, companies) = Town::between(&app, app.clone(), 1, 2).await;
    let (ana, ben, stranger) = (companies[0].person("ana"), companies[0].person("ben"), companies[0].stranger());
    ana.id().await;
    let member = format!("/v1/members/{}", ben.id().await);
    let lock = owner.connect().await.unwrap();
    lock.batch_execute("begin; lock table members in access exclusive mode").await.unwrap();

    // Two hold the two connections, for as long as a lock is waited for; whoever comes meanwhile is not kept waiting.
    let timed = async |path: &str| {
        let started = Instant::now();
        (ana.get(path).await, started.elapsed())
    };
    let asked = Instant::now();
    let first = join_all((0..2).map(|_| timed(&member)));
    let meanwhile = async {
        let waiting = "select count(*) from pg_locks where relation = 'members'::regclass and not granted";
        while lock.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < 2 {
            assert!(asked.elapsed() < Duration::from_secs(2), "the two do not wait");
        }
        let late = join_all((0..20).map(|_| timed("/v1/policy"))).await;
        let bad = Header::default();
        let bad = encode(&bad, &json!({ "sub": "ana" }), &EncodingKey::from_secret(b"x")).unwrap();
        let started = Instant::now();
        let refused = Answer::to(stranger.request(Method::GET, &member).bearer_auth(bad)).await;
        assert_eq!((refused.code().as_str(), stranger.get("/livez").await.status.as_u16()), ("unauthenticated", 200));
        assert_eq!(ana.get("/v1/nowhere").await.code(), "not_found");
        assert!(started.elapsed() < Duration::from_secs(1), "these need no connection: {:?}", started.elapsed());
        late
    };
    let (first, late) = futures_util::future::join(first, meanwhile).await;
    for (answer, after) in &late {
        assert_unavailable(answer);
        assert!(
            *after < Duration::from_millis(1800),
            "told within the 400 ms that a connection is waited for: {after:?}"
        );
    }
    for (answer, after) in &first {
        assert_unavailable(answer);
        assert!((1500..5500).contains(&after.as_millis()), "told after the 2 s that a lock is waited for: {after:?}");
    }
    assert_eq!(
        ana.get("/v1/policy").await.status,
        200,
        "what needs no locked table is answered, once there are connections"
    );

    lock.batch_execute("rollback").await.unwrap();
    let released = Instant::now();
    for _ in 0..10 {
        ana.get(&member).await.ok();
        ana.patch("/v1/me", json!({ "notify": true })).await.ok();
    }
    assert!(released.elapsed() < Duration::from_secs(5), "{:?}", released.elapsed());
}

#[actix_web::test]
async fn an_unreachable_database_is_503() {
    let nowhere = "host=127.0.0.1 port=1 user=peer_coaching_app dbname=coaching connect_timeout=1";
    let nowhere = DatabaseSettings::new(nowhere.parse().unwrap()).unwrap();
    let known = database::settings("peer_coaching_app");
    let (_town, companies) = Town::between(&known, nowhere, 1, 2).await;
    let (ana, sync, stranger) = (
        companies[0].person("ana"),
        companies[0].integration("sync", "members:read members:write"),
        companies[0].stranger(),
    );
    for _ in 0..3 {
        assert_unavailable(&ana.get("/v1/me").await);
        assert_unavailable(&sync.get("/v1/members").await);
        let batch = sync.request(Method::POST, "/v1/members/batch").header("Idempotency-Key", "k");
        assert_unavailable(&Answer::to(batch.json(&json!({ "members": [{ "external_id": "x", "name": "X" }] }))).await);
    }
    assert_eq!(
        (stranger.get("/v1/me").await.status.as_u16(), stranger.get("/livez").await.status.as_u16()),
        (401, 200)
    );
    let ready = stranger.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.header("content-type")), (503, "application/json"));
    assert_eq!(ready.body()["because"], json!(["the database cannot be reached"]));
}
