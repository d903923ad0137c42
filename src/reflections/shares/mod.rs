//! Sharing a reflection with a pairing (policy rule P8: yours).
//!
//! The coachee decides, for each pairing by itself. A request can carry it already; the coach reads it from their yes on:
//! live, as it is at that moment, until it is taken back. The end of the pairing stops new sharing and changes nothing else.

pub mod http;
pub mod rules;
mod store;

use jiff::Timestamp;

use super::Reflection;
use crate::codes::Code;
use crate::db::{ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::{MemberId, PairingId};
use crate::pairings;

/// The coachee's reflection on the cycle of a pairing.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Of which pairing.
    pub pairing: PairingId,
    /// Whether it is shared with that.
    pub shared: bool,
    /// The reflection, as it is now.
    pub reflection: Reflection,
}

/// The coachee's reflection on the cycle of a pairing, for the coachee; for the coach if it is shared, once they have
/// accepted.
///
/// # Errors
/// `not_found` for everybody else, and for the coach as long as there is nothing for them to read.
pub async fn get(tx: &ReadTx<'_>, pairing: PairingId) -> Result<Shared> {
    let me = tx.caller().member()?;
    let found = super::store::find_of_pairing(tx, pairing, me).await?;
    let (reflection, shared) = found.ok_or(Code::NotFound)?;
    Ok(Shared { pairing, shared, reflection })
}

/// With which pairings the caller shares a reflection, and since when.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<(PairingId, Timestamp)>> {
    Ok(store::all(tx, tx.caller().member()?).await?)
}

/// Takes back what somebody who is erased shares. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete_of(tx, member).await?)
}

/// Shares the caller's reflection with a pairing in which they are coached; it may be shared already.
///
/// # Errors
/// `not_waiting` once the pairing is closed; `stale` where the reflection has changed since the caller read it;
/// `not_yours` for the coach; `not_found`.
pub async fn put(tx: &WriteTx<'_>, id: PairingId, expected: Option<&[i64]>) -> Result<Shared> {
    let me = tx.caller().member()?;
    let (pairings::Named { pairing, .. }, now) = pairings::lock(tx, id).await?;
    rules::may_decide(pairing.role_of(me).ok_or(Code::NotFound)?)?;
    let earlier = get(tx, id).await?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.reflection.version)) {
        return Err(Code::Stale.into());
    }
    if !earlier.shared {
        rules::may_share(pairing.state)?;
        store::insert(tx, id, me, pairing.coach, now).await?;
    }
    Ok(Shared { shared: true, ..earlier })
}

/// Takes it back; it need not be shared.
///
/// # Errors
/// `not_yours` for the coach; `not_found`.
pub async fn delete(tx: &WriteTx<'_>, id: PairingId) -> Result<()> {
    let me = tx.caller().member()?;
    let pairing = pairings::get(tx, id).await?.pairing;
    rules::may_decide(pairing.role_of(me).ok_or(Code::NotFound)?)?;
    Ok(store::delete(tx, id).await?)
}
