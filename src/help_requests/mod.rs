//! Help requests: a member tells the administrators that they would like to be helped in the current cycle.
//!
//! That is all the administrators learn by it: the name, the cycle and one of two reasons; nothing else about the person
//! becomes visible. It is the member's own act, so it stands in no audit, and once it is withdrawn nothing of it is left.

pub mod http;
pub mod rules;
mod store;

use self::rules::HelpReason;
use self::store::Place;
pub use self::store::{Asked, HelpRequest};
use crate::codes::Code;
use crate::cycles::{self, rules::CycleRef};
use crate::db::{ReadTx, Scope, WriteTx};
use crate::error::Result;
use crate::ids::MemberId;

/// The caller's own help request in the current cycle.
///
/// # Errors
/// `members_only`; `no_open_cycle` where the current cycle is cancelled.
pub async fn get(scope: &Scope) -> Result<HelpRequest> {
    let me = scope.caller().member()?;
    let find = async |cycle| scope.read(async |tx| Ok(store::find(tx, cycle, me, tx.now()).await?)).await;
    match find(CycleRef::Current).await? {
        Some(request) => Ok(request),
        None => {
            let current = cycles::get(scope, CycleRef::Current).await?;
            find(current.reference()).await?.ok_or_else(|| Code::NotFound.into())
        }
    }
}

/// All that the caller has asked and not withdrawn, the earliest first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<HelpRequest>> {
    Ok(store::all(tx, tx.caller().member()?).await?)
}

/// Asks for help, or changes the reason.
///
/// # Errors
/// `members_only`; `no_open_cycle`; `stale`.
pub async fn ask(tx: &WriteTx<'_>, expected: Option<&[i64]>, reason: HelpReason) -> Result<HelpRequest> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    let cycle = cycles::get_for_write(tx, CycleRef::Current).await?;
    let now = tx.now();
    let earlier = store::find(tx, cycle.reference(), me, now).await?.ok_or(Code::NotFound)?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    if earlier.reason == Some(reason) {
        return Ok(earlier);
    }
    Ok(store::put(tx, cycle.id, me, reason, now).await?)
}

/// Withdraws what the caller has asked, in this cycle and in all before it. Repeating it changes nothing.
///
/// # Errors
/// `members_only`; `stale`.
pub async fn withdraw(tx: &WriteTx<'_>, expected: Option<&[i64]>) -> Result<()> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    if let Some(versions) = expected {
        let earlier = store::find(tx, CycleRef::Current, me, tx.now()).await?;
        if !versions.contains(&earlier.map_or(0, |request| request.version)) {
            return Err(Code::Stale.into());
        }
    }
    Ok(store::delete(tx, me).await?)
}

/// Deletes what somebody who is erased has asked. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete(tx, member).await?)
}

/// Lists who would like to be helped in the cycle that is running, who has waited longest first: one more than the
/// limit, where there is more. What was asked in a cycle that is over, or by somebody who has left, is not there.
///
/// # Errors
/// `administrators_only`.
pub async fn list(tx: &ReadTx<'_>, after: Option<Place>, limit: i64) -> Result<Vec<Asked>> {
    tx.caller().administrator()?;
    Ok(store::list(tx, after, limit, tx.now()).await?)
}
