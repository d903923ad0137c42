//! Tokens in real time: to the second, give or take 30; and nothing remembered outlives the token or its key.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use peer_coaching::clock::real_time;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Person, Town, database};
use crate::tokens::Stage;

const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is asked whether something has come to pass.
const PACE: Duration = Duration::from_millis(10);

async fn town(stage: &Stage) -> (Town, Person) {
    let (town, _) = Town::trusting(database::settings("peer_coaching_app"), |founded| stage.issuers(founded)).await;
    let stranger = Person::stranger(&town.address);
    // what is slow only once, such as the first connection, is over before a test counts seconds
    assert_eq!(asks(&stranger, &stage.rsa.token(&stage.good())).await.0, 200);
    (town, stranger)
}

/// The status for this token, and between which instants it was decided.
async fn asks(stranger: &Person, token: &str) -> (u16, Timestamp, Timestamp) {
    let before = real_time();
    let answer = Answer::to(stranger.request(Method::GET, "/v1/me").bearer_auth(token)).await;
    (answer.status.as_u16(), before, real_time())
}

#[actix_web::test]
async fn clocks_may_differ_by_half_a_minute_and_no_more() {
    let stage = Stage::at(real_time());
    let (_town, stranger) = town(&stage).await;
    // Each claim is made at the last moment, 5 seconds from the edge on either side.
    for (claim, seconds, status) in
        [("exp", -25, 200), ("exp", -35, 401), ("nbf", 25, 200), ("nbf", 35, 401), ("iat", 25, 200), ("iat", 35, 401)]
    {
        let token = stage.claim(claim, json!(real_time().as_second() + seconds));
        assert_eq!(asks(&stranger, &token).await.0, status, "{claim} {seconds}");
    }
}

/// Accepted and remembered, asked for again and again, and refused from the very instant at which it ends.
#[actix_web::test]
async fn a_remembered_token_ends_when_it_ends() {
    let stage = Stage::at(real_time());
    let (_town, stranger) = town(&stage).await;
    let other = stage.rsa.token(&stage.good());
    assert_eq!(asks(&stranger, &other).await.0, 200);
    let exp = real_time().as_second() - 28;
    let end = Timestamp::from_second(exp).unwrap() + SignedDuration::from_secs(30);
    let (token, begun, mut accepted) = (stage.claim("exp", json!(exp)), Instant::now(), 0);
    loop {
        let (status, before, after) = asks(&stranger, &token).await;
        match status {
            200 => assert!(before < end, "accepted at {before}, {end} was its end"),
            401 => {
                assert!(after >= end, "refused at {after}, {end} is its end");
                break;
            }
            status => panic!("{status}"),
        }
        accepted += 1;
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(PACE).await;
    }
    assert!(accepted > 1, "{accepted}: it was not remembered");
    assert_eq!((asks(&stranger, &token).await.0, asks(&stranger, &other).await.0), (401, 200));
}

/// And it begins when it begins, though it was refused before: a refusal is not remembered.
#[actix_web::test]
async fn a_token_that_came_too_early_is_good_in_time() {
    let stage = Stage::at(real_time());
    let (_town, stranger) = town(&stage).await;
    let nbf = real_time().as_second() + 32;
    let start = Timestamp::from_second(nbf).unwrap() - SignedDuration::from_secs(30);
    let (token, begun, mut refused) = (stage.claim("nbf", json!(nbf)), Instant::now(), 0);
    loop {
        let (status, before, after) = asks(&stranger, &token).await;
        match status {
            401 => assert!(before < start, "refused at {before}, {start} was its beginning"),
            200 => {
                assert!(after >= start, "accepted at {after}, {start} is its beginning");
                break;
            }
            status => panic!("{status}"),
        }
        refused += 1;
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(PACE).await;
    }
    assert!(refused > 1, "{refused}");
}

/// The issuer withdraws a key. A token with a key that nobody knows has its keys fetched again, ten seconds after the
/// last time: from that answer on, what the withdrawn key signed is void, though it was accepted before.
#[actix_web::test]
async fn a_remembered_token_ends_with_its_key() {
    let stage = Stage::at(real_time());
    let (_town, stranger) = town(&stage).await;
    let (old, kept) = (stage.elliptic.token(&stage.good()), stage.rsa.token(&stage.good()));
    assert_eq!((asks(&stranger, &old).await.0, asks(&stranger, &kept).await.0), (200, 200));
    stage.provider.publishes(&[&stage.rsa, &stage.edwards]);
    let (asked, begun) = (stage.provider.asked("/jwks"), Instant::now());
    let unknown = stage.parameter("kid", json!("x"));
    while stage.provider.asked("/jwks") == asked {
        assert_eq!(asks(&stranger, &kept).await.0, 200);
        assert_eq!(asks(&stranger, &unknown).await.0, 401);
        assert!(begun.elapsed() < PATIENCE, "nobody has asked for the keys again");
        tokio::time::sleep(PACE).await;
    }
    // Whoever asks with an unknown key waits for the answer.
    assert_eq!(asks(&stranger, &unknown).await.0, 401);
    assert_eq!((asks(&stranger, &old).await.0, asks(&stranger, &kept).await.0), (401, 200));
    let anew = stage.elliptic.token(&stage.good());
    assert_eq!(asks(&stranger, &anew).await.0, 401, "nor is it accepted for another token");
}
