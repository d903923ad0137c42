//! Someone else next time (promise A2, policy rule P7): raced through the service, and against the database alone.

use futures_util::future::join_all;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::arena::{Arena, LastTime, rounds};

#[actix_web::test]
async fn nobody_gets_last_times_coach_however_often_they_ask() {
    let arena = Arena::new("next_time").await;
    let people = arena.racers("p", 24).await;
    let (coachees, coaches) = people.split_at(12);
    for round in 0..rounds(15) {
        arena.reset(&people).await;
        let what = [LastTime::Met, LastTime::MetUnnoticed, LastTime::Missed][round % 3];
        let before = coachees.iter().zip(coaches).collect::<Vec<_>>();
        arena.last_time(&before, what).await;
        // Three times the same coach, and once another one; all coaches ask their coachees of last time too.
        let groups = coachees.iter().enumerate().map(|(at, coachee)| {
            let other = &coaches[(at + 1) % coaches.len()];
            let mut calls = vec![coachee.asks(&coaches[at]); 3];
            calls.insert(arena.dice(4), coachee.asks(other));
            calls.insert(arena.dice(5), coaches[at].asks(coachee));
            calls
        });
        let groups = groups.collect::<Vec<_>>();
        for answers in arena.race(groups).await {
            let made = answers.iter().filter(|answer| answer.status == 201).count();
            let expected = if what == LastTime::Missed { 3 } else { 2 };
            arena.expect(made == expected, || format!("{made} requests instead of {expected} after {what:?}"));
        }
        arena.judge().await;
    }
    let refused = arena.tally.borrow().of("409 coached_you_last_time");
    assert!(refused >= 3 * 12 * 10, "only {refused} were told so");
    arena.finish().await;
}

#[actix_web::test]
async fn who_was_asked_last_time_is_asked_again_once_somebody_else_was_in_between() {
    let arena = Arena::new("in_between").await;
    let people = arena.racers("p", 16).await;
    let (coachees, coaches) = people.split_at(8);
    for _ in 0..rounds(8) {
        arena.reset(&people).await;
        // The last review was with somebody else; with this coach it was the one before that.
        arena.last_time(&coachees.iter().zip(coaches).collect::<Vec<_>>(), LastTime::Met).await;
        arena.alter("update pairings set review = 2", &[]).await;
        let groups = (0..8).map(|at| vec![coachees[at].asks(&coaches[(at + 3) % 8]); 3]).collect();
        for answers in arena.race(groups).await {
            let made = answers.iter().filter(|answer| answer.status == 201).count();
            arena.expect(made == 1, || format!("{made} requests of the same coach"));
        }
        arena.judge().await;
    }
    let third = arena.count("select count(*) from pairings where review = 3 and state = 'requested'", &[]).await;
    assert_eq!(third, 8, "the number of each review is one more than the last");
    arena.finish().await;
}

/// Sessions that write at once, without the service's locks.
const WRITERS: usize = 6;

/// What became of the rows that they wrote.
#[derive(Debug, Default)]
struct Outcome {
    stored: usize,
    refused: usize,
    deadlocked: usize,
}

/// Each writer stores reviews of few people with few coaches, at the same moment as the others.
async fn write_at_once(arena: &Arena, writers: &[Client], people: &[Uuid], rounds: usize) -> Outcome {
    let insert =
        "insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at,
           accepted_at, closed_at, review, kickoff_held_at, coachee_place, coach_place)
         select organization_id, $2, cycle_id, $3, $4, 'completed', now(), now(), now(), $5, now(), $6, $6
         from cycles where cycle_id = $1";
    let (mut outcome, mut place) = (Outcome::default(), 0_i16);
    for _ in 0..rounds {
        let rows = (0..writers.len()).map(|_| {
            place += 1;
            (Uuid::now_v7(), people[arena.dice(2)], people[2 + arena.dice(2)], 1 + arena.dice(9) as i32, place)
        });
        let rows = rows.collect::<Vec<_>>();
        let written = writers.iter().zip(&rows).map(|(writer, (id, coachee, coach, review, place))| async move {
            writer.execute(insert, &[&arena.cycle, id, coachee, coach, review, place]).await
        });
        arena.tally.borrow_mut().races += 1;
        for written in join_all(written).await {
            match written.map_err(|error| error.code().cloned()) {
                Ok(_) => outcome.stored += 1,
                Err(Some(SqlState::UNIQUE_VIOLATION)) => outcome.refused += 1,
                Err(Some(SqlState::T_R_DEADLOCK_DETECTED)) => outcome.deadlocked += 1,
                Err(other) => panic!("refused for another reason: {other:?}"),
            }
        }
    }
    outcome
}

/// Pairs of reviews of one coachee with one coach that are the same or next to each other.
const CONSECUTIVE: &str =
    "select count(*) from pairings a join pairings b using (organization_id, coachee_id, coach_id)
    where a.pairing_id < b.pairing_id and abs(a.review - b.review) <= 1";

#[actix_web::test]
async fn the_database_alone_keeps_it_and_without_its_constraint_nobody_does() {
    let arena = Arena::new("constraint").await;
    let people = arena.racers("p", 4).await.iter().map(|racer| racer.id).collect::<Vec<_>>();
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let writer = arena.sibling().await;
        // Two who insert what excludes each other may wait for each other: PostgreSQL ends that after this long.
        writer.batch_execute("set deadlock_timeout = '20ms'").await.unwrap();
        writers.push(writer);
    }
    let times = rounds(60);
    let kept = write_at_once(&arena, &writers, &people, times).await;
    assert_eq!(arena.count(CONSECUTIVE, &[]).await, 0, "{kept:?}");
    assert!(kept.stored >= 4 && kept.refused >= 100, "nothing was raced for: {kept:?}");

    // Few places are left free by now. Again from nothing, and without the constraint.
    arena.reset(&[]).await;
    let keepers = "drop index pairings_someone_else_after_even; drop index pairings_someone_else_after_odd";
    arena.above.batch_execute(keepers).await.unwrap();
    let spoilt = write_at_once(&arena, &writers, &people, times).await;
    let broken = arena.count(CONSECUTIVE, &[]).await;
    assert!(spoilt.refused == 0 && broken > 0, "the race proves nothing: {spoilt:?}, {broken} pairs");
    arena.reset(&[]).await;
    drop(writers);
    arena.finish_besieged().await;
}
