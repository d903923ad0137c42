//! Traces, for whoever names a collector: a span for each request, as OpenTelemetry's conventions for servers of HTTP have
//! it, under the caller's `traceparent` (W3C Trace Context).
//!
//! A span holds what the line in the log holds and nothing else: the method, the route's pattern, the status, the request
//! id. The conventions ask for the path as well. It has ids of people's things in it, so it is left out.

use std::sync::OnceLock;

use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span as SdkSpan};

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// What sends the spans; they go in batches, from a thread of its own. Whoever ends the process tells it first.
#[derive(Debug)]
pub struct Sending(SdkTracerProvider);

impl Sending {
    /// Sends what is left, for some seconds at most.
    pub fn finish(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "not all traces were sent");
        }
    }
}

/// Begins to trace: spans are sent to this address by OTLP over HTTP. How much of it, with which headers and how patiently is
/// said by the variables that OpenTelemetry has for it (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, …), and so is
/// the service's name where it is to be another (`OTEL_SERVICE_NAME`).
///
/// # Errors
/// When nothing can be sent there at all. A collector that is away is no error: what it misses is lost.
pub fn start(endpoint: &str) -> Result<Sending, String> {
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_endpoint(endpoint).build();
    let exporter = exporter.map_err(|error| format!("traces cannot be sent to the address that is set: {error}"))?;
    let mut resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(env!("CARGO_PKG_NAME"));
    }
    let sending = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    TRACER.set(sending.tracer(env!("CARGO_PKG_NAME"))).map_err(|_| "traces are being sent already".to_owned())?;
    Ok(Sending(sending))
}

/// One request, in the trace of its caller or in one of its own.
pub struct Traced {
    trace: Option<String>,
    span: Option<SdkSpan>,
}

impl Traced {
    /// Begins it.
    pub fn begin(headers: &HeaderMap) -> Self {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        let span = TRACER.get().map(|tracer| {
            tracer.span_builder("request").with_kind(SpanKind::Server).start_with_context(tracer, &parent)
        });
        let of = span.as_ref().map_or_else(|| parent.span().span_context().clone(), |span| span.span_context().clone());
        Self { trace: of.is_valid().then(|| of.trace_id().to_string()), span }
    }

    /// The trace that it is part of, where there is any: 32 hexadecimal digits.
    pub fn id(&self) -> Option<&str> {
        self.trace.as_deref()
    }

    /// Ends it, answered like this.
    pub fn end(self, method: &'static str, route: Option<&str>, status: u16, request: &str) {
        let Some(mut span) = self.span else { return };
        span.update_name(route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")));
        span.set_attribute(KeyValue::new("http.request.method", method));
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        span.set_attribute(KeyValue::new("peer_coaching.request_id", request.to_owned()));
        if let Some(route) = route {
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
        if status >= 500 {
            span.set_status(Status::error("")); // why, the log says under the same request id
        }
        span.end();
    }
}

/// The headers of a request, for whoever looks for its trace.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
