//! Write skew (promise A7): who opts out or leaves while somebody says yes, asks or plans is out of everything afterwards,
//! whichever came first.

use std::time::Duration;

use jiff::SignedDuration;
use peer_coaching::clock::real_time;
use serde_json::json;
use uuid::Uuid;

use crate::arena::{Arena, Call, Met, Racer, rounds};

/// Pairs of one round.
const PAIRS: usize = 8;

/// Each of some coachees has asked a coach, and is coached by another.
struct Situation<'a> {
    coachees: &'a [Racer],
    asked: &'a [Racer],
    coaches: &'a [Racer],
    requests: Vec<Uuid>,
    active: Vec<Uuid>,
}

impl<'a> Situation<'a> {
    async fn of(arena: &Arena, people: &'a [Racer]) -> Self {
        arena.reset(people).await;
        let mut thirds = people.chunks(PAIRS);
        let [coachees, asked, coaches] = [(); 3].map(|()| thirds.next().unwrap());
        let requests = arena.requested(&coachees.iter().zip(asked).collect::<Vec<_>>()).await;
        let met = if arena.dice(2) == 0 { Met::NotYet } else { Met::Perhaps };
        let active = arena.active(&coachees.iter().zip(coaches).collect::<Vec<_>>(), met).await;
        Self { coachees, asked, coaches, requests, active }
    }

    /// What somebody may do with what this coachee has, each by one who can.
    fn deeds(&self, arena: &Arena, at: usize) -> Vec<Call> {
        let (coachee, asked, coach) = (&self.coachees[at], &self.asked[at], &self.coaches[at]);
        let soon = real_time() + SignedDuration::from_hours(30);
        let mut deeds = vec![
            asked.does("accept", self.requests[at]),
            coach.plans("kickoff", soon, self.active[at]),
            coachee.plans("catch_up", soon, self.active[at]),
            coachee.asks(&self.coaches[(at + 1) % PAIRS]),
            self.asked[(at + 1) % PAIRS].asks(coachee),
        ];
        while deeds.len() > 3 {
            deeds.remove(arena.dice(deeds.len()));
        }
        deeds.into_iter().map(|deed| deed.after(Duration::from_millis(arena.dice(6) as u64))).collect()
    }

    /// These, and what ends them all, in any order.
    fn race(&self, arena: &Arena, at: usize, ends: Vec<Call>) -> Vec<Call> {
        let mut calls = self.deeds(arena, at);
        for call in ends {
            calls.insert(arena.dice(calls.len() + 1), call);
        }
        calls
    }
}

/// Open requests and pairings of this person as coachee, or as either.
const OPEN: &str = "select count(*) from pairings where state in ('requested', 'active')
    and (coachee_id = $1 or $2 and coach_id = $1)";

#[actix_web::test]
async fn who_opts_out_is_out_of_what_they_were_coached_in() {
    let arena = Arena::new("opting_out").await;
    let people = arena.racers("p", 3 * PAIRS).await;
    for _ in 0..rounds(12) {
        let situation = Situation::of(&arena, &people).await;
        let groups = (0..PAIRS).map(|at| {
            let out = situation.coachees[at].answers("not_this_time");
            situation.race(&arena, at, vec![out])
        });
        arena.race(groups.collect()).await;
        for coachee in situation.coachees {
            let open = arena.count(OPEN, &[&coachee.id, &false]).await;
            arena.expect(open == 0, || format!("{open} are open of {coachee:?}, who opted out"));
        }
        arena.judge().await;
    }
    arena.finish().await;
}

#[actix_web::test]
async fn who_leaves_is_out_of_everything() {
    let arena = Arena::new("leavers").await;
    let admins = arena.racers("admin", 2).await;
    let people = arena.racers("p", 3 * PAIRS).await;
    for round in 0..rounds(12) {
        let situation = Situation::of(&arena, &people).await;
        let leavers = [situation.coachees, situation.asked, situation.coaches][round % 3];
        let groups = (0..PAIRS).map(|at| {
            let mut leaving = vec![arena.any(&admins).keeps(&leavers[at], false)];
            if arena.dice(3) == 0 {
                // Two who have to do with each other, by two administrators at once.
                leaving.push(arena.any(&admins).keeps(&situation.coaches[at], false));
            }
            situation.race(&arena, at, leaving)
        });
        let mut groups = groups.collect::<Vec<_>>();
        if arena.dice(2) == 0 {
            // And some of them again, by a batch.
            let gone = leavers.iter().take(4).map(|leaver| leaver.id).collect::<Vec<_>>();
            let entries = arena.rows("select external_id, name from members where member_id = any($1)", &[&gone]).await;
            let entries = entries.iter().map(|row| {
                json!({ "external_id": row.get::<_, String>(0), "name": row.get::<_, String>(1), "active": false })
            });
            let batch = json!({ "members": entries.collect::<Vec<_>>() });
            groups.push(vec![admins[0].post("/v1/members/batch", batch).once(Uuid::now_v7().to_string())]);
        }
        arena.race(groups).await;
        for leaver in leavers {
            let open = arena.count(OPEN, &[&leaver.id, &true]).await;
            arena.expect(open == 0, || format!("{open} are open of {leaver:?}, who has left"));
        }
        arena.judge().await;
    }
    let away = arena.tally.borrow().of("403 member_inactive");
    assert!(away > 0, "nobody was turned away: there was nothing to race for");
    arena.finish().await;
}
