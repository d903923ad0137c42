//! Methods and representations: HEAD wherever GET works, 405 with `Allow`, 406, addresses that are too long, and
//! parameters where there are none.

use actix_web::body::MessageBody;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, PathItem, RefOr};

use super::query;
use crate::codes::Code;
use crate::error::Error;

/// The longest query, and the longest path, in bytes.
pub const QUERY_BYTES: usize = 8 * 1024;

/// What each path answers to; built once from the document.
pub struct Routes(Vec<Route>);

struct Route {
    path: ResourceDef,
    /// Each method, and whether it takes parameters in the query.
    methods: Vec<(Method, bool)>,
}

impl Routes {
    /// Reads them off the document.
    pub fn of(document: &OpenApi) -> Self {
        let route = |(path, item): (&String, &PathItem)| {
            let methods = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            let known = methods.into_iter().filter_map(|(method, operation)| Some((method, asks(operation.as_ref()?))));
            Route { path: ResourceDef::new(path.as_str()), methods: known.collect() }
        };
        Self(document.paths.paths.iter().map(route).collect())
    }

    /// With a path that is not in the document.
    pub fn and(mut self, path: &str, method: Method) -> Self {
        self.0.push(Route { path: ResourceDef::new(path), methods: vec![(method, false)] });
        self
    }

    fn of_path(&self, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.path.is_match(path))
    }
}

/// Whether this operation takes parameters in the query.
fn asks(operation: &Operation) -> bool {
    let in_query = |parameter| matches!(parameter, &RefOr::T(Parameter { parameter_in: ParameterIn::Query, .. }));
    operation.parameters.iter().flatten().any(in_query)
}

impl Route {
    /// Whether it takes parameters with this method; nothing for a method that it does not know.
    fn asks(&self, method: &Method) -> Option<bool> {
        self.methods.iter().find(|(known, _)| known == method).map(|(_, asks)| *asks)
    }

    fn allow(&self) -> String {
        let name =
            |(method, _): &(Method, bool)| if method == Method::GET { "GET, HEAD" } else { method.as_str() }.to_owned();
        self.methods.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// Nothing matched: the path is unknown (404), or known but not with this method (405).
pub async fn no_such_route(request: HttpRequest) -> HttpResponse {
    nothing_here(&request)
}

fn nothing_here(request: &HttpRequest) -> HttpResponse {
    let routes = request.app_data::<web::Data<Routes>>().expect("the app is built with them");
    match routes.of_path(request.path()).filter(|route| route.asks(request.method()).is_none()) {
        None => HttpResponse::from_error(Error::from(Code::NotFound)),
        Some(route) => {
            let mut response = HttpResponse::from_error(Error::from(Code::MethodNotAllowed));
            response.headers_mut().insert(header::ALLOW, route.allow().parse().expect("method names"));
            response
        }
    }
}

/// A path parameter that cannot be one of ours names nothing: 404, as for every unknown id. It may also be a fixed path
/// in the place of an id, asked with a method that only the ids know: 405.
pub fn unknown_path() -> web::PathConfig {
    web::PathConfig::default()
        .error_handler(|error, request| InternalError::from_response(error, nothing_here(request)).into())
}

/// Refuses what no route could answer, and routes HEAD as GET: the encoder remembers the real method and keeps the body
/// back.
///
/// # Errors
/// Whatever the inner service fails with.
pub async fn negotiate(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<actix_web::body::BoxBody>, actix_web::Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    match refusal(&request) {
        Some(error) => Ok(request.error_response(error)),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn refusal(request: &ServiceRequest) -> Option<Error> {
    let (path, query) = (request.path(), request.query_string());
    if query.len() > QUERY_BYTES || path.len() > QUERY_BYTES {
        return Some(Code::QueryTooLong.into());
    }
    if !path.starts_with("/v1/") {
        return None;
    }
    if !accepts_what_there_is(request) {
        return Some(Code::NotAcceptable.into());
    }
    if query.is_empty() {
        return None; // most requests, and comparing a path with every route costs more than knowing a token
    }
    let routes = request.app_data::<web::Data<Routes>>()?;
    if routes.of_path(path)?.asks(request.method())? { None } else { query::unasked(query) }
}

/// Everything is JSON but what calendars read; and a problem is welcome with either.
fn accepts_what_there_is(request: &ServiceRequest) -> bool {
    let kinds: &[&str] = match request.path().ends_with("/calendar") {
        true => &["*/*", "text/*", "text/calendar"],
        false => &["*/*", "application/*", "application/json", "application/problem+json"],
    };
    let mut accepts = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).peekable();
    let fits = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|part| ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&part));
        !refused && kinds.contains(&kind.as_str())
    };
    accepts.peek().is_none() || accepts.any(|list| list.split(',').any(|range| fits(range.trim())))
}
