//! Makes keys and tokens, good and bad, without the library that verifies them.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

enum Private {
    Rsa(&'static rsa::KeyPair),
    Elliptic(EcdsaKeyPair),
    Edwards(Ed25519KeyPair),
    Secret(Vec<u8>),
}

/// A key pair with its id; or a secret.
pub struct Signer {
    private: Private,
    pub id: Option<String>,
}

impl Signer {
    /// RSA keys take long to make: there are two, this and [`Signer::other_rsa`].
    pub fn rsa(id: &str) -> Self {
        static KEY: LazyLock<rsa::KeyPair> = LazyLock::new(|| rsa::KeyPair::generate(KeySize::Rsa2048).unwrap());
        Self { private: Private::Rsa(&KEY), id: Some(id.to_owned()) }
    }

    pub fn other_rsa(id: &str) -> Self {
        static KEY: LazyLock<rsa::KeyPair> = LazyLock::new(|| rsa::KeyPair::generate(KeySize::Rsa2048).unwrap());
        Self { private: Private::Rsa(&KEY), id: Some(id.to_owned()) }
    }

    pub fn elliptic(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { private: Private::Elliptic(pair), id: Some(id.to_owned()) }
    }

    pub fn edwards(id: &str) -> Self {
        Self { private: Private::Edwards(Ed25519KeyPair::generate().unwrap()), id: Some(id.to_owned()) }
    }

    pub fn secret(secret: &[u8]) -> Self {
        Self { private: Private::Secret(secret.to_vec()), id: None }
    }

    pub fn without_id(self) -> Self {
        Self { id: None, ..self }
    }

    pub fn algorithm(&self) -> &'static str {
        match self.private {
            Private::Rsa(_) => "RS256",
            Private::Elliptic(_) => "ES256",
            Private::Edwards(_) => "EdDSA",
            Private::Secret(_) => "HS256",
        }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.private {
            Private::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                json!({"kty": "RSA", "n": encode(n.big_endian_without_leading_zero()), "e": encode(e.big_endian_without_leading_zero())})
            }
            Private::Elliptic(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Private::Edwards(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
            Private::Secret(secret) => json!({"kty": "oct", "k": encode(secret)}),
        };
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm());
        if let Some(id) = &self.id {
            jwk["kid"] = json!(id);
        }
        jwk
    }

    /// The public half as DER (RFC 5280), which careless verifiers have taken for a secret.
    pub fn public_der(&self) -> Vec<u8> {
        match &self.private {
            Private::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Private::Elliptic(pair) => pair.public_key().as_ref().to_vec(),
            Private::Edwards(pair) => pair.public_key().as_ref().to_vec(),
            Private::Secret(secret) => secret.clone(),
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.private {
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Private::Elliptic(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Private::Edwards(pair) => pair.sign(message).as_ref().to_vec(),
            Private::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
            }
        }
    }

    /// The header of this signer's good tokens.
    pub fn header(&self) -> Value {
        let mut header = json!({"alg": self.algorithm(), "typ": "at+jwt"});
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        header
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.token_of(&self.header().to_string(), &claims.to_string())
    }

    /// A token of these very texts.
    pub fn token_of(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// The claims of a token for `us` that is good now.
pub fn claims(issuer: &str, now: Timestamp) -> Value {
    let second = now.as_second();
    json!({"iss": issuer, "aud": "us", "sub": "ana", "iat": second - 60, "exp": second + 3600})
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
