//! Requests that two readers could read differently are refused, so that nothing hides behind another request.

use std::time::Duration;

use crate::support::Town;

/// What would be answered with 200 if it were ever taken for a request of its own.
const HIDDEN: &str = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

const SILENCE: Duration = Duration::from_millis(250);

#[actix_web::test]
async fn ambiguous_requests_are_refused() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let post = |framing: &str, body: &str| {
        format!(
            "POST /v1/pairings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n{body}",
            ana.token()
        )
    };
    let chunked = format!("2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}");
    let both = format!("0\r\n\r\n{HIDDEN}");
    let requests = [
        ("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", &both)),
        ("chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", &both)),
        (
            "two lengths",
            post(&format!("Content-Length: 2\r\nContent-Length: {}", 2 + HIDDEN.len()), &format!("{{}}{HIDDEN}")),
        ),
        ("two lengths in one", post("Content-Length: 2, 4", &format!("{{}}{HIDDEN}"))),
        ("a length with a sign", post("Content-Length: +2", &format!("{{}}{HIDDEN}"))),
        ("a hexadecimal length", post("Content-Length: 0x2", &format!("{{}}{HIDDEN}"))),
        ("a space before the colon", post("Content-Length : 2", &format!("{{}}{HIDDEN}"))),
        ("xchunked", post("Transfer-Encoding: xchunked", &chunked)),
        ("identity after chunked", post("Transfer-Encoding: chunked, identity", &chunked)),
        ("chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", &chunked)),
        ("chunked and more", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", &chunked)),
        ("quoted chunked", post("Transfer-Encoding: \"chunked\"", &chunked)),
        ("a tab in the name", post("Transfer\tEncoding: chunked", &chunked)),
        ("a vertical tab", post("Transfer-Encoding: \x0bchunked", &chunked)),
        ("a folded line", post("X-Folded: a\r\n b\r\nContent-Length: 2", &format!("{{}}{HIDDEN}"))),
        ("a folded encoding", post("Transfer-Encoding:\r\n chunked", &chunked)),
        ("a NUL in a value", post("X: a\0b\r\nContent-Length: 2", "{}")),
        ("a bare CR in a value", post("X: a\rTransfer-Encoding: chunked\r\nContent-Length: 2", "{}")),
        ("no name", post(": x\r\nContent-Length: 2", "{}")),
        ("no colon", post("chunked\r\nContent-Length: 2", "{}")),
        (
            "chunks in HTTP/1.0",
            post("Transfer-Encoding: chunked", &chunked).replace("HTTP/1.1\r\nHost", "HTTP/1.0\r\nHost"),
        ),
        ("a chunk with a sign", post("Transfer-Encoding: chunked", &format!("+2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"))),
        ("a negative chunk", post("Transfer-Encoding: chunked", &format!("-1\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"))),
        ("a chunk with 0x", post("Transfer-Encoding: chunked", &format!("0x2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"))),
        (
            "a chunk beyond all bounds",
            post("Transfer-Encoding: chunked", &format!("FFFFFFFFFFFFFFFFF\r\n{{}}\r\n{HIDDEN}")),
        ),
        ("a chunk longer than it says", post("Transfer-Encoding: chunked", &format!("1\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"))),
        ("chunks with bare LF", post("Transfer-Encoding: chunked", &format!("2\n{{}}\n0\n\n{HIDDEN}"))),
        ("two spaces", post("Content-Length: 2", "{}").replacen(" HTTP/1.1", "  HTTP/1.1 ", 1)),
        ("another protocol", post("Content-Length: 2", "{}").replacen("HTTP/1.1", "HTTP/3.7", 1)),
        ("HTTP/2 without having agreed", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("no HTTP at all", "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03".to_owned()),
    ];
    for (name, request) in requests {
        let heard = town.wire().send(request).hear(SILENCE);
        let refused =
            heard.statuses().iter().all(|status| [400, 501, 505].contains(status)) && heard.statuses().len() <= 1;
        assert!(refused && heard.closed, "{name}: closed {}\n{}", heard.closed, heard.text);
    }
    let control = town.wire().send(post("Transfer-Encoding: chunked", &chunked)).hear(SILENCE);
    assert_eq!(
        control.statuses(),
        [400, 200],
        "the control: well-formed, {{}} is an invalid body, and the next request is heard"
    );
    assert!(control.text.contains("#/coach_id"));
}

/// A lone LF ends a line of the head, as RFC 9112 (section 2.2) lets it. It cannot hide a header: what stands behind it
/// counts, and two framings are refused however they are written.
#[actix_web::test]
async fn a_lone_line_feed_hides_nothing() {
    let (town, _company) = Town::small().await;
    let plain = town.wire().send("GET /livez HTTP/1.1\nHost: x\n\n").hear(SILENCE);
    assert_eq!(plain.statuses(), [200]);
    for framing in [
        "Content-Length: 5\r\nX: y\nTransfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nX: y\nContent-Length: 5",
    ] {
        let request = format!("POST /v1/me HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n0\r\n\r\n{HIDDEN}");
        let heard = town.wire().send(request).hear(SILENCE);
        assert!(heard.statuses() == [400] && heard.closed, "{framing:?}: {}", heard.text);
    }
}

/// What a request was refused before reading is never taken for the next request.
#[actix_web::test]
async fn an_unread_body_is_no_request() {
    let (town, _company) = Town::small().await;
    for head in ["POST /v1/pairings", "POST /v1/nowhere", "DELETE /v1/me", "GET /livez", "POST /v1/pairings?x=1"] {
        let request = format!("{head} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{HIDDEN}", HIDDEN.len());
        let heard = town.wire().send(&request).hear(SILENCE);
        assert_eq!(heard.statuses().len(), 1, "{head}: {}", heard.text);
        let (first, rest) = request.split_at(request.len() - HIDDEN.len());
        let mut wire = town.wire();
        let early = wire.send(first).hear(SILENCE); // the body comes after the refusal
        let late = wire.send(rest).overhear(SILENCE);
        assert_eq!(early.statuses().len() + late.statuses().len(), 1, "{head}: {} {}", early.text, late.text);
    }
}

#[actix_web::test]
async fn heads_are_bounded() {
    let (town, _company) = Town::small().await;
    let get = |headers: &str| format!("GET /livez HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    let many = |count: usize| (0..count).map(|at| format!("X-{at}: x\r\n")).collect::<String>();
    assert_eq!(town.wire().send(get(&many(90))).hear(SILENCE).statuses(), [200]);
    for headers in
        [many(100), many(5000), format!("X: {}\r\n", "x".repeat(200_000)), format!("{}: x\r\n", "X".repeat(70_000))]
    {
        let heard = town.wire().send(get(&headers)).hear(SILENCE);
        assert!(heard.statuses().iter().all(|status| [400, 431].contains(status)) && heard.closed, "{}", heard.text);
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(200_000));
    let heard = town.wire().send(long).hear(SILENCE);
    assert!(heard.statuses().iter().all(|status| [400, 414, 431].contains(status)) && heard.closed, "{}", heard.text);
}
