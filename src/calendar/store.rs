//! Rows of `calendar_feeds`.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::MemberId;
use crate::sql;

/// That a member's calls are shown at a secret address.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// Counts up with each new address.
    pub version: i64,
    /// Whether partners' names are shown.
    pub show_names: bool,
    /// Since when.
    pub created_at: Timestamp,
}

fn feed(row: &Row) -> Feed {
    Feed { version: row.get("version"), show_names: row.get("show_names"), created_at: row.get("created_at") }
}

pub(super) async fn find(tx: &ReadTx<'_>, member: MemberId) -> Result<Option<Feed>, DbError> {
    let one = sql!(
        "select version, show_names, created_at from calendar_feeds where organization_id = $1 and member_id = $2"
    );
    Ok(tx.query_opt(one, &[&tx.organization(), &member]).await?.map(|row| feed(&row)))
}

/// Whose address this is, for as long as they are active.
pub(super) async fn find_by_hash(tx: &ReadTx<'_>, hash: &[u8]) -> Result<Option<(MemberId, Feed)>, DbError> {
    let one = sql!(
        "select f.member_id, f.version, f.show_names, f.created_at from calendar_feeds f
         join members m on m.organization_id = $1 and m.member_id = f.member_id and m.active
         where f.organization_id = $1 and f.secret_hash = $2"
    );
    Ok(tx.query_opt(one, &[&tx.organization(), &hash]).await?.map(|row| (row.get("member_id"), feed(&row))))
}

/// Stores a new address, in the place of an earlier one.
pub(super) async fn put(
    tx: &WriteTx<'_>,
    member: MemberId,
    hash: &[u8],
    show_names: bool,
    now: Timestamp,
) -> Result<Feed, DbError> {
    let put = sql!(
        "insert into calendar_feeds as earlier (organization_id, member_id, secret_hash, show_names, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict (organization_id, member_id) do update
           set version = earlier.version + 1, secret_hash = excluded.secret_hash, show_names = excluded.show_names,
             created_at = excluded.created_at
         returning version, show_names, created_at"
    );
    Ok(feed(&tx.query_one(put, &[&tx.organization(), &member, &hash, &show_names, &now]).await?))
}

pub(super) async fn delete(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from calendar_feeds where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}
