//! The gate: who is asking, whether they have a request left, and the headers that say so.
//!
//! It stands within CORS, so that a browser can read a 429 and a preflight costs nothing, and before everything else.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};

use super::bucket::Left;
use super::{Empty, Limits, Taken};
use crate::codes::Code;
use crate::door::Door;
use crate::error::Error;

/// How long a refusal takes at least: over one connection, nobody can be refused more often than that.
const REFUSAL: Duration = Duration::from_millis(200);

/// How much longer than the one before it, and after how many this begins again: who were refused together must not come
/// back together.
const STEP: Duration = Duration::from_millis(10);
const PLACES: u32 = 16;

/// Probes are never refused: a replica under load is not to be taken for a dead one.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Lets a request pass, or refuses it.
///
/// # Errors
/// Whatever the inner service fails with, answered with the same headers.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if PROBES.contains(&request.path()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    fn shared<T: 'static>(request: &ServiceRequest) -> web::Data<T> {
        request.app_data::<web::Data<T>>().expect("the app is built with it").clone()
    }
    let (door, limits) = (shared::<Door>(&request), shared::<Limits>(&request));
    let bearer = door.verify(request.request()).await;
    let (taken, policy) = match &bearer {
        Ok(verified) => (limits.take(verified), &limits.policies.caller),
        Err(_) => (limits.stranger(&request), &limits.policies.address),
    };
    request.extensions_mut().insert(bearer);
    match taken {
        Ok(taken) => passed(next.call(request).await, &taken, policy.as_ref()),
        Err(empty) => {
            let place = limits.refused.fetch_add(1, Ordering::Relaxed) % PLACES;
            tokio::time::sleep(REFUSAL + STEP * place).await;
            let mut answer = request.error_response(refusal(empty));
            answer.headers_mut().insert(header::RETRY_AFTER, empty.seconds.into());
            let left = Left { requests: 0, seconds: empty.seconds };
            tell(answer.headers_mut(), Some((empty.limit, left)), policy.as_ref());
            Ok(answer)
        }
    }
}

/// Whatever came of it.
fn passed(
    answer: Result<ServiceResponse<impl MessageBody + 'static>, actix_web::Error>,
    taken: &Taken,
    policy: Option<&HeaderValue>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match answer {
        Ok(mut answer) => {
            if answer.status() == StatusCode::NOT_MODIFIED {
                taken.cost_nothing();
            }
            tell(answer.headers_mut(), taken.left(), policy);
            Ok(answer.map_into_boxed_body())
        }
        Err(mut error) => {
            let (left, policy) = (taken.left(), policy.cloned());
            error.add_response_mapper(move |mut response| {
                tell(response.headers_mut(), left, policy.as_ref());
                response
            });
            Err(error)
        }
    }
}

fn refusal(Empty { limit, seconds }: Empty) -> Error {
    let whose = match limit {
        "caller" => "You have",
        "organization" => "Your organization has",
        _ => "Your address has, without a good token,",
    };
    Error::refused(
        Code::TooManyRequests,
        format!("{whose} sent more than this replica takes. Try again in {seconds} s."),
    )
}

/// `RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers-10 writes them.
fn tell(headers: &mut HeaderMap, left: Option<(&str, Left)>, policy: Option<&HeaderValue>) {
    let left = left.map(|(limit, Left { requests, seconds })| format!("\"{limit}\";r={requests};t={seconds}"));
    if let Some(left) = left.and_then(|left| HeaderValue::try_from(left).ok()) {
        headers.insert(RATE_LIMIT, left);
    }
    if let Some(policy) = policy {
        headers.insert(RATE_LIMIT_POLICY, policy.clone());
    }
}

impl Limits {
    fn stranger(&self, request: &ServiceRequest) -> Result<Taken, Empty> {
        let address = request.peer_addr().map(|peer| peer.ip());
        let address = forwarded(request.headers(), self.settings.proxies).or(address);
        address.map_or(Ok(Taken::Nothing), |address| self.take_from(address))
    }
}

/// Whom the farthest of so many proxies was called by. Each adds whom it was called by at the end; what stands before
/// that, anybody may have written.
fn forwarded(headers: &HeaderMap, proxies: u8) -> Option<IpAddr> {
    let place = usize::from(proxies).checked_sub(1)?;
    let lists = headers.get_all(header::X_FORWARDED_FOR).filter_map(|list| list.to_str().ok()).collect::<Vec<_>>();
    let hop = lists.iter().rev().flat_map(|list| list.rsplit(',')).nth(place)?.trim();
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
