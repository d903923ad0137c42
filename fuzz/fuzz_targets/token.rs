//! Tokens: `header`, a line's end, `claims`, both JSON, are signed as an identity provider would sign them. Whoever is let
//! in is who the claims say, and what was not signed lets nobody in.

#![no_main]

use std::cell::RefCell;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use peer_coaching::access::{Issuers, SingleKey, Tokens};
use peer_coaching_fuzz::{changed, done};
use serde_json::Value;
use uuid::Uuid;

const ISSUER: &str = "https://login.example.com/";
const AUDIENCE: &str = "https://coaching.example.com";
const SECRET: &str = "a secret that is long enough for HS256";
const ORGANIZATION: Uuid = Uuid::from_u128(0x0198_c5a0_0000_7000_8000_0000_0000_0001);

/// 2026-01-01, when the tokens of the corpus are good.
const NOW: i64 = 1_767_225_600;

fn tokens() -> Tokens {
    let key = SingleKey::Secret(SECRET.to_owned().into());
    Tokens::new(Issuers::single(ISSUER, AUDIENCE, ORGANIZATION.into(), key).expect("an issuer"))
}

fn object(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("only JSON is let in")
}

fuzz_target!(|data: &[u8]| {
    thread_local!(static TOKENS: RefCell<Tokens> = RefCell::new(tokens()));
    let now = Timestamp::from_second(NOW).expect("an instant");
    TOKENS.with_borrow(|tokens| {
        if let Ok(text) = str::from_utf8(data) {
            assert!(done(tokens.verify(text, now)).is_err(), "nobody has signed this");
        }
        let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
        let (header, claims) = (&data[..line], data.get(line + 1..).unwrap_or_default());
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes());
        let token = |signature: &[u8]| format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        let forged = token(&changed(signature.as_ref(), data.len()));
        assert!(done(tokens.verify(&forged, now)).is_err(), "nobody has signed this");
        let Ok(verified) = done(tokens.verify(&token(signature.as_ref()), now)) else { return };
        let again = done(tokens.verify(&token(signature.as_ref()), now)).expect("it is remembered");
        assert_eq!(*verified, *again);
        let (header, claims) = (object(header), object(claims));
        assert_eq!((&header["alg"], header.get("crit")), (&"HS256".into(), None));
        assert_eq!((&claims["iss"], &*verified.issuer), (&ISSUER.into(), ISSUER));
        let audience = Value::from(AUDIENCE);
        assert!(claims["aud"] == audience || claims["aud"].as_array().is_some_and(|all| all.contains(&audience)));
        assert_eq!((verified.organization.uuid(), &claims["sub"]), (ORGANIZATION, &verified.subject.as_str().into()));
        let leeway = SignedDuration::from_secs(30);
        assert!(
            verified.expires_at > now - leeway && verified.expires_at < now + SignedDuration::from_hours(24) + leeway
        );
    });
});
