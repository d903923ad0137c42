//! Methods and representations: HEAD wherever GET works, 405 with `Allow`, 406, and addresses that are too long.

use actix_web::body::MessageBody;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::{OpenApi, PathItem};

use crate::codes::Code;
use crate::error::Error;

/// The longest query, in bytes.
pub const QUERY_BYTES: usize = 8 * 1024;

/// What each documented path answers to; built once from the document.
pub struct AllowedMethods(Vec<(ResourceDef, String)>);

impl AllowedMethods {
    /// Reads them off the document.
    pub fn of(document: &OpenApi) -> Self {
        let allowed = |item: &PathItem| {
            let methods = [
                ("GET, HEAD", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            methods.into_iter().filter(|(_, known)| *known).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
        };
        Self(document.paths.paths.iter().map(|(path, item)| (ResourceDef::new(path.as_str()), allowed(item))).collect())
    }
}

/// Nothing matched: the path is unknown (404), or known but not with this method (405).
pub async fn no_such_route(request: HttpRequest, methods: web::Data<AllowedMethods>) -> HttpResponse {
    let known = methods.0.iter().find(|(path, _)| path.is_match(request.path()));
    let Some((_, allow)) = known else { return HttpResponse::from_error(Error::from(Code::NotFound)) };
    let mut response = HttpResponse::from_error(Error::from(Code::MethodNotAllowed));
    response.headers_mut().insert(header::ALLOW, allow.parse().expect("method names"));
    response
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
    let refused = if request.query_string().len() > QUERY_BYTES {
        Some(Code::QueryTooLong)
    } else if request.path().starts_with("/v1/") && !accepts_json(&request) {
        Some(Code::NotAcceptable)
    } else {
        None
    };
    if let Some(code) = refused {
        return Ok(request.into_response(HttpResponse::from_error(Error::from(code))));
    }
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn accepts_json(request: &ServiceRequest) -> bool {
    let mut accepts = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).peekable();
    let fits = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|part| ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&part));
        !refused && matches!(kind.as_str(), "*/*" | "application/*" | "application/json" | "application/problem+json")
    };
    accepts.peek().is_none() || accepts.any(|list| list.split(',').any(|range| fits(range.trim())))
}

/// A path parameter that cannot be one of ours names nothing: 404, as for every unknown id.
pub fn unknown_path() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_, _| Error::from(Code::NotFound).into())
}
