//! Whether this replica lives, and whether it should be asked.

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpRequest, get, web};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::Reply;
use crate::clock::{At, Clock, real_time};
use crate::db::Database;
use crate::door::Door;
use crate::error::Error;
use crate::life::{Life, Stage};
use crate::telemetry::metrics;

/// A clock this far off the database's makes a replica not ready, in seconds.
const SKEW_NOT_READY: i64 = 60;
/// A clock this far off is worth a warning, in seconds.
const SKEW_WARNED: i64 = 2;

/// How long what was found is good enough for others who ask. Probes are never refused, so a flood of them must not
/// become one of the database.
const FRESH: Duration = Duration::from_millis(500);

/// How long is waited for the database's word, less than whoever probes waits for ours.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a worker found when it looked last; whoever asks meanwhile waits for that.
#[derive(Default)]
pub struct Found(Mutex<Option<(Instant, Vec<&'static str>)>>);

/// Whether a replica lives.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alive {
    /// Always true in an answer.
    #[schema(example = true)]
    alive: bool,
}

/// Whether a replica should be asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Whether it should.
    #[schema(example = true)]
    ready: bool,
    /// Why not, for whoever runs the service.
    #[schema(max_items = 10, value_type = Vec<Reason>, example = json!([]))]
    because: Vec<&'static str>,
    /// What the time is for the service.
    #[schema(example = "2026-11-22T09:00:00.000Z")]
    now: At,
}

/// Why a replica is not ready.
#[derive(ToSchema)]
#[schema(value_type = String, format = "line", max_length = 200, example = "the database cannot be reached")]
#[expect(dead_code, reason = "describes the entries of `because` in the document")]
pub struct Reason(String);

/// Tells whether the process lives.
///
/// Asks nobody else: a database that is away is no reason to restart the service.
#[utoipa::path(tag = "service", responses((status = 200, description = "It does.", body = Alive)), security(()))]
#[get("/livez")]
pub async fn get_liveness() -> Reply {
    Reply::plain(&Alive { alive: true })
}

/// Tells whether the service is ready.
///
/// When the database can be reached, has a schema that this version can serve and agrees about the time, the identity
/// providers' keys are known, and nobody has told the service to stop. Answers 503 with the reasons otherwise.
#[utoipa::path(
    tag = "service",
    responses(
        (status = 200, description = "It is.", body = Ready),
        (status = 503, description = "It is not, because of these.", body = Ready)
    ),
    security(())
)]
#[get("/readyz")]
pub async fn get_readiness(
    request: HttpRequest,
    door: web::Data<Door>,
    life: web::Data<Life>,
    found: web::Data<Found>,
) -> Reply {
    let clock = request.app_data::<Clock>().expect("the app is built with it").clone();
    let database = request.app_data::<Database>().expect("the app is built with it").clone();
    let mut found = found.0.lock().await;
    if found.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH) {
        let because = because(&database, &door).await;
        *found = Some((Instant::now(), because));
    }
    let mut because = found.as_ref().map(|(_, because)| because.clone()).unwrap_or_default();
    match life.stage() {
        Stage::ComingUp if because.is_empty() => because.push("it is still coming up"),
        Stage::ComingUp | Stage::Serving => {}
        Stage::Going => because.insert(0, "it was told to stop"),
    }
    let status = if because.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Reply { status, ..Reply::plain(&Ready { ready: because.is_empty(), because, now: clock.now().into() }) }
}

async fn because(database: &Database, door: &Door) -> Vec<&'static str> {
    let mut because = Vec::new();
    match tokio::time::timeout(PATIENCE, database.probe()).await {
        Err(_) | Ok(Err(_)) => because.push("the database cannot be reached"),
        Ok(Ok(probe)) => {
            because.extend(probe.schema.refusal());
            metrics::clock_is_ahead((real_time() - probe.now).total(jiff::Unit::Second).unwrap_or_default());
            let skew = (probe.now.as_second() - real_time().as_second()).abs();
            if skew > SKEW_NOT_READY {
                because.push("the clocks of service and database differ by more than 60 s");
            } else if skew > SKEW_WARNED {
                tracing::warn!(skew, "the clocks of service and database differ");
            }
        }
    }
    if !door.tokens().ready() {
        because.push("an identity provider's keys could not be fetched yet");
    }
    because
}

/// Lets nobody in while the replica is coming up, but where the answer depends on nothing: any other might be wrong.
///
/// # Errors
/// Whatever the inner service fails with.
pub async fn wait_until_up(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let life = request.app_data::<web::Data<Life>>().expect("the app is built with it");
    if life.stage() == Stage::ComingUp && request.path().starts_with("/v1/") {
        return Ok(request.error_response(Error::Unavailable("the replica is coming up".into())));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
