//! Bad tokens cost nothing and tell nothing: one and the same 401, no database connection, no address asked.

use std::time::{Duration, Instant};

use peer_coaching::access::Issuers;
use peer_coaching::clock::real_time;
use peer_coaching::db::DatabaseSettings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Town, database};
use crate::tokens::canary::Canary;
use crate::tokens::faults::{Case, good};
use crate::tokens::{Stage, changed};

/// What becomes another request, or none, on its way through HTTP: see
/// [`what_http_does_not_carry_as_it_is_opens_nothing`].
const NOT_AS_IT_IS: [&str; 3] = ["newline at the end", "space in front", "id: a megabyte"];

/// All that HTTP carries.
fn bad(stage: &Stage) -> Vec<Case> {
    let (carried, not) = stage.bad().into_iter().partition::<Vec<_>, _>(|(name, ..)| !NOT_AS_IT_IS.contains(name));
    assert_eq!((not.len(), carried.len() > 120), (NOT_AS_IT_IS.len(), true), "{}", carried.len());
    carried
}

async fn with(stranger: &Person, method: Method, path: &str, token: Option<&str>) -> Answer {
    let has_body = method != Method::GET;
    let mut request = stranger.request(method, path);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    Answer::to(if has_body { request.body("a body that nobody reads") } else { request }).await
}

/// All of an answer but what is its own: when it came, and its id.
fn whole(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers = answer.headers.keys().map(|name| (name.to_string(), answer.header(name.as_str()).to_owned()));
    let mut headers = headers.by_ref().filter(|(name, _)| name != "date" && name != "x-request-id").collect::<Vec<_>>();
    headers.sort();
    (answer.status.as_u16(), headers, changed(answer.body(), "request_id", None))
}

/// A database that is nothing but a door: whoever wants a connection is counted.
fn counted(door: &Canary) -> DatabaseSettings {
    let port = door.port();
    let config = format!("host=127.0.0.1 port={port} user=peer_coaching_app dbname=coaching connect_timeout=1");
    DatabaseSettings::new(config.parse().unwrap()).unwrap()
}

#[actix_web::test]
async fn every_bad_token_is_one_and_the_same_401_that_costs_nothing() {
    let (stage, door, begun) = (Stage::at(real_time()), Canary::start(), Instant::now());
    let (town, _) = Town::trusting(counted(&door), |founded| stage.issuers(founded)).await;
    let stranger = Person::stranger(&town.address);
    for (method, path) in [
        (Method::GET, "/v1/me"),
        (Method::POST, "/v1/pairings"),
        (Method::PUT, "/v1/cycles/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60/participation"),
    ] {
        let without = with(&stranger, method.clone(), path, None).await;
        assert_eq!((without.status.as_u16(), without.code().as_str()), (401, "unauthenticated"));
        let mut ids = vec![without.header("x-request-id").to_owned()];
        for (name, token, _) in bad(&stage) {
            let answer = with(&stranger, method.clone(), path, Some(&token)).await;
            assert_eq!(whole(&answer), whole(&without), "{name}: {token}");
            ids.push(answer.header("x-request-id").to_owned());
        }
        let sent = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), sent, "each answer has an id of its own");
    }
    assert_eq!(door.connects(), 0, "connections to the database");
    assert_eq!(stage.canary.connects(), 0, "addresses that tokens offered");
    // The configured addresses are asked at the start, and for keys that nobody knows, at most every 10 seconds.
    let asked = usize::try_from(begun.elapsed().as_secs()).unwrap() / 10 + 2;
    for path in ["/jwks", "/theirs/jwks"] {
        assert!((1..=asked).contains(&stage.provider.asked(path)), "{path}: {}", stage.provider.asked(path));
    }

    // The control: a good token passes the door, and then wants a connection.
    for (name, token) in good(&stage) {
        let before = door.connects();
        let answer = with(&stranger, Method::GET, "/v1/me", Some(&token)).await;
        assert_eq!((answer.status.as_u16(), door.connects() > before), (503, true), "{name}: {}", answer.text);
    }
    assert_eq!(stage.canary.connects(), 0, "good tokens may offer addresses too");
}

/// The control: the same tokens before a service with a database, where the good ones are good.
#[actix_web::test]
async fn bad_tokens_beside_good_ones_are_bad() {
    let stage = Stage::at(real_time());
    let (town, founded) =
        Town::trusting(database::settings("peer_coaching_app"), |founded| stage.issuers(founded)).await;
    let stranger = Person::stranger(&town.address); // one client: connections are used again
    let organization = |name: &str| match name {
        "another issuer's" => founded[1],
        name if name.starts_with("shared secret") => founded[2],
        _ => founded[0],
    };
    let refused = whole(&stranger.get("/v1/me").await);
    let good = good(&stage);
    for (at, (name, token, _)) in bad(&stage).iter().enumerate() {
        let (good_name, good_token) = &good[at % good.len()];
        let me = with(&stranger, Method::GET, "/v1/me", Some(good_token)).await.ok();
        assert_eq!(me["organization"]["id"], json!(organization(good_name)), "{good_name}");
        assert_eq!(
            whole(&with(&stranger, Method::GET, "/v1/me", Some(token)).await),
            refused,
            "{name} after {good_name}"
        );
    }
    assert_eq!(stage.canary.connects(), 0);
}

#[actix_web::test]
async fn what_http_does_not_carry_as_it_is_opens_nothing() {
    let stage = Stage::at(real_time());
    let (town, _) = Town::trusting(database::settings("peer_coaching_app"), |founded| stage.issuers(founded)).await;
    let sent = |token: &str, rest: &str| {
        let request =
            format!("GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}{rest}");
        town.wire().send(request).hear(Duration::from_secs(5)).statuses()
    };
    let good = stage.rsa.token(&stage.good());
    // The wire blocks this thread, on which the keys are fetched at the start: they are here before it does.
    with(&Person::stranger(&town.address), Method::GET, "/v1/me", Some(&good)).await.ok();
    assert_eq!(sent(&good, "\r\n\r\n"), [200], "the control");
    assert_eq!(sent(&good, "\r\nX: x\r\n\r\n"), [200], "the control");
    // These are good tokens: RFC 9110, section 11.4, asks for one space or more, and a newline alone may end a line
    // (RFC 9112, section 2.2), so that it is no part of the token.
    assert_eq!(sent(&format!(" {good}"), "\r\n\r\n"), [200]);
    assert_eq!(sent(&good, "\nX: x\r\n\r\n"), [200]);
    for (name, token, rest) in [
        ("a carriage return", format!("{good}\r"), "x\r\n\r\n"),
        ("a NUL", format!("{good}\0"), "\r\n\r\n"),
        ("folded", format!("{good}\r\n "), "x\r\n\r\n"),
        ("in two halves", format!("{}\r\n {}", &good[..100], &good[100..]), "\r\n\r\n"),
        ("a comma and another", format!("{good}, Bearer {good}"), "\r\n\r\n"),
        ("a space within", format!("{} {}", &good[..100], &good[100..]), "\r\n\r\n"),
        ("not ASCII", format!("{good}é"), "\r\n\r\n"),
        ("quoted", format!("\"{good}\""), "\r\n\r\n"),
        ("a megabyte", stage.parameter("kid", json!("r".repeat(1 << 20))), "\r\n\r\n"),
    ] {
        let statuses = sent(&token, rest);
        assert!(statuses.iter().all(|status| [400, 401, 413, 431].contains(status)), "{name}: {statuses:?}");
    }
}

/// The control of the canary: an address that the configuration names is asked, by the very same client.
#[actix_web::test]
async fn an_issuers_own_address_is_asked() {
    let (stage, canary) = (Stage::at(real_time()), Canary::start());
    let issuer = canary.address();
    let text = |organization| {
        format!(
            "[[issuers]]\nissuer = \"{issuer}\"\naudiences = [\"us\"]\nalgorithms = [\"RS256\"]\ndiscovery = true\n\
             organization = \"{organization}\"\n"
        )
    };
    let discovering = |[first, ..]: [_; 3]| Issuers::parse(&text(first), &std::env::temp_dir()).unwrap();
    let (town, _) = Town::trusting(database::settings("peer_coaching_app"), discovering).await;
    let token = stage.claim("iss", json!(issuer));
    let answer = with(&Person::stranger(&town.address), Method::GET, "/v1/me", Some(&token)).await;
    assert_eq!((answer.status.as_u16(), canary.connects() > 0), (401, true));
    assert_eq!(stage.canary.connects() + stage.provider.asked("/jwks"), 0);
}
