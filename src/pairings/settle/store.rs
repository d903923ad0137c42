//! Rows of `pairings`, as the clock changes them.

use jiff::Timestamp;

use crate::cycles::rules::Cycle;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId, PairingId};
use crate::sql;

/// Whether the clock has done anything to these people's pairings or calls that is not stored yet.
pub(super) async fn is_due(tx: &ReadTx<'_>, people: &[MemberId], now: Timestamp) -> Result<bool, DbError> {
    let row = tx
        .query_one(
            sql!(
                "select exists (
                   select from pairings
                   where organization_id = $1 and state in ('requested', 'active')
                     and (coachee_id = any($2) or coach_id = any($2)) and (due_at <= $3 or kickoff_due_at <= $3))
                 or exists (
                   select from check_ins
                   where organization_id = $1 and state = 'scheduled' and due_at <= $3
                     and (coachee_id = any($2) or coach_id = any($2)))"
            ),
            &[&tx.organization(), &people, &now],
        )
        .await?;
    Ok(row.get(0))
}

/// The two people of twenty pairings, and of twenty calls, that have been due for the longest.
pub(super) async fn due(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<MemberId>, DbError> {
    let due = sql!(
        "select distinct person from (
           (select coachee_id, coach_id from pairings where organization_id = $1 and due_at <= $2 order by due_at limit 20)
           union all
           (select coachee_id, coach_id from check_ins
            where organization_id = $1 and state = 'scheduled' and due_at <= $2 order by due_at limit 20)) due
         cross join unnest(array[coachee_id, coach_id]) person"
    );
    Ok(tx.query(due, &[&tx.organization(), &now]).await?.iter().map(|row| row.get(0)).collect())
}

/// Stores what the clock has done to these people's pairings, in the order of ids, so that two who settle the same rows
/// wait for each other but never in a circle.
pub(super) async fn settle(tx: &WriteTx<'_>, people: &[MemberId], now: Timestamp) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "with due as (
               select pairing_id, due_at <= $3 as closes from pairings
               where organization_id = $1 and state in ('requested', 'active')
                 and (coachee_id = any($2) or coach_id = any($2)) and (due_at <= $3 or kickoff_due_at <= $3)
               order by pairing_id for update)
             update pairings p set
               version = case when closes then version + 1 else version end,
               state = case when closes then due_state else state end,
               closed_at = case when closes then due_at end,
               due_at = case when closes then null else due_at end,
               due_state = case when closes then null else due_state end,
               caught_up_at = case when closes then null else caught_up_at end,
               kickoff_held_at = case when kickoff_due_at <= $3 then kickoff_due_at else kickoff_held_at end,
               kickoff_due_at = case when kickoff_due_at <= $3 or closes then null else kickoff_due_at end
             from due where p.organization_id = $1 and p.pairing_id = due.pairing_id
               and (p.due_at <= $3 or p.kickoff_due_at <= $3)"
        ),
        &[&tx.organization(), &people, &now],
    )
    .await
}

/// Foresees what the clock does to these pairings that are under way, unless somebody acts (policy rules P4, P6):
///
/// - A first call that is planned counts as held 24 hours after its start, at the latest at the cycle's end; one that
///   starts no earlier than that end will not take place.
/// - Without a first call the pairing lapses at the cycle's end. With one it stays open until the wrap-up is over, and is
///   then completed if a later call was held, or counts as held by then; else it has lapsed.
/// - From the moment when both count as held it can be completed early.
pub(super) async fn foresee(tx: &WriteTx<'_>, pairings: &[PairingId], now: Timestamp) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "update pairings p set kickoff_held_at = foreseen.kickoff_held_at, kickoff_due_at = foreseen.kickoff_due_at,
               due_at = foreseen.due_at, due_state = foreseen.due_state, caught_up_at = foreseen.caught_up_at
             from (
               select seen.pairing_id,
                 case when kickoff.state = 'held' then coalesce(seen.kickoff_held_at, $3) end as kickoff_held_at,
                 case when kickoff.state = 'scheduled' then kickoff.counts_at end as kickoff_due_at,
                 case when kickoff.state is null then cycle.ends_at else wrap_up.ends_at end as due_at,
                 case when later.counts_at is null then 'lapsed' else 'completed' end as due_state,
                 later.counts_at as caught_up_at
               from pairings seen
               join cycles cycle on cycle.organization_id = $1 and cycle.cycle_id = seen.cycle_id
               cross join lateral policy_of($1, cycle.starts_at) policy
               cross join lateral (
                 select cycle.ends_at + policy.wrap_up_days * interval '24 hours' as ends_at) wrap_up
               left join lateral (
                 select c.state, c.starts_at, case c.state when 'held' then c.starts_at
                     else least(c.starts_at + interval '24 hours', cycle.ends_at) end as counts_at
                 from check_ins c
                 where c.organization_id = $1 and c.pairing_id = seen.pairing_id and c.kind = 'kickoff'
                   and (c.state = 'held' or c.state = 'scheduled' and c.starts_at < cycle.ends_at)) kickoff on true
               left join lateral (
                 select min(case c.state when 'held' then c.starts_at
                     else least(c.starts_at + interval '24 hours', wrap_up.ends_at) end) as counts_at
                 from check_ins c
                 where c.organization_id = $1 and c.pairing_id = seen.pairing_id and c.kind <> 'kickoff'
                   and (c.state = 'held' or c.state = 'scheduled' and c.starts_at < wrap_up.ends_at)
                   and c.starts_at > kickoff.starts_at) later on true
               where seen.organization_id = $1 and seen.pairing_id = any($2) and seen.state = 'active') foreseen
             where p.organization_id = $1 and p.pairing_id = foreseen.pairing_id and p.state = 'active'
               and (p.kickoff_held_at, p.kickoff_due_at, p.due_at, p.due_state, p.caught_up_at) is distinct from
                 (foreseen.kickoff_held_at, foreseen.kickoff_due_at, foreseen.due_at, foreseen.due_state,
                  foreseen.caught_up_at)"
        ),
        &[&tx.organization(), &pairings, &now],
    )
    .await
}

/// Requests wait no longer than their cycle lasts.
pub(super) async fn requests_moved(tx: &WriteTx<'_>, cycle: &Cycle) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "update pairings p set due_at = least(p.requested_at + policy.request_days * interval '24 hours', $3)
             from policy_of($1, $4) policy
             where p.organization_id = $1 and p.cycle_id = $2 and p.state = 'requested'"
        ),
        &[&tx.organization(), &cycle.id, &cycle.period.ends_at, &cycle.period.starts_at],
    )
    .await
}

/// The pairings of a cycle that are under way.
pub(super) async fn under_way(tx: &ReadTx<'_>, cycle: CycleId) -> Result<Vec<PairingId>, DbError> {
    let rows = tx
        .query(
            sql!("select pairing_id from pairings where organization_id = $1 and cycle_id = $2 and state = 'active'"),
            &[&tx.organization(), &cycle],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.get(0)).collect())
}
