//! Rows of `statistics`: inserted once, never changed. And what they are counted from.

use jiff::Timestamp;

use super::rules::{Counts, Figures};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::CycleId;
use crate::sql;

/// The figures of a cycle, as they were published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Of which cycle.
    pub cycle: CycleId,
    /// The figures.
    pub figures: Figures,
    /// How many people a figure, or a difference of two, is at least about.
    pub smallest_group: i16,
    /// The instant that they tell of.
    pub counted_at: Timestamp,
}

pub(super) async fn find(tx: &ReadTx<'_>, cycle: CycleId) -> Result<Option<Statistics>, DbError> {
    let one = sql!("select * from statistics where organization_id = $1 and cycle_id = $2");
    let row = tx.query_opt(one, &[&tx.organization(), &cycle]).await?;
    Ok(row.map(|row| Statistics {
        cycle,
        figures: Figures {
            opted_in: row.get("opted_in"),
            paired: row.get("paired"),
            kickoffs_held: row.get("kickoffs_held"),
            completed: row.get("completed"),
        },
        smallest_group: row.get("smallest_group"),
        counted_at: row.get("counted_at"),
    }))
}

/// Keeps what is published, unless somebody else has been first.
pub(super) async fn insert(tx: &WriteTx<'_>, statistics: &Statistics) -> Result<(), DbError> {
    let Figures { opted_in, paired, kickoffs_held, completed } = &statistics.figures;
    tx.execute(
        sql!(
            "insert into statistics (organization_id, cycle_id, opted_in, paired, kickoffs_held, completed,
               smallest_group, counted_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (organization_id, cycle_id) do nothing"
        ),
        &[
            &tx.organization(),
            &statistics.cycle,
            opted_in,
            paired,
            kickoffs_held,
            completed,
            &statistics.smallest_group,
            &statistics.counted_at,
        ],
    )
    .await
    .map(drop)
}

/// Counts people as things stood at this instant, whenever somebody asks: what was due by then has happened, stored or
/// not, and whoever has opted out since had not. Nobody opts in to a cycle that is over, and nothing else of a cycle
/// changes after its wrap-up.
pub(super) async fn count(tx: &ReadTx<'_>, cycle: CycleId, instant: Timestamp) -> Result<Counts, DbError> {
    let people = sql!(
        "with people as (
           select o.member_id,
             count(p.pairing_id) > 0 as paired,
             coalesce(bool_or(p.met), false) as met,
             coalesce(bool_or(p.met and p.state = 'completed'), false) as completed
           from participations o
           left join (
             select pairing_id, coachee_id, case when due_at <= $3 then due_state else state end as state,
               kickoff_held_at is not null or kickoff_due_at <= $3 as met
             from pairings
             where organization_id = $1 and cycle_id = $2 and accepted_at is not null) p on p.coachee_id = o.member_id
           where o.organization_id = $1 and o.cycle_id = $2 and (o.answer = 'opted_in') = (o.answered_at <= $3)
           group by o.member_id)
         select count(*) as opted_in, count(*) filter (where paired) as paired, count(*) filter (where met) as met,
           count(*) filter (where completed) as completed,
           (select count(*) from members m
            where m.organization_id = $1
              and (m.active and m.created_at <= $3 or exists (select from people where people.member_id = m.member_id))
           ) as members
         from people"
    );
    let row = tx.query_one(people, &[&tx.organization(), &cycle, &instant]).await?;
    Ok(Counts {
        members: row.get("members"),
        opted_in: row.get("opted_in"),
        paired: row.get("paired"),
        kickoffs_held: row.get("met"),
        completed: row.get("completed"),
    })
}
