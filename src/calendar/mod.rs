//! The calendar: a member's calls where they look for them anyway.
//!
//! A calendar cannot sign in, so it is given a secret address, which shows what one member may see and nothing that anybody
//! wrote. Whoever knows the address sees it too; so it tells no names unless the member says so, it can be replaced or
//! revoked at any time, and it shows nothing any more once the member has left. One call alone can be taken along as well.

pub mod address;
pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use self::address::Address;
use self::rules::{Event, MOST, PAST};
pub use self::store::Feed;
use crate::access::{Actor, Caller, Reason};
use crate::check_ins::{self, Between, Seen};
use crate::codes::Code;
use crate::db::{ReadTx, Scope, WriteTx};
use crate::error::Result;
use crate::ids::{CheckInId, MemberId};

/// Whether the caller's calls are shown at a secret address.
///
/// # Errors
/// `members_only` for an integration.
pub async fn get(tx: &ReadTx<'_>) -> Result<Option<Feed>> {
    Ok(store::find(tx, tx.caller().member()?).await?)
}

/// Makes a secret address for the caller's calls. An earlier one shows nothing from now on.
///
/// # Errors
/// `members_only` for an integration.
pub async fn make(tx: &WriteTx<'_>, show_names: bool) -> Result<(Feed, Address)> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    let address = Address::new(tx.organization());
    let feed = store::put(tx, me, &address.hash(), show_names, tx.now()).await?;
    Ok((feed, address))
}

/// Revokes the caller's address. Repeating it changes nothing.
///
/// # Errors
/// `members_only` for an integration.
pub async fn revoke(tx: &WriteTx<'_>) -> Result<()> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    Ok(store::delete(tx, me).await?)
}

/// Deletes the address of somebody who is erased. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, member: MemberId) -> Result<()> {
    Ok(store::delete(tx, member).await?)
}

/// Whoever has brought a secret address: they read one member's calendar, as that member would, and nothing else.
#[derive(Debug)]
pub struct Subscription {
    scope: Scope,
    feed: Feed,
}

/// Whose calendar this address shows; `scope` makes a caller's view of the database.
///
/// # Errors
/// `not_found` for whatever is no address, is none any more, or is that of somebody who has left.
pub async fn subscription(scope: impl Fn(Caller) -> Scope, address: &str) -> Result<Subscription> {
    let address = Address::read(address).ok_or(Code::NotFound)?;
    let (organization, hash) = (address.organization(), address.hash());
    let subscriber = scope(Caller::system(organization, Reason::Subscribing));
    let found = subscriber.read(async |tx| Ok(store::find_by_hash(tx, &hash).await?)).await?;
    let (member, feed) = found.ok_or(Code::NotFound)?;
    Ok(Subscription { scope: scope(Caller { organization, actor: Actor::Member(member) }), feed })
}

impl Subscription {
    /// The feed's version, and the calendar.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub async fn show(&self) -> Result<(i64, String)> {
        let calls = self.scope.read(async |tx| latest(tx).await).await?;
        let events = calls.into_iter().map(|seen| event(&self.scope, seen, self.feed.show_names));
        Ok((self.feed.version, rules::feed(&events.collect::<Result<Vec<_>>>()?)))
    }
}

/// The calls that a calendar shows: where there are too many, only those to come.
async fn latest(tx: &ReadTx<'_>) -> Result<Vec<Seen>> {
    let since = async |from| check_ins::mine(tx, Between { from: Some(from), to: None }, None, MOST as i64).await;
    let mut calls = since(tx.now() - PAST).await?;
    if calls.len() > MOST {
        calls = since(tx.now()).await?;
    }
    calls.truncate(MOST);
    Ok(calls)
}

/// One of the caller's calls, for a calendar to take in: its version, and what the calendar reads.
///
/// # Errors
/// `not_found` for whoever is neither coachee nor coach.
pub async fn invitation(scope: &Scope, id: CheckInId, show_names: bool) -> Result<(i64, String)> {
    let seen = scope.read(async |tx| check_ins::get(tx, id).await).await?;
    let version = seen.check_in.version;
    Ok((version, rules::invitation(&event(scope, seen, show_names)?)))
}

fn event(scope: &Scope, seen: Seen, show_names: bool) -> Result<Event> {
    let is_coach = scope.caller().member()? == seen.check_in.coach;
    let partner = if is_coach { seen.coachee_name } else { seen.coach_name };
    Ok(Event::of(&seen.check_in, seen.changed_at, show_names.then_some(partner)))
}
