//! Signatures as Standard Webhooks writes them (symmetric, `v1`).

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use zeroize::Zeroizing;

const PREFIX: &str = "whsec_";

/// A new secret, as receivers are given it: 256 random bits.
pub fn new_secret() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(&mut *bytes).expect("the system has random bytes");
    Zeroizing::new(format!("{PREFIX}{}", BASE64.encode(*bytes)))
}

/// The header `webhook-signature`: what each of these secrets says of this body under this id at this time.
pub fn signatures<'a>(secrets: impl IntoIterator<Item = &'a str>, id: &str, seconds: i64, body: &[u8]) -> String {
    let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
    let one = |secret: &str| {
        let secret = Zeroizing::new(BASE64.decode(secret.strip_prefix(PREFIX)?).ok()?);
        let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), &signed);
        Some(format!("v1,{}", BASE64.encode(code)))
    };
    secrets.into_iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_known_message_has_the_known_signature() {
        let (id, seconds, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, br#"{"test": 2432232314}"#);
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signatures([secret], id, seconds, body), known);
        let both = signatures([&**new_secret(), secret], id, seconds, body);
        assert!(both.ends_with(&format!(" {known}")) && both.split(' ').count() == 2, "{both}");
    }
}
