//! How deliveries stand, and when one is tried again: pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long after each failed attempt the next one is made, in seconds; there is none after the last: about three and a half
/// days in all (Standard Webhooks, "Retry schedule").
pub const SCHEDULE: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// By how much of itself an interval is stretched at most, so that what failed together is not tried again together.
const JITTER: f64 = 0.2;

/// The longest that a receiver's `Retry-After` is waited for.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// For how long nothing may have got through before a webhook is disabled.
pub const FAILS_FOR: SignedDuration = SignedDuration::from_hours(5 * 24);

/// For how long the secret before a rotation signs too.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// As many webhooks as an organization can have.
pub const MOST: i64 = 50;

/// How far webhooks reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, over https.
    Public,
    /// Anything, over http too: for development.
    Anywhere,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub enum State {
    /// The next attempt is to come.
    Waiting,
    /// The receiver has taken it.
    Delivered,
    /// No attempt got through, and none will be made unless it is asked for.
    Failed,
    /// The event is not there any more, and so it is not told.
    Gone,
}

/// Why the last attempt did not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryProblem)]
pub enum Problem {
    /// The name stands for an address that webhooks do not reach: a private one, or one of this very machine.
    ForbiddenAddress,
    /// There was no connection, or it broke.
    Unreachable,
    /// There was no answer within 15 seconds.
    TimedOut,
    /// The answer was not a 2xx; redirects are not followed.
    BadStatus,
}

/// Why a webhook is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DisabledBecause)]
pub enum Disabled {
    /// Somebody has switched it off.
    Asked,
    /// Nothing got through for five days.
    Failing,
    /// Its receiver has answered 410.
    Gone,
}

macro_rules! names {
    ($($kind:ident { $($variant:ident = $name:literal),+ })+) => {$(
        impl $kind {
            /// Its name, there as here.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The one of this name.
            pub fn named(name: &str) -> Option<Self> {
                [$(Self::$variant),+].into_iter().find(|one| one.name() == name)
            }
        }
    )+};
}

names! {
    State { Waiting = "waiting", Delivered = "delivered", Failed = "failed", Gone = "gone" }
    Problem { ForbiddenAddress = "forbidden_address", Unreachable = "unreachable", TimedOut = "timed_out", BadStatus = "bad_status" }
    Disabled { Asked = "asked", Failing = "failing", Gone = "gone" }
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx.
    Taken(u16),
    /// Any other answer, and when to come back, where it said so.
    Refused(u16, Option<SignedDuration>),
    /// No answer.
    Unheard(Problem),
}

impl Outcome {
    /// What it is counted as.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Taken(_) => "taken",
            Self::Refused(..) => "refused",
            Self::Unheard(_) => "unheard",
        }
    }
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it stands now.
    pub state: State,
    /// When it is tried again.
    pub due_at: Option<Timestamp>,
    /// What was answered, if anything.
    pub status: Option<u16>,
    /// What was wrong, if anything.
    pub problem: Option<Problem>,
    /// Whether the receiver wants nothing any more (410).
    pub is_gone: bool,
}

/// What becomes of a delivery after the attempt of this number, the first being 1; `dice` lies between 0 and 1.
pub fn verdict(outcome: Outcome, attempts: usize, now: Timestamp, dice: f64) -> Verdict {
    let (status, problem, wish) = match outcome {
        Outcome::Taken(status) => (Some(status), None, None),
        Outcome::Refused(status, wish) => (Some(status), Some(Problem::BadStatus), wish),
        Outcome::Unheard(problem) => (None, Some(problem), None),
    };
    let is_gone = status == Some(410);
    let interval = SCHEDULE.get(attempts.saturating_sub(1)).filter(|_| problem.is_some() && !is_gone);
    let due_at = interval.map(|seconds| {
        let stretched = (*seconds as f64 * 1000.0 * (1.0 + JITTER * dice)) as i64;
        now + SignedDuration::from_millis(stretched).max(wish.unwrap_or_default().min(LONGEST))
    });
    let state = match (problem, due_at) {
        (None, _) => State::Delivered,
        (Some(_), Some(_)) => State::Waiting,
        (Some(_), None) => State::Failed,
    };
    Verdict { state, due_at, status, problem, is_gone }
}
