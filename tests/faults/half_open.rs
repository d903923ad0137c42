//! B7: connections whose other end has gone without a word, and the network says nothing.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use peer_coaching::db::DatabaseSettings;
use reqwest::Method;

use crate::ground::{Heard, Server, Service, Way, heard, until, url};

/// Connections of the pool.
const CONNECTIONS: usize = 8;

/// Until when all must be well again.
const SOON: Duration = Duration::from_secs(10);

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn connections_that_lead_nowhere_are_replaced() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let way = Way::to(&server);
    let connections = CONNECTIONS.to_string();
    let more = [("DATABASE_CONNECTIONS", connections.as_str()), ("WORKERS", "1")];
    let service = Service::start(&url(&[&way]), &[organization], &more);
    let ana = service.member(organization, "ana");
    ana.id().await;
    let all = || join_all((0..4 * CONNECTIONS).map(|_| heard(ana.request(Method::GET, "/v1/me"))));
    let count = "select count(*) from pg_stat_activity where usename = 'peer_coaching_app'";
    until("the pool is full", async || {
        all().await;
        server.count(count, &[]).await >= CONNECTIONS as i64
    })
    .await;
    // Somebody who does not watch the time, on the same way.
    let settings = DatabaseSettings::new(url(&[&way]).parse().unwrap()).unwrap();
    let patient = settings.connect().await.unwrap();

    way.forgets_those_on_it();
    let begun = Instant::now();
    let waits = tokio::spawn(async move { patient.query_one("select 1", &[]).await });
    let first = all().await;
    let noticed = first.iter().filter(|heard| !heard.is_good_or_unavailable()).map(|heard| heard.after).max();
    let healed = until("it heals", async || all().await.iter().all(Heard::is_good_or_unavailable)).await;
    let healed = begun.elapsed().max(healed);
    assert!(!waits.is_finished(), "the network itself has noticed");
    waits.abort();

    let noticed = noticed.expect("nobody met such a connection");
    println!(
        "B7 all {CONNECTIONS} connections lead nowhere × the first told 503 after {} ms at the latest, all good after {} ms \
         × who does not watch the time still waits then",
        noticed.as_millis(),
        healed.as_millis()
    );
    assert!(noticed < SOON && healed < SOON * 2, "{noticed:?} {healed:?}");
    service.finish();
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn one_who_asks_alone_does_not_meet_them_one_by_one() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let way = Way::to(&server);
    let more = [("DATABASE_CONNECTIONS", "4"), ("WORKERS", "1")];
    let service = Service::start(&url(&[&way]), &[organization], &more);
    let ana = service.member(organization, "ana");
    let me = || heard(ana.request(Method::GET, "/v1/me"));
    ana.id().await;
    let count = "select count(*) from pg_stat_activity where usename = 'peer_coaching_app'";
    until("the pool is full", async || {
        join_all((0..16).map(|_| me())).await;
        server.count(count, &[]).await >= 4
    })
    .await;
    way.forgets_those_on_it();
    let (begun, mut told) = (Instant::now(), 0);
    while !me().await.is_good_or_unavailable() {
        told += 1;
    }
    println!("B7 4 idle connections lead nowhere × one who asks alone: {told} times 503, {:?}", begun.elapsed());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    service.finish();
}
