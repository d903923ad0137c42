//! `/v1/cycles`

use actix_web::{get, patch, post, web};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::changes::{AddCycle, CyclePatch};
use super::rules::{self, CycleRef, Phase};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::page;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, IfMatch, Listed, MergePatch, NoBody, Once, Query, Reply, Shown, Versioned};

/// The path of one cycle, by id or by word.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CyclePath {
    /// The cycle's id, or `current`, or `next`.
    #[param(value_type = String, max_length = 36, pattern = "^(current|next|[0-9a-fA-F-]{36})$", example = "current")]
    pub cycle_id: CycleRef,
}

/// The path of one cycle, by id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CycleIdPath {
    /// The cycle's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pub cycle_id: CycleId,
}

/// A quarter, or what the cadence says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", "name": "2026-Q4", "phase": "open", "starts_on": "2026-10-01",
    "ends_on": "2027-01-01", "starts_at": "2026-09-30T23:00:00.000Z", "ends_at": "2027-01-01T00:00:00.000Z",
}))]
pub struct Cycle {
    /// Names this cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    id: CycleId,
    /// What people call it.
    #[schema(format = "line", min_length = 1, max_length = 120, example = "2026-Q4")]
    name: String,
    /// Where the clock stands in it. Open enumeration: treat what you do not know as "other".
    phase: Phase,
    /// The first day, in the organization's zone.
    #[schema(example = "2026-10-01")]
    starts_on: Date,
    /// The day after the last.
    #[schema(example = "2027-01-01")]
    ends_on: Date,
    /// When the first day starts.
    starts_at: At,
    /// When the day after the last starts.
    ends_at: At,
    #[serde(skip)]
    version: i64,
}

impl Cycle {
    fn of(cycle: rules::Cycle, now: Timestamp) -> Self {
        Self {
            phase: cycle.phase(now),
            id: cycle.id,
            name: cycle.name,
            starts_on: cycle.period.starts_on,
            ends_on: cycle.period.ends_on,
            starts_at: cycle.period.starts_at.into(),
            ends_at: cycle.period.ends_at.into(),
            version: cycle.version,
        }
    }
}

impl Versioned for Cycle {
    fn version(&self) -> i64 {
        self.version
    }
}

page! {
    /// Cycles, the latest first.
    CyclePage of Cycle
}

/// Which cycles.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CyclesWanted {
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Lists cycles.
///
/// The latest first: what is planned, what is open, what is over.
#[utoipa::path(tag = "cycles", params(CyclesWanted), responses((status = 200, description = "A page of cycles.", body = CyclePage)))]
#[get("/cycles")]
async fn list_cycles(
    scope: Scope,
    wanted: Query<CyclesWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<CyclePage>> {
    scope.caller().member()?; // whoever may not ask is not told about their cursor either
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let cursors = Cursors::new(&keys, scope.caller().organization, "cycles", &());
    let before = cursors.open(wanted.cursor.as_deref())?;
    let found = super::list(&scope, before, limit).await?;
    let page = cursors.cut(found, limit, |cycle| cycle.period.starts_at);
    let now = scope.clock().now();
    Ok(Listed(page.map(|cycle| Cycle::of(cycle, now)).into()))
}

/// Shows a cycle.
///
/// By id, or the `current` or the `next` one. Where the current one is cancelled, the answer is `no_open_cycle` with
/// the day on which the next one starts.
#[utoipa::path(tag = "cycles", params(CyclePath), responses((status = 200, description = "The cycle.", body = Cycle)))]
#[get("/cycles/{cycle_id}")]
async fn get_cycle(scope: Scope, path: web::Path<CyclePath>) -> Result<Shown<Cycle>> {
    let cycle = super::get(&scope, path.cycle_id).await?;
    Ok(Shown(Cycle::of(cycle, scope.clock().now())))
}

/// Adds a cycle.
///
/// For administrators, in a gap that is still to come.
#[utoipa::path(tag = "cycles", request_body = AddCycle, responses((status = 201, description = "The new cycle.", body = Cycle)))]
#[post("/cycles")]
async fn add_cycle(scope: Scope, once: Once, body: Body<AddCycle>) -> Result<Reply> {
    let sent = body.bytes().to_vec();
    once.run(&scope, &sent, async |tx| {
        let cycle = super::add(tx, body.into_inner()).await?;
        Ok(Reply::created(format!("/v1/cycles/{}", cycle.id), &Cycle::of(cycle, tx.now())))
    })
    .await
}

/// Changes a cycle.
///
/// For administrators: renames it, moves an upcoming one, or moves the end of an open one to any day from tomorrow on.
#[utoipa::path(
    tag = "cycles", params(CycleIdPath),
    request_body(content = CyclePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The cycle as it is now.", body = Cycle))
)]
#[patch("/cycles/{cycle_id}")]
async fn update_cycle(
    scope: Scope,
    path: web::Path<CycleIdPath>,
    expected: IfMatch,
    patch: MergePatch<CyclePatch>,
) -> Result<Shown<Cycle>> {
    let patch = patch.into_inner();
    let cycle = scope.write(async |tx| super::change(tx, path.cycle_id, expected.versions(), patch).await).await?;
    Ok(Shown(Cycle::of(cycle, scope.clock().now())))
}

/// Cancels a cycle.
///
/// For administrators, before it starts. It keeps its time: no other cycle appears in its place.
#[utoipa::path(tag = "cycles", params(CycleIdPath), responses((status = 200, description = "The cancelled cycle.", body = Cycle)))]
#[post("/cycles/{cycle_id}/cancel")]
async fn cancel_cycle(scope: Scope, path: web::Path<CycleIdPath>, once: Once, _: NoBody) -> Result<Reply> {
    once.run(&scope, &[], async |tx| Ok(Reply::shown(&Cycle::of(super::cancel(tx, path.cycle_id).await?, tx.now()))))
        .await
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_cycles).service(add_cycle).service(get_cycle).service(update_cycle).service(cancel_cycle);
}
