//! What everybody sees, as the model has it: bodies with `pairing 7` in the place of ids.

use serde_json::{Value, json};

use super::model::{Call, Fate, Instant, Model, NAMES, Pairing, State, Who, shown};
use super::people::{Refused, Verdict, refused};

/// The other of the two.
pub fn partner(pairing: &Pairing, who: Who) -> Value {
    let partner = if pairing.coach == who { pairing.coachee } else { pairing.coach };
    let name = NAMES[partner];
    json!({ "id": format!("member {partner}"), "name": name[..1].to_uppercase() + &name[1..] })
}

fn role(pairing: &Pairing, who: Who) -> &'static str {
    if pairing.coach == who { "coach" } else { "coachee" }
}

impl Model {
    pub fn pairing_seen(&self, who: Who, at: usize) -> Value {
        let pairing = &self.pairings[at];
        let waits = pairing.state == State::Requested;
        json!({
            "id": format!("pairing {}", pairing.step),
            "cycle_id": format!("cycle {}", pairing.cycle),
            "role": role(pairing, who),
            "partner": partner(pairing, who),
            "state": pairing.state,
            "requested_at": pairing.requested_at.shown(),
            "expires_at": waits.then(|| self.expires_at(at).shown()),
            "accepted_at": pairing.accepted_at.map(Instant::shown),
            "closes_at": (pairing.state == State::Active).then(|| shown(self.closes_at(at))),
            "closed_at": pairing.closed_at.map(Instant::shown),
            "ended_by": pairing.ended_by,
            "reflection_shared": false, // nobody shares here: tests/api/reflection_shares_walk.rs
            "allowed": self.verbs(who, at),
        })
    }

    pub fn call_seen(&self, who: Who, at: usize) -> Value {
        let call = &self.calls[at];
        let pairing = &self.pairings[call.pairing];
        let counts_at = self.counts_at(at).filter(|_| call.fate == Fate::Scheduled);
        json!({
            "id": call.name(),
            "pairing_id": format!("pairing {}", pairing.step),
            "role": role(pairing, who),
            "partner": partner(pairing, who),
            "kind": call.kind,
            "series_id": call.in_series.then(|| format!("series {}", call.step)),
            "starts_at": shown(call.starts_at),
            "duration_minutes": call.minutes,
            "state": call.fate,
            "counts_as_held_at": counts_at.map(shown),
            "allowed": self.marks(at),
        })
    }

    pub fn cycle_seen(&self, at: usize) -> Value {
        let cycle = &self.cycles[at];
        json!({
            "id": format!("cycle {at}"),
            "name": cycle.name,
            "phase": self.phase(at),
            "starts_on": cycle.starts_on.to_string(),
            "ends_on": cycle.ends_on.to_string(),
            "starts_at": shown(cycle.starts_at),
            "ends_at": shown(cycle.ends_at),
        })
    }

    pub fn answer_seen(&self, who: Who, cycle: usize) -> Value {
        let answer = self.answers.get(&(cycle, who));
        json!({
            "cycle_id": format!("cycle {cycle}"),
            "answer": answer.map(|(opted_in, _)| if *opted_in { "opted_in" } else { "not_this_time" }),
            "answered_at": answer.map(|(_, at)| at.shown()),
        })
    }

    pub fn reflection_seen(&self, who: Who, cycle: usize) -> Value {
        let (completed_at, questions) = self.reflections.get(&(cycle, who)).copied().unzip();
        let completed_at = completed_at.flatten();
        let asking = &self.policies[questions.unwrap_or_else(|| self.version_of(cycle)) - 1].1;
        let asked = asking.questions.iter().map(|question| json!({ "question": question, "answer": null }));
        json!({
            "cycle_id": format!("cycle {cycle}"),
            "complete": completed_at.is_some(),
            "completed_at": completed_at.map(Instant::shown),
            "policy_version": questions,
            "questions": asked.collect::<Vec<_>>(),
        })
    }

    pub fn me_seen(&self, who: Who) -> Value {
        let member = &self.members[who];
        json!({ "id": format!("member {who}"), "open_to_coaching": member.open, "coach_capacity": member.capacity })
    }

    /// My pairings, in the order of their names.
    pub fn pairings_seen(&self, who: Who, as_role: Option<&str>, state: Option<State>) -> Value {
        let wanted = |pairing: &Pairing| {
            pairing.has(who)
                && as_role.is_none_or(|wanted| wanted == role(pairing, who))
                && state.is_none_or(|state| state == pairing.state)
        };
        let found = (0..self.pairings.len()).filter(|at| wanted(&self.pairings[*at]));
        by_name(found.map(|at| self.pairing_seen(who, at)).collect())
    }

    /// My calls in all my pairings, or those of one, in the order of their names.
    pub fn calls_seen(&self, who: Who, pairing: Option<usize>) -> Verdict {
        if pairing.is_some_and(|pairing| !self.pairings[pairing].has(who)) {
            return Err(refused("not_found"));
        }
        let wanted =
            |call: &Call| self.pairings[call.pairing].has(who) && pairing.is_none_or(|pairing| pairing == call.pairing);
        let found = (0..self.calls.len()).filter(|at| wanted(&self.calls[*at]));
        Ok(by_name(found.map(|at| self.call_seen(who, at)).collect()))
    }

    /// Cycles, the latest first.
    pub fn cycles_seen(&self) -> Value {
        let mut order = (0..self.cycles.len()).collect::<Vec<_>>();
        order.sort_by_key(|cycle| std::cmp::Reverse(self.cycles[*cycle].starts_at));
        json!({ "data": order.into_iter().map(|cycle| self.cycle_seen(cycle)).collect::<Vec<_>>() })
    }

    /// Colleagues by name, with why I cannot ask them, and with what our common past says for or against it; of a
    /// colleague no more than that they are not available.
    pub fn coaches_seen(&self, who: Who, cycle: usize, all: bool) -> Result<Value, Refused> {
        if ["closed", "cancelled"].contains(&self.phase(cycle)) {
            return Err(refused("cycle_not_open"));
        }
        let reasons = |coach: Who| {
            let reasons = [
                ("yourself", who == coach),
                ("already_asked", self.already_asked(who, coach, cycle)),
                ("coached_you_last_time", self.coached_last_time(who, coach, cycle)),
                ("not_available", who != coach && !self.available(coach, cycle)),
            ];
            reasons.into_iter().filter(|(_, applies)| *applies).map(|(reason, _)| reason).collect::<Vec<_>>()
        };
        let coach = |coach: Who| {
            let reasons = reasons(coach);
            json!({ "member": { "id": format!("member {coach}") }, "eligible": reasons.is_empty(),
                "ineligible_because": reasons, "because": self.past_of(who, coach) })
        };
        let active = (0..NAMES.len()).filter(|coach| self.members[*coach].active).collect::<Vec<_>>();
        let listed = active.iter().filter(|coach| all || reasons(**coach).is_empty());
        Ok(json!({
            "data": listed.map(|listed| coach(*listed)).collect::<Vec<_>>(),
            "considered": active.iter().filter(|coach| **coach != who).count(),
            "is_everybody": true,
        }))
    }

    /// What speaks for a coach, or against them, of what the two have had with each other.
    fn past_of(&self, who: Who, coach: Who) -> Vec<Value> {
        if who == coach {
            return Vec::new();
        }
        let met = |(at, pairing): (usize, &Pairing)| {
            pairing.coachee == who && pairing.coach == coach && self.met(at).is_some()
        };
        let has_coached = self.pairings.iter().enumerate().any(met);
        let latest = |mine: &dyn Fn(&Pairing) -> bool, with: &dyn Fn(&Pairing) -> bool| {
            let latest = self.pairings.iter().rev().filter(|pairing| mine(pairing)).take(40);
            latest.filter(|pairing| with(pairing) && pairing.accepted_at.is_some()).count()
        };
        let times = latest(&|pairing| pairing.coachee == who, &|pairing| pairing.coach == coach)
            + latest(&|pairing| pairing.coach == who, &|pairing| pairing.coachee == coach);
        let reason = |reason: &str, times: Option<usize>| json!({ "reason": reason, "times": times });
        let reasons = [
            (!has_coached).then(|| reason("has_not_coached_you", None)),
            (times >= 2).then(|| reason("paired_often", Some(times))),
        ];
        reasons.into_iter().flatten().collect()
    }
}

impl Call {
    /// What stands for its id.
    pub fn name(&self) -> String {
        format!("call {}.{}", self.step, self.nth)
    }
}

/// A list in the order of what stands for the ids.
pub fn by_name(mut entries: Vec<Value>) -> Value {
    entries.sort_by_key(|entry| entry["id"].to_string());
    json!({ "data": entries })
}
