//! Idempotency keys (promise A5): however often a request is sent, to whichever process, it has one effect and one answer.

use jiff::SignedDuration;
use peer_coaching::clock::real_time;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, rounds};
use crate::support::Answer;

/// Who send the same.
const RACERS: usize = 16;

fn key() -> String {
    Uuid::now_v7().to_string()
}

/// What must be the same in every answer to the same request.
fn told(answer: &Answer) -> (u16, String, String, String) {
    let header = |name: &str| answer.header(name).to_owned();
    (answer.status.as_u16(), header("location"), header("etag"), answer.text.clone())
}

/// One answer is the first; all others are the same, and say that they are a repetition.
fn one_of_a_kind(arena: &Arena, answers: &[&Answer]) {
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    arena.expect(replayed + 1 == answers.len(), || format!("{replayed} repetitions of {}", answers.len()));
    let same = answers.iter().all(|answer| told(answer) == told(answers[0]));
    arena.expect(same && answers[0].status.is_success(), || format!("different answers: {answers:?}"));
}

fn shuffled(arena: &Arena, mut calls: Vec<Call>) -> Vec<Call> {
    for at in (1..calls.len()).rev() {
        calls.swap(at, arena.dice(at + 1));
    }
    calls
}

#[actix_web::test]
async fn a_key_has_one_effect_and_one_answer() {
    let arena = Arena::new("keys").await;
    let people = arena.racers("p", 9).await;
    for _ in 0..rounds(6) {
        arena.reset(&people).await;
        // Each asks another with one key, sixteen times at once. Nobody else has anything to do with them.
        let groups = people.chunks(3).map(|three| {
            let key = key();
            vec![three[0].asks(&three[1]).once(&key); RACERS]
        });
        for answers in arena.race(groups.collect()).await {
            one_of_a_kind(&arena, &answers.iter().collect::<Vec<_>>());
        }
        let made = arena.count("select count(*) from pairings", &[]).await;
        arena.expect(made == 3, || format!("{made} requests of 3 keys"));

        // A verb, too: all its repetitions say what it did, though it could not be done again.
        let open = arena.rows("select pairing_id, coach_id from pairings", &[]).await;
        let by = |id: Uuid| people.iter().find(|racer| racer.id == id).unwrap();
        let groups = open.iter().map(|row| vec![by(row.get(1)).does("accept", row.get(0)).once(key()); 6]);
        for answers in arena.race(groups.collect()).await {
            one_of_a_kind(&arena, &answers.iter().collect::<Vec<_>>());
        }
        arena.judge().await;
    }
    arena.finish().await;
}

#[actix_web::test]
async fn another_body_or_another_person_is_another_matter() {
    let arena = Arena::new("other_keys").await;
    let people = arena.racers("p", 6).await;
    for _ in 0..rounds(12) {
        arena.reset(&people).await;
        let key = key();
        let [ana, ben, cleo, dan, ..] = &people[..] else { unreachable!() };
        // Ana asks Cleo or Dan with one key; Ben uses the same key for a request of his own.
        let mut calls = vec![ana.asks(cleo).once(&key); 5];
        calls.extend(vec![ana.asks(dan).once(&key); 5]);
        calls.extend(vec![ben.asks(dan).once(&key); 4]);
        let calls = shuffled(&arena, calls);
        let answers = arena.race(vec![calls.clone()]).await.remove(0);
        let of = |who: &Racer, coach: &Racer| {
            let same = |call: &Call| call.token == who.token && call.body["coach_id"] == coach.id.to_string();
            calls.iter().zip(&answers).filter(|(call, _)| same(call)).map(|(_, answer)| answer).collect::<Vec<_>>()
        };
        one_of_a_kind(&arena, &of(ben, dan));
        let (of_cleo, of_dan) = (of(ana, cleo), of(ana, dan));
        let (won, lost) = if of_cleo[0].status == 201 { (of_cleo, of_dan) } else { (of_dan, of_cleo) };
        one_of_a_kind(&arena, &won);
        for answer in lost {
            arena.expect(answer.status == 422 && answer.code() == "key_reused", || format!("reused: {}", answer.text));
        }
        let made = arena.count("select count(*) from pairings", &[]).await;
        arena.expect(made == 2, || format!("{made} requests of two people"));
        arena.judge().await;
    }
    arena.finish().await;
}

/// A key that was refused is free: the next who comes with it tries anew.
#[actix_web::test]
async fn of_a_key_that_is_refused_at_first_nothing_is_kept() {
    let arena = Arena::new("refused_keys").await;
    let people = arena.racers("p", 16).await;
    let (coachees, coaches) = people.split_at(8);
    for _ in 0..rounds(8) {
        arena.reset(&people).await;
        let active = arena.active(&coachees.iter().zip(coaches).collect::<Vec<_>>(), Met::NotYet).await;
        let soon = real_time() + SignedDuration::from_hours(5);
        // The catch-up is refused until somebody has planned the first call; then it is planned, once.
        let groups = (0..8).map(|at| {
            let catch_up = coachees[at].plans("catch_up", soon, active[at]).once(key());
            let mut calls = vec![catch_up; 7];
            calls.insert(arena.dice(5), coaches[at].plans("kickoff", soon - SignedDuration::from_hours(1), active[at]));
            calls
        });
        for answers in arena.race(groups.collect()).await {
            let catch_ups = answers.iter().filter(|answer| answer.text.contains("\"catch_up\""));
            let planned = catch_ups.filter(|answer| answer.status == 201).collect::<Vec<_>>();
            if !planned.is_empty() {
                one_of_a_kind(&arena, &planned);
            }
        }
        let twice = "select count(*) from (select from check_ins where kind = 'catch_up' group by pairing_id having count(*) > 1) t";
        let twice = arena.count(twice, &[]).await;
        arena.expect(twice == 0, || format!("{twice} keys had two effects"));
        arena.judge().await;
    }
    let refused = arena.tally.borrow().of("409 kickoff_missing");
    assert!(refused > 0, "nothing was refused");
    arena.finish().await;
}
