//! Erasures: somebody goes for good (design: P4 Leavers, P8).
//!
//! In one transaction, under their lock: what they have with others ends, as when they are deactivated; what is theirs
//! alone is deleted; their key is, and with it every text that it sealed. What others have with them stays, with a "former
//! member" in it: pairings, check-ins, what the others have written. Nothing brings it back.
//!
//! Before the commit the erasure is written to a ledger outside of the database, where one is kept: whoever restores a
//! database from before it does it again with that. An erasure that is in the ledger and fails was asked for all the
//! same; it can be repeated, and the ledger may name somebody twice.

pub mod http;
pub mod ledger;
mod store;

use jiff::Timestamp;

use self::ledger::{Entry, Ledger};
use crate::access::Reason;
use crate::audit_entries::{self, Act};
use crate::clock::real_time;
use crate::db::WriteTx;
use crate::error::Result;
use crate::ids::MemberId;
use crate::members::{self, Moment};
use crate::{calendar, check_ins, events, help_requests, pairings, participations, reflections};

/// Erases the caller.
///
/// # Errors
/// `members_only`; `stale`; unavailable where the ledger cannot be written.
pub async fn erase_me(tx: &WriteTx<'_>, expected: Option<&[i64]>, ledger: Option<&Ledger>) -> Result<()> {
    let me = tx.caller().member()?;
    members::lock(tx, me, expected).await?;
    erase(tx, me, now(tx)).await?;
    write(tx, me, ledger).await
}

/// Erases a member, as an administrator.
///
/// # Errors
/// `administrators_only`; `not_found`; `member_erased`; `stale`; unavailable where the ledger cannot be written.
pub async fn erase_member(
    tx: &WriteTx<'_>,
    member: MemberId,
    expected: Option<&[i64]>,
    ledger: Option<&Ledger>,
) -> Result<()> {
    tx.caller().administrator()?;
    members::lock(tx, member, expected).await?;
    let act = Act { action: "member.erased", subject: Some(member.uuid()), member: Some(member), changed: vec![] };
    audit_entries::record(tx, &[act]).await?;
    erase(tx, member, now(tx)).await?;
    write(tx, member, ledger).await
}

/// What became of an erasure that was done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// They are erased now.
    Now,
    /// They were erased already.
    Before,
    /// Nobody knows them.
    Unknown,
}

/// Erases somebody again whom a ledger names. The service itself asks, in their organization.
///
/// # Errors
/// Whatever the database refuses.
pub async fn replay(tx: &WriteTx<'_>, member: MemberId, erased_at: Timestamp) -> Result<Replayed> {
    tx.lock_people(&[member]).await?;
    match members::find(tx, member).await? {
        None => Ok(Replayed::Unknown),
        Some(found) if found.is_erased => Ok(Replayed::Before),
        Some(_) => {
            erase(tx, member, Moment { erased_at, in_real_time: erased_at }).await?;
            Ok(Replayed::Now)
        }
    }
}

fn now(tx: &WriteTx<'_>) -> Moment {
    Moment { erased_at: tx.now(), in_real_time: real_time() }
}

/// Erases somebody; the caller holds their lock.
async fn erase(tx: &WriteTx<'_>, member: MemberId, moment: Moment) -> Result<()> {
    pairings::left(tx, &[member], tx.now()).await?;
    tx.as_system(Reason::Erasing, async |tx| {
        store::forget_answers_about(tx, member).await?;
        store::delete_answers_to(tx, member).await?;
        participations::erase(tx, member).await?;
        reflections::erase(tx, member).await?;
        help_requests::erase(tx, member).await?;
        pairings::erase(tx, member).await?;
        check_ins::erase(tx, member).await?;
        calendar::erase(tx, member).await?;
        events::erase(tx, member).await?;
        members::erase(tx, member, moment).await?;
        tx.delete_key_of(member).await?; // and with it all that is sealed with it
        Ok(())
    })
    .await
}

/// The last thing before the commit.
async fn write(tx: &WriteTx<'_>, member: MemberId, ledger: Option<&Ledger>) -> Result<()> {
    let Some(ledger) = ledger else { return Ok(()) };
    ledger.append(Entry { organization_id: tx.organization(), member_id: member, erased_at: tx.now() }).await
}
