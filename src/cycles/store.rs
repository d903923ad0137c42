//! Rows of `cycles`.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Cycle, Period};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::CycleId;
use crate::sql;

impl From<Row> for Cycle {
    fn from(row: Row) -> Self {
        Self {
            id: row.get("cycle_id"),
            version: row.get("version"),
            name: row.get("name"),
            period: Period {
                starts_on: row.get("starts_on"),
                ends_on: row.get("ends_on"),
                starts_at: row.get("starts_at"),
                ends_at: row.get("ends_at"),
            },
            cancelled_at: row.get("cancelled_at"),
            planned: row.get("planned"),
        }
    }
}

pub(super) async fn find(tx: &ReadTx<'_>, id: CycleId) -> Result<Option<Cycle>, DbError> {
    let one = sql!("select * from cycles where organization_id = $1 and cycle_id = $2");
    Ok(tx.query_opt(one, &[&tx.organization(), &id]).await?.map(Cycle::from))
}

/// The cycles that have not ended, in order, and before them the last that has.
pub(super) async fn around(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<Cycle>, DbError> {
    let around = sql!(
        "(select * from cycles where organization_id = $1 and ends_at <= $2 order by starts_at desc limit 1)
         union all
         (select * from cycles where organization_id = $1 and ends_at > $2 order by starts_at limit 50)"
    );
    let rows = tx.query(around, &[&tx.organization(), &now]).await?;
    Ok(rows.into_iter().map(Cycle::from).collect())
}

/// The latest first, from before this instant on: one more than the limit, where there is more.
pub(super) async fn list(tx: &ReadTx<'_>, before: Option<Timestamp>, limit: i64) -> Result<Vec<Cycle>, DbError> {
    let page = sql!(
        "select * from cycles where organization_id = $1 and ($2::timestamptz is null or starts_at < $2)
         order by starts_at desc limit $3::bigint + 1"
    );
    let rows = tx.query(page, &[&tx.organization(), &before, &limit]).await?;
    Ok(rows.into_iter().map(Cycle::from).collect())
}

pub(super) async fn insert(tx: &WriteTx<'_>, cycle: &Cycle) -> Result<(), DbError> {
    let Period { starts_on, ends_on, starts_at, ends_at } = &cycle.period;
    tx.execute(
        sql!(
            "insert into cycles (organization_id, cycle_id, version, name, starts_on, ends_on, starts_at, ends_at, planned, created_at)
             values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[&tx.organization(), &cycle.id, &cycle.name, starts_on, ends_on, starts_at, ends_at, &cycle.planned, &tx.now()],
    )
    .await
    .map(drop)
}

/// Stores these cycles' names, periods and cancellations in one statement, each as a new version: the end of one and
/// the start of the next move together. Returns how many there were in the version they had.
pub(super) async fn update(tx: &WriteTx<'_>, cycles: &[Cycle]) -> Result<u64, DbError> {
    macro_rules! column {
        (|$cycle:ident| $value:expr) => {
            cycles.iter().map(|$cycle| $value).collect::<Vec<_>>()
        };
    }
    tx.execute(
        sql!(
            "update cycles set version = cycles.version + 1, name = new.name, starts_on = new.starts_on,
               ends_on = new.ends_on, starts_at = new.starts_at, ends_at = new.ends_at, cancelled_at = new.cancelled_at,
               planned = new.planned
             from unnest($2::uuid[], $3::bigint[], $4::text[], $5::date[], $6::date[], $7::timestamptz[],
               $8::timestamptz[], $9::timestamptz[], $10::boolean[])
               as new (cycle_id, version, name, starts_on, ends_on, starts_at, ends_at, cancelled_at, planned)
             where cycles.organization_id = $1 and cycles.cycle_id = new.cycle_id and cycles.version = new.version"
        ),
        &[
            &tx.organization(),
            &column!(|cycle| cycle.id),
            &column!(|cycle| cycle.version),
            &column!(|cycle| cycle.name.as_str()),
            &column!(|cycle| cycle.period.starts_on),
            &column!(|cycle| cycle.period.ends_on),
            &column!(|cycle| cycle.period.starts_at),
            &column!(|cycle| cycle.period.ends_at),
            &column!(|cycle| cycle.cancelled_at),
            &column!(|cycle| cycle.planned),
        ],
    )
    .await
}

/// Which of the upcoming cycles somebody has opted into. Participations are private: only the service itself may ask.
pub(super) async fn opted_into(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<CycleId>, DbError> {
    let opted_into = sql!(
        "select cycle_id from cycles c where organization_id = $1 and starts_at > $2 and exists (
           select from participations p
           where p.organization_id = $1 and p.cycle_id = c.cycle_id and p.answer = 'opted_in')"
    );
    let rows = tx.query(opted_into, &[&tx.organization(), &now]).await?;
    Ok(rows.into_iter().map(|row| row.get(0)).collect())
}

/// Marks cycles that have opened, or closed, as told: the database tells of them, once.
pub(super) async fn tell(tx: &WriteTx<'_>, now: Timestamp) -> Result<u64, DbError> {
    let tell = sql!(
        "update cycles set opening_told = true, closing_told = ends_at <= $2
         where organization_id = $1 and not closing_told and cancelled_at is null and starts_at <= $2
           and (not opening_told or ends_at <= $2)"
    );
    tx.execute(tell, &[&tx.organization(), &now]).await
}
