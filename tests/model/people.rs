//! What people say of themselves in the model: whether they take part, have reflected, would coach (rules P2 and P3); and
//! those who leave.

use serde_json::{Value, json};

use super::model::{Instant, Model, State, Who};

/// Why the service should say no, with what it should add.
#[derive(Clone, Debug)]
pub struct Refused {
    pub code: &'static str,
    pub facts: Value,
}

pub fn refused(code: &'static str) -> Refused {
    Refused { code, facts: json!({}) }
}

/// What the service should answer.
pub type Verdict = Result<Value, Refused>;

impl Model {
    /// One can opt in until a cycle ends, and out of what one has opted in to at any time.
    pub fn answer(&mut self, who: Who, cycle: usize, opted_in: bool) -> Verdict {
        let earlier = self.answers.get(&(cycle, who)).map(|(answer, _)| *answer);
        if earlier != Some(opted_in) {
            let over = ["closed", "cancelled"].contains(&self.phase(cycle));
            let opts_out = earlier == Some(true) && !opted_in;
            if over && !opts_out {
                return Err(refused("cycle_not_open"));
            }
            self.answers.insert((cycle, who), (opted_in, Instant::about(self.now)));
            if !opted_in {
                self.opts_out(who, cycle);
            }
        }
        Ok(self.answer_seen(who, cycle))
    }

    /// My requests are withdrawn, and what I am coached in ends.
    fn opts_out(&mut self, who: Who, cycle: usize) {
        let now = Instant::about(self.now);
        for at in 0..self.pairings.len() {
            let pairing = &self.pairings[at];
            match pairing.state {
                State::Requested if pairing.coachee == who && pairing.cycle == cycle => {
                    self.close(at, State::Withdrawn, now, None);
                }
                State::Active if pairing.coachee == who && pairing.cycle == cycle => {
                    self.close(at, State::Ended, now, Some("coachee"));
                }
                _ => {}
            }
        }
    }

    pub fn reflect(&mut self, who: Who, cycle: usize, complete: bool) -> Verdict {
        let earlier = self.reflections.get(&(cycle, who)).copied();
        if earlier.map(|(completed_at, _)| completed_at.is_some()) != Some(complete) {
            if ["closed", "cancelled"].contains(&self.phase(cycle)) {
                return Err(refused("cycle_not_open"));
            }
            let questions = earlier.map_or_else(|| self.version_of(cycle), |(_, questions)| questions);
            let completed_at = complete.then_some(Instant::about(self.now));
            self.reflections.insert((cycle, who), (completed_at, questions));
        }
        Ok(self.reflection_seen(who, cycle))
    }

    /// Which version of the policy governs a cycle.
    pub fn version_of(&self, cycle: usize) -> usize {
        let starts_at = self.cycles[cycle].starts_at;
        self.policies.iter().filter(|(written_at, _)| *written_at < starts_at).count().max(1)
    }

    pub fn reflected(&self, who: Who, cycle: usize) -> bool {
        self.reflections.get(&(cycle, who)).is_some_and(|(completed_at, _)| completed_at.is_some())
    }

    pub fn opted_in(&self, who: Who, cycle: usize) -> bool {
        self.answers.get(&(cycle, who)).is_some_and(|(opted_in, _)| *opted_in)
    }

    pub fn opens(&mut self, who: Who, open: bool) -> Verdict {
        self.members[who].open = open;
        Ok(self.me_seen(who))
    }

    pub fn takes(&mut self, who: Who, capacity: Option<i16>) -> Verdict {
        self.members[who].capacity = capacity;
        Ok(self.me_seen(who))
    }

    /// Whoever leaves takes part in nothing any more; coming back restores nothing.
    pub fn activate(&mut self, who: Who, active: bool) -> Verdict {
        if self.members[who].active && !active {
            for at in 0..self.pairings.len() {
                if self.pairings[at].is_open() && self.pairings[at].has(who) {
                    self.close(at, State::Ended, Instant::about(self.now), Some("system"));
                }
            }
        }
        self.members[who].active = active;
        Ok(json!({ "id": format!("member {who}"), "active": active }))
    }
}
