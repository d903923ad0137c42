//! `/v1/pairings/{pairing_id}/insights`, `/v1/insights/{insight_id}`

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{self, Kind, Verb};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{InsightId, MemberId, PairingId};
use crate::page;
use crate::pairings::http::PairingPath;
use crate::text::PrivateText;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, Listed, MaybeIfMatch, NoBody, Once, Query, Reply, Shown, Versioned};

/// What the coach has told the coachee.
#[derive(Debug, Serialize, ToSchema)]
pub struct Insight {
    /// Names this insight.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f67")]
    id: InsightId,
    /// In which pairing.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: PairingId,
    /// Whether it is a strength to build on or what holds the coachee back. Open enumeration: treat what you do not know
    /// as "other".
    #[schema(example = "leverage")]
    kind: Kind,
    /// What the coach said, to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "You explain hard things so that everybody dares to ask.")]
    text: PrivateText,
    /// When it was given.
    #[schema(example = "2026-10-08T13:45:00.000Z")]
    given_at: At,
    /// What I can do with it: `delete` as DELETE, for the coachee, whose it is.
    #[schema(max_items = 10, example = json!(["delete"]))]
    allowed: &'static [Verb],
}

impl Insight {
    /// What this member sees of it.
    pub(crate) fn seen_by(member: MemberId, insight: rules::Insight) -> Self {
        Self {
            allowed: insight.allowed(member),
            id: insight.id,
            pairing_id: insight.pairing,
            kind: insight.kind,
            text: insight.text,
            given_at: insight.given_at.into(),
        }
    }
}

impl Versioned for Insight {
    fn version(&self) -> i64 {
        rules::Insight::VERSION
    }
}

page! {
    /// Insights, in the order in which they were given.
    InsightPage of Insight
}

/// What to tell the coachee.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveInsight {
    /// A strength to `leverage`, or a `drag`.
    #[schema(example = "leverage")]
    kind: Kind,
    /// In one's own words: any Unicode but NUL, kept to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "You explain hard things so that everybody dares to ask.")]
    text: PrivateText,
}

/// The path of one insight.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct InsightPath {
    /// The insight's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f67")]
    insight_id: InsightId,
}

/// How many insights of a pairing.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InsightsWanted {
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Lists the insights of a pairing.
///
/// To the coachee and the coach, in the order in which they were given.
#[utoipa::path(tag = "insights", params(PairingPath, InsightsWanted),
    responses((status = 200, description = "A page of the pairing's insights.", body = InsightPage)))]
#[get("/pairings/{pairing_id}/insights")]
async fn list_insights(
    scope: Scope,
    path: web::Path<PairingPath>,
    wanted: Query<InsightsWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<InsightPage>> {
    let me = scope.caller().member()?;
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let cursors = Cursors::new(&keys, scope.caller().organization, "insights", &(me, path.pairing_id));
    let after = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, path.pairing_id, after, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, |insight| insight.id).map(|insight| Insight::seen_by(me, insight)).into()))
}

/// Tells the coachee something.
///
/// As the coach, while the pairing is active; at most 50. From now on it is the coachee's: the coach reads it, and cannot
/// take it back.
#[utoipa::path(tag = "insights", params(PairingPath), request_body = GiveInsight,
    responses((status = 201, description = "The insight, given.", body = Insight)))]
#[post("/pairings/{pairing_id}/insights")]
async fn give_insight(
    scope: Scope,
    path: web::Path<PairingPath>,
    once: Once,
    body: Body<GiveInsight>,
) -> Result<Reply> {
    let me = scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let GiveInsight { kind, text } = body.into_inner();
    once.run(&scope, &bytes, async |tx| {
        let insight = super::give(tx, path.pairing_id, kind, text).await?;
        Ok(Reply::created(format!("/v1/insights/{}", insight.id), &Insight::seen_by(me, insight)))
    })
    .await
}

/// Shows an insight.
///
/// To the coachee and the coach.
#[utoipa::path(tag = "insights", params(InsightPath),
    responses((status = 200, description = "The insight.", body = Insight)))]
#[get("/insights/{insight_id}")]
async fn get_insight(scope: Scope, path: web::Path<InsightPath>) -> Result<Shown<Insight>> {
    let me = scope.caller().member()?;
    let insight = scope.read(async |tx| super::get(tx, path.insight_id).await).await?;
    Ok(Shown(Insight::seen_by(me, insight)))
}

/// Deletes an insight.
///
/// As the coachee, at any time. The coach cannot read it any more either.
#[utoipa::path(tag = "insights", params(InsightPath),
    responses((status = 204, description = "It is gone.")))]
#[delete("/insights/{insight_id}")]
async fn delete_insight(
    scope: Scope,
    path: web::Path<InsightPath>,
    expected: MaybeIfMatch,
    _: NoBody,
) -> Result<HttpResponse> {
    scope.write(async |tx| super::delete(tx, path.insight_id, expected.versions()).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_insights).service(give_insight).service(get_insight).service(delete_insight);
}
