//! What follows from a member's number: who they are, and what they have been through. Sizes differ in nothing else.
//!
//! One of twenty has left, one of ten is not open to coaching. Every fourth knows Rust, every second works on Everything; of
//! other topics there are forty, of other projects one for each twenty-five. Everybody takes part every second time, has one
//! coach then, and coaches one or two.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use peer_coaching::clock::real_time;
use uuid::Uuid;

/// Cycles that are over; the next one is under way, and one more is planned.
pub const PAST: i64 = 8;

/// How long each takes, and for how long the current one has been under way, in days.
const LENGTH: i64 = 91;
const UNDER_WAY: i64 = 40;

/// For how long a cycle's pairings can still be completed after its end, as the policy has it.
const WRAP_UP: i64 = 14;

/// How many are asked for: spread over the organization, each in a pairing that has begun.
pub const ASKING: i64 = 200;

/// What ids stand for: the same number names different things.
#[derive(Clone, Copy)]
pub enum Of {
    Member = 1,
    Cycle,
    Pairing,
    Call,
    Event,
}

/// Mixes a number well (splitmix64).
pub fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An id as the service makes them: it sorts by time.
pub fn id(of: Of, number: i64, at: Timestamp) -> Uuid {
    let random = mixed(mixed(number.cast_unsigned()) ^ of as u64).to_be_bytes();
    let random: [u8; 10] = std::array::from_fn(|at| random[at % 8]);
    uuid::Builder::from_unix_timestamp_millis(at.as_millisecond().cast_unsigned(), &random).into_uuid()
}

/// A number of people, and the day on which they are looked at.
#[derive(Clone, Copy)]
pub struct People {
    pub members: i64,
    today: Timestamp,
}

/// A call of a pairing.
pub struct Call {
    pub id: Uuid,
    pub kind: &'static str,
    pub starts_at: Timestamp,
    pub state: &'static str,
    pub due_at: Option<Timestamp>,
}

/// One member with another in one cycle.
pub struct Pairing {
    pub id: Uuid,
    pub coachee: i64,
    pub coach: i64,
    pub state: &'static str,
    pub requested_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub ended_by: Option<&'static str>,
    pub due_at: Option<Timestamp>,
    pub due_state: Option<&'static str>,
    pub review: i32,
    pub kickoff_held_at: Option<Timestamp>,
    pub kickoff_due_at: Option<Timestamp>,
    pub caught_up_at: Option<Timestamp>,
    pub coach_place: Option<i16>,
    pub calls: Vec<Call>,
}

fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * number)
}

fn ms(number: i64) -> SignedDuration {
    SignedDuration::from_millis(number)
}

impl People {
    pub fn new(members: i64) -> Self {
        assert!(members >= 1000 && members % 1000 == 0, "{members}: sizes are thousands");
        let today = real_time().to_zoned(TimeZone::UTC).start_of_day().expect("a day").timestamp();
        Self { members, today }
    }

    /// So many days after today, or before.
    pub fn day(&self, number: i64) -> Timestamp {
        self.today + days(number)
    }

    pub fn starts_at(&self, cycle: i64) -> Timestamp {
        self.day((cycle - PAST) * LENGTH - UNDER_WAY)
    }

    pub fn starts_on(&self, cycle: i64) -> Date {
        self.starts_at(cycle).to_zoned(TimeZone::UTC).date()
    }

    pub fn cycle(&self, cycle: i64) -> Uuid {
        id(Of::Cycle, cycle, self.starts_at(cycle) - days(LENGTH))
    }

    pub fn joined_at(&self, number: i64) -> Timestamp {
        self.starts_at(-1) + ms(number)
    }

    pub fn member(&self, number: i64) -> Uuid {
        id(Of::Member, number, self.joined_at(number))
    }

    /// Those on whose behalf is asked.
    pub fn asking(&self) -> impl Iterator<Item = i64> {
        let quarter = self.members / 4;
        let (step, asking) = ((quarter / ASKING).max(1), ASKING.min(quarter));
        (0..asking).map(move |k| {
            let within = mixed(k.cast_unsigned()) % step.cast_unsigned();
            4 * (k * quarter / asking + within.cast_signed())
        })
    }

    /// Somebody who has not coached them yet, and has a place.
    pub fn could_coach(&self, number: i64) -> i64 {
        (number + PAST * 7 + 2) % self.members
    }

    pub fn takes_part(&self, cycle: i64, number: i64) -> bool {
        number % 2 == cycle % 2
    }

    /// The pairing in which somebody is coached in a cycle.
    pub fn pairing(&self, cycle: i64, number: i64) -> Option<Pairing> {
        if !self.takes_part(cycle, number) {
            return None;
        }
        let shared = number % 20 == 0; // a coach of two
        let start = self.starts_at(cycle);
        let requested_at = start + days(2) + ms(number);
        let pairing = Pairing {
            id: id(Of::Pairing, cycle * self.members + number, requested_at),
            coachee: number,
            coach: (number + cycle * 7 + if shared { 5 } else { 1 }) % self.members,
            state: "completed",
            requested_at,
            accepted_at: Some(requested_at + days(1)),
            closed_at: None,
            ended_by: None,
            due_at: None,
            due_state: None,
            review: i32::try_from(cycle).expect("few cycles") / 2 + 1,
            kickoff_held_at: None,
            kickoff_due_at: None,
            caught_up_at: None,
            coach_place: Some(if shared { 2 } else { 1 }),
            calls: Vec::new(),
        };
        if cycle < PAST { Some(self.over(pairing, cycle)) } else { self.under_way(pairing) }
    }

    fn call(pairing: &mut Pairing, nth: i64, kind: &'static str, starts_at: Timestamp, due: bool) {
        let made_at = pairing.requested_at + days(1 + 10 * nth);
        pairing.calls.push(Call {
            id: id(Of::Call, pairing.coachee * 4 + nth, made_at),
            kind,
            starts_at,
            state: if due { "scheduled" } else { "held" },
            due_at: due.then(|| starts_at + days(1)),
        });
    }

    /// What became of one in an earlier cycle: of ten that are over, six were completed.
    fn over(&self, mut pairing: Pairing, cycle: i64) -> Pairing {
        let start = self.starts_at(cycle);
        let unanswered = match pairing.coachee % 10 {
            1 => Some(("withdrawn", 3)),
            3 => Some(("declined", 3)),
            5 => Some(("expired", 9)),
            _ => None,
        };
        if let Some((state, day)) = unanswered {
            let (closed_at, coach_place) = (Some(start + days(day)), None);
            return Pairing { state, accepted_at: None, closed_at, coach_place, ..pairing };
        }
        pairing.kickoff_held_at = Some(start + days(5));
        Self::call(&mut pairing, 0, "kickoff", start + days(5), false);
        if pairing.coachee % 10 == 6 {
            return Pairing { state: "ended", closed_at: Some(start + days(30)), ended_by: Some("coachee"), ..pairing };
        }
        Self::call(&mut pairing, 1, "catch_up", start + days(40), false);
        Pairing { closed_at: Some(start + days(60)), ..pairing }
    }

    /// Where one in the current cycle stands: half have met, others are about to, have asked, or have not.
    fn under_way(&self, mut pairing: Pairing) -> Option<Pairing> {
        let number = pairing.coachee;
        let closes_at = Some(self.starts_at(PAST + 1) + days(WRAP_UP));
        if pairing.coach % 20 == 19 {
            return None; // who has left
        }
        if number % 4 == 0 {
            let (met_at, again_at) = (self.day(-25), self.day(-18));
            Self::call(&mut pairing, 0, "kickoff", met_at, false);
            Self::call(&mut pairing, 1, "weekly", again_at, false);
            let next = self.day(2) + SignedDuration::from_hours(number % 200);
            Self::call(&mut pairing, 2, "catch_up", next, true);
            let (kickoff_held_at, caught_up_at) = (Some(met_at), Some(again_at));
            let due_state = Some("completed");
            return Some(Pairing {
                state: "active",
                due_at: closes_at,
                due_state,
                kickoff_held_at,
                caught_up_at,
                ..pairing
            });
        }
        if number % 16 == 6 {
            let meets_at = self.day(2) + SignedDuration::from_hours(number % 200);
            Self::call(&mut pairing, 0, "kickoff", meets_at, true);
            let kickoff_due_at = Some(meets_at + days(1));
            return Some(Pairing {
                state: "active",
                due_at: closes_at,
                due_state: Some("lapsed"),
                kickoff_due_at,
                ..pairing
            });
        }
        let requested_at = self.day(-3) + ms(number);
        (number % 8 == 2).then(|| Pairing {
            id: id(Of::Pairing, PAST * self.members + number, requested_at),
            state: "requested",
            requested_at,
            accepted_at: None,
            due_at: Some(requested_at + days(7)),
            due_state: Some("expired"),
            coach_place: None,
            ..pairing
        })
    }
}
