//! Who may answer what, when (policy rule P2: it is up to you).

use crate::codes::Code;
use crate::cycles::rules::Phase;
use crate::members::rules::tidy;

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

/// What a member wants to be coached in: at most 20, in a few words each. They are the member's alone; nothing prints
/// them.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Topics(Vec<String>);

impl Topics {
    /// The same without the white space around each.
    pub fn tidied(self) -> Self {
        Self(self.0.iter().map(|topic| tidy(topic)).collect())
    }

    /// The topics themselves, for sealing and comparing.
    pub fn expose(&self) -> &[String] {
        &self.0
    }
}

impl From<Vec<String>> for Topics {
    fn from(topics: Vec<String>) -> Self {
        Self(topics)
    }
}

impl std::fmt::Debug for Topics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} topics", self.0.len())
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
