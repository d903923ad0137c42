//! Statistics: four counts of a cycle whose wrap-up is over, and nothing about anybody in particular.
//!
//! How many had opted in, how many of them were paired, how many of those held a first call, how many completed; as they
//! stood at the instant when the wrap-up was over, rounded down to multiples of five, and withheld where they would tell
//! about a few people (see [`rules`]). They are counted once and then frozen: whoever leaves, is erased, or changes the
//! policy later changes nothing in them, for the difference would tell of that one person. Only who is erased before
//! anybody has asked is not in them any more.
//!
//! Whoever asks first has them counted, once, however many ask; a worker may do so before. Administrators see them,
//! other members where the policy of today says so.

pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use self::rules::{Figures, may_be_counted};
pub use self::store::Statistics;
use crate::access::{Actor, Reason};
use crate::codes::Code;
use crate::cycles::{
    self,
    rules::{Cycle, CycleRef},
};
use crate::db::{Scope, WriteTx};
use crate::error::Result;
use crate::policy;

/// The figures of a cycle; counted now, where nobody has asked before.
///
/// # Errors
/// `members_only`; `administrators_only` for other members, unless the policy opens statistics to them; `not_found` for a
/// cycle that is none or was cancelled; `statistics_not_yet` with the instant from which on there are some.
pub async fn get(scope: &Scope, cycle: CycleRef) -> Result<Statistics> {
    may_see(scope).await?;
    let cycle = cycles::get(scope, cycle).await?;
    match scope.read(async |tx| Ok(store::find(tx, cycle.id).await?)).await? {
        Some(known) => Ok(known),
        None => scope.as_system(Reason::Counting).write(async |tx| freeze(tx, &cycle).await).await,
    }
}

async fn may_see(scope: &Scope) -> Result<()> {
    scope.caller().member()?;
    let administers = matches!(scope.caller().actor, Actor::Administrator(_));
    if administers || scope.read(policy::newest).await?.settings.statistics_for_members {
        return Ok(());
    }
    Err(Code::AdministratorsOnly.into())
}

/// Counts a cycle's figures and keeps them, unless they are there already. The caller acts as the service.
///
/// # Errors
/// `not_found` for a cycle that was cancelled; `statistics_not_yet` while its wrap-up is not over.
pub async fn freeze(tx: &WriteTx<'_>, cycle: &Cycle) -> Result<Statistics> {
    let settings = policy::governing(tx, cycle.period.starts_at).await?.settings;
    let counted_at = may_be_counted(cycle, settings.wrap_up_days, tx.now())?;
    // Whoever still writes what they began before that instant is waited for, and so is whoever counts at the same time.
    tx.lock_calendar().await?;
    if let Some(known) = store::find(tx, cycle.id).await? {
        return Ok(known);
    }
    let counts = store::count(tx, cycle.id, counted_at).await?;
    let smallest_group = settings.smallest_group;
    let figures = Figures::published(&counts, smallest_group);
    store::insert(tx, &Statistics { cycle: cycle.id, figures, smallest_group, counted_at }).await?;
    store::find(tx, cycle.id).await?.ok_or_else(|| Code::NotFound.into())
}
