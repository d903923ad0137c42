//! Retention: what people wrote is deleted when the policy's `retention_months` have passed since the end of the cycle
//! that it was written in. Off unless an administrator decides otherwise.
//!
//! The newest policy decides, for earlier cycles too: it is about what is kept now, not about how a cycle runs. The
//! shortest time (3 months) is longer than the longest wrap-up (60 days), so nothing goes while a pairing can be active.
//! Who took part with whom stays; only the words go.

mod store;

use crate::access::Reason;
use crate::db::{Scope, WriteTx};
use crate::error::Result;
use crate::ids::CycleId;
use crate::{actions, check_ins, insights, notes, pairings, participations, reflections};

/// How many texts of a kind are deleted in one transaction.
const BATCH: i64 = 500;

/// Deletes what has been kept for long enough in the organization of this scope; says how many texts that were. Where
/// somebody else is at it, nothing. Broken off at any moment, it goes on where it was.
///
/// # Errors
/// Whatever the database refuses.
pub async fn sweep(scope: &Scope) -> Result<u64> {
    let (eraser, mut deleted) = (scope.as_system(Reason::Erasing), 0);
    while let Some(some) = eraser.write(async |tx| batch(tx).await).await? {
        deleted += some;
    }
    Ok(deleted)
}

/// Deletes some; nothing where nothing is due.
async fn batch(tx: &WriteTx<'_>) -> Result<Option<u64>> {
    if !store::try_lock(tx).await? {
        return Ok(None);
    }
    let now = tx.now();
    let Some(cycle) = store::due(tx, now).await? else { return Ok(None) };
    let deleted = forget(tx, cycle).await?;
    if deleted == 0 {
        store::swept(tx, cycle, now).await?;
    }
    Ok(Some(deleted))
}

/// One line for each kind of text.
async fn forget(tx: &WriteTx<'_>, cycle: CycleId) -> Result<u64> {
    let mut deleted = 0;
    deleted += participations::forget(tx, cycle, BATCH).await?;
    deleted += reflections::forget(tx, cycle, BATCH).await?;
    deleted += pairings::forget(tx, cycle, BATCH).await?;
    deleted += check_ins::forget(tx, cycle, BATCH).await?;
    deleted += notes::forget(tx, cycle, BATCH).await?;
    deleted += actions::forget(tx, cycle, BATCH).await?;
    deleted += insights::forget(tx, cycle, BATCH).await?;
    Ok(deleted)
}
