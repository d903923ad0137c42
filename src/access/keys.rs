//! An issuer's keys: read from a JWK set (RFC 7517), each fit for exactly one algorithm.

use std::ops::RangeInclusive;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::json;

/// More keys than any provider publishes: a set with more is a mistake or an attack.
const MOST_KEYS: usize = 100;

/// How long an RSA modulus may be: 2048 to 8192 bits.
const RSA_BYTES: RangeInclusive<usize> = 256..=1024;

/// Stands for one key as it was published: its id, its algorithm and its material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thumbprint([u8; 32]);

/// One key that may have signed a token.
pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    verifying: DecodingKey,
    pub thumbprint: Thumbprint,
}

impl Key {
    /// Whether this key made `signature` over `message`.
    pub fn signed(&self, message: &str, signature: &str) -> bool {
        let verdict =
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.verifying, self.algorithm.into());
        verdict.unwrap_or(false)
    }

    fn new(id: Option<&str>, algorithm: Algorithm, verifying: DecodingKey, material: &[u8]) -> Self {
        let mut text = algorithm.name().as_bytes().to_vec();
        // A length before each piece: no two keys have the same text.
        for piece in [id.map_or(&[][..], str::as_bytes), material] {
            text.extend((piece.len() as u64).to_be_bytes());
            text.extend(piece);
        }
        text.push(u8::from(id.is_some()));
        Self { id: id.map(str::to_owned), algorithm, verifying, thumbprint: thumbprint(&text) }
    }

    /// The key that `jwk` publishes, if it is one for signatures that we accept.
    ///
    /// Whatever else a set holds is passed over, as RFC 7517 (section 5) asks. That includes symmetric keys (nobody
    /// publishes a secret), and keys published with their private half (anyone could sign).
    fn published(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let (algorithm, verifying, material) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                let parts = RsaPublicKeyComponents { n: &n, e: &e };
                parts.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
                is_sound(&n, &e).then_some(())?;
                (Algorithm::Rs256, DecodingKey::from_rsa_raw_components(&n, &e), [n, e].concat())
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                // Refuses coordinates of another length and points that are not on the curve.
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).ok().filter(|_| x.len() == 32)?;
                (Algorithm::Es256, DecodingKey::from_ec_der(&point), point)
            }
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x")?;
                ParsedPublicKey::new(&ED25519, &x).ok().filter(|_| x.len() == 32)?;
                (Algorithm::EdDsa, DecodingKey::from_ed_der(&x), x)
            }
            _ => return None,
        };
        let meant = |name: &str, wanted: &str| jwk.get(name).is_none_or(|value| value == wanted);
        let verifies =
            |operations: &Value| operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"));
        let fit = meant("use", "sig")
            && meant("alg", algorithm.name())
            && jwk.get("key_ops").is_none_or(verifies)
            && !jwk.contains_key("d")
            && jwk.get("kid").is_none_or(Value::is_string);
        fit.then(|| Self::new(text("kid"), algorithm, verifying, &material))
    }
}

/// The keys of one issuer at one time.
#[derive(Default)]
pub(super) struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a JWK set: an object whose `keys` is a list of objects.
    pub fn parse(text: &[u8]) -> Result<Self, NotAKeySet> {
        let set = json::object(text).ok_or(NotAKeySet::NotAnObject)?;
        let published = set.get("keys").and_then(Value::as_array).ok_or(NotAKeySet::NoKeys)?;
        if published.len() > MOST_KEYS {
            return Err(NotAKeySet::TooMany);
        }
        let jwks = published.iter().map(Value::as_object).collect::<Option<Vec<_>>>().ok_or(NotAKeySet::NoKeys)?;
        Ok(Self(jwks.into_iter().filter_map(Key::published).collect()))
    }

    /// The only key of an issuer with whom we share a secret.
    pub fn shared(secret: &SecretSlice<u8>) -> Self {
        let verifying = DecodingKey::from_secret(secret.expose_secret());
        // It never changes while we run, so its thumbprint need not hold a trace of it.
        Self(vec![Key::new(None, Algorithm::Hs256, verifying, &[])])
    }

    /// The keys that may have signed a token with this `kid` and `alg`.
    ///
    /// A shared secret is the only key there is, whatever the token calls it.
    pub fn fitting(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<&Key> {
        let named = |key: &Key| id.is_none() || key.id.as_deref() == id || key.algorithm == Algorithm::Hs256;
        self.0.iter().filter(|key| key.algorithm == algorithm && named(key)).collect()
    }

    pub fn holds(&self, thumbprint: Thumbprint) -> bool {
        self.0.iter().any(|key| key.thumbprint == thumbprint)
    }

    /// Whether any key can verify one of `algorithms`.
    pub fn serves(&self, algorithms: &[Algorithm]) -> bool {
        self.0.iter().any(|key| algorithms.contains(&key.algorithm))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// What parsing does not look at: RFC 7518 (section 3.3) asks for 2048 bits or more, and with an exponent of 1 anyone
/// could sign.
fn is_sound(modulus: &[u8], exponent: &[u8]) -> bool {
    let length = modulus.iter().skip_while(|byte| **byte == 0).count();
    let is_one = exponent.iter().rev().skip(1).all(|byte| *byte == 0) && exponent.last() == Some(&1);
    let is_odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    RSA_BYTES.contains(&length) && is_odd && !is_one
}

/// Why a text is no JWK set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAKeySet {
    #[error("is not a JSON object in which every name appears once")]
    NotAnObject,
    #[error("has no list \"keys\" of JSON Web Keys")]
    NoKeys,
    #[error("has more than {MOST_KEYS} keys")]
    TooMany,
}

fn thumbprint(text: &[u8]) -> Thumbprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text).as_ref());
    Thumbprint(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The P-256 key of RFC 7517, appendix A.1.
    fn elliptic() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})
    }

    /// The Ed25519 key of RFC 8037, appendix A.2.
    fn edwards() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    /// An RSA key of so many bytes, which nobody can sign with.
    fn modulus(bytes: usize) -> Value {
        json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes])})
    }

    fn changed(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    fn read(keys: Vec<Value>) -> Result<KeySet, NotAKeySet> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn only_keys_that_fit_are_taken() {
        let count = |jwk: Value| read(vec![jwk]).unwrap().len();
        for fit in [
            elliptic(),
            edwards(),
            modulus(256),
            changed(elliptic(), "use", json!("sig")),
            changed(elliptic(), "alg", json!("ES256")),
            changed(elliptic(), "key_ops", json!(["verify"])),
            changed(elliptic(), "x5c", json!(["whatever"])),
        ] {
            assert_eq!(count(fit.clone()), 1, "{fit}");
        }
        for unfit in [
            changed(elliptic(), "use", json!("enc")),
            changed(elliptic(), "alg", json!("ES384")),
            changed(elliptic(), "alg", json!("none")),
            changed(elliptic(), "key_ops", json!(["sign"])),
            changed(elliptic(), "crv", json!("P-384")),
            changed(elliptic(), "crv", json!("secp256k1")),
            changed(elliptic(), "kty", json!("oct")),
            changed(elliptic(), "y", json!("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyN")),
            changed(elliptic(), "y", edwards()["x"].clone()),
            changed(elliptic(), "kid", json!(1)),
            changed(elliptic(), "d", json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE")),
            changed(edwards(), "x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ")),
            json!({"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "alg": "HS256"}),
            modulus(128),
            changed(modulus(256), "e", json!("AQ")),
            changed(modulus(256), "e", json!("AAE")),
            changed(modulus(256), "e", json!("BA")),
            changed(modulus(256), "alg", json!("PS256")),
            json!({}),
        ] {
            assert_eq!(count(unfit.clone()), 0, "{unfit}");
        }
    }

    #[test]
    fn a_set_is_an_object_with_keys() {
        for text in ["", "[]", "<html>", r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(KeySet::parse(text.as_bytes()).err(), Some(NotAKeySet::NotAnObject), "{text}");
        }
        for text in ["{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
            assert_eq!(KeySet::parse(text.as_bytes()).err(), Some(NotAKeySet::NoKeys), "{text}");
        }
        assert_eq!(read(vec![elliptic(); 101]).err(), Some(NotAKeySet::TooMany));
        assert_eq!(read(vec![elliptic(); 100]).unwrap().len(), 100);
    }

    #[test]
    fn a_key_is_found_by_its_id_and_algorithm() {
        let set = read(vec![elliptic(), edwards()]).unwrap();
        assert_eq!(set.fitting(Some("1"), Algorithm::Es256).len(), 1);
        assert_eq!(set.fitting(Some("1"), Algorithm::EdDsa).len(), 0);
        assert_eq!(set.fitting(Some("2"), Algorithm::Es256).len(), 0);
        assert_eq!(set.fitting(None, Algorithm::EdDsa).len(), 1);
        assert_eq!(set.fitting(Some("x"), Algorithm::Hs256).len(), 0);
    }

    #[test]
    fn a_thumbprint_is_of_the_whole_key() {
        let print = |jwk: Value| read(vec![jwk]).unwrap().0[0].thumbprint;
        assert_eq!(print(elliptic()), print(changed(elliptic(), "use", json!("sig"))));
        assert_ne!(print(elliptic()), print(changed(elliptic(), "kid", json!("2"))));
        assert_ne!(print(edwards()), print(changed(edwards(), "kid", json!(""))));
    }
}
