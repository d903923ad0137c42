//! Places (promise A1): the last one is never given twice, whichever process is asked for it.

use serde_json::json;

use crate::arena::{Arena, rounds};

/// Coaches of one round.
const COACHES: usize = 5;

/// Who has asked each of them.
const ASKERS: usize = 6;

#[actix_web::test]
async fn a_coach_takes_exactly_as_many_as_there_are_places() {
    let arena = Arena::new("coach_places").await;
    let people = arena.racers("p", COACHES * (ASKERS + 1)).await;
    let (coaches, coachees) = people.split_at(COACHES);
    for _ in 0..rounds(24) {
        arena.reset(&people).await;
        let mut capacities = Vec::new();
        for coach in coaches {
            let capacity = 1 + arena.dice(3) as i16;
            arena.alter("update members set coach_capacity = $2 where member_id = $1", &[&coach.id, &capacity]).await;
            capacities.push(usize::from(capacity as u16));
        }
        let coach_of = |at: usize| &coaches[at / ASKERS];
        let asked = coachees.iter().enumerate().map(|(at, coachee)| (coachee, coach_of(at))).collect::<Vec<_>>();
        let asked = arena.requested(&asked).await;
        let withdrawn = arena.dice(ASKERS);
        let groups = asked.chunks(ASKERS).zip(coaches).enumerate().map(|(coach_at, (requests, coach))| {
            let mut calls = requests.iter().map(|request| coach.does("accept", *request)).collect::<Vec<_>>();
            let fickle = &coachees[coach_at * ASKERS + withdrawn];
            calls.insert(arena.dice(ASKERS), fickle.does("withdraw", requests[withdrawn]));
            calls
        });
        let groups = groups.collect::<Vec<_>>();
        for ((answers, coach), capacity) in arena.race(groups).await.into_iter().zip(coaches).zip(capacities) {
            let accepted =
                answers.iter().filter(|answer| answer.status == 200 && answer.ok()["role"] == "coach").count();
            arena.expect(accepted == capacity, || format!("{accepted} accepted by {coach:?} with {capacity} places"));
        }
        arena.judge().await;
    }
    let full = arena.tally.borrow().of("409 coach_full");
    assert!(full >= 40, "only {full} found no place: there was nothing to race for");
    arena.finish().await;
}

#[actix_web::test]
async fn a_coachee_has_exactly_as_many_coaches_as_the_policy_allows() {
    let arena = Arena::new("coachee_places").await;
    let people = arena.racers("p", 18).await;
    let (coachees, coaches) = people.split_at(9);
    for _ in 0..rounds(9) {
        arena.reset(&people).await;
        // Each asks six, one of them twice; meanwhile one of two who were asked before says no.
        let before = coachees.iter().zip(coaches).collect::<Vec<_>>();
        let before = arena.requested(&before).await;
        let groups = coachees.iter().enumerate().map(|(at, coachee)| {
            let others = (1..7).map(|step| &coaches[(at + step) % coaches.len()]);
            let mut calls = others.map(|coach| coachee.asks(coach)).collect::<Vec<_>>();
            calls.push(calls[0].clone());
            calls.push(coachee.asks(&coaches[at]));
            calls.insert(arena.dice(8), coaches[at].does("decline", before[at]));
            calls
        });
        let groups = groups.collect::<Vec<_>>();
        for (at, answers) in arena.race(groups).await.iter().enumerate() {
            let made = answers.iter().filter(|answer| answer.status == 201).count();
            // Two places are free, and a third from the moment of the no.
            arena.expect((2..=3).contains(&made), || format!("{made} requests by coachee {at}"));
        }
        arena.judge().await;
    }
    let full = arena.tally.borrow().of("409 coaches_full");
    assert!(full >= 100, "only {full} found no place: there was nothing to race for");
    arena.finish().await;
}

#[actix_web::test]
async fn a_capacity_that_changes_meanwhile_is_kept() {
    let arena = Arena::new("capacity").await;
    let people = arena.racers("p", 40).await;
    let (coaches, coachees) = people.split_at(10);
    for _ in 0..rounds(10) {
        arena.reset(&people).await;
        arena.alter("update members set coach_capacity = 1", &[]).await;
        let asked = coachees.iter().enumerate().map(|(at, coachee)| (coachee, &coaches[at / 3])).collect::<Vec<_>>();
        let asked = arena.requested(&asked).await;
        let groups = asked.chunks(3).zip(coaches).map(|(requests, coach)| {
            let mut calls = requests.iter().map(|request| coach.does("accept", *request)).collect::<Vec<_>>();
            calls.insert(arena.dice(4), coach.patch("/v1/me", "*", json!({ "coach_capacity": 2 })));
            calls
        });
        let groups = groups.collect::<Vec<_>>();
        for answers in arena.race(groups).await {
            let accepted = answers.iter().filter(|answer| answer.status == 200 && answer.text.contains("accepted_at"));
            let accepted = accepted.count();
            arena.expect((1..=2).contains(&accepted), || format!("{accepted} accepted with one place, then two"));
        }
        arena.judge().await;
    }
    arena.finish().await;
}
