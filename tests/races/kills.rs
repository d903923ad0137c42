//! Processes that are killed (promise A5): whoever got no answer asks again with the same key, and all was done once.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use peer_coaching::clock::real_time;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, rounds};
use crate::support::Answer;

/// Pairs at work at one time.
const PAIRS: usize = 12;

#[actix_web::test]
async fn what_was_cut_off_is_done_once_when_it_is_asked_for_again() {
    let arena = Arena::new("kills").await;
    let people = arena.racers("p", 2 * PAIRS).await;
    let (coachees, coaches) = people.split_at(PAIRS);
    let active = arena.active(&coachees.iter().zip(coaches).collect::<Vec<_>>(), Met::Once).await;
    // A commit takes its time, so that some are cut off in it.
    let slowly = "create function judge.linger() returns trigger language plpgsql as
        $$ begin perform pg_sleep(0.015); return null; end $$;
        create constraint trigger lingering after insert on check_ins deferrable initially deferred
        for each row execute function judge.linger()";
    arena.above.batch_execute(slowly).await.unwrap();
    let first = real_time() + SignedDuration::from_hours(1);
    let planned = Cell::new(0_i32);
    // Each plans calls, one after the other, each for a minute of its own: so an effect is known by its start.
    let next = |at: usize| -> Call {
        planned.set(planned.get() + 1);
        let start = first + SignedDuration::from_secs(i64::from(planned.get()));
        let by = if arena.dice(2) == 0 { &coachees[at] } else { &coaches[at] };
        by.plans("catch_up", start, active[at]).once(Uuid::now_v7().to_string())
    };
    let over = Cell::new(false);
    let (answered, cut_off) = (RefCell::new(Vec::<(Call, Answer)>::new()), RefCell::new(Vec::<Call>::new()));
    let at_work = join_all((0..PAIRS).map(|at| {
        let (next, arena, over, answered, cut_off) = (&next, &arena, &over, &answered, &cut_off);
        async move {
            while !over.get() {
                let call = next(at);
                match arena.sent_to(arena.dice(2), &call).await {
                    Ok(answer) if answer.status != 503 => answered.borrow_mut().push((call, answer)),
                    _ => cut_off.borrow_mut().push(call),
                }
            }
        }
    }));
    let killing = async {
        for _ in 0..rounds(8) {
            // Until more has been done, then a random moment later.
            let enough = answered.borrow().len() + 25;
            while answered.borrow().len() < enough {
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
            tokio::time::sleep(Duration::from_micros(arena.dice(9000) as u64)).await;
            arena.kill_and_replace(arena.dice(2));
        }
        over.set(true);
    };
    join(at_work, killing).await;

    let (answered, cut_off) = (answered.into_inner(), cut_off.into_inner());
    let count = "select count(*) from check_ins where kind = 'catch_up'";
    let before =
        arena.count(count, &[]).await - answered.iter().filter(|(_, answer)| answer.status == 201).count() as i64;
    // Everything that was cut off, twice at once: it is done now, or was already.
    arena.above.batch_execute("drop trigger lingering on check_ins").await.unwrap();
    let mut again = Vec::new();
    for some in cut_off.chunks(8) {
        again.extend(arena.race(some.iter().map(|call| vec![call.clone(); 2]).collect()).await);
    }
    let mut done_before = 0;
    for answers in &again {
        let same = answers[0].text == answers[1].text && answers.iter().all(|answer| answer.status == 201);
        arena.expect(same, || format!("asked again: {answers:?}"));
        done_before +=
            answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count() as i64 - 1;
    }
    arena.expect(done_before == before, || format!("{before} were done before, {done_before} say so"));
    // And what was answered is answered the same by whoever is asked.
    let some = answered.iter().filter(|(_, answer)| answer.status == 201).step_by(5).collect::<Vec<_>>();
    for (call, answer) in some {
        let repeated = arena.does(call.clone()).await;
        arena.expect(answer.text == repeated.text, || format!("{} became {}", answer.text, repeated.text));
    }
    let effects = "select count(*) from (select starts_at, count(*) as times from check_ins where kind = 'catch_up'
        group by starts_at) t where times <> 1";
    assert_eq!(arena.count(effects, &[]).await, 0, "done more than once");
    assert_eq!(arena.count(count, &[]).await, i64::from(planned.get()), "each is done once");
    println!("{} answered, {} cut off, {before} of them done", answered.len(), cut_off.len());
    assert!(!cut_off.is_empty() && before > 0, "nothing was cut off between its commit and its answer");
    arena.finish().await;
}
