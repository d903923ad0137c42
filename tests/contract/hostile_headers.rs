//! Wrong headers for every operation: each header that the service reads, with everything that it may not be.

use crate::call::Call;
use crate::ground::{CANARY, Ground, Target};
use crate::operation::Operation;
use crate::support::Person;

/// Bytes that no client should send, but can.
const BYTES: [&[u8]; 4] = [b"\xff", b"\xc3\xa9", b"\xe2\x80\xae", b"a\tb"];

fn texts<const N: usize>(texts: [&str; N]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn bytes() -> Vec<Vec<u8>> {
    BYTES.iter().map(|one| one.to_vec()).collect()
}

fn what(header: &str, value: &[u8]) -> String {
    format!("{header}: {}", String::from_utf8_lossy(value))
}

#[actix_web::test]
async fn only_a_good_token_opens_the_door() {
    let mut ground = Ground::new().await;
    let stranger = Person::stranger(&ground.world.town.address);
    for operation in ground.document.operations() {
        let target = ground.target(&operation, None).await;
        let good = target.person.token().to_owned();
        let parts = good.split('.').collect::<Vec<_>>();
        let mut wrong = texts([
            "",
            " ",
            "Bearer",
            "Bearer ",
            "Bearer CANARY",
            "Bearer a.b.c",
            "Bearer ..",
            "Bearer null",
            "Basic Q0FOQVJZ",
            "Digest CANARY",
            "Negotiate",
            "CANARY",
            "Bearer eyJhbGciOiJub25lIn0.e30.",
        ]);
        wrong.extend(bytes());
        if !good.is_empty() {
            let spoilt = [
                good.clone(),
                format!("Token {good}"),
                format!("Bearer{good}"),
                format!("Bearer\t{good}"),
                format!("Bearer {good}x"),
                format!("Bearer x{good}"),
                format!("Bearer {good}."),
                format!("Bearer {good}, Bearer {good}"),
                format!("Bearer {}", &good[..good.len() - 1]),
                format!("Bearer {}.{}.", parts[0], parts[1]),
                format!("Bearer {}..{}", parts[0], parts[2]),
                format!("Bearer {}.{}.{}", parts[1], parts[0], parts[2]),
                format!("Bearer {}", "a".repeat(16 * 1024)),
                format!("Bearer \"{good}\""),
            ];
            wrong.extend(spoilt.map(String::into_bytes));
        }
        for value in &wrong {
            let call = target.good.clone().with("Authorization", value);
            unauthenticated(&mut ground, &target, &stranger, &call, &what("Authorization", value)).await;
        }
        let twice = target.good.clone().with("Authorization", format!("Bearer {good}"));
        let twice = twice.and("Authorization", format!("Bearer {good}"));
        unauthenticated(&mut ground, &target, &stranger, &twice, "two tokens").await;
        ground.nothing_was_stored(&target, "wrong tokens").await;
        ground.succeeds(&target).await;
    }
    ground.held(600);
}

async fn unauthenticated(ground: &mut Ground, target: &Target, stranger: &Person, call: &Call, what: &str) {
    let answer = ground.send_as(stranger, target, what, call).await;
    let holds = if target.operation.is_public() {
        answer.status.is_success()
    } else {
        answer.status == 401 && answer.code() == "unauthenticated" && !answer.header("www-authenticate").is_empty()
    };
    ground.expect(holds, target, what, "is not turned away at the door", &answer);
}

#[actix_web::test]
async fn a_request_id_is_taken_only_if_it_is_plain() {
    let mut ground = Ground::new().await;
    let stranger = Person::stranger(&ground.world.town.address);
    for operation in ground.document.operations() {
        let target = ground.target(&operation, None).await;
        let mut wrong =
            texts(["", "CANARY x", "a/b", "CANARY;b", "<b>", "a,b", "\"a\"", "a\\nb", "%00", "{}", "$a", "a=b"]);
        wrong.extend(bytes());
        wrong.extend([65, 4096].map(|length| b"a".repeat(length)));
        for value in &wrong {
            let what = what("X-Request-Id", value);
            let answer =
                ground.send_as(&stranger, &target, &what, &target.good.clone().with("X-Request-Id", value)).await;
            let own = uuid::Uuid::try_parse(answer.header("x-request-id")).is_ok();
            ground.expect(own, &target, &what, "is not replaced", &answer);
        }
        for value in ["a", "abc-DEF_1.2", &"a".repeat(64)] {
            let answer =
                ground.send_as(&stranger, &target, value, &target.good.clone().with("X-Request-Id", value)).await;
            ground.expect(answer.header("x-request-id") == value, &target, value, "is not kept", &answer);
        }
    }
    ground.held(500);
}

/// A header that is wrong wherever it is read, with the codes that it is refused with.
type Wrong = (&'static str, Vec<Vec<u8>>, &'static [&'static str]);

fn wrong_headers(operation: &Operation) -> Vec<Wrong> {
    let mut all: Vec<Wrong> = Vec::new();
    if operation.reads("If-Match") {
        let mut bad = texts([
            "",
            "CANARY",
            "\"",
            "1",
            "\"1",
            "1\"",
            "W/",
            "W/1",
            "w/\"1\"",
            "\"a\"b\"",
            "\"1\" \"2\"",
            ",",
            "\"1\",",
            "\"1\",CANARY",
            "**",
        ]);
        bad.extend([bytes(), vec![b"x".repeat(8000)]].concat());
        all.push(("If-Match", bad, &["malformed"]));
        let unknown = texts([
            "\"99-00000000\"",
            "W/\"99-00000000\"",
            "\"\"",
            "\"-1-00000000\"",
            "\"0-00000000\"",
            "\"CANARY\"",
            "\"1e0\"",
            "\"9223372036854775807\"",
            "\"9223372036854775808\"",
            "\"99999999999999999999999\"",
            "\"98\", \"99\"",
            "\"*\"",
        ]);
        all.push(("If-Match", unknown, &["stale"]));
    }
    if operation.reads("Idempotency-Key") {
        let bad = [texts([""]), bytes(), vec![b"k".repeat(256), b"CANARY".repeat(1000)]].concat();
        all.push(("Idempotency-Key", bad, &["malformed"]));
    }
    if !operation.is_public() {
        let mut bad = texts([
            "",
            "text/html",
            "CANARY",
            "image/*",
            "text/*, image/png",
            "application/xml",
            "application/jsonx",
            ";",
            ",",
            "application/json;q=0",
            "application/json; q=0.000",
            "*",
            "*/json",
            "application/json/x",
            "{}",
            "../etc/passwd",
        ]);
        let is_text = operation.id == "get_check_in_calendar"; // and everything else JSON
        bad.retain(|kind| !(is_text && kind.starts_with(b"text/*")));
        all.push(("Accept", bad, &["not_acceptable"]));
    }
    if operation.changes() {
        let mut bad = texts([
            "",
            "CANARY",
            "json",
            "*/*",
            "text/plain",
            "text/json",
            "application/xml",
            "application/jsonx",
            "application/ json",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            "application/json;charset=\"utf-7\"",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=CANARY",
            "application/json, text/plain",
            "application/problem+json",
            "application/json-patch+json",
            "application/octet-stream",
        ]);
        bad.extend(bytes());
        if operation.kind() != Some("application/merge-patch+json") {
            bad.push(b"application/merge-patch+json".to_vec());
        }
        all.push(("Content-Type", bad, &["unsupported_media_type"]));
        let packed = texts([
            "gzip",
            "x-gzip",
            "deflate",
            "br",
            "zstd",
            "compress",
            "gzip, gzip",
            "identity, gzip",
            "CANARY",
            "*",
        ]);
        all.push(("Content-Encoding", [packed, bytes()].concat(), &["unsupported_media_type"]));
    }
    all
}

#[actix_web::test]
async fn no_wrong_header_passes() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations() {
        let target = ground.target(&operation, None).await;
        let mut good = target.good.clone();
        if operation.changes() && good.body.is_empty() {
            good = good.with("Content-Type", "application/json").saying("{}");
        }
        for (header, values, codes) in wrong_headers(&operation) {
            for value in &values {
                ground.refused(&target, &what(header, value), &good.clone().with(header, value), codes).await;
            }
        }
        if operation.reads("Idempotency-Key") {
            let twice = good.clone().with("Idempotency-Key", CANARY).and("Idempotency-Key", CANARY);
            ground.refused(&target, "two keys", &twice, &["malformed"]).await;
        }
        ground.nothing_was_stored(&target, "wrong headers").await;
        ground.succeeds(&target).await;
    }
    ground.held(900);
}

/// Who asks whether there is news in words that mean nothing is given everything.
#[actix_web::test]
async fn a_question_for_news_that_means_nothing_is_answered_whole() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations().into_iter().filter(|operation| operation.reads("If-None-Match")) {
        let target = ground.target(&operation, None).await;
        let mut unknown = texts([
            "",
            "CANARY",
            "\"",
            "1",
            "\"CANARY\"",
            "\"99-00000000\"",
            "W/\"99-00000000\"",
            ",,",
            "\"*\"",
            "\"1\", CANARY",
            "null",
        ]);
        unknown.extend([bytes(), vec![b"\"x\",".repeat(2000)]].concat());
        for value in &unknown {
            let what = what("If-None-Match", value);
            let answer = ground.send(&target, &what, &target.good.clone().with("If-None-Match", value)).await;
            ground.expect(answer.status == 200, &target, &what, "is not answered whole", &answer);
        }
        let etag = ground.send(&target, "nothing", &target.good).await.header("etag").to_owned();
        let known = [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()];
        for value in known {
            let answer = ground.send(&target, &value, &target.good.clone().with("If-None-Match", &value)).await;
            ground.expect(answer.status == 304 && answer.text.is_empty(), &target, &value, "is not known", &answer);
        }
    }
    ground.held(100);
}
