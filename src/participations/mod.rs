//! Participations: a member's answer for one cycle (policy rule P2).
//!
//! Nobody takes part who has not opted in to this very cycle. Opting out needs no reason: it withdraws what the member
//! has asked and ends what they are coached in; whom they coach themselves is another matter. With the answer a member may
//! name topics: they lead to coaches (policy rule P9), are sealed, and are shown to nobody else.

pub mod http;
pub mod rules;
mod store;

use self::rules::{Answer, Topics};
pub use self::store::Participation;
use crate::codes::Code;
use crate::cycles::{self, rules::CycleRef};
use crate::db::{ReadTx, Scope, WriteTx};
use crate::error::Result;
use crate::ids::{CycleId, MemberId};
use crate::pairings;

/// The caller's own answer.
///
/// # Errors
/// `members_only`; `not_found` for a cycle that is none.
pub async fn get(scope: &Scope, cycle: CycleRef) -> Result<Participation> {
    let me = scope.caller().member()?;
    let find = async |cycle| scope.read(async |tx| Ok(store::find(tx, cycle, me, tx.now()).await?)).await;
    match find(cycle).await? {
        Some(participation) => Ok(participation),
        None => find(cycles::get(scope, cycle).await?.reference()).await?.ok_or_else(|| Code::NotFound.into()),
    }
}

/// All answers that the caller has given, the earliest cycle first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<Participation>> {
    Ok(store::all(tx, tx.caller().member()?).await?)
}

/// Deletes what somebody who is erased has answered. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete_of(tx, member).await?)
}

/// Deletes topics named for this cycle, which have been kept for long enough: so many at most; says how many. The caller
/// acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_topics_in(tx, cycle, most).await?)
}

/// Gives the caller's answer, with the topics in the place of those that were there.
///
/// # Errors
/// `cycle_not_open` once it has ended; `stale`.
pub async fn answer(
    tx: &WriteTx<'_>,
    cycle: CycleRef,
    expected: Option<&[i64]>,
    answer: Answer,
    topics: Topics,
) -> Result<Participation> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    let cycle = cycles::get_for_write(tx, cycle).await?;
    let now = tx.now();
    let earlier = store::find(tx, cycle.reference(), me, now).await?.ok_or(Code::NotFound)?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let topics = topics.tidied();
    let changes = earlier.answer != Some(answer);
    if !changes && earlier.topics == topics {
        return Ok(earlier);
    }
    rules::may_answer(cycle.phase(now), earlier.answer, answer)?;
    let key = if topics.expose().is_empty() { None } else { Some(tx.key_of(me).await?) };
    let given = store::put(tx, key.as_ref(), cycle.id, me, answer, topics, now).await?;
    if changes && answer == Answer::NotThisTime {
        pairings::opted_out(tx, cycle.id, me, now).await?;
    }
    Ok(given)
}
