//! What people can do, and each step as a question to the model.
//!
//! Steps name what earlier steps have made by the number of that step, so that a step keeps its meaning when others are
//! dropped; one whose pairing or call was never made is skipped.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::model::{Kind, Model, State, Who};
use super::people::{Verdict, refused};

/// Which cycle: by word, or by number.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    Current,
    Next,
    Nth(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Accept,
    Decline,
    Withdraw,
    Complete,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Hold,
    Miss,
    Cancel,
}

impl Mark {
    pub fn leads_to(self) -> super::model::Fate {
        use super::model::Fate;
        match self {
            Self::Hold => Fate::Held,
            Self::Miss => Fate::Missed,
            Self::Cancel => Fate::Cancelled,
        }
    }
}

/// When a call starts: so many milliseconds after something.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Now(i64),
    Accepted(i64),
    Kickoff(i64),
    CycleEnds(i64),
    WrapUpEnds(i64),
    At(Timestamp),
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Step {
    Answer {
        who: Who,
        cycle: Which,
        opted_in: bool,
    },
    Reflect {
        who: Who,
        cycle: Which,
        complete: bool,
    },
    Ask {
        who: Who,
        coach: Who,
        cycle: Option<Which>,
    },
    Act {
        who: Who,
        pairing: usize,
        verb: Verb,
    },
    Plan {
        who: Who,
        pairing: usize,
        kind: Kind,
        when: When,
    },
    PlanSeries {
        who: Who,
        pairing: usize,
        when: When,
    },
    CancelSeries {
        who: Who,
        series: usize,
    },
    Move {
        who: Who,
        call: (usize, usize),
        when: When,
    },
    Mark {
        who: Who,
        call: (usize, usize),
        mark: Mark,
    },
    Open {
        who: Who,
        open: bool,
    },
    Capacity {
        who: Who,
        capacity: Option<i16>,
    },
    /// The rest is the administrator's.
    Activate {
        member: Who,
        active: bool,
    },
    CancelCycle {
        cycle: usize,
    },
    MoveEnd {
        cycle: usize,
        ends_on: Date,
    },
    Rename {
        cycle: usize,
        name: String,
    },
    Decide {
        change: Value,
    },
    /// One of the next steps of somebody's, as they are then.
    Follow {
        who: Who,
        nth: usize,
        /// Which it is, and in which way.
        what: Option<(&'static str, Box<Step>)>,
    },
    /// The rest only reads.
    /// What somebody is told to do next.
    Told {
        who: Who,
    },
    Pairings {
        who: Who,
        role: Option<&'static str>,
        state: Option<State>,
    },
    Pairing {
        who: Who,
        pairing: usize,
    },
    Calls {
        who: Who,
        pairing: Option<usize>,
    },
    Coaches {
        who: Who,
        cycle: Which,
        all: bool,
    },
    MyAnswer {
        who: Who,
        cycle: Which,
    },
    MyReflection {
        who: Who,
        cycle: Which,
    },
    Cycle {
        who: Who,
        cycle: Which,
    },
    /// Everything that everybody sees.
    Everything,
}

impl Step {
    /// Who does it.
    pub fn who(&self) -> Who {
        match *self {
            Self::Answer { who, .. } | Self::Reflect { who, .. } | Self::Ask { who, .. } | Self::Act { who, .. } => who,
            Self::Plan { who, .. } | Self::PlanSeries { who, .. } | Self::CancelSeries { who, .. } => who,
            Self::Move { who, .. } | Self::Mark { who, .. } | Self::Open { who, .. } => who,
            Self::Capacity { who, .. } | Self::Pairings { who, .. } | Self::Pairing { who, .. } => who,
            Self::Calls { who, .. } | Self::Coaches { who, .. } | Self::Cycle { who, .. } => who,
            Self::MyAnswer { who, .. } | Self::MyReflection { who, .. } => who,
            Self::Follow { who, .. } | Self::Told { who } => who,
            Self::Activate { .. } | Self::CancelCycle { .. } | Self::MoveEnd { .. } => 0,
            Self::Rename { .. } | Self::Decide { .. } | Self::Everything => 0,
        }
    }

    /// Whether cycles may be others afterwards.
    pub fn plans(&self) -> bool {
        matches!(self, Self::CancelCycle { .. } | Self::MoveEnd { .. } | Self::Rename { .. } | Self::Decide { .. })
    }

    /// Whether it only reads.
    pub fn reads(&self) -> bool {
        let list = matches!(self, Self::Pairings { .. } | Self::Calls { .. } | Self::Coaches { .. });
        list || matches!(
            self,
            Self::Pairing { .. }
                | Self::MyAnswer { .. }
                | Self::MyReflection { .. }
                | Self::Cycle { .. }
                | Self::Told { .. }
        )
    }

    /// Which setting of whom it leaves behind, where the lists do not show it: of two at once nobody could tell which was
    /// the later one.
    pub fn leaves(&self) -> Option<(&'static str, Who)> {
        match self {
            Self::Answer { who, .. } => Some(("answer", *who)),
            Self::Reflect { who, .. } => Some(("reflection", *who)),
            Self::Open { who, .. } => Some(("open", *who)),
            Self::Capacity { who, .. } => Some(("capacity", *who)),
            Self::Activate { member, .. } => Some(("active", *member)),
            _ => None,
        }
    }

    /// The same with the instant that is meant as things stand: of what happens at once, something may change that.
    /// Nothing where what it is about was never made.
    pub fn settled(&self, model: &Model) -> Option<Self> {
        let mut settled = self.clone();
        match &mut settled {
            Self::Plan { pairing, when, .. } | Self::PlanSeries { pairing, when, .. } => {
                *when = When::At(model.at(*when, model.pairing_of(*pairing)?)?);
            }
            Self::Move { call, when, .. } => {
                *when = When::At(model.at(*when, model.calls[model.call_of(*call)?].pairing)?);
            }
            Self::Follow { who, nth, what } => {
                let proposals = model.proposals(*who);
                let one = proposals.get(*nth % proposals.len().max(1))?;
                let way = &one.ways[*nth / proposals.len() % one.ways.len()];
                *what = Some((one.kind, Box::new(way.settled(model)?)));
            }
            _ => {}
        }
        Some(settled)
    }
}

impl Model {
    /// What the service should answer, and what is so afterwards.
    pub fn apply(&mut self, step: usize, what: &Step) -> Verdict {
        if !self.members[what.who()].active {
            return Err(refused("member_inactive"));
        }
        match what {
            Step::Answer { who, cycle, opted_in } => self.answer(*who, self.meant(*cycle)?, *opted_in),
            Step::Reflect { who, cycle, complete } => self.reflect(*who, self.meant(*cycle)?, *complete),
            Step::Ask { who, coach, cycle } => self.ask(step, *who, *coach, *cycle),
            Step::Act { who, pairing, verb } => self.act(*who, self.pairing_of(*pairing).unwrap(), *verb),
            Step::Plan { who, pairing, kind, when } => {
                let pairing = self.pairing_of(*pairing).unwrap();
                self.plan(step, *who, pairing, *kind, self.at(*when, pairing).unwrap())
            }
            Step::PlanSeries { who, pairing, when } => {
                let pairing = self.pairing_of(*pairing).unwrap();
                self.plan_series(step, *who, pairing, self.at(*when, pairing).unwrap())
            }
            Step::CancelSeries { who, series } => self.cancel_series(*who, *series),
            Step::Move { who, call, when } => {
                let call = self.call_of(*call).unwrap();
                self.move_call(*who, call, self.at(*when, self.calls[call].pairing).unwrap())
            }
            Step::Mark { who, call, mark } => self.mark(*who, self.call_of(*call).unwrap(), *mark),
            Step::Open { who, open } => self.opens(*who, *open),
            Step::Capacity { who, capacity } => self.takes(*who, *capacity),
            Step::Activate { member, active } => self.activate(*member, *active),
            Step::CancelCycle { cycle } => self.cancel_cycle(*cycle),
            Step::MoveEnd { cycle, ends_on } => self.move_end(*cycle, *ends_on),
            Step::Rename { cycle, name } => self.rename(*cycle, name),
            Step::Decide { change } => self.decide(change),
            Step::Follow { what, .. } => self.apply(step, &what.as_ref().unwrap().1),
            Step::Told { who } => Ok(self.next_step_seen(*who)),
            Step::Pairings { who, role, state } => Ok(self.pairings_seen(*who, *role, *state)),
            Step::Pairing { who, pairing } => {
                let pairing = self.pairing_of(*pairing).unwrap();
                let mine = self.pairings[pairing].has(*who);
                if mine { Ok(self.pairing_seen(*who, pairing)) } else { Err(refused("not_found")) }
            }
            Step::Calls { who, pairing } => self.calls_seen(*who, pairing.and_then(|step| self.pairing_of(step))),
            Step::Coaches { who, cycle, all } => self.coaches_seen(*who, self.meant(*cycle)?, *all),
            Step::MyAnswer { who, cycle } => Ok(self.answer_seen(*who, self.meant(*cycle)?)),
            Step::MyReflection { who, cycle } => Ok(self.reflection_seen(*who, self.meant(*cycle)?)),
            Step::Cycle { cycle, .. } => Ok(self.cycle_seen(self.meant(*cycle)?)),
            Step::Everything => Ok(Value::Null),
        }
    }

    /// The pairing that a step has asked for.
    pub fn pairing_of(&self, step: usize) -> Option<usize> {
        self.pairings.iter().position(|pairing| pairing.step == step)
    }

    /// The call that a step has planned.
    pub fn call_of(&self, (step, nth): (usize, usize)) -> Option<usize> {
        self.calls.iter().position(|call| (call.step, call.nth) == (step, nth))
    }

    /// The instant that is meant; nothing before there is one. None lies a moment ahead: the clock runs on while a step
    /// is taken.
    pub fn at(&self, when: When, pairing: usize) -> Option<Timestamp> {
        let cycle = self.pairings[pairing].cycle;
        let (from, ms) = match when {
            When::Now(ms) => (self.now, ms),
            When::Accepted(ms) => (self.pairings[pairing].accepted_at?.at, ms),
            When::Kickoff(ms) => (self.calls[self.kickoff(pairing)?].starts_at, ms),
            When::CycleEnds(ms) => (self.cycles[cycle].ends_at, ms),
            When::WrapUpEnds(ms) => (self.wrap_up_of(cycle), ms),
            When::At(at) => (at, 0),
        };
        let at = from + SignedDuration::from_millis(ms);
        let soon = self.now < at && at <= self.now + super::run::MARGIN;
        Some(if soon { at + super::run::MARGIN * 2 } else { at })
    }
}
