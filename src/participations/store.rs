//! Rows of `participations`.

use jiff::Timestamp;

use super::rules::Answer;
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

pub(super) async fn get(tx: &ReadTx<'_>, cycle: CycleId, member: MemberId) -> Result<Participation, DbError> {
    let one = sql!(
        "select version, answer, answered_at from participations
         where organization_id = $1 and cycle_id = $2 and member_id = $3"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &cycle, &member]).await?;
    Ok(row.map_or(Participation { cycle, version: 0, answer: None, answered_at: None }, |row| Participation {
        cycle,
        version: row.get("version"),
        answer: Answer::named(row.get("answer")),
        answered_at: row.get("answered_at"),
    }))
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
