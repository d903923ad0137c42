//! Rows of `insights`, their texts sealed with the coachee's key.

use tokio_postgres::Row;

use super::rules::{Insight, Kind};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, InsightId, MemberId, PairingId};
use crate::sql;
use crate::vault::{Column, OwnerKey};

const TEXT: Column = Column { table: "insights", name: "text", key: "key" };

fn insight(tx: &ReadTx<'_>, row: &Row) -> Result<Insight, DbError> {
    let (id, coachee) = (row.get::<_, InsightId>("insight_id"), row.get::<_, MemberId>("coachee_id"));
    let text = tx.opened(row, TEXT, coachee, id)?;
    Ok(Insight {
        id,
        pairing: row.get("pairing_id"),
        coachee,
        coach: row.get("coach_id"),
        kind: Kind::named(row.get("kind")).expect("the database keeps to these names"),
        text: text.expect("an insight has a text").into(),
        given_at: row.get("given_at"),
    })
}

pub(super) async fn find(tx: &ReadTx<'_>, id: InsightId) -> Result<Option<Insight>, DbError> {
    let one = sql!(
        "select *, (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = coachee_id) as key from insights
         where organization_id = $1 and insight_id = $2"
    );
    tx.query_opt(one, &[&tx.organization(), &id]).await?.map(|row| insight(tx, &row)).transpose()
}

/// A pairing's insights, in the order in which they were given: one more than the limit, where there is more.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    pairing: PairingId,
    after: Option<InsightId>,
    limit: i64,
) -> Result<Vec<Insight>, DbError> {
    let page = sql!(
        "select *, (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = coachee_id) as key from insights
         where organization_id = $1 and pairing_id = $2 and ($3::uuid is null or insight_id > $3)
         order by insight_id limit $4::bigint + 1"
    );
    let rows = tx.query(page, &[&tx.organization(), &pairing, &after, &limit]).await?;
    rows.iter().map(|row| insight(tx, row)).collect()
}

/// How many insights a pairing has.
pub(super) async fn count(tx: &ReadTx<'_>, pairing: PairingId) -> Result<i64, DbError> {
    let count = sql!("select count(*) from insights where organization_id = $1 and pairing_id = $2");
    Ok(tx.query_one(count, &[&tx.organization(), &pairing]).await?.get(0))
}

pub(super) async fn insert(tx: &WriteTx<'_>, key: &OwnerKey, insight: &Insight) -> Result<(), DbError> {
    let sealed = key.seal(TEXT, insight.id, insight.text.expose());
    tx.execute(
        sql!(
            "insert into insights (organization_id, insight_id, pairing_id, coachee_id, coach_id, kind, text, given_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &[
            &tx.organization(),
            &insight.id,
            &insight.pairing,
            &insight.coachee,
            &insight.coach,
            &insight.kind.name(),
            &sealed,
            &insight.given_at,
        ],
    )
    .await
    .map(drop)
}

/// Whether it was still there.
pub(super) async fn delete(tx: &WriteTx<'_>, id: InsightId) -> Result<bool, DbError> {
    let delete = sql!("delete from insights where organization_id = $1 and insight_id = $2");
    Ok(tx.execute(delete, &[&tx.organization(), &id]).await? == 1)
}

/// All that a coachee was given, in that order.
pub(super) async fn all(tx: &ReadTx<'_>, coachee: MemberId) -> Result<Vec<Insight>, DbError> {
    let all = sql!(
        "select i.*, k.wrapped as key from insights i
         join owner_keys k on k.organization_id = $1 and k.owner_id = i.coachee_id
         where i.organization_id = $1 and i.coachee_id = $2 order by i.insight_id"
    );
    let rows = tx.query(all, &[&tx.organization(), &coachee]).await?;
    rows.iter().map(|row| insight(tx, row)).collect()
}

/// So many at most of those that were given in this cycle.
pub(super) async fn delete_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from insights where organization_id = $1 and insight_id in (
           select i.insight_id from pairings p
           join insights i on i.organization_id = $1 and i.pairing_id = p.pairing_id
           where p.organization_id = $1 and p.cycle_id = $2 limit $3)"
    );
    tx.execute(delete, &[&tx.organization(), &cycle, &most]).await
}
