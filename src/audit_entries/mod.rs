//! Audit entries: what administrators and integrations changed.
//!
//! A member sees the entries about themself, an administrator all of them. What members do among themselves is not
//! here: that would be keeping tabs.

pub mod http;
mod rules;
mod store;

pub use self::rules::Act;
pub use self::store::Entry;
use crate::access::Actor;
use crate::db::{ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::AuditEntryId;

/// Records acts of an administrator or an integration, in the transaction that does them.
///
/// # Errors
/// Whatever the database refuses.
pub async fn record(tx: &WriteTx<'_>, acts: &[Act]) -> Result<()> {
    Ok(store::insert(tx, acts).await?)
}

/// All entries about the caller, the newest first; an administrator's too are about themself here.
///
/// # Errors
/// `members_only` for an integration.
pub async fn about_me(tx: &ReadTx<'_>) -> Result<Vec<Entry>> {
    let me = tx.caller().member()?;
    Ok(store::list(tx, Some(me), None, i64::from(i32::MAX)).await?)
}

/// Lists what the caller may see, the newest first: one more than the limit, where there is more.
///
/// # Errors
/// `members_only` for an integration.
pub async fn list(tx: &ReadTx<'_>, before: Option<AuditEntryId>, limit: i64) -> Result<Vec<Entry>> {
    let me = tx.caller().member()?;
    let about = if matches!(tx.caller().actor, Actor::Administrator(_)) { None } else { Some(me) };
    Ok(store::list(tx, about, before, limit).await?)
}
