//! Insights: what the coach tells the coachee (policy rules P5 and P8).
//!
//! A strength to build on, or what holds them back. Only the coach gives them, while the pairing is active. Once given, an
//! insight is the coachee's: sealed with the coachee's key, never changed, and deleted by the coachee alone, at any time.
//! Both read it until then.

pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use futures_util::future::join;

use self::rules::{Insight, Kind};
use crate::codes::Code;
use crate::db::{ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::{CycleId, InsightId, PairingId};
use crate::pairings::{self, Named};
use crate::text::PrivateText;

/// An insight of one of the caller's pairings.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn get(tx: &ReadTx<'_>, id: InsightId) -> Result<Insight> {
    let me = tx.caller().member()?;
    let found = store::find(tx, id).await?;
    found.filter(|insight| [insight.coachee, insight.coach].contains(&me)).ok_or_else(|| Code::NotFound.into())
}

/// The insights of one of the caller's pairings, in the order in which they were given.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn list(tx: &ReadTx<'_>, pairing: PairingId, after: Option<InsightId>, limit: i64) -> Result<Vec<Insight>> {
    let (pairing, found) = join(pairings::get(tx, pairing), store::list(tx, pairing, after, limit)).await;
    pairing?;
    Ok(found?)
}

/// All insights that the caller was given, in that order.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<Insight>> {
    Ok(store::all(tx, tx.caller().member()?).await?)
}

/// Deletes insights of this cycle, which have been kept for long enough: so many at most; says how many. The caller acts as
/// the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_in(tx, cycle, most).await?)
}

/// Tells the coachee of one of the caller's pairings something.
///
/// # Errors
/// `not_yours` for the coachee; `not_waiting` where the pairing is not active; `insights_full`; `not_found`.
pub async fn give(tx: &WriteTx<'_>, pairing: PairingId, kind: Kind, text: PrivateText) -> Result<Insight> {
    let me = tx.caller().member()?;
    let (Named { pairing, .. }, now) = pairings::lock(tx, pairing).await?;
    let role = pairing.role_of(me).ok_or(Code::NotFound)?;
    rules::may_give(role, pairing.state, store::count(tx, pairing.id).await?)?;
    let insight = Insight {
        id: InsightId::new(),
        pairing: pairing.id,
        coachee: pairing.coachee,
        coach: pairing.coach,
        kind,
        text,
        given_at: now,
    };
    let key = tx.key_of(insight.coachee).await?;
    store::insert(tx, &key, &insight).await?;
    Ok(insight)
}

/// Deletes an insight. The coach, too, cannot read it any more.
///
/// # Errors
/// `not_yours` for the coach; `stale`; `not_found`.
pub async fn delete(tx: &WriteTx<'_>, id: InsightId, expected: Option<&[i64]>) -> Result<()> {
    let me = tx.caller().member()?;
    let insight = get(tx, id).await?;
    insight.may_delete(me)?;
    if expected.is_some_and(|versions| !versions.contains(&Insight::VERSION)) {
        return Err(Code::Stale.into());
    }
    pairings::lock(tx, insight.pairing).await?;
    if store::delete(tx, id).await? { Ok(()) } else { Err(Code::NotFound.into()) }
}
