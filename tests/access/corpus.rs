//! Why each of the bad tokens is refused.

use peer_coaching::access::{Rejected, Tokens};
use peer_coaching::ids::OrganizationId;
use serde_json::{Value, json};

use crate::faults::{good, good_this_second, of_this_second};
use crate::forge::Signer;
use crate::provider::{Answer, Provider};
use crate::tokens::{Stage, changed};
use crate::{claims, issuers, later, now, verdict};

fn stage() -> (Stage, Tokens) {
    let stage = Stage::at(now());
    let tokens = Tokens::new(stage.issuers([(); 3].map(|()| OrganizationId::new())));
    (stage, tokens)
}

#[actix_web::test]
async fn every_bad_token_is_refused_for_its_one_fault() {
    let (stage, tokens) = stage();
    let good = [good(&stage), good_this_second(&stage)].concat();
    for (name, token) in &good {
        assert_eq!(verdict(&tokens, token, now()).await, Ok(()), "control: {name}");
    }
    let cases = [stage.bad(), of_this_second(&stage)].concat();
    assert!(cases.len() > 100, "{}", cases.len());
    for (name, token, reason) in &cases {
        assert_eq!(verdict(&tokens, token, now()).await, Err(*reason), "{name}: {token}");
        assert_eq!(verdict(&tokens, token, now()).await, Err(*reason), "{name}, again: {token}");
    }
    for (name, token) in &good {
        assert_eq!(verdict(&tokens, token, now()).await, Ok(()), "control, afterwards: {name}");
    }
    assert_eq!(stage.canary.connects(), 0);
    assert_eq!(stage.provider.asked("/jwks"), 1);
}

#[actix_web::test]
async fn an_unknown_issuer_costs_no_fetch() {
    let (stage, tokens) = stage();
    for second in 0..100 {
        let token = stage.claim("iss", json!(format!("{}/{second}", stage.provider.address())));
        assert_eq!(verdict(&tokens, &token, later(second * 20)).await, Err(Rejected::Issuer));
    }
    assert_eq!(stage.provider.asked("/jwks") + stage.provider.asked("/theirs/jwks"), 0);
}

#[actix_web::test]
async fn a_token_for_two_of_an_issuers_entries_says_nothing() {
    let provider = Provider::start();
    let signer = Signer::elliptic("e");
    provider.publishes(&[&signer]);
    let second = provider.settings().replace("[\"us\"]", "[\"them\"]").replace("000001", "000002");
    let tokens = Tokens::new(issuers(&(provider.settings() + &second)));
    let organization = async |audience: Value| {
        let token = signer.token(&changed(claims(&provider.address()), "aud", audience));
        tokens.verify(&token, now()).await.map(|verified| verified.organization.to_string().pop())
    };
    assert_eq!(organization(json!("us")).await, Ok(Some('1')));
    assert_eq!(organization(json!(["them", "x"])).await, Ok(Some('2')));
    assert_eq!(organization(json!(["them", "us"])).await, Err(Rejected::Audience));
}

#[actix_web::test]
async fn without_an_id_exactly_one_key_must_fit() {
    let provider = Provider::start();
    let (one, two) = (Signer::elliptic("1"), Signer::elliptic("2"));
    provider.publishes(&[&one, &two, &Signer::edwards("3")]);
    let tokens = Tokens::new(issuers(&provider.settings()));
    let named = one.token(&claims(&provider.address()));
    assert_eq!(verdict(&tokens, &named, now()).await, Ok(()));
    let nameless = one.without_id().token(&claims(&provider.address()));
    assert_eq!(verdict(&tokens, &nameless, now()).await, Err(Rejected::AmbiguousKey));
}

#[actix_web::test]
async fn keys_that_are_not_for_this_are_not_used() {
    let signer = Signer::elliptic("e");
    let rsa = Signer::rsa("e");
    for (name, published) in [
        ("for encryption", changed(signer.jwk(), "use", json!("enc"))),
        ("for another algorithm", changed(signer.jwk(), "alg", json!("ES384"))),
        ("for other operations", changed(signer.jwk(), "key_ops", json!(["sign"]))),
        ("not on the curve", changed(signer.jwk(), "y", signer.jwk()["x"].clone())),
        ("of another type", rsa.jwk()),
        ("with its private half", changed(signer.jwk(), "d", json!("AAAA"))),
    ] {
        let provider = Provider::start();
        provider.answers("/jwks", Answer::json(&json!({ "keys": [published] })));
        let tokens = Tokens::new(issuers(&provider.settings()));
        let token = signer.token(&claims(&provider.address()));
        assert_eq!(verdict(&tokens, &token, now()).await, Err(Rejected::UnknownKey), "{name}");
        provider.publishes(&[&signer]);
        assert_eq!(verdict(&tokens, &token, later(10)).await, Ok(()), "control: {name}");
    }
}
