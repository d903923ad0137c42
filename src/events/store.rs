//! Rows of `events` and `reminders`. What happens to pairings, check-ins, members, cycles and policies is told by the
//! database itself: `migrations/V25__events.sql`.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::rules::Place;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CheckInId, CycleId, MemberId, PairingId, WebhookId};
use crate::sql;

/// An event as it is stored.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is explained where it is served: events/http.rs")]
pub struct Event {
    pub id: Uuid,
    pub sequence: i64,
    pub kind: String,
    pub occurred_at: Timestamp,
    pub recipient: Option<MemberId>,
    pub notify: Option<bool>,
    pub member: Option<MemberId>,
    pub cycle: Option<CycleId>,
    pub pairing: Option<PairingId>,
    pub check_in: Option<CheckInId>,
    pub webhook: Option<Uuid>,
    pub starts_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
}

impl From<&Row> for Event {
    fn from(row: &Row) -> Self {
        Self {
            id: row.get("event_id"),
            sequence: row.get("ordinal"),
            kind: row.get("type"),
            occurred_at: row.get("occurred_at"),
            recipient: row.get("recipient_id"),
            notify: row.get("notify"),
            member: row.get("member_id"),
            cycle: row.get("cycle_id"),
            pairing: row.get("pairing_id"),
            check_in: row.get("check_in_id"),
            webhook: row.get("webhook_id"),
            starts_at: row.get("starts_at"),
            due_at: row.get("due_at"),
        }
    }
}

/// A stretch of the feed: what was wanted of it, each with its place, and how far it was read.
#[derive(Debug)]
pub struct Stretch {
    /// Which PostgreSQL this is.
    pub cluster: i64,
    /// What was wanted, in order.
    pub events: Vec<(Event, i64, i64)>,
    /// The last that was read, wanted or not.
    pub read_to: Option<(i64, i64)>,
    /// How many were read.
    pub read: i64,
}

/// What comes behind a place, of all that is committed and that nothing can come before any more: so many are read, and those
/// of these types are wanted, or all.
pub(super) async fn stretch(
    tx: &ReadTx<'_>,
    after: Option<&Place>,
    types: Option<&[&str]>,
    most: i64,
) -> Result<Stretch, DbError> {
    let some = sql!(
        "select here.cluster, read.total, read.n = read.total as is_last, read.is_wanted, read.*
         from (select this_cluster() as cluster, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as under_way) here
         left join lateral (
           select e.*, row_number() over () as n, count(*) over () as total, $4::text[] is null or e.type = any($4) as is_wanted
           from (
             select * from events
             where organization_id = $1 and events.cluster = here.cluster and (transaction, ordinal) > ($2, $3)
               and transaction < here.under_way
             order by transaction, ordinal limit $5) e) read on read.is_wanted or read.n = read.total
         order by read.n"
    );
    let (transaction, ordinal) = after.map_or((0, 0), |place| (place.transaction, place.ordinal));
    let rows = tx.query(some, &[&tx.organization(), &transaction, &ordinal, &types, &most]).await?;
    let place = |row: &Row| (row.get::<_, i64>("transaction"), row.get::<_, i64>("ordinal"));
    let read = rows.iter().filter(|row| row.get::<_, Option<Uuid>>("event_id").is_some());
    let wanted = read.clone().filter(|row| row.get("is_wanted"));
    Ok(Stretch {
        cluster: rows.first().map_or(0, |row| row.get("cluster")),
        events: wanted.map(|row| (Event::from(row), place(row).0, place(row).1)).collect(),
        read_to: read.clone().next_back().map(place),
        read: read.clone().next().map_or(0, |row| row.get("total")),
    })
}

/// Tells that something is due, where this very thing has not been told of yet; says whether it was told.
pub(super) async fn remind(tx: &WriteTx<'_>, member: MemberId, steps: &[(String, Timestamp)]) -> Result<bool, DbError> {
    let remind = sql!(
        "with told as (
           insert into reminders (organization_id, member_id, step, due_at)
           select $1, $2, step, due_at from unnest($3::text[], $4::timestamptz[]) as new (step, due_at)
           on conflict do nothing returning due_at)
         insert into events (organization_id, cluster, type, occurred_at, recipient_id, notify, due_at)
         select $1, this_cluster(), 'next_step.due', caller_now(), $2, true, min(due_at) from told having count(*) > 0"
    );
    let (names, due): (Vec<_>, Vec<_>) = steps.iter().map(|(name, due)| (name.as_str(), *due)).unzip();
    Ok(tx.execute(remind, &[&tx.organization(), &member, &names, &due]).await? > 0)
}

pub(super) async fn insert_disabled_webhook(tx: &WriteTx<'_>, webhook: WebhookId) -> Result<(), DbError> {
    let insert = sql!(
        "insert into events (organization_id, cluster, type, occurred_at, webhook_id)
         values ($1, this_cluster(), 'webhook.disabled', caller_now(), $2)"
    );
    tx.execute(insert, &[&tx.organization(), &webhook]).await.map(drop)
}

/// Those of a member who is erased.
pub(super) async fn delete_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let events = sql!("delete from events where organization_id = $1 and recipient_id = $2");
    let reminders = sql!("delete from reminders where organization_id = $1 and member_id = $2");
    tx.execute(events, &[&tx.organization(), &member]).await?;
    tx.execute(reminders, &[&tx.organization(), &member]).await.map(drop)
}

/// So many at most of those that were recorded before then; they stand first in the order of reading.
pub(super) async fn delete_before(tx: &WriteTx<'_>, instant: Timestamp, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from events where organization_id = $1 and recorded_at < $2 and event_id in (
           select event_id from events where organization_id = $1 order by cluster, transaction, ordinal limit $3)"
    );
    tx.execute(delete, &[&tx.organization(), &instant, &most]).await
}

/// Reminders of what was due so long ago.
pub(super) async fn delete_reminders_before(tx: &WriteTx<'_>, instant: Timestamp) -> Result<u64, DbError> {
    let delete = sql!("delete from reminders where organization_id = $1 and due_at < $2");
    tx.execute(delete, &[&tx.organization(), &instant]).await
}
