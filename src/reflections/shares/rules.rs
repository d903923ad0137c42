//! Who shares a reflection, and until when (policy rule P8: yours).

use crate::codes::Code;
use crate::pairings::rules::{Role, State};

/// Whether somebody in this role decides about it: whose reflection it is, and nobody else.
///
/// # Errors
/// `not_yours` for the coach.
pub fn may_decide(role: Role) -> Result<(), Code> {
    match role {
        Role::Coachee => Ok(()),
        Role::Coach => Err(Code::NotYours),
    }
}

/// Whether a reflection can be shared with a pairing in this state. Taking it back is always possible.
///
/// # Errors
/// `not_waiting` once the pairing is closed.
pub fn may_share(state: State) -> Result<(), Code> {
    match state {
        State::Requested | State::Active => Ok(()),
        State::Declined | State::Withdrawn | State::Expired | State::Completed | State::Ended | State::Lapsed => {
            Err(Code::NotWaiting)
        }
    }
}
