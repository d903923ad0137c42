//! What a next step is derived from: all that is open for a member, and nothing that is over. Pure, like `rules.rs`.

use jiff::Timestamp;

use crate::check_ins::rules::Kind as CallKind;
use crate::cycles::rules::Cycle;
use crate::ids::{CheckInId, CycleId, MemberId, PairingId};
use crate::pairings::requests::RequestFacts;

/// What is known of a member. Only what is still open: what has become due was left out when it was read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The cycle that covers now, and the next that takes place.
    pub cycles: Vec<InCycle>,
    /// Requests that wait for the member's answer, the earliest due first.
    pub requests: Vec<Request>,
    /// When the first of the member's own requests expires.
    pub asked_until: Option<Timestamp>,
    /// Pairings in which the member is coached.
    pub pairings: Vec<UnderWay>,
    /// Calls of those that have started, and that nobody has marked.
    pub started: Vec<Started>,
    /// When the next of those calls starts.
    pub next_call_at: Option<Timestamp>,
    /// Whether no colleague could be asked in the current cycle.
    pub nobody_to_ask: bool,
}

/// A cycle, and how the member stands in it.
#[derive(Clone, Debug)]
pub struct InCycle {
    /// The cycle.
    pub cycle: Cycle,
    /// What a request of the member's would be decided on, if it was to a colleague who could be asked.
    pub request: RequestFacts,
    /// The member's places as a coach in use.
    pub taken: Vec<i16>,
    /// How many there are.
    pub capacity: i16,
}

/// A request that waits for the member's answer.
#[derive(Clone, Debug)]
pub struct Request {
    /// The pairing it would be.
    pub pairing: PairingId,
    /// In which cycle.
    pub cycle: CycleId,
    /// Who has asked.
    pub coachee: Partner,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What there is of a first call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstCall {
    /// None.
    Missing,
    /// One that starts when the cycle is over, since its end was moved: it will not take place.
    TooLate(CheckInId),
    /// One that is planned, and will count as held.
    Planned,
    /// It was held.
    Held,
}

/// A pairing in which the member is coached.
#[derive(Clone, Debug)]
pub struct UnderWay {
    /// The pairing.
    pub pairing: PairingId,
    /// Its cycle.
    pub cycle: CycleId,
    /// Who coaches.
    pub coach: Partner,
    /// When the coach said yes.
    pub accepted_at: Timestamp,
    /// When its cycle ends.
    pub cycle_ends_at: Timestamp,
    /// When it closes by itself: with a first call at the end of the wrap-up, without one at the end of the cycle.
    pub closes_at: Timestamp,
    /// What there is of a first call.
    pub first_call: FirstCall,
    /// Whether a later one was held, or is planned and will count as held.
    pub caught_up: bool,
    /// How many calls it has, whatever became of them.
    pub known: i64,
}

/// A call that has started, and that nobody has marked.
#[derive(Clone, Debug)]
pub struct Started {
    /// The call.
    pub check_in: CheckInId,
    /// In which pairing.
    pub pairing: PairingId,
    /// In which cycle.
    pub cycle: CycleId,
    /// When that ends.
    pub cycle_ends_at: Timestamp,
    /// Who coaches.
    pub coach: Partner,
    /// Which kind of call.
    pub kind: CallKind,
    /// When it started.
    pub starts_at: Timestamp,
    /// When it counts as held.
    pub counts_at: Timestamp,
}

/// The other one of a pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in a pairing")]
pub struct Partner {
    pub id: MemberId,
    pub name: String,
}
