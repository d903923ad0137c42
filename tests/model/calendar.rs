//! The calendar in the model (rule P1): what is missing, what an administrator moves, what a new cadence moves.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use peer_coaching::policy::rules::Settings;
use peer_coaching::zones;
use serde_json::{Value, json};

use super::model::{Cycle, Model};
use super::people::{Refused, Verdict, refused};
use super::steps::Which;

/// The last anchor until this day, and the first after it.
fn anchors(settings: &Settings, day: Date) -> (Date, Date) {
    let anchor =
        |at: i32| settings.anchor_on.saturating_add(Span::new().months(at * i32::from(settings.cadence_months)));
    let first_after = (-300..600).find(|at| anchor(*at) > day).unwrap();
    (anchor(first_after - 1), anchor(first_after))
}

fn zone(settings: &Settings) -> TimeZone {
    zones::named(&settings.time_zone).unwrap()
}

fn start_of(day: Date, settings: &Settings) -> Timestamp {
    day.to_zoned(zone(settings)).unwrap().timestamp()
}

/// A quarter has a name that says so; all else is called by its first and last day.
fn name_of(starts_on: Date, ends_on: Date) -> String {
    let quarter = starts_on.day() == 1 && starts_on.month() % 3 == 1 && starts_on + Span::new().months(3) == ends_on;
    if quarter {
        format!("{}-Q{}", starts_on.year(), starts_on.month() / 3 + 1)
    } else {
        format!("{starts_on} to {}", ends_on.yesterday().unwrap())
    }
}

impl Cycle {
    fn planned(starts_on: Date, ends_on: Date, settings: &Settings) -> Self {
        let (starts_at, ends_at) = (start_of(starts_on, settings), start_of(ends_on, settings));
        let name = name_of(starts_on, ends_on);
        Self { name, starts_on, ends_on, starts_at, ends_at, cancelled: false, planned: true }
    }

    fn covers(&self, instant: Timestamp) -> bool {
        self.starts_at <= instant && instant < self.ends_at
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    pub fn phase(&self, now: Timestamp) -> &'static str {
        match () {
            () if self.cancelled => "cancelled",
            () if now < self.starts_at => "upcoming",
            () if now < self.ends_at => "open",
            () => "closed",
        }
    }
}

impl Model {
    pub fn settings(&self) -> &Settings {
        &self.policies.last().unwrap().1
    }

    pub fn phase(&self, cycle: usize) -> &'static str {
        self.cycles[cycle].phase(self.now)
    }

    /// Cycles in the order of time.
    fn in_order(&self) -> Vec<usize> {
        let mut order = (0..self.cycles.len()).collect::<Vec<_>>();
        order.sort_by_key(|cycle| self.cycles[*cycle].starts_at);
        order
    }

    /// The open cycle.
    pub fn current(&self) -> Option<usize> {
        (0..self.cycles.len()).find(|cycle| self.phase(*cycle) == "open")
    }

    /// The first that is still to come and takes place.
    pub fn next(&self) -> Option<usize> {
        self.in_order().into_iter().find(|cycle| self.phase(*cycle) == "upcoming")
    }

    /// The current and the next cycle always exist. A cancelled one keeps its time, an administrator's gap its days.
    pub fn plan_what_is_missing(&mut self) {
        let settings = self.settings().clone();
        let covering = (0..self.cycles.len()).find(|cycle| self.cycles[*cycle].covers(self.now));
        let mut latest = covering.map(|cycle| self.cycles[cycle].clone()).unwrap_or_else(|| {
            let (starts_on, ends_on) = anchors(&settings, self.now.to_zoned(zone(&settings)).date());
            let mut made = Cycle::planned(starts_on, ends_on, &settings);
            for other in &self.cycles {
                if other.ends_at <= self.now && other.ends_at > made.starts_at {
                    (made.starts_on, made.starts_at) = (other.ends_on, other.ends_at);
                }
                if other.starts_at > self.now && other.starts_at < made.ends_at {
                    (made.ends_on, made.ends_at) = (other.starts_on, other.starts_at);
                }
            }
            made.name = name_of(made.starts_on, made.ends_on);
            self.cycles.push(made.clone());
            made
        });
        loop {
            let next = after(&latest, &settings);
            let first_in_its_way = self.in_order().into_iter().find(|cycle| self.cycles[*cycle].overlaps(&next));
            match first_in_its_way.map(|cycle| self.cycles[cycle].clone()) {
                None => self.cycles.push(next),
                Some(cancelled) if cancelled.cancelled => {
                    latest = cancelled;
                    continue;
                }
                Some(_) => {}
            }
            return;
        }
    }

    /// Which cycle somebody means.
    pub fn meant(&self, which: Which) -> Result<usize, Refused> {
        match which {
            Which::Nth(cycle) => Ok(cycle),
            Which::Next => self.next().ok_or_else(|| refused("not_found")),
            Which::Current => self.current().ok_or_else(|| {
                let next = self.next().map(|next| self.cycles[next].starts_on.to_string());
                Refused { code: "no_open_cycle", facts: json!({ "next_starts_on": next }) }
            }),
        }
    }

    pub fn cancel_cycle(&mut self, cycle: usize) -> Verdict {
        match self.phase(cycle) {
            "open" | "closed" => return Err(refused("cycle_started")),
            _ => self.cycles[cycle].cancelled = true,
        }
        let cancelled = self.cycle_seen(cycle);
        self.plan_what_is_missing();
        Ok(cancelled)
    }

    pub fn rename(&mut self, cycle: usize, name: &str) -> Verdict {
        self.cycles[cycle].name = name.to_owned();
        Ok(self.cycle_seen(cycle))
    }

    /// The end of an open cycle moves to any day from tomorrow on, that of an upcoming one to any day; the start of the
    /// next one moves with it, as long as a day is left of that one.
    pub fn move_end(&mut self, cycle: usize, ends_on: Date) -> Verdict {
        let earlier = self.cycles[cycle].clone();
        let wrong = || Refused { code: "invalid", facts: json!({ "errors": ["#/ends_on too_early"] }) };
        if ends_on <= earlier.starts_on {
            return Err(wrong());
        }
        if ends_on == earlier.ends_on {
            return Ok(self.cycle_seen(cycle));
        }
        let ends_at = start_of(ends_on, self.settings());
        match self.phase(cycle) {
            "closed" | "cancelled" => return Err(refused("cycle_started")),
            "open" if ends_at <= self.now => return Err(wrong()),
            _ => {}
        }
        let mut later = self.clone();
        let moved = &mut later.cycles[cycle];
        (moved.ends_on, moved.ends_at, moved.planned) = (ends_on, ends_at, false);
        if let Some(next) = self.cycles.iter().position(|next| next.starts_at == earlier.ends_at && !next.cancelled) {
            let next = &mut later.cycles[next];
            if ends_on >= next.ends_on {
                return Err(refused("cycles_overlap"));
            }
            (next.starts_on, next.starts_at) = (ends_on, ends_at);
        }
        let order = later.in_order();
        if order.windows(2).any(|pair| later.cycles[pair[0]].overlaps(&later.cycles[pair[1]])) {
            return Err(refused("cycles_overlap"));
        }
        *self = later;
        let seen = self.cycle_seen(cycle);
        self.plan_what_is_missing();
        Ok(seen)
    }

    /// A new version of the policy. One that plans differently moves the upcoming cycles that the service has planned and
    /// that nobody has opted into, none into one that stays.
    pub fn decide(&mut self, change: &Value) -> Verdict {
        let earlier = self.settings().clone();
        let mut settings = earlier.clone();
        for (name, value) in change.as_object().unwrap() {
            let number = || i16::try_from(value.as_i64().unwrap()).unwrap();
            match name.as_str() {
                "cadence_months" => settings.cadence_months = number(),
                "anchor_on" => settings.anchor_on = value.as_str().unwrap().parse().unwrap(),
                "request_days" => settings.request_days = number(),
                "last_request_days" => settings.last_request_days = number(),
                "wrap_up_days" => settings.wrap_up_days = number(),
                "max_coaches_per_cycle" => settings.max_coaches_per_cycle = number(),
                "default_coach_capacity" => settings.default_coach_capacity = number(),
                "require_reflection" => settings.require_reflection = value.as_bool().unwrap(),
                "questions" => settings.questions = serde_json::from_value(value.clone()).unwrap(),
                unknown => panic!("the model knows nothing of {unknown}"),
            }
        }
        if settings != earlier {
            let replan = (settings.cadence_months, settings.anchor_on) != (earlier.cadence_months, earlier.anchor_on);
            self.policies.push((self.now, settings));
            if replan {
                self.plan_anew();
            }
        }
        let mut seen = change.clone();
        seen["version"] = json!(self.policies.len());
        Ok(seen)
    }

    fn plan_anew(&mut self) {
        let settings = self.settings().clone();
        let opted_into = |cycle: usize| self.answers.iter().any(|((c, _), (opted_in, _))| *c == cycle && *opted_in);
        let stays = |cycle: usize| self.phase(cycle) != "upcoming" || !self.cycles[cycle].planned || opted_into(cycle);
        let order = self.in_order();
        let walls = order.iter().filter(|cycle| stays(**cycle)).map(|cycle| self.cycles[*cycle].clone());
        let walls = walls.collect::<Vec<_>>();
        let movable =
            order.windows(2).filter(|pair| !stays(pair[1])).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
        for (before, cycle) in movable {
            let mut anew = after(&self.cycles[before], &settings);
            let wall = walls.iter().find(|wall| wall.starts_at >= anew.starts_at);
            if let Some(wall) = wall.filter(|wall| wall.starts_at < anew.ends_at) {
                (anew.ends_on, anew.ends_at) = (wall.starts_on, wall.starts_at);
            }
            let moved = &mut self.cycles[cycle];
            if anew.starts_on < anew.ends_on && (anew.starts_at, anew.ends_at) != (moved.starts_at, moved.ends_at) {
                let kept = moved.name != name_of(moved.starts_on, moved.ends_on);
                anew.name = if kept { moved.name.clone() } else { name_of(anew.starts_on, anew.ends_on) };
                *moved = anew;
            }
        }
        self.plan_what_is_missing();
    }
}

/// What follows a cycle: it starts where that one ends, to the instant, and ends at the next anchor.
fn after(latest: &Cycle, settings: &Settings) -> Cycle {
    let (_, ends_on) = anchors(settings, latest.ends_on);
    Cycle { starts_at: latest.ends_at, ..Cycle::planned(latest.ends_on, ends_on, settings) }
}
