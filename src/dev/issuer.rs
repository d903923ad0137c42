//! The identity provider of `dev`: a secret in the home's folder, and tokens made with it.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::access::{Issuers, SingleKey};
use crate::clock::real_time;
use crate::db::embedded::Home;
use crate::ids::OrganizationId;

const ISSUER: &str = "https://identity.example.com";
const AUDIENCE: &str = "peer-coaching";
const FILE: &str = "secret";

/// Makes tokens that only this project's `dev` accepts.
pub struct DevIssuer {
    secret: String,
}

impl DevIssuer {
    /// The one kept in this folder; a new one where there is none.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn kept_in(folder: &Path) -> Result<Self, String> {
        let file = folder.join(FILE);
        if let Ok(secret) = std::fs::read_to_string(&file) {
            return Ok(Self { secret });
        }
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| "the system has no randomness".to_owned())?;
        let secret = STANDARD.encode(bytes);
        let private = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
        private
            .and_then(|mut private| private.write_all(secret.as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        Ok(Self { secret })
    }

    /// The one of the `dev` that was started for this project.
    ///
    /// # Errors
    /// When none was.
    pub fn of_project(project: &Path) -> Result<Self, String> {
        let folder = Home::folder_for(project).map_err(|error| error.to_string())?;
        let secret = std::fs::read_to_string(folder.join(FILE)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => "there is no dev company here yet: run `cargo run -- dev` first".to_owned(),
            _ => format!("cannot read {}: {error}; ask as the user who runs `dev`", folder.join(FILE).display()),
        })?;
        Ok(Self { secret })
    }

    /// How the service is told to trust it.
    ///
    /// # Errors
    /// When the secret on disk was spoilt.
    pub fn issuers(&self, organization: OrganizationId) -> Result<Issuers, Vec<String>> {
        Issuers::single(ISSUER, AUDIENCE, organization, SingleKey::Secret(SecretString::from(self.secret.clone())))
    }

    /// Master keys that last as long as the data.
    pub fn master_keys(&self) -> String {
        format!("dev:{}", self.secret)
    }

    /// A person's token.
    pub fn member(&self, external_id: &str, name: &str, administrator: bool, hours: u8) -> String {
        let roles = if administrator { json!(["peer-coaching-administrator"]) } else { json!([]) };
        self.token(external_id, hours, &json!({ "name": name, "roles": roles }))
    }

    /// A program's token with these scopes.
    pub fn integration(&self, client_id: &str, scopes: &[impl AsRef<str>], hours: u8) -> String {
        let scopes: Vec<_> = scopes.iter().map(AsRef::as_ref).collect();
        self.token(client_id, hours, &json!({ "client_id": client_id, "scope": scopes.join(" ") }))
    }

    fn token(&self, subject: &str, hours: u8, more: &Value) -> String {
        let now = real_time().as_second();
        let mut claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 3600 * i64::from(hours),
        });
        if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
            claims.extend(more.clone());
        }
        let header = Header { typ: Some("at+jwt".into()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &EncodingKey::from_secret(self.secret.as_bytes())).expect("claims are plain data")
    }
}
