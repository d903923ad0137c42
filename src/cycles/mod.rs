//! Cycles: quarters, or what the cadence says (policy rule P1).
//!
//! A current and a next cycle always exist: whoever asks for one that is missing makes it, once, however many ask; the
//! database refuses a second one for the same time. A cycle's phase is derived from its instants. An administrator may
//! add one in a gap, rename it, move or cancel an upcoming one, and move the end of an open one.

pub mod changes;
pub mod http;
pub mod planning;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use futures_util::future::join;
use jiff::Timestamp;

use self::changes::{AddCycle, CyclePatch};
use self::rules::{Cycle, CycleRef, Period, Phase};
use crate::access::Reason;
use crate::audit_entries::{self, Act};
use crate::codes::Code;
use crate::db::{OnConstraint, ReadTx, Scope, WriteTx};
use crate::error::{Error, Fact, Result};
use crate::ids::CycleId;
use crate::pairings;
use crate::policy::{self, rules::Settings};

/// The database's name for "cycles never overlap as instants".
const NEVER_OVERLAP: &str = "cycles_never_overlap";

/// Finds the cycle that `wanted` names, making the current and the next one where they are missing.
///
/// # Errors
/// `no_open_cycle` where the current one is cancelled; `not_found` for an id that is none.
pub async fn get(scope: &Scope, wanted: CycleRef) -> Result<Cycle> {
    scope.caller().member()?;
    if let CycleRef::Id(id) = wanted {
        return scope.read(async |tx| store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into())).await;
    }
    let now = scope.clock().now();
    let (known, settings) = scope.read(async |tx| around(tx, now).await).await?;
    if planning::missing(&known, now, &settings).is_empty() {
        return pick(&known, wanted, now);
    }
    pick(&planned(scope).await?, wanted, now)
}

/// Lists cycles, the latest first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn list(scope: &Scope, before: Option<Timestamp>, limit: i64) -> Result<Vec<Cycle>> {
    scope.caller().member()?;
    let now = scope.clock().now();
    let page = async |tx: &ReadTx<'_>| Ok(store::list(tx, before, limit).await?);
    let ((known, settings), found) = scope
        .read(async |tx| {
            let (around, found) = join(around(tx, now), page(tx)).await; // one flush for all
            Ok((around?, found?))
        })
        .await?;
    if before.is_some() || planning::missing(&known, now, &settings).is_empty() {
        return Ok(found);
    }
    planned(scope).await?;
    scope.read(page).await
}

/// Finds the cycle that `wanted` names, inside of a writing transaction.
///
/// # Errors
/// As [`get`].
pub async fn get_for_write(tx: &WriteTx<'_>, wanted: CycleRef) -> Result<Cycle> {
    if let CycleRef::Id(id) = wanted {
        return store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into());
    }
    let now = tx.now();
    let (mut known, settings) = around(tx, now).await?;
    if !planning::missing(&known, now, &settings).is_empty() {
        known = tx.as_system(Reason::Planning, plan).await?;
    }
    pick(&known, wanted, now)
}

/// The cycles around now, and what they are planned by.
async fn around(tx: &ReadTx<'_>, now: Timestamp) -> Result<(Vec<Cycle>, Settings)> {
    let (known, policy) = join(store::around(tx, now), policy::newest(tx)).await;
    Ok((known?, policy?.settings))
}

/// Makes what is missing.
async fn planned(scope: &Scope) -> Result<Vec<Cycle>> {
    scope.as_system(Reason::Planning).write(plan).await
}

/// Makes the current and the next cycle, where they are missing, in the organization of this scope.
///
/// # Errors
/// Whatever the database refuses.
pub async fn plan_ahead(scope: &Scope) -> Result<()> {
    planned(scope).await.map(drop)
}

/// Tells that cycles of the organization of this scope have opened or closed, once for each, whoever looks first. By then
/// there is a next one.
///
/// # Errors
/// Whatever the database refuses.
pub async fn tell(scope: &Scope) -> Result<()> {
    let told = scope.as_system(Reason::Telling).write(async |tx| Ok(store::tell(tx, tx.now()).await?)).await?;
    if told > 0 { plan_ahead(scope).await } else { Ok(()) }
}

/// Chooses among the cycles around now.
fn pick(around: &[Cycle], wanted: CycleRef, now: Timestamp) -> Result<Cycle> {
    let next = planning::next_after(around, now);
    match wanted {
        CycleRef::Id(id) => around.iter().find(|cycle| cycle.id == id).cloned().ok_or_else(|| Code::NotFound.into()),
        CycleRef::Next => next.cloned().ok_or_else(|| Code::NotFound.into()),
        CycleRef::Current => match around.iter().find(|cycle| cycle.phase(now) == Phase::Open) {
            Some(current) => Ok(current.clone()),
            None => {
                let next_starts_on = next.map(|next| next.period.starts_on);
                Err(Error::with_fact(Code::NoOpenCycle, Fact::NextStartsOn(next_starts_on)))
            }
        },
    }
}

/// The cycles around now, with what was missing: made once, however many ask, for all but the first wait and then find it.
async fn plan(tx: &WriteTx<'_>) -> Result<Vec<Cycle>> {
    tx.lock_planning().await?;
    let now = tx.now();
    let (mut known, settings) = around(tx, now).await?;
    for period in planning::missing(&known, now, &settings) {
        let cycle = new_cycle(period, None, true);
        store::insert(tx, &cycle).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
        known.push(cycle);
    }
    known.sort_by_key(|cycle| cycle.period.starts_at);
    Ok(known)
}

fn new_cycle(period: Period, name: Option<String>, planned: bool) -> Cycle {
    let name = name.unwrap_or_else(|| period.name());
    Cycle { id: CycleId::new(), version: 1, name, period, cancelled_at: None, planned }
}

/// Adds a cycle in a future gap.
///
/// # Errors
/// `administrators_only`; `cycles_overlap`; `invalid` for days that have passed or are in the wrong order.
pub async fn add(tx: &WriteTx<'_>, wanted: AddCycle) -> Result<Cycle> {
    tx.caller().administrator()?;
    tx.lock_calendar().await?;
    tx.lock_planning().await?;
    let (known, settings) = around(tx, tx.now()).await?;
    let period = Period::between(wanted.starts_on, wanted.ends_on, &settings.zone());
    let cycle = new_cycle(planning::joined_to(&known, period), wanted.name, false);
    in_order(&cycle.period)?;
    if cycle.period.starts_at <= tx.now() {
        return Err(Error::invalid("/starts_on", "too_early", "must be a day that is still to come"));
    }
    store::insert(tx, &cycle).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
    let act = Act { action: "cycle.added", subject: Some(cycle.id.uuid()), member: None, changed: vec![] };
    audit_entries::record(tx, &[act]).await?;
    Ok(cycle)
}

/// By its instants too: a day that touches a cycle of an earlier, far zone may be over before that cycle is.
fn in_order(period: &Period) -> Result<()> {
    if period.lasts() { Ok(()) } else { Err(Error::invalid("/ends_on", "too_early", "must be later than starts_on")) }
}

/// Renames a cycle, moves an upcoming one, or moves the end of an open one; the next one's start moves with the end.
///
/// # Errors
/// `administrators_only`; `stale`; `cycle_started` for a past that cannot change; `cycles_overlap`.
pub async fn change(tx: &WriteTx<'_>, id: CycleId, expected: Option<&[i64]>, patch: CyclePatch) -> Result<Cycle> {
    tx.caller().administrator()?;
    tx.lock_calendar().await?;
    tx.lock_planning().await?;
    let now = tx.now();
    let earlier = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let (known, settings) = around(tx, now).await?;
    let others = known.into_iter().filter(|other| other.id != id).collect::<Vec<_>>();
    let (starts_on, ends_on) =
        (patch.starts_on.unwrap_or(earlier.period.starts_on), patch.ends_on.unwrap_or(earlier.period.ends_on));
    let mut wanted = planning::resolved(&earlier.period, starts_on, ends_on, &settings.zone());
    if starts_on != earlier.period.starts_on {
        wanted.starts_at = planning::joined_to(&others, wanted.clone()).starts_at;
    }
    in_order(&wanted)?;
    let period = planning::moved(&earlier, wanted, now)?;
    let cycle = Cycle {
        name: patch.name.unwrap_or_else(|| earlier.name.clone()),
        // days that an administrator chose are not planned anew
        planned: earlier.planned && period == earlier.period,
        period,
        ..earlier.clone()
    };
    if cycle == earlier {
        return Ok(earlier);
    }
    let mut moved = vec![(earlier.clone(), cycle)];
    if let Some(follower) = others.into_iter().find(|next| next.period.starts_at == earlier.period.ends_at) {
        moved.extend(following(follower, &moved[0].1.period)?);
    }
    store_moved(tx, &moved).await?;
    let (_, cycle) = moved.swap_remove(0);
    let cycle = Cycle { version: earlier.version + 1, ..cycle };
    if cycle.period.ends_at != earlier.period.ends_at {
        pairings::cycle_moved(tx, &cycle).await?;
    }
    Ok(cycle)
}

/// The cycle after one whose end has moved: its start moves along. Nothing where it need not.
fn following(follower: Cycle, before: &Period) -> Result<Option<(Cycle, Cycle)>> {
    if follower.period.starts_at == before.ends_at || follower.cancelled_at.is_some() {
        return Ok(None);
    }
    let period = Period { starts_on: before.ends_on, starts_at: before.ends_at, ..follower.period.clone() };
    if !period.lasts() {
        return Err(Code::CyclesOverlap.into());
    }
    let moved = Cycle { period, ..follower.clone() };
    Ok(Some((follower, moved)))
}

/// Stores cycles that have moved, all in one statement, and records each.
async fn store_moved(tx: &WriteTx<'_>, moved: &[(Cycle, Cycle)]) -> Result<()> {
    let later = moved.iter().map(|(_, later)| later.clone()).collect::<Vec<_>>();
    let stored = store::update(tx, &later).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
    if stored != moved.len() as u64 {
        return Err(Code::Stale.into());
    }
    let act = |(earlier, later): &(Cycle, Cycle)| Act {
        action: "cycle.changed",
        subject: Some(later.id.uuid()),
        member: None,
        changed: planning::changed(earlier, later),
    };
    audit_entries::record(tx, &moved.iter().map(act).collect::<Vec<_>>()).await
}

/// Cancels an upcoming cycle. It keeps its period, so none appears in its place.
///
/// # Errors
/// `administrators_only`; `cycle_started` once it has.
pub async fn cancel(tx: &WriteTx<'_>, id: CycleId) -> Result<Cycle> {
    tx.caller().administrator()?;
    tx.lock_calendar().await?;
    let now = tx.now();
    let earlier = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    match earlier.phase(now) {
        Phase::Cancelled => return Ok(earlier),
        Phase::Open | Phase::Closed => return Err(Code::CycleStarted.into()),
        Phase::Upcoming => {}
    }
    let cancelled = Cycle { cancelled_at: Some(now), ..earlier };
    if store::update(tx, std::slice::from_ref(&cancelled)).await? == 0 {
        return Err(Code::Stale.into());
    }
    let act = Act { action: "cycle.cancelled", subject: Some(id.uuid()), member: None, changed: vec![] };
    audit_entries::record(tx, &[act]).await?;
    Ok(Cycle { version: cancelled.version + 1, ..cancelled })
}

/// Plans the upcoming cycles anew that nobody has opted into, each from where the one before it ends. The caller holds
/// the calendar's lock.
///
/// # Errors
/// Whatever the database refuses.
pub async fn plan_anew(tx: &WriteTx<'_>, settings: &Settings) -> Result<()> {
    let now = tx.now();
    let (known, opted_into) =
        tx.as_system(Reason::Planning, async |tx| Ok((plan(tx).await?, store::opted_into(tx, now).await?))).await?;
    let moved = planning::planned_anew(&known, &opted_into, now, settings).into_iter().filter_map(|later| {
        let earlier = known.iter().find(|cycle| cycle.id == later.id)?;
        Some((earlier.clone(), later))
    });
    let moved = moved.collect::<Vec<_>>();
    if moved.is_empty() { Ok(()) } else { store_moved(tx, &moved).await }
}
