//! How much may be sent, and how slowly.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Person, Town};

const KIB_64: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

/// This JSON with as many spaces at its end as make it that long.
fn padded(json: &str, bytes: usize) -> String {
    format!("{json}{}", " ".repeat(bytes - json.len()))
}

fn head(who: &Person, method: &str, path: &str, more: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIf-Match: *\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\n{more}\r\n\r\n",
        who.token()
    )
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[actix_web::test]
async fn bodies_are_limited_to_the_byte() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    root.is_ready().await;
    let cancel = format!("/v1/cycles/{}/cancel", root.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap());
    let members = r#"{"members":[{"external_id":"x","name":"X"}]}"#;
    for (method, path, body, limit) in [
        ("PATCH", "/v1/me", "{}", KIB_64),
        ("PATCH", "/v1/policy", "{}", KIB_64),
        ("PUT", "/v1/cycles/current/reflection", r#"{"complete":true}"#, MIB),
        ("POST", cancel.as_str(), "{}", KIB_64),
        ("POST", "/v1/members/batch", members, MIB),
    ] {
        for (bytes, statuses) in [(limit - 1, [200, 409]), (limit, [200, 409]), (limit + 1, [413, 413])] {
            let key = format!("{path} {bytes}");
            let request =
                root.request(method.parse().unwrap(), path).header("If-Match", "*").header("Idempotency-Key", &key);
            let request = request.header("Content-Type", "application/json").body(padded(body, bytes));
            let answer = Answer::to(request).await;
            assert!(statuses.contains(&answer.status.as_u16()), "{method} {path} {bytes}: {}", answer.text);
            if answer.status == 413 {
                assert_eq!(answer.code(), "payload_too_large");
                assert!(answer.body()["detail"].as_str().unwrap().contains(&limit.to_string()));
            }
        }
        for (bytes, fits) in [(limit, true), (limit + 1, false)] {
            let body = padded(body, bytes);
            let mut wire = town.wire();
            wire.send(
                head(&root, method, path, "Transfer-Encoding: chunked")
                    .replace(": k\r\n", &format!(": {path}{bytes}c\r\n")),
            );
            for at in (0..bytes).step_by(10_000) {
                wire.send(chunk(&body[at..bytes.min(at + 10_000)]));
            }
            let heard = wire.send("0\r\n\r\n").hear(Duration::from_millis(400));
            assert_eq!(
                heard.statuses().first() != Some(&413),
                fits,
                "{method} {path} {bytes} in chunks: {}",
                heard.text
            );
        }
    }
}

#[actix_web::test]
async fn a_body_without_end_is_cut_off() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let mut wire = town.wire();
    wire.send(head(&ana, "PATCH", "/v1/me", "Transfer-Encoding: chunked"));
    for _ in 0..100 {
        wire.send(chunk(&" ".repeat(1024)));
    }
    assert_eq!(wire.hear(Duration::from_millis(500)).statuses(), [413], "answered although there is no end");
    for _ in 0..1000 {
        wire.send(chunk(&" ".repeat(1024)));
    }
    assert_eq!(wire.overhear(Duration::from_millis(300)).text, "", "what follows is thrown away");
    assert_eq!(
        town.wire().send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").hear(Duration::from_millis(300)).statuses(),
        [200]
    );
}

#[actix_web::test]
async fn a_length_that_lies_is_no_use() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let started = Instant::now();
    let mut wire = town.wire();
    let heard =
        wire.send(head(&ana, "PATCH", "/v1/me", "Content-Length: 10000000000") + "{}").hear(Duration::from_millis(500));
    assert_eq!(heard.statuses(), [413], "at once, whatever is still to come");
    assert!(started.elapsed() < Duration::from_secs(3));
    let heard =
        town.wire().send(head(&ana, "PATCH", "/v1/me", "Content-Length: 1") + "{}").hear(Duration::from_millis(500));
    assert!(heard.statuses().iter().all(|status| *status == 400), "{}", heard.text);
    for length in ["99999999999999999999999", "-1", "+2", "0x2", "2,3", "2 3", "two", "2.0"] {
        let request = head(&ana, "PATCH", "/v1/me", &format!("Content-Length: {length}")) + "{}";
        let heard = town.wire().send(request).hear(Duration::from_millis(500));
        assert!(
            heard.statuses().iter().all(|status| [400, 413].contains(status)) && heard.closed,
            "{length}: {}",
            heard.text
        );
    }
}

/// Nothing is unpacked, so nothing small can become large.
#[actix_web::test]
async fn packed_bodies_are_refused() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    for encoding in ["gzip", "deflate", "br", "zstd", "identity, gzip", "x"] {
        let request = ana.request(Method::PATCH, "/v1/me").header("Content-Encoding", encoding).json(&json!({}));
        assert_eq!(Answer::to(request).await.code(), "unsupported_media_type", "{encoding}");
    }
    Answer::to(ana.request(Method::PATCH, "/v1/me").header("Content-Encoding", "identity").json(&json!({}))).await.ok();
    let asked = ana.request(Method::GET, "/v1/me").header("Accept-Encoding", "gzip, br");
    assert_eq!(Answer::to(asked).await.header("content-encoding"), "");
}

/// The one test that takes its time: the deadlines are the server's own, and hold for a body that keeps dripping too.
#[actix_web::test]
async fn slow_senders_are_not_waited_for() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    ana.id().await;
    let (mut slow_head, mut slow_body) = (town.wire(), town.wire());
    slow_head.send("GET /livez HTT");
    slow_body.send(head(&ana, "PATCH", "/v1/me", "Content-Length: 1000"));
    let started = Instant::now();
    let (mut head_gone, mut body_gone) = (None, None);
    while started.elapsed() < Duration::from_secs(14) && body_gone.is_none() {
        ana.get("/v1/me").await.ok(); // nobody else waits
        slow_body.send(" ");
        for (wire, gone) in [(&mut slow_head, &mut head_gone), (&mut slow_body, &mut body_gone)] {
            let heard = wire.overhear(Duration::from_millis(100));
            if gone.is_none() && (heard.closed || !heard.answers.is_empty()) {
                *gone = Some((heard.statuses(), heard.text, started.elapsed().as_secs_f64()));
            }
        }
    }
    let (statuses, _, after) = head_gone.expect("a head has 5 s");
    assert!(statuses.iter().all(|status| *status == 408) && (4.0..7.5).contains(&after), "{statuses:?} after {after}");
    let (statuses, text, after) = body_gone.expect("a body has 10 s");
    assert!(statuses == [408] && (9.0..12.0).contains(&after), "{statuses:?} after {after}");
    assert!(text.contains("\"code\":\"too_slow\"") && text.contains("application/problem+json"), "{text}");
}
