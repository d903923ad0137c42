//! Transitions of pairings, every ordered pair of them at once (promise A3): what came of it is what one after the other
//! would have come to, in one order or the other.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use peer_coaching::clock::real_time;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, rounds};
use crate::support::Answer;

/// What can happen to a pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Accept,
    Decline,
    Withdraw,
    Complete,
    EndAsCoachee,
    EndAsCoach,
    /// Its time is over, and somebody writes for another reason.
    TimePasses,
}

const ALL: [Act; 7] =
    [Act::Accept, Act::Decline, Act::Withdraw, Act::Complete, Act::EndAsCoachee, Act::EndAsCoach, Act::TimePasses];

impl Act {
    /// What a pairing is afterwards; nothing where it cannot happen to it.
    fn of(self, state: &'static str, completable: bool) -> Option<&'static str> {
        match (state, self) {
            ("requested", Act::Accept) => Some("active"),
            ("requested", Act::Decline) => Some("declined"),
            ("requested", Act::Withdraw) => Some("withdrawn"),
            ("requested", Act::TimePasses) => Some("expired"),
            ("active", Act::EndAsCoachee | Act::EndAsCoach) => Some("ended"),
            ("active", Act::Complete) if completable => Some("completed"),
            ("active", Act::TimePasses) => Some(if completable { "completed" } else { "lapsed" }),
            _ => None,
        }
    }
}

const STATES: [&str; 8] = ["requested", "active", "declined", "withdrawn", "expired", "completed", "ended", "lapsed"];

/// Whether each of two happened, and what the pairing was then.
type Story = ([bool; 2], &'static str);

/// What one after the other comes to.
fn serial(start: &'static str, first: Act, second: Act, completable: bool) -> Story {
    let was = first.of(start, completable);
    // Who accepts moves the end: the pairing now lasts until the cycle's.
    let over = first == Act::Accept && second == Act::TimePasses && was.is_some();
    let then = if over { None } else { second.of(was.unwrap_or(start), completable) };
    ([was.is_some(), then.is_some()], then.or(was).unwrap_or(start))
}

fn stories(start: &'static str, first: Act, second: Act, completable: bool) -> [Story; 2] {
    let ([second_happened, first_happened], end) = serial(start, second, first, completable);
    [serial(start, first, second, completable), ([first_happened, second_happened], end)]
}

/// A pairing to race for, and another of the same coach, whose calls are another reason to write.
struct Course {
    pairing: Uuid,
    other: Uuid,
    coachee: Racer,
    coach: Racer,
    over_at: Timestamp,
}

impl Course {
    fn call(&self, act: Act, arena: &Arena) -> Call {
        match act {
            Act::Accept => self.coach.does("accept", self.pairing),
            Act::Decline => self.coach.does("decline", self.pairing),
            Act::Withdraw => self.coachee.does("withdraw", self.pairing),
            Act::Complete => arena.any(&[&self.coach, &self.coachee]).does("complete", self.pairing),
            Act::EndAsCoachee => self.coachee.does("end", self.pairing),
            Act::EndAsCoach => self.coach.does("end", self.pairing),
            Act::TimePasses => {
                let catch_up = real_time() + SignedDuration::from_hours(1);
                self.coach.plans("catch_up", catch_up, self.other).after(self.until_over())
            }
        }
    }

    /// How long until its time is over, and no less.
    fn until_over(&self) -> Duration {
        let until = self.over_at.duration_since(real_time()) + SignedDuration::from_millis(1);
        Duration::try_from(until).unwrap_or_default().max(Duration::from_millis(12))
    }

    /// What happened here.
    async fn told(&self, arena: &Arena, (first, second): (Act, Act), answers: &[Answer]) -> Story {
        let stored = "select case when due_at <= $2 then due_state else state end from pairings where pairing_id = $1";
        let end: String = arena.rows(stored, &[&self.pairing, &real_time()]).await[0].get(0);
        let end = STATES.into_iter().find(|state| *state == end).unwrap();
        let did = |act: Act, answer: &Answer| act != Act::TimePasses && answer.status == 200;
        let by_hand = [did(first, &answers[0]), did(second, &answers[1])];
        // The clock has no answer: it was first where nobody else was.
        let by_the_clock = ["expired", "lapsed", "completed"].contains(&end) && by_hand == [false, false];
        let first_of_all = by_hand[0] || by_the_clock && first == Act::TimePasses;
        ([first_of_all, by_hand[1] || by_the_clock && second == Act::TimePasses && !first_of_all], end)
    }
}

/// Courses of one round.
const COURSES: usize = 24;

/// Races each of these pairs on a course of its own.
async fn race(arena: &Arena, people: &[Racer], (start, met): (&'static str, Met), pairs: &[(Act, Act)], won: &mut Won) {
    arena.reset(people).await;
    let mut thirds = people.chunks(COURSES).map(|third| &third[..pairs.len()]);
    let [coachees, coaches, others] = [(); 3].map(|()| thirds.next().unwrap());
    let among = coachees.iter().zip(coaches).collect::<Vec<_>>();
    let pairings = if start == "requested" { arena.requested(&among).await } else { arena.active(&among, met).await };
    let rest = arena.active(&others.iter().zip(coaches).collect::<Vec<_>>(), Met::Once).await;
    let over_at = real_time() + SignedDuration::from_millis(40 + pairs.len() as i64);
    let over_at = Timestamp::from_millisecond(over_at.as_millisecond()).unwrap();
    let courses = pairings.iter().zip(&rest).zip(&among).map(|((pairing, other), (coachee, coach))| Course {
        pairing: *pairing,
        other: *other,
        coachee: (*coachee).clone(),
        coach: (*coach).clone(),
        over_at,
    });
    let courses = courses.collect::<Vec<_>>();
    let timed = |(one, other): &(Act, Act)| *one == Act::TimePasses || *other == Act::TimePasses;
    let over = courses.iter().zip(pairs).filter(|(_, pair)| timed(pair)).map(|(course, _)| course.pairing);
    let over = over.collect::<Vec<_>>();
    arena.alter("update pairings set due_at = $2 where pairing_id = any($1)", &[&over, &over_at]).await;
    let groups = courses.iter().zip(pairs).map(|(course, pair)| {
        let around = |act: Act| match act {
            Act::TimePasses => course.call(act, arena),
            // The verb comes around the moment, too.
            _ if timed(pair) => {
                course.call(act, arena).after(course.until_over() - Duration::from_millis(arena.dice(12) as u64))
            }
            _ => course.call(act, arena),
        };
        vec![around(pair.0), around(pair.1)]
    });
    let groups = groups.collect::<Vec<_>>();
    let answers = arena.race(groups).await;
    for ((course, pair), answers) in courses.iter().zip(pairs).zip(answers) {
        let story = course.told(arena, *pair, &answers).await;
        let possible = stories(start, pair.0, pair.1, met == Met::Twice);
        arena.expect(possible.contains(&story), || format!("{start} {pair:?}: {story:?}, possible are {possible:?}"));
        if possible[0] != possible[1] {
            won.decided += 1;
            won.by_the_second += usize::from(story == possible[1]);
        }
    }
    arena.judge().await;
}

/// How many races could end in two ways, and how often what was sent second came first.
#[derive(Default)]
struct Won {
    decided: usize,
    by_the_second: usize,
}

#[actix_web::test]
async fn of_two_transitions_one_comes_first() {
    let arena = Arena::new("transitions").await;
    let people = arena.racers("p", 3 * COURSES).await;
    let pairs = ALL.into_iter().flat_map(|first| ALL.map(|second| (first, second))).collect::<Vec<_>>();
    let mut won = Won::default();
    for _ in 0..rounds(3) {
        for start in [("requested", Met::NotYet), ("active", Met::NotYet), ("active", Met::Twice)] {
            for some in pairs.chunks(COURSES) {
                race(&arena, &people, start, some, &mut won).await;
            }
        }
    }
    let Won { decided, by_the_second } = won;
    assert!(by_the_second > 0 && by_the_second < decided, "{by_the_second} of {decided}: nothing was raced for");
    arena.finish().await;
}
