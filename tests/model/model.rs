//! What the model knows, and what the clock does to it (rules P4 and P6).
//!
//! Nothing is foreseen: when time has passed, each pairing is looked at, and what should have happened meanwhile happens.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use peer_coaching::policy::rules::Settings;
use serde::Serialize;
use serde_json::{Value, json};

/// A member, by position.
pub type Who = usize;

/// Who they are; the first is the administrator, and a colleague like the others.
pub const NAMES: [&str; 5] = ["ada", "ben", "cleo", "dan", "eve"];

pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// An instant that an answer has told to the millisecond, or that is known to lie shortly after this one.
#[derive(Clone, Copy, Debug)]
pub struct Instant {
    pub at: Timestamp,
    pub exact: bool,
}

impl Instant {
    pub fn exactly(at: Timestamp) -> Self {
        Self { at, exact: true }
    }

    pub fn about(at: Timestamp) -> Self {
        Self { at, exact: false }
    }

    /// As an answer should show it; `~` where it is known only about when.
    pub fn shown(self) -> Value {
        json!(format!("{}{}", if self.exact { "" } else { "~" }, shown(self.at)))
    }
}

pub fn shown(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[derive(Clone, Debug)]
pub struct Member {
    pub active: bool,
    pub open: bool,
    pub capacity: Option<i16>,
}

#[derive(Clone, Debug)]
pub struct Cycle {
    pub name: String,
    pub starts_on: jiff::civil::Date,
    pub ends_on: jiff::civil::Date,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub cancelled: bool,
    /// Whether nobody but the service has chosen its days.
    pub planned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Requested,
    Active,
    Declined,
    Withdrawn,
    Expired,
    Completed,
    Ended,
    Lapsed,
}

#[derive(Clone, Debug)]
pub struct Pairing {
    /// The step that has asked for it.
    pub step: usize,
    pub cycle: usize,
    pub coachee: Who,
    pub coach: Who,
    pub state: State,
    pub requested_at: Instant,
    pub accepted_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub ended_by: Option<&'static str>,
    pub message: Option<String>,
    pub decline_reason: Option<String>,
}

impl Pairing {
    pub fn has(&self, who: Who) -> bool {
        [self.coachee, self.coach].contains(&who)
    }

    pub fn is_open(&self) -> bool {
        [State::Requested, State::Active].contains(&self.state)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Kickoff,
    Weekly,
    CatchUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Scheduled,
    Held,
    Missed,
    Cancelled,
}

#[derive(Clone, Debug)]
pub struct Call {
    /// The step that has planned it.
    pub step: usize,
    /// Its position in what that step has planned.
    pub nth: usize,
    pub in_series: bool,
    pub pairing: usize,
    pub kind: Kind,
    pub starts_at: Timestamp,
    pub minutes: i16,
    pub fate: Fate,
    pub join_url: Option<String>,
}

/// An organization as the rules see it.
#[derive(Clone, Debug)]
pub struct Model {
    pub now: Timestamp,
    pub members: Vec<Member>,
    /// Every version of the policy, with when it was written.
    pub policies: Vec<(Timestamp, Settings)>,
    pub cycles: Vec<Cycle>,
    /// Whether somebody has opted in to a cycle, and since when.
    pub answers: HashMap<(usize, Who), (bool, Instant)>,
    /// Since when somebody's reflection on a cycle is complete, and by which version's questions.
    pub reflections: HashMap<(usize, Who), (Option<Instant>, usize)>,
    pub pairings: Vec<Pairing>,
    pub calls: Vec<Call>,
}

impl Model {
    pub fn new(now: Timestamp, settings: Settings) -> Self {
        let member = Member { active: true, open: true, capacity: None };
        Self {
            now,
            members: vec![member; NAMES.len()],
            policies: vec![(now, settings)],
            cycles: Vec::new(),
            answers: HashMap::new(),
            reflections: HashMap::new(),
            pairings: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The newest version of the policy that was written before this cycle started; before there was any, the first.
    pub fn policy_of(&self, cycle: usize) -> &Settings {
        let before = |(written_at, _): &&(Timestamp, Settings)| *written_at < self.cycles[cycle].starts_at;
        &self.policies.iter().rfind(before).unwrap_or(&self.policies[0]).1
    }

    /// Time passes.
    pub fn pass_to(&mut self, now: Timestamp) {
        self.now = now;
        for pairing in 0..self.pairings.len() {
            self.age(pairing);
        }
        self.plan_what_is_missing();
    }

    /// What the clock has done to a pairing by now: also to what has just been planned for the day before yesterday.
    pub fn age(&mut self, pairing: usize) {
        match self.pairings[pairing].state {
            State::Requested => {
                let expires_at = self.expires_at(pairing);
                if expires_at.at <= self.now {
                    self.close(pairing, State::Expired, expires_at, None);
                }
            }
            State::Active => {
                let end = self.end_of(pairing);
                let planned = |call: &usize| self.calls[*call].fate == Fate::Scheduled;
                let planned = self.calls_of(pairing).into_iter().filter(planned);
                for (call, counts_at) in planned.map(|call| (call, self.counts_at(call))).collect::<Vec<_>>() {
                    match counts_at {
                        Some(at) if at <= self.now => self.calls[call].fate = Fate::Held,
                        None if end <= self.now => self.calls[call].fate = Fate::Cancelled,
                        _ => {}
                    }
                }
                if end <= self.now {
                    let state = if self.met_again(pairing) { State::Completed } else { State::Lapsed };
                    self.close(pairing, state, Instant::exactly(end), None);
                }
            }
            _ => {}
        }
    }

    /// A pairing closes: calls that have started by then, and that nobody marked, count as held; no other takes place.
    pub fn close(&mut self, pairing: usize, state: State, at: Instant, ended_by: Option<&'static str>) {
        for call in self.calls_of(pairing) {
            let call = &mut self.calls[call];
            if call.fate == Fate::Scheduled {
                call.fate = if call.starts_at <= at.at { Fate::Held } else { Fate::Cancelled };
            }
        }
        let closed = &mut self.pairings[pairing];
        (closed.state, closed.closed_at, closed.ended_by) = (state, Some(at), ended_by);
    }

    /// Until when a request waits.
    pub fn expires_at(&self, pairing: usize) -> Instant {
        let Pairing { cycle, requested_at, .. } = self.pairings[pairing];
        let patience = DAY * i32::from(self.policy_of(cycle).request_days);
        let end = self.cycles[cycle].ends_at;
        if requested_at.at + patience < end {
            Instant { at: requested_at.at + patience, ..requested_at }
        } else {
            Instant::exactly(end)
        }
    }

    /// When the wrap-up of a cycle is over.
    pub fn wrap_up_of(&self, cycle: usize) -> Timestamp {
        self.cycles[cycle].ends_at + DAY * i32::from(self.policy_of(cycle).wrap_up_days)
    }

    /// When an active pairing closes by itself: with a first call when the wrap-up is over, without at the cycle's end.
    pub fn end_of(&self, pairing: usize) -> Timestamp {
        let cycle = self.pairings[pairing].cycle;
        let cycle_ends_at = self.cycles[cycle].ends_at;
        let counts = |call: &Call| call.fate == Fate::Held || call.starts_at < cycle_ends_at;
        let kickoff = self.kickoff(pairing).is_some_and(|call| counts(&self.calls[call]));
        if kickoff { self.wrap_up_of(cycle) } else { cycle_ends_at }
    }

    /// When a planned call counts as held; nothing where it will not take place.
    pub fn counts_at(&self, call: usize) -> Option<Timestamp> {
        let Call { pairing, kind, starts_at, .. } = self.calls[call];
        let over_at = match kind {
            Kind::Kickoff => self.cycles[self.pairings[pairing].cycle].ends_at,
            Kind::Weekly | Kind::CatchUp => self.end_of(pairing),
        };
        (starts_at < over_at).then(|| over_at.min(starts_at + DAY))
    }

    pub fn calls_of(&self, pairing: usize) -> Vec<usize> {
        (0..self.calls.len()).filter(|call| self.calls[*call].pairing == pairing).collect()
    }

    /// The first call that is planned or was held.
    pub fn kickoff(&self, pairing: usize) -> Option<usize> {
        let stands = |call: &Call| call.kind == Kind::Kickoff && [Fate::Scheduled, Fate::Held].contains(&call.fate);
        self.calls_of(pairing).into_iter().find(|call| stands(&self.calls[*call]))
    }

    /// When the first call that was held started.
    pub fn met(&self, pairing: usize) -> Option<Timestamp> {
        self.kickoff(pairing).map(|call| &self.calls[call]).filter(|call| call.fate == Fate::Held).map(|c| c.starts_at)
    }

    /// Whether the two have met, and met again: a call was held that starts after the first one.
    pub fn met_again(&self, pairing: usize) -> bool {
        self.met(pairing).is_some() && self.caught_up(pairing)
    }

    /// When a first call starts that was held, or is planned for a time at which it counts.
    fn first(&self, pairing: usize) -> Option<Timestamp> {
        let first = &self.calls[self.kickoff(pairing)?];
        let ends_at = self.cycles[self.pairings[pairing].cycle].ends_at;
        (first.fate == Fate::Held || first.starts_at < ends_at).then_some(first.starts_at)
    }

    /// When an active pairing closes unless somebody acts.
    pub fn closes_at(&self, pairing: usize) -> Timestamp {
        let cycle = self.pairings[pairing].cycle;
        if self.first(pairing).is_some() { self.wrap_up_of(cycle) } else { self.cycles[cycle].ends_at }
    }

    /// Whether a call after the first one was held.
    pub fn caught_up(&self, pairing: usize) -> bool {
        let Some(first) = self.first(pairing) else { return false };
        let later = |call: &Call| call.kind != Kind::Kickoff && call.fate == Fate::Held && call.starts_at > first;
        self.calls_of(pairing).into_iter().any(|call| later(&self.calls[call]))
    }

    /// Every instant at which the clock may change something, or a rule changes its mind.
    pub fn borders(&self) -> Vec<Timestamp> {
        let mut borders = Vec::new();
        for (at, cycle) in self.cycles.iter().enumerate() {
            let last_request = cycle.ends_at - DAY * i32::from(self.policy_of(at).last_request_days);
            borders.extend([cycle.starts_at, cycle.ends_at, last_request, self.wrap_up_of(at)]);
        }
        for (at, pairing) in self.pairings.iter().enumerate() {
            if pairing.state == State::Requested {
                borders.push(self.expires_at(at).at);
            }
        }
        for call in self.calls.iter().filter(|call| self.pairings[call.pairing].is_open()) {
            borders.extend([call.starts_at, call.starts_at + DAY]);
        }
        borders
    }
}
