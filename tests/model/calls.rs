//! Planning, moving and marking calls in the model (rules P5 and P6).

use jiff::{Span, Timestamp};
use peer_coaching::zones;
use serde_json::json;

use super::model::{Call, Fate, Kind, Model, State, Who};
use super::people::{Refused, Verdict, refused};
use super::steps::Mark;

impl Model {
    /// What somebody may plan in: their own pairing while it is active.
    fn may_plan(&self, who: Who, pairing: usize, kind: Kind, starts_at: Timestamp) -> Result<(), Refused> {
        self.own(who, pairing)?;
        match (kind, self.kickoff(pairing)) {
            _ if self.pairings[pairing].state != State::Active => Err(refused("not_waiting")),
            (Kind::Kickoff, Some(_)) => Err(refused("kickoff_planned")),
            (Kind::Weekly | Kind::CatchUp, None) => Err(refused("kickoff_missing")),
            _ => self.fits(pairing, kind, starts_at),
        }
    }

    fn own(&self, who: Who, pairing: usize) -> Result<(), Refused> {
        if self.pairings[pairing].has(who) { Ok(()) } else { Err(refused("not_found")) }
    }

    /// A start lies between the yes and the end: of the cycle for a first call, of the wrap-up for every other.
    fn fits(&self, pairing: usize, kind: Kind, starts_at: Timestamp) -> Result<(), Refused> {
        let cycle = self.pairings[pairing].cycle;
        let end = if kind == Kind::Kickoff { self.cycles[cycle].ends_at } else { self.wrap_up_of(cycle) };
        if starts_at < self.pairings[pairing].accepted_at.unwrap().at {
            Err(outside("too_early"))
        } else if starts_at >= end {
            Err(outside("too_late"))
        } else {
            Ok(())
        }
    }

    pub fn plan(
        &mut self,
        step: usize,
        who: Who,
        pairing: usize,
        kind: Kind,
        starts_at: Timestamp,
        join_url: Option<&str>,
    ) -> Verdict {
        self.may_plan(who, pairing, kind, starts_at)?;
        let minutes = if kind == Kind::Weekly { 10 } else { 30 };
        let (fate, join_url) = (Fate::Scheduled, join_url.map(str::to_owned));
        self.calls.push(Call { step, nth: 0, in_series: false, pairing, kind, starts_at, minutes, fate, join_url });
        self.age(pairing);
        Ok(self.call_seen(who, self.calls.len() - 1))
    }

    /// Weekly calls for the rest of the cycle: 10:00 stays 10:00 when the clocks change.
    pub fn plan_series(
        &mut self,
        step: usize,
        who: Who,
        pairing: usize,
        first: Timestamp,
        join_url: Option<&str>,
    ) -> Verdict {
        self.may_plan(who, pairing, Kind::Weekly, first)?;
        let cycle = self.pairings[pairing].cycle;
        let end = self.cycles[cycle].ends_at;
        if first >= end {
            return Err(outside("too_late"));
        }
        let time_zone = self.policy_of(cycle).time_zone.clone();
        let zone = zones::named(&time_zone).unwrap();
        let on_the_clock = first.to_zoned(zone.clone()).datetime();
        let week = |week: i64| (on_the_clock + Span::new().weeks(week)).to_zoned(zone.clone()).unwrap().timestamp();
        let starts = (0..53).map(week).take_while(|start| *start < end).collect::<Vec<_>>();
        let (kind, fate, before) = (Kind::Weekly, Fate::Scheduled, self.calls.len());
        for (nth, starts_at) in starts.into_iter().enumerate() {
            let (in_series, minutes, join_url) = (true, 10, join_url.map(str::to_owned));
            self.calls.push(Call { step, nth, in_series, pairing, kind, starts_at, minutes, fate, join_url });
        }
        self.age(pairing);
        let calls = (before..self.calls.len()).map(|call| self.call_seen(who, call)).collect::<Vec<_>>();
        Ok(json!({ "id": format!("series {step}"), "time_zone": time_zone, "check_ins": calls }))
    }

    /// What is still to come of a series.
    pub fn cancel_series(&mut self, who: Who, step: usize) -> Verdict {
        let of_it = |call: &&mut Call| call.step == step;
        let pairing = self.calls.iter().find(|call| call.step == step).unwrap().pairing;
        self.own(who, pairing)?;
        for call in self.calls.iter_mut().filter(of_it) {
            if call.fate == Fate::Scheduled && call.starts_at > self.now {
                call.fate = Fate::Cancelled;
            }
        }
        Ok(serde_json::Value::Null)
    }

    pub fn move_call(&mut self, who: Who, call: usize, starts_at: Timestamp) -> Verdict {
        let Call { pairing, kind, fate, starts_at: earlier, .. } = self.calls[call];
        self.own(who, pairing)?;
        if self.pairings[pairing].state != State::Active || fate != Fate::Scheduled {
            return Err(refused("not_waiting"));
        }
        if starts_at != earlier {
            self.fits(pairing, kind, starts_at)?;
            self.calls[call].starts_at = starts_at;
            self.age(pairing);
        }
        Ok(self.call_seen(who, call))
    }

    /// Where to join a call is changed like its start: while it is planned.
    pub fn join(&mut self, who: Who, call: usize, url: Option<&str>) -> Verdict {
        let Call { pairing, fate, .. } = self.calls[call];
        self.own(who, pairing)?;
        if self.pairings[pairing].state != State::Active || fate != Fate::Scheduled {
            return Err(refused("not_waiting"));
        }
        self.calls[call].join_url = url.map(str::to_owned);
        Ok(self.call_seen(who, call))
    }

    /// Saying what is so already changes nothing.
    pub fn mark(&mut self, who: Who, call: usize, mark: Mark) -> Verdict {
        self.own(who, self.calls[call].pairing)?;
        if self.calls[call].fate != mark.leads_to() {
            self.may_mark(call, mark)?;
            self.calls[call].fate = mark.leads_to();
        }
        Ok(self.call_seen(who, call))
    }

    fn may_mark(&self, at: usize, mark: Mark) -> Result<(), Refused> {
        let call = &self.calls[at];
        let over = self.now >= self.cycles[self.pairings[call.pairing].cycle].ends_at;
        let first = call.kind == Kind::Kickoff;
        let another = self.kickoff(call.pairing).is_some_and(|kickoff| kickoff != at);
        let no = |code| Err(refused(code));
        match (call.fate, mark) {
            _ if self.pairings[call.pairing].state != State::Active => no("not_waiting"),
            (Fate::Scheduled, Mark::Cancel) if self.now >= call.starts_at => no("not_waiting"),
            (Fate::Scheduled, Mark::Cancel) => Ok(()),
            (Fate::Scheduled, Mark::Hold | Mark::Miss) if self.now < call.starts_at => no("not_yet"),
            (Fate::Scheduled, Mark::Hold | Mark::Miss) => Ok(()),
            (Fate::Held, Mark::Miss) | (Fate::Missed, Mark::Hold) if first && over => no("cycle_over"),
            (Fate::Missed, Mark::Hold) if first && another => no("kickoff_planned"),
            (Fate::Held, Mark::Miss) | (Fate::Missed, Mark::Hold) => Ok(()),
            _ => no("not_waiting"),
        }
    }

    /// What can be done with a call, by either of the two.
    pub fn marks(&self, call: usize) -> Vec<&'static str> {
        let Call { pairing, fate, .. } = self.calls[call];
        let movable = self.pairings[pairing].state == State::Active && fate == Fate::Scheduled;
        let marks = [(Mark::Cancel, "cancel"), (Mark::Hold, "hold"), (Mark::Miss, "miss")];
        let marks = marks.into_iter().filter(|(mark, _)| self.may_mark(call, *mark).is_ok()).map(|(_, name)| name);
        movable.then_some("update").into_iter().chain(marks).collect()
    }
}

fn outside(code: &str) -> Refused {
    Refused { code: "invalid", facts: json!({ "errors": [format!("#/starts_at {code}")] }) }
}
