//! Whether this replica lives, and whether it should be asked.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::Reply;
use crate::clock::{At, Clock, real_time};
use crate::db::{Database, migrate};
use crate::door::Door;
use crate::telemetry::metrics;

/// A clock this far off the database's makes a replica not ready, in seconds.
const SKEW_NOT_READY: i64 = 60;
/// A clock this far off is worth a warning, in seconds.
const SKEW_WARNED: i64 = 2;

/// How long what was found is good enough for others who ask. Probes are never refused, so a flood of them must not
/// become one of the database.
const FRESH: Duration = Duration::from_millis(500);

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
/// When the database can be reached, has this version's schema and agrees about the time, and the identity providers'
/// keys are known. Answers 503 with the reasons otherwise.
#[utoipa::path(
    tag = "service",
    responses(
        (status = 200, description = "It is.", body = Ready),
        (status = 503, description = "It is not, because of these.", body = Ready)
    ),
    security(())
)]
#[get("/readyz")]
pub async fn get_readiness(request: HttpRequest, door: web::Data<Door>, found: web::Data<Found>) -> Reply {
    let clock = request.app_data::<Clock>().expect("the app is built with it").clone();
    let database = request.app_data::<Database>().expect("the app is built with it").clone();
    let mut found = found.0.lock().await;
    if found.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH) {
        let because = because(&database, &door).await;
        *found = Some((Instant::now(), because));
    }
    let because = found.as_ref().map(|(_, because)| because.clone()).unwrap_or_default();
    let status = if because.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Reply { status, ..Reply::plain(&Ready { ready: because.is_empty(), because, now: clock.now().into() }) }
}

async fn because(database: &Database, door: &Door) -> Vec<&'static str> {
    let mut because = Vec::new();
    match database.probe().await {
        Err(_) => because.push("the database cannot be reached"),
        Ok(probe) => {
            if probe.schema != migrate::newest() {
                because.push("the schema is not this version's: run `peer-coaching migrate`");
            }
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
