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

/// Takes these people's locks, then stores what has become of their pairings and calls. Returns the instant that the verb
/// decides by: later than everything that the locks have waited for.
///
/// # Errors
/// Whatever the database refuses; the same for the others here.
pub async fn lock_and_settle(tx: &WriteTx<'_>, people: &[MemberId]) -> Result<Timestamp> {
    tx.lock_people(people).await?;
    let now = tx.now();
    tx.as_system(Reason::Settling, async |tx| settle(tx, people, now).await).await?;
    Ok(now)
}

/// Stores what has become of these people's pairings and calls; the caller holds their locks and acts as the service.
/// Pairings come before calls wherever both are changed, so that nobody waits in a circle.
pub async fn settle(tx: &WriteTx<'_>, people: &[MemberId], now: Timestamp) -> Result<()> {
    store::settle(tx, people, now).await?;
    check_ins::settle(tx, people, now).await
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
