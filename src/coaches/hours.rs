//! When two people usually work at the same time, on one day's clocks.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::rules::Candidate;
use crate::zones;

/// The minutes of a day.
const DAY: i64 = 24 * 60;

/// For how many minutes two must work at the same time to be said to.
const ENOUGH: i64 = 2 * 60;

/// Working hours as they are in UTC, day after day: from a minute of the day on, for so many minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: i64,
    minutes: i64,
}

impl Hours {
    /// Hours of clocks that are so many minutes ahead of UTC; past midnight where `until` is earlier.
    pub fn between(from: i64, until: i64, ahead: i64) -> Self {
        Self { from: (from - ahead).rem_euclid(DAY), minutes: (until - from).rem_euclid(DAY) }
    }

    /// Whether two work at the same time for long enough.
    pub fn overlaps(self, other: Self) -> bool {
        self.shared(other) >= ENOUGH
    }

    /// For how many minutes of a day two work at the same time. What goes past midnight meets the other's next day.
    pub fn shared(self, other: Self) -> i64 {
        let shared = |shift: i64| {
            let from = self.from.max(other.from + shift);
            let until = (self.from + self.minutes).min(other.from + shift + other.minutes);
            (until - from).max(0)
        };
        [-DAY, 0, DAY].map(shared).into_iter().sum()
    }
}

/// What the clocks of each zone say on one day.
#[derive(Debug)]
pub struct Days {
    day: Date,
    /// How many minutes each zone is ahead of UTC: many share a few.
    ahead: HashMap<String, Option<i64>>,
}

impl Days {
    /// The clocks of this day.
    pub fn of(day: Date) -> Self {
        Self { day, ahead: HashMap::new() }
    }

    /// When somebody works, if they have said. Their zone is the organization's where they have not said theirs.
    pub fn hours(&mut self, of: &Candidate<'_>, organization_zone: &str) -> Option<Hours> {
        let (from, until) = of.working_hours?;
        let ahead = self.ahead(of.time_zone.unwrap_or(organization_zone))?;
        Some(Hours::between(minute(from)?, minute(until)?, ahead))
    }

    /// At noon, UTC: on a day on which the clocks change, most of the day.
    fn ahead(&mut self, zone: &str) -> Option<i64> {
        if let Some(known) = self.ahead.get(zone) {
            return *known;
        }
        let noon = self.day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp();
        let ahead = zones::named(zone).map(|zone| i64::from(zone.to_offset(noon).seconds()) / 60);
        self.ahead.insert(zone.to_owned(), ahead);
        ahead
    }
}

/// The minute of the day that a text such as `09:30` means.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    Some(hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?)
}
