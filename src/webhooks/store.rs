//! Rows of `webhooks` and `deliveries`; reads `events` to tell them.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::rules::{Disabled, FAILS_FOR, Problem, State, Verdict};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::events::Event;
use crate::ids::{DeliveryId, WebhookId};
use crate::sql;
use crate::vault::Column;

pub(super) const SECRET: Column = Column { table: "webhooks", name: "secret", key: "key" };
pub(super) const OLD_SECRET: Column = Column { table: "webhooks", name: "old_secret", key: "key" };

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is explained where it is served: webhooks/http.rs")]
pub struct Webhook {
    pub id: WebhookId,
    pub version: i64,
    pub url: String,
    pub types: Option<Vec<String>>,
    pub failing_since: Option<Timestamp>,
    pub disabled: Option<(Timestamp, Disabled)>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

fn webhook(row: &Row) -> Webhook {
    let because = row.get::<_, Option<&str>>("disabled_because").and_then(Disabled::named);
    Webhook {
        id: row.get("webhook_id"),
        version: row.get("version"),
        url: row.get("url"),
        types: row.get("types"),
        failing_since: row.get("failing_since"),
        disabled: row.get::<_, Option<_>>("disabled_at").zip(because),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// All of the organization's, the oldest first.
pub(super) async fn list(tx: &ReadTx<'_>) -> Result<Vec<Webhook>, DbError> {
    let all = sql!(
        "select webhook_id, version, url, types, failing_since, disabled_at, disabled_because, created_at, updated_at
         from webhooks where organization_id = $1 order by webhook_id"
    );
    Ok(tx.query(all, &[&tx.organization()]).await?.iter().map(webhook).collect())
}

pub(super) async fn find(tx: &ReadTx<'_>, id: WebhookId) -> Result<Option<Webhook>, DbError> {
    let one = sql!(
        "select webhook_id, version, url, types, failing_since, disabled_at, disabled_because, created_at, updated_at
         from webhooks where organization_id = $1 and webhook_id = $2"
    );
    Ok(tx.query_opt(one, &[&tx.organization(), &id]).await?.map(|row| webhook(&row)))
}

/// The same, until the transaction ends.
pub(super) async fn lock(tx: &WriteTx<'_>, id: WebhookId) -> Result<Option<Webhook>, DbError> {
    let one = sql!(
        "select webhook_id, version, url, types, failing_since, disabled_at, disabled_because, created_at, updated_at
         from webhooks where organization_id = $1 and webhook_id = $2 for update"
    );
    Ok(tx.query_opt(one, &[&tx.organization(), &id]).await?.map(|row| webhook(&row)))
}

/// Stores a new one. It is told of what happens from now on, what is under way included.
pub(super) async fn insert(tx: &WriteTx<'_>, new: &Webhook, secret: &[u8]) -> Result<(), DbError> {
    let insert = sql!(
        "insert into webhooks (organization_id, webhook_id, url, types, secret, created_at, updated_at, cluster,
           transaction, ordinal)
         values ($1, $2, $3, $4, $5, $6, $6, this_cluster(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0)"
    );
    tx.execute(insert, &[&tx.organization(), &new.id, &new.url, &new.types, &secret, &new.created_at]).await.map(drop)
}

pub(super) async fn update(tx: &WriteTx<'_>, new: &Webhook) -> Result<(), DbError> {
    let update = sql!(
        "update webhooks set version = $3, url = $4, types = $5, failing_since = $6, disabled_at = $7,
           disabled_because = $8, updated_at = $9
         where organization_id = $1 and webhook_id = $2"
    );
    let (at, because) = new.disabled.unzip();
    let because = because.map(Disabled::name);
    let (organization, failing) = (tx.organization(), new.failing_since);
    tx.execute(
        update,
        &[&organization, &new.id, &new.version, &new.url, &new.types, &failing, &at, &because, &new.updated_at],
    )
    .await
    .map(drop)
}

/// The secret in use, as it is sealed, with the key that opens it.
pub(super) async fn secret(tx: &ReadTx<'_>, id: WebhookId) -> Result<Option<Row>, DbError> {
    let one = sql!(
        "select secret, (select wrapped from owner_keys where organization_id = $1 and owner_id = $2) as key
         from webhooks where organization_id = $1 and webhook_id = $2"
    );
    tx.query_opt(one, &[&tx.organization(), &id]).await
}

/// Puts a new secret in the place of the one before, which signs too until then.
pub(super) async fn rotate(
    tx: &WriteTx<'_>,
    id: WebhookId,
    secret: &[u8],
    old: &[u8],
    until: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    let update = sql!(
        "update webhooks set version = version + 1, secret = $3, old_secret = $4, old_secret_until = $5, updated_at = $6
         where organization_id = $1 and webhook_id = $2"
    );
    tx.execute(update, &[&tx.organization(), &id, &secret, &old, &until, &now]).await.map(drop)
}

/// Deletes a webhook with its deliveries.
pub(super) async fn delete(tx: &WriteTx<'_>, id: WebhookId) -> Result<u64, DbError> {
    let deliveries = sql!("delete from deliveries where organization_id = $1 and webhook_id = $2");
    let webhook = sql!("delete from webhooks where organization_id = $1 and webhook_id = $2");
    tx.execute(deliveries, &[&tx.organization(), &id]).await?;
    tx.execute(webhook, &[&tx.organization(), &id]).await
}

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
pub(super) async fn deliveries(
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

/// A delivery that somebody has claimed, with all that the attempt takes.
#[derive(Debug)]
pub struct Claimed {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub attempts: i16,
    pub claimed_until: Timestamp,
    pub is_test: bool,
    pub event: Option<Event>,
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
           returning delivery_id, webhook_id, event_id, attempts, claimed_until, created_at)
         select e.*, c.delivery_id, c.webhook_id as receiver_id, c.event_id is null as is_test, c.attempts, c.claimed_until,
           c.created_at, w.url, w.secret, case when w.old_secret_until > $5 then w.old_secret end as old_secret,
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

/// Something got through.
pub(super) async fn works(tx: &WriteTx<'_>, webhook: WebhookId) -> Result<(), DbError> {
    let works = sql!(
        "update webhooks set failing_since = null
         where organization_id = $1 and webhook_id = $2 and failing_since is not null"
    );
    tx.execute(works, &[&tx.organization(), &webhook]).await.map(drop)
}

/// Something did not get through. Where the receiver is gone, or nothing has got through for too long, the webhook is disabled,
/// and that is told; says whether it was.
pub(super) async fn fails(
    tx: &WriteTx<'_>,
    webhook: WebhookId,
    is_gone: bool,
    now: Timestamp,
) -> Result<bool, DbError> {
    let fails = sql!(
        "with failing as (
           update webhooks set failing_since = coalesce(failing_since, $3),
             version = case when $4 or failing_since <= $5 then version + 1 else version end,
             disabled_at = case when $4 or failing_since <= $5 then $3 end,
             disabled_because = case when $4 then 'gone' when failing_since <= $5 then 'failing' end
           where organization_id = $1 and webhook_id = $2 and disabled_at is null
             and ($4 or failing_since is null or failing_since <= $5)
           returning disabled_at)
         insert into events (organization_id, cluster, type, occurred_at, webhook_id)
         select $1, this_cluster(), 'webhook.disabled', caller_now(), $2 from failing where disabled_at is not null"
    );
    let long_ago = now - FAILS_FOR;
    Ok(tx.execute(fails, &[&tx.organization(), &webhook, &now, &is_gone, &long_ago]).await? > 0)
}

/// So many at most of the deliveries that were made before then.
pub(super) async fn delete_before(tx: &WriteTx<'_>, instant: Timestamp, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from deliveries where organization_id = $1 and delivery_id = any(array(
           select delivery_id from deliveries where organization_id = $1 and created_at < $2 order by created_at limit $3))"
    );
    tx.execute(delete, &[&tx.organization(), &instant, &most]).await
}
