//! What the next step is (policy rule P10): pure. Each step is proposed by the rules of what it leads to.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::facts::{Facts, FirstCall, InCycle, Partner, Request, Started, UnderWay};
use crate::check_ins::rules::{Around, Kind as CallKind, Room, State as CallState, Verb as CallVerb, permits};
use crate::cycles::rules::Phase;
use crate::ids::{CheckInId, CycleId, PairingId};
use crate::pairings::requests::{RequestFacts, free_place, may_request};
use crate::participations::rules::{Answer, may_answer};
use crate::reflections::rules::may_write;

/// How many steps are listed behind the next one.
pub const MOST_OTHERS: usize = 20;

/// What there is to do. Of what is due at the same instant, what comes first here comes first.
///
/// - `answer_request`: somebody has asked me to coach them, and waits for a yes or a no
/// - `answer_participation`: to take part in a cycle, or not this time
/// - `complete_reflection`: to analyze my job, and mark the reflection complete
/// - `pick_coach`: to ask a colleague to coach me
/// - `plan_kickoff`: to set up the first call with my coach, or to move it, where it no longer starts within the cycle
/// - `mark_check_in`: a call has started, and nobody has said whether it was held
/// - `plan_catch_up`: to set up another call with my coach, after the first one
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NextStepKind)]
pub enum Kind {
    /// Somebody has asked me to coach them, and waits for a yes or a no.
    AnswerRequest,
    /// To take part in a cycle, or not this time.
    AnswerParticipation,
    /// To analyze my job, and mark the reflection complete.
    CompleteReflection,
    /// To ask a colleague to coach me.
    PickCoach,
    /// To set up the first call with my coach; or to move it, where it no longer starts within the cycle.
    PlanKickoff,
    /// A call has started: to say whether it was held.
    MarkCheckIn,
    /// To set up another call with my coach, after the first one.
    PlanCatchUp,
}

impl Kind {
    /// Whether another person waits for it.
    fn is_waited_for(self) -> bool {
        self == Self::AnswerRequest
    }
}

/// An operation, with what it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named as in the document: http.rs")]
pub enum Operation {
    AcceptPairing(PairingId),
    DeclinePairing(PairingId),
    PutParticipation(CycleId),
    PutReflection(CycleId),
    ListCoaches(CycleId),
    RequestPairing,
    PlanCheckIn(PairingId),
    UpdateCheckIn(CheckInId),
    HoldCheckIn(CheckInId),
    MissCheckIn(CheckInId),
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each fact is explained where it is served: http.rs")]
pub struct Step {
    pub kind: Kind,
    pub due_at: Timestamp,
    pub operations: Vec<Operation>,
    pub cycle: CycleId,
    pub pairing: Option<PairingId>,
    pub check_in: Option<CheckInId>,
    pub partner: Option<Partner>,
}

/// The next step, or until when there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each fact is explained where it is served: http.rs")]
pub struct NextStep {
    pub step: Option<Step>,
    pub until: Option<Timestamp>,
    pub others: Vec<Step>,
}

/// What the member is to do next.
pub fn next_step(facts: &Facts, now: Timestamp) -> NextStep {
    let mut steps = steps(facts, now);
    steps.sort_by_key(|step| (!step.kind.is_waited_for(), step.due_at, step.kind, step.pairing, step.check_in));
    steps.truncate(1 + MOST_OTHERS);
    let mut steps = steps.into_iter();
    let step = steps.next();
    let until = if step.is_none() { until(facts, now) } else { None };
    NextStep { step, until, others: steps.collect() }
}

/// In which cycle the member would be told to pick a coach, if there is anybody to ask.
pub fn picks_in(facts: &Facts, now: Timestamp) -> Option<CycleId> {
    steps(facts, now).into_iter().find(|step| step.kind == Kind::PickCoach).map(|step| step.cycle)
}

/// Whether a cycle may be missing: the current and the next one always exist, once somebody has asked. Where an
/// administrator has left a gap or cancelled one, only the calendar itself can tell.
pub fn may_lack_a_cycle(facts: &Facts, now: Timestamp) -> bool {
    let mut periods = facts.cycles.iter().map(|it| &it.cycle.period);
    match (periods.next(), periods.next()) {
        (Some(current), Some(next)) => !current.covers(now) || next.starts_at != current.ends_at,
        _ => true,
    }
}

fn steps(facts: &Facts, now: Timestamp) -> Vec<Step> {
    if facts.cycles.iter().any(|it| !it.request.active) {
        return Vec::new(); // who has just left, and is still remembered
    }
    let mut steps = Vec::new();
    steps.extend(facts.requests.iter().map(|request| answer(facts, request)));
    steps.extend(facts.cycles.iter().flat_map(|it| in_cycle(it, facts.nobody_to_ask, now)));
    steps.extend(facts.pairings.iter().filter_map(|pairing| plan(pairing, now)));
    steps.extend(facts.started.iter().filter_map(|call| mark(call, now)));
    steps
}

/// A coach who has no place left can still say no.
fn answer(facts: &Facts, request: &Request) -> Step {
    let Request { pairing, cycle, coachee, expires_at } = request.clone();
    let of_it = facts.cycles.iter().find(|it| it.cycle.id == cycle);
    let has_a_place = of_it.is_some_and(|it| free_place(&it.taken, it.capacity).is_some());
    let accept = has_a_place.then_some(Operation::AcceptPairing(pairing));
    Step {
        kind: Kind::AnswerRequest,
        due_at: expires_at,
        operations: accept.into_iter().chain([Operation::DeclinePairing(pairing)]).collect(),
        cycle,
        pairing: Some(pairing),
        check_in: None,
        partner: Some(coachee),
    }
}

/// What leads to a coach, as long as one can be asked in that cycle: after that there is nothing to take part in. Whoever
/// has asked, or is coached, is not told to ask another.
fn in_cycle(it: &InCycle, nobody_to_ask: bool, now: Timestamp) -> Vec<Step> {
    let InCycle { cycle, request, .. } = it;
    let due_at = cycle.last_request_at(request.last_request_days);
    if due_at <= now.max(cycle.period.starts_at) {
        return Vec::new();
    }
    let phase = cycle.phase(now);
    let step = |kind, operations| Step {
        kind,
        due_at,
        operations,
        cycle: cycle.id,
        pairing: None,
        check_in: None,
        partner: None,
    };
    let mut steps = Vec::new();
    match request.answer {
        None if may_answer(phase, None, Answer::OptedIn).is_ok() => {
            steps.push(step(Kind::AnswerParticipation, vec![Operation::PutParticipation(cycle.id)]));
        }
        Some(Answer::OptedIn) if phase == Phase::Open && request.places.is_empty() => {
            if !request.reflected && may_write(phase, false).is_ok() {
                steps.push(step(Kind::CompleteReflection, vec![Operation::PutReflection(cycle.id)]));
            }
            let request = RequestFacts { available: !nobody_to_ask, ..request.clone() };
            if may_request(&request, cycle, now).is_ok() {
                steps.push(step(Kind::PickCoach, vec![Operation::ListCoaches(cycle.id), Operation::RequestPairing]));
            }
        }
        None | Some(Answer::OptedIn | Answer::NotThisTime) => {}
    }
    steps
}

/// The call that a pairing lacks.
fn plan(it: &UnderWay, now: Timestamp) -> Option<Step> {
    let (kind, call) = match it.first_call {
        FirstCall::Missing | FirstCall::TooLate(_) => (Kind::PlanKickoff, CallKind::Kickoff),
        FirstCall::Held if !it.caught_up => (Kind::PlanCatchUp, CallKind::CatchUp),
        FirstCall::Planned | FirstCall::Held => return None,
    };
    let room = Room {
        accepted_at: it.accepted_at,
        cycle_ends_at: it.cycle_ends_at,
        wrap_up_ends_at: it.closes_at,
        kickoff: it.first_call == FirstCall::Held,
        known: it.known,
    };
    let (operation, check_in) = match it.first_call {
        FirstCall::TooLate(first) => (room.fits(call, now).map(|()| Operation::UpdateCheckIn(first)), Some(first)),
        _ => (room.may_plan(call, now).map(|()| Operation::PlanCheckIn(it.pairing)), None),
    };
    Some(Step {
        kind,
        due_at: it.closes_at,
        operations: vec![operation.ok()?],
        cycle: it.cycle,
        pairing: Some(it.pairing),
        check_in,
        partner: Some(it.coach.clone()),
    })
}

/// Whether a call was held, as long as nobody has said so and it does not count as held yet.
fn mark(it: &Started, now: Timestamp) -> Option<Step> {
    let around = Around { pairing_is_active: true, cycle_ends_at: it.cycle_ends_at, another_kickoff: false, now };
    let may = |verb| permits(it.kind, CallState::Scheduled, it.starts_at, verb, &around).is_ok();
    (may(CallVerb::Hold) && may(CallVerb::Miss)).then(|| Step {
        kind: Kind::MarkCheckIn,
        due_at: it.counts_at,
        operations: vec![Operation::HoldCheckIn(it.check_in), Operation::MissCheckIn(it.check_in)],
        cycle: it.cycle,
        pairing: Some(it.pairing),
        check_in: Some(it.check_in),
        partner: Some(it.coach.clone()),
    })
}

/// The first instant at which the clock may bring something to do: a call starts, a request of mine expires, a cycle
/// begins or ends.
fn until(facts: &Facts, now: Timestamp) -> Option<Timestamp> {
    let cycles = facts.cycles.iter().flat_map(|it| [it.cycle.period.starts_at, it.cycle.period.ends_at]);
    cycles.chain(facts.asked_until).chain(facts.next_call_at).filter(|at| *at > now).min()
}
