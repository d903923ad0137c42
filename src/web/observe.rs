//! One request id, one span and one log line for each request: by route pattern, never by path or query.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use tracing::Instrument;
use uuid::Uuid;

use crate::life::Life;
use crate::telemetry;
use crate::telemetry::metrics::{self, InFlight};
use crate::telemetry::traces::Traced;

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
    let method = telemetry::known(request.method().as_str());
    let traced = Traced::begin(request.headers());
    let id = RequestId::of(&request);
    let life = request.app_data::<web::Data<Life>>().expect("the app is built with it").clone();
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = %id, trace_id = traced.id());
    let mut answer = next.call(request).instrument(span).await;
    let (route, status) = match &mut answer {
        Ok(response) => {
            mark(response.response_mut().head_mut(), &id, &life);
            (response.request().match_pattern(), response.status())
        }
        Err(error) => {
            let status = error.as_response_error().status_code();
            let mine = id.clone();
            error.add_response_mapper(move |mut response| {
                mark(response.head_mut(), &mine, &life);
                response
            });
            (None, status)
        }
    };
    let (route, status, took) = (route.as_deref(), status.as_u16(), started.elapsed());
    let known = route.unwrap_or("unmatched");
    metrics::answered(method, known, status, took);
    let seconds = took.as_secs_f64();
    // Outside of the span: the JSON formatter parses a span's fields again for every line in it.
    tracing::info!(request_id = %id, trace_id = traced.id(), method, route = known, status, seconds, "answered");
    traced.end(method, route, status, &id.to_string());
    answer
}

fn mark(head: &mut ResponseHead, id: &RequestId, life: &Life) {
    head.headers_mut().insert(X_REQUEST_ID, id.0.clone());
    head.headers_mut().insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    if life.is_going() {
        head.set_connection_type(ConnectionType::Close); // whoever asks again opens another, and that leads elsewhere by now
    }
}
