//! Actions, progress and insights while both write at once (promises A1 and A6): no change is lost, no bound is passed,
//! nothing is written into a pairing that has ended.

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, rounds};
use crate::support::Answer;

/// Who edit one text: each of the two in fifty windows.
const EDITORS: usize = 100;

/// How many of them at once: more would besiege the two people's locks, and be told to come back.
const AT_ONCE: usize = 12;

/// How often each of them tries.
const TRIES: usize = 3;

/// What a bound is told as, the table that it bounds, and how many rows of it there can be.
const BOUNDS: [(&str, &str, i64); 3] =
    [("actions_full", "actions", 50), ("progress_full", "progress", 200), ("insights_full", "insights", 50)];

async fn added(arena: &Arena, by: &Racer, pairing: Uuid) -> String {
    let action = by.post(format!("/v1/pairings/{pairing}/actions"), json!({ "kind": "start", "text": "," }));
    format!("/v1/actions/{}", arena.does(action).await.ok()["id"].as_str().unwrap())
}

/// Reads the action, appends a token of their own, and writes it back if it still is what they have read; again, where
/// somebody was faster. The tokens that were taken.
async fn appends(arena: &Arena, who: &Racer, path: &str, number: usize) -> Vec<String> {
    let mut taken = Vec::new();
    for round in 0..TRIES {
        let read = arena.does(who.get(path)).await;
        let token = format!("{number}.{round},");
        let text = read.ok()["text"].as_str().unwrap().to_owned() + &token;
        let answer = arena.sent(&who.patch(path, read.header("etag"), json!({ "text": text }))).await;
        match answer.status.as_u16() {
            200 => taken.push(token),
            412 => assert_eq!(answer.code(), "stale"),
            _ => arena.expect(false, || format!("an edit was told {}", answer.text)),
        }
    }
    taken
}

#[actix_web::test]
async fn of_a_hundred_editors_nobody_overwrites_another() {
    let arena = Arena::new("plan_edits").await;
    let people = arena.racers("p", 2).await;
    let pairing = arena.active(&[(&people[0], &people[1])], Met::Once).await[0];
    for _ in 0..rounds(1) {
        let path = added(&arena, &people[0], pairing).await;
        let editors = (0..EDITORS).map(|number| appends(&arena, &people[number % 2], &path, number));
        let taken = stream::iter(editors).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.concat();
        let end = arena.does(people[0].get(path.as_str())).await;
        let text = end.ok()["text"].as_str().unwrap().to_owned();
        let lost = taken.iter().filter(|token| !text.contains(&format!(",{token}"))).collect::<Vec<_>>();
        arena.expect(lost.is_empty(), || format!("{lost:?} were taken and are not in {text}"));
        let there = text.matches(',').count() - 1;
        arena.expect(there == taken.len(), || format!("{there} tokens are there, {} were taken", taken.len()));
        arena.expect(end.header("etag").starts_with(&format!("\"{}-", there + 1)), || "a version for each".into());
        assert!(taken.len() > EDITORS * TRIES / AT_ONCE / 2, "only {} were taken", taken.len());
    }
    assert!(arena.tally.borrow().of("412 stale") >= EDITORS, "there was nobody to be overwritten");
    arena.finish().await;
}

/// Rows of a table, up to `count` of them, of a pairing that has one.
async fn fill(arena: &Arena, table: &str, pairing: Uuid, count: i64) {
    let sql = match table {
        "actions" => {
            "insert into actions (organization_id, action_id, pairing_id, coachee_id, coach_id, kind, text, state, author_id,
               created_at, updated_at)
             select organization_id, gen_random_uuid(), pairing_id, coachee_id, coach_id, kind, text, 'dropped', author_id,
               created_at, updated_at
             from actions cross join generate_series(2, $2) where pairing_id = $1"
        }
        "progress" => {
            "insert into progress (organization_id, progress_id, action_id, coachee_id, coach_id, text, author_id, made_at)
             select p.organization_id, gen_random_uuid(), p.action_id, p.coachee_id, p.coach_id, p.text, p.author_id, p.made_at
             from progress p join actions a using (organization_id, action_id) cross join generate_series(2, $2)
             where a.pairing_id = $1"
        }
        _ => {
            "insert into insights (organization_id, insight_id, pairing_id, coachee_id, coach_id, kind, text, given_at)
             select organization_id, gen_random_uuid(), pairing_id, coachee_id, coach_id, kind, text, given_at
             from insights cross join generate_series(2, $2) where pairing_id = $1"
        }
    };
    arena.alter(sql, &[&pairing, &(count as i32)]).await;
}

/// One more of each table's.
fn one_more(table: &str, [coachee, coach]: [&Racer; 2], at: usize, pairing: Uuid, action: &str) -> Call {
    let who = if at.is_multiple_of(2) { coachee } else { coach };
    match table {
        "actions" => who.post(format!("/v1/pairings/{pairing}/actions"), json!({ "kind": "stop", "text": "more" })),
        "progress" => who.post(format!("{action}/progress"), json!({ "text": "more" })),
        _ => coach.post(format!("/v1/pairings/{pairing}/insights"), json!({ "kind": "drag", "text": "more" })),
    }
}

#[actix_web::test]
async fn the_last_place_is_not_taken_twice() {
    let arena = Arena::new("plan_bounds").await;
    let people = arena.racers("p", 8).await;
    let (coachees, coaches) = people.split_at(4);
    let pairs = coachees.iter().zip(coaches).collect::<Vec<_>>();
    for _ in 0..rounds(2) {
        arena.reset(&people).await;
        let pairings = arena.active(&pairs, Met::Once).await;
        for (code, table, most) in BOUNDS {
            let (mut groups, mut free) = (Vec::new(), Vec::new());
            for ((coachee, coach), pairing) in pairs.iter().zip(&pairings) {
                let two = [*coachee, *coach];
                let action = match table {
                    "progress" => first_action(&arena, *pairing).await,
                    _ => String::new(),
                };
                arena.does(one_more(table, two, 1, *pairing, &action)).await;
                let left = 1 + arena.dice(4);
                fill(&arena, table, *pairing, most - left as i64).await;
                groups.push((0..10).map(|at| one_more(table, two, at, *pairing, &action)).collect::<Vec<_>>());
                free.push(left);
            }
            for (answers, left) in arena.race(groups).await.iter().zip(free) {
                let made = answers.iter().filter(|answer| answer.status == 201).count();
                arena.expect(made == left, || format!("{made} of {table} were added where {left} could be"));
                let full = answers.iter().filter(|answer| answer.status == 409 && answer.code() == code).count();
                arena.expect(full == 10 - left, || format!("{full} were told {code}, {left} places were free"));
            }
        }
        arena.judge().await;
    }
    arena.finish().await;
}

/// An action of this pairing's that somebody has added.
async fn first_action(arena: &Arena, pairing: Uuid) -> String {
    let one = "select action_id from actions where pairing_id = $1 and state = 'open' limit 1";
    format!("/v1/actions/{}", arena.rows(one, &[&pairing]).await[0].get::<_, Uuid>(0))
}

/// What each was told, the end last.
fn told(answers: &[Answer]) -> Vec<(u16, Value)> {
    answers.iter().map(|answer| (answer.status.as_u16(), answer.body()["code"].clone())).collect()
}

#[actix_web::test]
async fn nothing_is_written_into_a_pairing_that_has_ended() {
    let arena = Arena::new("plan_ends").await;
    let people = arena.racers("p", 16).await;
    let (coachees, coaches) = people.split_at(8);
    let pairs = coachees.iter().zip(coaches).collect::<Vec<_>>();
    let (mut before, mut after) = (0, 0);
    for _ in 0..rounds(5) {
        arena.reset(&people).await;
        let pairings = arena.active(&pairs, Met::Once).await;
        let mut groups = Vec::new();
        for ((coachee, coach), pairing) in pairs.iter().zip(&pairings) {
            let action = added(&arena, coach, *pairing).await;
            let ends = if arena.dice(2) == 0 { coachee } else { coach };
            groups.push(vec![
                one_more("actions", [coachee, coach], arena.dice(2), *pairing, &action),
                one_more("progress", [coachee, coach], 1, *pairing, &action),
                one_more("insights", [coachee, coach], 1, *pairing, &action),
                coach.patch(action.as_str(), "*", json!({ "state": "in_progress" })),
                coachee.patch(action.as_str(), "*", json!({ "kind": "continue" })),
                ends.does("end", *pairing),
            ]);
        }
        for answers in arena.race(groups).await {
            let told = told(&answers);
            let [adds, says, tells, coach_edits, edits, end] = &told[..] else { panic!("six") };
            arena.expect(end.0 == 200 && edits.0 == 200, || format!("the coachee and the end: {told:?}"));
            for (answer, late) in [
                (adds, (409, json!("not_waiting"))),
                (tells, (409, json!("not_waiting"))),
                (says, (403, json!("not_yours"))),
                (coach_edits, (403, json!("not_yours"))),
            ] {
                let in_time = answer.0 < 300;
                arena.expect(in_time || *answer == late, || format!("{told:?}"));
                before += usize::from(in_time);
                after += usize::from(!in_time);
            }
        }
        let late = "select (select count(*) from actions a join pairings p using (pairing_id) where a.created_at > p.closed_at)
            + (select count(*) from insights i join pairings p using (pairing_id) where i.given_at > p.closed_at)
            + (select count(*) from progress o join actions a using (action_id) join pairings p using (pairing_id)
               where o.author_id = p.coach_id and o.made_at > p.closed_at)";
        let late = arena.count(late, &[]).await;
        arena.expect(late == 0, || format!("{late} were written after the end"));
        arena.judge().await;
    }
    println!("{before} came before the end, {after} after it");
    assert!(before >= 10 && after >= 10, "{before} came before the end, {after} after it: there was no race");
    arena.finish().await;
}
