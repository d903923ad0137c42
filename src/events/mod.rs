//! Events: what happened, told reliably to the company's own programs, without what people wrote.
//!
//! They are appended by the database, in the transaction that makes them true (`migrations/V25__events.sql`); so none is
//! forgotten, and none is told that was rolled back. An event about people has one recipient, who is to be told, and
//! the id of the thing, never the partner's. Readers follow a cursor through an order in which nothing can appear behind
//! them, however late it commits: the order of transactions, read below the oldest that is under way.

pub mod http;
pub mod reminders;
pub mod rules;
mod store;

use self::rules::{EventType, Kept, Place};
pub use self::store::Event;
use crate::access::{IntegrationScope, Reason};
use crate::db::{Scope, WriteTx};
use crate::error::Result;
use crate::ids::{MemberId, WebhookId};

/// How many events are read at most for one page of certain types.
const MOST_READ: i64 = 1000;

/// How many are deleted in one transaction.
const BATCH: i64 = 1000;

/// A page of the feed.
#[derive(Debug)]
pub struct Feed {
    /// What happened.
    pub events: Vec<Event>,
    /// Whether more may be there already.
    pub has_more: bool,
    /// Where to go on.
    pub next: Place,
}

/// What happened after a place, of these types or all, in the order in which it is told; for programs with the scope
/// `events:read`.
///
/// # Errors
/// `integrations_only`; `scope_missing`; `cursor_expired`.
pub async fn list(
    scope: &Scope,
    after: Option<Place>,
    types: Option<&[EventType]>,
    limit: usize,
    kept: Kept,
) -> Result<Feed> {
    scope.caller().integration(IntegrationScope::EventsRead)?;
    let now = scope.clock().now();
    let names = types.map(|types| types.iter().map(|one| one.name()).collect::<Vec<_>>());
    let most = if names.is_some() { MOST_READ } else { limit as i64 + 1 };
    let stretch = scope.read(async |tx| Ok(store::stretch(tx, after.as_ref(), names.as_deref(), most).await?)).await?;
    if let Some(place) = &after {
        place.holds(stretch.cluster, kept, now)?;
    }
    let shown = stretch.events.get(..limit).unwrap_or(&stretch.events);
    let is_cut = shown.len() < stretch.events.len();
    let start = after.map_or((0, 0), |place| (place.transaction, place.ordinal));
    let (transaction, ordinal) = match shown.last() {
        Some((_, transaction, ordinal)) if is_cut => (*transaction, *ordinal),
        _ => stretch.read_to.unwrap_or(start),
    };
    Ok(Feed {
        next: Place { cluster: stretch.cluster, transaction, ordinal, read_at: now },
        has_more: is_cut || stretch.read == most,
        events: shown.iter().map(|(event, ..)| event.clone()).collect(),
    })
}

/// Tells that a webhook was disabled, by the service or by its receiver.
///
/// # Errors
/// Whatever the database refuses.
pub async fn tell_of_disabled_webhook(tx: &WriteTx<'_>, webhook: WebhookId) -> Result<()> {
    Ok(store::insert_disabled_webhook(tx, webhook).await?)
}

/// Deletes what was told to somebody who is erased. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete_of(tx, member).await?)
}

/// Deletes events, and reminders, that have been kept for long enough, in the organization of this scope.
///
/// # Errors
/// Whatever the database refuses.
pub async fn sweep(scope: &Scope, kept: Kept) -> Result<u64> {
    let (eraser, before) = (scope.as_system(Reason::Erasing), kept.forgets_before(scope.clock().now()));
    eraser.write(async |tx| Ok(store::delete_reminders_before(tx, before).await?)).await?;
    let mut deleted = 0;
    loop {
        let some = eraser.write(async |tx| Ok(store::delete_before(tx, before, BATCH).await?)).await?;
        deleted += some;
        if some == 0 {
            return Ok(deleted);
        }
    }
}
