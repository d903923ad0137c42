//! Reflections: a member's own analysis of their job in one cycle (policy rule P3).
//!
//! It belongs to its author, and is read by nobody else but the coaches whom they share it with (`shares`). It keeps the
//! questions of the policy it was started with. It can be complete with nothing written: who thinks on paper owes us
//! nothing. So whether it is complete, which the service goes by, and what it says are kept apart.

pub mod http;
pub mod rules;
pub mod shares;
mod store;

use self::rules::Answers;
pub use self::store::Reflection;
use crate::codes::Code;
use crate::cycles::{self, rules::CycleRef};
use crate::db::{ReadTx, Scope, WriteTx};
use crate::error::Result;
use crate::ids::{CycleId, MemberId};

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
    shares::erase(tx, member).await?;
    Ok(store::delete_of(tx, member).await?)
}

/// Deletes what reflections on this cycle say, which has been kept for long enough: so many at most; says how many. The
/// caller acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_answers_in(tx, cycle, most).await?)
}

/// Writes the caller's reflection: whether it is complete, and in place of what it said `answers`, where there are any.
///
/// # Errors
/// `cycle_not_open` once the cycle is over, but for taking answers back; `stale`; `invalid` for more answers than there
/// are questions.
pub async fn put(
    tx: &WriteTx<'_>,
    cycle: CycleRef,
    expected: Option<&[i64]>,
    complete: bool,
    answers: Option<Answers>,
) -> Result<Reflection> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    let cycle = cycles::get_for_write(tx, cycle).await?;
    let now = tx.now();
    let earlier = store::find(tx, cycle.reference(), me, now).await?.ok_or(Code::NotFound)?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let answers =
        answers.map_or_else(|| Ok(earlier.answers.clone()), |new| rules::fitted(new, earlier.questions.len()))?;
    let same_mark = earlier.version > 0 && earlier.completed_at.is_some() == complete;
    let same_words = answers == earlier.answers;
    if same_mark && same_words {
        return Ok(earlier);
    }
    rules::may_write(cycle.phase(now), same_mark && rules::only_takes_back(&earlier.answers, &answers))?;
    let completed_at = if same_mark { earlier.completed_at } else { complete.then_some(now) };
    let written = store::put(tx, Reflection { completed_at, answers, ..earlier }, me, now).await?;
    if !same_words && written.answers.iter().any(Option::is_some) {
        let key = tx.key_of(me).await?;
        store::put_answers(tx, &key, written.cycle, me, &written.answers, now).await?;
    } else if !same_words {
        store::delete_answers(tx, written.cycle, me).await?;
    }
    Ok(written)
}
