//! Reflections: a member's own analysis of their job in one cycle (policy rule P3).
//!
//! It belongs to its author. Here is whether it is complete; it can be, with nothing written: who thinks on paper owes
//! us nothing. It keeps the questions of the policy it was started with.

pub mod http;
pub mod rules;
mod store;

use futures_util::future::join;

pub use self::store::Reflection;
use crate::codes::Code;
use crate::cycles::{self, rules::CycleRef};
use crate::db::{ReadTx, Scope, WriteTx};
use crate::error::Result;
use crate::ids::MemberId;
use crate::policy;

/// The caller's own reflection.
///
/// # Errors
/// `members_only`; `not_found` for a cycle that is none.
pub async fn get(scope: &Scope, cycle: CycleRef) -> Result<Reflection> {
    let me = scope.caller().member()?;
    let find = async |cycle| scope.read(async |tx| Ok(store::find(tx, cycle, me, tx.now()).await?)).await;
    match find(cycle).await? {
        Some(reflection) => Ok(reflection),
        None => find(cycles::get(scope, cycle).await?.reference()).await?.ok_or_else(|| Code::NotFound.into()),
    }
}

/// All reflections of the caller's, the earliest cycle first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<Reflection>> {
    Ok(store::all(tx, tx.caller().member()?).await?)
}

/// Deletes the reflections of somebody who is erased. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete_of(tx, member).await?)
}

/// Marks the caller's reflection complete, or takes it up again.
///
/// # Errors
/// `cycle_not_open` once the cycle is over; `stale`.
pub async fn mark(tx: &WriteTx<'_>, cycle: CycleRef, expected: Option<&[i64]>, complete: bool) -> Result<Reflection> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    let cycle = cycles::get_for_write(tx, cycle).await?;
    let now = tx.now();
    let (earlier, policy) =
        join(store::find(tx, cycle.reference(), me, now), policy::governing(tx, cycle.period.starts_at)).await;
    let (earlier, questions) = (earlier?.ok_or(Code::NotFound)?, policy?.version);
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    if earlier.version > 0 && earlier.completed_at.is_some() == complete {
        return Ok(earlier);
    }
    rules::may_mark(cycle.phase(now))?;
    let marked = Reflection { completed_at: complete.then_some(now), ..earlier };
    Ok(store::put(tx, &marked, me, questions, now).await?)
}
