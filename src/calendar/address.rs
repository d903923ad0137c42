//! Secret addresses of calendars: `feed_` and 64 characters, which are an organization's id and 256 random bits.
//!
//! The id is no secret. It is there because whoever asks has no token: without it no statement could say whose rows it
//! means. Of the bits only their SHA-256 is kept. Nobody guesses 256 random bits, so nothing slower is needed; and what is
//! looked up is the hash, so that how long it takes tells nothing of the secret.

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ids::OrganizationId;

const PREFIX: &str = "feed_";

/// How many bytes name the organization; the secret's 32 follow.
const NAMED: usize = 16;

/// A secret address. Neither it nor its parts are printed by anything that prints what it holds.
pub struct Address {
    organization: OrganizationId,
    secret: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(…)")
    }
}

impl Address {
    /// A new one, in this organization.
    pub(super) fn new(organization: OrganizationId) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rand::fill(&mut *secret).expect("the system has random bytes");
        Self { organization, secret }
    }

    /// The address that this text is, if it is one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64.decode(text.strip_prefix(PREFIX)?).ok()?);
        let (named, secret) = bytes.split_at_checked(NAMED)?;
        let secret = Zeroizing::new(secret.try_into().ok()?);
        Some(Self { organization: Uuid::from_slice(named).ok()?.into(), secret })
    }

    /// Where the calendar is found, below the service's own address.
    pub(super) fn path(&self) -> String {
        let named = self.organization.uuid();
        let bytes = Zeroizing::new([named.as_bytes().as_slice(), self.secret.as_slice()].concat());
        format!("/calendar/{PREFIX}{}.ics", BASE64.encode(&*bytes))
    }

    /// In which organization.
    pub(super) fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.secret.as_slice()).as_ref().to_vec()
    }
}
