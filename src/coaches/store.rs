//! Colleagues drawn and weighed as coaches: joins what `members`, `pairings` and `policies` hold, and writes nothing.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Facts, Weighed};
use crate::db::{DbError, ReadTx};
use crate::ids::{CycleId, MemberId};
use crate::sql;

/// Who is weighed for one coachee.
#[derive(Debug)]
pub struct Drawn {
    /// The coachee, and at most 200 colleagues.
    pub weighed: Vec<Weighed>,
    /// Whether these are all active members.
    pub is_everybody: bool,
    /// Where the organization's clocks are.
    pub organization_zone: String,
}

/// Draws who is weighed as coach, and gathers what is weighed of them; nothing for a cycle that is over, or cancelled.
/// `topics` are folded, each once. Only the service itself may ask: it counts places that are nobody else's business.
///
/// What is read does not grow with the organization nor with other people's pasts: each source has a limit, whoever is
/// drawn is drawn by lot out of an index, and then looked up one by one (a join would read everybody).
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
                   select c.cycle_id, policy.default_coach_capacity, policy.time_zone, last.review
                   from cycles c
                   cross join lateral policy_of($1, c.starts_at) policy
                   cross join lateral last_review($1, $3, c.starts_at, $4) last (review)
                   where c.organization_id = $1 and c.cycle_id = $2 and c.cancelled_at is null and c.ends_at > $4),
                 -- the caller's own story: as coachee all of it, for what must never be wrong
                 coaches as materialized (
                   select p.coach_id as member_id, max(p.requested_at) as asked_at,
                     bool_or(was.held) as has_coached_you,
                     bool_or(p.cycle_id = cycle.cycle_id
                       and (was.held or p.state in ('requested', 'active') and p.due_at > $4)) as already_asked,
                     bool_or(p.cycle_id <> cycle.cycle_id and was.held and p.review = cycle.review)
                       as coached_you_last_time
                   from pairings p
                   cross join cycle
                   cross join lateral (select p.kickoff_held_at is not null
                     or coalesce(p.kickoff_due_at <= $4, false) as held) was
                   where p.organization_id = $1 and p.coachee_id = $3
                   group by p.coach_id),
                 partners as materialized (
                   select member_id, count(*) as times_paired from (
                     (select coach_id as member_id, accepted_at from pairings
                      where organization_id = $1 and coachee_id = $3 order by pairing_id desc limit 40)
                     union all
                     (select coachee_id, accepted_at from pairings
                      where organization_id = $1 and coach_id = $3 order by pairing_id desc limit 40)) latest
                   where accepted_at is not null group by member_id),
                 -- at most 60 who know the topics, 50 on the projects, of each topic and project as many
                 wanted as materialized (
                   select 'expertise' as kind, term, 60 / count(*) over () as most from unnest($5::text[]) term
                   union all
                   select kind, term, 50 / count(*) over () from member_terms
                   where organization_id = $1 and member_id = $3 and kind = 'project'),
                 -- and a sample of everybody, which fills up to 200
                 sample as materialized (
                   select member_id, nth from draw_members($1, $6, 202) with ordinality one (member_id, nth)),
                 drawn as (
                   select member_id, min(nth) as nth from (
                     select $3::uuid as member_id, 0 as nth
                     union all
                     (select member_id, 0 from coaches where already_asked or coached_you_last_time
                      order by asked_at desc limit 40)
                     union all
                     select one.member_id, 0 from wanted
                     cross join lateral draw_by_term($1, wanted.kind, wanted.term, $6, wanted.most) one (member_id)
                     union all
                     select member_id, nth from sample) every
                   group by member_id)
                 select m.*, cycle.time_zone as organization_zone,
                   (select count(*) from sample) <= 201 as is_everybody,
                   m.member_id = $3 as is_yourself,
                   coalesce(coaches.already_asked, false) as already_asked,
                   coalesce(coaches.coached_you_last_time, false) as coached_you_last_time,
                   coalesce(coaches.has_coached_you, false) as has_coached_you,
                   coalesce(partners.times_paired, 0) as times_paired,
                   m.active and m.open_to_coaching
                     and coalesce(m.coach_capacity, cycle.default_coach_capacity) > (
                       select count(*) from pairings p
                       where p.organization_id = $1 and p.cycle_id = cycle.cycle_id and p.coach_id = m.member_id
                         and p.state in ('active', 'completed')
                         and (p.due_at is null or p.due_at > $4 or p.due_state = 'completed')) as available
                 from cycle
                 cross join drawn
                 cross join lateral (
                   select * from members m where m.organization_id = $1 and m.member_id = drawn.member_id limit 1) m
                 left join coaches on coaches.member_id = m.member_id
                 left join partners on partners.member_id = m.member_id
                 where m.active or m.member_id = $3
                 order by drawn.nth, m.member_id limit 201"
            ),
            &[&tx.organization(), &cycle, &coachee, &now, &topics, &pivot],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (is_everybody, organization_zone) = (first.get("is_everybody"), first.get("organization_zone"));
    Ok(Some(Drawn { is_everybody, organization_zone, weighed: rows.into_iter().map(Weighed::from).collect() }))
}

impl From<Row> for Weighed {
    fn from(row: Row) -> Self {
        let facts = Facts {
            is_yourself: row.get("is_yourself"),
            already_asked: row.get("already_asked"),
            coached_you_last_time: row.get("coached_you_last_time"),
            available: row.get("available"),
            has_coached_you: row.get("has_coached_you"),
            times_paired: row.get("times_paired"),
        };
        Self { facts, member: row.into() }
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
