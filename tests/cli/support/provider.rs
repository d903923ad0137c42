//! An identity provider with an ES256 key of its own.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use peer_coaching::clock::real_time;
use serde_json::{Value, json};

pub struct Provider {
    key: EcdsaKeyPair,
}

impl Provider {
    pub const ISSUER: &str = "https://login.example.com/";
    pub const AUDIENCE: &str = "https://coaching.example.com";

    pub fn new() -> Self {
        Self { key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    /// Its public keys, as it would publish them.
    pub fn jwks(&self) -> Value {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "k1", "x": encode(x), "y": encode(y) });
        json!({ "keys": [key] })
    }

    /// A token for this person, good for an hour.
    pub fn token(&self, subject: &str) -> String {
        let now = real_time().as_second();
        self.signed(&json!({
            "iss": Self::ISSUER, "aud": Self::AUDIENCE, "sub": subject, "name": "Zoë", "iat": now, "exp": now + 3600,
        }))
    }

    /// A token that says this.
    pub fn signed(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "k1" });
        let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encode(signature.as_ref()))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
