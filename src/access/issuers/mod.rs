//! Who may sign tokens for us, and how their tokens are to be understood.
//!
//! They stand in a TOML file, one `[[issuers]]` each:
//!
//! ```toml
//! [[issuers]]
//! issuer = "https://login.example.com/"      # exactly as `iss` spells it
//! audiences = ["https://coaching.example.com"]
//! algorithms = ["RS256"]                     # RS256, ES256, EdDSA; or HS256 alone, with a shared secret
//! discovery = true                           # or jwks_url, jwks_file, shared_secret_env, shared_secret_file
//! organization = "0198c5a0-0000-7000-8000-000000000001"
//! ```
//!
//! Everything else has a default. `file` reads the shape, `checks` what it means; all problems are told at once.

mod checks;
mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::{SecretSlice, SecretString};

use super::algorithm::Algorithm;
use super::bearer::{Bearer, Scopes, Verified};
use super::claims::Claims;
use super::fetch::Source;
use super::keys::KeySet;
use super::rejected::Rejected;
use crate::ids::OrganizationId;

/// How the absence of `typ` is written among the accepted ones.
const NO_TYPE: &str = "none";

/// The issuers that are trusted.
#[derive(Default)]
pub struct Issuers {
    trusted: Vec<(Issuer, Source, KeySet)>,
    warnings: Vec<String>,
}

/// The key of an issuer that is made in code ([`Issuers::single`]).
pub enum SingleKey {
    /// A secret of at least 32 bytes, for HS256.
    Secret(SecretString),
    /// A JWK set as JSON, for ES256.
    Es256(String),
}

/// How one issuer's tokens are to be understood.
pub(super) struct Issuer {
    pub name: Arc<str>,
    pub audiences: Vec<String>,
    pub algorithms: Vec<Algorithm>,
    pub types: Vec<String>,
    pub longest_life: SignedDuration,
    organization: Organization,
    member_claim: String,
    role_claim: String,
    administrator_roles: Vec<String>,
    scope_claim: String,
    integration: IntegrationRule,
}

/// Which organization a token is about. Never one that was not configured.
enum Organization {
    Only(OrganizationId),
    Claimed { claim: String, by_value: BTreeMap<String, OrganizationId> },
}

/// How a program's token is told from a person's.
enum IntegrationRule {
    /// What providers do: `sub` is the client itself (Auth0, Keycloak, RFC 9068 section 2.2), `idtyp` is `app`
    /// (Entra), or `gty` is `client-credentials` (Auth0).
    Usual,
    Claim {
        name: String,
        value: String,
    },
}

impl Issuers {
    /// Reads the file at `path`, or tells all that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, Vec<String>> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| vec![format!("{} could not be read: {error}", path.display())])?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the text of such a file; files that it names are looked for in `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<String>> {
        file::parse(text, &checks::Surroundings { folder, variable: &|name| std::env::var(name).ok() })
    }

    /// One issuer with one organization and all defaults: for development and tests, where no provider is.
    pub fn single(
        issuer: &str,
        audience: &str,
        organization: OrganizationId,
        key: SingleKey,
    ) -> Result<Self, Vec<String>> {
        let (algorithm, keys) = match key {
            SingleKey::Secret(secret) => (Algorithm::Hs256, checks::shared(&secret)),
            SingleKey::Es256(jwks) => {
                let keys = KeySet::parse(jwks.as_bytes()).map_err(|error| format!("the key set {error}"));
                let fits = |keys: &KeySet| keys.serves(&[Algorithm::Es256]);
                let none = || "the key set has no key for ES256".to_owned();
                (Algorithm::Es256, keys.and_then(|keys| if fits(&keys) { Ok(keys) } else { Err(none()) }))
            }
        };
        let issuer =
            Issuer::with_defaults(issuer, vec![audience.to_owned()], vec![algorithm], Organization::Only(organization));
        Ok(Self {
            trusted: vec![(issuer, Source::Fixed, keys.map_err(|problem| vec![problem])?)],
            warnings: Vec::new(),
        })
    }

    /// What is allowed and yet worth a second look, as sentences.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The organizations that any issuer may speak for, each once.
    pub fn organizations(&self) -> impl Iterator<Item = OrganizationId> {
        let all = self.trusted.iter().flat_map(|(issuer, ..)| match &issuer.organization {
            Organization::Only(one) => vec![*one],
            Organization::Claimed { by_value, .. } => by_value.values().copied().collect(),
        });
        all.collect::<BTreeSet<_>>().into_iter()
    }

    pub(super) fn into_parts(self) -> impl Iterator<Item = (Issuer, Source, KeySet)> {
        self.trusted.into_iter()
    }
}

impl Issuer {
    fn with_defaults(
        name: &str,
        audiences: Vec<String>,
        algorithms: Vec<Algorithm>,
        organization: Organization,
    ) -> Self {
        Self {
            name: name.into(),
            audiences,
            algorithms,
            types: vec!["at+jwt".to_owned()],
            longest_life: SignedDuration::from_hours(24),
            organization,
            member_claim: "sub".to_owned(),
            role_claim: "roles".to_owned(),
            administrator_roles: vec!["peer-coaching-administrator".to_owned()],
            scope_claim: "scope".to_owned(),
            integration: IntegrationRule::Usual,
        }
    }

    /// The algorithm of that name, if this issuer signs with it (RFC 8725, section 3.1).
    pub fn algorithm(&self, name: &str) -> Result<Algorithm, Rejected> {
        Algorithm::named(name).filter(|algorithm| self.algorithms.contains(algorithm)).ok_or(Rejected::Algorithm)
    }

    /// Refuses tokens of another type (RFC 8725, section 3.11): an ID token is not an access token. Some providers write no
    /// type at all: `none` stands for that, and for nothing that a token could say.
    pub fn check_type(&self, kind: Option<&str>) -> Result<(), Rejected> {
        let written = kind.unwrap_or(NO_TYPE);
        let accepted = kind != Some(NO_TYPE) && self.types.iter().any(|accepted| accepted == written);
        if accepted { Ok(()) } else { Err(Rejected::Type) }
    }

    /// Whether one of a token's audiences is ours.
    pub fn is_meant(&self, audiences: &[&str]) -> bool {
        self.audiences.iter().any(|ours| audiences.contains(&ours.as_str()))
    }

    /// What the claims say, once they are believed.
    pub fn verified(&self, claims: &Claims, expires_at: Timestamp) -> Result<Verified, Rejected> {
        Ok(Verified {
            organization: self.organization(claims)?,
            issuer: Arc::clone(&self.name),
            subject: claims.subject()?,
            external_id: claims.external_id(&self.member_claim),
            name: claims.name("name"),
            email: claims.email(),
            issued_at: claims.issued_at(),
            expires_at,
            bearer: self.bearer(claims),
        })
    }

    fn organization(&self, claims: &Claims) -> Result<OrganizationId, Rejected> {
        match &self.organization {
            Organization::Only(one) => Ok(*one),
            Organization::Claimed { claim, by_value } => {
                let value = claims.text(claim).ok_or(Rejected::Organization)?;
                by_value.get(value).copied().ok_or(Rejected::Organization)
            }
        }
    }

    fn bearer(&self, claims: &Claims) -> Bearer {
        if self.is_integration(claims) {
            return Bearer::Integration { scopes: Scopes::among(claims.words(&self.scope_claim)) };
        }
        let roles = claims.words(&self.role_claim);
        Bearer::Person { administrator: self.administrator_roles.iter().any(|role| roles.contains(&role.as_str())) }
    }

    fn is_integration(&self, claims: &Claims) -> bool {
        match &self.integration {
            IntegrationRule::Usual => {
                let subject = claims.text("sub");
                let is_client = |claim| claims.text(claim).is_some_and(|client| Some(client) == subject);
                is_client("client_id")
                    || is_client("azp")
                    || is_client("cid")
                    || claims.text("idtyp") == Some("app")
                    || claims.text("gty") == Some("client-credentials")
            }
            IntegrationRule::Claim { name, value } => claims.says(name, value),
        }
    }
}

/// A secret's bytes, as the key set wants them.
fn bytes_of(secret: &str) -> SecretSlice<u8> {
    SecretSlice::from(secret.as_bytes().to_vec())
}
