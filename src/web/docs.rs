//! The document for machines, and the pages that show it to people.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

/// The pages load nothing from anywhere else, and send nothing there: whatever they might want to, a browser refuses.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'self'";

/// In place of Swagger UI's own, which has no width for a phone and no name of ours.
const PAGE: &str = include_str!("docs.html");

/// In place of Swagger UI's `index.css`, after its other styles.
const STYLE: &str = include_str!("docs.css");

/// `/openapi.json`
pub fn document(document: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(document)
}

/// `/docs/`, where the operations can be read and tried.
pub fn pages() -> impl HttpServiceFactory {
    let config = Config::new([Url::new("Peer Coaching", "/openapi.json")])
        .try_it_out_enabled(true)
        .doc_expansion("list")
        .validator_url("none"); // otherwise the page asks a stranger's server what it thinks of the document
    let headers = DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, POLICY))
        .add((header::CACHE_CONTROL, "public, max-age=300"));
    web::scope("/docs")
        .wrap(headers)
        .route(
            "",
            web::get().to(async || HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/")).finish()),
        )
        .route("/", web::get().to(async || HttpResponse::Ok().content_type("text/html").body(PAGE)))
        .route("/index.html", web::get().to(async || HttpResponse::Ok().content_type("text/html").body(PAGE)))
        .route("/index.css", web::get().to(async || HttpResponse::Ok().content_type("text/css").body(STYLE)))
        .service(SwaggerUi::new("/{_:.*}").config(config))
}
