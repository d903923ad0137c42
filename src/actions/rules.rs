//! What an action is, and who can go on with it when (policy rules P5, P6 and P8): pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes::Code;
use crate::ids::{ActionId, MemberId, PairingId, ProgressId};
use crate::pairings::rules::{Role, State as PairingState};
use crate::text::PrivateText;

/// What the coachee will do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ActionKind)]
pub enum Kind {
    /// Do it from now on.
    Start,
    /// Do it no longer.
    Stop,
    /// Go on doing it.
    Continue,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Start, Self::Stop, Self::Continue];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Continue => "continue",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where an action stands. It is a plan, not a workflow: from any state it can go to any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ActionState)]
pub enum State {
    /// Nobody has begun with it.
    Open,
    /// The coachee is at it.
    InProgress,
    /// It is achieved.
    Done,
    /// It is not meant any more.
    Dropped,
}

impl State {
    const ALL: [Self; 4] = [Self::Open, Self::InProgress, Self::Done, Self::Dropped];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What can be done with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ActionVerb)]
pub enum Verb {
    /// Change its text, its kind or its state (PATCH).
    Update,
    /// Say how it goes.
    AddProgress,
}

/// Something the coachee will start, stop or continue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each fact is explained where it is served: actions/http.rs")]
pub struct Action {
    pub id: ActionId,
    pub version: i64,
    pub pairing: PairingId,
    /// Where the pairing stands now.
    pub pairing_state: PairingState,
    pub coachee: MemberId,
    pub coach: MemberId,
    pub kind: Kind,
    pub text: PrivateText,
    pub state: State,
    pub created_by: Role,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Action {
    /// Which of the two this member is, if either.
    pub fn role_of(&self, member: MemberId) -> Option<Role> {
        if member == self.coachee {
            Some(Role::Coachee)
        } else if member == self.coach {
            Some(Role::Coach)
        } else {
            None
        }
    }

    /// Whether somebody in this role can go on with it: either of the two while the pairing is active; afterwards the
    /// coachee, whose plan it is.
    ///
    /// # Errors
    /// `not_yours` for the coach of a pairing that is over; `not_waiting` where a pairing never was active.
    pub fn permits(&self, role: Role) -> Result<(), Code> {
        match (self.pairing_state, role) {
            (PairingState::Active, Role::Coachee | Role::Coach)
            | (PairingState::Completed | PairingState::Ended | PairingState::Lapsed, Role::Coachee) => Ok(()),
            (PairingState::Completed | PairingState::Ended | PairingState::Lapsed, Role::Coach) => Err(Code::NotYours),
            (
                PairingState::Requested | PairingState::Declined | PairingState::Withdrawn | PairingState::Expired,
                Role::Coachee | Role::Coach,
            ) => Err(Code::NotWaiting),
        }
    }

    /// What somebody in this role can do with it now.
    pub fn allowed(&self, role: Role) -> &'static [Verb] {
        if self.permits(role).is_ok() { &[Verb::Update, Verb::AddProgress] } else { &[] }
    }
}

/// One entry of an action's progress: it is added, and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each fact is explained where it is served: actions/http.rs")]
pub struct Progress {
    pub id: ProgressId,
    pub action: ActionId,
    pub text: PrivateText,
    pub by: Role,
    pub made_at: Timestamp,
}

/// As many actions as a pairing can have, dropped ones too. Far more than come of a conversation, and so few that all of
/// them can be read at once.
pub const MOST_ACTIONS: i64 = 50;

/// As many entries of progress as an action can have: two for each day of a quarter, and so few that nobody can fill the
/// database with them.
pub const MOST_PROGRESS: i64 = 200;

/// Whether a pairing that stands like this, with so many actions, takes another one.
///
/// # Errors
/// `not_waiting` where it is not active: its end stops new writing; `actions_full`.
pub fn may_add(pairing: PairingState, known: i64) -> Result<(), Code> {
    match pairing {
        PairingState::Active if known >= MOST_ACTIONS => Err(Code::ActionsFull),
        PairingState::Active => Ok(()),
        PairingState::Requested
        | PairingState::Declined
        | PairingState::Withdrawn
        | PairingState::Expired
        | PairingState::Completed
        | PairingState::Ended
        | PairingState::Lapsed => Err(Code::NotWaiting),
    }
}

/// Whether an action with so many entries of progress takes another one.
///
/// # Errors
/// `progress_full`.
pub fn may_add_progress(known: i64) -> Result<(), Code> {
    if known < MOST_PROGRESS { Ok(()) } else { Err(Code::ProgressFull) }
}
