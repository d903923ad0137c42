//! What an insight is, who gives it when, and whose it is then (policy rules P5 and P8): pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes::Code;
use crate::ids::{InsightId, MemberId, PairingId};
use crate::pairings::rules::{Role, State as PairingState};
use crate::text::PrivateText;

/// What the coachee can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InsightKind)]
pub enum Kind {
    /// A strength to build on.
    Leverage,
    /// Something that holds them back.
    Drag,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Leverage, Self::Drag];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leverage => "leverage",
            Self::Drag => "drag",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What can be done with an insight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InsightVerb)]
pub enum Verb {
    /// Delete it.
    Delete,
}

/// What the coach has told the coachee. It is given and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each fact is explained where it is served: insights/http.rs")]
pub struct Insight {
    pub id: InsightId,
    pub pairing: PairingId,
    pub coachee: MemberId,
    pub coach: MemberId,
    pub kind: Kind,
    pub text: PrivateText,
    pub given_at: Timestamp,
}

impl Insight {
    /// The only version that there is of it.
    pub const VERSION: i64 = 1;

    /// Whether this member can delete it: the coachee, whose it is since it was given, at any time. What the coach has
    /// said is said.
    ///
    /// # Errors
    /// `not_yours` for the coach; `not_found` for whoever is neither.
    pub fn may_delete(&self, member: MemberId) -> Result<(), Code> {
        if member == self.coachee {
            Ok(())
        } else if member == self.coach {
            Err(Code::NotYours)
        } else {
            Err(Code::NotFound)
        }
    }

    /// What this member can do with it.
    pub fn allowed(&self, member: MemberId) -> &'static [Verb] {
        if self.may_delete(member).is_ok() { &[Verb::Delete] } else { &[] }
    }
}

/// As many insights as a pairing can have: far more than one takes in, and so few that all of them can be read at once.
pub const MOST_INSIGHTS: i64 = 50;

/// Whether somebody in this role can give one more, in a pairing that stands like this and has so many.
///
/// # Errors
/// `not_yours` for the coachee; `not_waiting` where the pairing is not active; `insights_full`.
pub fn may_give(role: Role, pairing: PairingState, known: i64) -> Result<(), Code> {
    match (role, pairing) {
        (Role::Coachee, _) => Err(Code::NotYours),
        (Role::Coach, PairingState::Active) if known >= MOST_INSIGHTS => Err(Code::InsightsFull),
        (Role::Coach, PairingState::Active) => Ok(()),
        (
            Role::Coach,
            PairingState::Requested
            | PairingState::Declined
            | PairingState::Withdrawn
            | PairingState::Expired
            | PairingState::Completed
            | PairingState::Ended
            | PairingState::Lapsed,
        ) => Err(Code::NotWaiting),
    }
}
