//! The locks of people, and of an organization: whoever changes what two people have with each other holds both.

use super::error::DbError;
use super::transaction::WriteTx;
use crate::ids::MemberId;
use crate::sql;

impl WriteTx<'_> {
    /// Takes the lock of the whole organization until the transaction ends: for the rare thing that must be made once,
    /// however many ask. Always before any person's.
    ///
    /// # Errors
    /// As [`WriteTx::lock_people`].
    pub async fn lock_organization(&self) -> Result<(), DbError> {
        let lock = sql!("select pg_advisory_xact_lock(hashtextextended($1::text, 0))");
        self.query(lock, &[&self.organization().to_string()]).await.map(drop)
    }

    /// Takes the locks of these people until the transaction ends, always in the order of their ids, and turns away a
    /// caller who was deactivated while waiting.
    ///
    /// # Errors
    /// When a lock is not to be had within the connection's `lock_timeout`, or the caller has left.
    pub async fn lock_people(&self, people: &[MemberId]) -> Result<(), DbError> {
        let lock = sql!("select lock_people($1, $2)");
        self.query(lock, &[&self.organization(), &people]).await.map(drop)
    }
}
