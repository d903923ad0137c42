//! Interleavings that a random race meets once in a year, led by hand: somebody else holds the locks, until those who
//! race stand where they must (promise A7). Most were defects once.

use std::time::Duration;

use futures_util::future::join;
use jiff::SignedDuration;
use peer_coaching::clock::real_time;
use serde_json::json;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, await_waiting};

/// Takes a person's lock in a transaction that stays open.
const HOLD_PERSON: &str =
    "select pg_advisory_xact_lock(hashtextextended(organization_id::text || '/' || member_id::text, 0))
    from members where member_id = $1";

/// A directory sync, by an administrator.
fn batch(by: &Racer, members: serde_json::Value) -> Call {
    by.post("/v1/members/batch", json!({ "members": members })).once(Uuid::now_v7().to_string())
}

/// A batch waits for a known member's lock; meanwhile somebody whom it names, too, comes in by their token and asks for
/// a coach. The batch holds no lock of theirs, so it must not send them away.
#[actix_web::test]
async fn a_batch_does_not_send_away_whom_it_has_not_locked() {
    let arena = Arena::new("newcomer").await;
    let admin = arena.racers("admin", 1).await.remove(0);
    let people = arena.racers("p", 2).await;
    let (known, coach) = (&people[0], &people[1]);
    let mut holder = arena.sibling().await;
    let mut other_holder = arena.sibling().await;

    let held = holder.transaction().await.unwrap();
    held.query(HOLD_PERSON, &[&known.id]).await.unwrap();
    let leavers =
        json!([{ "external_id": "p0", "name": "P0" }, { "external_id": "late0", "name": "Late", "active": false }]);
    let batch = batch(&admin, leavers);
    let meanwhile = async {
        await_waiting(&arena.above, 1).await;
        let late = arena.racers("late", 1).await.remove(0);
        // The request has every lock of its own, and is held up by what it inserts.
        let held_too = other_holder.transaction().await.unwrap();
        held_too.query("select from members where member_id = $1 for update", &[&coach.id]).await.unwrap();
        let asks = late.asks(coach);
        let asking = arena.sent(&asks);
        let go_on = async {
            await_waiting(&arena.above, 2).await;
            held.rollback().await.unwrap(); // the batch goes on; it may end before the request does
            let batch_ended = "select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'";
            for _ in 0..200 {
                if arena.count(batch_ended, &[]).await <= 1 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            held_too.rollback().await.unwrap();
        };
        join(asking, go_on).await.0
    };
    let (brought, asked) = join(arena.sent(&batch), meanwhile).await;
    assert_eq!(asked.status, 201, "{}", asked.text);
    assert_eq!(brought.code(), "already_exists", "as if they had come in a moment later");
    drop((holder, other_holder));
    arena.finish().await;
}

/// Two directory syncs of the same new people, in opposite orders; both meet somebody in the middle who is just coming in.
#[actix_web::test]
async fn two_batches_of_the_same_newcomers_do_not_wait_in_a_circle() {
    let arena = Arena::new("batches").await;
    let admins = arena.racers("admin", 2).await;
    let people = (0..9).map(|at| json!({ "external_id": format!("n{at}"), "name": "New" })).collect::<Vec<_>>();
    let backwards = people.iter().rev().cloned().collect::<Vec<_>>();
    let mut holder = arena.sibling().await;
    let held = holder.transaction().await.unwrap();
    let comes_in = "insert into members (organization_id, member_id, external_id, name, created_at, updated_at)
        select organization_id, $1, 'n4', 'New', now(), now() from organizations";
    held.execute(comes_in, &[&Uuid::now_v7()]).await.unwrap();
    let release = async {
        await_waiting(&arena.above, 2).await;
        held.rollback().await.unwrap();
    };
    let race = arena.race(vec![vec![batch(&admins[0], json!(people)), batch(&admins[1], json!(backwards))]]);
    let answers = join(race, release).await.0.remove(0);
    let mut outcomes = answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
    outcomes.sort();
    assert_eq!(outcomes, [200, 409], "{} {}", answers[0].text, answers[1].text);
    drop(holder);
    arena.finish().await;
}

/// Somebody's old key is used again, while another request of theirs forgets old keys.
#[actix_web::test]
async fn forgetting_old_keys_waits_for_nobody() {
    let arena = Arena::new("old_keys").await;
    let people = arena.racers("p", 2).await;
    let (coachee, coach) = (&people[0], &people[1]);
    let pairing = arena.active(&[(coachee, coach)], Met::Once).await[0];
    let plan = |key: &str| {
        let starts_at = real_time() + SignedDuration::from_hours(1);
        coachee.plans("catch_up", starts_at, pairing).once(key)
    };
    arena.does(plan("old")).await;
    arena.alter("update idempotency_keys set created_at = now() - interval '2 days'", &[]).await;

    // Both wait for the coach's lock, one with its new key, one with the old key taken again; then one goes first.
    let mut holder = arena.sibling().await;
    for (first, second) in [("new", "old"), ("newer", "old")] {
        arena.alter("update idempotency_keys set created_at = now() - interval '2 days' where key = 'old'", &[]).await;
        let held = holder.transaction().await.unwrap();
        held.query(HOLD_PERSON, &[&coach.id.max(coachee.id)]).await.unwrap();
        let (plan_first, plan_second) = (plan(first), plan(second));
        let release = async {
            await_waiting(&arena.above, 2).await;
            held.rollback().await.unwrap();
        };
        let begin_second = async {
            await_waiting(&arena.above, 1).await;
            arena.sent(&plan_second).await
        };
        let ((one, other), ()) = join(join(arena.sent(&plan_first), begin_second), release).await;
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (201, 201), "{} {}", one.text, other.text);
    }
    drop(holder);
    arena.finish().await;
}

/// Somebody leaves, with little of theirs due yet; a moment later, when more is, others settle for one of their partners.
#[actix_web::test]
async fn who_leaves_and_who_settles_do_not_wait_in_a_circle() {
    let arena = Arena::new("leaving").await;
    let admin = arena.racers("admin", 1).await.remove(0);
    let people = arena.racers("p", 4).await;
    let [leaver, partner, third, other] = &people[..] else { unreachable!() };
    // In the order of their ids: one that is due soon, one that is due, and one that is due and held by somebody else.
    let asked = arena.requested(&[(leaver, partner), (partner, leaver), (leaver, third)]).await;
    let active = arena.active(&[(other, partner)], Met::Once).await[0];
    let due = "update pairings set due_at = $2::timestamptz, requested_at = $2::timestamptz - interval '168 hours' where pairing_id = any($1)";
    let (past, soon) = (real_time() - SignedDuration::from_mins(1), real_time() + SignedDuration::from_millis(700));
    let mut holder = arena.sibling().await;
    let held = holder.transaction().await.unwrap();
    arena
        .still(async || {
            arena.alter(due, &[&&asked[1..], &past]).await;
            arena.alter(due, &[&&asked[..1], &soon]).await;
            held.query("select from pairings where pairing_id = $1 for update", &[&asked[2]]).await.unwrap();
        })
        .await;
    let leaves = admin.keeps(leaver, false);
    let catch_up = real_time() + SignedDuration::from_hours(1);
    let settles = other.plans("catch_up", catch_up, active);
    let later = async {
        await_waiting(&arena.above, 1).await; // the leaver's, for the one that is held
        while real_time() <= soon {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        arena.sent(&settles).await
    };
    let release = async {
        await_waiting(&arena.above, 2).await;
        held.rollback().await.unwrap();
    };
    let ((left, settled), ()) = join(join(arena.sent(&leaves), later), release).await;
    assert_eq!((left.status.as_u16(), settled.status.as_u16()), (200, 201), "{} {}", left.text, settled.text);
    drop(holder);
    arena.finish().await;
}

/// Somebody's own write waits for their lock, behind the one that sends them away.
#[actix_web::test]
async fn who_has_left_while_they_waited_is_turned_away() {
    let arena = Arena::new("turned_away").await;
    let admin = arena.racers("admin", 1).await.remove(0);
    let person = arena.racers("p", 1).await.remove(0);
    let mut holder = arena.sibling().await;
    for write in [
        person.patch("/v1/me", "*", json!({ "open_to_coaching": false })),
        person.answers("not_this_time"),
        person.call(reqwest::Method::PUT, "/v1/cycles/current/reflection", json!({ "complete": false })),
    ] {
        arena.reset(std::slice::from_ref(&person)).await;
        let held = holder.transaction().await.unwrap();
        held.query(HOLD_PERSON, &[&person.id]).await.unwrap();
        let leaves = admin.keeps(&person, false);
        let behind = async {
            await_waiting(&arena.above, 1).await;
            arena.sent(&write).await
        };
        let release = async {
            await_waiting(&arena.above, 2).await;
            held.rollback().await.unwrap();
        };
        let ((left, written), ()) = join(join(arena.sent(&leaves), behind), release).await;
        assert_eq!((left.status.as_u16(), written.code().as_str()), (200, "member_inactive"), "{}", write.path);
    }
    drop(holder);
    arena.finish().await;
}
