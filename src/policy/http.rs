//! `/v1/policy`

use actix_web::{get, patch};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::changes::{PolicyPatch, Question};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::web::{IfMatch, MergePatch, Shown, Versioned};

/// An organization's settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policy {
    /// Counts up with each change.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    /// When this version was written.
    #[schema(example = "2026-10-01T08:00:00.000Z")]
    written_at: At,
    /// The zone that cycles start and end in, as the IANA names it.
    #[schema(format = "time-zone", max_length = 64, example = "Europe/Lisbon")]
    time_zone: String,
    /// How many months a cycle lasts.
    #[schema(minimum = 1, maximum = 24, example = 3)]
    cadence_months: i16,
    /// A day on which a cycle starts; the others follow from it by the cadence.
    #[schema(example = "2022-01-01")]
    anchor_on: Date,
    /// After how many days an unanswered request expires.
    #[schema(minimum = 1, maximum = 60, example = 7)]
    request_days: i16,
    /// In how many last days of a cycle nobody is asked any more.
    #[schema(minimum = 0, maximum = 90, example = 14)]
    last_request_days: i16,
    /// How many days after a cycle's end its pairings stay open for the last call.
    #[schema(minimum = 0, maximum = 60, example = 14)]
    wrap_up_days: i16,
    /// How many coaches a member may have in one cycle.
    #[schema(minimum = 1, maximum = 20, example = 3)]
    max_coaches_per_cycle: i16,
    /// How many coachees a coach takes who has not said otherwise.
    #[schema(minimum = 0, maximum = 20, example = 2)]
    default_coach_capacity: i16,
    /// Length of the first call, in minutes.
    #[schema(minimum = 5, maximum = 240, example = 30)]
    kickoff_minutes: i16,
    /// Length of a weekly call, in minutes.
    #[schema(minimum = 5, maximum = 240, example = 10)]
    weekly_minutes: i16,
    /// Length of the catch-up, in minutes.
    #[schema(minimum = 5, maximum = 240, example = 30)]
    catch_up_minutes: i16,
    /// Whether a coach can be asked only after one's own reflection.
    #[schema(example = true)]
    require_reflection: bool,
    /// Whether a colleague with a good token who is not in the directory becomes a member.
    #[schema(example = true)]
    create_members: bool,
    /// Whether every member may see the four counts of a finished cycle.
    #[schema(example = false)]
    statistics_for_members: bool,
    /// Counts below this many people are not told.
    #[schema(minimum = 3, maximum = 100, example = 5)]
    smallest_group: i16,
    /// After how many months private texts are deleted; null: never.
    #[schema(required, minimum = 3, maximum = 240, example = json!(null))]
    retention_months: Option<i16>,
    /// What a reflection asks.
    #[schema(min_items = 1, max_items = 12, value_type = Vec<Question>,
        example = json!(["What did you do well this quarter?"]))]
    questions: Vec<String>,
}

impl Versioned for Policy {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::Policy> for Policy {
    fn from(policy: super::Policy) -> Self {
        let super::Policy { version, written_at, settings: s } = policy;
        Self {
            version,
            written_at: written_at.into(),
            time_zone: s.time_zone,
            cadence_months: s.cadence_months,
            anchor_on: s.anchor_on,
            request_days: s.request_days,
            last_request_days: s.last_request_days,
            wrap_up_days: s.wrap_up_days,
            max_coaches_per_cycle: s.max_coaches_per_cycle,
            default_coach_capacity: s.default_coach_capacity,
            kickoff_minutes: s.kickoff_minutes,
            weekly_minutes: s.weekly_minutes,
            catch_up_minutes: s.catch_up_minutes,
            require_reflection: s.require_reflection,
            create_members: s.create_members,
            statistics_for_members: s.statistics_for_members,
            smallest_group: s.smallest_group,
            retention_months: s.retention_months,
            questions: s.questions,
        }
    }
}

/// Shows the policy.
///
/// The organization's settings, in the newest version. A cycle follows the version that was the newest before it
/// started.
#[utoipa::path(tag = "policy", responses((status = 200, description = "The policy.", body = Policy)))]
#[get("/policy")]
async fn get_policy(scope: Scope) -> Result<Shown<Policy>> {
    scope.read(async |tx| super::get(tx).await).await.map(Policy::from).map(Shown)
}

/// Changes the policy.
///
/// For administrators. Cycles that have started keep their rules; a new cadence, anchor or zone plans the upcoming
/// cycles anew that nobody has opted into.
#[utoipa::path(
    tag = "policy",
    request_body(content = PolicyPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The new version.", body = Policy))
)]
#[patch("/policy")]
async fn update_policy(scope: Scope, expected: IfMatch, patch: MergePatch<PolicyPatch>) -> Result<Shown<Policy>> {
    scope
        .write(async |tx| super::change(tx, expected.versions(), patch.into_inner()).await)
        .await
        .map(Policy::from)
        .map(Shown)
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_policy).service(update_policy);
}
