//! How much every operation takes, to the byte: with its length declared, and in chunks without one.

use std::time::Duration;

use crate::call::Call;
use crate::ground::{Ground, Target};

/// What every body may have, but for the larger ones.
const BODY_BYTES: usize = 64 * 1024;

/// Which bodies may be larger.
const LARGER: [(&str, usize); 2] = [("upsert_members", 1024 * 1024), ("put_reflection", 1024 * 1024)];

#[actix_web::test]
async fn every_body_has_a_limit_to_the_byte() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations().into_iter().filter(|operation| operation.changes()) {
        let larger = LARGER.iter().find(|(id, _)| *id == operation.id);
        let limit = larger.map_or(BODY_BYTES, |(_, bytes)| *bytes);
        let target = ground.target(&operation, None).await;
        for bytes in [limit + 1, limit + 1000, 3 * limit] {
            let what = format!("{bytes} bytes");
            ground.refused(&target, &what, &padded(&target, bytes), &["payload_too_large"]).await;
        }
        let statuses = chunked(&ground, &target, &padded(&target, limit + 1));
        assert_eq!(statuses.first(), Some(&413), "{}: one byte too many, in chunks", operation.id);
        ground.nothing_was_stored(&target, "too much").await;
        let answer = ground.send(&target, "the limit", &padded(&target, limit)).await;
        ground.expect(answer.status.is_success(), &target, "the limit", "is too much", &answer);
        let again = ground.target(&operation, None).await;
        let statuses = chunked(&ground, &again, &padded(&again, limit));
        assert!(
            statuses.first().is_some_and(|status| *status < 300),
            "{}: as much as it may be, in chunks: {statuses:?}",
            operation.id
        );
    }
    ground.held(50);
}

/// What succeeds, with as many spaces behind it as make it that long.
fn padded(target: &Target, bytes: usize) -> Call {
    let kind = target.operation.kind().unwrap_or("application/json");
    let body = if target.good.body.is_empty() { b"{}" } else { &target.good.body[..] };
    target.good.clone().with("Content-Type", kind).saying([body, &b" ".repeat(bytes - body.len())].concat())
}

/// Sends a body without telling how long it is, on a connection that both sides keep open: what is answered is heard
/// even where the service has not read everything.
fn chunked(ground: &Ground, target: &Target, call: &Call) -> Vec<u16> {
    let mut wire = ground.world.town.wire();
    let mut head = format!("{} {} HTTP/1.1\r\nHost: x\r\n", call.method, call.address());
    head += &format!("Authorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n", target.person.token());
    head += &format!("Idempotency-Key: {}\r\n", uuid::Uuid::now_v7());
    for (name, value) in &call.headers {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    wire.send(head + "\r\n");
    for piece in call.body.chunks(10_000) {
        wire.send([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
    }
    wire.send("0\r\n\r\n");
    wire.hear(Duration::from_millis(50)).statuses()
}
