//! `/v1/check-ins`, `/v1/pairings/{pairing_id}/check-ins`, `/v1/pairings/{pairing_id}/series`, `/v1/series`

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::changes::{CheckInPatch, PlanCheckIn, PlanSeries};
use super::rules::{Kind, State, Verb};
use super::{Between, Place, Seen};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{CheckInId, MemberId, PairingId, SeriesId};
use crate::page;
use crate::pairings::http::{PairingPath, Partner};
use crate::pairings::rules::Role;
use crate::text::PrivateText;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, IfMatch, Listed, MergePatch, NoBody, Once, Query, Reply, Shown, Versioned};

/// A call of a pairing, as one of the two sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckIn {
    /// Names this call.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63")]
    id: CheckInId,
    /// In which pairing.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: PairingId,
    /// Which of the two I am.
    #[schema(example = "coachee")]
    role: Role,
    /// The other one.
    partner: Partner,
    /// Which kind of call. Open enumeration: treat what you do not know as "other".
    #[schema(example = "kickoff")]
    kind: Kind,
    /// Of which series it is; null for a call that was planned alone.
    #[schema(required, value_type = Option<Uuid>, example = json!(null))]
    series_id: Option<SeriesId>,
    /// When it starts.
    #[schema(example = "2026-10-08T13:00:00.000Z")]
    starts_at: At,
    /// How long it takes, in minutes.
    #[schema(minimum = 5, maximum = 240, example = 30)]
    duration_minutes: i16,
    /// Where it stands. Open enumeration: treat what you do not know as "other".
    #[schema(example = "scheduled")]
    state: State,
    /// Where to join it, over https; null where neither of the two has said so.
    #[schema(required, value_type = Option<String>, format = "https-url", max_length = 2000, example = "https://meet.example.com/ana-and-ben")]
    join_url: Option<PrivateText>,
    /// When it counts as held unless one of the two says otherwise; null once that is decided, and where it starts after the
    /// end of the time it could be held in (an administrator has moved the cycle's end): move it.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-09T13:00:00.000Z")]
    counts_as_held_at: Option<At>,
    /// What I can do with it now: `update` as PATCH, the others as `POST /v1/check-ins/{check_in_id}/{verb}`.
    #[schema(max_items = 10, example = json!(["update", "cancel"]))]
    allowed: Vec<Verb>,
    #[serde(skip)]
    version: i64,
}

impl CheckIn {
    /// What this member sees of it.
    pub(crate) fn seen_by(member: MemberId, seen: Seen) -> Self {
        let Seen { check_in, around, coachee_name, coach_name, .. } = seen;
        let allowed = check_in.allowed(&around);
        let (role, partner) = if member == check_in.coach {
            (Role::Coach, Partner::new(check_in.coachee, coachee_name))
        } else {
            (Role::Coachee, Partner::new(check_in.coach, coach_name))
        };
        Self {
            id: check_in.id,
            pairing_id: check_in.pairing,
            role,
            partner,
            kind: check_in.kind,
            series_id: check_in.series,
            starts_at: check_in.starts_at.into(),
            duration_minutes: check_in.duration_minutes,
            state: check_in.state,
            join_url: check_in.join_url,
            counts_as_held_at: check_in.counts_as_held_at.map(At),
            allowed,
            version: check_in.version,
        }
    }
}

impl Versioned for CheckIn {
    fn version(&self) -> i64 {
        self.version
    }
}

page! {
    /// Calls, the earliest first.
    CheckInPage of CheckIn
}

/// Weekly calls that were planned together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// Names them.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")]
    id: SeriesId,
    /// On whose clock they start at the same time.
    #[schema(format = "time-zone", max_length = 64, example = "Europe/Lisbon")]
    time_zone: String,
    /// The calls, the earliest first.
    #[schema(max_items = 53)]
    check_ins: Vec<CheckIn>,
}

/// The path of one call.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CheckInPath {
    /// The call's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63")]
    pub check_in_id: CheckInId,
}

/// The path of one series.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SeriesPath {
    /// The series' id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")]
    series_id: SeriesId,
}

/// Which of my calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckInsWanted {
    /// Only those that start at this instant or later.
    #[param(value_type = String, required = false, format = "date-time", max_length = 40, example = "2026-10-05T00:00:00Z")]
    from: Option<At>,
    /// Only those that start before this instant.
    #[param(value_type = String, required = false, format = "date-time", max_length = 40, example = "2027-01-12T00:00:00Z")]
    to: Option<At>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Which calls of a pairing.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PairingCheckInsWanted {
    /// Only those of this series.
    #[param(value_type = Uuid, required = false)]
    series_id: Option<SeriesId>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

fn place(seen: &Seen) -> Place {
    (seen.check_in.starts_at, seen.check_in.id)
}

/// Lists my calls.
///
/// In all my pairings, as coachee and as coach, the earliest first. `from=` now shows what is to come.
#[utoipa::path(tag = "check-ins", params(CheckInsWanted),
    responses((status = 200, description = "A page of my calls.", body = CheckInPage)))]
#[get("/check-ins")]
async fn list_check_ins(
    scope: Scope,
    wanted: Query<CheckInsWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<CheckInPage>> {
    let me = scope.caller().member()?;
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let between = Between { from: wanted.from.map(|at| at.0), to: wanted.to.map(|at| at.0) };
    let cursors = Cursors::new(&keys, scope.caller().organization, "check-ins", &(me, between));
    let after = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::mine(tx, between, after, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, place).map(|seen| CheckIn::seen_by(me, seen)).into()))
}

/// Lists the calls of a pairing.
///
/// The earliest first, cancelled ones too.
#[utoipa::path(tag = "check-ins", params(PairingPath, PairingCheckInsWanted),
    responses((status = 200, description = "A page of the pairing's calls.", body = CheckInPage)))]
#[get("/pairings/{pairing_id}/check-ins")]
async fn list_pairing_check_ins(
    scope: Scope,
    path: web::Path<PairingPath>,
    wanted: Query<PairingCheckInsWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<CheckInPage>> {
    let me = scope.caller().member()?;
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let (pairing, series) = (path.pairing_id, wanted.series_id);
    let cursors = Cursors::new(&keys, scope.caller().organization, "pairing-check-ins", &(me, pairing, series));
    let after = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, pairing, series, after, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, place).map(|seen| CheckIn::seen_by(me, seen)).into()))
}

/// Plans a call.
///
/// As either of the two, while the pairing is active: the first call once, before the end of the cycle; then weekly ones
/// and catch-ups, before the end of the wrap-up.
#[utoipa::path(tag = "check-ins", params(PairingPath), request_body = PlanCheckIn,
    responses((status = 201, description = "The call, planned.", body = CheckIn)))]
#[post("/pairings/{pairing_id}/check-ins")]
async fn plan_check_in(
    scope: Scope,
    path: web::Path<PairingPath>,
    once: Once,
    body: Body<PlanCheckIn>,
) -> Result<Reply> {
    let me = scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let wanted = body.into_inner();
    once.run(&scope, &bytes, async |tx| {
        let seen = super::plan(tx, path.pairing_id, wanted).await?;
        let location = format!("/v1/check-ins/{}", seen.check_in.id);
        Ok(Reply::created(location, &CheckIn::seen_by(me, seen)))
    })
    .await
}

/// Plans weekly calls.
///
/// From the one given to the end of the cycle, on the same weekday at the same time on the planner's clock, also where
/// clocks change; at most 53. Each is a call of its own; together they can be cancelled.
#[utoipa::path(tag = "check-ins", params(PairingPath), request_body = PlanSeries,
    responses((status = 201, description = "The calls, planned.", body = Series)))]
#[post("/pairings/{pairing_id}/series")]
async fn plan_series(scope: Scope, path: web::Path<PairingPath>, once: Once, body: Body<PlanSeries>) -> Result<Reply> {
    let me = scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let wanted = body.into_inner();
    once.run(&scope, &bytes, async |tx| {
        let super::Series { id, time_zone, calls } = super::plan_series(tx, path.pairing_id, wanted).await?;
        let check_ins = calls.into_iter().map(|seen| CheckIn::seen_by(me, seen)).collect();
        let location = format!("/v1/pairings/{}/check-ins?series_id={id}", path.pairing_id);
        Ok(Reply::created_plain(location, &Series { id, time_zone, check_ins }))
    })
    .await
}

/// Cancels a series.
///
/// What is still to come of it; calls that have started stay. Repeating it changes nothing. A series has no version that
/// `If-Match` could name: it is its calls.
#[utoipa::path(tag = "check-ins", params(SeriesPath),
    responses((status = 204, description = "Nothing of it is still to come.")))]
#[delete("/series/{series_id}")]
async fn cancel_series(scope: Scope, path: web::Path<SeriesPath>, _: NoBody) -> Result<HttpResponse> {
    scope.write(async |tx| super::cancel_series(tx, path.series_id).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows a call.
///
/// To the coachee and the coach.
#[utoipa::path(tag = "check-ins", params(CheckInPath),
    responses((status = 200, description = "The call.", body = CheckIn)))]
#[get("/check-ins/{check_in_id}")]
async fn get_check_in(scope: Scope, path: web::Path<CheckInPath>) -> Result<Shown<CheckIn>> {
    let me = scope.caller().member()?;
    let seen = scope.read(async |tx| super::get(tx, path.check_in_id).await).await?;
    Ok(Shown(CheckIn::seen_by(me, seen)))
}

/// Moves a call, or says where to join it.
///
/// As either of the two, while it is planned.
#[utoipa::path(tag = "check-ins", params(CheckInPath), request_body(content = CheckInPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The call as it is now.", body = CheckIn)))]
#[patch("/check-ins/{check_in_id}")]
async fn update_check_in(
    scope: Scope,
    path: web::Path<CheckInPath>,
    expected: IfMatch,
    patch: MergePatch<CheckInPatch>,
) -> Result<Shown<CheckIn>> {
    let me = scope.caller().member()?;
    let patch = patch.into_inner();
    let seen = scope.write(async |tx| super::change(tx, path.check_in_id, expected.versions(), patch).await).await?;
    Ok(Shown(CheckIn::seen_by(me, seen)))
}

/// What every verb on a call does.
async fn mark(scope: Scope, id: CheckInId, once: Once, verb: Verb) -> Result<Reply> {
    let me = scope.caller().member()?;
    once.run(&scope, &[], async |tx| {
        let seen = super::mark(tx, id, verb).await?;
        Ok(Reply::shown(&CheckIn::seen_by(me, seen)))
    })
    .await
}

/// Says that a call took place.
///
/// As either of the two, from its start on; also to correct that it did not, while the pairing is active. Of a first call
/// only until the cycle ends.
#[utoipa::path(tag = "check-ins", params(CheckInPath),
    responses((status = 200, description = "The call, held.", body = CheckIn)))]
#[post("/check-ins/{check_in_id}/hold")]
async fn hold_check_in(scope: Scope, path: web::Path<CheckInPath>, once: Once, _: NoBody) -> Result<Reply> {
    mark(scope, path.check_in_id, once, Verb::Hold).await
}

/// Says that a call did not take place.
///
/// As either of the two, from its start on; also to correct that it did, while the pairing is active. Of a first call
/// only until the cycle ends.
#[utoipa::path(tag = "check-ins", params(CheckInPath),
    responses((status = 200, description = "The call, missed.", body = CheckIn)))]
#[post("/check-ins/{check_in_id}/miss")]
async fn miss_check_in(scope: Scope, path: web::Path<CheckInPath>, once: Once, _: NoBody) -> Result<Reply> {
    mark(scope, path.check_in_id, once, Verb::Miss).await
}

/// Calls a call off.
///
/// As either of the two, before it starts; after that it is held or missed. It stays listed as cancelled.
#[utoipa::path(tag = "check-ins", params(CheckInPath),
    responses((status = 200, description = "The call, cancelled.", body = CheckIn)))]
#[post("/check-ins/{check_in_id}/cancel")]
async fn cancel_check_in(scope: Scope, path: web::Path<CheckInPath>, once: Once, _: NoBody) -> Result<Reply> {
    mark(scope, path.check_in_id, once, Verb::Cancel).await
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_check_ins).service(list_pairing_check_ins).service(plan_check_in);
    config.service(plan_series).service(cancel_series);
    config.service(get_check_in).service(update_check_in);
    config.service(hold_check_in).service(miss_check_in).service(cancel_check_in);
}
