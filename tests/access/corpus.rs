//! Tokens that differ from a good one in exactly one thing, and why each is refused.

use peer_coaching::access::{Rejected, Tokens};
use serde_json::{Value, json};

use crate::faults::{good, of_algorithm, of_claims, of_form, of_key};
use crate::forge::{Signer, claims};
use crate::provider::{Answer, Provider, key_set};
use crate::{issuers, later, now, verdict};

pub const SECRET: &[u8] = b"a secret of more than thirty-two bytes";

/// Three issuers: one with public keys, another company's, and one with a shared secret.
pub struct Stage {
    pub provider: Provider,
    pub rsa: Signer,
    pub elliptic: Signer,
    pub edwards: Signer,
    pub theirs: Signer,
    pub secret: Signer,
    tokens: Tokens,
    folder: std::path::PathBuf,
}

impl Stage {
    fn build() -> Self {
        let provider = Provider::start();
        let (rsa, elliptic, edwards) = (Signer::rsa("r"), Signer::elliptic("e"), Signer::edwards("d"));
        let theirs = Signer::other_rsa("r");
        provider.publishes(&[&rsa, &elliptic, &edwards]);
        provider.answers("/theirs/jwks", Answer::json(&key_set(&[&theirs])));
        let folder = std::env::temp_dir().join(format!("corpus-{}", peer_coaching::ids::MemberId::new()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("secret"), SECRET).unwrap();
        let address = provider.address();
        let text = provider.settings()
            + &format!(
                "[[issuers]]\nissuer = \"{address}/theirs\"\naudiences = [\"us\", \"only them\"]\nalgorithms = [\"RS256\"]\n\
                 jwks_url = \"{address}/theirs/jwks\"\norganization_claim = \"tid\"\n\
                 organizations = {{ theirs = \"0198c5a0-0000-7000-8000-000000000002\" }}\n\
                 [[issuers]]\nissuer = \"https://shared.example\"\naudiences = [\"us\"]\nalgorithms = [\"HS256\"]\n\
                 shared_secret_file = \"secret\"\norganization = \"0198c5a0-0000-7000-8000-000000000003\"\n"
            );
        let read =
            peer_coaching::access::Issuers::parse(&text, &folder).unwrap_or_else(|problems| panic!("{problems:#?}"));
        Self {
            provider,
            rsa,
            elliptic,
            edwards,
            theirs,
            secret: Signer::secret(SECRET),
            tokens: Tokens::new(read),
            folder,
        }
    }

    pub fn good(&self) -> Value {
        claims(&self.provider.address())
    }

    pub fn their_good(&self) -> Value {
        changed(claims(&format!("{}/theirs", self.provider.address())), "tid", json!("theirs"))
    }

    pub fn shared_good(&self) -> Value {
        claims("https://shared.example")
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

#[actix_web::test]
async fn every_bad_token_is_refused_for_its_one_fault() {
    let stage = Stage::build();
    for (name, token) in good(&stage) {
        assert_eq!(verdict(&stage.tokens, &token, now()).await, Ok(()), "control: {name}");
    }
    let cases = [of_form(&stage), of_algorithm(&stage), of_key(&stage), of_claims(&stage)].concat();
    assert!(cases.len() > 100, "{}", cases.len());
    for (name, token, reason) in &cases {
        assert_eq!(verdict(&stage.tokens, token, now()).await, Err(*reason), "{name}: {token}");
        assert_eq!(verdict(&stage.tokens, token, now()).await, Err(*reason), "{name}, again: {token}");
    }
    for (name, token) in good(&stage) {
        assert_eq!(verdict(&stage.tokens, &token, now()).await, Ok(()), "control, afterwards: {name}");
    }
    assert_eq!(stage.provider.asked("/canary"), 0);
    assert_eq!(stage.provider.asked("/jwks"), 1);
}

#[actix_web::test]
async fn an_unknown_issuer_costs_no_fetch() {
    let stage = Stage::build();
    for second in 0..100 {
        let token = stage.claim("iss", json!(format!("{}/{second}", stage.provider.address())));
        assert_eq!(verdict(&stage.tokens, &token, later(second * 20)).await, Err(Rejected::Issuer));
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
