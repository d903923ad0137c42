//! One request id, one span and one log line for each request: by route pattern, never by path or query.

use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use tracing::Instrument;
use uuid::Uuid;

use crate::telemetry::metrics::{self, InFlight};

/// Names a request, in our log and in the caller's.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

/// The header that carries it, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestId {
    /// The caller's own, where it is plain and short; else a new one.
    fn of(request: &ServiceRequest) -> Self {
        let plain = |value: &&HeaderValue| {
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
            (1..=64).contains(&value.len()) && value.as_bytes().iter().all(allowed)
        };
        let given = request.headers().get(&X_REQUEST_ID).filter(plain).cloned();
        Self(given.unwrap_or_else(|| HeaderValue::from_str(&Uuid::now_v7().to_string()).expect("a UUID is plain")))
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Wraps everything.
///
/// # Errors
/// Whatever the inner service fails with, answered with the same headers.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (started, _in_flight) = (Instant::now(), InFlight::begin());
    let method = request.method().clone();
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = %id);
    let mut answer = next.call(request).instrument(span).await;
    let (route, status) = match &mut answer {
        Ok(response) => {
            mark(response.headers_mut(), &id);
            (response.request().match_pattern(), response.status())
        }
        Err(error) => {
            let status = error.as_response_error().status_code();
            let mine = id.clone();
            error.add_response_mapper(move |mut response| {
                mark(response.headers_mut(), &mine);
                response
            });
            (None, status)
        }
    };
    let (route, status) = (route.unwrap_or_else(|| "unmatched".into()), status.as_u16());
    let took = started.elapsed();
    metrics::answered(method.as_str(), &route, status, took);
    let seconds = took.as_secs_f64();
    // Outside of the span: the JSON formatter parses a span's fields again for every line in it.
    tracing::info!(request_id = %id, method = method.as_str(), route, status, seconds, "answered");
    answer
}

fn mark(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(X_REQUEST_ID, id.0.clone());
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
}
