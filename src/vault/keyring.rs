//! Keys, three deep: a master key from the environment wraps each organization's key, and that wraps each owner's, which
//! seals texts. Changing master keys so means wrapping one key per organization anew; erasing somebody means deleting one.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::hmac;
use quick_cache::sync::Cache;
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

/// What is known of an organization's key.
#[derive(Clone)]
struct Known {
    key: Arc<Key>,
    /// Made of the same secret, for names.
    names: hmac::Key,
}

/// Opens and makes keys. Clones share what they know.
#[derive(Clone)]
pub struct Vault {
    masters: MasterKeys,
    /// The key of each organization, told once for all: however it comes to be wrapped, it stays the same.
    organizations: Arc<RwLock<HashMap<OrganizationId, Known>>>,
    /// Keys of owners, by how they are wrapped and where that belongs: one that is stored no more is asked for no more.
    owners: Arc<Cache<Vec<u8>, Arc<Key>>>,
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
        Self { masters, organizations: Arc::default(), owners: Arc::new(Cache::new(REMEMBERED)) }
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

    /// Tells it an organization's key, before anything of the organization's is sealed or opened.
    ///
    /// # Errors
    /// Where no master key opens it.
    pub fn learn(&self, organization: OrganizationId, key: &OrganizationKey) -> Result<(), Unopened> {
        let secret = self.unwrapped(organization, key)?;
        let names = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), b"pseudonym");
        let names = hmac::Key::new(hmac::HMAC_SHA256, names.as_ref());
        let key = Arc::new(Key::of(organization, &secret)?);
        let mut known = self.organizations.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(organization, Known { key, names });
        Ok(())
    }

    fn known(&self, organization: OrganizationId) -> Result<Known, Unopened> {
        let known = self.organizations.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&organization).cloned().ok_or(Unopened)
    }

    /// Stands for a name as long as the organization lives; whoever lacks its key can neither turn it back nor try names.
    ///
    /// # Errors
    /// Where the organization's key is not known.
    pub fn pseudonym(&self, organization: OrganizationId, name: &[&str]) -> Result<Vec<u8>, Unopened> {
        let mut message = Vec::new();
        for part in name {
            message.extend((part.len() as u64).to_be_bytes()); // so that no two names are written alike
            message.extend(part.as_bytes());
        }
        Ok(hmac::sign(&self.known(organization)?.names, &message).as_ref().to_vec())
    }

    /// A new key for an owner, wrapped by the organization's.
    ///
    /// # Errors
    /// Where the organization's is not known.
    pub fn new_owner_key(&self, organization: OrganizationId, owner: Uuid) -> Result<Vec<u8>, Unopened> {
        Ok(self.known(organization)?.key.seal(&owners_place(&owner), &*random_key()))
    }

    /// The key that an owner's texts are sealed with. Unwrapped once, then remembered.
    ///
    /// # Errors
    /// Where it does not open.
    pub fn owner_key(&self, organization: OrganizationId, owner: Uuid, wrapped: &[u8]) -> Result<OwnerKey, Unopened> {
        let named = [organization.uuid().as_bytes(), owner.as_bytes(), wrapped].concat();
        let unwrap = || {
            let wrapping = self.known(organization)?.key;
            let secret = Zeroizing::new(wrapping.open(&owners_place(&owner), wrapped)?);
            Key::of(organization, &secret).map(Arc::new)
        };
        Ok(OwnerKey { owner, key: self.owners.get_or_insert_with(&named, unwrap)? })
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

    fn knowing(keys: &str, organization: OrganizationId, key: &OrganizationKey) -> Result<Vault, Unopened> {
        let vault = vault(keys);
        vault.learn(organization, key).map(|()| vault)
    }

    #[test]
    fn a_key_opens_for_its_owner_under_its_master_key_only() {
        let (organization, owner, row) = (OrganizationId::new(), Uuid::now_v7(), Uuid::now_v7());
        let key = vault(FIRST).new_organization_key(organization);
        let first = knowing(FIRST, organization, &key).unwrap();
        let wrapped = first.new_owner_key(organization, owner).unwrap();
        let sealed = first.owner_key(organization, owner, &wrapped).unwrap().seal(COLUMN, row, "mine");
        for keys in [FIRST, &format!("{SECOND},{FIRST}")] {
            let again = knowing(keys, organization, &key).unwrap();
            assert_eq!(
                again.owner_key(organization, owner, &wrapped).unwrap().open(COLUMN, row, &sealed).unwrap(),
                "mine"
            );
        }
        assert!(knowing(SECOND, organization, &key).is_err());
        assert!(knowing(&SECOND.replace("k2", "k1"), organization, &key).is_err(), "another key of the same name");
        let elsewhere = OrganizationId::new();
        assert!(knowing(FIRST, elsewhere, &key).is_err(), "another organization's");
        assert!(first.owner_key(elsewhere, owner, &wrapped).is_err());
        assert!(first.owner_key(organization, Uuid::now_v7(), &wrapped).is_err());
        first.learn(elsewhere, &vault(FIRST).new_organization_key(elsewhere)).unwrap();
        assert!(first.owner_key(elsewhere, owner, &wrapped).is_err(), "also where the vault knows both");
        assert!(vault(FIRST).owner_key(organization, owner, &wrapped).is_err(), "nobody has told it the key");
    }

    #[test]
    fn a_key_that_is_wrapped_anew_is_the_same_key() {
        let (organization, owner, row) = (OrganizationId::new(), Uuid::now_v7(), Uuid::now_v7());
        let key = vault(FIRST).new_organization_key(organization);
        let first = knowing(FIRST, organization, &key).unwrap();
        let wrapped = first.new_owner_key(organization, owner).unwrap();
        let sealed = first.owner_key(organization, owner, &wrapped).unwrap().seal(COLUMN, row, "mine");
        let both = vault(&format!("{SECOND} {FIRST}"));
        let anew = both.rewrapped(organization, &key).unwrap().expect("it was under the first");
        assert_eq!(anew.master, "k2");
        assert_eq!(both.rewrapped(organization, &anew), Ok(None));
        assert_eq!(vault(SECOND).rewrapped(organization, &key), Err(Unopened));
        let second = knowing(SECOND, organization, &anew).unwrap();
        let opened = second.owner_key(organization, owner, &wrapped).unwrap();
        assert_eq!(opened.open(COLUMN, row, &sealed).unwrap(), "mine");
    }

    #[test]
    fn a_pseudonym_outlives_a_rotation_and_is_nobody_elses() {
        let organization = OrganizationId::new();
        let key = vault(FIRST).new_organization_key(organization);
        let first = knowing(FIRST, organization, &key).unwrap();
        let pseudonym = first.pseudonym(organization, &["issuer", "ana"]).unwrap();
        assert_ne!(first.pseudonym(organization, &["issue", "rana"]).unwrap(), pseudonym);
        let anew = vault(&format!("{SECOND} {FIRST}")).rewrapped(organization, &key).unwrap().expect("under the first");
        let second = knowing(SECOND, organization, &anew).unwrap();
        assert_eq!(second.pseudonym(organization, &["issuer", "ana"]), Ok(pseudonym.clone()));
        let another = knowing(FIRST, organization, &first.new_organization_key(organization)).unwrap();
        assert_ne!(another.pseudonym(organization, &["issuer", "ana"]).unwrap(), pseudonym);
        assert_eq!(first.pseudonym(OrganizationId::new(), &["issuer", "ana"]), Err(Unopened));
    }

    #[test]
    fn nothing_that_holds_a_key_prints_it() {
        let (organization, owner) = (OrganizationId::new(), Uuid::now_v7());
        let vault = knowing(FIRST, organization, &vault(FIRST).new_organization_key(organization)).unwrap();
        let key = vault.owner_key(organization, owner, &vault.new_owner_key(organization, owner).unwrap()).unwrap();
        assert_eq!(format!("{vault:?}"), "a vault under [\"k1\"]");
        assert_eq!(format!("{key:?}"), format!("OwnerKey {{ owner: {owner:?}, key: a key }}"));
    }
}
