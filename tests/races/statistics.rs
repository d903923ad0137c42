//! First asks for a cycle's figures (promise I3): however many ask at once, whichever process, they are counted once and
//! everybody is told the same; also while people opt out of the cycle that is over.

use std::time::Duration;

use futures_util::future::join;

use crate::arena::{Arena, Racer, await_waiting, rounds};

/// Who ask first, all at once.
const ASKERS: usize = 16;

/// Everybody took part in the cycle that is over.
async fn took_part(arena: &Arena) {
    let opted_in = "update participations p set answer = 'opted_in', answered_at = c.starts_at
        from cycles c where p.cycle_id = c.cycle_id and c.cycle_id = $1";
    arena.alter(opted_in, &[&arena.before]).await;
}

#[actix_web::test]
async fn figures_are_counted_once() {
    let arena = Arena::new("statistics").await;
    let admins = arena.racers("admin", 2).await;
    let people = arena.racers("p", 18).await;
    let path = format!("/v1/cycles/{}/statistics", arena.before);
    let participation = format!("/v1/cycles/{}/participation", arena.before);
    let mut told = None;
    for _ in 0..rounds(12) {
        // They took part, all of them, and nobody has asked yet.
        arena.alter("delete from statistics", &[]).await;
        took_part(&arena).await;
        let soon = || Duration::from_millis(arena.dice(12) as u64);
        let leave = people.iter().map(|racer| {
            let answer = serde_json::json!({ "answer": "not_this_time" });
            vec![racer.call(reqwest::Method::PUT, &participation, answer).after(soon())]
        });
        let leave = leave.collect::<Vec<_>>();
        let asks = (0..ASKERS).map(|at| admins[at % 2].get(&path).after(soon()));
        let asks = asks.collect::<Vec<_>>();
        let mut groups = vec![asks];
        groups.extend(leave);
        let answers = arena.race(groups).await;
        let out = answers[1..].iter().flatten().filter(|answer| answer.status == 200).count();
        arena.expect(out == people.len(), || format!("{out} of {} opted out", people.len()));
        for answer in &answers[0] {
            let same = (answer.status.as_u16(), answer.header("etag").to_owned(), answer.text.clone());
            let first = told.get_or_insert_with(|| same.clone());
            arena.expect(*first == same, || format!("one was told {first:?}, another {same:?}"));
        }
        let kept = arena.count("select count(*) from statistics", &[]).await;
        arena.expect(kept == 1, || format!("{kept} rows of one cycle"));
    }
    let (status, _, text) = told.unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("\"opted_in\":20,\"paired\":null"), "{text}");
    arena.finish().await;
}

/// Some have opted out a moment before the wrap-up was over, and are not done with it when somebody asks a moment after it.
#[actix_web::test]
async fn who_began_before_is_waited_for() {
    let arena = Arena::new("statistics_late").await;
    let admin = arena.racers("admin", 1).await.remove(0);
    let people = arena.racers("p", 19).await;
    took_part(&arena).await;
    let mut other = arena.sibling().await;
    let late = other.transaction().await.unwrap();
    let share = "select pg_advisory_xact_lock_shared(hashtextextended(organization_id::text || '/calendar', 0))
        from organizations";
    late.query(share, &[]).await.unwrap(); // as every verb about people takes it
    let out = "update participations p set answer = 'not_this_time', answered_at = c.ends_at
        from cycles c where p.cycle_id = c.cycle_id and c.cycle_id = $1 and p.member_id = any($2)";
    let some = people[..5].iter().map(|Racer { id, .. }| *id).collect::<Vec<_>>();
    late.execute(out, &[&arena.before, &some]).await.unwrap();
    let asks = admin.get(format!("/v1/cycles/{}/statistics", arena.before));
    let done = async {
        await_waiting(&arena.above, 1).await;
        late.commit().await.unwrap();
    };
    let (told, ()) = join(arena.sent(&asks), done).await;
    assert_eq!(told.ok()["opted_in"], 15, "{}", told.text);
    drop(other);
    arena.finish().await;
}
