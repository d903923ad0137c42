//! Keys come and go; valid tokens never notice, and the provider hardly.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;
use peer_coaching::access::{Rejected, Tokens};
use serde_json::json;

use crate::forge::Signer;
use crate::provider::{Answer, Provider, key_set};
use crate::{claims, issuers, later, now, verdict};

fn stage() -> (Provider, Signer, Tokens) {
    let (provider, signer) = (Provider::start(), Signer::elliptic("first"));
    provider.publishes(&[&signer]);
    let tokens = Tokens::new(issuers(&provider.settings()));
    (provider, signer, tokens)
}

#[actix_web::test]
async fn many_first_requests_are_one_fetch() {
    let (provider, signer, tokens) = stage();
    assert!(!tokens.ready());
    let many: Vec<_> = (0..50).map(|n| with_subject(&signer, &provider, &n.to_string())).collect();
    let verdicts = join_all(many.iter().map(|token| verdict(&tokens, token, now()))).await;
    assert_eq!(verdicts, vec![Ok(()); 50]);
    assert_eq!(provider.asked("/jwks"), 1);
    assert!(tokens.ready());
}

#[actix_web::test]
async fn ready_comes_without_a_token() {
    let (provider, _, tokens) = stage();
    provider.answers("/jwks", Answer::json(&json!({"keys": []})));
    tokens.renew(now()).await;
    assert!(!tokens.ready());
    provider.publishes(&[&Signer::elliptic("x")]);
    tokens.renew(later(9)).await;
    assert!(!tokens.ready());
    tokens.renew(later(10)).await;
    assert!(tokens.ready());
}

#[actix_web::test]
async fn a_flood_of_unknown_keys_is_one_fetch_in_ten_seconds() {
    let (provider, signer, tokens) = stage();
    assert_eq!(verdict(&tokens, &signer.token(&claims(&provider.address())), now()).await, Ok(()));
    for second in 0..25 {
        let flood: Vec<_> =
            (0..40).map(|n| Signer::elliptic(&format!("{second}-{n}")).token(&claims(&provider.address()))).collect();
        let verdicts = join_all(flood.iter().map(|token| verdict(&tokens, token, later(second)))).await;
        assert_eq!(verdicts, vec![Err(Rejected::UnknownKey); 40]);
        assert_eq!(provider.asked("/jwks"), 1 + usize::try_from(second).unwrap() / 10, "after {second} s");
    }
}

#[actix_web::test]
async fn a_known_key_never_waits() {
    let (provider, signer, tokens) = stage();
    tokens.renew(now()).await;
    provider.pauses();
    let mut asked_late = 0;
    for second in (29..=3629).step_by(100) {
        // Each a token that nobody has seen: the memory does not help.
        let token = with_subject(&signer, &provider, &second.to_string());
        let at_once = verdict(&tokens, &token, later(second)).now_or_never();
        assert_eq!(at_once, Some(Ok(())), "after {second} s");
        asked_late += 1;
    }
    assert!(asked_late > 30);
    provider.goes_on();
    tokens.renew(later(3629)).await;
    // One attempt hung all the while, and nobody was waiting for it.
    assert_eq!(provider.asked("/jwks"), 2);
}

#[actix_web::test]
async fn rotation_refuses_no_valid_token() {
    let (provider, first, tokens) = stage();
    let mut current = first;
    let mut next: Option<Signer> = None;
    let mut previous: Option<Signer> = None;
    let mut verified = 0;
    for second in (0..1200).step_by(2) {
        match second % 40 {
            // Published 15 s before its first use, as providers do at the least; the last one stays a while.
            24 => next = Some(Signer::elliptic(&format!("key {second}"))),
            0 if second > 0 => previous = Some(std::mem::replace(&mut current, next.take().unwrap())),
            20 => previous = None,
            _ => {}
        }
        let published: Vec<_> = [Some(&current), next.as_ref(), previous.as_ref()].into_iter().flatten().collect();
        provider.publishes(&published);
        for (signer, user) in [(Some(&current), "new"), (previous.as_ref(), "old")] {
            let Some(signer) = signer else { continue };
            let token = with_subject(signer, &provider, &format!("{user} {second}"));
            assert_eq!(verdict(&tokens, &token, later(second)).await, Ok(()), "{user} key after {second} s");
            verified += 1;
        }
        tokens.renew(later(second)).await;
    }
    assert!(verified > 800);
    assert!(provider.asked("/jwks") <= 1200 / 10, "{}", provider.asked("/jwks"));
}

#[actix_web::test]
async fn a_removed_key_is_refused_within_a_minute() {
    let (provider, signer, tokens) = stage();
    let (early, token) = (with_subject(&signer, &provider, "early"), signer.token(&claims(&provider.address())));
    assert_eq!(verdict(&tokens, &early, now()).await, Ok(()));
    provider.publishes(&[&Signer::elliptic("second")]);
    let mut refused = None;
    for second in 1..60 {
        let verdicts = [verdict(&tokens, &early, later(second)).await, verdict(&tokens, &token, later(second)).await];
        tokens.renew(later(second)).await;
        match (verdicts, refused) {
            ([Ok(()), Ok(())], None) => {}
            ([Err(Rejected::UnknownKey), Err(Rejected::UnknownKey)], _) => refused = refused.or(Some(second)),
            (verdicts, refused) => panic!("after {second} s, refused since {refused:?}: {verdicts:?}"),
        }
    }
    assert_eq!(refused, Some(31));
    // The key comes back: so do its tokens.
    provider.publishes(&[&signer]);
    tokens.renew(later(90)).await;
    assert_eq!(verdict(&tokens, &early, later(90)).await, Ok(()));
}

#[actix_web::test]
async fn a_fetch_outlives_who_asked_for_it() {
    let (provider, signer, tokens) = stage();
    let token = signer.token(&claims(&provider.address()));
    provider.pauses();
    assert_eq!(verdict(&tokens, &token, now()).now_or_never(), None);
    // The future is gone, as when the client hangs up. The fetch goes on without it.
    provider.goes_on();
    tokens.renew(now()).await;
    assert_eq!(verdict(&tokens, &token, later(1)).await, Ok(()));
    assert_eq!(provider.asked("/jwks"), 1);
}

#[test]
fn a_fetch_that_dies_with_its_worker_blocks_nobody() {
    let (provider, signer, tokens) = stage();
    let tokens = Arc::new(tokens);
    let token = signer.token(&claims(&provider.address()));
    provider.pauses();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let worker = runtime();
    assert_eq!(worker.block_on(async { verdict(&tokens, &token, now()).now_or_never() }), None);
    drop(worker);
    provider.goes_on();
    assert_eq!(runtime().block_on(verdict(&tokens, &token, later(10))), Ok(()));
}

#[actix_web::test]
async fn discovery_leads_to_the_keys_and_back_when_they_move() {
    let (provider, signer) = (Provider::start(), Signer::rsa("r"));
    let issuer = format!("{}/realm", provider.address());
    let document =
        |path: &str| Answer::json(&json!({"issuer": issuer, "jwks_uri": format!("{}{path}", provider.address())}));
    provider.answers("/realm/.well-known/openid-configuration", document("/old"));
    provider.answers("/old", Answer::json(&key_set(&[&signer])));
    let settings =
        provider.settings().replace(&format!("jwks_url = \"{}/jwks\"", provider.address()), "discovery = true");
    let tokens = Tokens::new(issuers(
        &settings.replace(&format!("issuer = \"{}\"", provider.address()), &format!("issuer = \"{issuer}\"")),
    ));
    assert_eq!(verdict(&tokens, &signer.token(&claims(&issuer)), now()).await, Ok(()));
    assert_eq!(tokens.check_online().await, Vec::<String>::new());
    let moved = Signer::edwards("d");
    provider.answers("/realm/.well-known/openid-configuration", document("/new"));
    provider.answers("/new", Answer::json(&key_set(&[&moved])));
    assert_eq!(verdict(&tokens, &moved.token(&claims(&issuer)), later(10)).await, Ok(()));
}

fn with_subject(signer: &Signer, provider: &Provider, subject: &str) -> String {
    let mut claims = claims(&provider.address());
    claims["sub"] = json!(subject);
    claims["exp"] = json!(now().as_second() + 7200);
    signer.token(&claims)
}
