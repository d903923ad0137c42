//! Whatever goes wrong, the answer is a whole problem (RFC 9457), and its `type` leads to a page.

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use peer_coaching::app;
use peer_coaching::clock::real_time;
use peer_coaching::codes::Code;
use peer_coaching::life::Life;
use peer_coaching::web::{observe, problem};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::document::fits;
use crate::support::{Answer, Person, Town};

const SOMETHING: &str = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60";

#[actix_web::test]
async fn every_kind_of_failure_is_a_whole_problem() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let request = |method: Method, path: &str| root.request(method, path);
    let json_of =
        |method, path, text: &'static str| request(method, path).header("Content-Type", "application/json").body(text);
    let kind = |kind: &'static str| {
        request(Method::PUT, "/v1/cycles/current/reflection").header("Content-Type", kind).body("{}")
    };
    let reflection = |text| json_of(Method::PUT, "/v1/cycles/current/reflection", text);
    let failures = [
        ("404 not_found", request(Method::GET, "/")),
        ("404 not_found", request(Method::GET, "/v1")),
        ("404 not_found", request(Method::GET, "/v1/me/")),
        ("404 not_found", request(Method::GET, "/v1/no/such/thing")),
        ("404 not_found", request(Method::GET, "/problems/no_such_code")),
        ("404 not_found", request(Method::GET, "/docs/no-such-file.js")),
        ("404 not_found", request(Method::GET, &format!("/v1/pairings/{SOMETHING}"))),
        ("404 not_found", request(Method::POST, &format!("/v1/pairings/{SOMETHING}/accept"))),
        ("405 method_not_allowed", request(Method::DELETE, "/v1/policy")),
        ("405 method_not_allowed", request(Method::POST, "/openapi.json")),
        ("406 not_acceptable", request(Method::GET, "/v1/me").header("Accept", "text/html")),
        ("406 not_acceptable", request(Method::GET, "/v1/me").header("Accept", "application/json;q=0")),
        ("413 payload_too_large", reflection("x".repeat(1024 * 1024 + 1).leak())),
        ("414 query_too_long", request(Method::GET, &format!("/v1/members?q={}", "x".repeat(8 * 1024)))),
        ("415 unsupported_media_type", kind("text/plain")),
        ("415 unsupported_media_type", kind("application/json; charset=iso-8859-1")),
        ("415 unsupported_media_type", kind("application/merge-patch+json")), // this is no patch
        ("415 unsupported_media_type", kind("application/json").header("Content-Encoding", "gzip")),
        ("400 malformed", reflection("")),
        ("400 malformed", reflection("{\"complete\": tru")),
        ("400 malformed", request(Method::GET, "/v1/members?limit=many")),
        ("400 malformed", request(Method::PATCH, "/v1/policy").header("If-Match", "3").json(&json!({}))),
        ("400 malformed", request(Method::POST, "/v1/pairings").header("Idempotency-Key", "").json(&json!({}))),
        (
            "400 key_missing",
            json_of(Method::POST, "/v1/members/batch", r#"{"members":[{"external_id":"a","name":"A"}]}"#),
        ),
        ("400 cursor_mismatch", request(Method::GET, "/v1/members?cursor=x")),
        ("412 stale", request(Method::PATCH, "/v1/policy").header("If-Match", "\"77-00000000\"").json(&json!({}))),
        ("428 precondition_required", request(Method::PATCH, "/v1/policy").json(&json!({}))),
        ("422 invalid", request(Method::GET, "/v1/members?limit=0")),
    ];
    for (expected, request) in failures {
        let answer = Answer::to(request).await;
        let code = answer.code();
        assert_eq!(format!("{} {code}", answer.status.as_u16()), expected, "{}", answer.text);
        assert_eq!(answer.body()["type"], format!("/problems/{code}"));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let named = ["malformed", "invalid"].contains(&code.as_str());
        assert_eq!(!answer.wrong().is_empty(), named, "`errors` name what is wrong: {}", answer.text);
    }
}

#[actix_web::test]
async fn every_address_says_which_methods_it_knows() {
    let (_town, company) = Town::small().await;
    let stranger = company.stranger();
    let document = app::document();
    let allow = |item: &Value| {
        let known = |method: &&str| item.get(method.to_lowercase()).is_some();
        let names = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(known);
        names.collect::<Vec<_>>().join(", ").replace("GET", "GET, HEAD")
    };
    let mut expected = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, item)| (path.as_str(), allow(item)))
        .collect::<Vec<_>>();
    expected.extend(["/openapi.json", "/docs"].map(|path| (path, "GET, HEAD".into())));
    for (path, allow) in expected {
        let path = path.replace("{code}", "not_found").replace("{cycle_id}", "current");
        let path = path.replace("{member_id}", SOMETHING).replace("{pairing_id}", SOMETHING);
        for method in ["BREW", "OPTIONS", "TRACE"] {
            let answer = Answer::to(stranger.request(method.parse().unwrap(), &path)).await;
            assert_eq!(
                (answer.code().as_str(), answer.header("allow")),
                ("method_not_allowed", allow.as_str()),
                "{method} {path}"
            );
        }
    }
}

/// A fixed path that stands in the place of an id does not know the methods of the ids.
#[actix_web::test]
async fn a_fixed_path_is_not_an_id() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    for method in [Method::GET, Method::HEAD, Method::PATCH, Method::DELETE] {
        let answer =
            Answer::to(root.request(method.clone(), "/v1/members/batch").header("If-Match", "*").json(&json!({})))
                .await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
}

#[actix_web::test]
async fn every_bad_token_gets_one_and_the_same_answer() {
    let (_town, company) = Town::small().await;
    let (stranger, ana) = (company.stranger(), company.person("ana"));
    let mut spoiled = ana.token().to_owned();
    let last = spoiled.pop().unwrap();
    spoiled.push(if last == 'A' { 'B' } else { 'A' });
    let of_another = |claims: Value| {
        let header = Header { typ: Some("at+jwt".into()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &EncodingKey::from_secret(b"another secret that is longer than 32 bytes")).unwrap()
    };
    let now = real_time().as_second();
    let credentials = [
        vec![],
        vec![String::new()],
        vec!["Bearer".into()],
        vec!["Bearer ".into()],
        vec!["Bearer a.b.c".into()],
        vec![format!("Basic {}", ana.token())],
        vec![format!("Bearer {spoiled}")],
        vec![format!(
            "Bearer {}",
            of_another(json!({ "iss": "https://nobody.example.com", "sub": "ana", "exp": now + 60 }))
        )],
        vec![format!("Bearer {}", "x".repeat(20_000))],
        vec![format!("Bearer {}", ana.token()), format!("Bearer {}", ana.token())],
    ];
    for credentials in credentials {
        let request = stranger.request(Method::POST, "/v1/pairings").body("a body that nobody reads");
        let answer =
            Answer::to(credentials.iter().fold(request, |request, one| request.header("Authorization", one))).await;
        assert_eq!(answer.code(), "unauthenticated", "{credentials:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"peer-coaching\", error=\"invalid_token\"");
        let mut body = answer.body();
        body.as_object_mut().unwrap().remove("request_id");
        assert_eq!(
            body,
            json!({
                "type": "/problems/unauthenticated",
                "title": Code::Unauthenticated.title(),
                "status": 401,
                "detail": Code::Unauthenticated.advice(),
                "instance": "/v1/pairings",
                "code": "unauthenticated",
            })
        );
    }
    assert_eq!(
        ana.get("/v1/me").await.status,
        200,
        "the control: with the same claims and our secret it is a good token"
    );
}

/// With the same layers as the service, over a real connection: the request is gone with the panic, its answer is not.
#[actix_web::test]
async fn a_panic_is_one_requests_failure() {
    let app = || {
        App::new()
            .app_data(web::Data::new(Life::default()))
            .route("/panic", web::get().to(async || -> &'static str { panic!("a bug, on purpose") }))
            .route("/fine", web::get().to(async || "fine"))
            .wrap(from_fn(problem::survive))
            .wrap(actix_cors::Cors::default().allowed_origin("https://front.example.com").expose_headers(["ETag"]))
            .wrap(from_fn(problem::render))
            .wrap(from_fn(observe::observe))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let stranger = Person::stranger(&address);
    for _ in 0..3 {
        let request = stranger.request(Method::GET, "/panic").header("Origin", "https://front.example.com");
        let answer = Answer::to(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (500, "internal"));
        assert_eq!(answer.header("access-control-allow-origin"), "https://front.example.com");
        assert_eq!(
            (answer.body()["instance"].as_str(), answer.header("x-content-type-options")),
            (Some("/panic"), "nosniff")
        );
        assert!(!answer.text.contains("on purpose"));
        assert_eq!(stranger.get("/fine").await.text, "fine", "on the same worker, the only one");
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn every_code_has_a_page() {
    let (_town, company) = Town::small().await;
    let stranger: Person = company.stranger();
    let document = app::document();
    for code in Code::ALL {
        let page = stranger.get(&format!("/problems/{code}")).await;
        assert_eq!(page.status, 200, "{code}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none';"));
        assert!(
            page.text.contains(code.name()) && page.text.contains(&code.status().as_u16().to_string()),
            "{}",
            page.text
        );
        let plain = page.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let plain = plain.replace("<code>", "`").replace("</code>", "`");
        for words in [code.title(), code.why(), code.advice(), code.request()] {
            assert!(plain.contains(words), "{code} does not say: {words}");
        }
        let (method, path) = code.request().split_once(' ').unwrap();
        let path = path.split('?').next().unwrap().replace("/current", "/{cycle_id}");
        assert!(
            document["paths"][path.as_str()][method.to_lowercase()].is_object() || code.status() == 405,
            "{code}: {path}"
        );
        let example = &plain[plain.find("\n\n{").expect("an example")..plain.rfind('}').unwrap() + 1];
        let example: Value = serde_json::from_str(example).expect("JSON");
        assert_eq!((example["code"].as_str(), example["title"].as_str()), (Some(code.name()), Some(code.title())));
        assert_eq!(fits(&document, &json!({ "$ref": "#/components/schemas/Problem" }), &example), [""; 0], "{code}");
        assert!(!page.text.contains("<script") && !page.text.contains("://"), "{}", page.text);
    }
    let names = Code::ALL.iter().map(|code| code.name()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(names.len(), Code::ALL.len(), "each name once");
    assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
}
