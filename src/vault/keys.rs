//! Master keys: read from the environment, never printed, never stored.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::seal::Key;
use crate::ids::OrganizationId;

/// Why master keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is none.
    #[error("no key is given; make one with: echo k1:$(openssl rand -base64 32)")]
    Missing,
    /// One is not written as `id:base64`, or its id is taken or not plain.
    #[error("key number {0} is not `id:base64` with a unique id of 1 to 16 letters and digits")]
    Form(usize),
    /// One is not 32 bytes long, or all the same byte.
    #[error("key {0} is weak: it must be 32 random bytes, in base64")]
    Weak(String),
}

/// The master keys: the first writes, all of them read, so that keys can change without downtime.
#[derive(Clone)]
pub struct MasterKeys(Vec<MasterKey>);

#[derive(Clone)]
struct MasterKey {
    id: String,
    root: hmac::Key,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl std::str::FromStr for MasterKeys {
    type Err = KeysError;

    /// Reads `id:base64` keys separated by commas or white space.
    fn from_str(text: &str) -> Result<Self, KeysError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for (index, one) in text.split([',', ' ', '\n', '\t']).filter(|one| !one.is_empty()).enumerate() {
            let (id, secret) = one.split_once(':').ok_or(KeysError::Form(index + 1))?;
            let plain = (1..=16).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !plain || keys.iter().any(|key| key.id == id) {
                return Err(KeysError::Form(index + 1));
            }
            let secret = Zeroizing::new(STANDARD.decode(secret).map_err(|_| KeysError::Weak(id.into()))?);
            if secret.len() != 32 || secret.iter().all(|byte| *byte == secret[0]) {
                return Err(KeysError::Weak(id.into()));
            }
            keys.push(MasterKey { id: id.into(), root: hmac::Key::new(hmac::HMAC_SHA256, &secret) });
        }
        if keys.is_empty() { Err(KeysError::Missing) } else { Ok(Self(keys)) }
    }
}

impl MasterKeys {
    /// A message authentication code for this purpose, as `id~code`. Half of HMAC-SHA-256: 128 bits.
    pub fn mac(&self, purpose: &str, message: &[u8]) -> String {
        let key = &self.0[0];
        format!("{}~{}", key.id, URL_SAFE_NO_PAD.encode(&key.code(purpose, message)[..16]))
    }

    /// Whether one of our keys made this code for this purpose and message.
    pub fn verify(&self, purpose: &str, message: &[u8], mac: &str) -> bool {
        let Some((id, code)) = mac.split_once('~') else { return false };
        let Some(key) = self.0.iter().find(|key| key.id == id) else { return false };
        let Ok(code) = URL_SAFE_NO_PAD.decode(code) else { return false };
        aws_lc_rs::constant_time::verify_slices_are_equal(&key.code(purpose, message)[..16], &code).is_ok()
    }

    /// The id of the key that writes.
    pub fn writing_id(&self) -> &str {
        &self.0[0].id
    }

    /// What the key that writes wraps this organization's key with, and its id.
    pub(super) fn writing(&self, organization: OrganizationId) -> (&str, Key) {
        (self.writing_id(), self.0[0].wrapping(organization))
    }

    /// What the key of this id wraps this organization's key with, where there is one.
    pub(super) fn reading(&self, id: &str, organization: OrganizationId) -> Option<Key> {
        self.0.iter().find(|key| key.id == id).map(|key| key.wrapping(organization))
    }
}

impl MasterKey {
    /// Each purpose has a key of its own, derived from the master key, so that codes cannot be mixed up.
    fn code(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let derived = hmac::sign(&self.root, purpose.as_bytes());
        let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()), message);
        code.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    fn wrapping(&self, organization: OrganizationId) -> Key {
        let secret = Zeroizing::new(self.code("wrap", organization.uuid().as_bytes()));
        Key::of(organization, &*secret).expect("32 bytes are a key")
    }
}
