//! Who may ask whom, and when (policy rules P4 and P7): pure.

use jiff::Timestamp;

use crate::codes::Code;
use crate::cycles::rules::{Cycle, Phase};
use crate::participations::rules::Answer;

/// What a request is decided on.
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// Whether the coachee is still active: they may have left while the request waited for its turn.
    pub active: bool,
    /// The coachee's answer for this cycle.
    pub answer: Option<Answer>,
    /// Whether the coachee's reflection on it is complete.
    pub reflected: bool,
    /// Whether the policy asks for that.
    pub require_reflection: bool,
    /// How long a request waits.
    pub request_days: i16,
    /// In how many last days nobody is asked.
    pub last_request_days: i16,
    /// The coachee's places in use.
    pub places: Vec<i16>,
    /// How many there are.
    pub max_coaches: i16,
    /// Whether the coach would be the coachee.
    pub yourself: bool,
    /// Whether this very pair is already under way in this cycle, or met in it.
    pub already_asked: bool,
    /// Whether the first call of the coachee's last review was with this coach.
    pub coached_you_last_time: bool,
    /// Whether the coach is active, open to coaching and has a place left.
    pub available: bool,
    /// The number of this review in the coachee's life.
    pub review: i32,
}

/// Whether the coachee may ask this coach now, and for which of their places.
///
/// # Errors
/// The first refusal that applies, in the order in which a person could mend them.
pub fn may_request(facts: &RequestFacts, cycle: &Cycle, now: Timestamp) -> Result<i16, Code> {
    if !facts.active {
        return Err(Code::MemberInactive);
    }
    if cycle.phase(now) != Phase::Open {
        return Err(Code::CycleNotOpen);
    }
    if facts.yourself {
        return Err(Code::Yourself);
    }
    if facts.answer != Some(Answer::OptedIn) {
        return Err(Code::NotOptedIn);
    }
    if facts.require_reflection && !facts.reflected {
        return Err(Code::ReflectionMissing);
    }
    if now >= cycle.last_request_at(facts.last_request_days) {
        return Err(Code::TooLateThisCycle);
    }
    if facts.already_asked {
        return Err(Code::AlreadyAsked);
    }
    if facts.coached_you_last_time {
        return Err(Code::CoachedYouLastTime);
    }
    let place = free_place(&facts.places, facts.max_coaches).ok_or(Code::CoachesFull)?;
    if facts.available { Ok(place) } else { Err(Code::NotAvailable) }
}

/// The smallest free place, if any is. Places above a capacity that was lowered since may still be taken, and count.
pub fn free_place(taken: &[i16], capacity: i16) -> Option<i16> {
    let full = taken.len() >= usize::try_from(capacity).unwrap_or_default();
    if full { None } else { (1..=capacity).find(|place| !taken.contains(place)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_free_place_is_given() {
        assert_eq!(free_place(&[], 2), Some(1));
        assert_eq!(free_place(&[1, 3], 3), Some(2));
        assert_eq!(free_place(&[2, 1], 2), None);
        assert_eq!(free_place(&[2, 3], 2), None);
        assert_eq!(free_place(&[3], 2), Some(1));
        assert_eq!(free_place(&[], 0), None);
    }
}
