//! What accepted tokens say: organization, person or program, roles and scopes.

use peer_coaching::access::{Bearer, IntegrationScope, Issuers, Rejected, Scopes, SingleKey, Tokens, Verified};
use peer_coaching::ids::OrganizationId;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::forge::Signer;
use crate::provider::{Provider, key_set};
use crate::{claims, issuers, now, verdict};

/// What a token with these further claims says, to an issuer with these further settings.
async fn said(settings: &str, further: Value) -> Arc<Verified> {
    let provider = Provider::start();
    let signer = Signer::edwards("d");
    provider.publishes(&[&signer]);
    let mut claims = claims(&provider.address());
    for (name, value) in further.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let tokens = Tokens::new(issuers(&(provider.settings() + settings)));
    tokens.verify(&signer.token(&claims), now()).await.unwrap()
}

#[actix_web::test]
async fn a_person_is_read() {
    let person =
        said("member_claim = \"employee\"", json!({"employee": 17, "name": " Ana ", "email": "ana@example.com"})).await;
    assert_eq!(person.organization.to_string(), "0198c5a0-0000-7000-8000-000000000001");
    assert_eq!(person.subject, "ana");
    assert_eq!(person.external_id.as_deref(), Some("17"));
    assert_eq!(person.name.as_deref(), Some("Ana"));
    assert_eq!(person.email.as_deref(), Some("ana@example.com"));
    assert_eq!(person.expires_at.as_second(), now().as_second() + 3600);
    assert_eq!(person.bearer, Bearer::Person { administrator: false });
    assert_eq!(said("", json!({})).await.external_id.as_deref(), Some("ana"));
}

#[actix_web::test]
async fn administrators_are_told_by_their_roles() {
    let role = "peer-coaching-administrator";
    for (settings, further, administrator) in [
        ("", json!({"roles": role}), true),
        ("", json!({"roles": format!("x {role} y")}), true),
        ("", json!({"roles": ["x", role]}), true),
        ("", json!({"roles": [format!("x {role}")]}), false),
        ("", json!({"roles": {role: true}}), false),
        ("", json!({"roles": "Peer-Coaching-Administrator"}), false),
        ("", json!({"groups": [role]}), false),
        ("role_claim = \"realm_access.roles\"", json!({"realm_access": {"roles": [role]}}), true),
        (
            "role_claim = \"https://x.example/roles\"\nadministrator_roles = [\"hr\"]",
            json!({"https://x.example/roles": ["hr"]}),
            true,
        ),
        ("administrator_roles = []", json!({"roles": [role, ""]}), false),
    ] {
        let bearer = said(settings, further.clone()).await.bearer;
        assert_eq!(bearer, Bearer::Person { administrator }, "{settings} {further}");
    }
}

#[actix_web::test]
async fn integrations_live_by_their_scopes() {
    let both: Scopes = [IntegrationScope::MembersRead, IntegrationScope::EventsRead].into_iter().collect();
    let scope = "openid members:read events:read";
    for (settings, further, scopes) in [
        ("", json!({"client_id": "ana", "scope": scope}), Some(both)),
        ("", json!({"azp": "ana", "scope": ["events:read", "members:read"]}), Some(both)),
        ("", json!({"idtyp": "app", "scope": scope}), Some(both)),
        ("", json!({"gty": "client-credentials", "scope": scope}), Some(both)),
        ("scope_claim = \"scp\"", json!({"idtyp": "app", "scp": scope, "scope": "webhooks:manage"}), Some(both)),
        ("", json!({"client_id": "ana", "roles": "peer-coaching-administrator"}), Some(Scopes::default())),
        ("", json!({"client_id": "web", "azp": "web", "scope": scope}), None),
        ("", json!({"client_id": ["ana"], "idtyp": "user", "gty": "password", "scope": scope}), None),
        (
            "integration_claim = \"robot\"\nintegration_value = \"true\"",
            json!({"robot": true, "scope": scope}),
            Some(both),
        ),
        (
            "integration_claim = \"robot\"\nintegration_value = \"true\"",
            json!({"client_id": "ana", "scope": scope}),
            None,
        ),
    ] {
        let expected = scopes.map_or(Bearer::Person { administrator: false }, |scopes| Bearer::Integration { scopes });
        assert_eq!(said(settings, further.clone()).await.bearer, expected, "{settings} {further}");
    }
}

#[actix_web::test]
async fn other_types_and_lives_are_accepted_where_configured() {
    let provider = Provider::start();
    let signer = Signer::elliptic("e");
    provider.publishes(&[&signer]);
    let settings = provider.settings() + "types = [\"jwt\"]\nmax_token_lifetime = \"5m\"";
    let tokens = Tokens::new(issuers(&settings));
    let mut short = claims(&provider.address());
    short["exp"] = json!(now().as_second() + 240);
    let token = signer.token_of(r#"{"alg":"ES256","typ":"JWT","kid":"e"}"#, &short.to_string());
    assert_eq!(verdict(&tokens, &token, now()).await, Ok(()));
    assert!(verdict(&tokens, &signer.token(&short), now()).await.is_err());
}

#[actix_web::test]
async fn tokens_without_a_type_are_accepted_where_configured() {
    let provider = Provider::start();
    let signer = Signer::elliptic("e");
    provider.publishes(&[&signer]);
    let tokens = Tokens::new(issuers(&(provider.settings() + "types = [\"none\"]")));
    let good = claims(&provider.address());
    let typed = |header: &str| signer.token_of(header, &good.to_string());
    let untyped = typed(r#"{"alg":"ES256","kid":"e"}"#);
    assert_eq!(verdict(&tokens, &untyped, now()).await, Ok(()));
    for said in ["none", "None", "application/none", "JWT", "at+jwt", ""] {
        let token = typed(&format!(r#"{{"alg":"ES256","typ":"{said}","kid":"e"}}"#));
        assert_eq!(verdict(&tokens, &token, now()).await, Err(Rejected::Type), "{said}");
    }
    let usual = Tokens::new(issuers(&provider.settings()));
    assert_eq!(verdict(&usual, &untyped, now()).await, Err(Rejected::Type));
}

#[actix_web::test]
async fn one_issuer_can_be_made_in_code() {
    let organization = OrganizationId::new();
    let signer = Signer::elliptic("e");
    let single = |key| Issuers::single("dev", "us", organization, key);
    let secret = "development only, thirty-two bytes";
    for (issuers, signer) in [
        (single(SingleKey::Es256(key_set(&[&signer]).to_string())), &signer),
        (single(SingleKey::Secret(secret.into())), &Signer::secret(secret.as_bytes())),
    ] {
        let tokens = Tokens::new(issuers.unwrap_or_else(|problems| panic!("{problems:?}")));
        assert!(tokens.ready());
        assert_eq!(tokens.verify(&signer.token(&claims("dev")), now()).await.unwrap().organization, organization);
        assert!(verdict(&tokens, &Signer::elliptic("e").token(&claims("dev")), now()).await.is_err());
    }
    assert!(single(SingleKey::Secret("short".into())).is_err());
    assert!(single(SingleKey::Es256("{\"keys\":[]}".to_owned())).is_err());
}
