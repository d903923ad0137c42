//! Wrong bodies for every operation, derived from the schemas that the document shows: every one is refused at the right
//! place, nothing of it is said again, and nothing of it is stored.

use serde_json::Value;

use crate::ground::Ground;
use crate::mutations::{broken, spoilt};

#[actix_web::test]
async fn no_wrong_field_passes() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations().into_iter().filter(|operation| operation.body().is_some()) {
        let target = ground.target(&operation, None).await;
        let good: Value = serde_json::from_slice(&target.good.body).unwrap();
        for one in spoilt(&ground.document, &operation, &good) {
            let call = target.good.clone().saying(one.bytes);
            ground.refused_at(&target, &one.what, &call, one.codes, &one.at).await;
        }
        ground.nothing_was_stored(&target, "wrong fields").await;
        ground.succeeds(&target).await;
    }
    ground.held(2000);
}

#[actix_web::test]
async fn what_is_no_json_is_refused() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations().into_iter().filter(|operation| operation.changes()) {
        let target = ground.target(&operation, None).await;
        let good = if target.good.body.is_empty() { b"{}".to_vec() } else { target.good.body.clone() };
        let kind = operation.kind().unwrap_or("application/json").to_owned();
        for bytes in broken(std::str::from_utf8(&good).unwrap()) {
            let what = format!("{:?}", String::from_utf8_lossy(&bytes));
            let call = target.good.clone().with("Content-Type", &kind).saying(bytes);
            ground.refused_at(&target, &what, &call, &["malformed"], "# ").await;
        }
        if operation.body().is_none() {
            for bytes in ["{\"unknown_key\":\"CANARY\"}", "{\"a\":1,\"a\":2}", "{\"\":null}"] {
                let call = target.good.clone().with("Content-Type", &kind).saying(bytes);
                ground.refused_at(&target, bytes, &call, &["malformed"], "#/").await;
            }
        }
        ground.nothing_was_stored(&target, "what is no JSON").await;
        ground.succeeds(&target).await;
    }
    ground.held(500);
}

/// A body where none belongs disturbs nobody, least of all who comes next on the same connection.
#[actix_web::test]
async fn who_only_reads_may_say_what_they_like() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations().into_iter().filter(|operation| !operation.changes()) {
        let target = ground.target(&operation, None).await;
        for bytes in [&b"{\"CANARY\":"[..], b"\0\xff", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let call = target.good.clone().with("Content-Type", "application/json").saying(bytes);
            let answer = ground.send(&target, "a body", &call).await;
            ground.expect(answer.status.is_success(), &target, "a body", "disturbs", &answer);
        }
        ground.nothing_was_stored(&target, "a body").await;
        ground.succeeds(&target).await;
    }
    ground.held(50);
}
