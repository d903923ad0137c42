//! Rows of `webhooks`.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Disabled, FAILS_FOR};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::WebhookId;
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

/// Deletes a webhook, and with it its deliveries.
pub(super) async fn delete(tx: &WriteTx<'_>, id: WebhookId) -> Result<u64, DbError> {
    let webhook = sql!("delete from webhooks where organization_id = $1 and webhook_id = $2");
    tx.execute(webhook, &[&tx.organization(), &id]).await
}

/// Something got through.
pub(super) async fn works(tx: &WriteTx<'_>, webhook: WebhookId) -> Result<(), DbError> {
    let works = sql!(
        "update webhooks set failing_since = null
         where organization_id = $1 and webhook_id = $2 and failing_since is not null"
    );
    tx.execute(works, &[&tx.organization(), &webhook]).await.map(drop)
}

/// Something did not get through. Where the receiver is gone, or nothing has got through for too long, the webhook is
/// disabled; says whether it was.
pub(super) async fn fails(
    tx: &WriteTx<'_>,
    webhook: WebhookId,
    is_gone: bool,
    now: Timestamp,
) -> Result<bool, DbError> {
    let fails = sql!(
        "update webhooks set failing_since = coalesce(failing_since, $3),
           version = case when $4 or failing_since <= $5 then version + 1 else version end,
           disabled_at = case when $4 or failing_since <= $5 then $3 end,
           disabled_because = case when $4 then 'gone' when failing_since <= $5 then 'failing' end
         where organization_id = $1 and webhook_id = $2 and disabled_at is null
           and ($4 or failing_since is null or failing_since <= $5)
         returning disabled_at is not null as is_disabled"
    );
    let long_ago = now - FAILS_FOR;
    let row = tx.query_opt(fails, &[&tx.organization(), &webhook, &now, &is_gone, &long_ago]).await?;
    Ok(row.is_some_and(|row| row.get("is_disabled")))
}
