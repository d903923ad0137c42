//! Browsers: the configured front ends may call, others may not, and every answer says so.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Town};

const FRONT: &str = "https://front.example.com";
const EXPOSED: &str = "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotent-Replayed, WWW-Authenticate";

fn names(list: &str) -> Vec<String> {
    let mut names = list.split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>();
    names.sort();
    names
}

#[actix_web::test]
async fn a_front_end_is_told_what_it_may_send() {
    let (_town, company) = Town::small().await;
    let stranger = company.stranger();
    for (method, path) in
        [("PATCH", "/v1/policy"), ("POST", "/v1/pairings"), ("PUT", "/v1/no/such/route"), ("GET", "/v1/me")]
    {
        let preflight = stranger
            .request(Method::OPTIONS, path)
            .header("Origin", FRONT)
            .header("Access-Control-Request-Method", method)
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type,idempotency-key,if-match,x-request-id",
            );
        let answer = Answer::to(preflight).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), FRONT);
        let allowed = names(answer.header("access-control-allow-methods"));
        assert_eq!(allowed, ["delete", "get", "head", "patch", "post", "put"]);
        let headers = names(answer.header("access-control-allow-headers"));
        for name in ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"] {
            assert!(headers.iter().any(|known| known == name), "{name}");
        }
        assert_eq!(answer.header("access-control-max-age"), "3600");
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            "",
            "tokens travel in a header, never in a cookie"
        );
        assert!(
            names(&answer.headers.get_all("vary").iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>().join(","))
                .contains(&"origin".into())
        );
    }
}

#[actix_web::test]
async fn errors_can_be_read_by_the_front_end_too() {
    let (_town, company) = Town::small().await;
    let (stranger, ana) = (company.stranger(), company.person("ana"));
    let answers = [
        (200, ana.request(Method::GET, "/v1/me")),
        (304, ana.request(Method::GET, "/v1/me").header("If-None-Match", "*")),
        (400, ana.request(Method::GET, "/v1/me?x=1")),
        (401, stranger.request(Method::GET, "/v1/me")),
        (403, ana.request(Method::PATCH, "/v1/policy").header("If-Match", "*").json(&json!({ "weekly_minutes": 20 }))),
        (404, stranger.request(Method::GET, "/no/such/route")),
        (405, stranger.request(Method::DELETE, "/v1/policy")),
        (406, stranger.request(Method::GET, "/v1/me").header("Accept", "text/html")),
        (
            413,
            ana.request(Method::POST, "/v1/pairings")
                .header("Content-Type", "application/json")
                .body("x".repeat(65_537)),
        ),
        (415, ana.request(Method::POST, "/v1/pairings").body("{}")),
        (200, stranger.request(Method::GET, "/openapi.json")),
    ];
    for (status, request) in answers {
        let answer = Answer::to(request.header("Origin", FRONT)).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), FRONT, "{status}");
        assert_eq!(names(answer.header("access-control-expose-headers")), names(EXPOSED), "{status}");
        if answer.status.is_client_error() {
            answer.code();
        }
    }
}

#[actix_web::test]
async fn other_origins_get_nothing() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    for origin in [
        "https://evil.example.com",
        "https://front.example.com.evil.example",
        "http://front.example.com",
        "null",
        "https://FRONT.example.com:8443",
    ] {
        let preflight = ana
            .request(Method::OPTIONS, "/v1/me")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET");
        let refused = Answer::to(preflight).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "malformed"), "{origin}");
        for answer in [refused, Answer::to(ana.request(Method::GET, "/v1/me").header("Origin", origin)).await] {
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
    let unknown_method =
        ana.request(Method::OPTIONS, "/v1/me").header("Origin", FRONT).header("Access-Control-Request-Method", "BREW");
    assert_eq!(Answer::to(unknown_method).await.code(), "malformed");
    let without = ana.get("/v1/me").await;
    assert_eq!((without.status.as_u16(), without.header("access-control-allow-origin")), (200, ""));
}
