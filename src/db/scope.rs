//! `Scope`: who is asking, and the three ways to ask the database on their behalf.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::pool::Database;
use super::transaction::{Held, Mode, ReadTx, WriteTx};
use crate::access::{Actor, Caller, Reason};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::vault::Vault;

/// How long the work of one request may take. Longer than a statement may (`statement_timeout`), so that it is the
/// database that gives up first, where it can, and nothing runs on unseen.
const DEADLINE: Duration = Duration::from_secs(6);

/// A dropped transaction takes its connection out of the pool.
async fn in_time<T>(work: impl Future<Output = Result<T>>, late: impl FnOnce(String) -> Error) -> Result<T> {
    let said = || "the work of a request took too long".into();
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| Err(late(said())))
}

/// The caller's view of the database, and the time. Handlers take it as their first argument, so that a stranger costs
/// neither a body nor a connection.
#[derive(Clone, Debug)]
pub struct Scope {
    database: Database,
    clock: Clock,
    vault: Vault,
    caller: Rc<Caller>,
}

impl Scope {
    /// A scope for this caller.
    pub fn new(database: Database, clock: Clock, vault: Vault, caller: Caller) -> Self {
        Self { database, clock, vault, caller: Rc::new(caller) }
    }

    /// Who is asking.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The time of the domain.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What seals and opens texts.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The service itself, in the caller's organization, for this reason.
    pub fn as_system(&self, reason: Reason) -> Self {
        let caller = Caller::system(self.caller.organization, reason);
        Self { caller: Rc::new(caller), ..self.clone() }
    }

    /// What somebody else in the same organization would see.
    pub fn seen_by(&self, actor: Actor) -> Self {
        let caller = Caller { organization: self.caller.organization, actor };
        Self { caller: Rc::new(caller), ..self.clone() }
    }

    /// Each statement is a READ ONLY transaction of its own, complete in one flush. Under READ COMMITTED two
    /// statements never shared a snapshot anyway, so nothing is lost. Enough for most GETs.
    ///
    /// # Errors
    /// What `work` returns; unavailable when no connection is free.
    pub async fn read<T>(&self, work: impl AsyncFnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
        self.look(Mode::EachAlone, work).await
    }

    /// Reads that must agree with each other: one REPEATABLE READ, READ ONLY transaction.
    ///
    /// # Errors
    /// As [`Scope::read`].
    pub async fn snapshot<T>(&self, work: impl AsyncFnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
        self.look(Mode::Snapshot, work).await
    }

    async fn look<T>(&self, mode: Mode, work: impl AsyncFnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
        let work = async {
            let held = self.hold(mode).await?;
            let outcome = work(&ReadTx::new(&held, self)).await;
            held.let_go();
            outcome
        };
        in_time(work, |late| self.too_late(Error::Unavailable(late))).await
    }

    /// Commits when `work` succeeds; an error, a panic or a dropped future rolls back.
    ///
    /// # Errors
    /// What `work` returns; `member_inactive` when the caller has left; unavailable when no connection is free; unknown when
    /// the answer to the commit is lost, or comes too late.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&WriteTx<'_>) -> Result<T>) -> Result<T> {
        let is_committing = Cell::new(false);
        let work = async {
            let held = self.hold(Mode::Write).await?;
            match work(&WriteTx::new(&held, self)).await {
                Ok(value) => {
                    is_committing.set(true);
                    Ok(held.commit().await.map(|()| value)?)
                }
                Err(refused) => {
                    held.let_go();
                    Err(refused)
                }
            }
        };
        let late =
            |late| self.too_late(if is_committing.get() { Error::Unknown(late) } else { Error::Unavailable(late) });
        in_time(work, late).await
    }

    fn too_late(&self, error: Error) -> Error {
        self.database.distrust_idle();
        error
    }

    async fn hold(&self, mode: Mode) -> Result<Held> {
        let taken = self.database.take(self.caller.organization).await?;
        Ok(Held::new(taken, mode, &self.caller, &self.clock))
    }
}
