//! Asking, answering, ending in the model (rules P4 and P7).

use serde_json::{Value, json};

use super::model::{Instant, Model, Pairing, State, Who};
use super::people::{Refused, Verdict, refused};
use super::steps::{Verb, Which};

impl Model {
    pub fn ask(&mut self, step: usize, who: Who, coach: Who, cycle: Option<Which>) -> Verdict {
        let cycle = self.meant(cycle.unwrap_or(Which::Current))?;
        self.may_ask(who, coach, cycle)?;
        self.pairings.push(Pairing {
            step,
            cycle,
            coachee: who,
            coach,
            state: State::Requested,
            requested_at: Instant::about(self.now),
            accepted_at: None,
            closed_at: None,
            ended_by: None,
        });
        Ok(self.pairing_seen(who, self.pairings.len() - 1))
    }

    pub fn may_ask(&self, who: Who, coach: Who, cycle: usize) -> Result<(), Refused> {
        let policy = self.policy_of(cycle);
        let too_late_at = self.cycles[cycle].ends_at - super::model::DAY * i32::from(policy.last_request_days);
        let no = |code| Err(refused(code));
        match () {
            () if self.phase(cycle) != "open" => no("cycle_not_open"),
            () if who == coach => no("yourself"),
            () if !self.opted_in(who, cycle) => no("not_opted_in"),
            () if policy.require_reflection && !self.reflected(who, cycle) => no("reflection_missing"),
            () if self.now >= too_late_at => {
                let next = self.cycles[self.meant(Which::Next)?].starts_on.to_string();
                Err(Refused { code: "too_late_this_cycle", facts: json!({ "next_starts_on": next }) })
            }
            () if self.already_asked(who, coach, cycle) => no("already_asked"),
            () if self.coached_last_time(who, coach, cycle) => no("coached_you_last_time"),
            () if self.coaches_of(who, cycle) >= usize::try_from(policy.max_coaches_per_cycle).unwrap() => {
                no("coaches_full")
            }
            () if !self.available(coach, cycle) => no("not_available"),
            () => Ok(()),
        }
    }

    /// This very pair is under way in this cycle, or has met in it.
    pub fn already_asked(&self, who: Who, coach: Who, cycle: usize) -> bool {
        let pair = |pairing: &Pairing| (pairing.coachee, pairing.coach, pairing.cycle) == (who, coach, cycle);
        let mut pairings = self.pairings.iter().enumerate().filter(|(_, pairing)| pair(pairing));
        pairings.any(|(at, pairing)| pairing.is_open() || self.met(at).is_some())
    }

    /// Someone else next time: not whom I have met in the latest earlier cycle in which I have met anybody.
    pub fn coached_last_time(&self, who: Who, coach: Who, cycle: usize) -> bool {
        let start_of = |pairing: &Pairing| self.cycles[pairing.cycle].starts_at;
        let earlier = |pairing: &Pairing| pairing.coachee == who && start_of(pairing) < self.cycles[cycle].starts_at;
        let met = self.pairings.iter().enumerate().filter(|(at, p)| earlier(p) && self.met(*at).is_some());
        let met = met.map(|(_, pairing)| pairing).collect::<Vec<_>>();
        let last = met.iter().map(|pairing| start_of(pairing)).max();
        met.iter().any(|pairing| Some(start_of(pairing)) == last && pairing.coach == coach)
    }

    /// How many of my places are taken.
    pub fn coaches_of(&self, who: Who, cycle: usize) -> usize {
        let taken = |pairing: &&Pairing| {
            let takes_a_place = pairing.is_open() || pairing.state == State::Completed;
            pairing.coachee == who && pairing.cycle == cycle && takes_a_place
        };
        self.pairings.iter().filter(taken).count()
    }

    pub fn has_a_place(&self, coach: Who, cycle: usize) -> bool {
        let taken = |pairing: &&Pairing| {
            let takes_a_place = [State::Active, State::Completed].contains(&pairing.state);
            pairing.coach == coach && pairing.cycle == cycle && takes_a_place
        };
        let capacity = self.members[coach].capacity.unwrap_or(self.policy_of(cycle).default_coach_capacity);
        self.pairings.iter().filter(taken).count() < usize::try_from(capacity).unwrap()
    }

    pub fn available(&self, coach: Who, cycle: usize) -> bool {
        let member = &self.members[coach];
        member.active && member.open && self.has_a_place(coach, cycle)
    }

    /// What somebody can do with a pairing of theirs.
    pub fn verbs(&self, who: Who, pairing: usize) -> Vec<Verb> {
        let Pairing { state, coach, .. } = self.pairings[pairing];
        match state {
            State::Requested if who == coach => vec![Verb::Accept, Verb::Decline],
            State::Requested => vec![Verb::Withdraw],
            State::Active if self.met_again(pairing) => vec![Verb::Complete, Verb::End],
            State::Active => vec![Verb::End],
            _ => vec![],
        }
    }

    pub fn act(&mut self, who: Who, pairing: usize, verb: Verb) -> Verdict {
        let Pairing { state, coach, coachee, cycle, .. } = self.pairings[pairing];
        if ![coach, coachee].contains(&who) {
            return Err(refused("not_found"));
        }
        let partner = if who == coach { coachee } else { coach };
        if !self.verbs(who, pairing).contains(&verb) {
            return Err(match () {
                () if self.verbs(partner, pairing).contains(&verb) => refused("not_yours"),
                () if verb == Verb::Complete && state == State::Active => {
                    Refused { code: "incomplete", facts: json!({ "missing": self.missing(pairing) }) }
                }
                () => refused("not_waiting"),
            });
        }
        let now = Instant::about(self.now);
        match verb {
            Verb::Accept if !self.has_a_place(coach, cycle) => return Err(refused("coach_full")),
            Verb::Accept => {
                let accepted = &mut self.pairings[pairing];
                (accepted.state, accepted.accepted_at) = (State::Active, Some(now));
            }
            Verb::Decline => self.close(pairing, State::Declined, now, None),
            Verb::Withdraw => self.close(pairing, State::Withdrawn, now, None),
            Verb::Complete => self.close(pairing, State::Completed, now, None),
            Verb::End => self.close(pairing, State::Ended, now, Some(if who == coach { "coach" } else { "coachee" })),
        }
        Ok(self.pairing_seen(who, pairing))
    }

    /// What completing still asks for; a call can catch up only with a first one that was held, or is to be.
    fn missing(&self, pairing: usize) -> Vec<Value> {
        let calls = [("kickoff", self.met(pairing).is_some()), ("catch_up", self.caught_up(pairing))];
        calls.into_iter().filter(|(_, held)| !held).map(|(call, _)| json!(call)).collect()
    }
}
