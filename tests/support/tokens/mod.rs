//! Tokens that differ from a good one in exactly one thing, and those who sign them.

pub mod canary;
pub mod faults;
pub mod forge;
pub mod provider;

use std::path::PathBuf;

use jiff::Timestamp;
use peer_coaching::access::Issuers;
use peer_coaching::ids::{MemberId, OrganizationId};
use serde_json::{Value, json};

use self::canary::Canary;
use self::faults::{Case, of_algorithm, of_claims, of_form, of_key};
use self::forge::{Signer, claims};
use self::provider::{Answer, Provider, key_set};

pub const SECRET: &[u8] = b"a secret of more than thirty-two bytes";

/// Three issuers: one with public keys, another company's, and one with a shared secret.
pub struct Stage {
    pub provider: Provider,
    pub rsa: Signer,
    pub elliptic: Signer,
    pub edwards: Signer,
    pub theirs: Signer,
    pub secret: Signer,
    /// Where its bad tokens say that keys are.
    pub canary: Canary,
    /// When its tokens are good.
    pub now: Timestamp,
    folder: PathBuf,
}

impl Stage {
    /// Builds it for this moment.
    pub fn at(now: Timestamp) -> Self {
        let provider = Provider::start();
        let (rsa, elliptic, edwards) = (Signer::rsa("r"), Signer::elliptic("e"), Signer::edwards("d"));
        let theirs = Signer::other_rsa("r");
        provider.publishes(&[&rsa, &elliptic, &edwards]);
        provider.answers("/theirs/jwks", Answer::json(&key_set(&[&theirs])));
        let folder = std::env::temp_dir().join(format!("corpus-{}", MemberId::new()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("secret"), SECRET).unwrap();
        let (secret, canary) = (Signer::secret(SECRET), Canary::start());
        Self { provider, rsa, elliptic, edwards, theirs, secret, canary, now, folder }
    }

    /// Its three issuers, who speak for these.
    pub fn issuers(&self, [ours, theirs, shared]: [OrganizationId; 3]) -> Issuers {
        let address = self.provider.address();
        let text = format!(
            "[[issuers]]\nissuer = \"{address}\"\naudiences = [\"us\"]\nalgorithms = [\"RS256\", \"ES256\", \"EdDSA\"]\n\
             jwks_url = \"{address}/jwks\"\norganization = \"{ours}\"\n\
             [[issuers]]\nissuer = \"{address}/theirs\"\naudiences = [\"us\", \"only them\"]\nalgorithms = [\"RS256\"]\n\
             jwks_url = \"{address}/theirs/jwks\"\norganization_claim = \"tid\"\n\
             organizations = {{ theirs = \"{theirs}\" }}\n\
             [[issuers]]\nissuer = \"https://shared.example\"\naudiences = [\"us\"]\nalgorithms = [\"HS256\"]\n\
             shared_secret_file = \"secret\"\norganization = \"{shared}\"\n"
        );
        Issuers::parse(&text, &self.folder).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// All that is bad at any moment around its own.
    pub fn bad(&self) -> Vec<Case> {
        [of_form(self), of_algorithm(self), of_key(self), of_claims(self)].concat()
    }

    pub fn good(&self) -> Value {
        claims(&self.provider.address(), self.now)
    }

    pub fn their_good(&self) -> Value {
        changed(claims(&format!("{}/theirs", self.provider.address()), self.now), "tid", json!("theirs"))
    }

    pub fn shared_good(&self) -> Value {
        claims("https://shared.example", self.now)
    }

    /// The good RS256 token with one claim set, or left out.
    pub fn claim(&self, name: &str, value: impl Into<Option<Value>>) -> String {
        self.rsa.token(&changed(self.good(), name, value))
    }

    /// The good RS256 token with one parameter of its header set, or left out.
    pub fn parameter(&self, name: &str, value: impl Into<Option<Value>>) -> String {
        self.rsa.token_of(&changed(self.rsa.header(), name, value).to_string(), &self.good().to_string())
    }

    /// The good RS256 token with its payload's text rewritten.
    pub fn payload(&self, rewrite: impl Fn(String) -> String) -> String {
        self.rsa.token_of(&self.rsa.header().to_string(), &rewrite(self.good().to_string()))
    }

    /// The good token, signed by `signer` as `header` says.
    pub fn signed(&self, signer: &Signer, header: &Value) -> String {
        signer.token_of(&header.to_string(), &self.good().to_string())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn changed(mut object: Value, name: &str, value: impl Into<Option<Value>>) -> Value {
    match value.into() {
        Some(value) => object[name] = value,
        None => drop(object.as_object_mut().unwrap().shift_remove(name)),
    }
    object
}
