//! When a cycle's figures are published, and how: so that nobody who sees them can tell of a few people.

use jiff::Timestamp;

use crate::codes::Code;
use crate::cycles::rules::{Cycle, Phase};
use crate::error::{Error, Fact, Result};

/// Figures are multiples of this.
const STEP: i64 = 5;

/// How many people, each group a part of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Who could have taken part. Never published, but anybody can count the directory: so those who did not opt in are a
    /// group too.
    pub members: i64,
    /// Who had opted in.
    pub opted_in: i64,
    /// Of those, who had a coach: whose request was accepted.
    pub paired: i64,
    /// Of those, whose first call was held.
    pub kickoffs_held: i64,
    /// Of those, who completed a pairing.
    pub completed: i64,
}

/// What is published of them; null is withheld.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each figure is explained where it is served: statistics/http.rs")]
pub struct Figures {
    pub opted_in: Option<i32>,
    pub paired: Option<i32>,
    pub kickoffs_held: Option<i32>,
    pub completed: Option<i32>,
}

impl Figures {
    /// Each count is rounded down to a multiple of five, and that figure is withheld where it is smaller than the
    /// smallest group, or where the difference to the one before it is, unless they are equal. After one that is withheld
    /// all are: a later one would tell why it was.
    ///
    /// Nothing but the rounded figures decides. So whatever is published, the truth could be just these figures (the whole
    /// directory, where one is as large), with nobody in those that are withheld; and in that truth every group (a count,
    /// who is not in it, a difference of two) is empty or no smaller than the smallest group. Nobody can conclude that
    /// one of them is.
    pub fn published(counts: &Counts, smallest_group: i16) -> Self {
        let smallest = i64::from(smallest_group);
        let mut before = Some(rounded(counts.members));
        let mut next = |count: i64| {
            let figure = rounded(count);
            let fits = |before: &i64| figure >= smallest && (figure == *before || before - figure >= smallest);
            before = before.filter(fits).map(|_| figure);
            before.and_then(|figure| i32::try_from(figure).ok())
        };
        Self {
            opted_in: next(counts.opted_in),
            paired: next(counts.paired),
            kickoffs_held: next(counts.kickoffs_held),
            completed: next(counts.completed),
        }
    }
}

fn rounded(count: i64) -> i64 {
    count - count.rem_euclid(STEP)
}

/// The instant that a cycle's figures tell of: when its wrap-up is over, once it is.
///
/// # Errors
/// `not_found` where the cycle was cancelled; `statistics_not_yet` with that instant before it.
pub fn may_be_counted(cycle: &Cycle, wrap_up_days: i16, now: Timestamp) -> Result<Timestamp> {
    let over_at = cycle.wrap_up_ends_at(wrap_up_days);
    match cycle.phase(now) {
        Phase::Cancelled => Err(Code::NotFound.into()),
        Phase::Closed if over_at <= now => Ok(over_at),
        Phase::Upcoming | Phase::Open | Phase::Closed => {
            Err(Error::with_fact(Code::StatisticsNotYet, Fact::AvailableAt(over_at)))
        }
    }
}
