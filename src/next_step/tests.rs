//! Every combination of facts that can be: what is proposed can be done, in order, in time; and while nothing is, nothing
//! comes before `until`.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::facts::{Facts, FirstCall, InCycle, Partner, Request, Started, UnderWay};
use super::rules::{Kind, MOST_OTHERS, NextStep, Operation, Step, next_step, picks_in};
use crate::check_ins::rules::{Kind as CallKind, MOST_CALLS};
use crate::cycles::rules::{Cycle, Period};
use crate::ids::{CheckInId, CycleId, MemberId, PairingId};
use crate::pairings::requests::RequestFacts;
use crate::participations::rules::Answer;

const START: i64 = 1_790_000_000; // of the current cycle, in seconds
const HOUR: i64 = 3600;
const QUARTER: i64 = 90 * 24 * HOUR;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn partner(name: &str) -> Partner {
    Partner { id: MemberId::new(), name: name.into() }
}

fn cycle(from: i64, to: i64, cancelled: bool) -> Cycle {
    let (starts_at, ends_at) = (at(from), at(to));
    let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let period = Period { starts_on: day(starts_at), ends_on: day(ends_at), starts_at, ends_at };
    let cancelled_at = cancelled.then_some(at(-1));
    Cycle { id: CycleId::new(), version: 1, name: "Q".into(), period, cancelled_at, planned: true }
}

fn in_cycle(cycle: Cycle) -> impl Strategy<Value = InCycle> {
    let answer = prop_oneof![Just(None), Just(Some(Answer::OptedIn)), Just(Some(Answer::NotThisTime))];
    let places = prop_oneof![Just(vec![]), Just(vec![1]), Just(vec![1, 2])];
    let last = prop_oneof![Just(0), Just(14), Just(89), Just(90)];
    (answer, any::<bool>(), any::<bool>(), last, places.clone(), places, 0..3i16).prop_map(
        move |(answer, reflected, require_reflection, last_request_days, places, taken, capacity)| InCycle {
            cycle: cycle.clone(),
            request: RequestFacts {
                active: true,
                answer,
                reflected,
                require_reflection,
                request_days: 7,
                last_request_days,
                places,
                max_coaches: 2,
                yourself: false,
                already_asked: false,
                coached_you_last_time: false,
                available: true,
                review: 1,
            },
            taken,
            capacity,
        },
    )
}

/// Of the current cycle, or of the one before it, in whose wrap-up we are.
fn under_way(current: &Cycle, now: i64) -> impl Strategy<Value = UnderWay> + use<> {
    let current = current.clone();
    let first_call = prop_oneof![
        Just(FirstCall::Missing),
        Just(FirstCall::TooLate(CheckInId::new())),
        Just(FirstCall::Planned),
        Just(FirstCall::Held)
    ];
    let known = prop_oneof![0..5i64, Just(MOST_CALLS)];
    (first_call, any::<bool>(), known, any::<bool>()).prop_map(move |(first_call, caught_up, known, wraps_up)| {
        let wrap_up = 14 * 24 * HOUR;
        // without a first call nothing outlives its cycle
        let past = wraps_up && now < wrap_up && matches!(first_call, FirstCall::Held);
        let ends = if past { 0 } else { QUARTER };
        let met = matches!(first_call, FirstCall::Planned | FirstCall::Held);
        UnderWay {
            pairing: PairingId::new(),
            cycle: if past { CycleId::new() } else { current.id },
            coach: partner("Ben"),
            accepted_at: at(if past { -1000 } else { 0 }),
            cycle_ends_at: at(ends),
            closes_at: at(if met { ends + wrap_up } else { ends }),
            first_call,
            caught_up: caught_up && met,
            known,
        }
    })
}

fn started(current: &Cycle, now: i64) -> impl Strategy<Value = Started> + use<> {
    let current = current.clone();
    let kind = prop_oneof![Just(CallKind::Kickoff), Just(CallKind::Weekly), Just(CallKind::CatchUp)];
    (kind, 0..24 * HOUR).prop_map(move |(kind, ago)| Started {
        check_in: CheckInId::new(),
        pairing: PairingId::new(),
        cycle: current.id,
        cycle_ends_at: current.period.ends_at,
        coach: partner("Ben"),
        kind,
        starts_at: at(now - ago),
        counts_at: at((now - ago + 24 * HOUR).min(QUARTER)),
    })
}

fn request(current: &Cycle, now: i64) -> impl Strategy<Value = Request> + Clone + use<> {
    let current = current.clone();
    (1..7 * 24 * HOUR).prop_map(move |waits| Request {
        pairing: PairingId::new(),
        cycle: current.id,
        coachee: partner("Ana"),
        expires_at: at((now + waits).min(QUARTER)),
    })
}

/// Some instant of the current cycle, and what may be known of a member then.
fn facts() -> impl Strategy<Value = (Facts, Timestamp)> {
    let moments = prop_oneof![Just(0), Just(QUARTER - 1), 0..QUARTER, QUARTER - 15 * 24 * HOUR..QUARTER];
    let later = |now: i64| proptest::option::of((1..QUARTER).prop_map(move |ahead| at(now + ahead)));
    (moments, any::<bool>()).prop_flat_map(move |(now, cancelled)| {
        let current = cycle(0, QUARTER, cancelled);
        let next = cycle(QUARTER, 2 * QUARTER, false);
        let few = if cancelled { 0..1 } else { 0..3usize };
        let pairings = proptest::collection::vec(under_way(&current, now), few.clone());
        let calls = proptest::collection::vec(started(&current, now), few.clone());
        let requests = prop_oneof![Just(few), Just(if cancelled { 0..1 } else { 20..25 })];
        let waiting = request(&current, now);
        let requests = requests.prop_flat_map(move |few| proptest::collection::vec(waiting.clone(), few));
        (in_cycle(current), in_cycle(next), requests, later(now), pairings, calls, later(now), any::<bool>()).prop_map(
            move |(current, next, mut requests, asked_until, pairings, started, next_call_at, nobody_to_ask)| {
                requests.sort_by_key(|request| request.expires_at);
                requests.truncate(MOST_OTHERS + 1);
                let cycles = vec![current, next];
                let facts = Facts { cycles, requests, asked_until, pairings, started, next_call_at, nobody_to_ask };
                (facts, at(now))
            },
        )
    })
}

fn all(found: &NextStep) -> Vec<&Step> {
    found.step.iter().chain(&found.others).collect()
}

/// What the operations of a step are, without what they are done to.
fn names(step: &Step) -> Vec<&'static str> {
    let name = |operation: &Operation| match operation {
        Operation::AcceptPairing(_) => "accept",
        Operation::DeclinePairing(_) => "decline",
        Operation::PutParticipation(_) => "answer",
        Operation::PutReflection(_) => "reflect",
        Operation::ListCoaches(_) => "list",
        Operation::RequestPairing => "ask",
        Operation::PlanCheckIn(_) => "plan",
        Operation::UpdateCheckIn(_) => "move",
        Operation::HoldCheckIn(_) => "hold",
        Operation::MissCheckIn(_) => "miss",
    };
    step.operations.iter().map(name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn one_step_or_until_when_there_is_none((facts, now) in facts()) {
        let found = next_step(&facts, now);
        prop_assert_eq!(found.step.is_none(), found.until.is_some());
        prop_assert!(found.step.is_some() || found.others.is_empty());
        prop_assert!(found.others.len() <= MOST_OTHERS);
        for step in all(&found) {
            prop_assert!(step.due_at > now, "{:?}", step);
        }
    }

    #[test]
    fn what_another_waits_for_comes_first_and_then_the_earliest((facts, now) in facts()) {
        let found = next_step(&facts, now);
        let order = all(&found).into_iter().map(|step| (step.kind != Kind::AnswerRequest, step.due_at, step.kind));
        prop_assert!(order.collect::<Vec<_>>().is_sorted());
        let waiting = all(&found).iter().filter(|step| step.kind == Kind::AnswerRequest).count();
        prop_assert_eq!(waiting, facts.requests.len().min(MOST_OTHERS + 1));
    }

    /// Whoever asks again at `until`, and not before, misses nothing that the clock brings.
    #[test]
    fn nothing_comes_before_until((facts, now) in facts()) {
        let found = next_step(&facts, now);
        let Some(until) = found.until else { return Ok(()) };
        prop_assert!(until > now);
        prop_assert!(facts.asked_until.is_none_or(|at| until <= at) && facts.next_call_at.is_none_or(|at| until <= at));
        for then in [now + until.duration_since(now) / 2, until - SignedDuration::from_millis(1)] {
            prop_assert_eq!(next_step(&facts, then).step, None);
        }
    }

    #[test]
    fn each_step_names_what_does_it_and_whom_it_is_about((facts, now) in facts()) {
        for step in all(&next_step(&facts, now)) {
            let may_accept = facts.cycles[0].taken.len() < facts.cycles[0].capacity as usize;
            let expected = match step.kind {
                Kind::AnswerRequest if may_accept => vec!["accept", "decline"],
                Kind::AnswerRequest => vec!["decline"],
                Kind::AnswerParticipation => vec!["answer"],
                Kind::CompleteReflection => vec!["reflect"],
                Kind::PickCoach => vec!["list", "ask"],
                Kind::PlanKickoff if step.check_in.is_some() => vec!["move"],
                Kind::PlanKickoff | Kind::PlanCatchUp => vec!["plan"],
                Kind::MarkCheckIn => vec!["hold", "miss"],
            };
            prop_assert_eq!(names(step), expected);
            let about_a_pairing = !matches!(
                step.kind,
                Kind::AnswerParticipation | Kind::CompleteReflection | Kind::PickCoach
            );
            prop_assert_eq!((step.pairing.is_some(), step.partner.is_some()), (about_a_pairing, about_a_pairing));
        }
    }

    #[test]
    fn nobody_is_told_what_leads_nowhere((facts, now) in facts()) {
        let found = next_step(&facts, now);
        let told = |kind| all(&found).into_iter().filter(|step| step.kind == kind).collect::<Vec<_>>();
        let [current, next] = &facts.cycles[..] else { panic!("two") };
        for step in told(Kind::AnswerParticipation) {
            let it = if step.cycle == current.cycle.id { current } else { next };
            prop_assert!(it.request.answer.is_none() && it.request.last_request_days < 90);
            prop_assert!(now < it.cycle.period.ends_at - SignedDuration::from_hours(24 * i64::from(it.request.last_request_days)));
        }
        for step in told(Kind::CompleteReflection).into_iter().chain(told(Kind::PickCoach)) {
            prop_assert_eq!(step.cycle, current.cycle.id);
            prop_assert!(current.request.answer == Some(Answer::OptedIn) && current.request.places.is_empty());
            prop_assert!(current.cycle.cancelled_at.is_none());
        }
        for step in told(Kind::PickCoach) {
            prop_assert!(!facts.nobody_to_ask && (current.request.reflected || !current.request.require_reflection));
            prop_assert_eq!(picks_in(&facts, now), Some(step.cycle));
        }
        for step in told(Kind::PlanKickoff).into_iter().chain(told(Kind::PlanCatchUp)) {
            let pairing = facts.pairings.iter().find(|it| Some(it.pairing) == step.pairing).unwrap();
            prop_assert!(pairing.known < MOST_CALLS || step.check_in.is_some());
            prop_assert_eq!(step.kind == Kind::PlanCatchUp, pairing.first_call == FirstCall::Held && !pairing.caught_up);
        }
if facts.requests.len() < 10 {
            prop_assert_eq!(told(Kind::MarkCheckIn).len(), facts.started.len());
        }
    }
}

#[test]
fn whoever_has_just_left_has_nothing_to_do() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut facts, now) = proptest::strategy::ValueTree::current(&facts().new_tree(&mut runner).unwrap());
    facts.cycles.iter_mut().for_each(|it| it.request.active = false);
    assert_eq!(next_step(&facts, now).step, None);
}
