//! Answers: one thing with its ETag, or the outcome of a POST that can be repeated.

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use super::conditional::{etag, is_known};

/// What has a version that changes with each change of it.
pub trait Versioned: Serialize {
    /// The row's version.
    fn version(&self) -> i64;
}

/// One thing, shown: 200 with its ETag, or 304 to whoever has it already.
#[derive(Debug)]
pub struct Shown<T>(pub T);

impl<T: Versioned> Responder for Shown<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        Reply::shown(&self.0).respond_to(request)
    }
}

/// An answer in parts, so that it can be stored and given again.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Where the new thing lives.
    pub location: Option<String>,
    /// The ETag of what the body shows.
    pub etag: Option<String>,
    /// The body, as JSON.
    pub body: Vec<u8>,
    /// Whether this is what was answered the first time.
    pub replayed: bool,
}

/// Without the body: what is answered may be private.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// 200, showing this thing.
    pub fn shown(thing: &impl Versioned) -> Self {
        let mut reply = Self::plain(thing);
        reply.etag = Some(etag(thing.version(), &reply.body));
        reply
    }

    /// 200 with a body that has no version.
    pub fn plain(body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("answers are plain data");
        Self { status: StatusCode::OK, location: None, etag: None, body, replayed: false }
    }

    /// 201: this thing is new and lives there.
    pub fn created(location: String, thing: &impl Versioned) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), ..Self::shown(thing) }
    }

    /// 201 with a body that has no version.
    pub fn created_plain(location: String, body: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), ..Self::plain(body) }
    }
}

/// An answer with a secret in it: nobody on the way keeps it.
#[derive(Debug)]
pub struct NotKept(pub Reply);

impl Responder for NotKept {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = self.0.respond_to(request);
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        response
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let known = self.status == StatusCode::OK
            && request.method().is_safe()
            && self.etag.as_deref().is_some_and(|etag| is_known(request, etag));
        let mut response = HttpResponse::build(if known { StatusCode::NOT_MODIFIED } else { self.status });
        response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
        if let Some(etag) = self.etag {
            response.insert_header((header::ETAG, etag));
        }
        if let Some(location) = self.location {
            response.insert_header((header::LOCATION, location));
        }
        if self.replayed {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
        if known { response.finish() } else { response.content_type("application/json").body(self.body) }
    }
}
