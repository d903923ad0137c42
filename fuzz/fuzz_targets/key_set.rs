//! Key sets (RFC 7517), as an identity provider may publish them. What is taken holds a key that can verify, and none that
//! could sign.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use peer_coaching::access::{Issuers, SingleKey, Tokens};
use peer_coaching_fuzz::done;
use serde_json::Value;
use uuid::Uuid;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let single = || Issuers::single("i", "a", Uuid::nil().into(), SingleKey::Es256(text.to_owned()));
    let issuers = match single() {
        Ok(issuers) => issuers,
        Err(problems) => return assert_eq!(problems.len(), 1),
    };
    let set = serde_json::from_slice::<Value>(data).expect("a key set is JSON");
    let keys = set["keys"].as_array().expect("a key set has keys");
    let verifies = |key: &Value| key["kty"] == "EC" && key["crv"] == "P-256" && key.get("d").is_none();
    assert!(keys.len() <= 100 && keys.iter().any(verifies));
    // What nobody has signed is refused, under any key.
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"at+jwt"}"#);
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"i","aud":"a","sub":"s","exp":1767225700}"#);
    let token = format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
    let now = Timestamp::from_second(1_767_225_600).expect("an instant");
    assert!(done(Tokens::new(issuers).verify(&token, now)).is_err());
    assert!(single().is_ok(), "the same set is read the same way");
});
