//! What goes on around pairings: what people say of themselves, what the administrator changes, what anybody reads.

use jiff::Span;
use peer_coaching::zones;
use serde_json::{Value, json};

use super::Chance;
use crate::model::{NAMES, State};
use crate::steps::Step;

impl Chance<'_> {
    pub(super) fn own(&mut self) -> Step {
        let who = self.who();
        let capacity = self.random.one(&[None, None, Some(0), Some(1), Some(2), Some(3)]);
        if self.random.percent(40) {
            Step::Open { who, open: self.random.percent(80) }
        } else {
            Step::Capacity { who, capacity }
        }
    }

    pub(super) fn activate(&mut self) -> Step {
        let left = (1..NAMES.len()).filter(|who| !self.model.members[*who].active).collect::<Vec<_>>();
        match self.random.of(&left) {
            Some(member) if self.random.percent(80) => Step::Activate { member, active: true },
            _ => Step::Activate { member: 1 + self.random.below(NAMES.len() - 1), active: false },
        }
    }

    pub(super) fn calendar(&mut self) -> Option<Step> {
        let cycle = self.random.below(self.model.cycles.len().max(1));
        let cycle = if self.random.percent(25) { cycle } else { self.model.current()? };
        let upcoming = self.model.next()?;
        let today = self.model.now.to_zoned(zones::named("Europe/Lisbon").unwrap()).date();
        let ends_on = self.model.cycles[cycle].ends_on + Span::new().days(self.random.between(-9, 9));
        let soon = today + Span::new().days(self.random.between(-1, 50));
        Some(match self.random.below(6) {
            0 => Step::CancelCycle { cycle: if self.random.percent(80) { upcoming } else { cycle } },
            1 => Step::Rename { cycle, name: format!("Cycle of {}", self.random.below(1000)) },
            2..5 => Step::MoveEnd { cycle, ends_on },
            _ => Step::MoveEnd { cycle, ends_on: soon },
        })
    }

    pub(super) fn change(&mut self) -> Value {
        match self.random.below(10) {
            0 => json!({ "request_days": self.random.between(1, 20) }),
            1 => json!({ "wrap_up_days": self.random.between(0, 30) }),
            2 => json!({ "last_request_days": self.random.between(0, 30) }),
            3 => json!({ "max_coaches_per_cycle": self.random.between(1, 3) }),
            4 => json!({ "default_coach_capacity": self.random.between(0, 3) }),
            5 => json!({ "require_reflection": self.random.percent(50) }),
            6 => json!({ "anchor_on": self.random.one(&["2022-01-01", "2022-02-15", "2023-01-31", "2026-11-15"]) }),
            7 => json!({ "questions": self.random.one(&[&["What next?"][..], &["What went well?", "What did not?"]]) }),
            _ => json!({ "cadence_months": self.random.between(1, 4) }),
        }
    }

    pub(super) fn read(&mut self) -> Option<Step> {
        let (who, cycle) = (self.who(), self.which());
        Some(match self.random.below(9) {
            0 => Step::Pairings {
                who,
                role: self.random.one(&[None, Some("coach"), Some("coachee")]),
                state: self.random.one(&[None, Some(State::Requested), Some(State::Active), Some(State::Completed)]),
            },
            1 => {
                let at = self.pairing(&[State::Active])?;
                Step::Pairing { who: self.one_of(at), pairing: self.model.pairings[at].step }
            }
            2 => {
                let at = self.pairing(&[State::Active])?;
                Step::Calls { who: self.one_of(at), pairing: Some(self.model.pairings[at].step) }
            }
            3 => Step::Calls { who, pairing: None },
            8 => Step::Told { who },
            4 | 5 => Step::Coaches { who, cycle, all: self.random.percent(70) },
            6 if self.random.percent(50) => Step::MyAnswer { who, cycle },
            6 => Step::MyReflection { who, cycle },
            _ => Step::Cycle { who, cycle },
        })
    }
}
