//! Rows of `participations`.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::Answer;
use crate::cycles::rules::CycleRef;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId};
use crate::sql;

/// An answer as it is stored.
#[derive(Clone, Debug)]
pub struct Participation {
    /// For which cycle.
    pub cycle: CycleId,
    /// Counts up with each change; 0 before the first answer.
    pub version: i64,
    /// The answer, if there is one.
    pub answer: Option<Answer>,
    /// When it was given.
    pub answered_at: Option<Timestamp>,
}

/// The answer for the cycle that is meant; nothing where there is no such cycle, or the current one is
/// cancelled.
pub(super) async fn find(
    tx: &ReadTx<'_>,
    cycle: CycleRef,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<Participation>, DbError> {
    let (id, word) = cycle.parts();
    let one = sql!(
        "select c.cycle_id, coalesce(p.version, 0) as version, p.answer, p.answered_at
         from cycles c
         left join participations p
           on p.organization_id = $1 and p.cycle_id = c.cycle_id and p.member_id = $2
         where c.organization_id = $1 and c.cycle_id = cycle_meant($1, $3, $4, $5)
           and ($4 <> 'current' or c.cancelled_at is null)"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &member, &id, &word, &now]).await?;
    Ok(row.map(|row| participation(&row)))
}

fn participation(row: &Row) -> Participation {
    Participation {
        cycle: row.get("cycle_id"),
        version: row.get("version"),
        answer: row.get::<_, Option<&str>>("answer").and_then(Answer::named),
        answered_at: row.get("answered_at"),
    }
}

/// All of a member's, the earliest cycle first.
pub(super) async fn all(tx: &ReadTx<'_>, member: MemberId) -> Result<Vec<Participation>, DbError> {
    let all = sql!(
        "select p.* from participations p
         join cycles c on c.organization_id = $1 and c.cycle_id = p.cycle_id
         where p.organization_id = $1 and p.member_id = $2 order by c.starts_at"
    );
    let rows = tx.query(all, &[&tx.organization(), &member]).await?;
    Ok(rows.iter().map(participation).collect())
}

pub(super) async fn delete_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from participations where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

pub(super) async fn put(
    tx: &WriteTx<'_>,
    cycle: CycleId,
    member: MemberId,
    answer: Answer,
    now: Timestamp,
) -> Result<Participation, DbError> {
    let row = tx
        .query_one(
            sql!(
                "insert into participations as p (organization_id, cycle_id, member_id, answer, answered_at)
                 values ($1, $2, $3, $4, $5)
                 on conflict (organization_id, cycle_id, member_id) do update
                   set version = p.version + 1, answer = excluded.answer, answered_at = excluded.answered_at
                 returning version"
            ),
            &[&tx.organization(), &cycle, &member, &answer.name(), &now],
        )
        .await?;
    Ok(Participation { cycle, version: row.get("version"), answer: Some(answer), answered_at: Some(now) })
}
