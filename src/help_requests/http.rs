//! `/v1/me/help` and `/v1/help-requests`

use actix_web::{HttpResponse, delete, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::Asked;
use super::rules::HelpReason;
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{CycleId, MemberId};
use crate::page;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, Listed, MaybeIfMatch, NoBody, Query, Shown, Versioned};

/// Whether I have asked the administrators for help in the current cycle.
#[derive(Debug, Serialize, ToSchema)]
pub struct HelpRequest {
    /// In which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    cycle_id: CycleId,
    /// Why; null where I have not asked. Open enumeration: treat what you do not know as "other".
    #[schema(required, example = "no_coach")]
    reason: Option<HelpReason>,
    /// Since when, whatever the reason was at first.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-12T09:30:00.000Z")]
    asked_at: Option<At>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for HelpRequest {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::HelpRequest> for HelpRequest {
    fn from(request: super::HelpRequest) -> Self {
        Self {
            cycle_id: request.cycle,
            reason: request.reason,
            asked_at: request.asked_at.map(At),
            version: request.version,
        }
    }
}

/// A reason to ask for help.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForHelp {
    /// `no_coach`, or `other`; what it is can be told in person.
    #[schema(example = "no_coach")]
    reason: HelpReason,
}

/// Somebody who would like to be helped.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberHelpRequest {
    /// Who asks.
    member: MemberAsking,
    /// In which cycle: the one that is running.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    cycle_id: CycleId,
    /// Why. Open enumeration: treat what you do not know as "other".
    #[schema(example = "no_coach")]
    reason: HelpReason,
    /// Since when.
    #[schema(example = "2026-10-12T09:30:00.000Z")]
    asked_at: At,
}

/// Who asks for help.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberAsking {
    /// The member's id.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    id: MemberId,
    /// The member's name.
    #[schema(format = "line", min_length = 1, max_length = 120, example = "Ana Silva")]
    name: String,
}

impl From<Asked> for MemberHelpRequest {
    fn from(asked: Asked) -> Self {
        Self {
            member: MemberAsking { id: asked.member, name: asked.name },
            cycle_id: asked.cycle,
            reason: asked.reason,
            asked_at: asked.asked_at.into(),
        }
    }
}

page! {
    /// Members who would like to be helped, who has waited longest first.
    HelpRequestPage of MemberHelpRequest
}

/// Which help requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HelpRequestsWanted {
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Shows whether I have asked for help.
///
/// In the current cycle.
#[utoipa::path(tag = "help-requests", responses((status = 200, description = "My help request.", body = HelpRequest)))]
#[get("/me/help")]
async fn get_help_request(scope: Scope) -> Result<Shown<HelpRequest>> {
    super::get(&scope).await.map(HelpRequest::from).map(Shown)
}

/// Asks for help.
///
/// In the current cycle: from now on administrators see my name and the reason, and nothing else, until I withdraw it or the
/// cycle is over. Asking again changes the reason.
#[utoipa::path(tag = "help-requests", request_body = AskForHelp,
    responses((status = 200, description = "My help request as it is now.", body = HelpRequest)))]
#[put("/me/help")]
async fn put_help_request(scope: Scope, expected: MaybeIfMatch, body: Body<AskForHelp>) -> Result<Shown<HelpRequest>> {
    let asked = scope.write(async |tx| super::ask(tx, expected.versions(), body.reason).await).await?;
    Ok(Shown(asked.into()))
}

/// Withdraws my help request.
///
/// Nothing of it is left, nor of those in earlier cycles. Repeating it changes nothing.
#[utoipa::path(tag = "help-requests",
    responses((status = 204, description = "There is none of mine.")))]
#[delete("/me/help")]
async fn delete_help_request(scope: Scope, expected: MaybeIfMatch, _: NoBody) -> Result<HttpResponse> {
    scope.write(async |tx| super::withdraw(tx, expected.versions()).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists who would like to be helped.
///
/// For administrators: members who have asked for help in the cycle that is running, who has waited longest first.
#[utoipa::path(tag = "help-requests", params(HelpRequestsWanted),
    responses((status = 200, description = "A page of help requests.", body = HelpRequestPage)))]
#[get("/help-requests")]
async fn list_help_requests(
    scope: Scope,
    wanted: Query<HelpRequestsWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<HelpRequestPage>> {
    scope.caller().administrator()?; // whoever may not ask is not told about their cursor either
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let cursors = Cursors::new(&keys, scope.caller().organization, "help-requests", &());
    let after = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, after, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, |asked| (asked.asked_at, asked.member)).map(MemberHelpRequest::from).into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_help_request).service(put_help_request).service(delete_help_request);
    config.service(list_help_requests);
}
