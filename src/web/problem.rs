//! Problem answers (RFC 9457): the only place that turns an error into an answer, for every failure there is, the
//! framework's own included.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use futures_util::FutureExt;
use jiff::civil::date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::observe::RequestId;
use super::shown::{instance, shortened};
use crate::codes::Code;
use crate::error::{Error, Fact, Flaw, Place, Refused};

/// How many wrong places are named: an answer must not grow beyond the request.
const NAMED: usize = 100;

/// The id in every example.
const EXAMPLE_ID: &str = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60";

/// Why there is no answer of the kind that was asked for (RFC 9457). Clients branch on `code`; `detail` is for people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The page that explains this code.
    #[schema(format = "uri-reference", max_length = 100, example = "/problems/not_found")]
    pub r#type: String,
    /// What happened, in words that never vary for a code.
    #[schema(format = "line", max_length = 200, example = "There is nothing here for you")]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    pub status: u16,
    /// What happened this time, and what to do about it.
    #[schema(
        format = "line",
        max_length = 1000,
        example = "Check the address. What is not yours to know about is answered in the same way."
    )]
    pub detail: String,
    /// The path that was asked for; of a very long one the beginning.
    #[schema(
        format = "uri-reference",
        max_length = 500,
        example = "/v1/pairings/01990a3e-0000-7000-8000-000000000000"
    )]
    pub instance: String,
    /// Stable name of this kind of problem. New ones may come: treat an unknown one by its status.
    #[schema(pattern = "^[a-z_]+$", max_length = 64, example = "not_found")]
    pub code: String,
    /// Names this request in the service's log.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", max_length = 64, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pub request_id: String,
    /// Every wrong place in the request, up to a hundred; only with 400 and 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 100, example = json!([{ "pointer": "#/name", "code": "required", "detail": "is required" }]))]
    pub errors: Vec<ProblemPlace>,
    /// The day on which the next cycle starts, null where none is planned; only with `no_open_cycle` and
    /// `too_late_this_cycle`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date", required = false, example = "2027-01-01")]
    pub next_starts_on: Option<Option<String>>,
    /// Which kinds of call have not been held yet; only with `incomplete`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(schema_with = missing, required = false)]
    pub missing: &'static [&'static str],
    /// From when on there is what was asked for; only with `statistics_not_yet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "date-time", required = false, example = "2027-01-15T00:00:00.000Z")]
    pub available_at: Option<String>,
}

/// How [`Problem::missing`] is described: `web` does not know the kinds of calls.
fn missing() -> Array {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["kickoff", "catch_up"]));
    let described = ArrayBuilder::new().items(kind).max_items(Some(2)).examples([serde_json::json!(["catch_up"])]);
    described.description(Some("Which kinds of call have not been held yet; only with `incomplete`.")).build()
}

/// One wrong place in a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemPlace {
    /// Where in the body (RFC 6901, as a URI fragment).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^#", max_length = 500, value_type = String, required = false, example = "#/name")]
    pub pointer: Option<String>,
    /// Which query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^.*$", max_length = 100, value_type = String, required = false, example = "limit")]
    pub parameter: Option<String>,
    /// Which header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "line", max_length = 100, value_type = String, required = false, example = "If-Match")]
    pub header: Option<String>,
    /// Which kind of mistake.
    #[schema(pattern = "^[a-z_]+$", max_length = 64, example = "required")]
    pub code: String,
    /// What belongs there. Never what was there.
    #[schema(format = "line", max_length = 500, example = "is required")]
    pub detail: String,
}

impl From<&Flaw> for ProblemPlace {
    fn from(flaw: &Flaw) -> Self {
        let (mut pointer, mut parameter, mut header) = (None, None, None);
        match &flaw.place {
            Place::Body(at) => pointer = Some(shortened(format!("#{at}"))),
            Place::Query(name) => parameter = Some(name.clone()),
            Place::Header(name) => header = Some((*name).to_owned()),
        }
        Self { pointer, parameter, header, code: flaw.code.into(), detail: flaw.detail.clone() }
    }
}

impl Problem {
    fn of(error: &Error) -> Self {
        let code = error.code();
        let (detail, fact) = match error {
            Error::Refused(Refused { detail, fact, .. }) => (detail.clone(), fact.clone()),
            Error::Invalid(_) | Error::Unavailable(_) | Error::Unknown(_) | Error::Internal(_) => (None, None),
        };
        let (mut next_starts_on, mut missing, mut available_at) = (None, &[][..], None);
        match fact {
            Some(Fact::NextStartsOn(day)) => next_starts_on = Some(day.map(|day| day.to_string())),
            Some(Fact::Missing(kinds)) => missing = kinds,
            Some(Fact::AvailableAt(instant)) => available_at = Some(format!("{instant:.3}")),
            None => {}
        }
        let errors = match error {
            Error::Invalid(flaws) => flaws.iter().take(NAMED).map(ProblemPlace::from).collect(),
            Error::Refused(_) | Error::Unavailable(_) | Error::Unknown(_) | Error::Internal(_) => Vec::new(),
        };
        Self {
            r#type: format!("/problems/{code}"),
            title: code.title().into(),
            status: code.status().as_u16(),
            detail: detail.unwrap_or_else(|| code.advice().into()),
            instance: String::new(),
            code: code.name().into(),
            request_id: String::new(),
            errors,
            next_starts_on,
            missing,
            available_at,
        }
    }

    /// What an answer with this code looks like.
    pub fn example(code: Code) -> Self {
        let wrong = |at: &str, kind, detail: &str, malformed| Flaw {
            place: Place::Body(at.into()),
            code: kind,
            detail: detail.into(),
            malformed,
        };
        let error = match code {
            Code::Malformed => Error::Invalid(vec![wrong("/coach_id", "required", "is required", true)]),
            Code::Invalid => Error::Invalid(vec![wrong("/coach_capacity", "too_large", "must be at most 20", false)]),
            Code::NoOpenCycle | Code::TooLateThisCycle => {
                Error::with_fact(code, Fact::NextStartsOn(Some(date(2027, 1, 1))))
            }
            Code::Incomplete => Error::with_fact(code, Fact::Missing(&["catch_up"])),
            Code::StatisticsNotYet => {
                let over_at = date(2027, 1, 15).to_zoned(jiff::tz::TimeZone::UTC).map(|at| at.timestamp());
                Error::with_fact(code, Fact::AvailableAt(over_at.unwrap_or_default()))
            }
            code => code.into(),
        };
        let (_, path) = code.request().split_once(' ').unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        let whole = path.split('/').map(|part| if part.starts_with('{') { EXAMPLE_ID } else { part });
        Self { instance: whole.collect::<Vec<_>>().join("/"), request_id: EXAMPLE_ID.into(), ..Self::of(&error) }
    }

    fn respond(&self, code: Code) -> HttpResponse {
        let mut response = HttpResponse::build(code.status());
        response.content_type("application/problem+json").insert_header((header::CACHE_CONTROL, "no-store"));
        if code == Code::Unauthenticated {
            response
                .insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"peer-coaching\", error=\"invalid_token\""));
        }
        if matches!(code, Code::Unavailable | Code::OutcomeUnknown | Code::InFlight) {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        response.body(serde_json::to_vec(self).expect("a problem is plain data"))
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    /// [`render`] completes this where it still knows the request; alone it is already a problem.
    fn error_response(&self) -> HttpResponse {
        Problem::of(self).respond(self.code())
    }
}

/// Completes our problems with path and request id, logs what is our fault, once, and turns failures that the framework
/// answers by itself into problems of the same form.
///
/// # Errors
/// Where nothing is left of the request (see [`survive`]): an error that is answered with a whole problem as well.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = instance(request.path());
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let response = match next.call(request).await {
        Ok(response) => response,
        Err(error) => {
            let problem = completed(error.as_error::<Error>(), &error.error_response(), path, id);
            return Err(InternalError::from_response(error, problem).into());
        }
    };
    if !(response.status().is_client_error() || response.status().is_server_error()) || is_no_problem(&response) {
        return Ok(response.map_into_boxed_body());
    }
    let ours = response.response().error().and_then(|error| error.as_error::<Error>());
    let problem = completed(ours, response.response(), path, id);
    Ok(response.into_response(problem))
}

/// A replica that is not ready says why in a form of its own.
fn is_no_problem<B>(response: &ServiceResponse<B>) -> bool {
    response.response().error().is_none()
        && response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

/// The problem of one request, with the headers that its answer had already (`Allow`, and what CORS adds).
fn completed<B>(ours: Option<&Error>, answer: &HttpResponse<B>, path: String, id: String) -> HttpResponse {
    let foreign; // an error that is not one of ours
    let error = match ours {
        Some(error) => error,
        None => {
            foreign = Error::from(code_of(answer.status()));
            &foreign
        }
    };
    match error {
        Error::Internal(cause) => tracing::error!(cause, "a bug of ours"),
        Error::Unavailable(cause) => tracing::warn!(cause, "could not answer in time"),
        Error::Unknown(cause) => tracing::warn!(cause, "nobody knows whether it was stored"),
        Error::Refused(_) | Error::Invalid(_) => {}
    }
    let mut problem = Problem::of(error);
    problem.instance = path;
    problem.request_id = id;
    let mut completed = problem.respond(error.code());
    for (name, value) in answer.headers() {
        if !completed.headers().contains_key(name) {
            completed.headers_mut().append(name.clone(), value.clone());
        }
    }
    completed
}

/// A panic is a bug of ours like any other: 500 for this request, and for no other.
///
/// # Errors
/// What the inner service fails with; an internal error for a panic, with which the request itself is gone.
pub async fn survive(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let answer = AssertUnwindSafe(async { next.call(request).await }).catch_unwind().await;
    answer.unwrap_or_else(|_| Err(Error::Internal("a handler panicked".into()).into()))
}

/// The nearest code for a status that the framework chose.
fn code_of(status: StatusCode) -> Code {
    match status {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::TooSlow,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::URI_TOO_LONG => Code::QueryTooLong,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        status if status.is_client_error() => Code::Malformed,
        _ => Code::Internal,
    }
}
