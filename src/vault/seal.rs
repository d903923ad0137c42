//! Sealing: what people write is encrypted before it reaches the database, and bound to its place there.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. The associated data names the version, the organization, the
//! owner, the table, the column and the row: a sealed text that is moved anywhere else does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ids::OrganizationId;

/// How sealed bytes begin: another way of sealing would begin otherwise.
const VERSION: u8 = 1;

/// A sealed text does not open: it was changed, moved, or sealed with another key. Nothing more is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed text does not open: it was changed, moved, or sealed with another key")]
pub struct Unopened;

/// A column of sealed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// In which table.
    pub table: &'static str,
    /// Under which name, there and in the rows of a statement.
    pub name: &'static str,
    /// Under which name a statement's rows bring the owner's key, wrapped:
    /// `(select wrapped from owner_keys where organization_id = $1 and owner_id = …) as key`.
    pub key: &'static str,
}

/// Where a sealed text stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Whose text it is: the owner of the key.
    pub owner: Uuid,
    pub table: &'static str,
    pub column: &'static str,
    /// What names the row in its table.
    pub row: &'a [u8],
}

/// A key of one organization's.
pub(super) struct Key {
    organization: OrganizationId,
    key: LessSafeKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }
}

/// 32 random bytes, for a new key.
pub(super) fn random_key() -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(&mut *bytes).expect("the system has random bytes");
    bytes
}

impl Key {
    pub(super) fn of(organization: OrganizationId, secret: &[u8]) -> Result<Self, Unopened> {
        let key = UnboundKey::new(&AES_256_GCM, secret).map_err(|_| Unopened)?;
        Ok(Self { organization, key: LessSafeKey::new(key) })
    }

    /// Seals these bytes for this place: version ‖ nonce ‖ what AES-256-GCM made of them ‖ its tag.
    pub(super) fn seal(&self, place: &Place<'_>, bytes: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).expect("the system has random bytes");
        self.seal_with(nonce, place, bytes)
    }

    fn seal_with(&self, nonce: [u8; NONCE_LEN], place: &Place<'_>, bytes: &[u8]) -> Vec<u8> {
        let begins = 1 + NONCE_LEN;
        let mut sealed = Vec::with_capacity(begins + bytes.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(bytes);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(self.bound_to(place)),
                &mut sealed[begins..],
            )
            .expect("texts are far below the limit of 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Where it is anything else.
    pub(super) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let (version, rest) = sealed.split_first().ok_or(Unopened)?;
        let (nonce, rest) = rest.split_at_checked(NONCE_LEN).ok_or(Unopened)?;
        if *version != VERSION {
            return Err(Unopened);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut bytes = rest.to_vec();
        let opened =
            self.key.open_in_place(nonce, Aad::from(self.bound_to(place)), &mut bytes).map_err(|_| Unopened)?.len();
        bytes.truncate(opened);
        Ok(bytes)
    }

    /// Everything that a sealed text is bound to, so written that no two places look alike: what has no fixed length
    /// ends with a zero, or with the end.
    fn bound_to(&self, place: &Place<'_>) -> Vec<u8> {
        let Place { owner, table, column, row } = place;
        let (organization, owner) = (self.organization.uuid(), owner.as_bytes());
        [&[VERSION][..], organization.as_bytes(), owner, table.as_bytes(), &[0], column.as_bytes(), &[0], row].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0002);
    const ROW: [u8; 16] = [3; 16];

    fn organization(number: u128) -> OrganizationId {
        Uuid::from_u128(number).into()
    }

    fn place() -> Place<'static> {
        Place { owner: OWNER, table: "notes", column: "text", row: &ROW }
    }

    fn key(organization_number: u128, secret: u8) -> Key {
        Key::of(organization(organization_number), &[secret; 32]).unwrap()
    }

    /// Fixed for ever: if this changes, nothing that was sealed before opens any more. The expected bytes are those of
    /// another implementation (PyCA `cryptography`).
    #[test]
    fn what_is_sealed_looks_as_it_always_did() {
        let sealed = key(1, 7).seal_with([9; NONCE_LEN], &place(), "Dear diary, ¿cómo?".as_bytes());
        let hex = sealed.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex, KNOWN);
        assert_eq!(key(1, 7).open(&place(), &sealed).unwrap(), "Dear diary, ¿cómo?".as_bytes());
    }

    const KNOWN: &str =
        "0109090909090909090909090963e0e5e69e94a800d21be7182455c01c67dd0ccce8c2413ede0a495f16f4c3410db61c30";

    #[test]
    fn every_change_and_every_move_fails_closed() {
        let sealed = key(1, 7).seal(&place(), b"private");
        assert_eq!(key(1, 7).open(&place(), &sealed).unwrap(), b"private");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key(1, 7).open(&place(), &changed), Err(Unopened), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key(1, 7).open(&place(), &sealed[..length]), Err(Unopened), "cut to {length}");
        }
        let other_row = [4; 16];
        for moved in [
            Place { owner: Uuid::nil(), ..place() },
            Place { table: "insights", ..place() },
            Place { column: "title", ..place() },
            Place { row: &other_row, ..place() },
            Place { row: &ROW[..15], ..place() },
            Place { table: "note", column: "stext", ..place() }, // the same letters, cut elsewhere
        ] {
            assert_eq!(key(1, 7).open(&moved, &sealed), Err(Unopened), "{moved:?}");
        }
        assert_eq!(key(2, 7).open(&place(), &sealed), Err(Unopened), "another organization");
        assert_eq!(key(1, 8).open(&place(), &sealed), Err(Unopened), "another key");
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let key = key(1, 7);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..100_000 {
            let sealed = key.seal(&place(), b"");
            assert!(seen.insert(sealed[1..=NONCE_LEN].to_vec()));
        }
    }
}
