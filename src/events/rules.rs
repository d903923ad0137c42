//! What can happen, and from where on it is read: pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::codes::Code;

macro_rules! types {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventType {
            $($(#[doc = $doc])* $variant,)+
        }

        impl EventType {
            /// All of them, in the order in which they are explained.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name, `noun.past_verb`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What has happened then, and who is told, for people.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii()),+ }
            }
        }
    };
}

types! {
    /// A cycle was planned.
    CyclePlanned = "cycle.planned",
    /// A cycle has opened.
    CycleOpened = "cycle.opened",
    /// A cycle was renamed or moved.
    CycleChanged = "cycle.changed",
    /// A cycle was cancelled.
    CycleCancelled = "cycle.cancelled",
    /// A cycle has come to its end.
    CycleClosed = "cycle.closed",
    /// Somebody was asked to coach; the coach is told.
    PairingRequested = "pairing.requested",
    /// The coach has said yes; the coachee is told.
    PairingAccepted = "pairing.accepted",
    /// The coach has said no; the coachee is told.
    PairingDeclined = "pairing.declined",
    /// The coachee has taken a request back; the coach is told.
    PairingWithdrawn = "pairing.withdrawn",
    /// A request has had no answer in time; both are told.
    PairingExpired = "pairing.expired",
    /// A pairing has come to its good end; both are told, but for whoever has completed it.
    PairingCompleted = "pairing.completed",
    /// Somebody has ended a pairing, and the other is told; or the service has, because somebody has left.
    PairingEnded = "pairing.ended",
    /// The time of a pairing is over, and the two have not met, or not met again; both are told.
    PairingLapsed = "pairing.lapsed",
    /// A call was planned; the other is told.
    CheckInScheduled = "check_in.scheduled",
    /// A call has another start or length; the other is told.
    CheckInMoved = "check_in.moved",
    /// A call was held: the other is told of a mark, both of one that counts as held for want of one.
    CheckInHeld = "check_in.held",
    /// A call was marked as missed; the other is told.
    CheckInMissed = "check_in.missed",
    /// A call was cancelled; the other is told, or both where its time is over.
    CheckInCancelled = "check_in.cancelled",
    /// Something is to be done within two days, told once for each thing; what it is, is the recipient's business.
    NextStepDue = "next_step.due",
    /// Somebody is in the directory now.
    MemberJoined = "member.joined",
    /// What the directory says of somebody has changed.
    MemberChanged = "member.changed",
    /// Somebody was deactivated.
    MemberLeft = "member.left",
    /// Somebody is active again.
    MemberReturned = "member.returned",
    /// Somebody was erased.
    MemberErased = "member.erased",
    /// The policy has changed.
    PolicyChanged = "policy.changed",
    /// A webhook was disabled, by the service or by its receiver's 410.
    WebhookDisabled = "webhook.disabled",
    /// A webhook was tested; it alone is told.
    WebhookTested = "webhook.tested",
}

impl EventType {
    /// What an event of this type says beside its type and time.
    pub fn says(self) -> &'static [&'static str] {
        match self {
            Self::CyclePlanned | Self::CycleOpened | Self::CycleChanged | Self::CycleCancelled | Self::CycleClosed => {
                &["sequence", "cycle_id", "starts_at"]
            }
            Self::PairingRequested
            | Self::PairingAccepted
            | Self::PairingDeclined
            | Self::PairingWithdrawn
            | Self::PairingExpired
            | Self::PairingCompleted
            | Self::PairingEnded
            | Self::PairingLapsed => &["sequence", "recipient_id", "notify", "cycle_id", "pairing_id"],
            Self::CheckInScheduled
            | Self::CheckInMoved
            | Self::CheckInHeld
            | Self::CheckInMissed
            | Self::CheckInCancelled => {
                &["sequence", "recipient_id", "notify", "pairing_id", "check_in_id", "starts_at"]
            }
            Self::NextStepDue => &["sequence", "recipient_id", "notify", "due_at"],
            Self::MemberJoined | Self::MemberChanged | Self::MemberLeft | Self::MemberReturned | Self::MemberErased => {
                &["sequence", "member_id"]
            }
            Self::PolicyChanged => &["sequence"],
            Self::WebhookDisabled => &["sequence", "webhook_id"],
            Self::WebhookTested => &["webhook_id"],
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }
}

impl PartialSchema for EventType {
    fn schema() -> RefOr<Schema> {
        let meanings = Self::ALL.iter().map(|one| format!("- `{}`: {}", one.name(), one.meaning()));
        let description = format!("What happened.\n\n{}", meanings.collect::<Vec<_>>().join("\n"));
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|one| one.name())))
            .description(Some(description));
        schema.into()
    }
}

impl ToSchema for EventType {}

/// For how long events are kept, at the least.
#[derive(Clone, Copy, Debug)]
pub struct Kept(SignedDuration);

impl Default for Kept {
    fn default() -> Self {
        Self::days(30)
    }
}

impl Kept {
    /// So many days.
    pub fn days(days: u16) -> Self {
        Self(SignedDuration::from_hours(24 * i64::from(days)))
    }

    /// Up to when an event must have been recorded to be deleted now: a day later than it has to be, so that nothing goes
    /// that a cursor which still counts could ask for.
    pub fn forgets_before(self, now: Timestamp) -> Timestamp {
        now - self.0 - SignedDuration::from_hours(24)
    }
}

/// How far a reader has come. Transactions are numbered by each PostgreSQL on its own, so it says of which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The PostgreSQL.
    pub cluster: i64,
    /// The last transaction that was read of.
    pub transaction: i64,
    /// The last event of it.
    pub ordinal: i64,
    /// When that was.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub read_at: Timestamp,
}

impl Place {
    /// Whether everything since then is still there.
    ///
    /// # Errors
    /// `cursor_expired`.
    pub fn holds(&self, cluster: i64, kept: Kept, now: Timestamp) -> Result<(), Code> {
        if self.cluster != cluster || self.read_at + kept.0 < now { Err(Code::CursorExpired) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_nouns_and_past_verbs_and_lead_back() {
        for one in EventType::ALL {
            assert_eq!(EventType::named(one.name()), Some(*one));
            assert_eq!(one.name().split('.').count(), 2, "{one:?}");
            assert!(one.meaning().ends_with('.'), "{one:?}");
        }
        assert_eq!(EventType::named("pairing.*"), None);
    }

    #[test]
    fn a_cursor_is_good_where_it_was_made_and_for_as_long_as_events_are_kept() {
        let read_at: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let place = Place { cluster: 1, transaction: 7, ordinal: 3, read_at };
        let after = |hours| place.holds(1, Kept::days(30), read_at + SignedDuration::from_hours(hours));
        assert_eq!(after(24 * 30), Ok(()));
        assert_eq!(after(24 * 30 + 1), Err(Code::CursorExpired));
        assert_eq!(place.holds(2, Kept::days(30), read_at), Err(Code::CursorExpired));
        assert!(Kept::days(30).forgets_before(read_at) < read_at - SignedDuration::from_hours(24 * 30));
    }
}
