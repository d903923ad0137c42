//! What an operator can count: every figure that the service gives away, and nothing about anybody.
//!
//! A figure is kept by the function that says what has happened; where nobody listens ([`listen`]) that costs next to
//! nothing. Labels come from short lists of our own: a method, a route's pattern, a status, an issuer of the configuration;
//! never a path, an organization or a member (promise J7).

use std::convert::Infallible;
use std::net::TcpListener;
use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// What kind of figure a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How long things took, in seconds, by buckets.
    Histogram,
}

/// Every figure: its name, its kind, and what it tells.
pub const ALL: [(&str, Kind, &str); 13] = [
    (REQUESTS, Kind::Counter, "Requests answered, by method, route and status."),
    (REQUEST_SECONDS, Kind::Histogram, "How long an answer took, by method and route."),
    (REQUESTS_IN_FLIGHT, Kind::Gauge, "Requests that are being answered now."),
    (CONNECTION_WAIT_SECONDS, Kind::Histogram, "How long it took to get a connection to the database."),
    (
        CONNECTIONS_MISSED,
        Kind::Counter,
        "Requests that got no connection to the database in time, though their organization held no more than its share.",
    ),
    (DELIVERIES, Kind::Counter, "Attempts to deliver an event to a webhook, by outcome."),
    (DELIVERY_SECONDS, Kind::Histogram, "How long a receiver took to answer."),
    (DELIVERY_LAG_SECONDS, Kind::Histogram, "From when a delivery was to be made to its first attempt."),
    (WORKER_ROUND_SECONDS, Kind::Histogram, "How long the worker took to look after every organization once."),
    (WORKER_FAILURES, Kind::Counter, "What is done without being asked for and could not be; it will be tried again."),
    (TOKENS_REMEMBERED, Kind::Gauge, "Tokens that were verified lately and are remembered."),
    (KEYS_AGE_SECONDS, Kind::Gauge, "Since when an issuer's keys were read, by issuer."),
    (CLOCK_OFFSET_SECONDS, Kind::Gauge, "How far our clock is ahead of the database's."),
];

const REQUESTS: &str = "peer_coaching_requests_total";
const REQUEST_SECONDS: &str = "peer_coaching_request_seconds";
const REQUESTS_IN_FLIGHT: &str = "peer_coaching_requests_in_flight";
const CONNECTION_WAIT_SECONDS: &str = "peer_coaching_connection_wait_seconds";
const CONNECTIONS_MISSED: &str = "peer_coaching_connections_missed_total";
const DELIVERIES: &str = "peer_coaching_deliveries_total";
const DELIVERY_SECONDS: &str = "peer_coaching_delivery_seconds";
const DELIVERY_LAG_SECONDS: &str = "peer_coaching_delivery_lag_seconds";
const WORKER_ROUND_SECONDS: &str = "peer_coaching_worker_round_seconds";
const WORKER_FAILURES: &str = "peer_coaching_worker_failures_total";
const TOKENS_REMEMBERED: &str = "peer_coaching_tokens_remembered";
const KEYS_AGE_SECONDS: &str = "peer_coaching_keys_age_seconds";
const CLOCK_OFFSET_SECONDS: &str = "peer_coaching_clock_offset_seconds";

/// In seconds: from a read that finds everything at hand to a request that is given up.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// In seconds: from a receiver that is told at once to one that is told in an hour.
const LAG_BUCKETS: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 1800.0, 3600.0];

/// The upper bounds of this histogram's buckets, in seconds. Whatever is above the last of them looks like that one.
pub fn buckets(histogram: &str) -> &'static [f64] {
    if histogram == DELIVERY_LAG_SECONDS { &LAG_BUCKETS } else { &BUCKETS }
}

/// How often observations are sorted into their buckets. Until then each one is kept, at two dozen bytes: where nobody asks
/// for the figures, they would be kept for ever.
const SORT: Duration = Duration::from_secs(5);

/// A request that is being answered, from its beginning until this is dropped.
#[derive(Debug)]
pub struct InFlight(());

impl InFlight {
    /// It begins.
    pub fn begin() -> Self {
        gauge!(REQUESTS_IN_FLIGHT).increment(1.0);
        Self(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(REQUESTS_IN_FLIGHT).decrement(1.0);
    }
}

/// A request was answered. A stranger can make up addresses: they do not become labels.
pub fn answered(method: &'static str, route: &str, status: u16, took: Duration) {
    let route = route.to_owned();
    counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()).increment(1);
    histogram!(REQUEST_SECONDS, "method" => method, "route" => route).record(took.as_secs_f64());
}

/// Somebody asked for a connection to the database, for so long, and may have missed it.
pub fn connection_asked_for(took: Duration, missed: bool) {
    histogram!(CONNECTION_WAIT_SECONDS).record(took.as_secs_f64());
    if missed {
        counter!(CONNECTIONS_MISSED).increment(1);
    }
}

/// A delivery was attempted.
pub fn delivered(outcome: &'static str, took: Duration) {
    counter!(DELIVERIES, "outcome" => outcome).increment(1);
    histogram!(DELIVERY_SECONDS).record(took.as_secs_f64());
}

/// A delivery is attempted for the first time, so long after it was to be made.
pub fn delivery_began(lag: Duration) {
    histogram!(DELIVERY_LAG_SECONDS).record(lag.as_secs_f64());
}

/// The worker has looked after every organization.
pub fn worker_was_round(took: Duration) {
    histogram!(WORKER_ROUND_SECONDS).record(took.as_secs_f64());
}

/// Something that nobody asked for could not be done: by the worker, or by who delivers to webhooks.
pub fn worker_failed() {
    counter!(WORKER_FAILURES).increment(1);
}

/// So many tokens are remembered.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
pub fn tokens_remembered(count: usize) {
    gauge!(TOKENS_REMEMBERED).set(count as f64);
}

/// The keys of this issuer of the configuration were read so long ago.
pub fn keys_are(issuer: &str, seconds: f64) {
    gauge!(KEYS_AGE_SECONDS, "issuer" => issuer.to_owned()).set(seconds);
}

/// Our clock is so far ahead of the database's; behind it, where this is below zero.
pub fn clock_is_ahead(seconds: f64) {
    gauge!(CLOCK_OFFSET_SECONDS).set(seconds);
}

/// Begins to keep the figures, and serves them at `/metrics` of this listener, in the text format of Prometheus, until what
/// it returns is dropped.
///
/// # Errors
/// When the listener cannot be used, or somebody in this process keeps figures already.
pub fn listen(listener: TcpListener) -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    let mut builder = PrometheusBuilder::new();
    for (name, ..) in ALL.iter().filter(|(_, kind, _)| *kind == Kind::Histogram) {
        let this = Matcher::Full((*name).into());
        builder = builder.set_buckets_for_metric(this, buckets(name)).map_err(std::io::Error::other)?;
    }
    let handle = builder.install_recorder().map_err(std::io::Error::other)?;
    for (name, kind, says) in ALL {
        match kind {
            Kind::Counter => describe_counter!(name, says),
            Kind::Gauge => describe_gauge!(name, says),
            Kind::Histogram => describe_histogram!(name, says),
        }
    }
    let figures = web::Data::new(handle.clone());
    let app = move || App::new().app_data(figures.clone()).route("/metrics", web::get().to(show));
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run();
    Ok(async move {
        tokio::select! { ended = server => ended, never = sort(&handle) => match never {} }
    })
}

/// Sorts observations into their buckets again and again.
async fn sort(figures: &PrometheusHandle) -> Infallible {
    loop {
        tokio::time::sleep(SORT).await;
        figures.run_upkeep();
    }
}

async fn show(figures: web::Data<PrometheusHandle>) -> HttpResponse {
    figures.run_upkeep();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(figures.render())
}
