//! Webhooks: events, delivered to a company's own programs.
//!
//! Each webhook follows the order of events from a place of its own ([`deliveries`]), so it is told of each at least once.
//! What is told says that something happened and to whom it matters, never what people wrote, and is signed. It goes to
//! public addresses alone ([`guard`]).

mod changes;
pub mod deliveries;
pub mod guard;
pub mod http;
pub mod rules;
mod sign;
mod store;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use self::changes::{AddWebhook, RecoverWebhook, WebhookPatch};
use self::rules::{Disabled, MOST, OVERLAP, Reach};
pub use self::store::Webhook;
use crate::access::{IntegrationScope, Reason};
use crate::audit_entries::{self, Act};
use crate::clock::real_time;
use crate::codes::Code;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::error::{Error, Result};
use crate::ids::WebhookId;
use crate::text::PrivateText;

/// All webhooks of the organization, the oldest first.
///
/// # Errors
/// `integrations_only`; `scope_missing`.
pub async fn list(tx: &ReadTx<'_>) -> Result<Vec<Webhook>> {
    tx.caller().integration(IntegrationScope::WebhooksManage)?;
    Ok(store::list(tx).await?)
}

/// One of them.
///
/// # Errors
/// As [`list`]; `not_found`.
pub async fn get(tx: &ReadTx<'_>, id: WebhookId) -> Result<Webhook> {
    tx.caller().integration(IntegrationScope::WebhooksManage)?;
    store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// Adds a webhook; the secret is told once. It is told of what happens from now on.
///
/// # Errors
/// As [`list`]; `invalid` for an address that webhooks do not reach; `webhooks_full`.
pub async fn add(tx: &WriteTx<'_>, wanted: AddWebhook, reach: Reach) -> Result<(Webhook, Zeroizing<String>)> {
    tx.caller().integration(IntegrationScope::WebhooksManage)?;
    let url = changes::checked(&wanted.url, reach)?;
    tx.lock_planning().await?; // two who add the last one
    if store::list(tx).await?.len() as i64 >= MOST {
        return Err(Code::WebhooksFull.into());
    }
    let now = tx.now();
    let webhook = Webhook {
        id: WebhookId::new(),
        version: 1,
        url,
        types: wanted.types,
        failing_since: None,
        disabled: None,
        created_at: now,
        updated_at: now,
    };
    let secret = sign::new_secret();
    let sealed = sealed(tx, store::SECRET, webhook.id, &secret).await?;
    store::insert(tx, &webhook, &sealed).await?;
    audit(tx, "webhook.created", webhook.id, vec![]).await?;
    Ok((webhook, secret))
}

/// Changes one.
///
/// # Errors
/// As [`add`]; `not_found`; `stale`.
pub async fn change(
    tx: &WriteTx<'_>,
    id: WebhookId,
    expected: Option<&[i64]>,
    patch: WebhookPatch,
    reach: Reach,
) -> Result<Webhook> {
    let earlier = locked(tx, id).await?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let mut webhook = earlier.clone();
    let mut changed = Vec::new();
    if let Some(url) = patch.url {
        webhook.url = changes::checked(&url, reach)?;
    }
    if let Some(types) = patch.types {
        webhook.types = types;
    }
    match patch.enabled {
        Some(true) => (webhook.disabled, webhook.failing_since) = (None, None),
        Some(false) if webhook.disabled.is_none() => webhook.disabled = Some((tx.now(), Disabled::Asked)),
        Some(false) | None => {}
    }
    let differs = [
        ("url", webhook.url != earlier.url),
        ("types", webhook.types != earlier.types),
        ("enabled", webhook.disabled.is_some() != earlier.disabled.is_some()),
    ];
    changed.extend(differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name));
    if webhook == earlier {
        return Ok(earlier);
    }
    (webhook.version, webhook.updated_at) = (earlier.version + 1, tx.now());
    store::update(tx, &webhook).await?;
    audit(tx, "webhook.changed", id, changed).await?;
    Ok(webhook)
}

/// Deletes one, with its deliveries and its secret. Repeating it changes nothing.
///
/// # Errors
/// As [`list`].
pub async fn remove(tx: &WriteTx<'_>, id: WebhookId) -> Result<()> {
    tx.caller().integration(IntegrationScope::WebhooksManage)?;
    if store::delete(tx, id).await? > 0 {
        tx.as_system(Reason::Erasing, async |tx| Ok(tx.delete_key_of(id).await?)).await?;
        audit(tx, "webhook.deleted", id, vec![]).await?;
    }
    Ok(())
}

/// Gives one a new secret, told once; the one before signs too for 24 hours, the instant of whose end is returned.
///
/// # Errors
/// As [`list`]; `not_found`.
pub async fn rotate_secret(tx: &WriteTx<'_>, id: WebhookId) -> Result<(Zeroizing<String>, Timestamp)> {
    locked(tx, id).await?;
    let row = store::secret(tx, id).await?.ok_or(Code::NotFound)?;
    let old = tx.opened(&row, store::SECRET, id, id)?.map(Zeroizing::new).ok_or(Code::NotFound)?;
    let (secret, until) = (sign::new_secret(), real_time() + OVERLAP);
    let sealed_old = sealed(tx, store::OLD_SECRET, id, &old).await?;
    let sealed_new = sealed(tx, store::SECRET, id, &secret).await?;
    store::rotate(tx, id, &sealed_new, &sealed_old, until, tx.now()).await?;
    audit(tx, "webhook.changed", id, vec!["secret"]).await?;
    Ok((secret, until))
}

async fn locked(tx: &WriteTx<'_>, id: WebhookId) -> Result<Webhook> {
    tx.caller().integration(IntegrationScope::WebhooksManage)?;
    store::lock(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

async fn sealed(tx: &WriteTx<'_>, column: crate::vault::Column, id: WebhookId, secret: &str) -> Result<Vec<u8>> {
    let secret = PrivateText::from(secret.to_owned());
    let sealed: Result<_, DbError> = tx.sealed(column, id, id, Some(&secret)).await;
    sealed?.ok_or_else(|| Error::Internal("a secret that was given was not sealed".into()))
}

async fn audit(tx: &WriteTx<'_>, action: &'static str, id: WebhookId, changed: Vec<&'static str>) -> Result<()> {
    audit_entries::record(tx, &[Act { action, subject: Some(id.uuid()), member: None, changed }]).await
}
