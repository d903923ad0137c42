//! Cycles: quarters, or what the cadence says (policy rule P1).
//!
//! A current and a next cycle always exist: whoever asks for one that is missing makes it, once, however many ask; the
//! database refuses a second one for the same time. A cycle's phase is derived from its instants. An administrator may
//! add one in a gap, rename it, move or cancel an upcoming one, and move the end of an open one.

pub mod http;
pub mod rules;
mod store;

use jiff::Timestamp;
use jiff::civil::Date;

use self::http::{AddCycle, CyclePatch, CycleRef};
use self::rules::{Cycle, Period, Phase};
use crate::access::Reason;
use crate::audit_entries::{self, Act};
use crate::codes::Code;
use crate::db::{OnConstraint, Scope, WriteTx};
use crate::error::{Error, Result};
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
    let around = around(scope, now).await?;
    pick(&around, wanted, now)
}

/// Lists cycles, the latest first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn list(scope: &Scope, before: Option<Timestamp>, limit: i64) -> Result<Vec<Cycle>> {
    scope.caller().member()?;
    if before.is_none() {
        around(scope, scope.clock().now()).await?;
    }
    scope.read(async |tx| Ok(store::list(tx, before, limit).await?)).await
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
    let mut known = store::around(tx, now).await?;
    if pick(&known, wanted, now).is_err() {
        tx.as_system(Reason::Planning, async |tx| plan(tx, &mut known).await).await?;
    }
    pick(&known, wanted, now)
}

/// The cycles around now, complete.
async fn around(scope: &Scope, now: Timestamp) -> Result<Vec<Cycle>> {
    let known = scope.read(async |tx| Ok(store::around(tx, now).await?)).await?;
    let complete = [CycleRef::Current, CycleRef::Next].iter().all(|wanted| {
        !matches!(pick(&known, *wanted, now), Err(Error::Refused(refused)) if refused.code == Code::NotFound)
    });
    if complete {
        return Ok(known);
    }
    let planner = scope.as_system(Reason::Planning);
    let planned = planner.write(async |tx| {
        let mut known = Vec::new();
        plan(tx, &mut known).await?;
        Ok(known)
    });
    match planned.await {
        // somebody else was faster: theirs is as good
        Err(Error::Refused(refused)) if refused.code == Code::CyclesOverlap => {
            scope.read(async |tx| Ok(store::around(tx, now).await?)).await
        }
        other => other,
    }
}

/// Chooses among the cycles around now. `not_found` means that none has been made yet.
fn pick(around: &[Cycle], wanted: CycleRef, now: Timestamp) -> Result<Cycle> {
    let current = around.iter().find(|cycle| cycle.period.covers(now));
    let follows = |cycle: &&Cycle, current: &Cycle| cycle.period.starts_at >= current.period.ends_at && cycle.cancelled_at.is_none();
    let next = current.and_then(|current| around.iter().find(|cycle| follows(cycle, current)));
    match wanted {
        CycleRef::Id(id) => around.iter().find(|cycle| cycle.id == id).cloned().ok_or_else(|| Code::NotFound.into()),
        CycleRef::Next => next.cloned().ok_or_else(|| Code::NotFound.into()),
        CycleRef::Current => match (current, next) {
            (Some(current), _) if current.cancelled_at.is_none() => Ok(current.clone()),
            (Some(_), Some(next)) => {
                Err(Error::from(Code::NoOpenCycle).with_fact("next_starts_on", next.period.starts_on.to_string()))
            }
            (_, _) => Err(Code::NotFound.into()),
        },
    }
}

/// Makes what is missing, and adds it to what is known. One at a time in an organization: of two who insert cycles for
/// the same time, each would wait for the other until the database gives one of them up.
async fn plan(tx: &WriteTx<'_>, known: &mut Vec<Cycle>) -> Result<()> {
    tx.lock_people(&[tx.organization().uuid().into()]).await?; // nobody's id: it stands for the organization's calendar
    *known = store::around(tx, tx.now()).await?;
    let settings = policy::newest(tx).await?.settings;
    for period in rules::missing(known, tx.now(), &settings) {
        let cycle = new_cycle(period, None);
        store::insert(tx, &cycle).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
        known.push(cycle);
    }
    known.sort_by_key(|cycle| cycle.period.starts_at);
    Ok(())
}

fn new_cycle(period: Period, name: Option<String>) -> Cycle {
    let name = name.unwrap_or_else(|| period.name());
    Cycle { id: CycleId::new(), version: 1, name, period, cancelled_at: None }
}

/// Adds a cycle in a future gap.
///
/// # Errors
/// `administrators_only`; `cycles_overlap`; `invalid` for days that have passed or are in the wrong order.
pub async fn add(tx: &WriteTx<'_>, wanted: AddCycle) -> Result<Cycle> {
    tx.caller().administrator()?;
    let zone = policy::newest(tx).await?.settings.zone();
    in_order(wanted.starts_on, wanted.ends_on)?;
    let cycle = new_cycle(Period::between(wanted.starts_on, wanted.ends_on, &zone), wanted.name);
    if cycle.period.starts_at <= tx.now() {
        return Err(Error::invalid("/starts_on", "too_early", "must be a day that is still to come"));
    }
    store::insert(tx, &cycle).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
    let act = Act { action: "cycle.added", subject: Some(cycle.id.uuid()), member: None, changed: vec![] };
    audit_entries::record(tx, act).await?;
    Ok(cycle)
}

fn in_order(starts_on: Date, ends_on: Date) -> Result<()> {
    if starts_on < ends_on { Ok(()) } else { Err(Error::invalid("/ends_on", "too_early", "must be later than starts_on")) }
}

/// Renames a cycle, moves an upcoming one, or moves the end of an open one; the next one's start moves with the end.
///
/// # Errors
/// `administrators_only`; `stale`; `cycle_started` for a past that cannot change; `cycles_overlap`.
pub async fn change(tx: &WriteTx<'_>, id: CycleId, expected: Option<&[i64]>, patch: CyclePatch) -> Result<Cycle> {
    tx.caller().administrator()?;
    let (now, zone) = (tx.now(), policy::newest(tx).await?.settings.zone());
    let earlier = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let mut cycle = earlier.clone();
    if let Some(name) = patch.name {
        cycle.name = name;
    }
    let (starts_on, ends_on) =
        (patch.starts_on.unwrap_or(cycle.period.starts_on), patch.ends_on.unwrap_or(cycle.period.ends_on));
    in_order(starts_on, ends_on)?;
    cycle.period = rules::moved(&earlier, starts_on, ends_on, now, &zone)?;
    if cycle == earlier {
        return Ok(earlier);
    }
    let follower = store::around(tx, now).await?.into_iter().find(|next| next.period.starts_at == earlier.period.ends_at);
    let mut moved = vec![cycle];
    if moved[0].period.ends_at != earlier.period.ends_at
        && let Some(mut next) = follower.filter(|next| next.cancelled_at.is_none())
    {
        (next.period.starts_on, next.period.starts_at) = (moved[0].period.ends_on, moved[0].period.ends_at);
        if next.period.starts_at >= next.period.ends_at {
            return Err(Code::CyclesOverlap.into());
        }
        moved.push(next);
    }
    let stored = store::update(tx, &moved).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
    if stored != moved.len() as u64 {
        return Err(Code::Stale.into());
    }
    let cycle = Cycle { version: earlier.version + 1, ..moved.swap_remove(0) };
    pairings::cycle_moved(tx, &cycle).await?;
    let changed = rules::changed(&earlier, &cycle);
    audit_entries::record(tx, Act { action: "cycle.changed", subject: Some(id.uuid()), member: None, changed }).await?;
    Ok(cycle)
}

/// Cancels an upcoming cycle. It keeps its period, so none appears in its place.
///
/// # Errors
/// `administrators_only`; `cycle_started` once it has.
pub async fn cancel(tx: &WriteTx<'_>, id: CycleId) -> Result<Cycle> {
    tx.caller().administrator()?;
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
    audit_entries::record(tx, act).await?;
    Ok(Cycle { version: cancelled.version + 1, ..cancelled })
}

/// Plans the upcoming cycles anew that nobody has opted into, each from where the one before it ends.
///
/// # Errors
/// Whatever the database refuses.
pub async fn plan_anew(tx: &WriteTx<'_>, settings: &Settings) -> Result<()> {
    tx.as_system(Reason::Planning, async |tx| {
        let now = tx.now();
        let opted_into = store::opted_into(tx, now).await?;
        let known = store::around(tx, now).await?;
        let moved = rules::planned_anew(&known, &opted_into, now, settings);
        if !moved.is_empty() {
            store::update(tx, &moved).await.on_constraint(NEVER_OVERLAP, Code::CyclesOverlap)?;
        }
        Ok(())
    })
    .await
}
