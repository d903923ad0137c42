//! Verified tokens, remembered: a signature costs more than all the rest of a request.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::bearer::Verified;
use super::claims::Validity;
use super::keys::Thumbprint;

/// How many tokens are remembered: those of as many people, at about half a kilobyte each.
const MOST: usize = 10_000;

/// What is remembered of a token: what it says, and what that depends on.
#[derive(Clone)]
pub(super) struct Remembered {
    pub verified: Arc<Verified>,
    /// Asked again each time: nothing is remembered past its `exp`.
    pub validity: Validity,
    /// Which of the issuers, by its place.
    pub issuer: usize,
    /// The key that signed it: once the issuer no longer publishes it, the memory is void.
    pub key: Thumbprint,
}

/// Stands for a token. The token itself is not kept: a copy of our memory lets nobody in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }
}

/// The tokens that were verified lately.
pub(super) struct Memory(Cache<TokenDigest, Remembered>);

impl Memory {
    pub fn new() -> Self {
        Self(Cache::new(MOST))
    }

    pub fn recall(&self, token: &TokenDigest) -> Option<Remembered> {
        self.0.get(token)
    }

    pub fn remember(&self, token: TokenDigest, remembered: Remembered) {
        self.0.insert(token, remembered);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn forget(&self, token: &TokenDigest) {
        self.0.remove(token);
    }
}
