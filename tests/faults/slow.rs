//! B6 and C1: whatever is slow, a request ends within its deadline, what it had the server do ends too, and its connection
//! is nobody else's before it is idle.

use std::cell::RefCell;
use std::process::Command;
use std::time::Duration;

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::json;

use crate::ground::{Heard, Server, Service, Way, heard, until, url};
use crate::support::Person;

/// How long a statement may take, and the whole work of a request: what the service promises.
const STATEMENT: Duration = Duration::from_secs(4);
const DEADLINE: Duration = Duration::from_secs(6);

/// What a busy machine adds.
const NOISE: Duration = Duration::from_secs(4);

/// What the service's connections do at this moment, and hold.
const AT_WORK: &str = "select count(*) from pg_stat_activity where usename = 'peer_coaching_app'
    and (state <> 'idle' or xact_start is not null)";

/// A server with a member of one service, who reaches it by a way.
struct Ground {
    server: Server,
    way: Way,
    service: Service,
    ana: Person,
}

impl Ground {
    async fn new(connections: &str) -> Self {
        let server = Server::new().await;
        let organization = server.founded(&["Example"]).await[0];
        let way = Way::to(&server);
        let more = [("DATABASE_CONNECTIONS", connections), ("WORKERS", "1")];
        let service = Service::start(&url(&[&way]), &[organization], &more);
        let ana = service.member(organization, "ana");
        ana.id().await;
        Self { server, way, service, ana }
    }

    async fn reads(&self) -> Heard {
        heard(self.ana.request(Method::GET, "/v1/me")).await
    }

    async fn changes(&self, expertise: &str) -> Heard {
        let body = json!({ "expertise": [expertise] });
        heard(self.ana.request(Method::PATCH, "/v1/me").header("If-Match", "*").json(&body)).await
    }

    /// The processes that serve the service.
    async fn backends(&self) -> Vec<i32> {
        let all = "select pid from pg_stat_activity where usename = 'peer_coaching_app' order by pid";
        self.server.above().await.query(all, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

#[track_caller]
fn in_time(what: &str, heard: &Heard, bound: Duration) -> u128 {
    assert!(heard.is_unavailable(), "{what}: {}", heard.answer.text);
    assert!(heard.after < bound + NOISE, "{what}: after {:?}", heard.after);
    heard.after.as_millis()
}

#[actix_web::test]
async fn a_slow_statement_ends_before_its_request_and_in_the_server_too() {
    let ground = Ground::new("4").await;
    ground
        .server
        .does(
            "create function dream() returns trigger language plpgsql as
               $$ begin perform pg_sleep(30); return new; end $$;
             create trigger dreams before update on members for each row execute function dream()",
        )
        .await;
    let told = ground.changes("Rust").await;
    let after = in_time("a statement that sleeps", &told, STATEMENT);
    assert!(told.after >= STATEMENT - Duration::from_millis(500), "it did not sleep: {:?}", told.after);
    let gone = until("nothing runs on", async || ground.server.count(AT_WORK, &[]).await == 0).await;
    assert!(gone < NOISE, "it ran on for {gone:?}");

    // The control: without the service's bounds the same statement is still at it after the request's deadline.
    let other = ground.server.above().await;
    let unbound = tokio::time::timeout(DEADLINE, other.batch_execute("update members set version = version")).await;
    assert!(unbound.is_err(), "it ended by itself: {unbound:?}");

    ground.server.does("drop trigger dreams on members").await;
    drop(other);
    assert!(ground.changes("Rust").await.is_good());
    println!(
        "B6 a statement that sleeps × 503 after {after} ms, gone from the server {} ms later × unbound: still at it after \
         {} ms",
        gone.as_millis(),
        DEADLINE.as_millis()
    );
    ground.service.finish();
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn many_slow_steps_end_at_the_deadline() {
    let ground = Ground::new("4").await;
    // Each step is quick enough for a statement; together they are not.
    ground.way.takes(Duration::from_millis(1800));
    let told = ground.changes("Rust").await;
    let after = in_time("many slow steps", &told, DEADLINE);
    assert!(told.after >= STATEMENT, "that was no matter of its deadline: {:?}", told.after);
    ground.way.takes(Duration::ZERO);
    until("nothing is left open", async || ground.server.count(AT_WORK, &[]).await == 0).await;
    assert!(ground.changes("Rust").await.is_good());
    println!("C1 each answer of PostgreSQL's 1.8 s late × 503 after {after} ms × in time: 200");
    ground.service.finish();
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn a_server_process_that_stands_still_keeps_nobody_else_waiting() {
    let ground = Ground::new("2").await;
    let lock = ground.server.above().await;
    lock.batch_execute("begin; lock table members in access exclusive mode").await.unwrap();
    let stopped = RefCell::new(Vec::new());
    let asking = join_all((0..2).map(|_| ground.reads()));
    let stopping = async {
        let waits = "select count(*) from pg_stat_activity where usename = 'peer_coaching_app'
            and wait_event_type = 'Lock'";
        ground.server.comes_true("both wait", waits, 2).await;
        for backend in ground.backends().await {
            assert!(Command::new("kill").args(["-STOP", &backend.to_string()]).status().unwrap().success());
            stopped.borrow_mut().push(backend);
        }
        lock.batch_execute("rollback").await.unwrap();
    };
    let (told, ()) = join(asking, stopping).await;
    let after = told.iter().map(|told| in_time("a process that stands still", told, DEADLINE)).max().unwrap();
    // Their connections are nobody's any more: others are answered, by other processes, while those stand.
    assert!(ground.reads().await.is_good() && ground.reads().await.is_good());
    let others = ground.backends().await.into_iter().filter(|backend| !stopped.borrow().contains(backend)).count();
    assert!(others > 0);
    for backend in stopped.take() {
        let _ = Command::new("kill").args(["-CONT", &backend.to_string()]).status();
    }
    until("they have ended", async || ground.server.count(AT_WORK, &[]).await == 0).await;
    println!("B6 two of two server processes stand still × 503 after {after} ms; then good × before: 200");
    ground.service.finish();
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn a_database_that_accepts_and_says_nothing_is_told_in_time() {
    let ground = Ground::new("4").await;
    let all = |count: usize| join_all((0..count).map(|_| ground.reads()));
    assert!(all(8).await.iter().all(Heard::is_good));
    ground.way.falls_still();
    let told = all(12).await;
    let slowest = told.iter().map(|told| in_time("silence", told, DEADLINE)).max().unwrap();
    let lives = ground.service.probed("/livez").await;
    assert!(lives.is_good());
    // Every connection was taken out; who comes now waits for a new one, which nobody answers either.
    let fresh = all(4).await.iter().map(|told| in_time("silence from the start", told, DEADLINE)).max().unwrap();
    ground.way.opens();
    let healed = until("it heals", async || ground.reads().await.is_good_or_unavailable()).await;
    println!(
        "B6 a database that says nothing × 503 after {slowest} ms, on new connections {fresh} ms; good again {} ms after its \
         first word × before: 200",
        healed.as_millis()
    );
    ground.service.finish();
}

#[actix_web::test]
async fn readiness_is_told_in_time_when_the_database_says_nothing() {
    let ground = Ground::new("4").await;
    assert!(ground.service.probed("/readyz").await.is_good());
    ground.way.falls_still();
    // What was found a moment ago is told once more; then it looks again.
    let told = RefCell::new(Vec::new());
    until("it looks again", async || {
        let heard = ground.service.probed("/readyz").await;
        told.borrow_mut().push(heard);
        told.borrow().last().is_some_and(|told| told.answer.status == 503)
    })
    .await;
    let slowest = told.take().iter().map(|told| told.after).max().unwrap();
    assert!(slowest < DEADLINE + NOISE, "after {slowest:?}");
    ground.way.opens();
    until("it heals", async || ground.service.probed("/readyz").await.is_good()).await;
    println!("B6 a database that says nothing × /readyz 503 after {} ms × before: 200", slowest.as_millis());
    ground.service.finish();
}
