//! Deliveries: what each webhook is told, and what has become of it.
//!
//! They are made behind each webhook's place in the order of events, and attempted by whichever worker claims them, for a
//! while: what is not settled by then is anybody's again. So each event is told at least once, whatever dies, and under one
//! `webhook-id` however often.

pub mod http;
pub mod sending;
mod store;

use jiff::Timestamp;

pub use self::store::Delivery;
use crate::access::{IntegrationScope, Reason};
use crate::clock::real_time;
use crate::codes::Code;
use crate::db::{ReadTx, Scope, WriteTx};
use crate::error::Result;
use crate::ids::{DeliveryId, WebhookId};
use crate::webhooks::rules::State;
use crate::webhooks::{get, locked};

/// How many rows are deleted in one transaction.
const BATCH: i64 = 1000;

/// Has a test delivered.
///
/// # Errors
/// As [`list`]; `not_found`; `webhook_disabled`.
pub async fn test(tx: &WriteTx<'_>, id: WebhookId) -> Result<Delivery> {
    if locked(tx, id).await?.disabled.is_some() {
        return Err(Code::WebhookDisabled.into());
    }
    Ok(store::insert_test(tx, id, real_time()).await?)
}

/// Has everything delivered again that has failed since then; says how many.
///
/// # Errors
/// As [`test()`].
pub async fn recover(tx: &WriteTx<'_>, id: WebhookId, since: Timestamp) -> Result<u64> {
    if locked(tx, id).await?.disabled.is_some() {
        return Err(Code::WebhookDisabled.into());
    }
    Ok(store::all_again(tx, id, since, real_time()).await?)
}

/// What has become of a webhook's deliveries, the newest first: one more than the limit, where there is more.
///
/// # Errors
/// As [`list`]; `not_found`.
pub async fn list(
    tx: &ReadTx<'_>,
    id: WebhookId,
    state: Option<State>,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>> {
    get(tx, id).await?;
    Ok(store::list(tx, id, state, before, limit).await?)
}

/// Has a delivery made once more, whatever has become of it.
///
/// # Errors
/// As [`list`]; `not_found`.
pub async fn redeliver(tx: &WriteTx<'_>, id: DeliveryId) -> Result<Delivery> {
    tx.caller().integration(IntegrationScope::WebhooksManage)?;
    store::again(tx, id, real_time()).await?.ok_or_else(|| Code::NotFound.into())
}

/// Deletes deliveries that were made before then, in the organization of this scope.
///
/// # Errors
/// Whatever the database refuses.
pub async fn sweep(scope: &Scope, before: Timestamp) -> Result<u64> {
    let (eraser, mut deleted) = (scope.as_system(Reason::Erasing), 0);
    loop {
        let some = eraser.write(async |tx| Ok(store::delete_before(tx, before, BATCH).await?)).await?;
        deleted += some;
        if some == 0 {
            return Ok(deleted);
        }
    }
}
