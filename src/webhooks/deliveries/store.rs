//! Rows of `deliveries`; reads `events`, to tell them, and moves each webhook's place among them.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::db::{DbError, ReadTx, WriteTx};
use crate::events::Event;
use crate::ids::{DeliveryId, WebhookId};
use crate::sql;
use crate::webhooks::rules::{Problem, State, Verdict};
use crate::webhooks::store::{OLD_SECRET, SECRET};

/// A delivery, as it is shown.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is explained where it is served: webhooks/http.rs")]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub event: Option<Uuid>,
    pub kind: String,
    pub state: State,
    pub attempts: i16,
    pub due_at: Option<Timestamp>,
    pub attempted_at: Option<Timestamp>,
    pub status: Option<i16>,
    pub problem: Option<Problem>,
    pub created_at: Timestamp,
}

fn delivery(row: &Row) -> Delivery {
    Delivery {
        id: row.get("delivery_id"),
        webhook: row.get("webhook_id"),
        event: row.get("event_id"),
        kind: row.get("type"),
        state: State::named(row.get("state")).expect("the database keeps to these names"),
        attempts: row.get("attempts"),
        due_at: row.get("due_at"),
        attempted_at: row.get("attempted_at"),
        status: row.get("status"),
        problem: row.get::<_, Option<&str>>("problem").and_then(Problem::named),
        created_at: row.get("created_at"),
    }
}

/// A webhook's, the newest first: one more than the limit, where there is more.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    webhook: WebhookId,
    state: Option<State>,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>, DbError> {
    let page = sql!(
        "select delivery_id, webhook_id, event_id, type, state, attempts, due_at, attempted_at, status, problem, created_at
         from deliveries
         where organization_id = $1 and webhook_id = $2 and ($3::uuid is null or delivery_id < $3)
           and ($4::text is null or state = $4)
         order by delivery_id desc limit $5::bigint + 1"
    );
    let state = state.map(State::name);
    let rows = tx.query(page, &[&tx.organization(), &webhook, &before, &state, &limit]).await?;
    Ok(rows.iter().map(delivery).collect())
}

/// Adds a test, to be delivered now.
pub(super) async fn insert_test(tx: &WriteTx<'_>, webhook: WebhookId, now: Timestamp) -> Result<Delivery, DbError> {
    let insert = sql!(
        "insert into deliveries (organization_id, webhook_id, type, due_at, created_at)
         values ($1, $2, 'webhook.tested', $3, $3)
         returning delivery_id, webhook_id, event_id, type, state, attempts, due_at, attempted_at, status, problem, created_at"
    );
    Ok(delivery(&tx.query_one(insert, &[&tx.organization(), &webhook, &now]).await?))
}

/// Has a delivery made once more, from the first attempt on.
pub(super) async fn again(tx: &WriteTx<'_>, id: DeliveryId, now: Timestamp) -> Result<Option<Delivery>, DbError> {
    let again = sql!(
        "update deliveries set state = 'waiting', attempts = 0, due_at = $3, claimed_until = null
         where organization_id = $1 and delivery_id = $2
         returning delivery_id, webhook_id, event_id, type, state, attempts, due_at, attempted_at, status, problem, created_at"
    );
    Ok(tx.query_opt(again, &[&tx.organization(), &id, &now]).await?.map(|row| delivery(&row)))
}

/// Has everything made once more that has failed since then; says how many.
pub(super) async fn all_again(
    tx: &WriteTx<'_>,
    webhook: WebhookId,
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, DbError> {
    let again = sql!(
        "update deliveries set state = 'waiting', attempts = 0, due_at = $4, claimed_until = null
         where organization_id = $1 and webhook_id = $2 and state = 'failed' and created_at >= $3"
    );
    tx.execute(again, &[&tx.organization(), &webhook, &since, &now]).await
}

/// A delivery that somebody has claimed, with all that the attempt takes.
#[derive(Debug)]
pub struct Claimed {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub attempts: i16,
    pub claimed_until: Timestamp,
    pub is_test: bool,
    pub event: Option<Event>,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    pub url: String,
    pub secrets: Vec<String>,
}

/// Claims what is due, the earliest first, of each webhook as many as it has free slots; `busy` says how many are taken.
pub(super) async fn claim(
    tx: &WriteTx<'_>,
    busy: &[(WebhookId, i64)],
    slots: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claimed>, DbError> {
    let claim = sql!(
        "with free as materialized (
           select w.webhook_id, $2 - coalesce(taken.number, 0) as slots
           from webhooks w left join unnest($3::uuid[], $4::bigint[]) taken (webhook_id, number) using (webhook_id)
           where w.organization_id = $1 and w.disabled_at is null),
         due as materialized (
           select one.delivery_id from free cross join lateral (
             select delivery_id from deliveries
             where organization_id = $1 and webhook_id = free.webhook_id and state = 'waiting' and due_at <= $5
               and (claimed_until is null or claimed_until < $5)
             order by due_at, delivery_id limit greatest(free.slots, 0) for update skip locked) one),
         claimed as (
           update deliveries set claimed_until = $6
           where organization_id = $1 and delivery_id = any(array(select delivery_id from due))
           returning delivery_id, webhook_id, event_id, attempts, claimed_until, due_at, created_at)
         select e.*, c.delivery_id, c.webhook_id as receiver_id, c.event_id is null as is_test, c.attempts, c.claimed_until,
           c.due_at as was_due_at, c.created_at, w.url, w.secret, case when w.old_secret_until > $5 then w.old_secret end as old_secret,
           (select wrapped from owner_keys where organization_id = $1 and owner_id = c.webhook_id) as key
         from claimed c
         join webhooks w on w.organization_id = $1 and w.webhook_id = c.webhook_id
         left join events e on e.organization_id = $1 and e.event_id = c.event_id
         order by c.delivery_id"
    );
    let (ids, numbers): (Vec<_>, Vec<_>) = busy.iter().copied().unzip();
    let rows = tx.query(claim, &[&tx.organization(), &slots, &ids, &numbers, &now, &until]).await?;
    let claimed = |row: &Row| {
        let webhook = row.get::<_, WebhookId>("receiver_id");
        let secrets = [SECRET, OLD_SECRET].map(|column| tx.opened(row, column, webhook, webhook));
        Ok(Claimed {
            id: row.get("delivery_id"),
            webhook,
            attempts: row.get("attempts"),
            claimed_until: row.get("claimed_until"),
            is_test: row.get("is_test"),
            event: row.get::<_, Option<Uuid>>("event_id").map(|_| Event::from(row)),
            due_at: row.get("was_due_at"),
            created_at: row.get("created_at"),
            url: row.get("url"),
            secrets: secrets.into_iter().filter_map(Result::transpose).collect::<Result<_, DbError>>()?,
        })
    };
    rows.iter().map(claimed).collect()
}

/// Stores what came of an attempt, unless somebody else has claimed it meanwhile.
pub(super) async fn settle(
    tx: &WriteTx<'_>,
    claimed: &Claimed,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), DbError> {
    let settle = sql!(
        "update deliveries set state = $4, attempts = attempts + 1, due_at = $5, claimed_until = null, attempted_at = $6,
           status = $7, problem = $8
         where organization_id = $1 and delivery_id = $2 and claimed_until = $3 and state = 'waiting'"
    );
    let (status, problem) = (verdict.status.map(|status| status as i16), verdict.problem.map(Problem::name));
    let (state, organization) = (verdict.state.name(), tx.organization());
    tx.execute(
        settle,
        &[&organization, &claimed.id, &claimed.claimed_until, &state, &verdict.due_at, &now, &status, &problem],
    )
    .await
    .map(drop)
}

/// There is nothing to tell any more.
pub(super) async fn settle_gone(tx: &WriteTx<'_>, claimed: &Claimed) -> Result<(), DbError> {
    let settle = sql!(
        "update deliveries set state = 'gone', due_at = null, claimed_until = null
         where organization_id = $1 and delivery_id = $2"
    );
    tx.execute(settle, &[&tx.organization(), &claimed.id]).await.map(drop)
}

/// So many at most of the deliveries that were made before then.
pub(super) async fn delete_before(tx: &WriteTx<'_>, instant: Timestamp, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from deliveries where organization_id = $1 and delivery_id = any(array(
           select delivery_id from deliveries where organization_id = $1 and created_at < $2 order by created_at limit $3))"
    );
    tx.execute(delete, &[&tx.organization(), &instant, &most]).await
}

/// Makes deliveries of what has happened behind each webhook's place, so many events of each at most; says how many were
/// looked at. A webhook that another worker looks at is left to it.
pub(super) async fn fan_out(tx: &WriteTx<'_>, most: i64, now: Timestamp) -> Result<i64, DbError> {
    let fan_out = sql!(
        "with here as materialized (
           select this_cluster() as cluster, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as under_way),
         behind as materialized (
           select webhook_id, types, cluster, transaction, ordinal from webhooks
           where organization_id = $1 and disabled_at is null order by webhook_id for update skip locked),
         stretch as materialized (
           select b.webhook_id, e.event_id, e.type, e.transaction, e.ordinal,
             b.types is null or e.type = any(b.types) as is_wanted
           from behind b cross join here cross join lateral (
             select event_id, type, transaction, ordinal from events
             where organization_id = $1 and events.cluster = here.cluster and transaction < here.under_way
               and (transaction, ordinal) > (case when b.cluster = here.cluster then b.transaction else 0 end,
                 case when b.cluster = here.cluster then b.ordinal else 0 end)
             order by transaction, ordinal limit $2) e),
         made as (
           insert into deliveries (organization_id, webhook_id, event_id, type, due_at, created_at)
           select $1, webhook_id, event_id, type, $3, $3 from stretch where is_wanted order by transaction, ordinal
           on conflict do nothing),
         moved as (
           update webhooks w set cluster = here.cluster, transaction = last.transaction, ordinal = last.ordinal
           from here cross join (
             select distinct on (webhook_id) webhook_id, transaction, ordinal from stretch
             order by webhook_id, transaction desc, ordinal desc) last
           where w.organization_id = $1 and w.webhook_id = last.webhook_id)
         select count(*) from stretch"
    );
    Ok(tx.query_one(fan_out, &[&tx.organization(), &most, &now]).await?.get(0))
}
