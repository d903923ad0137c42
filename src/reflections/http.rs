//! `/v1/cycles/{cycle_id}/reflection`

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::clock::At;
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::web::{Body, MaybeIfMatch, Shown, Versioned};

/// A member's own analysis of their job in one cycle. Only its author sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reflection {
    /// On which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    cycle_id: CycleId,
    /// Whether I have thought it through.
    #[schema(example = true)]
    complete: bool,
    /// When I marked it complete.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-03T16:40:00.000Z")]
    completed_at: Option<At>,
    /// The version of the policy whose questions it was started with; null before it was.
    #[schema(required, minimum = 1, example = 1)]
    policy_version: Option<i64>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for Reflection {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::Reflection> for Reflection {
    fn from(reflection: super::Reflection) -> Self {
        Self {
            cycle_id: reflection.cycle,
            complete: reflection.completed_at.is_some(),
            completed_at: reflection.completed_at.map(At),
            policy_version: reflection.policy_version,
            version: reflection.version,
        }
    }
}

/// Whether the reflection is complete.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkReflection {
    /// True when I have thought it through; what I think need not be written down.
    #[schema(example = true)]
    complete: bool,
}

/// Shows my reflection on a cycle.
///
/// Nobody else can ask, administrators included.
#[utoipa::path(tag = "reflections", params(CyclePath),
    responses((status = 200, description = "My reflection.", body = Reflection)))]
#[get("/cycles/{cycle_id}/reflection")]
async fn get_reflection(scope: Scope, path: web::Path<CyclePath>) -> Result<Shown<Reflection>> {
    super::get(&scope, path.cycle_id).await.map(Reflection::from).map(Shown)
}

/// Marks my reflection on a cycle complete.
///
/// Or takes it up again. Unless the policy says otherwise, a coach can be asked only once it is complete.
#[utoipa::path(tag = "reflections", params(CyclePath), request_body = MarkReflection,
    responses((status = 200, description = "My reflection as it is now.", body = Reflection)))]
#[put("/cycles/{cycle_id}/reflection")]
async fn put_reflection(
    scope: Scope,
    path: web::Path<CyclePath>,
    expected: MaybeIfMatch,
    body: Body<MarkReflection>,
) -> Result<Shown<Reflection>> {
    let marked =
        scope.write(async |tx| super::mark(tx, path.cycle_id, expected.versions(), body.complete).await).await?;
    Ok(Shown(marked.into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_reflection).service(put_reflection);
}
