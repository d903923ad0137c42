//! Colleagues weighed as coaches: joins what `members`, `pairings` and `policies` hold, and writes nothing.

use jiff::Timestamp;

use super::rules::Facts;
use crate::cycles::rules::CycleRef;
use crate::db::{DbError, ReadTx};
use crate::ids::{CycleId, MemberId};
use crate::members::rules::Member;
use crate::sql;

/// A colleague in the directory's order, with what is weighed of them.
#[derive(Debug)]
pub struct Candidate {
    /// The colleague.
    pub member: Member,
    /// The term that leads to them: the folded name.
    pub term: String,
    /// What is weighed.
    pub facts: Facts,
}

/// Colleagues by name: one more than the limit, where there is more. Only the service itself may ask: it counts places
/// that are nobody else's business.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    cycle: CycleRef,
    coachee: MemberId,
    include_ineligible: bool,
    after: Option<&(String, MemberId)>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Candidate>, DbError> {
    let (id, word) = cycle.parts();
    let (after_term, after_member) = after.map(|(term, member)| (term.as_str(), *member)).unzip();
    let rows = tx
        .query(
            sql!(
                "select t.term, m.*, weighed.*, m.member_id = $4 as is_yourself
                 from cycles cycle
                 join member_terms t on t.organization_id = $1 and t.kind = 'name' and t.is_whole
                 join members m on m.organization_id = $1 and m.member_id = t.member_id
                 cross join lateral policy_of($1, cycle.starts_at) policy
                 cross join lateral last_review($1, $4, cycle.starts_at, $5) last (review)
                 cross join lateral (select
                   exists (select from pairings p
                     where p.organization_id = $1 and p.coachee_id = $4 and p.coach_id = m.member_id
                       and p.cycle_id = cycle.cycle_id
                       and (p.state in ('requested', 'active') and p.due_at > $5
                         or p.kickoff_held_at is not null or p.kickoff_due_at <= $5)) as already_asked,
                   exists (select from pairings p
                     where p.organization_id = $1 and p.coachee_id = $4 and p.coach_id = m.member_id
                       and p.cycle_id <> cycle.cycle_id and (p.kickoff_held_at is not null or p.kickoff_due_at <= $5)
                       and p.review = last.review) as coached_you_last_time,
                   m.active and m.open_to_coaching
                     and coalesce(m.coach_capacity, policy.default_coach_capacity) > (
                       select count(*) from pairings p
                       where p.organization_id = $1 and p.cycle_id = cycle.cycle_id and p.coach_id = m.member_id
                         and case when p.due_at <= $5 then p.due_state else p.state end in ('active', 'completed')) as available) weighed
                 where cycle.organization_id = $1 and cycle.cycle_id = cycle_meant($1, $2, $3, $5)
                   and cycle.cancelled_at is null and cycle.ends_at > $5
                   and ($6::text is null or (t.term, t.member_id) > ($6, $7::uuid))
                   and case when $8 then m.active
                     else weighed.available and m.member_id <> $4
                       and not weighed.already_asked and not weighed.coached_you_last_time end
                 order by t.term, t.member_id limit $9::bigint + 1"
            ),
            &[
                &tx.organization(),
                &id,
                &word,
                &coachee,
                &now,
                &after_term,
                &after_member,
                &include_ineligible,
                &limit,
            ],
        )
        .await?;
    let candidate = |row: tokio_postgres::Row| Candidate {
        term: row.get("term"),
        facts: Facts {
            is_yourself: row.get("is_yourself"),
            already_asked: row.get("already_asked"),
            coached_you_last_time: row.get("coached_you_last_time"),
            available: row.get("available"),
        },
        member: row.into(),
    };
    Ok(rows.into_iter().map(candidate).collect())
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
