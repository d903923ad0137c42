//! Notes: what a participant writes down about a check-in (policy rule P8: yours).
//!
//! A note belongs to its author. The partner reads it if, and as long as, its author shares it; nobody else ever does. The
//! end of the pairing stops new writing and changes nothing else: what was written can still be read, taken back and
//! deleted.

pub mod http;
pub mod rules;
mod store;

use jiff::Timestamp;

pub use self::store::{Note, Notes};
use crate::check_ins;
use crate::codes::Code;
use crate::db::{ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::{CheckInId, CycleId};
use crate::pairings;
use crate::text::PrivateText;

/// The caller's note about one of their check-ins, and the partner's if that is shared.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn get(tx: &ReadTx<'_>, check_in: CheckInId) -> Result<Notes> {
    let me = tx.caller().member()?;
    store::find(tx, check_in, me).await?.ok_or_else(|| Code::NotFound.into())
}

/// All notes of the caller's, with the check-ins that they are about, the earliest first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<(CheckInId, Note)>> {
    Ok(store::all(tx, tx.caller().member()?).await?)
}

/// Deletes notes about check-ins of this cycle, which have been kept for long enough: so many at most; says how many.
/// The caller acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_in(tx, cycle, most).await?)
}

/// Writes the caller's note about a check-in, in place of the one that was there.
///
/// # Errors
/// `stale`; `not_waiting` once the pairing is over, but for taking back what was shared; `not_found`.
pub async fn put(
    tx: &WriteTx<'_>,
    check_in: CheckInId,
    expected: Option<&[i64]>,
    text: PrivateText,
    shared: bool,
) -> Result<Notes> {
    let me = tx.caller().member()?;
    let (earlier, active, now) = lock(tx, check_in, expected).await?;
    if earlier.mine.as_ref().is_some_and(|mine| mine.text == text && mine.shared == shared) {
        return Ok(earlier);
    }
    rules::may_write(active, earlier.mine.as_ref().map(|mine| &mine.text), &text, shared)?;
    let key = tx.key_of(me).await?;
    let reader = shared.then_some(earlier.partner);
    store::put(tx, &key, check_in, me, &text, reader, now).await?;
    get(tx, check_in).await
}

/// Deletes the caller's note about a check-in; there need be none.
///
/// # Errors
/// `stale`; `not_found`.
pub async fn delete(tx: &WriteTx<'_>, check_in: CheckInId, expected: Option<&[i64]>) -> Result<()> {
    let me = tx.caller().member()?;
    lock(tx, check_in, expected).await?;
    Ok(store::delete(tx, check_in, me).await?)
}

/// The notes as they are, with the two people's locks held; whether their pairing is active.
async fn lock(tx: &WriteTx<'_>, id: CheckInId, expected: Option<&[i64]>) -> Result<(Notes, bool, Timestamp)> {
    let call = check_ins::get(tx, id).await?;
    let (named, now) = pairings::lock(tx, call.check_in.pairing).await?;
    let notes = get(tx, id).await?;
    if expected.is_some_and(|versions| !versions.contains(&notes.version())) {
        return Err(Code::Stale.into());
    }
    Ok((notes, named.pairing.state == pairings::rules::State::Active, now))
}
