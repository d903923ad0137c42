//! The plan of cycles: what is missing, what an administrator may move, what moves when the cadence does (policy rule
//! P1). Pure, like `rules.rs`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::rules::{Cycle, Period, Phase, start_of};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::ids::CycleId;
use crate::policy::rules::Settings;

/// What is missing so that a current and a next cycle exist, given all that have not ended and the last that has.
/// Cancelled cycles keep their period, so nothing appears in their place; the next one is one that takes place. An
/// administrator's gap stays a gap; one farther out than a cadence does not keep the next cycle from being made.
pub fn missing(known: &[Cycle], now: Timestamp, settings: &Settings) -> Vec<Period> {
    let mut missing = Vec::new();
    let current = known.iter().map(|cycle| &cycle.period).find(|period| period.covers(now)).cloned();
    let mut latest = current.unwrap_or_else(|| {
        let covering = clipped(Period::covering(now, settings), known, now);
        if covering.lasts() {
            missing.push(covering.clone());
        }
        covering
    });
    loop {
        let next = latest.next(settings);
        let overlaps = |cycle: &&Cycle| cycle.period.starts_at < next.ends_at && next.starts_at < cycle.period.ends_at;
        match known.iter().filter(overlaps).min_by_key(|cycle| cycle.period.starts_at) {
            None => missing.push(next),
            Some(cancelled) if cancelled.cancelled_at.is_some() => {
                latest = cancelled.period.clone();
                continue;
            }
            Some(_) => {}
        }
        return missing;
    }
}

/// What is left of a period between the cycles before and after this instant.
fn clipped(mut period: Period, known: &[Cycle], now: Timestamp) -> Period {
    let periods = || known.iter().map(|cycle| &cycle.period);
    if let Some(before) = periods().filter(|before| before.ends_at <= now).max_by_key(|before| before.ends_at)
        && before.ends_at > period.starts_at
    {
        (period.starts_on, period.starts_at) = (before.ends_on, before.ends_at);
    }
    if let Some(after) = periods().filter(|after| after.starts_at > now).min_by_key(|after| after.starts_at)
        && after.starts_at < period.ends_at
    {
        (period.ends_on, period.ends_at) = (after.starts_on, after.starts_at);
    }
    period
}

/// The first cycle that takes place after this instant.
pub fn next_after(known: &[Cycle], now: Timestamp) -> Option<&Cycle> {
    let upcoming = known.iter().filter(|cycle| cycle.phase(now) == Phase::Upcoming);
    upcoming.min_by_key(|cycle| cycle.period.starts_at)
}

/// Days that touch another cycle's days touch it to the instant: after a change of zone their midnights may differ, and
/// the hours between would belong to no cycle, or to both.
pub fn joined_to(known: &[Cycle], mut period: Period) -> Period {
    for other in known.iter().map(|cycle| &cycle.period) {
        if other.ends_on == period.starts_on {
            period.starts_at = other.ends_at;
        }
        if other.starts_on == period.ends_on {
            period.ends_at = other.starts_at;
        }
    }
    period
}

/// The period of a cycle whose days an administrator wants to be these. What has started cannot be moved, but for the
/// end of an open one, to any day from tomorrow on.
///
/// # Errors
/// `cycle_started` for a past that cannot change; `invalid` for days that have passed.
pub fn moved(cycle: &Cycle, wanted: Period, now: Timestamp) -> Result<Period> {
    let earlier = &cycle.period;
    match cycle.phase(now) {
        _ if wanted == *earlier => Ok(wanted),
        Phase::Upcoming if wanted.starts_at > now => Ok(wanted),
        Phase::Upcoming => Err(Error::invalid("/starts_on", "too_early", "must be a day that is still to come")),
        Phase::Open if wanted.starts_at != earlier.starts_at => Err(Code::CycleStarted.into()),
        Phase::Open if wanted.ends_at > now => Ok(wanted),
        Phase::Open => Err(Error::invalid("/ends_on", "too_early", "must be tomorrow or later")),
        Phase::Closed | Phase::Cancelled => Err(Code::CycleStarted.into()),
    }
}

/// These days in this zone; days that a cycle already has keep the instants that they were resolved to.
pub fn resolved(earlier: &Period, starts_on: Date, ends_on: Date, zone: &TimeZone) -> Period {
    Period {
        starts_on,
        ends_on,
        starts_at: if starts_on == earlier.starts_on { earlier.starts_at } else { start_of(starts_on, zone) },
        ends_at: if ends_on == earlier.ends_on { earlier.ends_at } else { start_of(ends_on, zone) },
    }
}

/// Names of the fields in which two versions differ.
pub fn changed(earlier: &Cycle, later: &Cycle) -> Vec<&'static str> {
    let fields = [
        ("name", earlier.name != later.name),
        ("starts_on", earlier.period.starts_on != later.period.starts_on),
        ("ends_on", earlier.period.ends_on != later.period.ends_on),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// The upcoming cycles that move when the cadence, the anchor or the zone has changed, each from where the one before it
/// ends: those that the service planned itself and nobody has opted into or cancelled. None runs into one that stays.
pub fn planned_anew(known: &[Cycle], opted_into: &[CycleId], now: Timestamp, settings: &Settings) -> Vec<Cycle> {
    let stays = |cycle: &Cycle| cycle.phase(now) != Phase::Upcoming || !cycle.planned || opted_into.contains(&cycle.id);
    let mut moved = Vec::new();
    let mut before: Option<Period> = None;
    for cycle in known {
        let mut period = cycle.period.clone();
        if !stays(cycle)
            && let Some(before) = &before
        {
            period = before.next(settings);
            let first_that_stays =
                known.iter().filter(|other| stays(other) && other.period.starts_at >= period.starts_at);
            if let Some(wall) = first_that_stays.map(|other| &other.period).min_by_key(|wall| wall.starts_at)
                && period.ends_at > wall.starts_at
            {
                (period.ends_on, period.ends_at) = (wall.starts_on, wall.starts_at);
            }
            if !period.lasts() {
                period = cycle.period.clone(); // no time is left for it: it stays where it was
            } else if period != cycle.period {
                // a name that somebody gave it is kept
                let name = if cycle.name == cycle.period.name() { period.name() } else { cycle.name.clone() };
                moved.push(Cycle { name, period: period.clone(), ..cycle.clone() });
            }
        }
        before = Some(period);
    }
    moved
}
