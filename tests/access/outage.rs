//! The provider is down, slow, or talks nonsense: known keys go on, new ones fail closed.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use peer_coaching::access::{Rejected, Tokens};
use serde_json::{Value, json};

use crate::forge::Signer;
use crate::provider::{Answer, Provider, key_set};
use crate::{claims, issuers, later, now, verdict};

/// Answers that hold no keys for us, with what `check-config --online` says of each.
fn nonsense(provider: &Provider, newer: &Signer) -> Vec<(&'static str, Answer, &'static str)> {
    let keys = key_set(&[newer]).to_string();
    let set = |keys: Vec<Value>| Answer::json(&json!({ "keys": keys }));
    provider.answers("/elsewhere", Answer::text(keys.clone()));
    let status = |status, body: &str| Answer { status, ..Answer::text(body) };
    let elsewhere = |status| Answer { location: Some(format!("{}/elsewhere", provider.address())), ..status };
    let html = |body: &str| Answer { kind: "text/html", ..Answer::text(body) };
    vec![
        ("500", status(500, &keys), "answered 500 instead of 200"),
        ("503, empty", status(503, ""), "answered 503 instead of 200"),
        ("201", status(201, &keys), "answered 201 instead of 200"),
        ("302", elsewhere(status(302, "")), "redirects are not followed"),
        ("307", elsewhere(status(307, &keys)), "redirects are not followed"),
        ("empty", Answer::text(""), "not a JSON object"),
        ("half", Answer::text(&keys[..keys.len() / 2]), "not a JSON object"),
        ("two objects", Answer::text(keys.clone() + &keys), "not a JSON object"),
        ("keys twice", Answer::text(keys.replacen('{', "{\"keys\":[],", 1)), "not a JSON object"),
        ("a page", html("<!doctype html><title>Sign in</title>"), "not a JSON object"),
        ("null", Answer::text("null"), "not a JSON object"),
        ("no keys", Answer::text("{\"error\":\"try later\"}"), "has no list \"keys\""),
        ("a key that is none", Answer::text("{\"keys\":[null]}"), "has no list \"keys\""),
        ("65 KiB", Answer::text(keys.clone() + &" ".repeat(65 * 1024)), "larger than 64 KiB"),
        ("10 MB", Answer::text(keys.clone() + &" ".repeat(10_000_000)), "larger than 64 KiB"),
        ("101 keys", set(vec![newer.jwk(); 101]), "more than 100 keys"),
    ]
}

#[actix_web::test]
async fn nonsense_changes_nothing() {
    let (known, newer) = (Signer::elliptic("known"), Signer::elliptic("newer"));
    let provider = Provider::start();
    for (name, answer, told) in nonsense(&provider, &newer) {
        provider.publishes(&[&known]);
        let tokens = Tokens::new(issuers(&provider.settings()));
        tokens.renew(now()).await;
        provider.answers("/jwks", answer);
        let before = provider.asked("/jwks");
        for second in [31, 600, 3500] {
            let token = known.token(&claims(&provider.address()));
            assert_eq!(verdict(&tokens, &token, later(second)).now_or_never(), Some(Ok(())), "{name} after {second} s");
            tokens.renew(later(second)).await;
            let token = newer.token(&claims(&provider.address()));
            assert_eq!(
                verdict(&tokens, &token, later(second)).await,
                Err(Rejected::UnknownKey),
                "{name} after {second} s"
            );
        }
        assert_eq!(provider.asked("/jwks") - before, 3, "{name}");
        assert!(tokens.ready());
        let problems = tokens.check_online().await;
        assert!(problems.len() == 1 && problems[0].contains(told), "{name}: {problems:?}");
        // The control: a good answer at the same moment does change something.
        provider.publishes(&[&newer]);
        tokens.renew(later(3510)).await;
        assert_eq!(
            verdict(&tokens, &known.token(&claims(&provider.address())), later(3510)).await,
            Err(Rejected::UnknownKey)
        );
        assert_eq!(verdict(&tokens, &newer.token(&claims(&provider.address())), later(3510)).await, Ok(()), "{name}");
    }
    assert_eq!(provider.asked("/elsewhere"), 0);
}

#[actix_web::test]
async fn the_largest_answer_is_read_and_its_type_does_not_matter() {
    let (provider, signer) = (Provider::start(), Signer::elliptic("e"));
    let mut text = key_set(&[&signer]).to_string();
    text += &" ".repeat(64 * 1024 - text.len());
    provider.answers("/jwks", Answer { kind: "text/html", ..Answer::text(text) });
    let tokens = Tokens::new(issuers(&provider.settings()));
    assert_eq!(verdict(&tokens, &signer.token(&claims(&provider.address())), now()).await, Ok(()));
}

#[actix_web::test]
async fn two_keys_with_one_id_may_both_sign() {
    let provider = Provider::start();
    let (one, two, stranger) = (Signer::elliptic("same"), Signer::elliptic("same"), Signer::elliptic("same"));
    provider.publishes(&[&one, &two]);
    let tokens = Tokens::new(issuers(&provider.settings()));
    for (signer, expected) in [(&one, Ok(())), (&two, Ok(())), (&stranger, Err(Rejected::Signature))] {
        assert_eq!(verdict(&tokens, &signer.token(&claims(&provider.address())), now()).await, expected);
    }
}

#[actix_web::test]
async fn silence_is_waited_for_two_seconds_and_no_more() {
    let (provider, signer) = (Provider::start(), Signer::elliptic("e"));
    provider.publishes(&[&signer]);
    provider.pauses();
    let tokens = Tokens::new(issuers(&provider.settings()));
    let token = signer.token(&claims(&provider.address()));
    let began = Instant::now();
    let (first, second, told) =
        tokio::join!(verdict(&tokens, &token, now()), verdict(&tokens, &token, now()), tokens.check_online());
    assert_eq!((first, second), (Err(Rejected::UnknownKey), Err(Rejected::UnknownKey)));
    assert!(told.len() == 1 && told[0].contains("did not answer within 2 seconds"), "{told:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    tokens.renew(now()).await;
    assert!(!tokens.ready());
    provider.goes_on();
    assert_eq!(verdict(&tokens, &token, later(9)).await, Err(Rejected::UnknownKey));
    assert_eq!(verdict(&tokens, &token, later(10)).await, Ok(()));
}

#[actix_web::test]
async fn nobody_listens() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let provider = Provider::start();
    let settings = provider.settings().replace(&provider.address(), &format!("http://127.0.0.1:{port}"));
    let tokens = Tokens::new(issuers(&settings));
    let token = Signer::elliptic("e").token(&claims(&format!("http://127.0.0.1:{port}")));
    assert_eq!(verdict(&tokens, &token, now()).await, Err(Rejected::UnknownKey));
    let told = tokens.check_online().await;
    assert!(told.len() == 1 && told[0].contains("could not be connected to"), "{told:?}");
}

#[actix_web::test]
async fn a_discovery_document_must_be_the_issuers_own() {
    let (provider, signer) = (Provider::start(), Signer::elliptic("e"));
    provider.publishes(&[&signer]);
    let address = provider.address();
    let settings = provider.settings().replace(&format!("jwks_url = \"{address}/jwks\""), "discovery = true");
    let keys = format!("{address}/jwks");
    for (document, told) in [
        (json!({"issuer": address, "jwks_uri": keys}), None),
        (json!({"issuer": format!("{address}/"), "jwks_uri": keys}), Some("another issuer")),
        (json!({"issuer": [address], "jwks_uri": keys}), Some("another issuer")),
        (json!({"jwks_uri": keys}), Some("another issuer")),
        (json!({"issuer": address}), Some("no \"jwks_uri\"")),
        (json!({"issuer": address, "jwks_uri": "/jwks"}), Some("no \"jwks_uri\"")),
        (json!({"issuer": address, "jwks_uri": "http://keys.example.com/jwks"}), Some("no \"jwks_uri\"")),
        (json!({"issuer": address, "jwks_uri": "file:///etc/hostname"}), Some("no \"jwks_uri\"")),
        (json!([address]), Some("not a JSON object")),
    ] {
        provider.answers("/.well-known/openid-configuration", Answer::json(&document));
        let tokens = Tokens::new(issuers(&settings));
        let problems = tokens.check_online().await;
        assert_eq!(problems.is_empty(), told.is_none(), "{document}: {problems:?}");
        assert!(problems.iter().all(|problem| problem.contains(told.unwrap())), "{document}: {problems:?}");
        let expected = if told.is_none() { Ok(()) } else { Err(Rejected::UnknownKey) };
        assert_eq!(verdict(&tokens, &signer.token(&claims(&address)), now()).await, expected, "{document}");
    }
}

#[actix_web::test]
async fn keys_for_other_algorithms_are_reported() {
    let (provider, signer) = (Provider::start(), Signer::elliptic("e"));
    provider.publishes(&[&signer]);
    let settings = provider.settings().replace("\"RS256\", \"ES256\", \"EdDSA\"", "\"RS256\"");
    let told = Tokens::new(issuers(&settings)).check_online().await;
    assert!(told.len() == 1 && told[0].ends_with("its key set has no key for RS256"), "{told:?}");
}
