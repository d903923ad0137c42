//! Rows of `swept_cycles`: the cycles whose texts are gone.

use jiff::Timestamp;

use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::CycleId;
use crate::sql;

/// Whether nobody else is at it, until this transaction ends.
pub(super) async fn try_lock(tx: &WriteTx<'_>) -> Result<bool, DbError> {
    let lock = sql!("select pg_try_advisory_xact_lock(hashtextextended($1::uuid::text || '/retention', 0))");
    Ok(tx.query_one(lock, &[&tx.organization()]).await?.get(0))
}

/// The earliest cycle whose texts have been kept for long enough, and may still be there.
pub(super) async fn due(tx: &ReadTx<'_>, now: Timestamp) -> Result<Option<CycleId>, DbError> {
    let due = sql!(
        "select c.cycle_id from cycles c
         cross join (select retention_months from policies where organization_id = $1
                     order by version desc limit 1) policy
         where c.organization_id = $1 and c.ends_at + policy.retention_months * interval '1 month' <= $2
           and not exists (select from swept_cycles s where s.organization_id = $1 and s.cycle_id = c.cycle_id)
         order by c.starts_at limit 1"
    );
    Ok(tx.query_opt(due, &[&tx.organization(), &now]).await?.map(|row| row.get(0)))
}

pub(super) async fn swept(tx: &WriteTx<'_>, cycle: CycleId, now: Timestamp) -> Result<(), DbError> {
    let insert = sql!("insert into swept_cycles (organization_id, cycle_id, swept_at) values ($1, $2, $3)");
    tx.execute(insert, &[&tx.organization(), &cycle, &now]).await.map(drop)
}
