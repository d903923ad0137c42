//! Keys, three deep: a master key from the environment wraps each organization's key, and that wraps each owner's, which
//! seals texts. Changing master keys so means wrapping one key per organization anew; erasing somebody means deleting one.

use std::sync::Arc;

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::keys::MasterKeys;
use super::seal::{Column, Key, Place, Unopened, random_key};
use crate::ids::OrganizationId;

/// How many unwrapped keys are remembered: some 250 bytes each.
const REMEMBERED: usize = 10_000;

/// An organization's key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationKey {
    /// Which master key wraps it.
    pub master: String,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
}

/// All that opens an owner's texts, as the SQL function `key_of` brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    organization: OrganizationKey,
    owner: Vec<u8>,
}

impl<'a> FromSql<'a> for WrappedKey {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let parts: [Vec<u8>; 3] = Vec::from_sql(ty, raw)?.try_into().map_err(|_| "a key has three parts")?;
        let [master, wrapped, owner] = parts;
        Ok(Self { organization: OrganizationKey { master: String::from_utf8(master)?, wrapped }, owner })
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::BYTEA_ARRAY
    }
}

/// Seals and opens what one owner's key is for.
#[derive(Clone, Debug)]
pub struct OwnerKey {
    owner: Uuid,
    key: Arc<Key>,
}

impl OwnerKey {
    /// Seals a text for this column of the row of this id.
    pub fn seal(&self, column: Column, row: impl Into<Uuid>, text: &str) -> Vec<u8> {
        self.seal_bytes(column, row.into().as_bytes(), text.as_bytes())
    }

    /// Opens what was sealed there.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn open(&self, column: Column, row: impl Into<Uuid>, sealed: &[u8]) -> Result<String, Unopened> {
        let bytes = self.open_bytes(column, row.into().as_bytes(), sealed)?;
        String::from_utf8(bytes).map_err(|_| Unopened)
    }

    /// Seals bytes for this column of the row that is named so.
    pub fn seal_bytes(&self, column: Column, row: &[u8], bytes: &[u8]) -> Vec<u8> {
        self.key.seal(&self.place(column, row), bytes)
    }

    /// Opens what was sealed there.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn open_bytes(&self, column: Column, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        self.key.open(&self.place(column, row), sealed)
    }

    fn place<'a>(&self, column: Column, row: &'a [u8]) -> Place<'a> {
        Place { owner: self.owner, table: column.table, column: column.name, row }
    }
}

/// Opens and makes keys. Clones share what they remember.
#[derive(Clone)]
pub struct Vault {
    masters: MasterKeys,
    /// By the wrapped key and where it belongs: one that is stored no more is asked for no more.
    known: Arc<Cache<Vec<u8>, Arc<Key>>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a vault under {:?}", self.masters)
    }
}

fn organizations_place(organization: &Uuid) -> Place<'_> {
    Place { owner: *organization, table: "organization_keys", column: "wrapped", row: organization.as_bytes() }
}

fn owners_place(owner: &Uuid) -> Place<'_> {
    Place { owner: *owner, table: "owner_keys", column: "wrapped", row: owner.as_bytes() }
}

impl Vault {
    /// A vault under these master keys.
    pub fn new(masters: MasterKeys) -> Self {
        Self { masters, known: Arc::new(Cache::new(REMEMBERED)) }
    }

    /// The master keys that it is under.
    pub fn masters(&self) -> &MasterKeys {
        &self.masters
    }

    /// A new key for an organization, under the master key that writes.
    pub fn new_organization_key(&self, organization: OrganizationId) -> OrganizationKey {
        self.wrapped(organization, &*random_key())
    }

    fn wrapped(&self, organization: OrganizationId, secret: &[u8]) -> OrganizationKey {
        let (master, wrapping) = self.masters.writing(organization);
        let wrapped = wrapping.seal(&organizations_place(&organization.uuid()), secret);
        OrganizationKey { master: master.into(), wrapped }
    }

    fn unwrapped(&self, organization: OrganizationId, key: &OrganizationKey) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let wrapping = self.masters.reading(&key.master, organization).ok_or(Unopened)?;
        wrapping.open(&organizations_place(&organization.uuid()), &key.wrapped).map(Zeroizing::new)
    }

    /// The same key under the master key that writes; nothing where it is already.
    ///
    /// # Errors
    /// Where no master key opens it.
    pub fn rewrapped(
        &self,
        organization: OrganizationId,
        key: &OrganizationKey,
    ) -> Result<Option<OrganizationKey>, Unopened> {
        let secret = self.unwrapped(organization, key)?;
        Ok((key.master != self.masters.writing_id()).then(|| self.wrapped(organization, &secret)))
    }

    /// A new key for an owner, wrapped by the organization's.
    ///
    /// # Errors
    /// Where no master key opens the organization's.
    pub fn new_owner_key(
        &self,
        organization: OrganizationId,
        key: &OrganizationKey,
        owner: Uuid,
    ) -> Result<Vec<u8>, Unopened> {
        Ok(self.organization_key(organization, key)?.seal(&owners_place(&owner), &*random_key()))
    }

    /// The key that an owner's texts are sealed with. Unwrapped once, then remembered.
    ///
    /// # Errors
    /// Where it does not open.
    pub fn owner_key(
        &self,
        organization: OrganizationId,
        owner: Uuid,
        wrapped: &WrappedKey,
    ) -> Result<OwnerKey, Unopened> {
        let key = self.remembered(organization, owner, &wrapped.owner, || {
            let wrapping = self.organization_key(organization, &wrapped.organization)?;
            let secret = Zeroizing::new(wrapping.open(&owners_place(&owner), &wrapped.owner)?);
            Key::of(organization, &secret)
        })?;
        Ok(OwnerKey { owner, key })
    }

    /// Stands for a name: the same one always has the same, and whoever lacks the organization's key cannot try names.
    ///
    /// # Errors
    /// Where no master key opens the organization's.
    pub fn pseudonym(
        &self,
        organization: OrganizationId,
        key: &OrganizationKey,
        name: &[&str],
    ) -> Result<Vec<u8>, Unopened> {
        let secret = self.unwrapped(organization, key)?;
        let sign = |key: &[u8], message: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
        let own = sign(&secret, b"pseudonym");
        let mut message = Vec::new();
        for part in name {
            message.extend((part.len() as u64).to_be_bytes()); // so that no two names are written alike
            message.extend(part.as_bytes());
        }
        Ok(sign(own.as_ref(), &message).as_ref().to_vec())
    }

    fn organization_key(&self, organization: OrganizationId, key: &OrganizationKey) -> Result<Arc<Key>, Unopened> {
        self.remembered(organization, organization.uuid(), &key.wrapped, || {
            Key::of(organization, &self.unwrapped(organization, key)?)
        })
    }

    fn remembered(
        &self,
        organization: OrganizationId,
        owner: Uuid,
        wrapped: &[u8],
        unwrap: impl FnOnce() -> Result<Key, Unopened>,
    ) -> Result<Arc<Key>, Unopened> {
        let named = [organization.uuid().as_bytes(), owner.as_bytes(), wrapped].concat();
        self.known.get_or_insert_with(&named, || unwrap().map(Arc::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMN: Column = Column { table: "notes", name: "text", key: "key" };
    const FIRST: &str = "k1:q7Yf1n0m5p3v9x2c4b6n8m0Q1w3e5r7t9y1U3i5o7P4=";
    const SECOND: &str = "k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn vault(keys: &str) -> Vault {
        Vault::new(keys.parse().unwrap())
    }

    fn chain(vault: &Vault, organization: OrganizationId, owner: Uuid) -> WrappedKey {
        let key = vault.new_organization_key(organization);
        let owner = vault.new_owner_key(organization, &key, owner).unwrap();
        WrappedKey { organization: key, owner }
    }

    #[test]
    fn a_key_opens_for_its_owner_under_its_master_key_only() {
        let (organization, owner, row) = (OrganizationId::new(), Uuid::now_v7(), Uuid::now_v7());
        let wrapped = chain(&vault(FIRST), organization, owner);
        let sealed = vault(FIRST).owner_key(organization, owner, &wrapped).unwrap().seal(COLUMN, row, "mine");
        let again = vault(FIRST).owner_key(organization, owner, &wrapped).unwrap();
        assert_eq!(again.open(COLUMN, row, &sealed).unwrap(), "mine");
        let opens = |keys: &str, organization, owner| vault(keys).owner_key(organization, owner, &wrapped).is_ok();
        assert!(opens(&format!("{SECOND},{FIRST}"), organization, owner));
        assert!(!opens(SECOND, organization, owner));
        assert!(!opens(&SECOND.replace("k2", "k1"), organization, owner), "another key of the same name");
        assert!(!opens(FIRST, OrganizationId::new(), owner));
        assert!(!opens(FIRST, organization, Uuid::now_v7()));
        let stranger = chain(&vault(FIRST), organization, Uuid::now_v7());
        let mixed = WrappedKey { owner: stranger.owner, ..wrapped.clone() };
        assert!(vault(FIRST).owner_key(organization, owner, &mixed).is_err());
    }

    #[test]
    fn what_is_remembered_is_remembered_for_its_place() {
        let (organization, owner, other) = (OrganizationId::new(), Uuid::now_v7(), Uuid::now_v7());
        let vault = vault(FIRST);
        let wrapped = chain(&vault, organization, owner);
        assert!(vault.owner_key(organization, owner, &wrapped).is_ok());
        assert!(vault.owner_key(organization, other, &wrapped).is_err());
        assert!(vault.owner_key(OrganizationId::new(), owner, &wrapped).is_err());
    }

    #[test]
    fn a_key_that_is_wrapped_anew_is_the_same_key() {
        let (organization, owner, row) = (OrganizationId::new(), Uuid::now_v7(), Uuid::now_v7());
        let wrapped = chain(&vault(FIRST), organization, owner);
        let sealed = vault(FIRST).owner_key(organization, owner, &wrapped).unwrap().seal(COLUMN, row, "mine");
        let both = vault(&format!("{SECOND} {FIRST}"));
        let anew = both.rewrapped(organization, &wrapped.organization).unwrap().expect("it was under the first");
        assert_eq!(anew.master, "k2");
        assert_eq!(both.rewrapped(organization, &anew), Ok(None));
        assert_eq!(vault(SECOND).rewrapped(organization, &wrapped.organization), Err(Unopened));
        let wrapped = WrappedKey { organization: anew, ..wrapped };
        let key = vault(SECOND).owner_key(organization, owner, &wrapped).unwrap();
        assert_eq!(key.open(COLUMN, row, &sealed).unwrap(), "mine");
    }

    #[test]
    fn a_pseudonym_outlives_a_rotation_and_is_nobody_elses() {
        let (organization, first) = (OrganizationId::new(), vault(FIRST));
        let key = first.new_organization_key(organization);
        let (name, other) = (["issuer", "ana"], ["issue", "rana"]);
        let pseudonym = first.pseudonym(organization, &key, &name).unwrap();
        assert_ne!(first.pseudonym(organization, &key, &other).unwrap(), pseudonym);
        let anew =
            vault(&format!("{SECOND} {FIRST}")).rewrapped(organization, &key).unwrap().expect("it was under the first");
        assert_eq!(vault(SECOND).pseudonym(organization, &anew, &name), Ok(pseudonym.clone()));
        assert_eq!(vault(SECOND).pseudonym(organization, &key, &name), Err(Unopened));
        let another = first.new_organization_key(organization);
        assert_ne!(first.pseudonym(organization, &another, &name).unwrap(), pseudonym);
    }

    #[test]
    fn nothing_that_holds_a_key_prints_it() {
        let vault = vault(FIRST);
        let (organization, owner) = (OrganizationId::new(), Uuid::now_v7());
        let key = vault.owner_key(organization, owner, &chain(&vault, organization, owner)).unwrap();
        assert_eq!(format!("{vault:?}"), "a vault under [\"k1\"]");
        assert_eq!(format!("{key:?}"), format!("OwnerKey {{ owner: {owner:?}, key: a key }}"));
    }
}
