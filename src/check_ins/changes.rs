//! What can be planned and moved, as it is asked for: checked by the verbs, under the locks.

use serde::Deserialize;
use serde_with::rust::double_option;
use utoipa::ToSchema;

use super::rules::Kind;
use crate::clock::At;
use crate::text::PrivateText;

/// A call to plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCheckIn {
    /// Which kind of call.
    #[schema(example = "kickoff")]
    pub kind: Kind,
    /// When it starts, with whatever offset. An instant that has passed is fine ("we talked
    /// yesterday"), though not one before the request was accepted.
    #[schema(value_type = String, format = "date-time", max_length = 40, example = "2026-10-08T14:00:00+01:00")]
    pub starts_at: At,
    /// How long it takes, in minutes; what the policy says of this kind where it is absent.
    #[schema(value_type = i16, required = false, minimum = 5, maximum = 240, example = 30)]
    pub duration_minutes: Option<i16>,
    /// Where to join it, over https.
    #[schema(value_type = String, required = false, format = "https-url", max_length = 2000, example = "https://meet.example.com/ana-and-ben")]
    pub join_url: Option<PrivateText>,
}

/// What to change of a call; an absent key keeps, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckInPatch {
    /// When it starts: not before the request was accepted, and before the pairing closes.
    #[schema(value_type = String, required = false, format = "date-time", max_length = 40, example = "2026-10-09T09:30:00Z")]
    pub starts_at: Option<At>,
    /// How long it takes, in minutes.
    #[schema(value_type = i16, required = false, minimum = 5, maximum = 240, example = 30)]
    pub duration_minutes: Option<i16>,
    /// Where to join it, over https.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<String>, format = "https-url", max_length = 2000, example = "https://meet.example.com/ana-and-ben")]
    pub join_url: Option<Option<PrivateText>>,
}

/// Weekly calls to plan at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSeries {
    /// When the first one starts, not before the request was accepted; the others follow on the same weekday at the same time
    /// on the clock.
    #[schema(value_type = String, format = "date-time", max_length = 40, example = "2026-10-15T09:00:00Z")]
    pub starts_at: At,
    /// On whose clock: mine, or else the organization's, where it is absent.
    #[schema(value_type = String, required = false, format = "time-zone", max_length = 64, example = "Europe/Lisbon")]
    pub time_zone: Option<String>,
    /// How long each takes, in minutes; what the policy says where it is absent.
    #[schema(value_type = i16, required = false, minimum = 5, maximum = 240, example = 10)]
    pub duration_minutes: Option<i16>,
    /// Where to join all of them, over https.
    #[schema(value_type = String, required = false, format = "https-url", max_length = 2000, example = "https://meet.example.com/ana-and-ben")]
    pub join_url: Option<PrivateText>,
}
