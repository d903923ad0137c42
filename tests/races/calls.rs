//! What is done with one call, every ordered pair of it at once (promise A3): the two agree on one history.

use jiff::{SignedDuration, Timestamp};
use peer_coaching::clock::real_time;
use serde_json::json;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, rounds};
use crate::support::Answer;

/// What can be done with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Hold,
    Miss,
    Cancel,
    /// Moves it, as it was first seen.
    Move,
}

const ALL: [Act; 4] = [Act::Hold, Act::Miss, Act::Cancel, Act::Move];

/// What a call has become, in which version.
type Stored = (&'static str, i64);

impl Act {
    /// The answer's status, and what the call is afterwards. What has started is not called off, what has not is neither
    /// held nor missed.
    fn of(self, (state, version): Stored, started: bool) -> (u16, Stored) {
        match (state, self) {
            (_, Act::Move) if version != 1 => (412, (state, version)),
            ("held", Act::Hold) | ("missed", Act::Miss) | ("cancelled", Act::Cancel) => (200, (state, version)),
            ("scheduled" | "missed", Act::Hold) if started => (200, ("held", version + 1)),
            ("scheduled" | "held", Act::Miss) if started => (200, ("missed", version + 1)),
            ("scheduled", Act::Cancel) if !started => (200, ("cancelled", version + 1)),
            ("scheduled", Act::Move) => (200, ("scheduled", version + 1)),
            _ => (409, (state, version)),
        }
    }
}

/// Each one's answer, and what the call was then.
type Story = ([u16; 2], Stored);

fn stories(first: Act, second: Act, started: bool) -> [Story; 2] {
    let serial = |one: Act, other: Act| {
        let (answer, then) = one.of(("scheduled", 1), started);
        let (another, end) = other.of(then, started);
        ([answer, another], end)
    };
    let ([second_answer, first_answer], end) = serial(second, first);
    [serial(first, second), ([first_answer, second_answer], end)]
}

fn call(act: Act, by: &Racer, id: Uuid, starts_at: Timestamp) -> Call {
    match act {
        Act::Hold => by.marks("hold", id),
        Act::Miss => by.marks("miss", id),
        Act::Cancel => by.marks("cancel", id),
        Act::Move => by.patch(format!("/v1/check-ins/{id}"), "\"1-0\"", json!({ "starts_at": starts_at.to_string() })),
    }
}

async fn told(arena: &Arena, id: Uuid, answers: &[Answer]) -> Story {
    let row = arena.rows("select state, version from check_ins where check_in_id = $1", &[&id]).await.remove(0);
    let state: String = row.get(0);
    let state = ["scheduled", "held", "missed", "cancelled"].into_iter().find(|name| *name == state).unwrap();
    ([answers[0].status.as_u16(), answers[1].status.as_u16()], (state, row.get(1)))
}

#[actix_web::test]
async fn of_two_deeds_on_a_call_one_comes_first() {
    let arena = Arena::new("calls").await;
    let pairs = ALL.into_iter().flat_map(|first| ALL.map(|second| (first, second))).collect::<Vec<_>>();
    let people = arena.racers("p", 2 * pairs.len()).await;
    let (coachees, coaches) = people.split_at(pairs.len());
    let (mut decided, mut by_the_second) = (0, 0);
    for round in 0..rounds(14) {
        arena.reset(&people).await;
        let among = coachees.iter().zip(coaches).collect::<Vec<_>>();
        let started = round % 3 != 2;
        let calls = if round % 3 == 0 {
            let pairings = arena.active(&among, Met::Perhaps).await;
            let of = "select check_in_id from check_ins join unnest($1::uuid[]) with ordinality n (id, at) on id = pairing_id
                order by at";
            arena.rows(of, &[&pairings]).await.iter().map(|row| row.get(0)).collect::<Vec<Uuid>>()
        } else {
            let pairings = arena.active(&among, Met::Once).await;
            arena.add_calls(&pairings, "catch_up", "scheduled", if started { 20 } else { -20 }).await
        };
        let groups =
            pairs.iter().zip(&calls).zip(&among).enumerate().map(|(at, (((first, second), id), (one, other)))| {
                let minutes = |more: i64| {
                    let away = SignedDuration::from_mins(10 + more);
                    if started { real_time() - away } else { real_time() + away }
                };
                let (one, other) = if arena.dice(2) == 0 { (one, other) } else { (other, one) };
                vec![call(*first, one, *id, minutes(at as i64 % 3)), call(*second, other, *id, minutes(5))]
            });
        let groups = groups.collect::<Vec<_>>();
        let answers = arena.race(groups).await;
        for ((pair, id), answers) in pairs.iter().zip(&calls).zip(answers) {
            let (story, possible) = (told(&arena, *id, &answers).await, stories(pair.0, pair.1, started));
            arena.expect(possible.contains(&story), || format!("{pair:?}: {story:?}, possible are {possible:?}"));
            if possible[0] != possible[1] {
                decided += 1;
                by_the_second += usize::from(story == possible[1]);
            }
        }
        arena.judge().await;
    }
    assert!(by_the_second > 0 && by_the_second < decided, "{by_the_second} of {decided}: nothing was raced for");
    arena.finish().await;
}

#[actix_web::test]
async fn however_many_plan_the_first_call_there_is_one() {
    let arena = Arena::new("first_calls").await;
    let people = arena.racers("p", 24).await;
    let (coachees, coaches) = people.split_at(12);
    for _ in 0..rounds(8) {
        arena.reset(&people).await;
        let among = coachees.iter().zip(coaches).collect::<Vec<_>>();
        let pairings = arena.active(&among, Met::NotYet).await;
        let groups = pairings.iter().zip(&among).map(|(pairing, (coachee, coach))| {
            let minutes = |count: i64| real_time() - SignedDuration::from_mins(count);
            let mut calls = vec![
                coachee.plans("kickoff", minutes(10), *pairing),
                coach.plans("kickoff", minutes(20), *pairing),
                coachee.plans("kickoff", minutes(30), *pairing),
            ];
            // Whatever needs a first call comes too early or not.
            calls.insert(arena.dice(4), coach.plans("catch_up", minutes(5), *pairing));
            if arena.dice(3) == 0 {
                calls.insert(arena.dice(5), coachee.does("end", *pairing));
            }
            calls
        });
        let groups = groups.collect::<Vec<_>>();
        let ended = groups.iter().map(|group| group.len() == 5).collect::<Vec<_>>();
        for (answers, ended) in arena.race(groups).await.iter().zip(ended) {
            let first =
                answers.iter().filter(|answer| answer.status == 201 && answer.ok()["kind"] == "kickoff").count();
            arena.expect(first == 1 || first == 0 && ended, || format!("{first} first calls"));
        }
        arena.judge().await;
    }
    let again = arena.tally.borrow().of("409 kickoff_planned");
    assert!(again >= 120, "only {again} came too late: there was nothing to race for");
    arena.finish().await;
}
