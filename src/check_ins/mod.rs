//! Check-ins: the calls of a pairing (policy rules P5 and P6).
//!
//! The first call, weekly ones, a catch-up: planned by either of the two, and after their start held or missed. One that
//! nobody marks counts as held 24 hours later, a first call at the latest at the cycle's end. What the calls are decides
//! what becomes of the pairing; so every verb takes its locks, and afterwards has it foreseen anew.

pub mod changes;
pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use futures_util::future::join;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::changes::{CheckInPatch, PlanCheckIn, PlanSeries};
use self::rules::{CheckIn, Kind, State, Verb};
pub use self::store::{Between, Place, Seen};
use crate::codes::Code;
use crate::db::{OnConstraint, ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::{CheckInId, CycleId, MemberId, PairingId, SeriesId};
use crate::pairings::{self, rules::Pairing};
use crate::text::PrivateText;
use crate::vault::OwnerKey;
use crate::zones;

/// The database's name for "one first call".
const ONE_KICKOFF: &str = "check_ins_one_kickoff";

/// One of the caller's calls.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn get(tx: &ReadTx<'_>, id: CheckInId) -> Result<Seen> {
    let me = tx.caller().member()?;
    let found = store::find(tx, id, tx.now()).await?;
    let mine = |seen: &Seen| [seen.check_in.coachee, seen.check_in.coach].contains(&me);
    found.filter(mine).ok_or_else(|| Code::NotFound.into())
}

/// The calls of one of the caller's pairings, the earliest first.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn list(
    tx: &ReadTx<'_>,
    pairing: PairingId,
    series: Option<SeriesId>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Seen>> {
    let now = tx.now();
    let (pairing, found) = join(pairings::get(tx, pairing), store::list(tx, pairing, series, after, limit, now)).await;
    pairing?;
    Ok(found?)
}

/// The caller's calls in all their pairings, the earliest first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn mine(tx: &ReadTx<'_>, between: Between, after: Option<Place>, limit: i64) -> Result<Vec<Seen>> {
    let me = tx.caller().member()?;
    Ok(store::mine(tx, me, between, after, limit, tx.now()).await?)
}

/// All of the caller's calls, the earliest first; where to join them only where the caller has said so.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<Seen>> {
    let me = tx.caller().member()?;
    let mut all = mine(tx, Between::default(), None, i64::from(i32::MAX)).await?;
    for seen in all.iter_mut().filter(|seen| seen.join_url_by != Some(me)) {
        seen.check_in.join_url = None;
    }
    Ok(all)
}

/// Deletes where somebody who is erased was to be joined. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete_join_urls_of(tx, member).await?)
}

/// Deletes where calls of this cycle were to be joined, which has been kept for long enough: so many at most; says how
/// many. The caller acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_join_urls_in(tx, cycle, most).await?)
}

/// Plans a call.
///
/// # Errors
/// `kickoff_planned`, `kickoff_missing`; `invalid` for a start outside of the pairing's time; `not_waiting` where the
/// pairing is not active; `not_found`.
pub async fn plan(tx: &WriteTx<'_>, pairing: PairingId, wanted: PlanCheckIn) -> Result<Seen> {
    let me = tx.caller().member()?;
    let (pairing, now) = active(tx, pairing).await?;
    let frame = store::frame(tx, pairing.id, me).await?;
    frame.room.may_plan(wanted.kind, wanted.starts_at.0)?;
    let minutes = wanted.duration_minutes.unwrap_or_else(|| frame.minutes_of(wanted.kind));
    let key = key_for(tx, me, wanted.join_url.as_ref()).await?;
    let call = planned(&pairing, wanted.kind, None, wanted.starts_at.0, minutes);
    let id = call.id;
    let call = CheckIn { join_url: wanted.join_url, ..call };
    store::insert(tx, &[call], me, key.as_ref(), now).await.on_constraint(ONE_KICKOFF, Code::KickoffPlanned)?;
    pairings::foresee(tx, pairing.id, now).await?;
    store::find(tx, id, now).await?.ok_or_else(|| Code::NotFound.into())
}

/// Weekly calls that were planned together.
#[derive(Debug)]
pub struct Series {
    /// Names them.
    pub id: SeriesId,
    /// On whose clock they are at the same time.
    pub time_zone: String,
    /// The calls, the earliest first.
    pub calls: Vec<Seen>,
}

/// Plans weekly calls for the rest of the cycle, at the same time on the planner's clock.
///
/// # Errors
/// As [`plan`].
pub async fn plan_series(tx: &WriteTx<'_>, pairing: PairingId, wanted: PlanSeries) -> Result<Series> {
    let me = tx.caller().member()?;
    let (pairing, now) = active(tx, pairing).await?;
    let frame = store::frame(tx, pairing.id, me).await?;
    let time_zone = wanted.time_zone.unwrap_or_else(|| frame.time_zone.clone());
    let zone = zones::named(&time_zone).unwrap_or(TimeZone::UTC); // checked when it was given
    let starts = frame.room.may_plan_series(wanted.starts_at.0, &zone)?;
    let minutes = wanted.duration_minutes.unwrap_or_else(|| frame.minutes_of(Kind::Weekly));
    let key = key_for(tx, me, wanted.join_url.as_ref()).await?;
    let id = SeriesId::new();
    let call = |start: &Timestamp| CheckIn {
        join_url: wanted.join_url.clone(),
        ..planned(&pairing, Kind::Weekly, Some(id), *start, minutes)
    };
    let calls = starts.iter().map(call).collect::<Vec<_>>();
    store::insert(tx, &calls, me, key.as_ref(), now).await?;
    pairings::foresee(tx, pairing.id, now).await?;
    let calls = store::list(tx, pairing.id, Some(id), None, calls.len() as i64, now).await?;
    Ok(Series { id, time_zone, calls })
}

/// What seals the address, where there is one.
async fn key_for(tx: &WriteTx<'_>, me: MemberId, join_url: Option<&PrivateText>) -> Result<Option<OwnerKey>> {
    if join_url.is_some() { Ok(Some(tx.key_of(me).await?)) } else { Ok(None) }
}

fn planned(pairing: &Pairing, kind: Kind, series: Option<SeriesId>, starts_at: Timestamp, minutes: i16) -> CheckIn {
    CheckIn {
        id: CheckInId::new(),
        version: 1,
        pairing: pairing.id,
        coachee: pairing.coachee,
        coach: pairing.coach,
        kind,
        series,
        starts_at,
        duration_minutes: minutes,
        state: State::Scheduled,
        join_url: None,
        counts_as_held_at: None,
    }
}

/// Cancels what is still to come of a series. What has started stays.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn cancel_series(tx: &WriteTx<'_>, series: SeriesId) -> Result<()> {
    tx.caller().member()?;
    let pairing = store::pairing_of(tx, series).await?.ok_or(Code::NotFound)?;
    let (_, now) = pairings::lock(tx, pairing).await?;
    store::cancel_series(tx, series, now).await?;
    pairings::foresee(tx, pairing, now).await
}

/// Moves a call that is still planned, or says where to join it.
///
/// # Errors
/// `stale`; `invalid` for a start outside of the pairing's time; `not_waiting` once it was held, missed or cancelled;
/// `not_found`.
pub async fn change(tx: &WriteTx<'_>, id: CheckInId, expected: Option<&[i64]>, patch: CheckInPatch) -> Result<Seen> {
    let me = tx.caller().member()?;
    let (earlier, now) = lock(tx, id).await?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.check_in.version)) {
        return Err(Code::Stale.into());
    }
    earlier.check_in.permits(Verb::Update, &earlier.around)?;
    let moved = CheckIn {
        starts_at: patch.starts_at.map_or(earlier.check_in.starts_at, |start| start.0),
        duration_minutes: patch.duration_minutes.unwrap_or(earlier.check_in.duration_minutes),
        join_url: patch.join_url.unwrap_or_else(|| earlier.check_in.join_url.clone()),
        ..earlier.check_in.clone()
    };
    if moved == earlier.check_in {
        return Ok(earlier);
    }
    if moved.starts_at != earlier.check_in.starts_at {
        store::frame(tx, moved.pairing, me).await?.room.fits(moved.kind, moved.starts_at)?;
    }
    if moved.join_url != earlier.check_in.join_url {
        let sealed = tx.sealed(store::JOIN_URL, me, id, moved.join_url.as_ref()).await?;
        store::set_join_url(tx, id, sealed, me).await?;
    }
    keep(tx, &moved, now).await
}

/// Marks a call as held or missed, or calls it off. Asking for what it already is changes nothing.
///
/// # Errors
/// The refusals of [`CheckIn::permits`]; `not_found`.
pub async fn mark(tx: &WriteTx<'_>, id: CheckInId, verb: Verb) -> Result<Seen> {
    let (earlier, now) = lock(tx, id).await?;
    if earlier.check_in.state == verb.leads_to() {
        return Ok(earlier);
    }
    earlier.check_in.permits(verb, &earlier.around)?;
    keep(tx, &CheckIn { state: verb.leads_to(), ..earlier.check_in }, now).await
}

/// A pairing of the caller's that is active, locked and settled.
async fn active(tx: &WriteTx<'_>, id: PairingId) -> Result<(Pairing, Timestamp)> {
    let (named, now) = pairings::lock(tx, id).await?;
    match named.pairing.state {
        pairings::rules::State::Active => Ok((named.pairing, now)),
        _ => Err(Code::NotWaiting.into()),
    }
}

/// A call of the caller's, locked and settled.
async fn lock(tx: &WriteTx<'_>, id: CheckInId) -> Result<(Seen, Timestamp)> {
    let seen = get(tx, id).await?;
    let (_, now) = pairings::lock(tx, seen.check_in.pairing).await?;
    let found = store::find(tx, id, now).await?;
    Ok((found.ok_or(Code::NotFound)?, now))
}

/// Stores what has become of a call, and of its pairing with it.
async fn keep(tx: &WriteTx<'_>, call: &CheckIn, now: Timestamp) -> Result<Seen> {
    if !store::update(tx, call, now).await.on_constraint(ONE_KICKOFF, Code::KickoffPlanned)? {
        return Err(Code::Stale.into());
    }
    pairings::foresee(tx, call.pairing, now).await?;
    store::find(tx, call.id, now).await?.ok_or_else(|| Code::NotFound.into())
}

/// Stores what has become of these people's calls; the caller holds their locks and acts as the service.
///
/// # Errors
/// Whatever the database refuses; the same for the others here.
pub async fn settle(tx: &WriteTx<'_>, people: &[MemberId], now: Timestamp) -> Result<()> {
    store::settle(tx, people, now).await?;
    Ok(())
}

/// Takes all of these people's planned calls, before any of them is changed.
///
/// # Errors
/// Whatever the database refuses.
pub async fn hold_planned(tx: &WriteTx<'_>, people: &[MemberId]) -> Result<()> {
    Ok(store::hold_planned(tx, people).await?)
}

/// The time of these pairings has changed: what the clock will make of their planned calls is foreseen anew.
///
/// # Errors
/// Whatever the database refuses.
pub async fn foresee(tx: &WriteTx<'_>, pairings: &[PairingId]) -> Result<()> {
    store::foresee(tx, pairings).await?;
    Ok(())
}

/// These pairings close now: calls that have started count as held, so that nobody closes a pairing to have a first call
/// forgotten; the others are cancelled.
///
/// # Errors
/// Whatever the database refuses.
pub async fn pairings_close(tx: &WriteTx<'_>, pairings: &[PairingId], now: Timestamp) -> Result<()> {
    store::pairings_close(tx, pairings, now).await?;
    Ok(())
}
