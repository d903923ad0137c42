//! Situations, made as a superuser in few statements, as the service itself would have stored them.

use uuid::Uuid;

use super::{Arena, Racer};

/// How far a pairing has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Met {
    /// No call is planned.
    NotYet,
    /// The first call has started, and nobody has said whether it was held.
    Perhaps,
    /// The first call was held.
    Once,
    /// And so was a later one.
    Twice,
}

/// What became of a pairing of the cycle before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LastTime {
    /// The two met, and completed.
    Met,
    /// They met, as nobody said otherwise; nobody has stored that yet.
    MetUnnoticed,
    /// They missed their first call.
    Missed,
}

/// So many new ids.
fn ids(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::now_v7()).collect()
}

fn sides(pairs: &[(&Racer, &Racer)]) -> (Vec<Uuid>, Vec<Uuid>) {
    pairs.iter().map(|(coachee, coach)| (coachee.id, coach.id)).unzip()
}

impl Arena {
    /// Does this while nobody decides anything, the processes' own rounds included: a situation that takes several
    /// statements is found whole. It takes the calendar's lock, as whoever moves cycles.
    pub async fn still<T>(&self, deeds: impl AsyncFnOnce() -> T) -> T {
        const STILL: &str = "select pg_advisory_lock(hashtextextended(organization_id::text || '/calendar', 0))
            from organizations";
        if self.still.replace(self.still.get() + 1) == 0 {
            self.above.query(STILL, &[]).await.unwrap();
        }
        let made = deeds().await;
        self.still.set(self.still.get() - 1);
        if self.still.get() == 0 {
            self.above.batch_execute("select pg_advisory_unlock_all()").await.unwrap();
        }
        made
    }

    /// The cycle before the current one, which nobody has asked for yet.
    pub(super) async fn add_cycle_before(&self) -> Uuid {
        let id = Uuid::now_v7();
        self.alter(
            "insert into cycles (organization_id, cycle_id, name, starts_on, ends_on, starts_at, ends_at, planned, created_at)
             select organization_id, $2, 'before', starts_on - 100, starts_on, starts_at - interval '2400 hours', starts_at,
               true, now()
             from cycles where cycle_id = $1",
            &[&self.cycle, &id],
        )
        .await;
        id
    }

    /// They take part in both cycles, and have reflected.
    pub(super) async fn take_part(&self, racers: &[Racer]) {
        let members = racers.iter().map(|racer| racer.id).collect::<Vec<_>>();
        let cycles = [self.cycle, self.before];
        for sql in [
            "insert into participations (organization_id, cycle_id, member_id, answer, answered_at)
             select m.organization_id, c.cycle_id, m.member_id, 'opted_in', now()
             from members m cross join unnest($2::uuid[]) c (cycle_id) where m.member_id = any($1)
             on conflict (organization_id, cycle_id, member_id) do update set answer = 'opted_in'",
            "insert into reflections (organization_id, cycle_id, member_id, policy_version, completed_at, created_at, updated_at)
             select m.organization_id, c.cycle_id, m.member_id, 1, now(), now(), now()
             from members m cross join unnest($2::uuid[]) c (cycle_id) where m.member_id = any($1)
             on conflict do nothing",
        ] {
            self.alter(sql, &[&members, &cycles.as_slice()]).await;
        }
    }

    /// Everybody is active and takes part, and nothing was ever asked.
    pub async fn reset(&self, racers: &[Racer]) {
        self.still(async || {
            self.above
                .batch_execute(
                    "delete from actions; delete from insights; delete from check_ins; delete from pairings;
                     delete from idempotency_keys; truncate judge.history;
                     update members set active = true where not active",
                )
                .await
                .unwrap();
            self.take_part(racers).await;
        })
        .await;
    }

    /// Each coachee has asked each coach.
    pub async fn requested(&self, pairs: &[(&Racer, &Racer)]) -> Vec<Uuid> {
        let (ids, (coachees, coaches)) = (ids(pairs.len()), sides(pairs));
        self.alter(
            "insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at,
               due_at, due_state, review, coachee_place)
             select y.organization_id, n.id, y.cycle_id, n.coachee, n.coach, 'requested', t.now,
               least(t.now + interval '168 hours', y.ends_at), 'expired', 1,
               (select count(*) from pairings p where p.coachee_id = n.coachee and p.cycle_id = $1)
                 + row_number() over (partition by n.coachee)
             from unnest($2::uuid[], $3::uuid[], $4::uuid[]) n (id, coachee, coach)
             join cycles y on y.cycle_id = $1 cross join (select date_trunc('milliseconds', now()) as now) t",
            &[&self.cycle, &ids, &coachees, &coaches],
        )
        .await;
        ids
    }

    /// Each coach coaches each coachee.
    pub async fn active(&self, pairs: &[(&Racer, &Racer)], met: Met) -> Vec<Uuid> {
        self.still(async || self.make_active(pairs, met).await).await
    }

    async fn make_active(&self, pairs: &[(&Racer, &Racer)], met: Met) -> Vec<Uuid> {
        let (ids, (coachees, coaches)) = (ids(pairs.len()), sides(pairs));
        self.alter(
            "insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at,
               accepted_at, due_at, due_state, review, coachee_place, coach_place)
             select y.organization_id, n.id, y.cycle_id, n.coachee, n.coach, 'active', t.then, t.then, y.ends_at,
               'lapsed', 1,
               (select count(*) from pairings p where p.coachee_id = n.coachee and p.cycle_id = $1)
                 + row_number() over (partition by n.coachee),
               (select count(*) from pairings p where p.coach_id = n.coach and p.cycle_id = $1)
                 + row_number() over (partition by n.coach)
             from unnest($2::uuid[], $3::uuid[], $4::uuid[]) n (id, coachee, coach)
             join cycles y on y.cycle_id = $1
             cross join (select date_trunc('milliseconds', now()) - interval '2 hours' as then) t",
            &[&self.cycle, &ids, &coachees, &coaches],
        )
        .await;
        let calls = match met {
            Met::NotYet => vec![],
            Met::Perhaps => vec![("kickoff", "scheduled", 60)],
            Met::Once => vec![("kickoff", "held", 60)],
            Met::Twice => vec![("kickoff", "held", 60), ("catch_up", "held", 30)],
        };
        for (kind, state, minutes_ago) in calls {
            self.insert_calls(&ids, kind, state, minutes_ago).await;
        }
        self.foretell().await;
        ids
    }

    /// A call of this kind and in this state in each pairing.
    pub async fn add_calls(&self, pairings: &[Uuid], kind: &str, state: &str, minutes_ago: i32) -> Vec<Uuid> {
        self.still(async || {
            let ids = self.insert_calls(pairings, kind, state, minutes_ago).await;
            self.foretell().await;
            ids
        })
        .await
    }

    async fn insert_calls(&self, pairings: &[Uuid], kind: &str, state: &str, minutes_ago: i32) -> Vec<Uuid> {
        let ids = ids(pairings.len());
        self.alter(
            "with new as (
               insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at,
                 duration_minutes, state, due_at, due_state, created_at)
               select p.organization_id, n.id, p.pairing_id, p.coachee_id, p.coach_id, $3, t.then, 30, $4,
                 case when $4 = 'scheduled' then t.then end, case when $4 = 'scheduled' then 'held' end, t.then
               from unnest($1::uuid[], $2::uuid[]) n (id, pairing) join pairings p on p.pairing_id = n.pairing
               cross join (select date_trunc('milliseconds', now()) - make_interval(mins => $5) as then) t
               returning pairing_id, kind, state, starts_at)
             update pairings p set kickoff_held_at = new.starts_at from new
             where p.pairing_id = new.pairing_id and new.kind = 'kickoff' and new.state = 'held'",
            &[&ids, &pairings, &kind, &state, &minutes_ago],
        )
        .await;
        ids
    }

    /// What the clock will do is stored as the judge computes it.
    pub async fn foretell(&self) {
        self.above
            .batch_execute(
                "update pairings p set kickoff_due_at = f.kickoff_due_at, due_at = f.due_at, due_state = f.due_state,
                   caught_up_at = f.caught_up_at from judge.foretold f where f.pairing_id = p.pairing_id;
                 update check_ins c set due_at = f.due_at, due_state = f.due_state
                   from judge.foretold_calls f where f.check_in_id = c.check_in_id;
                 update pairings p set due_at = least(g.requested_at + make_interval(hours => 24 * g.request_days), g.ends_at)
                   from judge.governed g where g.pairing_id = p.pairing_id and p.state = 'requested'",
            )
            .await
            .unwrap();
    }

    /// Each coach was the coachee's in the cycle before.
    pub async fn last_time(&self, pairs: &[(&Racer, &Racer)], what: LastTime) {
        self.still(async || self.make_last_time(pairs, what).await).await;
    }

    async fn make_last_time(&self, pairs: &[(&Racer, &Racer)], what: LastTime) {
        let (ids, (coachees, coaches)) = (ids(pairs.len()), sides(pairs));
        let (state, call) = match what {
            LastTime::Met => ("completed", "held"),
            LastTime::MetUnnoticed => ("active", "scheduled"),
            LastTime::Missed => ("lapsed", "missed"),
        };
        self.alter(
            "insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at,
               accepted_at, closed_at, due_at, due_state, review, coachee_place, coach_place, kickoff_held_at)
             select y.organization_id, n.id, y.cycle_id, n.coachee, n.coach, $5, y.starts_at, y.starts_at,
               case when $5 <> 'active' then y.ends_at end, case when $5 = 'active' then y.ends_at end,
               case when $5 = 'active' then 'lapsed' end, 1,
               row_number() over (partition by n.coachee), row_number() over (partition by n.coach),
               case when $5 = 'completed' then y.ends_at end
             from unnest($2::uuid[], $3::uuid[], $4::uuid[]) n (id, coachee, coach)
             join cycles y on y.cycle_id = $1",
            &[&self.before, &ids, &coachees, &coaches, &state],
        )
        .await;
        self.insert_calls(&ids, "kickoff", call, 60 * 24 * 70).await;
        self.alter(
            "update check_ins set starts_at = y.ends_at - interval '100 hours'
            from cycles y where y.cycle_id = $1 and pairing_id = any($2)",
            &[&self.before, &ids],
        )
        .await;
        self.foretell().await;
    }
}
