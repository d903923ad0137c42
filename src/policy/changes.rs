//! What can be changed of a policy, as it is asked for: a merge patch, applied by the verb under its lock.

use jiff::civil::Date;
use serde::Deserialize;
use serde_with::rust::double_option;
use utoipa::ToSchema;

use super::rules::Settings;

/// A question that helps to reflect.
#[derive(ToSchema)]
#[schema(value_type = String, format = "line", min_length = 1, max_length = 500)]
#[expect(
    dead_code,
    reason = "describes the entries of `questions` in the document, which is also how they are checked"
)]
pub struct Question(String);

/// What to change of the policy; an absent key keeps.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyPatch {
    /// The zone that cycles start and end in.
    #[schema(value_type = String, required = false, format = "time-zone", max_length = 64, example = "Europe/Lisbon")]
    time_zone: Option<String>,
    /// How many months a cycle lasts.
    #[schema(value_type = i16, required = false, minimum = 1, maximum = 24, example = 3)]
    cadence_months: Option<i16>,
    /// A day on which a cycle starts.
    #[schema(value_type = Date, required = false, example = "2022-01-01")]
    anchor_on: Option<Date>,
    /// After how many days an unanswered request expires.
    #[schema(value_type = i16, required = false, minimum = 1, maximum = 60, example = 7)]
    request_days: Option<i16>,
    /// In how many last days of a cycle nobody is asked any more.
    #[schema(value_type = i16, required = false, minimum = 0, maximum = 90, example = 14)]
    last_request_days: Option<i16>,
    /// How many days after a cycle's end its pairings stay open.
    #[schema(value_type = i16, required = false, minimum = 0, maximum = 60, example = 14)]
    wrap_up_days: Option<i16>,
    /// How many coaches a member may have in one cycle.
    #[schema(value_type = i16, required = false, minimum = 1, maximum = 20, example = 3)]
    max_coaches_per_cycle: Option<i16>,
    /// How many coachees a coach takes who has not said otherwise.
    #[schema(value_type = i16, required = false, minimum = 0, maximum = 20, example = 2)]
    default_coach_capacity: Option<i16>,
    /// Length of the first call, in minutes.
    #[schema(value_type = i16, required = false, minimum = 5, maximum = 240, example = 30)]
    kickoff_minutes: Option<i16>,
    /// Length of a weekly call, in minutes.
    #[schema(value_type = i16, required = false, minimum = 5, maximum = 240, example = 10)]
    weekly_minutes: Option<i16>,
    /// Length of the catch-up, in minutes.
    #[schema(value_type = i16, required = false, minimum = 5, maximum = 240, example = 30)]
    catch_up_minutes: Option<i16>,
    /// Whether a coach can be asked only after one's own reflection.
    #[schema(value_type = bool, required = false, example = true)]
    require_reflection: Option<bool>,
    /// Whether a colleague who is not in the directory becomes a member.
    #[schema(value_type = bool, required = false, example = true)]
    create_members: Option<bool>,
    /// Whether every member may see the four counts of a finished cycle.
    #[schema(value_type = bool, required = false, example = false)]
    statistics_for_members: Option<bool>,
    /// Counts below this many people are not told.
    #[schema(value_type = i16, required = false, minimum = 3, maximum = 100, example = 5)]
    smallest_group: Option<i16>,
    /// After how many months private texts are deleted; null: never.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<i16>, minimum = 3, maximum = 240, example = 24)]
    retention_months: Option<Option<i16>>,
    /// What a reflection asks.
    #[schema(value_type = Vec<Question>, required = false, min_items = 1, max_items = 12,
        example = json!(["What did you do well this quarter?"]))]
    questions: Option<Vec<String>>,
}

impl PolicyPatch {
    /// The settings with what this changes, and the names of what it changes.
    pub(super) fn apply_to(self, earlier: &Settings) -> (Settings, Vec<&'static str>) {
        let (mut settings, mut changed) = (earlier.clone(), Vec::new());
        macro_rules! apply {
            ($($name:ident)+) => {$(
                if let Some(value) = self.$name && value != settings.$name {
                    settings.$name = value;
                    changed.push(stringify!($name));
                }
            )+};
        }
        apply! {
            time_zone cadence_months anchor_on request_days last_request_days wrap_up_days max_coaches_per_cycle
            default_coach_capacity kickoff_minutes weekly_minutes catch_up_minutes require_reflection create_members
            statistics_for_members smallest_group retention_months questions
        }
        (settings, changed)
    }
}
