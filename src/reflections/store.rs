//! Rows of `reflections`.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::cycles::rules::CycleRef;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId};
use crate::sql;

/// A reflection as it is stored.
#[derive(Clone, Debug)]
pub struct Reflection {
    /// On which cycle.
    pub cycle: CycleId,
    /// Counts up with each change; 0 before the first.
    pub version: i64,
    /// Whose questions it was started with.
    pub policy_version: Option<i64>,
    /// When it was marked complete.
    pub completed_at: Option<Timestamp>,
}

/// The reflection on the cycle that is meant; nothing where there is no such cycle, or the current one is
/// cancelled.
pub(super) async fn find(
    tx: &ReadTx<'_>,
    cycle: CycleRef,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<Reflection>, DbError> {
    let (id, word) = cycle.parts();
    let one = sql!(
        "select c.cycle_id, coalesce(r.version, 0) as version, r.policy_version, r.completed_at
         from cycles c
         left join reflections r
           on r.organization_id = $1 and r.cycle_id = c.cycle_id and r.member_id = $2
         where c.organization_id = $1 and c.cycle_id = cycle_meant($1, $3, $4, $5)
           and ($4 <> 'current' or c.cancelled_at is null)"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &member, &id, &word, &now]).await?;
    Ok(row.map(|row| reflection(&row)))
}

fn reflection(row: &Row) -> Reflection {
    Reflection {
        cycle: row.get("cycle_id"),
        version: row.get("version"),
        policy_version: row.get("policy_version"),
        completed_at: row.get("completed_at"),
    }
}

/// All of a member's, the earliest cycle first.
pub(super) async fn all(tx: &ReadTx<'_>, member: MemberId) -> Result<Vec<Reflection>, DbError> {
    let all = sql!(
        "select r.* from reflections r
         join cycles c on c.organization_id = $1 and c.cycle_id = r.cycle_id
         where r.organization_id = $1 and r.member_id = $2 order by c.starts_at"
    );
    let rows = tx.query(all, &[&tx.organization(), &member]).await?;
    Ok(rows.iter().map(reflection).collect())
}

pub(super) async fn delete_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from reflections where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

pub(super) async fn put(
    tx: &WriteTx<'_>,
    reflection: &Reflection,
    member: MemberId,
    policy_version: i64,
    now: Timestamp,
) -> Result<Reflection, DbError> {
    let row = tx
        .query_one(
            sql!(
                "insert into reflections as r (organization_id, cycle_id, member_id, policy_version, completed_at,
                   created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $6)
                 on conflict (organization_id, cycle_id, member_id) do update
                   set version = r.version + 1, completed_at = excluded.completed_at, updated_at = excluded.updated_at
                 returning version, policy_version"
            ),
            &[&tx.organization(), &reflection.cycle, &member, &policy_version, &reflection.completed_at, &now],
        )
        .await?;
    Ok(Reflection { version: row.get("version"), policy_version: row.get("policy_version"), ..reflection.clone() })
}
