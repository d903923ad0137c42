//! Locks, all until the transaction ends and all in one order: calendar, people, planning. Whoever changes what two
//! people have with each other holds both of theirs.

use super::error::DbError;
use super::transaction::WriteTx;
use crate::ids::MemberId;
use crate::sql;

impl WriteTx<'_> {
    /// Takes these people's locks until the transaction ends, always in the order of their ids, and a share in the
    /// calendar's; turns away a caller who was deactivated while waiting.
    ///
    /// # Errors
    /// When a lock is not to be had within the connection's `lock_timeout`, or the caller has left.
    pub async fn lock_people(&self, people: &[MemberId]) -> Result<(), DbError> {
        let lock = sql!("select lock_people($1, $2)");
        self.query(lock, &[&self.organization(), &people]).await.map(drop)
    }

    /// Takes the calendar's lock, for whoever moves cycles: until the transaction ends, nobody decides by them. Before
    /// any person's.
    ///
    /// # Errors
    /// When it is not to be had within the connection's `lock_timeout`.
    pub async fn lock_calendar(&self) -> Result<(), DbError> {
        self.lock_named("calendar").await
    }

    /// Takes the lock of planning, for whoever makes cycles, because they are missing or because an administrator wants
    /// them, and for whoever moves one: the others wait, and then find what there is. The last lock that a transaction
    /// takes.
    ///
    /// # Errors
    /// When it is not to be had within the connection's `lock_timeout`.
    pub async fn lock_planning(&self) -> Result<(), DbError> {
        self.lock_named("planning").await
    }

    async fn lock_named(&self, name: &str) -> Result<(), DbError> {
        let lock = sql!("select pg_advisory_xact_lock(hashtextextended($1::uuid::text || '/' || $2, 0))");
        self.query(lock, &[&self.organization(), &name]).await.map(drop)
    }
}
