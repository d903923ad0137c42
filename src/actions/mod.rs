//! Actions: something the coachee will start, stop or continue, with its progress (policy rules P5, P6 and P8).
//!
//! What the two identify in the first call is kept as actions, and followed until the pairing ends; both add them and
//! change them. They are the coachee's plan: sealed with the coachee's key whoever writes, and the coachee goes on with
//! them after the end, while the coach only reads. Nothing is taken away: what is not meant any more is `dropped`.
//! Progress is a log: entries are added and never changed.

pub mod changes;
pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use futures_util::future::join;
use jiff::Timestamp;

use self::changes::{ActionPatch, AddAction, AddProgress};
use self::rules::{Action, Progress, State};
use crate::codes::Code;
use crate::db::{ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::{ActionId, CycleId, PairingId, ProgressId};
use crate::pairings::{self, Named, rules::Role};

/// An action of one of the caller's pairings.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn get(tx: &ReadTx<'_>, id: ActionId) -> Result<Action> {
    let me = tx.caller().member()?;
    let found = store::find(tx, id, tx.now()).await?;
    found.filter(|action| action.role_of(me).is_some()).ok_or_else(|| Code::NotFound.into())
}

/// The actions of one of the caller's pairings, in the order in which they were added.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn list(
    tx: &ReadTx<'_>,
    pairing: PairingId,
    state: Option<State>,
    after: Option<ActionId>,
    limit: i64,
) -> Result<Vec<Action>> {
    let now = tx.now();
    let (pairing, found) = join(pairings::get(tx, pairing), store::list(tx, pairing, state, after, limit, now)).await;
    pairing?;
    Ok(found?)
}

/// All actions of the caller's own plans, whoever added them, in the order in which they were added.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<Action>> {
    Ok(store::all(tx, tx.caller().member()?, tx.now()).await?)
}

/// The progress of all of them, in the order in which it was made.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all_progress(tx: &ReadTx<'_>) -> Result<Vec<Progress>> {
    Ok(store::all_progress(tx, tx.caller().member()?).await?)
}

/// Deletes actions, with their progress, of this cycle, which have been kept for long enough: so many at most; says how many. The caller acts as
/// the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_in(tx, cycle, most).await?)
}

/// Adds an action to a pairing that is active.
///
/// # Errors
/// `actions_full`; `not_waiting` where the pairing is not active; `not_found`.
pub async fn add(tx: &WriteTx<'_>, pairing: PairingId, wanted: AddAction) -> Result<Action> {
    let me = tx.caller().member()?;
    let (Named { pairing, .. }, now) = pairings::lock(tx, pairing).await?;
    rules::may_add(pairing.state, store::count(tx, pairing.id).await?)?;
    let action = Action {
        id: ActionId::new(),
        version: 1,
        pairing: pairing.id,
        pairing_state: pairing.state,
        coachee: pairing.coachee,
        coach: pairing.coach,
        kind: wanted.kind,
        text: wanted.text,
        state: State::Open,
        created_by: pairing.role_of(me).ok_or(Code::NotFound)?,
        created_at: now,
        updated_at: now,
    };
    let key = tx.key_of(action.coachee).await?;
    store::insert(tx, &key, &action, me).await?;
    Ok(action)
}

/// Changes an action's text, kind or state.
///
/// # Errors
/// `stale`; the refusals of [`Action::permits`]; `not_found`.
pub async fn change(tx: &WriteTx<'_>, id: ActionId, expected: Option<&[i64]>, patch: ActionPatch) -> Result<Action> {
    let (earlier, _, now) = open(tx, id).await?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let changed = Action {
        kind: patch.kind.unwrap_or(earlier.kind),
        text: patch.text.unwrap_or_else(|| earlier.text.clone()),
        state: patch.state.unwrap_or(earlier.state),
        ..earlier.clone()
    };
    if changed == earlier {
        return Ok(earlier);
    }
    let changed = Action { version: earlier.version + 1, updated_at: now, ..changed };
    let key = tx.key_of(changed.coachee).await?;
    if store::update(tx, &key, earlier.version, &changed).await? { Ok(changed) } else { Err(Code::Stale.into()) }
}

/// The progress of one of the caller's actions, the latest first.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn progress(
    tx: &ReadTx<'_>,
    action: ActionId,
    before: Option<ProgressId>,
    limit: i64,
) -> Result<Vec<Progress>> {
    let (action, found) = join(get(tx, action), store::progress(tx, action, before, limit)).await;
    action?;
    Ok(found?)
}

/// Says how it goes with an action.
///
/// # Errors
/// `progress_full`; the refusals of [`Action::permits`]; `not_found`.
pub async fn add_progress(tx: &WriteTx<'_>, action: ActionId, wanted: AddProgress) -> Result<Progress> {
    let me = tx.caller().member()?;
    let (action, by, now) = open(tx, action).await?;
    rules::may_add_progress(store::count_progress(tx, action.id).await?)?;
    let progress = Progress { id: ProgressId::new(), action: action.id, text: wanted.text, by, made_at: now };
    let key = tx.key_of(action.coachee).await?;
    store::insert_progress(tx, &key, &action, &progress, me).await?;
    Ok(progress)
}

/// An action that the caller may go on with, as it is with the two people's locks held; and which of the two they are.
async fn open(tx: &WriteTx<'_>, id: ActionId) -> Result<(Action, Role, Timestamp)> {
    let me = tx.caller().member()?;
    let seen = get(tx, id).await?;
    let (_, now) = pairings::lock(tx, seen.pairing).await?;
    let action = store::find(tx, id, now).await?.ok_or(Code::NotFound)?;
    let role = action.role_of(me).ok_or(Code::NotFound)?;
    action.permits(role)?;
    Ok((action, role, now))
}
