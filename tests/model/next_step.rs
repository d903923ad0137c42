//! The next step in the model (rule P10): for each member what could be done, by when, and the steps that do it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{DAY, Fate, Instant, Kind, Model, NAMES, State, Who};
use super::steps::{Mark, Step, Verb, When, Which};
use super::views::partner;

/// Kinds in the order in which they come where they are due at the same instant.
const KINDS: [&str; 7] = [
    "answer_request",
    "answer_participation",
    "complete_reflection",
    "pick_coach",
    "plan_kickoff",
    "mark_check_in",
    "plan_catch_up",
];

/// Something to do.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub kind: &'static str,
    due: Instant,
    cycle: usize,
    pairing: Option<usize>,
    call: Option<usize>,
    operations: Vec<Value>,
    /// Every way to do it; the first leads on.
    pub ways: Vec<Step>,
}

fn operation(id: &str, method: &str, path: String) -> Value {
    json!({ "operation_id": id, "method": method, "path": path })
}

impl Model {
    /// What somebody could do: first what another waits for, then the earliest due.
    pub fn proposals(&self, who: Who) -> Vec<Proposal> {
        if !self.members[who].active {
            return Vec::new();
        }
        let cycles = [self.current(), self.next()].into_iter().flatten();
        let mut proposals = cycles.flat_map(|cycle| self.in_cycle(who, cycle)).collect::<Vec<_>>();
        for (at, pairing) in self.pairings.iter().enumerate() {
            match pairing.state {
                State::Requested if pairing.coach == who => proposals.push(self.answers(who, at)),
                State::Active if pairing.coachee == who => {
                    proposals.extend(self.lacks(who, at));
                    proposals.extend(self.unmarked(who, at));
                }
                _ => {}
            }
        }
        proposals.sort_by_key(|one| (one.kind != KINDS[0], one.due.at, one.order()));
        proposals
    }

    fn answers(&self, who: Who, at: usize) -> Proposal {
        let pairing = &self.pairings[at];
        let verbs = [(Verb::Accept, "accept"), (Verb::Decline, "decline")];
        let verbs =
            verbs.into_iter().filter(|(verb, _)| *verb == Verb::Decline || self.has_a_place(who, pairing.cycle));
        let verbs = verbs.collect::<Vec<_>>();
        let path = format!("/v1/pairings/pairing {}", pairing.step);
        let operations =
            verbs.iter().map(|(_, name)| operation(&format!("{name}_pairing"), "POST", format!("{path}/{name}")));
        Proposal {
            kind: "answer_request",
            due: self.expires_at(at),
            cycle: pairing.cycle,
            pairing: Some(at),
            call: None,
            operations: operations.collect(),
            ways: verbs.iter().map(|(verb, _)| Step::Act { who, pairing: pairing.step, verb: *verb }).collect(),
        }
    }

    /// What leads to a coach, as long as one can be asked.
    fn in_cycle(&self, who: Who, cycle: usize) -> Vec<Proposal> {
        let last = self.cycles[cycle].ends_at - DAY * i32::from(self.policy_of(cycle).last_request_days);
        if last <= self.now || last <= self.cycles[cycle].starts_at {
            return Vec::new();
        }
        let path = format!("/v1/cycles/cycle {cycle}");
        let which = Which::Nth(cycle);
        let due = Instant::exactly(last);
        let one = |kind, operations, ways| Proposal { kind, due, cycle, pairing: None, call: None, operations, ways };
        let answer = self.answers.get(&(cycle, who)).map(|(opted_in, _)| *opted_in);
        if answer.is_none() {
            let operations = vec![operation("put_participation", "PUT", path + "/participation")];
            let ways = [true, false].map(|opted_in| Step::Answer { who, cycle: which, opted_in }).to_vec();
            return vec![one("answer_participation", operations, ways)];
        }
        let has_a_coach = self.coaches_of(who, cycle) > 0;
        if answer == Some(false) || self.phase(cycle) != "open" || has_a_coach {
            return Vec::new();
        }
        let mut proposals = Vec::new();
        if !self.reflected(who, cycle) {
            let operations = vec![operation("put_reflection", "PUT", format!("{path}/reflection"))];
            let ways = vec![Step::Reflect { who, cycle: which, complete: true }];
            proposals.push(one("complete_reflection", operations, ways));
        }
        let could = (0..NAMES.len()).filter(|coach| self.may_ask(who, *coach, cycle).is_ok());
        let ways = could.map(|coach| Step::Ask { who, coach, cycle: None }).collect::<Vec<_>>();
        if !ways.is_empty() {
            let list = operation("list_coaches", "GET", path + "/coaches");
            let operations = vec![list, operation("request_pairing", "POST", "/v1/pairings".into())];
            proposals.push(one("pick_coach", operations, ways));
        }
        proposals
    }

    /// The call that is neither planned nor held: a first one, or one after it.
    fn lacks(&self, who: Who, at: usize) -> Option<Proposal> {
        let pairing = &self.pairings[at];
        let plan = |kind: Kind| {
            let path = format!("/v1/pairings/pairing {}/check-ins", pairing.step);
            let way = Step::Plan { who, pairing: pairing.step, kind, when: When::Now(0) };
            (None, operation("plan_check_in", "POST", path), way)
        };
        let (kind, (call, operation, way)) = match self.kickoff(at).map(|call| (call, &self.calls[call])) {
            None => ("plan_kickoff", plan(Kind::Kickoff)),
            Some((_, first)) if first.fate == Fate::Held => {
                let counts = |call: &usize| self.calls[*call].fate == Fate::Held || self.will_count(*call);
                let later = |call: &usize| self.calls[*call].starts_at > first.starts_at && counts(call);
                if self.calls_of(at).iter().any(later) {
                    return None;
                }
                ("plan_catch_up", plan(Kind::CatchUp))
            }
            Some((call, _)) if self.will_count(call) => return None,
            Some((call, first)) => {
                let way = Step::Move { who, call: (first.step, first.nth), when: When::Now(0) };
                let path = format!("/v1/check-ins/{}", first.name());
                ("plan_kickoff", (Some(call), operation("update_check_in", "PATCH", path), way))
            }
        };
        let due = Instant::exactly(self.closes_at(at));
        let (operations, ways) = (vec![operation], vec![way]);
        Some(Proposal { kind, due, cycle: pairing.cycle, pairing: Some(at), call, operations, ways })
    }

    /// A call that is planned, and will count as held unless somebody acts.
    fn will_count(&self, call: usize) -> bool {
        self.calls[call].fate == Fate::Scheduled && self.counts_at(call).is_some()
    }

    /// Calls that have started.
    fn unmarked(&self, who: Who, at: usize) -> Vec<Proposal> {
        let cycle = self.pairings[at].cycle;
        let started =
            |call: &usize| self.calls[*call].fate == Fate::Scheduled && self.calls[*call].starts_at <= self.now;
        let proposal = |at_call: usize| {
            let call = &self.calls[at_call];
            let (path, named) = (format!("/v1/check-ins/{}", call.name()), (call.step, call.nth));
            let marks = [(Mark::Hold, "hold"), (Mark::Miss, "miss")];
            let operations =
                marks.map(|(_, name)| operation(&format!("{name}_check_in"), "POST", format!("{path}/{name}")));
            Proposal {
                kind: "mark_check_in",
                due: Instant::exactly(self.counts_at(at_call).unwrap()),
                cycle,
                pairing: Some(at),
                call: Some(at_call),
                operations: operations.to_vec(),
                ways: marks.map(|(mark, _)| Step::Mark { who, call: named, mark }).to_vec(),
            }
        };
        self.calls_of(at).into_iter().filter(started).map(proposal).collect()
    }

    /// When the clock may bring something.
    fn until(&self, who: Who) -> Option<Instant> {
        let covering = self.cycles.iter().position(|cycle| cycle.starts_at <= self.now && self.now < cycle.ends_at);
        let cycles = [covering, self.next()].into_iter().flatten().map(|cycle| &self.cycles[cycle]);
        let mut instants =
            cycles.flat_map(|cycle| [cycle.starts_at, cycle.ends_at].map(Instant::exactly)).collect::<Vec<_>>();
        for (at, pairing) in self.pairings.iter().enumerate().filter(|(_, pairing)| pairing.coachee == who) {
            match pairing.state {
                State::Requested => instants.push(self.expires_at(at)),
                State::Active => {
                    let to_come = self.calls_of(at).into_iter().filter(|call| self.will_count(*call));
                    instants.extend(to_come.map(|call| Instant::exactly(self.calls[call].starts_at)));
                }
                _ => {}
            }
        }
        instants.into_iter().filter(|instant| instant.at > self.now).min_by_key(|instant| instant.at)
    }

    /// What somebody is told.
    pub fn next_step_seen(&self, who: Who) -> Value {
        let proposals = self.proposals(who);
        let mut told = proposals.iter().map(|one| self.told(who, one));
        let step = told.next();
        let until = if step.is_none() { self.until(who).map(Instant::shown) } else { None };
        by_name(&json!({ "step": step, "until": until, "others": told.collect::<Vec<_>>() }))
    }

    fn told(&self, who: Who, one: &Proposal) -> Value {
        json!({
            "kind": one.kind,
            "due_at": one.due.shown(),
            "operations": one.operations,
            "cycle_id": format!("cycle {}", one.cycle),
            "pairing_id": one.pairing.map(|at| format!("pairing {}", self.pairings[at].step)),
            "check_in_id": one.call.map(|call| self.calls[call].name()),
            "partner": one.pairing.map(|at| partner(&self.pairings[at], who)),
        })
    }

    /// Whether everything that everybody is told could be done, in every way.
    ///
    /// # Errors
    /// Where it would be refused, or is too late.
    pub fn proposes_what_can_be_done(&self) -> Result<(), String> {
        let active = (0..NAMES.len()).filter(|who| self.members[*who].active);
        for (who, one) in active.flat_map(|who| self.proposals(who).into_iter().map(move |one| (who, one))) {
            let refused = one.ways.iter().find_map(|way| self.clone().apply(usize::MAX, way).err());
            if refused.is_some() || one.ways.is_empty() || one.due.at <= self.now {
                return Err(format!("{} is told what cannot be: {one:?}: {refused:?}", NAMES[who]));
            }
        }
        Ok(())
    }
}

impl Proposal {
    fn order(&self) -> usize {
        KINDS.iter().position(|kind| *kind == self.kind).unwrap()
    }
}

/// What is told, with steps of one kind that are due at the same instant in the order of names: the service goes by ids.
pub fn by_name(told: &Value) -> Value {
    let mut steps = std::iter::once(&told["step"]).chain(told["others"].as_array().into_iter().flatten());
    let mut steps = steps.by_ref().filter(|step| !step.is_null()).cloned().collect::<Vec<_>>();
    let due =
        |step: &Value| step["due_at"].as_str().and_then(|at| at.trim_start_matches('~').parse::<Timestamp>().ok());
    let order = |step: &Value| {
        let kind = KINDS.iter().position(|kind| step["kind"] == *kind);
        (kind != Some(0), due(step), kind)
    };
    if !steps.is_sorted_by_key(order) {
        return json!("not the earliest due first");
    }
    steps.sort_by_key(|step| (order(step), step["pairing_id"].to_string(), step["check_in_id"].to_string()));
    let mut told = told.clone();
    told["others"] = steps.iter().skip(1).cloned().collect();
    told["step"] = steps.into_iter().next().unwrap_or_default();
    told
}
