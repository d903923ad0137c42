//! The policy: an organization's settings, in versions.
//!
//! An administrator writes a new version; everyone reads the newest. A cycle is governed by the newest version written
//! before it started, so nobody's rules change in the middle of a quarter.

pub mod changes;
pub mod http;
pub mod rules;
mod store;

use jiff::Timestamp;

use self::changes::PolicyPatch;
use self::rules::Settings;
pub use self::store::Policy;
use crate::audit_entries::{self, Act};
use crate::codes::Code;
use crate::cycles;
use crate::db::{OnConstraint, ReadTx, WriteTx};
use crate::error::Result;

/// The newest version.
///
/// # Errors
/// Whatever the database refuses; the same for the others here.
pub async fn get(tx: &ReadTx<'_>) -> Result<Policy> {
    tx.caller().member()?;
    Ok(store::get_newest(tx).await?)
}

/// The newest version, for the service's own planning.
///
/// # Errors
/// Whatever the database refuses.
pub async fn newest(tx: &ReadTx<'_>) -> Result<Policy> {
    Ok(store::get_newest(tx).await?)
}

/// The version that governs a cycle which starts at this instant.
///
/// # Errors
/// Whatever the database refuses.
pub async fn governing(tx: &ReadTx<'_>, starts_at: Timestamp) -> Result<Policy> {
    Ok(store::get_before(tx, starts_at).await?)
}

/// Writes the first version, when an organization is founded.
///
/// # Errors
/// Whatever the database refuses.
pub async fn found(tx: &WriteTx<'_>, settings: Settings) -> Result<()> {
    let first = Policy { version: 1, written_at: tx.now(), settings };
    Ok(store::insert(tx, &first).await?)
}

/// Writes a new version with what the patch changes, and plans anew what nobody has opted into.
///
/// # Errors
/// `administrators_only`; `stale` when somebody else has written one in between.
pub async fn change(tx: &WriteTx<'_>, expected: Option<&[i64]>, patch: PolicyPatch) -> Result<Policy> {
    tx.caller().administrator()?;
    tx.lock_calendar().await?;
    let earlier = store::get_newest(tx).await?;
    if expected.is_some_and(|versions| !versions.contains(&earlier.version)) {
        return Err(Code::Stale.into());
    }
    let (settings, changed) = patch.apply_to(&earlier.settings);
    if changed.is_empty() {
        return Ok(earlier);
    }
    let newer = Policy { version: earlier.version + 1, written_at: tx.now(), settings };
    store::insert(tx, &newer).await.on_constraint("policies_pkey", Code::Stale)?;
    if newer.settings.plans_differently_from(&earlier.settings) {
        cycles::plan_anew(tx, &newer.settings).await?;
    }
    audit_entries::record(tx, &[Act { action: "policy.changed", subject: None, member: None, changed }]).await?;
    Ok(newer)
}
