//! `/v1/cycles/{cycle_id}/participation`

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{Answer, Topics};
use crate::clock::At;
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::web::{Body, MaybeIfMatch, Shown, Versioned};

/// What I want to be coached in, in a few words.
#[derive(ToSchema)]
#[schema(value_type = String, format = "line", min_length = 1, max_length = 120, example = "Kubernetes")]
#[expect(dead_code, reason = "describes the entries of lists in the document, which is also how they are checked")]
pub struct NamedTopic(String);

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
    /// What I want to be coached in. Nobody else sees it, my coach included.
    #[schema(max_items = 20, value_type = Vec<NamedTopic>, example = json!(["Kubernetes"]))]
    topics: Topics,
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
            topics: participation.topics,
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
    /// What I want to be coached in, in the place of what I named before; absent means nothing. Whoever knows one of these
    /// topics well (upper and lower case, accents and spaces aside) is suggested first as my coach. Nobody else sees
    /// them.
    #[serde(default)]
    #[schema(required = false, max_items = 20, value_type = Vec<NamedTopic>, example = json!(["Kubernetes"]))]
    topics: Topics,
}

/// Shows my answer for a cycle.
///
/// Whether I take part, and the topics that I have named. Nobody else can ask, administrators included.
#[utoipa::path(tag = "participations", params(CyclePath),
    responses((status = 200, description = "My answer.", body = Participation)))]
#[get("/cycles/{cycle_id}/participation")]
async fn get_participation(scope: Scope, path: web::Path<CyclePath>) -> Result<Shown<Participation>> {
    super::get(&scope, path.cycle_id).await.map(Participation::from).map(Shown)
}

/// Gives my answer for a cycle.
///
/// From the moment the cycle is listed. Opting out is possible at any time: requests of mine are withdrawn and pairings
/// in which I am coached end. The topics are those of this request: without any, there are none.
#[utoipa::path(tag = "participations", params(CyclePath), request_body = GiveAnswer,
    responses((status = 200, description = "My answer as it is now.", body = Participation)))]
#[put("/cycles/{cycle_id}/participation")]
async fn put_participation(
    scope: Scope,
    path: web::Path<CyclePath>,
    expected: MaybeIfMatch,
    body: Body<GiveAnswer>,
) -> Result<Shown<Participation>> {
    let GiveAnswer { answer, topics } = body.into_inner();
    let given =
        scope.write(async |tx| super::answer(tx, path.cycle_id, expected.versions(), answer, topics).await).await?;
    Ok(Shown(given.into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_participation).service(put_participation);
}
