//! How a verified token finds its member, and how somebody becomes one.

use jiff::Timestamp;
use uuid::Uuid;

use super::rules::{Directory, Member, Recognized, is_from_before, tidy};
use super::{EXTERNAL_ID, newcomer, store};
use crate::access::Verified;
use crate::codes::Code;
use crate::db::{OnConstraint, Scope, WriteTx};
use crate::error::Result;
use crate::ids::MemberId;
use crate::policy;
use crate::text::is_line;

/// Whom a verified token speaks of, and whether they are active. The first call links the token's subject to the
/// directory entry that its `member_claim` names, or creates a member where the policy allows that.
///
/// # Errors
/// `not_a_member` where neither is possible; `member_erased` where the token is from before an erasure.
pub async fn recognize(system: &Scope, token: &Verified) -> Result<Recognized> {
    let (issuer, subject) = (&*token.issuer, token.subject.as_str());
    if let Some(known) = system.read(async |tx| Ok(store::find_by_identity(tx, issuer, subject).await?)).await? {
        return Ok(known);
    }
    match system.write(async |tx| join(tx, token).await).await {
        // The directory has just brought in the same person: now there is an entry to link.
        Err(refused) if refused.code() == Code::AlreadyExists => system.write(async |tx| join(tx, token).await).await,
        joined => joined,
    }
}

/// Links a token's subject to a member.
async fn join(tx: &WriteTx<'_>, token: &Verified) -> Result<Recognized> {
    let (issuer, subject) = (&*token.issuer, token.subject.as_str());
    // Two first calls at once: the second waits here and then finds what the first has made.
    tx.lock_people(&[stand_in(&[issuer, subject]), stand_in(&[token.external_id.as_deref().unwrap_or(subject)])])
        .await?;
    if let Some(known) = store::find_by_identity(tx, issuer, subject).await? {
        return Ok(known);
    }
    let not_before = super::erasing::erased_at(tx, issuer, subject).await?;
    if not_before.is_some_and(|erased_at| is_from_before(token.issued_at, erased_at)) {
        return Err(Code::MemberErased.into());
    }
    let now = tx.now();
    let member = match entry(tx, token).await? {
        Some(entry) => entry,
        None => create(tx, token, now).await?,
    };
    let recognized = Recognized { member: member.id, is_active: member.directory.active, not_before };
    store::link(tx, issuer, subject, &recognized, now).await?;
    Ok(recognized)
}

/// The directory entry that the token names, locked: whoever is erased meanwhile is not linked.
async fn entry(tx: &WriteTx<'_>, token: &Verified) -> Result<Option<Member>> {
    let Some(external_id) = token.external_id.as_deref() else { return Ok(None) };
    let find = async || store::find_by_external_ids(tx, &[external_id]).await;
    let Some(found) = find().await?.pop() else { return Ok(None) };
    tx.lock_people(&[found.id]).await?;
    Ok(find().await?.pop().filter(|entry| entry.id == found.id))
}

async fn create(tx: &WriteTx<'_>, token: &Verified, now: Timestamp) -> Result<Member> {
    if !policy::newest(tx).await?.settings.create_members {
        return Err(Code::NotAMember.into());
    }
    let name = [&token.name, &token.external_id].into_iter().flatten().find(|name| is_line(name));
    let name = name.map_or("New member", String::as_str);
    let directory = Directory {
        external_id: token.external_id.clone(),
        email: token.email.clone().filter(|email| is_address(email)),
        name: tidy(name).chars().take(120).collect(),
        active: true,
        ..Directory::default()
    };
    let member = newcomer(directory, now);
    store::insert(tx, std::slice::from_ref(&member)).await.on_constraint(EXTERNAL_ID, Code::AlreadyExists)?;
    Ok(member)
}

/// Whether this may be kept as an address. A token's may be anything; a strange one keeps nobody out.
fn is_address(email: &str) -> bool {
    email.contains('@') && is_line(email) && (3..=254).contains(&email.chars().count())
}

/// Something to lock for a person who has no id yet.
fn stand_in(names: &[&str]) -> MemberId {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, names.join("\n").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    Uuid::from_bytes(bytes).into()
}
