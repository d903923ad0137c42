//! Where the keys of the vault are kept, and how a transaction comes by the ones that it needs.

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::DbError;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Error, Result};
use crate::sql;
use crate::text::PrivateText;
use crate::vault::{Column, OrganizationKey, OwnerKey, Unopened};

impl ReadTx<'_> {
    /// The text of a row whose statement also brought the owner's key; nothing where there is none.
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
        let erased = row.get::<_, Option<&[u8]>>(column.key).is_none();
        if erased { Ok(None) } else { self.opened(row, column, owner, id) }
    }

    /// An owner's key, of what a statement brought.
    ///
    /// # Errors
    /// Where there is none, or it does not open.
    pub fn unwrapped(&self, owner: Uuid, wrapped: Option<&[u8]>) -> Result<OwnerKey, DbError> {
        Ok(self.vault().owner_key(self.organization(), owner, wrapped.ok_or(Unopened)?)?)
    }
}

impl WriteTx<'_> {
    /// The key that an owner's texts are sealed with; made the first time that something is written.
    ///
    /// # Errors
    /// Whatever the database refuses; where a key does not open.
    pub async fn key_of(&self, owner: impl Into<Uuid>) -> Result<OwnerKey, DbError> {
        let owner = owner.into();
        if let Some(wrapped) = owner_key(self, owner).await? {
            return self.unwrapped(owner, Some(&wrapped));
        }
        let made = self.vault().new_owner_key(self.organization(), owner)?;
        if insert_owner_key(self, owner, &made).await? {
            return self.unwrapped(owner, Some(&made));
        }
        let first = owner_key(self, owner).await?; // somebody else was
        self.unwrapped(owner, first.as_deref())
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

    /// Deletes an owner's key, and with it everything that is sealed with it.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub async fn delete_key_of(&self, owner: impl Into<Uuid>) -> Result<(), DbError> {
        let delete = sql!("delete from owner_keys where organization_id = $1 and owner_id = $2");
        self.execute(delete, &[&self.organization(), &owner.into()]).await.map(drop)
    }

    /// Sees to it that texts can be sealed and opened: makes the organization's key where it has none, and tells it to the
    /// vault. Where it is not under the master key that writes and `rotate` is asked for, it is wrapped anew; says whether
    /// it was.
    ///
    /// # Errors
    /// Where no master key opens the one that there is.
    pub async fn ready_keys(&self, rotate: bool) -> Result<bool> {
        if organization_key(self).await?.is_none() {
            insert_organization_key(self, &self.vault().new_organization_key(self.organization())).await?;
        }
        let key = organization_key(self).await?.ok_or_else(|| DbError::from(Unopened))?; // whoever's it is
        let unopened = |Unopened| {
            let (organization, master) = (self.organization(), &key.master);
            Error::Internal(format!(
                "the key of organization {organization} was wrapped by master key {master}, and MASTER_KEYS holds no key \
                 of that id that opens it: put it back, behind the one that shall write"
            ))
        };
        self.vault().learn(self.organization(), &key).map_err(unopened)?;
        match self.vault().rewrapped(self.organization(), &key).map_err(unopened)? {
            Some(anew) if rotate => Ok(update_organization_key(self, &key, &anew).await? == 1),
            _ => Ok(false),
        }
    }
}

async fn owner_key(tx: &ReadTx<'_>, owner: Uuid) -> Result<Option<Vec<u8>>, DbError> {
    let one = sql!("select wrapped from owner_keys where organization_id = $1 and owner_id = $2");
    let row = tx.query_opt(one, &[&tx.organization(), &owner]).await?;
    Ok(row.map(|row| row.get("wrapped")))
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

/// Whether this is the key from now on: of two that are made at once, the first one is.
async fn insert_owner_key(tx: &WriteTx<'_>, owner: Uuid, wrapped: &[u8]) -> Result<bool, DbError> {
    let insert = sql!(
        "insert into owner_keys (organization_id, owner_id, wrapped, written_at) values ($1, $2, $3, $4)
         on conflict (organization_id, owner_id) do nothing"
    );
    Ok(tx.execute(insert, &[&tx.organization(), &owner, &wrapped, &tx.now()]).await? == 1)
}
