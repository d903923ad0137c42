//! Events and deliveries when processes die (promise D1): the service, its worker and PostgreSQL are killed in random order
//! while people change things, and every change is told, none that was not made, and what is told twice says so.
//!
//! A target of its own, since PostgreSQL dies for everybody. `RACES=10 cargo test --test deaths` makes 20,000 changes.

#![expect(clippy::unwrap_used, reason = "a test may end by a panic, its helpers too")]

#[expect(dead_code, unused_imports, reason = "shared with tests/races, which needs more of it")]
#[path = "../races/arena/mod.rs"]
mod arena;
#[expect(dead_code, unused_imports, reason = "shared with tests/cli, which needs more of it")]
#[path = "../cli/support/mod.rs"]
mod operator;
#[expect(dead_code, unused_imports, reason = "shared with tests/api, which needs more of it")]
#[path = "../api/support/mod.rs"]
mod support;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use peer_coaching::db::DatabaseSettings;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::arena::{Arena, rounds};
use crate::support::receiver::{Received, Receiver};
use crate::support::{Person, database};

/// Whose profiles an administrator changes, all at the same time.
const PEOPLE: usize = 8;

/// A superuser's connection, once PostgreSQL takes some again.
async fn above(arena: &Arena) -> Client {
    let config = database::config_of("postgres", &arena.database());
    let begun = Instant::now();
    loop {
        if let Ok(client) = DatabaseSettings::new(config.clone()).unwrap().connect().await {
            let ready = "set search_path = peer_coaching, public; set timezone = 'UTC'";
            if client.batch_execute(ready).await.is_ok() {
                return client;
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The process of PostgreSQL's that writes checkpoints; another one after each crash.
async fn checkpointer(arena: &Arena, not: i32) -> i32 {
    let asked = "select pid from pg_stat_activity where backend_type = 'checkpointer'";
    let begun = Instant::now();
    loop {
        match above(arena).await.query_opt(asked, &[]).await {
            Ok(Some(row)) if row.get::<_, i32>(0) != not => return row.get(0),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not come back");
    }
}

/// How often each one's profile was changed: the database's own count.
async fn versions(above: &Client) -> BTreeMap<Uuid, i64> {
    let all = "select member_id, version::bigint from members";
    above.query(all, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The ids of everything that is to be told of this type.
async fn events(above: &Client) -> BTreeMap<Uuid, Uuid> {
    let all = "select event_id, member_id from events where type = 'member.changed'";
    above.query(all, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn ids(got: &[Received]) -> BTreeSet<Uuid> {
    got.iter().map(|one| one.id.parse::<Uuid>().unwrap()).collect()
}

#[actix_web::test]
async fn whatever_dies_each_change_is_told_and_no_other() {
    let mut arena = Arena::new("deaths").await;
    let (admin, people) = (arena.racers("admin", 1).await.remove(0), arena.racers("p", PEOPLE).await);
    let receiver = Receiver::new();
    let program =
        Person::integration(&Person::stranger(&arena.address(0)), arena.organization, "program", "webhooks:manage");
    let wanted = json!({ "url": receiver.url, "types": ["member.changed"] });
    program.post("/v1/webhooks", wanted).await.ok();
    let (before, told_before) = (versions(&arena.above).await, events(&arena.above).await);

    let changes = rounds(2000);
    let (answered, unanswered, over) = (RefCell::new(BTreeMap::<Uuid, i64>::new()), Cell::new(0), Cell::new(false));
    let done = || answered.borrow().values().sum::<i64>() as usize;
    let at_work = join_all(people.iter().map(|person| {
        let (arena, admin, answered, unanswered, over) = (&arena, &admin, &answered, &unanswered, &over);
        async move {
            for number in 0.. {
                if over.get() {
                    return;
                }
                let profile = format!("/v1/members/{}", person.id);
                let call = admin.patch(profile, "*", json!({ "title": format!("Engineer {number}") }));
                match arena.sent_to(arena.dice(2), &call).await {
                    Ok(answer) if answer.status == 200 => *answered.borrow_mut().entry(person.id).or_default() += 1,
                    Ok(answer) if answer.status.is_client_error() => panic!("{}", answer.text),
                    _ => {
                        unanswered.set(unanswered.get() + 1);
                        tokio::time::sleep(Duration::from_millis(5)).await; // a process is coming up
                    }
                }
            }
        }
    }));
    let (services, servers) = (Cell::new(0), Cell::new(0));
    let killing = async {
        while done() < changes {
            let enough = done() + 150 + arena.dice(100);
            while done() < enough.min(changes) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let (server, service) = [(true, false), (false, true), (true, true), (false, true)][arena.dice(4)];
            let (replica, mut killed) = (arena.dice(2), 0);
            if server {
                // In the middle of its work: the postmaster ends all the others, and what was in memory alone is lost.
                killed = checkpointer(&arena, 0).await;
                assert!(Command::new("kill").args(["-9", &killed.to_string()]).status().unwrap().success());
                servers.set(servers.get() + 1);
            }
            if service {
                arena.kill(replica);
                services.set(services.get() + 1);
            }
            checkpointer(&arena, killed).await; // a service starts only where PostgreSQL answers
            if service {
                arena.replace(replica);
            }
        }
        over.set(true);
    };
    join(at_work, killing).await;

    arena.above = above(&arena).await;
    let (after, expected) = (versions(&arena.above).await, events(&arena.above).await);
    let expected = expected.into_iter().filter(|(id, _)| !told_before.contains_key(id)).collect::<BTreeMap<_, _>>();
    let mut unacknowledged = 0;
    for person in &people {
        let (made, told) = (after[&person.id] - before[&person.id], expected.values().filter(|id| **id == person.id));
        let acknowledged = answered.borrow().get(&person.id).copied().unwrap_or_default();
        assert_eq!(told.count() as i64, made, "one event for each change that was made");
        assert!(made >= acknowledged, "{acknowledged} were acknowledged, {made} made");
        unacknowledged += made - acknowledged;
    }
    // Claims of whoever died are waited out.
    let begun = Instant::now();
    loop {
        let got = ids(&receiver.got());
        let missing = expected.keys().filter(|id| !got.contains(id)).count();
        if missing == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(240), "{missing} of {} are missing", expected.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let got = receiver.got();
    let invented = ids(&got).iter().filter(|id| !expected.contains_key(id)).count();
    let mut bodies = BTreeMap::<&str, &str>::new();
    let same = got.iter().filter(|one| bodies.insert(&one.id, &one.body).is_some_and(|body| body == one.body)).count();
    println!(
        "{} changes acknowledged, {unacknowledged} made and not, {} requests without an answer; {} services and {} servers \
         killed; {} deliveries of {} events: missing 0, invented {invented}, twice {same} (under the same id); the last \
         {:.1} s after the end",
        done(),
        unanswered.get(),
        services.get(),
        servers.get(),
        got.len(),
        expected.len(),
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(invented, 0);
    assert_eq!(got.len() - same, expected.len(), "what comes twice says the same");
    assert!(services.get() > 0 && servers.get() > 0 && unanswered.get() > 0, "nobody died");
}
