//! `/v1/cycles/{cycle_id}/participation`

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::Answer;
use crate::clock::At;
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::web::{Body, MaybeIfMatch, Shown, Versioned};

/// A member's answer for one cycle. Only that member sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Participation {
    /// For which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    cycle_id: CycleId,
    /// The answer; null where there is none yet.
    #[schema(required, example = "opted_in")]
    answer: Option<Answer>,
    /// When it was given.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-02T08:15:00.000Z")]
    answered_at: Option<At>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for Participation {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::Participation> for Participation {
    fn from(participation: super::Participation) -> Self {
        Self {
            cycle_id: participation.cycle,
            answer: participation.answer,
            answered_at: participation.answered_at.map(At),
            version: participation.version,
        }
    }
}

/// An answer to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveAnswer {
    /// `opted_in`, or `not_this_time`; no reason is asked.
    #[schema(example = "opted_in")]
    answer: Answer,
}

/// Shows my answer for a cycle.
///
/// Whether I take part. Nobody else can ask, administrators included.
#[utoipa::path(tag = "participations", params(CyclePath),
    responses((status = 200, description = "My answer.", body = Participation)))]
#[get("/cycles/{cycle_id}/participation")]
async fn get_participation(scope: Scope, path: web::Path<CyclePath>) -> Result<Shown<Participation>> {
    super::get(&scope, path.cycle_id).await.map(Participation::from).map(Shown)
}

/// Gives my answer for a cycle.
///
/// From the moment the cycle is listed. Opting out is possible at any time: requests of mine are withdrawn and pairings
/// in which I am coached end.
#[utoipa::path(tag = "participations", params(CyclePath), request_body = GiveAnswer,
    responses((status = 200, description = "My answer as it is now.", body = Participation)))]
#[put("/cycles/{cycle_id}/participation")]
async fn put_participation(
    scope: Scope,
    path: web::Path<CyclePath>,
    expected: MaybeIfMatch,
    body: Body<GiveAnswer>,
) -> Result<Shown<Participation>> {
    let given =
        scope.write(async |tx| super::answer(tx, path.cycle_id, expected.versions(), body.answer).await).await?;
    Ok(Shown(given.into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_participation).service(put_participation);
}
