//! `/v1/pairings/{pairing_id}/reflection`, `/v1/pairings/{pairing_id}/reflection-share`

use actix_web::{HttpResponse, delete, get, put, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::http::AnsweredQuestion;
use super::Shared;
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{CycleId, PairingId};
use crate::pairings::http::PairingPath;
use crate::web::{MaybeIfMatch, NoBody, Shown, Versioned};

/// The coachee's reflection on the cycle of a pairing, as one of the two reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairingReflection {
    /// Of which pairing.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: PairingId,
    /// On which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    cycle_id: CycleId,
    /// Whether the coachee shares it with this pairing. Where they do not, the coach does not come here at all.
    #[schema(example = true)]
    shared: bool,
    /// Whether the coachee has thought it through.
    #[schema(example = true)]
    complete: bool,
    /// When they marked it complete.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-03T16:40:00.000Z")]
    completed_at: Option<At>,
    /// When they last changed it; null before they started it.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-03T16:40:00.000Z")]
    updated_at: Option<At>,
    /// The version of the policy whose questions it was started with; null before it was.
    #[schema(required, minimum = 1, example = 1)]
    policy_version: Option<i64>,
    /// The questions of that version, each with the coachee's answer.
    #[schema(min_items = 1, max_items = 12)]
    questions: Vec<AnsweredQuestion>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for PairingReflection {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<Shared> for PairingReflection {
    fn from(Shared { pairing, shared, reflection }: Shared) -> Self {
        Self {
            pairing_id: pairing,
            cycle_id: reflection.cycle,
            shared,
            complete: reflection.completed_at.is_some(),
            completed_at: reflection.completed_at.map(At),
            updated_at: reflection.updated_at.map(At),
            policy_version: reflection.policy_version,
            questions: AnsweredQuestion::each(reflection.questions, reflection.answers),
            version: reflection.version,
        }
    }
}

/// Shows the coachee's reflection on the cycle of a pairing.
///
/// To the coachee always; to the coach if it is shared with this pairing, from the acceptance on: as it is now, also when
/// the pairing is over, until it is taken back. For everyone else, and for the coach otherwise, there is nothing here.
#[utoipa::path(tag = "reflections", params(PairingPath),
    responses((status = 200, description = "The reflection.", body = PairingReflection)))]
#[get("/pairings/{pairing_id}/reflection")]
async fn get_pairing_reflection(scope: Scope, path: web::Path<PairingPath>) -> Result<Shown<PairingReflection>> {
    let shared = scope.read(async |tx| super::get(tx, path.pairing_id).await).await?;
    Ok(Shown(shared.into()))
}

/// Shares my reflection on the cycle of a pairing with its coach.
///
/// As the coachee, while the pairing is requested or active. The coach reads it as soon as they have accepted, and sees
/// each change that I make. Shared already, it stays so. `If-Match` is the ETag of the reflection that I mean to share.
#[utoipa::path(tag = "reflections", params(PairingPath),
    responses((status = 200, description = "The reflection, shared.", body = PairingReflection)))]
#[put("/pairings/{pairing_id}/reflection-share")]
async fn put_reflection_share(
    scope: Scope,
    path: web::Path<PairingPath>,
    expected: MaybeIfMatch,
    _: NoBody,
) -> Result<Shown<PairingReflection>> {
    let shared = scope.write(async |tx| super::put(tx, path.pairing_id, expected.versions()).await).await?;
    Ok(Shown(shared.into()))
}

/// Takes my reflection back from the coach of a pairing.
///
/// As the coachee, at any time. From now on the coach cannot read it.
#[utoipa::path(tag = "reflections", params(PairingPath),
    responses((status = 204, description = "It is not shared.")))]
#[delete("/pairings/{pairing_id}/reflection-share")]
async fn delete_reflection_share(scope: Scope, path: web::Path<PairingPath>, _: NoBody) -> Result<HttpResponse> {
    scope.write(async |tx| super::delete(tx, path.pairing_id).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The routes of this part of the slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_pairing_reflection).service(put_reflection_share).service(delete_reflection_share);
}
