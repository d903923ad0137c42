//! Rows of `reflections`.

use jiff::Timestamp;

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

pub(super) async fn get(tx: &ReadTx<'_>, cycle: CycleId, member: MemberId) -> Result<Reflection, DbError> {
    let one = sql!(
        "select version, policy_version, completed_at from reflections
         where organization_id = $1 and cycle_id = $2 and member_id = $3"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &cycle, &member]).await?;
    Ok(row.map_or(Reflection { cycle, version: 0, policy_version: None, completed_at: None }, |row| Reflection {
        cycle,
        version: row.get("version"),
        policy_version: row.get("policy_version"),
        completed_at: row.get("completed_at"),
    }))
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
