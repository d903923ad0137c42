//! What the clock has done since: settled before writing, so that no stale row stands in a lawful one's way. And what it
//! will do: foreseen after each act, so that reading and settling only compare instants.
//!
//! A constraint cannot ask the time. A request that expired an hour ago, but is still stored as waiting, would hold a
//! place and refuse the next one; so every verb that changes pairings first stores what is due for its people.

mod store;

use jiff::Timestamp;

use crate::access::Reason;
use crate::check_ins;
use crate::cycles::rules::Cycle;
use crate::db::WriteTx;
use crate::error::Result;
use crate::ids::{MemberId, PairingId};

/// Whether anything of these people's has become due; the caller holds their locks and acts as the service.
///
/// # Errors
/// Whatever the database refuses; the same for the others here.
pub async fn is_due(tx: &WriteTx<'_>, people: &[MemberId], now: Timestamp) -> Result<bool> {
    Ok(store::is_due(tx, people, now).await?)
}

/// Stores what has become of these people's pairings and calls; the caller holds their locks and acts as the service.
/// Pairings come before calls wherever both are changed, so that nobody waits in a circle.
pub async fn settle(tx: &WriteTx<'_>, people: &[MemberId], now: Timestamp) -> Result<()> {
    store::settle(tx, people, now).await?;
    check_ins::settle(tx, people, now).await
}

/// Whose pairings or calls have become due: so many at most.
pub async fn due(tx: &WriteTx<'_>, now: Timestamp) -> Result<Vec<MemberId>> {
    Ok(store::due(tx, now).await?)
}

/// The calls of these pairings, or the end of their cycle, have changed: what the clock will do to those that are under
/// way is foreseen anew.
pub async fn foresee(tx: &WriteTx<'_>, pairings: &[PairingId], now: Timestamp) -> Result<()> {
    store::foresee(tx, pairings, now).await?;
    check_ins::foresee(tx, pairings).await
}

/// The end of a cycle was moved: what the clock does at that end moves with it. The caller holds the calendar's lock,
/// so nobody else is at work.
pub async fn cycle_moved(tx: &WriteTx<'_>, cycle: &Cycle) -> Result<()> {
    tx.as_system(Reason::Planning, async |tx| {
        store::requests_moved(tx, cycle).await?;
        let under_way = store::under_way(tx, cycle.id).await?;
        foresee(tx, &under_way, tx.now()).await
    })
    .await
}
