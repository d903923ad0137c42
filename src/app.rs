//! Builds the actix App once, for the server and for tests: every slice under `/v1`, the document, the manners.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpResponse, web};
use utoipa::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::clock::Clock;
use crate::db::Database;
use crate::door::Door;
use crate::openapi;
use crate::vault::MasterKeys;
use crate::web::methods::{AllowedMethods, negotiate, no_such_route, unknown_path};
use crate::web::{health, observe, problem, problem_pages};
use crate::{audit_entries, coaches, cycles, dev, members, pairings, participations, policy, reflections};

/// What all workers of a process share.
#[derive(Clone)]
pub struct Shared {
    /// Who may come in.
    pub door: Arc<Door>,
    /// The master keys.
    pub keys: MasterKeys,
    /// The time of the domain.
    pub clock: Clock,
    /// The front ends that browsers may call from.
    pub origins: Vec<String>,
    /// Where `dev` keeps how far its clock is ahead; only there the clock can be moved.
    pub dev: Option<dev::clock::Hands>,
}

fn slices(config: &mut ServiceConfig<'_>) {
    members::http::routes(config);
    policy::http::routes(config);
    cycles::http::routes(config);
    participations::http::routes(config);
    reflections::http::routes(config);
    coaches::http::routes(config);
    pairings::http::routes(config);
    audit_entries::http::routes(config);
}

/// Everything that is described, and the description.
fn described() -> (
    App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>>,
    utoipa::openapi::OpenApi,
) {
    App::new()
        .into_utoipa_app()
        .openapi(openapi::Frame::openapi())
        .service(scope::scope("/v1").configure(slices))
        .service(health::get_liveness)
        .service(health::get_readiness)
        .service(problem_pages::get_problem_page)
        .split_for_parts()
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
    let served = web::Bytes::from(openapi::finish(&document).to_string());
    app.app_data(web::Data::from(shared.door))
        .app_data(web::Data::new(shared.keys))
        .app_data(shared.clock)
        .app_data(database)
        .app_data(unknown_path())
        .app_data(web::Data::new(AllowedMethods::of(&document)))
        .configure(|config| dev::clock::routes(config, shared.dev))
        .route("/openapi.json", web::get().to(move || std::future::ready(document_answer(served.clone()))))
        .route(
            "/docs",
            web::get().to(|| async { HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/")).finish() }),
        )
        .service(
            SwaggerUi::new("/docs/{_:.*}").config(
                Config::new([Url::new("Peer Coaching", "/openapi.json")])
                    .persist_authorization(true)
                    .try_it_out_enabled(true)
                    .doc_expansion("list"),
            ),
        )
        .default_service(web::to(no_such_route))
        .wrap(from_fn(negotiate))
        .wrap(from_fn(problem::render))
        .wrap(from_fn(observe::observe))
        .wrap(cors(&shared.origins)) // the last wrap runs first: errors carry its headers too
}

fn document_answer(document: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(document)
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
    openapi::finish(&described().1)
}
