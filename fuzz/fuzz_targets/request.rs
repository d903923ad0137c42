//! Whole requests, written as in HTTP/1.1, to the whole service: each operation with whatever body, in whatever headers. The
//! caller is a program with every scope, where it says `Authorization: ours`; the database is away. Every request has an
//! answer, no answer is a bug of ours, and every refusal is a whole problem.

#![no_main]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::to_bytes_limited;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::rt::Runtime;
use actix_web::test::{TestRequest, init_service};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use peer_coaching::access::{Issuers, SingleKey, Tokens};
use peer_coaching::app::{self, Shared};
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::DatabaseSettings;
use peer_coaching::door::Door;
use peer_coaching::events::rules::Kept;
use peer_coaching::life::Life;
use peer_coaching::limits::Limits;
use peer_coaching::vault::Vault;
use peer_coaching::webhooks::rules::Reach;
use peer_coaching_fuzz::keys;
use serde_json::Value;
use uuid::Uuid;

const SECRET: &str = "a secret that is long enough for HS256";

/// An answer: its status, what kind of text it holds, and the text.
type Answer = (StatusCode, Option<HeaderValue>, Vec<u8>);
type Service = Box<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Answer>>>>;

async fn service() -> Service {
    let key = SingleKey::Secret(SECRET.to_owned().into());
    let issuers = Issuers::single("i", "a", Uuid::from_u128(1).into(), key).expect("an issuer");
    let nowhere = "host=/nonexistent user=nobody dbname=nothing".parse().expect("an address");
    let shared = Shared {
        life: Life::default(),
        door: Arc::new(Door::new(Arc::new(Tokens::new(issuers)))),
        vault: Vault::new(keys()),
        limits: Arc::new(Limits::off()),
        clock: Clock::default(),
        ledger: None,
        reach: Reach::Public,
        events_kept: Kept::default(),
        origins: vec!["https://front.example.com".into()],
        public_url: None,
        dev: None,
    };
    let database = DatabaseSettings::new(nowhere).expect("settings").pool(1);
    let service = &*Box::leak(Box::new(init_service(app::build(shared, database)).await));
    Box::new(move |request| {
        let answering = actix_web::dev::Service::call(service, request.to_request());
        Box::pin(async move {
            let answer = match answering.await {
                Ok(answer) => answer.map_into_boxed_body().into_parts().1,
                Err(error) => error.error_response(),
            };
            let (status, kind) = (answer.status(), answer.headers().get(CONTENT_TYPE).cloned());
            let body = to_bytes_limited(answer.into_body(), 10_000_000).await.expect("a short answer");
            (status, kind, body.expect("a whole answer").to_vec())
        })
    })
}

/// A token of a program with every scope.
fn token() -> String {
    let now = real_time().as_second();
    let scopes = "members:read members:write events:read webhooks:manage";
    let claims = format!(
        r#"{{"iss":"i","aud":"a","sub":"bot","client_id":"bot","scope":"{scopes}","iat":{now},"exp":{}}}"#,
        now + 86_400
    );
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"at+jwt"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes());
    format!("Bearer {message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The request that these bytes are, if a server would understand them as one.
fn request(data: &[u8], token: &str) -> Option<TestRequest> {
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let (head, body) = (&data[..end], data.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = str::from_utf8(lines.next()?).ok()?.splitn(2, ' ');
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let uri = words.next().filter(|uri| uri.starts_with('/') && Uri::try_from(*uri).is_ok())?;
    let mut request = TestRequest::with_uri(uri).method(method).set_payload(body.to_vec());
    for line in lines {
        let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
        let name = HeaderName::from_bytes(name).ok()?;
        let ours = name == AUTHORIZATION && value == b": ours";
        let value = if ours { token.as_bytes() } else { value[1..].trim_ascii() };
        request = request.append_header((name, HeaderValue::from_bytes(value).ok()?));
    }
    Some(request)
}

fuzz_target!(|data: &[u8]| {
    thread_local! {
        static RUNTIME: Runtime = Runtime::new().expect("a runtime");
        static SERVICE: Service = RUNTIME.with(|runtime| runtime.block_on(service()));
        static TOKEN: String = token();
    }
    let Some(request) = TOKEN.with(|token| request(data, token)) else { return };
    let answering = SERVICE.with(|service| RUNTIME.with(|runtime| runtime.block_on(async { service(request).await })));
    let (status, kind, body) = answering;
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{}", String::from_utf8_lossy(&body));
    if status.is_success() || status.is_redirection() || data.starts_with(b"HEAD ") {
        return;
    }
    let problem = serde_json::from_slice::<Value>(&body).expect("a refusal is JSON");
    if data.starts_with(b"GET /readyz") {
        return;
    }
    assert_eq!(kind.as_ref().map(HeaderValue::as_bytes), Some(&b"application/problem+json"[..]));
    assert_eq!(problem["status"], status.as_u16());
    for member in ["type", "title", "detail", "instance", "code", "request_id"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member} is missing: {problem}");
    }
});
