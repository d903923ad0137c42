//! Where the keys of the vault are kept, and how a transaction comes by the ones that it needs.

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::DbError;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Error, Result};
use crate::sql;
use crate::text::PrivateText;
use crate::vault::{Column, OrganizationKey, OwnerKey, WrappedKey};

impl ReadTx<'_> {
    /// The text of a row whose statement also brought what opens it; nothing where there is none.
    ///
    /// # Errors
    /// Where it does not open.
    pub fn opened(
        &self,
        row: &Row,
        column: Column,
        owner: impl Into<Uuid>,
        id: impl Into<Uuid>,
    ) -> Result<Option<String>, DbError> {
        let Some(sealed) = row.get::<_, Option<&[u8]>>(column.name) else { return Ok(None) };
        let key = self.unwrapped(owner.into(), row.get(column.key))?;
        Ok(Some(key.open(column, id, sealed)?))
    }

    /// The same for a row that outlives the owner's key: nothing where that is gone, and the text with it.
    ///
    /// # Errors
    /// Where it does not open.
    pub fn opened_unless_erased(
        &self,
        row: &Row,
        column: Column,
        owner: impl Into<Uuid>,
        id: impl Into<Uuid>,
    ) -> Result<Option<String>, DbError> {
        let erased = row.get::<_, Option<WrappedKey>>(column.key).is_none();
        if erased { Ok(None) } else { self.opened(row, column, owner, id) }
    }

    /// The owner's key, of what a statement brought: `key_of($1, …)`.
    ///
    /// # Errors
    /// Where there is none, or it does not open.
    pub fn unwrapped(&self, owner: Uuid, wrapped: Option<WrappedKey>) -> Result<OwnerKey, DbError> {
        let wrapped = wrapped.ok_or(crate::vault::Unopened)?;
        Ok(self.vault().owner_key(self.organization(), owner, &wrapped)?)
    }
}

impl WriteTx<'_> {
    /// The key that an owner's texts are sealed with; made the first time that something is written.
    ///
    /// # Errors
    /// Whatever the database refuses; where a key does not open.
    pub async fn key_of(&self, owner: impl Into<Uuid>) -> Result<OwnerKey, DbError> {
        let owner = owner.into();
        let (key, known) = find(self, owner).await?.ok_or(crate::vault::Unopened)?;
        if known.is_some() {
            return self.unwrapped(owner, known);
        }
        let made = self.vault().new_owner_key(self.organization(), &key, owner)?;
        if insert_owner_key(self, owner, &made).await? {
            return self.unwrapped(owner, Some(made));
        }
        let first = find(self, owner).await?.and_then(|(_, first)| first); // somebody else was
        self.unwrapped(owner, first)
    }

    /// A text as it is stored, sealed with its owner's key; nothing where there is none.
    ///
    /// # Errors
    /// As [`WriteTx::key_of`].
    pub async fn sealed(
        &self,
        column: Column,
        owner: impl Into<Uuid>,
        id: impl Into<Uuid>,
        text: Option<&PrivateText>,
    ) -> Result<Option<Vec<u8>>, DbError> {
        let Some(text) = text else { return Ok(None) };
        Ok(Some(self.key_of(owner).await?.seal(column, id, text.expose())))
    }

    /// Sees to it that texts can be sealed: makes the organization's key where it has none, and wraps it anew where it
    /// is not under the master key that writes but `rotate` is asked for. Says whether it did that.
    ///
    /// # Errors
    /// Where no master key opens the one that there is.
    pub async fn ready_keys(&self, rotate: bool) -> Result<bool> {
        let Some(key) = organization_key(self).await? else {
            insert_organization_key(self, &self.vault().new_organization_key(self.organization())).await?;
            return Ok(false);
        };
        let anew = self.vault().rewrapped(self.organization(), &key).map_err(|_| {
            let (organization, master) = (self.organization(), &key.master);
            Error::Internal(format!(
                "the key of organization {organization} was wrapped by master key {master}, and MASTER_KEYS holds no key \
                 of that id that opens it: put it back, behind the one that shall write"
            ))
        })?;
        match anew {
            Some(anew) if rotate => Ok(update_organization_key(self, &key, &anew).await? == 1),
            _ => Ok(false),
        }
    }
}

/// The organization's key, and what opens the owner's texts, where there is a key of theirs.
async fn find(tx: &ReadTx<'_>, owner: Uuid) -> Result<Option<(OrganizationKey, Option<WrappedKey>)>, DbError> {
    let both = sql!("select master, wrapped, key_of($1, $2) as key from organization_keys where organization_id = $1");
    let row = tx.query_opt(both, &[&tx.organization(), &owner]).await?;
    Ok(row.map(|row| (stored(&row), row.get("key"))))
}

fn stored(row: &Row) -> OrganizationKey {
    OrganizationKey { master: row.get("master"), wrapped: row.get("wrapped") }
}

async fn organization_key(tx: &ReadTx<'_>) -> Result<Option<OrganizationKey>, DbError> {
    let one = sql!("select master, wrapped from organization_keys where organization_id = $1");
    let row = tx.query_opt(one, &[&tx.organization()]).await?;
    Ok(row.as_ref().map(stored))
}

async fn insert_organization_key(tx: &WriteTx<'_>, key: &OrganizationKey) -> Result<(), DbError> {
    let insert = sql!(
        "insert into organization_keys (organization_id, master, wrapped, written_at) values ($1, $2, $3, $4)
         on conflict (organization_id) do nothing"
    );
    tx.execute(insert, &[&tx.organization(), &key.master, &key.wrapped, &tx.now()]).await.map(drop)
}

/// Compares and sets: of two that wrap it anew at once, one does.
async fn update_organization_key(
    tx: &WriteTx<'_>,
    old: &OrganizationKey,
    new: &OrganizationKey,
) -> Result<u64, DbError> {
    let update = sql!(
        "update organization_keys set master = $3, wrapped = $4, written_at = $5
         where organization_id = $1 and wrapped = $2"
    );
    tx.execute(update, &[&tx.organization(), &old.wrapped, &new.master, &new.wrapped, &tx.now()]).await
}

/// Whether this is the key from now on: of two that are made at once, the first one is.
async fn insert_owner_key(tx: &WriteTx<'_>, owner: Uuid, made: &WrappedKey) -> Result<bool, DbError> {
    let insert = sql!(
        "insert into owner_keys (organization_id, owner_id, wrapped, written_at) values ($1, $2, $3, $4)
         on conflict (organization_id, owner_id) do nothing"
    );
    Ok(tx.execute(insert, &[&tx.organization(), &owner, &made.owners(), &tx.now()]).await? == 1)
}
