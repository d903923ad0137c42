//! When a reflection can be marked (policy rule P3: reflect first).

use crate::codes::Code;
use crate::cycles::rules::Phase;

/// Whether a reflection of a cycle in this phase can be marked complete, or taken up again.
///
/// # Errors
/// `cycle_not_open` once the cycle is over.
pub fn may_mark(phase: Phase) -> Result<(), Code> {
    match phase {
        Phase::Upcoming | Phase::Open => Ok(()),
        Phase::Closed | Phase::Cancelled => Err(Code::CycleNotOpen),
    }
}
