//! The calendar of cycles: when one starts, where the next one ends, and what phase it is in.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::ids::CycleId;
use crate::policy::rules::Settings;

/// A quarter, or what the cadence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Names it.
    pub id: CycleId,
    /// Counts up with each change.
    pub version: i64,
    /// What people call it.
    pub name: String,
    /// When it is.
    pub period: Period,
    /// When an administrator cancelled it.
    pub cancelled_at: Option<Timestamp>,
    /// Whether the service planned its days itself, and so may plan them anew.
    pub planned: bool,
}

/// Which cycle a path means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum CycleRef {
    /// The one that is open now.
    Current,
    /// The one after it.
    Next,
    /// This one.
    Id(CycleId),
}

impl std::fmt::Display for CycleRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Next => f.write_str("next"),
            Self::Id(id) => id.fmt(f),
        }
    }
}

impl TryFrom<String> for CycleRef {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, uuid::Error> {
        match text.as_str() {
            "current" => Ok(Self::Current),
            "next" => Ok(Self::Next),
            id => id.parse().map(Self::Id),
        }
    }
}

impl CycleRef {
    /// The id, or else the word, as the database's `cycle_meant` takes them.
    pub fn parts(self) -> (Option<CycleId>, &'static str) {
        match self {
            Self::Current => (None, "current"),
            Self::Next => (None, "next"),
            Self::Id(id) => (Some(id), "id"),
        }
    }
}

/// Days with the instants they start at, resolved once in the organization's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub starts_on: Date,
    /// The day after the last.
    pub ends_on: Date,
    /// When the first day starts.
    pub starts_at: Timestamp,
    /// When the day after the last starts.
    pub ends_at: Timestamp,
}

/// Where the clock stands in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It has not started.
    Upcoming,
    /// It is under way.
    Open,
    /// It is over.
    Closed,
    /// An administrator has cancelled it; none appears in its place.
    Cancelled,
}

impl Cycle {
    /// Where the clock stands in it.
    pub fn phase(&self, now: Timestamp) -> Phase {
        if self.cancelled_at.is_some() {
            Phase::Cancelled
        } else if now < self.period.starts_at {
            Phase::Upcoming
        } else if now < self.period.ends_at {
            Phase::Open
        } else {
            Phase::Closed
        }
    }

    /// The way to mean this very cycle.
    pub fn reference(&self) -> CycleRef {
        CycleRef::Id(self.id)
    }

    /// The instant from which nobody is asked any more in this cycle.
    pub fn last_request_at(&self, last_request_days: i16) -> Timestamp {
        let days = SignedDuration::from_hours(24 * i64::from(last_request_days));
        self.period.ends_at.saturating_sub(days).unwrap_or(self.period.starts_at)
    }

    /// The instant from which on nothing of this cycle changes any more.
    pub fn wrap_up_ends_at(&self, wrap_up_days: i16) -> Timestamp {
        let days = SignedDuration::from_hours(24 * i64::from(wrap_up_days));
        self.period.ends_at.saturating_add(days).unwrap_or(Timestamp::MAX)
    }
}

impl Period {
    /// These days in this zone. A day that starts with a gap (its midnight is skipped) starts after the gap.
    pub fn between(starts_on: Date, ends_on: Date, zone: &TimeZone) -> Self {
        Self { starts_on, ends_on, starts_at: start_of(starts_on, zone), ends_at: start_of(ends_on, zone) }
    }

    /// What people call it unless they say otherwise: `2026-Q1`, or its days.
    pub fn name(&self) -> String {
        let quarter = self.starts_on.day() == 1
            && self.starts_on.month() % 3 == 1
            && add_months(self.starts_on, 3) == self.ends_on;
        if quarter {
            format!("{}-Q{}", self.starts_on.year(), (self.starts_on.month() + 2) / 3)
        } else {
            format!("{} to {}", self.starts_on, self.ends_on.yesterday().unwrap_or(self.ends_on))
        }
    }

    /// The period that covers this instant when none was before it: from an anchor to the next.
    pub fn covering(now: Timestamp, settings: &Settings) -> Self {
        let zone = settings.zone();
        let today = now.to_zoned(zone.clone()).date();
        let period = Self::between(anchor_until(settings, today), anchor_after(settings, today), &zone);
        // where clocks go back across midnight, the last hour of yesterday comes again after today has begun
        if period.ends_at <= now { period.next(settings) } else { period }
    }

    /// The period that follows: it starts where `self` ends, to the instant, and ends at the next anchor.
    pub fn next(&self, settings: &Settings) -> Self {
        let until = |ends_on| {
            let mut next = Self::between(self.ends_on, ends_on, &settings.zone());
            next.starts_at = self.ends_at; // after a change of zone the days touch, but their midnights may not
            next
        };
        let next = until(anchor_after(settings, self.ends_on));
        // a zone far to the east has that midnight before a zone far to the west has the one of the day before
        if next.lasts() { next } else { until(anchor_after(settings, next.ends_on)) }
    }

    /// Whether there is any time in it.
    pub fn lasts(&self) -> bool {
        self.starts_on < self.ends_on && self.starts_at < self.ends_at
    }

    /// Whether this instant lies in it.
    pub fn covers(&self, instant: Timestamp) -> bool {
        self.starts_at <= instant && instant < self.ends_at
    }
}

/// When this day starts there.
pub fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

/// The last anchor on or before this day.
fn anchor_until(settings: &Settings, day: Date) -> Date {
    anchor(settings, cadences_until(settings, day))
}

/// The first anchor after this day.
fn anchor_after(settings: &Settings, day: Date) -> Date {
    anchor(settings, cadences_until(settings, day) + 1)
}

/// How many whole cadences lie between the anchor and this day (negative before the anchor).
fn cadences_until(settings: &Settings, day: Date) -> i32 {
    let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
    let cadence = i32::from(settings.cadence_months);
    let guess = (months(day) - months(settings.anchor_on)).div_euclid(cadence);
    if anchor(settings, guess) <= day { guess } else { guess - 1 }
}

/// Always counted from the anchor itself: from a 30th of November a quarter later is the 28th of February, and two
/// quarters later the 30th of May again.
fn anchor(settings: &Settings, cadences: i32) -> Date {
    add_months(settings.anchor_on, cadences * i32::from(settings.cadence_months))
}

fn add_months(date: Date, months: i32) -> Date {
    let far = if months < 0 { Date::MIN } else { Date::MAX };
    Span::new().try_months(months).map_or(far, |months| date.saturating_add(months))
}
