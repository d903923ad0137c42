//! What can go wrong on the way from a request to its answer.
//!
//! Verbs and rules return these; `?` lifts them; only `web/problem.rs` turns them into an answer.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::codes::Code;

/// The result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no answer of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Refused, with a code of the catalogue.
    #[error("{0}")]
    Refused(Refused),
    /// The request is malformed or invalid; every wrong place is named.
    #[error("{} wrong places", .0.len())]
    Invalid(Vec<Flaw>),
    /// The database or a lock could not be had in time, and nothing was stored; trying again may work.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The answer to a commit was lost: it was stored, or it was not. Trying again with the same key tells.
    #[error("nobody knows whether it was stored: {0}")]
    Unknown(String),
    /// A bug of ours. The text goes to the log, never to the caller.
    #[error("{0}")]
    Internal(String),
}

/// A refusal: its code, a sentence a person could read aloud, and a fact for the machine.
#[derive(Debug)]
pub struct Refused {
    /// The code of the catalogue.
    pub code: Code,
    /// What happened this time; where there is none, the code's title says enough. Never private text.
    pub detail: Option<String>,
    /// What this code adds to the problem.
    pub fact: Option<Fact>,
}

/// A member that a code adds to its problem (RFC 9457 section 3.2).
#[derive(Clone, Debug)]
pub enum Fact {
    /// The day on which the next cycle starts; none where none is planned.
    NextStartsOn(Option<Date>),
    /// Which kinds of call have not been held.
    Missing(&'static [&'static str]),
    /// From when on there is what was asked for.
    AvailableAt(Timestamp),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail.as_deref().unwrap_or(self.code.title()))
    }
}

/// One wrong place in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where it is.
    pub place: Place,
    /// Which kind of mistake, in lower_snake.
    pub code: &'static str,
    /// What belongs there. Never what was there: that may be private.
    pub detail: String,
    /// Whether the shape is wrong (400), rather than the value (422).
    pub malformed: bool,
}

/// Where in a request something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the body: a JSON Pointer (RFC 6901).
    Body(String),
    /// In the query: a parameter's name.
    Query(String),
    /// In a header: its name.
    Header(&'static str),
}

impl Error {
    /// A refusal that says more than its code.
    pub fn refused(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused(Refused { code, detail: Some(detail.into()), fact: None })
    }

    /// A value of the body that cannot be, at this JSON Pointer.
    pub fn invalid(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Flaw { place: Place::Body(pointer.into()), code, detail: detail.into(), malformed: false }])
    }

    /// A refusal with a fact for the machine.
    pub fn with_fact(code: Code, fact: Fact) -> Self {
        Self::Refused(Refused { code, detail: None, fact: Some(fact) })
    }

    /// The code this error is answered with.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refused) => refused.code,
            Self::Invalid(flaws) if flaws.iter().any(|flaw| flaw.malformed) => Code::Malformed,
            Self::Invalid(_) => Code::Invalid,
            Self::Unavailable(_) => Code::Unavailable,
            Self::Unknown(_) => Code::OutcomeUnknown,
            Self::Internal(_) => Code::Internal,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(Refused { code, detail: None, fact: None })
    }
}
