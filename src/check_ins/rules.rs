//! What may happen to a call, when (policy rules P5 and P6): pure.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::ids::{CheckInId, MemberId, PairingId, SeriesId};

/// Which kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckInKind)]
pub enum Kind {
    /// The first call.
    Kickoff,
    /// A short look at the progress.
    Weekly,
    /// A longer one.
    CatchUp,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Kickoff, Self::Weekly, Self::CatchUp];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kickoff => "kickoff",
            Self::Weekly => "weekly",
            Self::CatchUp => "catch_up",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckInState)]
pub enum State {
    /// It is planned, and nobody has said yet whether it was held.
    Scheduled,
    /// It took place; also where nobody has said so within 24 hours of its start.
    Held,
    /// It did not take place.
    Missed,
    /// It was called off, or the time of its pairing was over before it started.
    Cancelled,
}

impl State {
    const ALL: [Self; 4] = [Self::Scheduled, Self::Held, Self::Missed, Self::Cancelled];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What can be done with a call, by either of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckInVerb)]
pub enum Verb {
    /// Move it (PATCH).
    Update,
    /// Call it off.
    Cancel,
    /// Say that it took place.
    Hold,
    /// Say that it did not.
    Miss,
}

impl Verb {
    const ALL: [Self; 4] = [Self::Update, Self::Cancel, Self::Hold, Self::Miss];

    /// What the call is afterwards.
    pub fn leads_to(self) -> State {
        match self {
            Self::Update => State::Scheduled,
            Self::Cancel => State::Cancelled,
            Self::Hold => State::Held,
            Self::Miss => State::Missed,
        }
    }
}

/// A call of a pairing, as the clock has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each fact is explained where it is served: check_ins/http.rs")]
pub struct CheckIn {
    pub id: CheckInId,
    pub version: i64,
    pub pairing: PairingId,
    pub coachee: MemberId,
    pub coach: MemberId,
    pub kind: Kind,
    pub series: Option<SeriesId>,
    pub starts_at: Timestamp,
    pub duration_minutes: i16,
    pub state: State,
    /// When it counts as held unless somebody acts.
    pub counts_as_held_at: Option<Timestamp>,
}

/// What surrounds a call, now.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Whether its pairing is active.
    pub pairing_is_active: bool,
    /// When its cycle ends.
    pub cycle_ends_at: Timestamp,
    /// Whether another first call of the same pairing is planned or was held.
    pub another_kickoff: bool,
    /// The instant that all this is told for.
    pub now: Timestamp,
}

impl CheckIn {
    /// Whether this can be done with it now.
    ///
    /// # Errors
    /// As [`permits`].
    pub fn permits(&self, verb: Verb, around: &Around) -> Result<(), Code> {
        permits(self.kind, self.state, self.starts_at, verb, around)
    }

    /// What can be done with it now.
    pub fn allowed(&self, around: &Around) -> Vec<Verb> {
        Verb::ALL.into_iter().filter(|verb| self.permits(*verb, around).is_ok()).collect()
    }
}

/// Whether this can be done now with a call of this kind, in this state, that starts then.
///
/// # Errors
/// `not_yet` before its start; `cycle_over` for a first call once the past cannot change any more; `kickoff_planned`
/// where another first call has taken its place; `not_waiting` for all else: what has started is not called off, for that
/// could not be corrected, but held or missed.
pub fn permits(kind: Kind, state: State, starts_at: Timestamp, verb: Verb, around: &Around) -> Result<(), Code> {
    let started = around.now >= starts_at;
    if !around.pairing_is_active {
        return Err(Code::NotWaiting);
    }
    match (state, verb) {
        (State::Scheduled, Verb::Update) => Ok(()),
        (State::Scheduled, Verb::Cancel) if started => Err(Code::NotWaiting),
        (State::Scheduled, Verb::Hold | Verb::Miss) if !started => Err(Code::NotYet),
        (State::Scheduled, Verb::Cancel | Verb::Hold | Verb::Miss) => Ok(()),
        (State::Held, Verb::Miss) | (State::Missed, Verb::Hold) => can_be_corrected(kind, verb, around),
        (State::Held | State::Missed | State::Cancelled, _) => Err(Code::NotWaiting),
    }
}

fn can_be_corrected(kind: Kind, verb: Verb, around: &Around) -> Result<(), Code> {
    if kind != Kind::Kickoff {
        Ok(())
    } else if around.now >= around.cycle_ends_at {
        Err(Code::CycleOver)
    } else if verb == Verb::Hold && around.another_kickoff {
        Err(Code::KickoffPlanned)
    } else {
        Ok(())
    }
}

/// The room in which calls of a pairing are planned.
#[derive(Clone, Debug)]
pub struct Room {
    /// When the coach said yes: no call starts before.
    pub accepted_at: Timestamp,
    /// When the cycle ends: a first call starts before.
    pub cycle_ends_at: Timestamp,
    /// When the pairing ends: every other call starts before.
    pub wrap_up_ends_at: Timestamp,
    /// Whether a first call is planned or was held.
    pub kickoff: bool,
    /// How many calls the pairing has, whatever became of them.
    pub known: i64,
}

/// What calls of a pairing are planned in, and by whom.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The room for them.
    pub room: Room,
    /// How long a first call takes.
    pub kickoff_minutes: i16,
    /// How long a weekly call takes.
    pub weekly_minutes: i16,
    /// How long a catch-up takes.
    pub catch_up_minutes: i16,
    /// The planner's zone.
    pub time_zone: String,
}

impl Frame {
    /// How long a call of this kind takes, unless the planner says otherwise.
    pub fn minutes_of(&self, kind: Kind) -> i16 {
        match kind {
            Kind::Kickoff => self.kickoff_minutes,
            Kind::Weekly => self.weekly_minutes,
            Kind::CatchUp => self.catch_up_minutes,
        }
    }
}

impl Room {
    /// Whether a call of this kind can start then.
    ///
    /// # Errors
    /// `invalid`, naming the instant before or from which it would be possible.
    pub fn fits(&self, kind: Kind, starts_at: Timestamp) -> Result<()> {
        let (end, of_what) = match kind {
            Kind::Kickoff => (self.cycle_ends_at, "cycle"),
            Kind::Weekly | Kind::CatchUp => (self.wrap_up_ends_at, "wrap-up"),
        };
        self.within(starts_at, end, of_what)
    }

    fn within(&self, starts_at: Timestamp, end: Timestamp, of_what: &str) -> Result<()> {
        if starts_at < self.accepted_at {
            let detail = format!("must not be before {:.3}, when the request was accepted", self.accepted_at);
            Err(Error::invalid("/starts_at", "too_early", detail))
        } else if starts_at >= end {
            let detail = format!("must be before {end:.3}, the end of the {of_what}");
            Err(Error::invalid("/starts_at", "too_late", detail))
        } else {
            Ok(())
        }
    }

    /// Whether a call of this kind can be planned for then.
    ///
    /// # Errors
    /// `kickoff_planned` for a second first call; `kickoff_missing` for any other before there is one;
    /// `check_ins_full`; as [`Room::fits`].
    pub fn may_plan(&self, kind: Kind, starts_at: Timestamp) -> Result<()> {
        match (kind, self.kickoff) {
            (Kind::Kickoff, true) => Err(Code::KickoffPlanned.into()),
            (Kind::Weekly | Kind::CatchUp, false) => Err(Code::KickoffMissing.into()),
            _ if self.known >= MOST_CALLS => Err(Code::CheckInsFull.into()),
            _ => self.fits(kind, starts_at),
        }
    }

    /// The weekly calls from this one to the end of the cycle.
    ///
    /// # Errors
    /// As [`Room::may_plan`].
    pub fn may_plan_series(&self, first: Timestamp, zone: &TimeZone) -> Result<Vec<Timestamp>> {
        self.may_plan(Kind::Weekly, first)?;
        self.within(first, self.cycle_ends_at, "cycle")?;
        let calls = weekly(first, zone, self.cycle_ends_at);
        let full = self.known + calls.len() as i64 > MOST_CALLS;
        if full { Err(Code::CheckInsFull.into()) } else { Ok(calls) }
    }
}

/// As many calls as a pairing can have, cancelled ones too. Far more than two people need, and so few that a verb can look
/// at all of them.
pub const MOST_CALLS: i64 = 300;

/// As many calls as one series can have: those of a year.
pub const LONGEST_SERIES: usize = 53;

/// The same time on this zone's clock, week after week, from `first` until `end`. A time that a day does not have is
/// moved past the gap, as clocks are.
pub fn weekly(first: Timestamp, zone: &TimeZone, end: Timestamp) -> Vec<Timestamp> {
    let on_the_clock = first.to_zoned(zone.clone()).datetime();
    let later = |week: i64| on_the_clock.checked_add(Span::new().weeks(week)).ok()?.to_zoned(zone.clone()).ok();
    let weeks = (1..LONGEST_SERIES as i64).map_while(|week| later(week).map(|start| start.timestamp()));
    std::iter::once(first).chain(weeks).take_while(|start| *start < end).collect()
}
