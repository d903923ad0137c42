//! Mutual requests and rings (promise A4): everybody asks, accepts and ends around at once, and nobody waits in a circle.

use crate::arena::{Arena, Met, Racer, rounds};
use uuid::Uuid;

/// Who sit in a ring.
const SEATS: usize = 8;

/// Everybody's pairing with whom they asked, in the order of the seats.
async fn asked(arena: &Arena, ring: &[Racer], ahead: usize) -> Vec<Uuid> {
    let around = (0..SEATS).map(|at| (&ring[at], &ring[(at + ahead) % SEATS])).collect::<Vec<_>>();
    arena.requested(&around).await
}

#[actix_web::test]
async fn rings_ask_accept_and_end_around() {
    let arena = Arena::new("rings").await;
    let people = arena.racers("p", 2 * SEATS).await;
    for round in 0..rounds(8) {
        arena.reset(&people).await;
        let rings = people.chunks(SEATS).collect::<Vec<_>>();
        let ahead = 1 + round % 3;

        // All ask at once whom they sit before, and whom they sit behind.
        let mut groups = Vec::new();
        for ring in &rings {
            groups.extend((0..SEATS).map(|at| {
                vec![ring[at].asks(&ring[(at + ahead) % SEATS]), ring[(at + ahead) % SEATS].asks(&ring[at])]
            }));
        }
        for answers in arena.race(groups).await {
            arena.expect(answers.iter().all(|answer| answer.status == 201), || "somebody could not ask".to_owned());
        }
        arena.judge().await;

        // All accept at once, in whatever order; and two ends of a pairing at once.
        let open =
            arena.rows("select pairing_id, coach_id, coachee_id from pairings where state = 'requested'", &[]).await;
        let by = |id: Uuid| people.iter().find(|racer| racer.id == id).unwrap();
        let groups = open.iter().map(|row| {
            let (pairing, coach, coachee) = (row.get(0), by(row.get(1)), by(row.get(2)));
            let mut calls = vec![coach.does("accept", pairing)];
            if arena.dice(4) == 0 {
                calls.push(coachee.does("withdraw", pairing));
            }
            calls
        });
        let groups = groups.collect::<Vec<_>>();
        arena.race(groups).await;
        arena.judge().await;

        // All end around.
        let open =
            arena.rows("select pairing_id, coach_id, coachee_id from pairings where state = 'active'", &[]).await;
        let groups =
            open.iter().map(|row| vec![by(row.get(1)).does("end", row.get(0)), by(row.get(2)).does("end", row.get(0))]);
        for answers in arena.race(groups.collect()).await {
            let ended = answers.iter().filter(|answer| answer.status == 200).count();
            arena.expect(ended == 1, || format!("{ended} ended one pairing"));
        }
        arena.judge().await;
    }
    arena.finish().await;
}

#[actix_web::test]
async fn two_who_pick_each_other_get_each_other() {
    let arena = Arena::new("mutual").await;
    let people = arena.racers("p", 24).await;
    let (some, others) = people.split_at(12);
    for _ in 0..rounds(12) {
        arena.reset(&people).await;
        let groups = some.iter().zip(others).map(|(one, other)| vec![one.asks(other), other.asks(one)]).collect();
        let asked = arena.race(groups).await;
        let id = |at: usize, who: usize| asked[at][who].ok()["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        let groups = (0..12).map(|at| vec![others[at].does("accept", id(at, 0)), some[at].does("accept", id(at, 1))]);
        for answers in arena.race(groups.collect()).await {
            arena.expect(answers.iter().all(|answer| answer.status == 200), || "an acceptance was refused".to_owned());
        }
        arena.judge().await;
    }
    arena.finish().await;
}

/// What is due of many people, settled by everybody at once: each verb settles for its two, and their pairings with
/// others are settled by others too.
#[actix_web::test]
async fn everybody_settles_what_is_due_of_everybody() {
    let arena = Arena::new("settling").await;
    let people = arena.racers("p", 3 * SEATS).await;
    for _ in 0..rounds(8) {
        arena.reset(&people).await;
        let mut groups = Vec::new();
        for ring in people.chunks(SEATS) {
            // Old requests around the ring, two apart, expire within the next moments, one after the other.
            for ahead in [2, 3] {
                let due = asked(&arena, ring, ahead).await;
                let soon = "update pairings p set due_at = s.soon, requested_at = s.soon - interval '168 hours'
                    from (select id, date_trunc('milliseconds', now()) + at * interval '4 ms' as soon
                      from unnest($1::uuid[]) with ordinality n (id, at)) s where s.id = p.pairing_id";
                arena.alter(soon, &[&due]).await;
            }
            // Active ones around it, whose first calls come to count in the same moments.
            let around = (0..SEATS).map(|at| (&ring[at], &ring[(at + 1) % SEATS])).collect::<Vec<_>>();
            let called = "update check_ins c set due_at = s.soon, starts_at = s.soon - interval '24 hours'
                from (select id, date_trunc('milliseconds', clock_timestamp()) + at * interval '4 ms' as soon
                  from unnest($1::uuid[]) with ordinality n (id, at)) s where s.id = c.pairing_id";
            let remembered = "update pairings p set kickoff_due_at = c.due_at from check_ins c
                where c.pairing_id = p.pairing_id and p.pairing_id = any($1)";
            let active = arena
                .still(async || {
                    let active = arena.active(&around, Met::Perhaps).await;
                    arena.alter(called, &[&active]).await;
                    arena.alter(remembered, &[&active]).await;
                    active
                })
                .await;
            groups.push(
                (0..SEATS)
                    .map(|at| {
                        let catch_up = peer_coaching::clock::real_time() + jiff::SignedDuration::from_hours(1);
                        let after = std::time::Duration::from_millis(arena.dice(40) as u64);
                        ring[(at + arena.dice(2)) % SEATS].plans("catch_up", catch_up, active[at]).after(after)
                    })
                    .collect::<Vec<_>>(),
            );
        }
        for answers in arena.race(groups).await {
            arena.expect(answers.iter().all(|answer| answer.status == 201), || "a plan was refused".to_owned());
        }
        arena.judge().await;
    }
    arena.finish().await;
}
