//! Where the keys of the vault are kept, and how a transaction comes by the ones that it needs.

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::DbError;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Error, Result};
use crate::sql;
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
        let found = find(self, owner).await?;
        let wrapped = match found {
            Some(wrapped) => Some(wrapped),
            None => {
                let key = organization_key(self).await?.ok_or(crate::vault::Unopened)?;
                let made = self.vault().new_owner_key(self.organization(), &key, owner)?;
                insert_owner_key(self, owner, &made).await?;
                find(self, owner).await? // whoever was first
            }
        };
        self.unwrapped(owner, wrapped)
    }

    /// Deletes an owner's key, and with it everything that is sealed with it.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub async fn delete_key_of(&self, owner: impl Into<Uuid>) -> Result<(), DbError> {
        let delete = sql!("delete from owner_keys where organization_id = $1 and owner_id = $2");
        self.execute(delete, &[&self.organization(), &owner.into()]).await.map(drop)
    }

    /// Stands for a name for as long as the organization lives, and tells it to nobody who has not the master key.
    ///
    /// # Errors
    /// Whatever the database refuses; where the organization's key does not open.
    pub async fn pseudonym(&self, name: &[&str]) -> Result<Vec<u8>, DbError> {
        let key = organization_key(self).await?.ok_or(crate::vault::Unopened)?;
        Ok(self.vault().pseudonym(self.organization(), &key, name)?)
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

async fn find(tx: &ReadTx<'_>, owner: Uuid) -> Result<Option<WrappedKey>, DbError> {
    let row = tx.query_one(sql!("select key_of($1, $2) as key"), &[&tx.organization(), &owner]).await?;
    Ok(row.get("key"))
}

async fn organization_key(tx: &ReadTx<'_>) -> Result<Option<OrganizationKey>, DbError> {
    let one = sql!("select master, wrapped from organization_keys where organization_id = $1");
    let row = tx.query_opt(one, &[&tx.organization()]).await?;
    Ok(row.map(|row| OrganizationKey { master: row.get("master"), wrapped: row.get("wrapped") }))
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

async fn insert_owner_key(tx: &WriteTx<'_>, owner: Uuid, wrapped: &[u8]) -> Result<(), DbError> {
    let insert = sql!(
        "insert into owner_keys (organization_id, owner_id, wrapped, written_at) values ($1, $2, $3, $4)
         on conflict (organization_id, owner_id) do nothing"
    );
    tx.execute(insert, &[&tx.organization(), &owner, &wrapped, &tx.now()]).await.map(drop)
}
