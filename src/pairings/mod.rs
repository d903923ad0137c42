//! Pairings: one coachee with one coach in one cycle (policy rules P4, P5 and P7).
//!
//! A request waits for the coach's yes or no; from the yes on the two work together: until the wrap-up of the cycle is
//! over, where they have met, or until one of them ends it. Every verb takes both people's locks, settles what the clock
//! has done to their pairings, gathers the facts, asks the rule, and stores; the database's constraints stand behind it.

pub mod http;
pub mod requests;
pub mod rules;
mod settle;
mod store;

use futures_util::future::join;
use jiff::Timestamp;

use self::rules::{Due, EndedBy, Pairing, Role, State, Verb};
pub use self::store::{Filter, Named};
use crate::access::Reason;
use crate::check_ins;
use crate::codes::Code;
use crate::cycles::{
    self,
    rules::{Cycle, CycleRef},
};
use crate::db::{OnConstraint, ReadTx, Scope, WriteTx};
use crate::error::{Error, Fact, Result};
use crate::ids::{CycleId, MemberId, PairingId};
use crate::text::PrivateText;

/// The database's name for "someone else next time".
const SOMEONE_ELSE: [&str; 2] = ["pairings_someone_else_after_even", "pairings_someone_else_after_odd"];

/// One of the caller's pairings.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn get(tx: &ReadTx<'_>, id: PairingId) -> Result<Named> {
    let me = tx.caller().member()?;
    let found = store::find(tx, id, tx.now()).await?;
    found.filter(|named| named.pairing.role_of(me).is_some()).ok_or_else(|| Code::NotFound.into())
}

/// The caller's pairings, the latest first.
///
/// # Errors
/// `members_only` for an integration.
pub async fn list(tx: &ReadTx<'_>, filter: &Filter, before: Option<PairingId>, limit: i64) -> Result<Vec<Named>> {
    let me = tx.caller().member()?;
    Ok(store::list(tx, me, filter, before, limit, tx.now()).await?)
}

/// All of the caller's pairings, the latest first, without what the other one wrote.
///
/// # Errors
/// `members_only` for an integration.
pub async fn all(tx: &ReadTx<'_>) -> Result<Vec<Named>> {
    let me = tx.caller().member()?;
    let all = list(tx, &Filter { cycle: None, role: None, state: None }, None, i64::from(i32::MAX)).await?;
    let of_mine = |named: Named| match named.pairing.role_of(me) {
        Some(Role::Coachee) => Named { decline_reason: None, ..named },
        Some(Role::Coach) | None => Named { message: None, ..named },
    };
    Ok(all.into_iter().map(of_mine).collect())
}

/// Deletes what somebody who is erased wrote with a request or with a no. The caller holds their lock and acts as the
/// eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete_texts_of(tx, member).await?)
}

/// Deletes what was written with the requests and the noes of this cycle, which has been kept for long enough: so many
/// at most of each; says how many. The caller acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn forget(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64> {
    Ok(store::delete_texts_in(tx, cycle, most).await?)
}

/// Stores what the clock has done to anybody's pairings and calls in the organization of this scope. Whoever acts does so for
/// themself; the worker does it for whoever does not, so that it is told.
///
/// # Errors
/// Whatever the database refuses.
pub async fn settle_due(scope: &Scope) -> Result<()> {
    let (system, mut before) = (scope.as_system(Reason::Settling), Vec::new());
    loop {
        let settled = system.write(async |tx| {
            let people = settle::due(tx, tx.now()).await?;
            tx.lock_people(&people).await?;
            settle::settle(tx, &people, tx.now()).await?;
            Ok(people)
        });
        let people = settled.await?;
        if people.is_empty() || people == before {
            return Ok(());
        }
        before = people;
    }
}

/// Asks a colleague to coach the caller.
///
/// # Errors
/// Those of `requests::may_request`, as they stand in the catalogue.
pub async fn request(
    tx: &WriteTx<'_>,
    cycle: CycleRef,
    coach: MemberId,
    message: Option<PrivateText>,
) -> Result<Named> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me, coach]).await?;
    let cycle = cycles::get_for_write(tx, cycle).await?;
    let now = tx.now();
    let facts = tx.as_system(Reason::Settling, async |tx| {
        let facts = requests::store::facts(tx, &cycle, me, coach, now).await?;
        match facts {
            (_, true) => {
                settle::settle(tx, &[me, coach], now).await?;
                Ok(requests::store::facts(tx, &cycle, me, coach, now).await?)
            }
            settled => Ok(settled),
        }
    });
    let (facts, _) = facts.await?;
    let place = match requests::may_request(&facts, &cycle, now) {
        Err(Code::TooLateThisCycle) => return Err(too_late(tx).await?),
        decided => decided?,
    };
    let pairing = Pairing {
        id: PairingId::new(),
        version: 1,
        cycle: cycle.id,
        coachee: me,
        coach,
        state: State::Requested,
        requested_at: now,
        accepted_at: None,
        closed_at: None,
        ended_by: None,
        due: Some(Due::of_request(now, facts.request_days, cycle.period.ends_at)),
        kickoff_held: false,
        caught_up: false,
    };
    let message = tx.sealed(store::MESSAGE, me, pairing.id, message.as_ref()).await?;
    let stored = store::insert(tx, &pairing, facts.review, place, message).await;
    stored.on_constraints(&SOMEONE_ELSE, Code::CoachedYouLastTime)
}

/// The refusal that names the day on which the next cycle starts.
async fn too_late(tx: &WriteTx<'_>) -> Result<Error> {
    let next = cycles::get_for_write(tx, CycleRef::Next).await?;
    Ok(Error::with_fact(Code::TooLateThisCycle, Fact::NextStartsOn(Some(next.period.starts_on))))
}

/// Says yes to a request.
///
/// # Errors
/// `coach_full` when no place is left; `coached_you_last_time`; `not_waiting`; `not_yours`; `not_found`.
pub async fn accept(tx: &WriteTx<'_>, id: PairingId) -> Result<Named> {
    let (pairing, now) = open(tx, id, Verb::Accept).await?;
    let (taken, capacity, ends_at) = requests::store::coach_places(tx, pairing.cycle, pairing.coach).await?;
    let place = requests::free_place(&taken, capacity).ok_or(Code::CoachFull)?;
    let accepted =
        Pairing { state: State::Active, accepted_at: Some(now), due: Some(Due::of_active(ends_at)), ..pairing.clone() };
    let stored = store::update(tx, pairing.state, &accepted, Some(place), None, now).await;
    stored.on_constraints(&SOMEONE_ELSE, Code::CoachedYouLastTime)?.ok_or_else(|| Code::NotWaiting.into())
}

/// Says no to a request. No reason is owed; one that is given is the coach's text, and shown to both.
///
/// # Errors
/// `not_waiting`; `not_yours`; `not_found`.
pub async fn decline(tx: &WriteTx<'_>, id: PairingId, reason: Option<PrivateText>) -> Result<Named> {
    let (pairing, now) = open(tx, id, Verb::Decline).await?;
    let reason = tx.sealed(store::DECLINE_REASON, pairing.coach, id, reason.as_ref()).await?;
    let declined = Pairing { state: State::Declined, closed_at: Some(now), due: None, ..pairing };
    let stored = store::update(tx, pairing.state, &declined, None, reason, now).await?;
    stored.ok_or_else(|| Code::NotWaiting.into())
}

/// Takes a request back.
///
/// # Errors
/// `not_waiting`; `not_yours`; `not_found`.
pub async fn withdraw(tx: &WriteTx<'_>, id: PairingId) -> Result<Named> {
    let (pairing, now) = open(tx, id, Verb::Withdraw).await?;
    close(tx, &pairing, State::Withdrawn, None, now).await
}

/// Ends what is under way. No reason is owed.
///
/// # Errors
/// `not_waiting`; `not_found`.
pub async fn end(tx: &WriteTx<'_>, id: PairingId) -> Result<Named> {
    let me = tx.caller().member()?;
    let (pairing, now) = open(tx, id, Verb::End).await?;
    let by = if pairing.role_of(me) == Some(Role::Coach) { EndedBy::Coach } else { EndedBy::Coachee };
    close(tx, &pairing, State::Ended, Some(by), now).await
}

/// Closes a pairing early: the two have met, and met again. What is still planned is cancelled.
///
/// # Errors
/// `incomplete` with the calls that are missing; `not_waiting`; `not_found`.
pub async fn complete(tx: &WriteTx<'_>, id: PairingId) -> Result<Named> {
    let me = tx.caller().member()?;
    let (Named { pairing, .. }, now) = lock(tx, id).await?;
    match pairing.permits(Verb::Complete, me) {
        Err(Code::Incomplete) => {
            return Err(Error::with_fact(Code::Incomplete, Fact::Missing(pairing.missing())));
        }
        permitted => permitted?,
    };
    close(tx, &pairing, State::Completed, None, now).await
}

/// One of the caller's pairings, as it is once both people's locks are taken and all that is due is settled; and the
/// instant to decide by. How every verb on a pairing, or on something that hangs on it, begins.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn lock(tx: &WriteTx<'_>, id: PairingId) -> Result<(Named, Timestamp)> {
    let seen = get(tx, id).await?.pairing; // as the caller: nobody is locked by a stranger
    let people = [seen.coachee, seen.coach];
    tx.lock_people(&people).await?;
    let now = tx.now(); // later than everything that the locks have waited for
    let found = tx.as_system(Reason::Settling, async |tx| {
        let (is_due, found) = join(settle::is_due(tx, &people, now), store::find(tx, id, now)).await;
        if is_due? {
            settle::settle(tx, &people, now).await?;
            return Ok(store::find(tx, id, now).await?);
        }
        Ok(found?)
    });
    Ok((found.await?.ok_or(Code::NotFound)?, now))
}

/// The calls of a pairing have changed: what the clock will make of it is foreseen anew. The caller has locked it.
///
/// # Errors
/// Whatever the database refuses.
pub async fn foresee(tx: &WriteTx<'_>, id: PairingId, now: Timestamp) -> Result<()> {
    settle::foresee(tx, &[id], now).await
}

/// A pairing that the caller may do this with now.
async fn open(tx: &WriteTx<'_>, id: PairingId, verb: Verb) -> Result<(Pairing, Timestamp)> {
    let me = tx.caller().member()?;
    let (Named { pairing, .. }, now) = lock(tx, id).await?;
    pairing.permits(verb, me)?;
    Ok((pairing, now))
}

async fn close(
    tx: &WriteTx<'_>,
    pairing: &Pairing,
    state: State,
    ended_by: Option<EndedBy>,
    now: Timestamp,
) -> Result<Named> {
    let closed = Pairing { state, ended_by, closed_at: Some(now), due: None, ..pairing.clone() };
    if pairing.state == State::Active {
        check_ins::pairings_close(tx, &[pairing.id], now).await?;
    }
    // Under both locks the row is as it was read; should it ever not be, nothing is done.
    store::update(tx, pairing.state, &closed, None, None, now).await?.ok_or_else(|| Code::NotWaiting.into())
}

/// Somebody opted out: what they have asked in this cycle is withdrawn, and what they are coached in ends. The caller
/// holds their lock.
///
/// # Errors
/// Whatever the database refuses; the same for the others here.
pub async fn opted_out(tx: &WriteTx<'_>, cycle: CycleId, member: MemberId, now: Timestamp) -> Result<()> {
    leave(tx, &[member], Some(cycle), now).await
}

/// Somebody left: everything pending and under way ends, in both roles. The caller holds their locks.
///
/// # Errors
/// Whatever the database refuses.
pub async fn left(tx: &WriteTx<'_>, members: &[MemberId], now: Timestamp) -> Result<()> {
    leave(tx, members, None, now).await
}

async fn leave(tx: &WriteTx<'_>, members: &[MemberId], cycle: Option<CycleId>, now: Timestamp) -> Result<()> {
    tx.as_system(Reason::Leaving, async |tx| {
        // Partners' verbs settle the same rows, under locks of their own. So all that may be changed is taken first, in
        // one order; taken as it comes due, it could be waited for in a circle.
        store::open_of(tx, members, None).await?;
        check_ins::hold_planned(tx, members).await?;
        settle::settle(tx, members, now).await?;
        let open = store::open_of(tx, members, cycle).await?;
        check_ins::pairings_close(tx, &open, now).await?;
        store::leave(tx, &open, cycle.is_some(), now).await?;
        Ok(())
    })
    .await
}

/// A cycle's end was moved: what the clock does at that end moves with it.
///
/// # Errors
/// Whatever the database refuses.
pub async fn cycle_moved(tx: &WriteTx<'_>, cycle: &Cycle) -> Result<()> {
    settle::cycle_moved(tx, cycle).await
}
