//! Who may answer what, when (policy rule P2: it is up to you).

use crate::codes::Code;
use crate::cycles::rules::Phase;

/// A member's answer for one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "opted_in")]
pub enum Answer {
    /// Takes part, and may ask for a coach.
    OptedIn,
    /// Sits this one out; is an answer too, so nobody is asked for ever.
    NotThisTime,
}

impl Answer {
    /// The name that is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptedIn => "opted_in",
            Self::NotThisTime => "not_this_time",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        [Self::OptedIn, Self::NotThisTime].into_iter().find(|answer| answer.name() == name)
    }
}

/// Whether this answer can be given now. One can opt in from the moment a cycle is listed until it ends, and opt out of
/// what one has opted in to at any time.
///
/// # Errors
/// `cycle_not_open`
pub fn may_answer(phase: Phase, earlier: Option<Answer>, answer: Answer) -> Result<(), Code> {
    match (phase, earlier, answer) {
        (Phase::Upcoming | Phase::Open, _, _)
        | (Phase::Closed | Phase::Cancelled, Some(Answer::OptedIn), Answer::NotThisTime) => Ok(()),
        (Phase::Closed | Phase::Cancelled, _, _) => Err(Code::CycleNotOpen),
    }
}
