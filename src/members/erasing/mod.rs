//! What is left of a member who is erased: a row without anything in it, so that what others have with them stays whole,
//! and codes that tell tokens from before the erasure.

mod store;

use jiff::Timestamp;

pub use self::store::Identity;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::error::Result;
use crate::ids::MemberId;

/// Under which names identity providers know the caller.
///
/// # Errors
/// `members_only` for an integration.
pub async fn identities(tx: &ReadTx<'_>) -> Result<Vec<Identity>> {
    Ok(store::identities(tx, tx.caller().member()?).await?)
}

/// When somebody is erased: on the clock of the domain, and in real time, which tokens live in.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// As the domain sees it.
    pub erased_at: Timestamp,
    /// As tokens see it: those issued until then are from before.
    pub in_real_time: Timestamp,
}

/// Makes a former member of somebody. The caller holds their lock and acts as the eraser.
///
/// # Errors
/// Whatever the database refuses.
pub async fn erase(tx: &WriteTx<'_>, id: MemberId, moment: Moment) -> Result<()> {
    let known = store::identities(tx, id).await?;
    let mut pseudonyms = Vec::with_capacity(known.len());
    for Identity { issuer, subject, .. } in &known {
        pseudonyms.push(pseudonym(tx, issuer, subject)?);
    }
    store::keep_pseudonyms(tx, &pseudonyms, moment.in_real_time).await?;
    store::delete_identities(tx, id).await?;
    store::delete_terms(tx, id).await?;
    Ok(store::blank(tx, id, moment.erased_at).await?)
}

/// When somebody whom an identity provider knows by this name was erased, if ever.
pub(super) async fn erased_at(tx: &WriteTx<'_>, issuer: &str, subject: &str) -> Result<Option<Timestamp>> {
    Ok(store::erased_at(tx, &pseudonym(tx, issuer, subject)?).await?)
}

fn pseudonym(tx: &ReadTx<'_>, issuer: &str, subject: &str) -> Result<Vec<u8>, DbError> {
    Ok(tx.vault().pseudonym(tx.organization(), &[issuer, subject])?)
}
