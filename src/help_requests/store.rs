//! Rows of `help_requests`.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::HelpReason;
use crate::cycles::rules::CycleRef;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId};
use crate::sql;

/// A member's own help request.
#[derive(Clone, Debug)]
pub struct HelpRequest {
    /// In which cycle.
    pub cycle: CycleId,
    /// Counts up with each change; 0 where there is none.
    pub version: i64,
    /// Why, where there is one.
    pub reason: Option<HelpReason>,
    /// Since when.
    pub asked_at: Option<Timestamp>,
}

/// A help request as administrators see it: this, and no more.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// In which cycle.
    pub cycle: CycleId,
    /// Why.
    pub reason: HelpReason,
    /// Since when.
    pub asked_at: Timestamp,
}

/// The request in the cycle that is meant; nothing where there is no such cycle, or the current one is cancelled.
pub(super) async fn find(
    tx: &ReadTx<'_>,
    cycle: CycleRef,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<HelpRequest>, DbError> {
    let (id, word) = cycle.parts();
    let one = sql!(
        "select c.cycle_id, coalesce(h.version, 0) as version, h.reason, h.asked_at
         from cycles c
         left join help_requests h
           on h.organization_id = $1 and h.cycle_id = c.cycle_id and h.member_id = $2
         where c.organization_id = $1 and c.cycle_id = cycle_meant($1, $3, $4, $5)
           and ($4 <> 'current' or c.cancelled_at is null)"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &member, &id, &word, &now]).await?;
    Ok(row.map(|row| request(&row)))
}

fn request(row: &Row) -> HelpRequest {
    HelpRequest {
        cycle: row.get("cycle_id"),
        version: row.get("version"),
        reason: row.get::<_, Option<&str>>("reason").and_then(HelpReason::named),
        asked_at: row.get("asked_at"),
    }
}

/// All of a member's, the earliest first.
pub(super) async fn all(tx: &ReadTx<'_>, member: MemberId) -> Result<Vec<HelpRequest>, DbError> {
    let all = sql!(
        "select cycle_id, version, reason, asked_at from help_requests where organization_id = $1 and member_id = $2
         order by asked_at"
    );
    let rows = tx.query(all, &[&tx.organization(), &member]).await?;
    Ok(rows.iter().map(request).collect())
}

/// Stores the reason. Whoever changes it has still asked when they first did.
pub(super) async fn put(
    tx: &WriteTx<'_>,
    cycle: CycleId,
    member: MemberId,
    reason: HelpReason,
    now: Timestamp,
) -> Result<HelpRequest, DbError> {
    let row = tx
        .query_one(
            sql!(
                "insert into help_requests as h (organization_id, cycle_id, member_id, reason, asked_at)
                 values ($1, $2, $3, $4, $5)
                 on conflict (organization_id, cycle_id, member_id) do update
                   set version = h.version + 1, reason = excluded.reason
                 returning version, asked_at"
            ),
            &[&tx.organization(), &cycle, &member, &reason.name(), &now],
        )
        .await?;
    let asked_at = Some(row.get("asked_at"));
    Ok(HelpRequest { cycle, version: row.get("version"), reason: Some(reason), asked_at })
}

/// Deletes what this member has asked, in whichever cycle.
pub(super) async fn delete(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let all = sql!("delete from help_requests where organization_id = $1 and member_id = $2");
    tx.execute(all, &[&tx.organization(), &member]).await.map(drop)
}

/// Where a page goes on: since when its last entry has been there, and whose it is.
pub type Place = (Timestamp, MemberId);

/// Those of members who are there, in the cycle that is running, the earliest first: one more than the limit, where
/// there is more.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    after: Option<Place>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Asked>, DbError> {
    let (after_instant, after_member) = after.unzip();
    let page = sql!(
        "select h.member_id, m.name, h.cycle_id, h.reason, h.asked_at
         from help_requests h
         join members m on m.organization_id = $1 and m.member_id = h.member_id and m.active
         where h.organization_id = $1 and h.cycle_id = cycle_meant($1, null, 'current', $2)
           and ($3::timestamptz is null or (h.asked_at, h.member_id) > ($3, $4::uuid))
         order by h.asked_at, h.member_id limit $5::bigint + 1"
    );
    let rows = tx.query(page, &[&tx.organization(), &now, &after_instant, &after_member, &limit]).await?;
    let asked = |row: Row| Asked {
        member: row.get("member_id"),
        name: row.get("name"),
        cycle: row.get("cycle_id"),
        reason: HelpReason::named(row.get("reason")).expect("the database keeps to these names"),
        asked_at: row.get("asked_at"),
    };
    Ok(rows.into_iter().map(asked).collect())
}
