//! Colleagues drawn and weighed as coaches: joins what `members`, `pairings` and `policies` hold, and writes nothing.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Candidate, Facts, Weighed, is_available};
use crate::db::{DbError, ReadTx};
use crate::ids::{CycleId, MemberId};
use crate::members::rules::Member;
use crate::sql;

/// Who is weighed for one coachee.
#[derive(Debug)]
pub struct Drawn {
    /// The coachee, and at most 50 colleagues, as they are stored: most are not shown.
    members: Vec<Row>,
    /// What is known of some of them.
    stories: HashMap<MemberId, Story>,
    /// How many places there are with whoever has not said.
    default_coach_capacity: i16,
    /// Whether these are all active members.
    pub is_everybody: bool,
    /// Where the organization's clocks are.
    pub organization_zone: String,
}

/// What the caller has had to do with somebody, and how many have a place with them.
#[derive(Clone, Copy, Debug, Default)]
struct Story {
    already_asked: bool,
    coached_you_last_time: bool,
    has_coached_you: bool,
    times_paired: i64,
    taken: i64,
}

/// Draws who is weighed as coach, and gathers what is weighed of them; nothing for a cycle that is over, or cancelled.
/// `topics` are folded, each once. Only the service itself may ask: it counts places that are nobody else's business.
///
/// What is read does not grow with the organization nor with other people's pasts: each source has a limit, whoever is
/// drawn is drawn by lot out of an index, and then looked up one by one (a join would read everybody). What is known of
/// some of them comes with the caller's own row, to be joined here: PostgreSQL, which plans for whoever asks, would compare
/// each with each.
pub(super) async fn draw(
    tx: &ReadTx<'_>,
    cycle: CycleId,
    coachee: MemberId,
    topics: &[String],
    pivot: i32,
    now: Timestamp,
) -> Result<Option<Drawn>, DbError> {
    let rows = tx
        .query(
            sql!(
                "with cycle as materialized (
                   select c.cycle_id, c.starts_at, policy.default_coach_capacity, policy.time_zone
                   from cycles c
                   cross join lateral policy_of($1, c.starts_at) policy
                   where c.organization_id = $1 and c.cycle_id = $2 and c.cancelled_at is null and c.ends_at > $4),
                 -- the caller's own story: as coachee all of it, for what must never be wrong
                 mine as materialized (
                   select p.pairing_id, p.coach_id, p.requested_at, p.accepted_at, p.review, was.held,
                     p.cycle_id = cycle.cycle_id as is_now, p.state in ('requested', 'active') and p.due_at > $4 as is_open,
                     was.held and (
                       select c.starts_at < cycle.starts_at from cycles c
                       where c.organization_id = $1 and c.cycle_id = p.cycle_id) as is_earlier
                   from pairings p
                   cross join cycle
                   cross join lateral (select p.kickoff_held_at is not null
                     or coalesce(p.kickoff_due_at <= $4, false) as held) was
                   where p.organization_id = $1 and p.coachee_id = $3),
                 coaches as materialized (
                   select coach_id as member_id, max(requested_at) as asked_at, bool_or(held) as has_coached_you,
                     bool_or(is_now and (held or is_open)) as already_asked,
                     bool_or(not is_now and held
                       and review = (select coalesce(max(review), 0) from mine where is_earlier)) as coached_you_last_time
                   from mine group by coach_id),
                 -- some who know the topics and who are on the projects, and a sample of everybody, to fill up to 50
                 drawn as materialized (select member_id, nth, place from draw_colleagues($1, $3, $5, $6, 52)),
                 named as materialized (
                   select member_id, active, open_to_coaching, coach_capacity, time_zone, works_from, works_until,
                     expertise, projects, version, external_id, email, name, title, team, languages, notify, created_at,
                     erased_at
                   from members
                   where organization_id = $1 and (active or member_id = $3) and member_id = any (array(
                     select $3::uuid
                     union all
                     (select member_id from coaches where already_asked or coached_you_last_time
                      order by asked_at desc limit 20)
                     union all
                     select member_id from drawn where nth = 0))),
                 filling as materialized (
                   select member_id, place from drawn where nth > 0 and member_id not in (select member_id from named)
                   order by nth limit 51 - (select count(*) from named)),
                 known as materialized (
                   select member_id, 'already_asked' as what, 1 as number from coaches where already_asked
                   union all
                   select member_id, 'coached_you_last_time', 1 from coaches where coached_you_last_time
                   union all
                   select member_id, 'has_coached_you', 1 from coaches where has_coached_you
                   union all
                   select member_id, 'times_paired', count(*) from (
                     (select coach_id as member_id, accepted_at from mine order by pairing_id desc limit 40)
                     union all
                     (select coachee_id, accepted_at from pairings
                      where organization_id = $1 and coach_id = $3 order by pairing_id desc limit 40)) latest
                   where accepted_at is not null group by member_id
                   union all
                   select coach_id, 'taken', count(*)
                   from pairings
                   where organization_id = $1 and cycle_id = (select cycle_id from cycle) and state in ('active', 'completed')
                     and coach_id = any (array(
                       select member_id from named union all select member_id from filling))
                   group by coach_id)
                 select m.*,
                   case m.member_id when $3 then cycle.time_zone end as organization_zone,
                   case m.member_id when $3 then cycle.default_coach_capacity end as default_coach_capacity,
                   case m.member_id when $3 then (select count(*) <= 51 from drawn where nth > 0) end as is_everybody,
                   case m.member_id when $3 then array(select member_id from known) end as known_of,
                   case m.member_id when $3 then array(select what from known) end as known,
                   case m.member_id when $3 then array(select number from known) end as numbers
                 from cycle
                 cross join (
                   select * from named
                   union all
                   select member_id, active, open_to_coaching, coach_capacity, time_zone, works_from, works_until,
                     expertise, projects, version, external_id, email, name, title, team, languages, notify, created_at,
                     erased_at
                   from members
                   where organization_id = $1 and ctid = any (array(select place from filling))) m"
            ),
            &[&tx.organization(), &cycle, &coachee, &now, &topics, &pivot],
        )
        .await?;
    Ok(drawn(rows, coachee))
}

fn drawn(members: Vec<Row>, coachee: MemberId) -> Option<Drawn> {
    let own = members.iter().find(|row| row.get::<_, MemberId>("member_id") == coachee)?;
    let (of, known) = (own.get::<_, Vec<MemberId>>("known_of"), own.get::<_, Vec<&str>>("known"));
    let mut stories = HashMap::<_, Story>::with_capacity(of.len());
    for ((member, known), number) in of.into_iter().zip(known).zip(own.get::<_, Vec<i64>>("numbers")) {
        let story = stories.entry(member).or_default();
        match known {
            "already_asked" => story.already_asked = true,
            "coached_you_last_time" => story.coached_you_last_time = true,
            "has_coached_you" => story.has_coached_you = true,
            "times_paired" => story.times_paired = number,
            _ => story.taken = number,
        }
    }
    Some(Drawn {
        default_coach_capacity: own.get("default_coach_capacity"),
        is_everybody: own.get("is_everybody"),
        organization_zone: own.get("organization_zone"),
        stories,
        members,
    })
}

impl Drawn {
    /// One of those who were drawn, out of them.
    pub(super) fn take(&mut self, member: MemberId) -> Option<Member> {
        let at = self.members.iter().position(|row| row.get::<_, MemberId>("member_id") == member)?;
        Some(self.members.swap_remove(at).into())
    }

    /// What is weighed of each.
    pub(super) fn weighed(&self, coachee: MemberId) -> Vec<Weighed<'_>> {
        self.members.iter().map(|row| self.weighed_one(row, coachee)).collect()
    }

    fn weighed_one<'a>(&self, row: &'a Row, coachee: MemberId) -> Weighed<'a> {
        let id = row.get("member_id");
        let works = |name| row.get::<_, Option<&str>>(name);
        let capacity = row.get::<_, Option<i16>>("coach_capacity").unwrap_or(self.default_coach_capacity);
        let story = self.stories.get(&id).copied().unwrap_or_default();
        Weighed {
            facts: Facts {
                is_yourself: id == coachee,
                already_asked: story.already_asked,
                coached_you_last_time: story.coached_you_last_time,
                available: is_available(row.get("active"), row.get("open_to_coaching"), capacity, story.taken),
                has_coached_you: story.has_coached_you,
                times_paired: story.times_paired,
            },
            candidate: Candidate {
                id,
                time_zone: row.get("time_zone"),
                working_hours: works("works_from").zip(works("works_until")),
                expertise: row.get("expertise"),
                projects: row.get("projects"),
            },
        }
    }
}

/// Whether a colleague could be asked in this cycle, which is open: the first hundred who came after the caller are looked
/// at, and the last hundred who came before. Only the service itself may ask: it counts places that are nobody else's
/// business.
pub(super) async fn anybody(
    tx: &ReadTx<'_>,
    cycle: CycleId,
    coachee: MemberId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let anybody = sql!(
        "select exists (
           select from cycles cycle
           cross join lateral policy_of($1, cycle.starts_at) policy
           cross join lateral last_review($1, $3, cycle.starts_at, $4) last (review)
           cross join lateral (
             (select member_id, coach_capacity from members
              where organization_id = $1 and active and open_to_coaching and member_id > $3
              order by member_id limit 100)
             union all
             (select member_id, coach_capacity from members
              where organization_id = $1 and active and open_to_coaching and member_id < $3
              order by member_id desc limit 100)) colleague
           where cycle.organization_id = $1 and cycle.cycle_id = $2
             and coalesce(colleague.coach_capacity, policy.default_coach_capacity) > (
               select count(*) from pairings p
               where p.organization_id = $1 and p.cycle_id = $2 and p.coach_id = colleague.member_id
                 and p.state in ('active', 'completed'))
             and not exists (
               select from pairings p
               where p.organization_id = $1 and p.coachee_id = $3 and p.coach_id = colleague.member_id
                 and (p.kickoff_held_at is not null or p.kickoff_due_at <= $4)
                 and (p.cycle_id = $2 or p.review = last.review)))"
    );
    Ok(tx.query_one(anybody, &[&tx.organization(), &cycle, &coachee, &now]).await?.get(0))
}
