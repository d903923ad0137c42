//! A transaction that opens with its first statement and cannot leak: the only code that says BEGIN.
//!
//! Four rules keep it safe; each has its tests in `tests/db/scope`:
//! 1. The opening (`begin; set local …`) leaves together with the first statement, in one flush. Only *prepared*
//!    statements may be pipelined so: preparing takes a round trip, so it comes first.
//! 2. A read does not wait for its end: `commit` is on the wire before the connection can be borrowed again, and one
//!    connection answers in order.
//! 3. `commit` answers well even when the server rolled back. So a write commits only when every statement it sent has
//!    come back, and come back well.
//! 4. A connection whose transaction has not ended (dropped future, panic, lost statement) leaves the pool for good.

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use deadpool_postgres::Object;
use futures_util::future::{FutureExt, join, join3};
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::{Client, Error as PgError, Row, Statement, types::ToSql};

use super::error::DbError;
use super::pool::Taken;
use super::scope::Scope;
use crate::access::{Actor, Caller, Reason};
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::OrganizationId;
use crate::vault::Vault;

/// A statement's arguments, in order.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    EachAlone,
    Snapshot,
    Write,
}

/// Who is asking, told to the database. Only names and typed ids: nothing from outside can be written in here.
fn opening(mode: Mode, caller: &Caller, clock: &Clock) -> String {
    let begin = match mode {
        Mode::EachAlone => "begin read only",
        Mode::Snapshot => "begin isolation level repeatable read, read only",
        Mode::Write => "begin",
    };
    let (organization, actor) = (caller.organization, caller.actor.name());
    let mut opening =
        format!("{begin}; set local app.organization_id = '{organization}'; set local app.actor = '{actor}'");
    if let Some(id) = caller.id() {
        opening.push_str(&format!("; set local app.member_id = '{id}'"));
    }
    if mode == Mode::Write {
        opening.push_str(&format!("; set local app.now = '{}'", clock.now())); // for what the database tells by itself
    }
    if mode == Mode::Write && matches!(caller.actor, Actor::Member(_) | Actor::Administrator(_)) {
        opening.push_str("; select require_standing()");
    }
    opening
}

/// A borrowed connection and what we know about the transaction on it.
pub(super) struct Held {
    object: Option<Object>, // none once it has gone back, or out
    /// Its place in the organization's share; free once the connection has gone.
    _place: Option<OwnedSemaphorePermit>,
    /// What the next statement must bring along.
    owed: RefCell<Option<String>>,
    mode: Mode,
    open: Cell<bool>,     // a transaction was begun, and its end not sent
    doubtful: Cell<bool>, // the connection must not be used again unless the end is reached
    in_flight: Cell<u32>, // statements sent whose answer we have not seen
    failed: Cell<bool>,   // some statement failed: the server will only roll back
}

impl Held {
    pub(super) fn new(Taken { object, place }: Taken, mode: Mode, caller: &Caller, clock: &Clock) -> Self {
        Self {
            object: Some(object),
            _place: place,
            owed: RefCell::new(Some(opening(mode, caller, clock))),
            mode,
            open: Cell::new(false),
            doubtful: Cell::new(false),
            in_flight: Cell::new(0),
            failed: Cell::new(false),
        }
    }

    fn client(&self) -> &deadpool_postgres::ClientWrapper {
        self.object.as_ref().expect("held until it ends")
    }

    /// Prepares, then sends the statement, with what is owed in front of it.
    async fn send<T>(
        &self,
        sql: &str,
        statement: impl AsyncFnOnce(&Client, &Statement) -> Result<T, PgError>,
    ) -> Result<T, DbError> {
        self.doubtful.set(true);
        self.in_flight.set(self.in_flight.get() + 1); // stays up when this future is dropped
        let outcome = self.send_counted(sql, statement).await;
        self.in_flight.set(self.in_flight.get() - 1);
        if let Err(error) = &outcome {
            self.failed.set(true);
            if DbError::outdates_statements(error) {
                self.in_flight.set(u32::MAX / 2); // nobody may use this connection's memory again
            }
        }
        Ok(outcome?)
    }

    async fn send_counted<T>(
        &self,
        sql: &str,
        statement: impl AsyncFnOnce(&Client, &Statement) -> Result<T, PgError>,
    ) -> Result<T, PgError> {
        let client = self.client();
        let prepared = client.prepare_cached(sql).await?;
        // From here to the joined poll nothing awaits: whoever takes what is owed sends it first.
        if self.mode == Mode::EachAlone {
            let opening = self.owed.borrow().clone().unwrap_or_default();
            let (begun, outcome, ended) =
                join3(client.batch_execute(&opening), statement(client, &prepared), client.batch_execute("commit"))
                    .await;
            return begun.and(outcome).and_then(|value| ended.map(|()| value));
        }
        self.open.set(true);
        let owed = self.owed.take();
        match owed {
            Some(owed) => {
                let (begun, outcome) = join(client.batch_execute(&owed), statement(client, &prepared)).await;
                begun.and(outcome)
            }
            None => statement(client, &prepared).await,
        }
    }

    /// Commits, and waits for it. Never trusts the server's word alone.
    pub(super) async fn commit(self) -> Result<(), DbError> {
        if self.failed.get() || self.in_flight.get() > 0 {
            self.let_go();
            return Err(DbError::Unfinished);
        }
        if self.open.get() {
            self.client().batch_execute("commit").await.map_err(DbError::of_commit)?; // on error or drop: out of the pool
        }
        self.doubtful.set(false);
        Ok(())
    }

    /// Ends the transaction without waiting for the answer: sent now, so ahead of the next borrower.
    pub(super) fn let_go(self) {
        if self.in_flight.get() > 0 {
            return; // an abandoned statement: Drop takes the connection out
        }
        let end = if self.mode == Mode::Write { "rollback" } else { "commit" };
        // Polled once is sent; the answer may even be there already.
        let sent = !self.open.get() || !matches!(self.client().batch_execute(end).now_or_never(), Some(Err(_)));
        self.doubtful.set(!sent);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && self.doubtful.get()
        {
            tracing::warn!("a request left its transaction unfinished: its connection is closed");
            drop(Object::take(object)); // closes the socket; the server rolls back
        }
    }
}

/// A transaction that can only read.
pub struct ReadTx<'a> {
    held: &'a Held,
    scope: &'a Scope,
}

impl<'a> ReadTx<'a> {
    pub(super) fn new(held: &'a Held, scope: &'a Scope) -> Self {
        Self { held, scope }
    }

    /// Who is asking.
    pub fn caller(&self) -> &Caller {
        self.scope.caller()
    }

    /// The tenant that every statement names first.
    pub fn organization(&self) -> OrganizationId {
        self.scope.caller().organization
    }

    /// What seals and opens texts.
    pub fn vault(&self) -> &Vault {
        self.scope.vault()
    }

    /// The time of the domain, at this moment. A verb asks once, after it has its locks.
    pub fn now(&self) -> Timestamp {
        self.scope.clock().now()
    }

    /// All rows.
    ///
    /// # Errors
    /// Whatever the database refuses; the same for the other statements.
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.held.send(sql, async |client, statement| client.query(statement, params).await).await
    }

    /// The row, if there is one.
    ///
    /// # Errors
    /// As [`ReadTx::query`].
    pub async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, DbError> {
        self.held.send(sql, async |client, statement| client.query_opt(statement, params).await).await
    }

    /// The one row.
    ///
    /// # Errors
    /// As [`ReadTx::query`]; also when there is none.
    pub async fn query_one(&self, sql: &str, params: Params<'_>) -> Result<Row, DbError> {
        self.held.send(sql, async |client, statement| client.query_one(statement, params).await).await
    }
}

/// A transaction that may write; it reads as well.
pub struct WriteTx<'a>(ReadTx<'a>);

impl<'a> WriteTx<'a> {
    pub(super) fn new(held: &'a Held, scope: &'a Scope) -> Self {
        Self(ReadTx::new(held, scope))
    }

    /// Changes rows; returns how many.
    ///
    /// # Errors
    /// As [`ReadTx::query`].
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.0.held.send(sql, async |client, statement| client.execute(statement, params).await).await
    }

    /// Does `work` as the service itself, within the same transaction, and becomes the caller again. The change of
    /// capacity travels with the next statement, so it costs no round trip.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn as_system<T>(&self, reason: Reason, work: impl AsyncFnOnce(&WriteTx<'_>) -> Result<T>) -> Result<T> {
        let scope = self.0.scope.as_system(reason);
        self.owe(&scope.caller().actor);
        let _until_then = CallerAgain(self);
        work(&WriteTx(ReadTx { held: self.0.held, scope: &scope })).await
    }

    fn owe(&self, actor: &Actor) {
        let mut owed = self.0.held.owed.borrow_mut();
        let opening = owed.take().map(|opening| opening + "; ").unwrap_or_default();
        *owed = Some(format!("{opening}set local app.actor = '{}'", actor.name()));
    }
}

/// Becomes the caller again, however the work as the service ends: well, badly, or dropped in the middle.
struct CallerAgain<'a>(&'a WriteTx<'a>);

impl Drop for CallerAgain<'_> {
    fn drop(&mut self) {
        self.0.owe(&self.0.caller().actor);
    }
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.0
    }
}
