//! B5: somebody holds what every request needs, until all connections are taken.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{join, join_all};
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::json;

use crate::ground::{Heard, Server, Service, heard, until};

/// How many connections there are, and how many come when they are taken.
const CONNECTIONS: usize = 4;
const LATE: usize = 40;

/// How long a request waits for what is locked, and what a busy machine adds.
const LOCK: Duration = Duration::from_secs(2);
const NOISE: Duration = Duration::from_secs(4);

fn slowest(heard: &[Heard]) -> Duration {
    heard.iter().map(|heard| heard.after).max().unwrap()
}

/// How long more than half of them waited, at the most.
fn most(heard: &[Heard]) -> Duration {
    let mut waited: Vec<_> = heard.iter().map(|heard| heard.after).collect();
    waited.sort_unstable();
    waited[waited.len() / 2]
}

#[actix_web::test]
async fn when_all_connections_are_taken_others_are_told_at_once() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let connections = CONNECTIONS.to_string();
    let service =
        Service::start(&server.url(), &[organization], &[("DATABASE_CONNECTIONS", &connections), ("WORKERS", "1")]);
    let ana = service.member(organization, "ana");
    ana.id().await;
    let bad = encode(&Header::default(), &json!({ "sub": "ana" }), &EncodingKey::from_secret(b"x")).unwrap();
    let me = || heard(ana.request(Method::GET, "/v1/me"));
    let stranger = || heard(service.stranger().request(Method::GET, "/v1/me").bearer_auth(&bad));

    // The control: nobody holds anything.
    let free = join_all((0..LATE).map(|_| me())).await;
    assert!(free.iter().all(Heard::is_good));

    let lock = server.above().await;
    lock.batch_execute("begin; lock table members in access exclusive mode").await.unwrap();
    // They come again as soon as they are told to, so that a connection is never free for long, however slow the machine.
    let come_again = Cell::new(true);
    let holders = join_all((0..3 * CONNECTIONS).map(async |_| {
        let mut told = Vec::new();
        while come_again.get() {
            told.push(me().await);
        }
        told
    }));
    let late = async {
        let waiting = format!(
            "select count(*) / {CONNECTIONS} from pg_stat_activity
             where usename = 'peer_coaching_app' and wait_event_type = 'Lock'"
        );
        server.comes_true("all connections are taken", &waiting, 1).await;
        let late = futures_util::future::join4(
            join_all((0..LATE).map(|_| me())),
            join_all((0..LATE).map(|_| stranger())),
            service.probed("/livez"),
            service.probed("/readyz"),
        );
        let late = late.await;
        come_again.set(false);
        late
    };
    let (holders, (late, strangers, lives, ready)) = join(holders, late).await;
    let holders = holders.concat();
    assert!(holders.iter().chain(&late).all(Heard::is_unavailable));
    assert!(strangers.iter().all(|heard| heard.answer.status == 401 && heard.answer.code() == "unauthenticated"));
    assert!(lives.is_good() && ready.answer.status == 503);

    lock.batch_execute("rollback").await.unwrap();
    let healed = until("it is as before", async || me().await.is_good_or_unavailable()).await;
    assert!(join_all((0..LATE).map(|_| me())).await.iter().all(Heard::is_good));
    println!(
        "B5 all {CONNECTIONS} connections taken × {LATE} of {LATE} told 503, half of them within {} ms, all within {} ms; \
         whoever held one within {} ms; bad tokens 401 within {} ms; /livez after {} ms; good again {} ms after the release × \
         nobody holds anything: {LATE} of {LATE} good",
        most(&late).as_millis(),
        slowest(&late).as_millis(),
        slowest(&holders).as_millis(),
        slowest(&strangers).as_millis(),
        lives.after.as_millis(),
        healed.as_millis(),
    );
    // 400 ms for a connection. As many as there are connections may have come by one that was free for a moment, and then
    // have waited for what is locked.
    assert!(most(&late) < LOCK && most(&strangers) < LOCK, "they were not told at once");
    assert!(slowest(&late).max(slowest(&holders)) < LOCK + NOISE && healed < NOISE, "they were not told in time");
    service.finish();
}
