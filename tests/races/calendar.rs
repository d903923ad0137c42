//! The calendar moves while people plan (promise A7): the end of a cycle comes or is moved, and everything that hangs on
//! it is due when and as it should be.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use peer_coaching::clock::real_time;
use serde_json::json;
use tokio_postgres::Row;

use crate::arena::{Arena, Met, Racer, rounds};

/// Pairs of one round.
const PAIRS: usize = 8;

/// The current cycle's last days.
async fn ends(arena: &Arena) -> (Date, Timestamp) {
    let row: Row =
        arena.rows("select ends_on, ends_at from cycles where cycle_id = $1", &[&arena.cycle]).await.remove(0);
    (row.get(0), row.get(1))
}

#[actix_web::test]
async fn an_end_that_is_moved_moves_what_hangs_on_it() {
    let arena = Arena::new("moved_ends").await;
    let admins = arena.racers("admin", 2).await;
    let people = arena.racers("p", 4 * PAIRS).await;
    let mut fourths = people.chunks(PAIRS);
    let [coachees, coaches, askers, asked] = [(); 4].map(|()| fourths.next().unwrap());
    let (ends_on, ends_at) = ends(&arena).await;
    let path = format!("/v1/cycles/{}", arena.cycle);
    for _ in 0..rounds(9) {
        arena.reset(&people).await;
        let met = *arena.any(&[Met::NotYet, Met::Perhaps, Met::Once]);
        let active = arena.active(&coachees.iter().zip(coaches).collect::<Vec<_>>(), met).await;
        let requests = arena.requested(&askers.iter().zip(asked).collect::<Vec<_>>()).await;
        let around_the_end = || ends_at + SignedDuration::from_hours(arena.dice(40 * 24) as i64 - 10 * 24);
        let mut groups = (0..PAIRS).map(|at| {
            let late = |racer: &Racer, kind: &str| racer.plans(kind, around_the_end(), active[at]);
            vec![
                late(&coachees[at], if met == Met::NotYet { "kickoff" } else { "catch_up" }),
                late(&coaches[at], "weekly"),
                asked[at].does("accept", requests[at]),
                coachees[at].asks(&coaches[(at + 1) % PAIRS]),
            ]
        });
        let mut groups = groups.by_ref().collect::<Vec<_>>();
        for (at, admin) in admins.iter().enumerate() {
            let moved = ends_on.checked_add((arena.dice(15) as i64 - 7).days()).unwrap();
            groups.insert(arena.dice(groups.len()), vec![admin.patch(&path, "*", json!({ "ends_on": moved })); 1 + at]);
        }
        // A policy that is written now governs the cycles after the next days, not this one.
        let weeks = json!({ "wrap_up_days": arena.dice(40), "request_days": 1 + arena.dice(40) });
        groups.insert(arena.dice(groups.len()), vec![admins[0].patch("/v1/policy", "*", weeks)]);
        arena.race(groups).await;
        arena.judge().await;
    }
    let moved = arena.count("select count(*) from audit_entries where action = 'cycle.changed'", &[]).await;
    assert!(moved >= 9, "the end was moved only {moved} times");
    arena.finish().await;
}

/// Puts the end of the current cycle, and with it the start of the next, to this instant.
async fn end_at(arena: &Arena, instant: Timestamp) {
    let ends = "update cycles c set ends_at = case when c.cycle_id = $1 then $2::timestamptz else c.ends_at end,
          starts_at = case when c.cycle_id = $1 then c.starts_at else $2::timestamptz end
        from cycles current where current.cycle_id = $1
          and (c.cycle_id = $1 or c.starts_at = current.ends_at)";
    arena
        .still(async || {
            arena.alter(ends, &[&arena.cycle, &instant]).await;
            arena.foretell().await;
        })
        .await;
}

/// How each first call stands.
async fn first_calls(arena: &Arena) -> Vec<(String, String)> {
    let sql = "select pairing_id::text, case when due_at <= $1 then due_state else state end from check_ins
        where kind = 'kickoff' order by pairing_id";
    let rows = arena.rows(sql, &[&real_time()]).await;
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// On real time: the superuser moves the end close by, and everybody acts around that moment.
#[actix_web::test]
async fn a_first_call_is_held_or_not_once_the_cycle_has_ended() {
    let arena = Arena::new("cycle_ends").await;
    let people = arena.racers("p", 4 * PAIRS).await;
    let mut fourths = people.chunks(PAIRS);
    let [coachees, coaches, askers, asked] = [(); 4].map(|()| fourths.next().unwrap());
    let (_, usual_end) = ends(&arena).await;
    for _ in 0..rounds(9) {
        arena.reset(&people).await;
        let active = arena.active(&coachees.iter().zip(coaches).collect::<Vec<_>>(), Met::Perhaps).await;
        let requests = arena.requested(&askers.iter().zip(asked).collect::<Vec<_>>()).await;
        let calls = arena.rows("select check_in_id, pairing_id from check_ins where kind = 'kickoff'", &[]).await;
        let call = |at: usize| calls.iter().find(|row| row.get::<_, uuid::Uuid>(1) == active[at]).unwrap().get(0);
        let end = Timestamp::from_millisecond(real_time().as_millisecond() + 120).unwrap();
        end_at(&arena, end).await;
        let around_the_end = || {
            let until = end.duration_since(real_time()).as_millis().max(0) as u64;
            Duration::from_millis((until + arena.dice(50) as u64).saturating_sub(35))
        };
        let groups = (0..PAIRS).flat_map(|at| {
            let catch_up = real_time() + SignedDuration::from_hours(2);
            let mut deeds = vec![
                coachees[at].marks("miss", call(at)),
                coaches[at].marks("hold", call(at)),
                coachees[at].marks("cancel", call(at)),
                coaches[at].plans("catch_up", catch_up, active[at]),
                coaches[at].does("end", active[at]),
            ];
            while deeds.len() > 3 {
                deeds.remove(arena.dice(deeds.len()));
            }
            let answers = vec![asked[at].does("accept", requests[at]), askers[at].does("withdraw", requests[at])];
            [deeds, answers].map(|group| group.into_iter().map(|call| call.after(around_the_end())).collect::<Vec<_>>())
        });
        let groups = groups.collect::<Vec<_>>();
        arena.race(groups).await;
        arena.judge().await;

        // It is over: what the first calls are is what they stay, whoever says otherwise.
        while real_time() < end {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let before = first_calls(&arena).await;
        let groups =
            (0..PAIRS).map(|at| vec![coachees[at].marks("miss", call(at)), coaches[at].marks("hold", call(at))]);
        arena.race(groups.collect()).await;
        let after = first_calls(&arena).await;
        arena.expect(before == after, || format!("changed after the end: {before:?} {after:?}"));
        let settles =
            |at: usize| coaches[at].plans("catch_up", real_time() + SignedDuration::from_hours(3), active[at]);
        arena.race((0..PAIRS).map(|at| vec![settles(at); 2]).collect()).await;
        arena.judge().await;
        let planned = arena.count("select count(*) from judge.standing where starts_at >= $1", &[&end]).await;
        arena.expect(planned == 0, || format!("{planned} pairings in a cycle that nobody has opted into"));
        end_at(&arena, usual_end).await;
    }
    let over = arena.tally.borrow().of("409 cycle_over");
    assert!(over > 0, "nobody came too late: there was nothing to race for");
    arena.finish().await;
}

/// Everybody makes the missing cycle, while administrators put one of their own in its place.
#[actix_web::test]
async fn who_looks_at_the_calendar_never_hears_that_it_is_being_made() {
    let arena = Arena::new("planning").await;
    let admins = arena.racers("admin", 2).await;
    let people = arena.racers("p", 4).await;
    let (ends_on, _) = ends(&arena).await;
    for _ in 0..rounds(16) {
        arena.alter("delete from cycles where starts_on >= $1", &[&ends_on]).await;
        let mut calls = people.iter().map(|person| person.get("/v1/cycles/next")).collect::<Vec<_>>();
        calls.push(people[0].answers("opted_in"));
        for admin in &admins {
            let starts_on = ends_on.checked_add((arena.dice(40) as i64).days()).unwrap();
            let cycle = json!({ "starts_on": starts_on, "ends_on": starts_on.checked_add(30.days()).unwrap() });
            calls.insert(arena.dice(4), admin.post("/v1/cycles", cycle).once(uuid::Uuid::now_v7().to_string()));
        }
        for call in &mut calls {
            let latest = if call.path == "/v1/cycles" { 3 } else { 12 };
            call.after = Duration::from_millis(arena.dice(latest) as u64);
        }
        for (call, answer) in calls.clone().iter().zip(&arena.race(vec![calls]).await[0]) {
            let added = call.path == "/v1/cycles";
            let fine = answer.status.is_success() || added && answer.code() == "cycles_overlap";
            arena.expect(fine, || format!("{} {}: {}", call.method, call.path, answer.text));
        }
        arena.judge().await;
    }
    arena.finish().await;
}
