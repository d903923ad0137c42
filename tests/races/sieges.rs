//! Somebody else's transactions hold locks, in the wrong order or for too long (promise A8): callers are told to come
//! back, never that something broke; and coming back with the same key, they get what they asked for.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use peer_coaching::clock::real_time;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, rounds};
use crate::support::Answer;

/// Pairs of one round.
const PAIRS: usize = 10;

/// Whether somebody waits for this session.
const AWAITED: &str =
    "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))";

/// Takes these people's locks one after the other, in the order in which the service does not; gives up where it must.
async fn besiege(sibling: &mut Client, one: &Racer, other: &Racer, row: Uuid) {
    let (low, high) = (one.id.min(other.id), one.id.max(other.id));
    let held = sibling.transaction().await.unwrap();
    let lock = "select pg_advisory_xact_lock(hashtextextended(organization_id::text || '/' || member_id::text, 0))
        from members where member_id = $1";
    let siege = async {
        held.query("select from pairings where pairing_id = $1 for update", &[&row]).await?;
        held.query(lock, &[&high]).await?;
        for _ in 0..60 {
            if held.query_one(AWAITED, &[]).await?.get(0) {
                break; // somebody who has the other lock already
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        held.query(lock, &[&low]).await
    };
    match siege.await {
        Ok(_) => held.commit().await.unwrap(),
        Err(error) => assert_eq!(error.code(), Some(&SqlState::T_R_DEADLOCK_DETECTED), "{error:?}"),
    }
}

/// What it was answered in the end: as often as it is told to come back, it does.
async fn insists(arena: &Arena, call: &Call) -> (Answer, usize) {
    for times in 0..10 {
        let answer = arena.sent_to(arena.dice(2), call).await.unwrap();
        if answer.status != 503 && !answer.text.contains("\"in_flight\"") {
            return (answer, times);
        }
        assert_eq!(answer.header("retry-after"), "1", "{}", answer.text);
    }
    panic!("it never comes to its turn: {}", call.path);
}

#[actix_web::test]
async fn who_is_caught_in_a_deadlock_is_told_to_come_back() {
    let arena = Arena::new("sieges").await;
    let people = arena.racers("p", 2 * PAIRS).await;
    let (coachees, coaches) = people.split_at(PAIRS);
    let impatient =
        format!("alter role peer_coaching_app in database {} set deadlock_timeout = '30ms'", arena.database());
    arena.above.batch_execute(&impatient).await.unwrap();
    arena.kill_and_replace(0); // whose connections are impatient now: it is they who are ended; of the other, the siblings'
    let mut siblings = Vec::new();
    for _ in 0..PAIRS / 2 {
        let sibling = arena.sibling().await;
        sibling.batch_execute("set deadlock_timeout = '80ms'").await.unwrap();
        siblings.push(sibling);
    }
    let (mut sent, mut came_back) = (0, 0);
    for _ in 0..rounds(5) {
        arena.reset(&people).await;
        let active = arena.active(&coachees.iter().zip(coaches).collect::<Vec<_>>(), Met::Once).await;
        let calls = active.iter().enumerate().flat_map(|(at, pairing)| {
            let starts_at = real_time() + SignedDuration::from_hours(1 + at as i64);
            [&coachees[at], &coaches[at], &coachees[at], &coaches[at]]
                .map(|racer| racer.plans("catch_up", starts_at, *pairing).once(Uuid::now_v7().to_string()))
        });
        let calls = calls.collect::<Vec<_>>();
        arena.tally.borrow_mut().races += PAIRS;
        let sieges = siblings
            .iter_mut()
            .enumerate()
            .map(|(at, sibling)| besiege(sibling, &coachees[at], &coaches[at], active[at]));
        let (answers, _) = join(join_all(calls.iter().map(|call| insists(&arena, call))), join_all(sieges)).await;
        for (answer, times) in &answers {
            arena.expect(answer.status == 201, || answer.text.clone());
            came_back += times;
        }
        sent += answers.len();
        let planned = arena.count("select count(*) from check_ins where kind = 'catch_up'", &[]).await;
        arena.expect(planned == answers.len() as i64, || format!("{planned} of {} are planned", answers.len()));
        arena.judge().await;
    }
    // How many depends on whom PostgreSQL ends first; that everybody got through in the end was seen above.
    assert!(came_back > 0 && came_back < sent, "{came_back} of {sent} were told to come back");
    drop(siblings);
    let deadlocks = arena.finish_besieged().await;
    assert!(deadlocks > 0, "no deadlock was made: nothing was proved");
}

#[actix_web::test]
async fn who_waits_too_long_for_a_lock_is_told_to_come_back() {
    let arena = Arena::new("long_locks").await;
    let people = arena.racers("p", 2).await;
    let pairing = arena.active(&[(&people[0], &people[1])], Met::Once).await[0];
    let mut holder = arena.sibling().await;
    let held = holder.transaction().await.unwrap();
    held.batch_execute("lock table members in access exclusive mode").await.unwrap();
    let starts_at = real_time() + SignedDuration::from_hours(1);
    let plan = people[0].plans("catch_up", starts_at, pairing).once("one");
    let calls = [plan.clone(), people[1].plans("catch_up", starts_at, pairing).once("other"), plan.clone()];
    arena.tally.borrow_mut().races += 1;
    for answer in join_all(calls.iter().map(|call| arena.sent_to(arena.dice(2), call))).await {
        let answer = answer.unwrap();
        let told = answer.status == 503 && answer.code() == "unavailable" || answer.code() == "in_flight";
        arena.expect(told && answer.header("retry-after") == "1", || format!("{} {}", answer.status, answer.text));
    }
    held.rollback().await.unwrap();
    drop(holder);
    let (answer, _) = insists(&arena, &plan).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    arena.finish().await;
}
