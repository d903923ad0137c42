//! Builds the actix App once, for the server and for tests: every slice under `/v1`, the document, the manners.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use utoipa::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::clock::Clock;
use crate::db::Database;
use crate::door::Door;
use crate::erasures::ledger::Ledger;
use crate::events::rules::{EventType, Kept};
use crate::life::Life;
use crate::limits::{Limits, gate};
use crate::openapi::{self, Told};
use crate::vault::Vault;
use crate::web::methods::{Routes, negotiate, no_such_route, unknown_path};
use crate::web::{PublicUrl, docs, health, observe, problem, problem_pages};
use crate::webhooks::rules::Reach;
use crate::{
    actions, audit_entries, calendar, check_ins, coaches, cycles, erasures, events, export, help_requests, insights,
    members, next_step, notes, pairings, participations, policy, reflections, statistics, visibility, webhooks,
};

/// What all workers of a process share.
#[derive(Clone)]
pub struct Shared {
    /// Whether it is coming up, serving, or going.
    pub life: Life,
    /// Who may come in.
    pub door: Arc<Door>,
    /// What seals and opens texts, under the master keys.
    pub vault: Vault,
    /// How much each may ask.
    pub limits: Arc<Limits>,
    /// The time of the domain.
    pub clock: Clock,
    /// Where erasures are written down, outside of the database.
    pub ledger: Option<Ledger>,
    /// How far webhooks reach.
    pub reach: Reach,
    /// For how long events are kept.
    pub events_kept: Kept,
    /// The front ends that browsers may call from.
    pub origins: Vec<String>,
    /// Where the service is reached, where that was said.
    pub public_url: Option<String>,
    /// Where `dev` keeps how far its clock is ahead, and who does what becomes due by it; only there the clock can be moved.
    pub dev: Option<Dev>,
}

#[cfg(feature = "dev")]
use {crate::dev::clock::Beside as Dev, crate::dev::clock::routes as dev_routes};

/// Nothing is built in that could move the clock.
#[cfg(not(feature = "dev"))]
type Dev = std::convert::Infallible;

#[cfg(not(feature = "dev"))]
fn dev_routes(_: &mut web::ServiceConfig, _: Option<Dev>) {}

/// A path is compared with one route after the other: what is asked for most comes first.
fn slices(config: &mut ServiceConfig<'_>) {
    pairings::http::routes(config);
    check_ins::http::routes(config);
    next_step::http::routes(config);
    members::http::routes(config);
    policy::http::routes(config);
    cycles::http::routes(config);
    participations::http::routes(config);
    reflections::http::routes(config);
    notes::http::routes(config);
    actions::http::routes(config);
    insights::http::routes(config);
    coaches::http::routes(config);
    export::http::routes(config);
    erasures::http::routes(config);
    help_requests::http::routes(config);
    statistics::http::routes(config);
    audit_entries::http::routes(config);
    calendar::http::routes(config);
    events::http::routes(config);
    webhooks::http::routes(config);
    visibility::http::routes(config);
}

/// Everything that is described, and the description.
fn described() -> (
    App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>>,
    utoipa::openapi::OpenApi,
) {
    App::new()
        .into_utoipa_app()
        .openapi(openapi::Frame::openapi().merge_from(events::http::Sent::openapi()))
        .service(scope::scope("/v1").configure(slices))
        .service(calendar::http::get_calendar)
        .service(health::get_liveness)
        .service(health::get_readiness)
        .service(problem_pages::get_problem_page)
        .split_for_parts()
}

/// What webhooks are told.
fn told() -> Vec<Told> {
    let told = |one: &EventType| Told { name: one.name(), meaning: one.meaning(), says: one.says() };
    EventType::ALL.iter().map(told).collect()
}

/// The app of one worker, over its own connections.
pub fn build(
    shared: Shared,
    database: Database,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let (app, document) = described();
    let routes = Routes::of(&document)
        .and("/openapi.json", Method::GET)
        .and("/docs", Method::GET)
        .and("/docs/{file}*", Method::GET);
    let routes = if shared.dev.is_some() { routes.and("/dev/clock", Method::POST) } else { routes };
    let served = web::Bytes::from(openapi::finish(&document, &told()).to_string());
    app.app_data(web::Data::from(shared.door))
        .app_data(web::Data::new(shared.life))
        .app_data(web::Data::from(shared.limits))
        .app_data(web::Data::new(shared.vault.masters().clone()))
        .app_data(shared.vault)
        .app_data(shared.clock)
        .app_data(database)
        .app_data(web::Data::new(shared.ledger))
        .app_data(PublicUrl(shared.public_url))
        .app_data(web::Data::new(shared.events_kept))
        .app_data(web::Data::new(shared.reach))
        .app_data(web::Data::new(health::Found::default()))
        .app_data(unknown_path())
        .app_data(web::Data::new(routes))
        .configure(|config| dev_routes(config, shared.dev))
        .route("/openapi.json", web::get().to(move || std::future::ready(docs::document(served.clone()))))
        .service(docs::pages())
        .default_service(web::to(no_such_route))
        // The last wrap runs first. CORS stands around everything that can fail, so that errors carry its headers too;
        // what it refuses itself becomes a problem like the rest, and a preflight does not come as far as the gate.
        .wrap(from_fn(negotiate))
        .wrap(from_fn(problem::survive))
        .wrap(from_fn(gate::limit))
        .wrap(from_fn(health::wait_until_up))
        .wrap(cors(&shared.origins))
        .wrap(from_fn(problem::render))
        .wrap(from_fn(observe::observe))
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "Authorization",
            "Content-Type",
            "Accept",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "X-Request-Id",
            "traceparent",
        ])
        .expose_headers([
            "ETag",
            "Link",
            "Location",
            "Retry-After",
            "RateLimit",
            "RateLimit-Policy",
            "X-Request-Id",
            "Idempotent-Replayed",
            "WWW-Authenticate",
        ])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// The document, without a server: for `peer-coaching openapi` and the test that compares it with the committed one.
pub fn document() -> serde_json::Value {
    openapi::finish(&described().1, &told())
}
