//! What people do next, by chance: mostly what makes sense as things stand, sometimes what does not.

mod around;

use jiff::{SignedDuration, Timestamp};
use peer_coaching::policy::rules::Settings;

use crate::model::{Call, Fate, Kind, Model, NAMES, State, Who};
use crate::random::Random;
use crate::run::{MARGIN, Moment};
use crate::steps::{Mark, Step, Verb, When, Which};

/// Whether people wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    OneByOne,
    AtOnce,
}

/// What an organization starts with.
pub fn settings(random: &mut Random) -> Settings {
    Settings {
        cadence_months: random.between(1, 3) as i16,
        request_days: random.between(1, 10) as i16,
        last_request_days: random.between(0, 20) as i16,
        wrap_up_days: random.between(0, 20) as i16,
        max_coaches_per_cycle: random.between(1, 3) as i16,
        default_coach_capacity: random.between(1, 2) as i16,
        require_reflection: random.percent(50),
        ..Settings::default()
    }
}

/// What happens next, and when. `number` counts the steps.
pub fn moment(random: &mut Random, model: &Model, manner: Manner, number: &mut usize) -> Moment {
    let at = if random.percent(10) { later(random, model) } else { model.now + SignedDuration::from_secs(1) };
    let mut chance = Chance { random, model, focus: None };
    let steps = match manner {
        _ if chance.random.percent(5) => vec![Step::Everything],
        Manner::AtOnce if chance.random.percent(45) => chance.several(),
        _ => vec![chance.step()],
    };
    let numbered = steps.into_iter().map(|step| {
        *number += 1;
        (*number, step)
    });
    Moment { at, steps: numbered.collect() }
}

/// Some time later; often just at, or just before, an instant at which something changes.
fn later(random: &mut Random, model: &Model) -> Timestamp {
    let mut borders = model.borders().into_iter().filter(|at| *at > model.now + MARGIN * 3).collect::<Vec<_>>();
    borders.sort();
    borders.dedup();
    borders.truncate(4);
    let border = random.of(&borders).unwrap_or(model.now + MARGIN * 3);
    match random.below(20) {
        0..2 => model.now + SignedDuration::from_mins(random.between(1, 90)),
        2..7 => model.now + SignedDuration::from_hours(random.between(1, 48)),
        7..9 => model.now + SignedDuration::from_hours(24 * random.between(2, 9)),
        9 => model.now + SignedDuration::from_hours(24 * random.between(9, 50)),
        10..16 => border,
        _ => border - MARGIN - SignedDuration::from_secs(1),
    }
}

const OPEN: [State; 2] = [State::Requested, State::Active];

struct Chance<'a> {
    random: &'a mut Random,
    model: &'a Model,
    /// The pairing that several are busy with.
    focus: Option<usize>,
}

impl Chance<'_> {
    /// What several do at once, mostly to the same pairing.
    fn several(&mut self) -> Vec<Step> {
        let count = 2 + self.random.below(3);
        if self.random.percent(75) {
            self.focus = self.pairing(&OPEN);
        }
        let mut steps = Vec::<Step>::new();
        while steps.len() < count {
            let step = self.step();
            let plans = step.plans() && !matches!(step, Step::MoveEnd { .. });
            let plans = plans || matches!(step, Step::Follow { .. }); // what is told may be otherwise a moment later
            if !plans && (step.leaves().is_none() || steps.iter().all(|other| other.leaves() != step.leaves())) {
                steps.push(step);
            }
        }
        steps
    }

    fn step(&mut self) -> Step {
        loop {
            let step = match self.random.below(100) {
                0..8 => self.answer(),
                8..14 => self.reflect(),
                14..25 => self.ask(),
                25..43 => self.act(),
                43..48 => self.follow(),
                48..64 => self.plan(),
                64..66 => self.plan_series(),
                66..67 => self.cancel_series(),
                67..71 => self.moves(),
                71..84 => self.mark(),
                84..86 => Some(self.own()),
                86..87 => Some(self.activate()),
                87..89 => self.calendar(),
                89..90 => Some(Step::Decide { change: self.change() }),
                _ => self.read(),
            };
            // where there is nothing to act on, something is begun
            if let Some(step) = step.or_else(|| self.ask_well()).or_else(|| self.answer()).or_else(|| self.reflect()) {
                return step;
            }
        }
    }

    fn follow(&mut self) -> Option<Step> {
        Some(Step::Follow { who: self.random.below(NAMES.len()), nth: self.random.below(60), what: None })
    }

    /// Somebody, mostly of those who are there.
    fn who(&mut self) -> Who {
        let who = self.random.below(NAMES.len());
        if self.model.members[who].active || self.random.percent(15) { who } else { 0 }
    }

    fn which(&mut self) -> Which {
        match self.random.below(10) {
            0..7 => Which::Current,
            7 => Which::Next,
            _ => Which::Nth(self.random.below(self.model.cycles.len().max(1))),
        }
    }

    fn answer(&mut self) -> Option<Step> {
        Some(match self.newcomer(Model::opted_in) {
            Some(who) if self.random.percent(92) => Step::Answer { who, cycle: Which::Current, opted_in: true },
            _ if self.random.percent(50) => return None,
            _ => Step::Answer { who: self.who(), cycle: self.which(), opted_in: self.random.percent(70) },
        })
    }

    fn reflect(&mut self) -> Option<Step> {
        Some(match self.newcomer(Model::reflected) {
            Some(who) if self.random.percent(92) => Step::Reflect { who, cycle: Which::Current, complete: true },
            _ if self.random.percent(50) => return None,
            _ => Step::Reflect { who: self.who(), cycle: self.which(), complete: self.random.percent(70) },
        })
    }

    /// Somebody active of whom this is not so yet in the current cycle.
    fn newcomer(&mut self, done: impl Fn(&Model, Who, usize) -> bool) -> Option<Who> {
        let cycle = self.model.current()?;
        let new = |who: &Who| self.model.members[*who].active && !done(self.model, *who, cycle);
        self.random.of(&(0..NAMES.len()).filter(new).collect::<Vec<_>>())
    }

    /// Mostly what could be.
    fn ask(&mut self) -> Option<Step> {
        if self.random.percent(70) {
            return self.ask_well();
        }
        let (mut who, mut coach) = (self.who(), self.random.below(NAMES.len()));
        let earlier = self.random.of(&self.model.pairings);
        if let Some(earlier) = earlier.filter(|_| self.random.percent(60)) {
            (who, coach) = (earlier.coachee, earlier.coach); // who coaches, or has coached, is asked again
        }
        let cycle = if self.random.percent(80) { None } else { Some(self.which()) };
        if who == coach && self.random.percent(80) { None } else { Some(Step::Ask { who, coach, cycle }) }
    }

    fn ask_well(&mut self) -> Option<Step> {
        let cycle = self.model.current()?;
        let could = |(who, coach): &(Who, Who)| {
            let wanted = self.focus.is_none_or(|pairing| self.model.pairings[pairing].coach == *coach);
            wanted && self.model.members[*who].active && self.model.may_ask(*who, *coach, cycle).is_ok()
        };
        let all = (0..NAMES.len()).flat_map(|who| (0..NAMES.len()).map(move |coach| (who, coach)));
        let (who, coach) = self.random.of(&all.filter(could).collect::<Vec<_>>())?;
        Some(Step::Ask { who, coach, cycle: None })
    }

    /// A pairing, mostly one in one of these states, or that several are busy with.
    fn pairing(&mut self, states: &[State]) -> Option<usize> {
        if self.focus.is_some() && self.random.percent(75) {
            return self.focus;
        }
        let all = (0..self.model.pairings.len()).collect::<Vec<_>>();
        let fit = all.iter().copied().filter(|at| states.contains(&self.model.pairings[*at].state)).collect::<Vec<_>>();
        if self.random.percent(92) { self.random.of(&fit) } else { self.random.of(&all) }
    }

    /// One of the two, mostly.
    fn one_of(&mut self, pairing: usize) -> Who {
        let pairing = &self.model.pairings[pairing];
        let two = [pairing.coachee, pairing.coach];
        if self.random.percent(96) { self.random.one(&two) } else { self.who() }
    }

    fn act(&mut self) -> Option<Step> {
        let states = if self.random.percent(50) { &OPEN[..] } else { &[State::Requested] };
        let at = self.pairing(states)?;
        let pairing = &self.model.pairings[at];
        let sensible = match pairing.state {
            State::Requested => {
                let accept = [(pairing.coach, Verb::Accept); 8];
                [&accept[..], &[(pairing.coach, Verb::Decline), (pairing.coachee, Verb::Withdraw)]].concat()
            }
            State::Active => {
                let either = [pairing.coachee, pairing.coach];
                vec![(self.random.one(&either), Verb::Complete), (self.random.one(&either), Verb::End)]
            }
            _ => vec![],
        };
        let verbs = [Verb::Accept, Verb::Decline, Verb::Withdraw, Verb::Complete, Verb::End];
        let (who, verb) = match self.random.of(&sensible) {
            Some(sensible) if self.random.percent(80) => sensible,
            _ => (self.one_of(at), self.random.one(&verbs)),
        };
        // few end what has just begun, so that something comes of it
        let early = verb == Verb::End && self.random.percent(70);
        if early { None } else { Some(Step::Act { who, pairing: pairing.step, verb }) }
    }

    fn when(&mut self) -> When {
        const HOUR: i64 = 3_600_000;
        let moment = self.random.one(&[-1, 0, 1]);
        match self.random.below(12) {
            0..4 => When::Now(self.random.between(1, 72) * HOUR),
            4 => When::Now(0),
            5 | 6 => When::Now(-self.random.between(1, 30) * HOUR),
            7 => When::Accepted(moment),
            8 => When::Kickoff(self.random.one(&[0, 1, HOUR, 30 * HOUR])),
            9 => When::CycleEnds(self.random.one(&[-30 * HOUR, -HOUR, -1, 0])),
            10 => When::WrapUpEnds(self.random.one(&[-30 * HOUR, -HOUR, -1, 0])),
            _ => When::Now(self.random.between(4, 40) * 24 * HOUR),
        }
    }

    fn plan(&mut self) -> Option<Step> {
        let at = self.pairing(&[State::Active])?;
        let first = self.model.kickoff(at).is_none();
        let kinds = if self.random.percent(90) == first { [Kind::Kickoff; 2] } else { [Kind::Weekly, Kind::CatchUp] };
        let (who, kind, when) = (self.one_of(at), self.random.one(&kinds), self.when());
        Some(Step::Plan { who, pairing: self.model.pairings[at].step, kind, when })
    }

    fn plan_series(&mut self) -> Option<Step> {
        let at = self.pairing(&[State::Active])?;
        Some(Step::PlanSeries { who: self.one_of(at), pairing: self.model.pairings[at].step, when: self.when() })
    }

    fn cancel_series(&mut self) -> Option<Step> {
        let in_series = self.model.calls.iter().filter(|call| call.in_series).collect::<Vec<_>>();
        let call = self.random.of(&in_series)?;
        Some(Step::CancelSeries { who: self.one_of(call.pairing), series: call.step })
    }

    /// A call, mostly one of an active pairing that can be marked, or is planned.
    fn call(&mut self) -> Option<usize> {
        let all = (0..self.model.calls.len()).collect::<Vec<_>>();
        let of_interest = |call: &usize| {
            let Call { pairing, starts_at, fate, .. } = self.model.calls[*call];
            let near = self.focus.is_none_or(|focus| focus == pairing);
            near && self.model.pairings[pairing].state == State::Active
                && (fate != Fate::Scheduled || starts_at <= self.model.now)
        };
        let of_interest = all.iter().copied().filter(of_interest).collect::<Vec<_>>();
        let planned = |call: &usize| self.model.calls[*call].fate == Fate::Scheduled;
        let planned = all.iter().copied().filter(planned).collect::<Vec<_>>();
        match self.random.below(20) {
            0..12 => self.random.of(&of_interest),
            12..19 => self.random.of(&planned),
            _ => self.random.of(&all),
        }
    }

    fn moves(&mut self) -> Option<Step> {
        let call = &self.model.calls[self.call()?];
        Some(Step::Move { who: self.one_of(call.pairing), call: (call.step, call.nth), when: self.when() })
    }

    fn mark(&mut self) -> Option<Step> {
        let call = &self.model.calls[self.call()?];
        let mark = self.random.one(&[Mark::Hold, Mark::Hold, Mark::Hold, Mark::Miss, Mark::Cancel]);
        Some(Step::Mark { who: self.one_of(call.pairing), call: (call.step, call.nth), mark })
    }
}
