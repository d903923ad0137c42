//! What the clock has done since: settled before writing, so that no stale row stands in a lawful one's way.
//!
//! A constraint cannot ask the time. A request that expired an hour ago, but is still stored as waiting, would hold a
//! place and refuse the next one; so every verb that changes pairings first stores what is due for its two people.

use jiff::Timestamp;

use super::store;
use crate::access::Reason;
use crate::db::WriteTx;
use crate::error::Result;
use crate::ids::MemberId;

/// Takes these people's locks, then stores what has become of their pairings. Returns the instant that the verb decides
/// by: later than everything that the locks have waited for.
///
/// # Errors
/// Whatever the database refuses.
pub async fn lock_and_settle(tx: &WriteTx<'_>, people: &[MemberId]) -> Result<Timestamp> {
    tx.lock_people(people).await?;
    let now = tx.now();
    tx.as_system(Reason::Settling, async |tx| Ok(store::settle(tx, people, now).await?)).await?;
    Ok(now)
}
