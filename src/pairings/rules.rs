//! What may happen to a pairing, when, by whom (policy rule P4): pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes::Code;
use crate::ids::{CycleId, MemberId, PairingId};

/// Where a pairing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PairingState)]
pub enum State {
    /// The coachee has asked; the coach has not answered.
    Requested,
    /// They work together.
    Active,
    /// The coach said no.
    Declined,
    /// The coachee took the request back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
    /// They met, and met again.
    Completed,
    /// One of the two ended it, or the service did when somebody left.
    Ended,
    /// Time passed without the calls that would have completed it.
    Lapsed,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Requested,
        Self::Active,
        Self::Declined,
        Self::Withdrawn,
        Self::Expired,
        Self::Completed,
        Self::Ended,
        Self::Lapsed,
    ];

    /// The name that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Completed => "completed",
            Self::Ended => "ended",
            Self::Lapsed => "lapsed",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Which of the two somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Is coached.
    Coachee,
    /// Coaches.
    Coach,
}

/// Who ended a pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The coachee.
    Coachee,
    /// The coach.
    Coach,
    /// The service, because one of them left.
    System,
}

impl EndedBy {
    /// The name that is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coachee => "coachee",
            Self::Coach => "coach",
            Self::System => "system",
        }
    }

    /// What a stored name means.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Coachee, Self::Coach, Self::System].into_iter().find(|by| by.name() == name)
    }
}

/// What can be done with a pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The coach says yes.
    Accept,
    /// The coach says no.
    Decline,
    /// The coachee takes the request back.
    Withdraw,
    /// Either closes it early, once they have met and met again.
    Complete,
    /// Either ends it; no reason is owed.
    End,
}

/// What the clock does next unless somebody acts. Stored beside the state, so that reading and settling only compare an
/// instant. Once there are calls, they decide it: `foresee` in `settle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// What the pairing is from then on.
    pub state: State,
}

impl Due {
    /// A request waits for its answer for some days, and not beyond its cycle.
    pub fn of_request(requested_at: Timestamp, request_days: i16, cycle_ends_at: Timestamp) -> Self {
        let patience = SignedDuration::from_hours(24 * i64::from(request_days));
        let patient_until = requested_at.saturating_add(patience).unwrap_or(cycle_ends_at);
        Self { at: patient_until.min(cycle_ends_at), state: State::Expired }
    }

    /// Without a first call, a pairing lapses at its cycle's end.
    pub fn of_active(cycle_ends_at: Timestamp) -> Self {
        Self { at: cycle_ends_at, state: State::Lapsed }
    }
}

/// One coachee with one coach in one cycle, as the clock has it now.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each fact is explained where it is served: pairings/http.rs")]
pub struct Pairing {
    pub id: PairingId,
    pub version: i64,
    pub cycle: CycleId,
    pub coachee: MemberId,
    pub coach: MemberId,
    pub state: State,
    pub requested_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub ended_by: Option<EndedBy>,
    pub due: Option<Due>,
    /// Whether the first call took place.
    pub kickoff_held: bool,
    /// Whether a later one did.
    pub caught_up: bool,
}

impl Pairing {
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

    /// What somebody in this role can do with it now.
    pub fn allowed(&self, role: Role) -> &'static [Verb] {
        match (self.state, role) {
            (State::Requested, Role::Coach) => &[Verb::Accept, Verb::Decline],
            (State::Requested, Role::Coachee) => &[Verb::Withdraw],
            (State::Active, Role::Coach | Role::Coachee) if self.missing().is_empty() => &[Verb::Complete, Verb::End],
            (State::Active, Role::Coach | Role::Coachee) => &[Verb::End],
            (
                State::Declined | State::Withdrawn | State::Expired | State::Completed | State::Ended | State::Lapsed,
                Role::Coach | Role::Coachee,
            ) => &[],
        }
    }

    /// Whether this member may do this now.
    ///
    /// # Errors
    /// `not_yours` where the other of the two could; `incomplete` while calls are missing that completing asks for;
    /// `not_waiting` where the pairing has moved on; `not_found` for whoever is neither.
    pub fn permits(&self, verb: Verb, member: MemberId) -> Result<Role, Code> {
        let role = self.role_of(member).ok_or(Code::NotFound)?;
        let other = if role == Role::Coach { Role::Coachee } else { Role::Coach };
        if self.allowed(role).contains(&verb) {
            Ok(role)
        } else if self.allowed(other).contains(&verb) {
            Err(Code::NotYours)
        } else if verb == Verb::Complete && self.state == State::Active {
            Err(Code::Incomplete)
        } else {
            Err(Code::NotWaiting)
        }
    }

    /// The calls that completing still asks for.
    pub fn missing(&self) -> &'static [&'static str] {
        match (self.kickoff_held, self.caught_up) {
            (false, false) => &["kickoff", "catch_up"],
            (false, true) => &["kickoff"],
            (true, false) => &["catch_up"],
            (true, true) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_never_outlives_its_cycle() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (asked, end) = (at("2026-12-15T10:00:00Z"), at("2027-01-01T00:00:00Z"));
        assert_eq!(Due::of_request(asked, 7, end).at, at("2026-12-22T10:00:00Z"));
        assert_eq!(Due::of_request(asked, 30, end).at, end);
    }

    #[test]
    fn what_is_allowed_is_what_is_permitted() {
        let at = Timestamp::UNIX_EPOCH;
        let (coachee, coach, stranger) = (MemberId::new(), MemberId::new(), MemberId::new());
        for (state, completable) in State::ALL.into_iter().flat_map(|state| [(state, false), (state, true)]) {
            let pairing = Pairing {
                id: PairingId::new(),
                version: 1,
                cycle: CycleId::new(),
                coachee,
                coach,
                state,
                requested_at: at,
                accepted_at: None,
                closed_at: None,
                ended_by: None,
                due: None,
                kickoff_held: completable,
                caught_up: completable,
            };
            for verb in [Verb::Accept, Verb::Decline, Verb::Withdraw, Verb::Complete, Verb::End] {
                for (member, role) in [(coachee, Role::Coachee), (coach, Role::Coach)] {
                    assert_eq!(pairing.permits(verb, member).is_ok(), pairing.allowed(role).contains(&verb));
                }
                assert_eq!(pairing.permits(verb, stranger), Err(Code::NotFound));
            }
        }
    }
}
