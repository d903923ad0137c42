//! Members: the people of an organization, its directory, and who a token's bearer is among them.
//!
//! The directory owns name, email, external id, title, team and whether somebody is active; the member owns the rest.
//! Whoever leaves (is deactivated) takes part in nothing any more; coming back restores nothing. Of whoever is erased
//! a "former member" remains, for those who had to do with them.

pub mod changes;
mod erasing;
pub mod http;
mod joining;
pub mod rules;
mod store;

use jiff::Timestamp;

use self::changes::{MePatch, MemberPatch, MemberUpsert, Outcome};
pub use self::erasing::{Identity, Moment, erase, identities};
pub use self::joining::recognize;
use self::rules::{Directory, Kind, Member, Own, folded, tidy};
use self::store::Search;
use crate::access::{Actor, IntegrationScope};
use crate::audit_entries::{self, Act};
use crate::codes::Code;
use crate::db::{OnConstraint, ReadTx, WriteTx};
use crate::error::{Error, Flaw, Place, Result};
use crate::ids::MemberId;
use crate::pairings;

/// The database's name for "one member for each external id".
const EXTERNAL_ID: &str = "members_external_id";

/// The caller, with the name of their organization.
///
/// # Errors
/// `members_only` for an integration.
pub async fn me(tx: &ReadTx<'_>) -> Result<(Member, String)> {
    let me = tx.caller().member()?;
    let (member, organization) = store::find_with_organization(tx, me).await?.ok_or(Code::NotFound)?;
    not_erased(&member)?; // a replica may remember them for half a minute
    Ok((member, organization))
}

fn not_erased(member: &Member) -> Result<()> {
    if member.is_erased { Err(Code::MemberErased.into()) } else { Ok(()) }
}

/// Changes what the caller says of themself.
///
/// # Errors
/// `members_only`; `stale`.
pub async fn change_me(tx: &WriteTx<'_>, expected: Option<&[i64]>, patch: MePatch) -> Result<(Member, String)> {
    let me = tx.caller().member()?;
    tx.lock_people(&[me]).await?;
    let (mut member, organization) = store::find_with_organization(tx, me).await?.ok_or(Code::NotFound)?;
    check_version(&member, expected)?;
    if patch.apply_to(&mut member.own) {
        if store::update_own(tx, &member, tx.now()).await? == 0 {
            return Err(Code::Stale.into());
        }
        member.version += 1;
    }
    Ok((member, organization))
}

fn check_version(member: &Member, expected: Option<&[i64]>) -> Result<()> {
    let stale = expected.is_some_and(|versions| !versions.contains(&member.version));
    if stale { Err(Code::Stale.into()) } else { Ok(()) }
}

/// One entry of the directory. Who has left is there for administrators and integrations only.
///
/// # Errors
/// `not_found`; `member_erased` for whoever sees who has left; `scope_missing`.
pub async fn get(tx: &ReadTx<'_>, id: MemberId) -> Result<Member> {
    tx.caller().permits(IntegrationScope::MembersRead)?;
    let member = store::find(tx, id).await?;
    let shown = member.filter(|member| member.directory.active || sees_who_left(tx)).ok_or(Code::NotFound)?;
    not_erased(&shown)?;
    Ok(shown)
}

/// A member, whoever asks and even if nothing is left of them.
///
/// # Errors
/// Whatever the database refuses.
pub async fn find(tx: &ReadTx<'_>, id: MemberId) -> Result<Option<Member>> {
    Ok(store::find(tx, id).await?)
}

/// Members who want to be told of what is due, in the order of ids, behind this one: so many at most. The service itself
/// asks.
///
/// # Errors
/// Whatever the database refuses.
pub async fn to_be_told(tx: &ReadTx<'_>, after: Option<MemberId>, most: i64) -> Result<Vec<MemberId>> {
    Ok(store::to_be_told(tx, after, most).await?)
}

/// A member whom an administrator, or they themself, is about to change for good: in the version that was read, and locked.
///
/// # Errors
/// `not_found`; `member_erased`; `stale`.
pub async fn lock(tx: &WriteTx<'_>, id: MemberId, expected: Option<&[i64]>) -> Result<Member> {
    tx.lock_people(&[id]).await?;
    let member = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    not_erased(&member)?;
    check_version(&member, expected)?;
    Ok(member)
}

fn sees_who_left(tx: &ReadTx<'_>) -> bool {
    !matches!(tx.caller().actor, Actor::Member(_))
}

/// What a directory list was asked for.
#[derive(Debug, Default, serde::Serialize)]
#[expect(missing_docs, reason = "each filter is explained where it is offered: members/http.rs")]
pub struct Wanted {
    pub q: Option<String>,
    pub expertise: Option<String>,
    pub project: Option<String>,
    pub open_to_coaching: Option<bool>,
    pub active: Option<bool>,
}

/// Searches the directory, in the order of the terms that lead to each member. Returns that term too.
///
/// # Errors
/// `scope_missing` for an integration without `members:read`.
pub async fn search(
    tx: &ReadTx<'_>,
    wanted: &Wanted,
    after: Option<(String, MemberId)>,
    limit: i64,
) -> Result<Vec<(String, Member)>> {
    tx.caller().permits(IntegrationScope::MembersRead)?;
    if wanted.active == Some(false) && !sees_who_left(tx) {
        return Ok(Vec::new());
    }
    let fold = |text: &Option<String>| text.as_deref().map(folded);
    let (q, expertise, project) = (fold(&wanted.q), fold(&wanted.expertise), fold(&wanted.project));
    // The most telling filter leads: few are on one project, many may have a name or know a topic.
    let (led_by, (from, until)) = match (&project, &q, &expertise) {
        (Some(project), _, _) => (Kind::Project, alone(project)),
        (None, Some(q), _) => (Kind::Name, beginning_with(q)),
        (None, None, Some(expertise)) => (Kind::Expertise, alone(expertise)),
        (None, None, None) => (Kind::Name, beginning_with("")),
    };
    let name = q.as_deref().filter(|_| led_by != Kind::Name).map(beginning_with);
    let search = Search {
        led_by,
        from: &from,
        until: &until,
        whole: q.is_none(),
        name: name.as_ref().map(|(from, until)| (from.as_str(), until.as_str())),
        expertise: expertise.as_deref().filter(|_| led_by != Kind::Expertise),
        open_to_coaching: wanted.open_to_coaching,
        active: if sees_who_left(tx) { wanted.active } else { Some(true) },
        after: after.as_ref().map(|(term, member)| (term.as_str(), *member)),
    };
    Ok(store::search(tx, &search, limit).await?)
}

/// From which term to before which lies this one alone: the next in order is the same with the smallest letter behind it.
fn alone(term: &str) -> (String, String) {
    (term.to_owned(), format!("{term}\u{1}"))
}

/// The same for all that begin with it.
fn beginning_with(start: &str) -> (String, String) {
    (start.to_owned(), format!("{start}\u{10FFFF}"))
}

/// Changes what the directory says of a member; deactivating ends what they take part in.
///
/// # Errors
/// `administrators_only`, `scope_missing`; `not_found`; `member_erased`; `stale`; `already_exists` for an external id
/// that is taken.
pub async fn change(tx: &WriteTx<'_>, id: MemberId, expected: Option<&[i64]>, patch: MemberPatch) -> Result<Member> {
    tx.caller().administrator_or(IntegrationScope::MembersWrite)?;
    let mut member = lock(tx, id, expected).await?;
    let mut directory = member.directory.clone();
    let changed = patch.apply_to(&mut directory);
    if !changed.is_empty() {
        let was_active = member.directory.active;
        member.directory = directory;
        redirect(tx, &[Redirected { member: member.clone(), was_active, changed }]).await?;
        member.version += 1;
    }
    Ok(member)
}

/// A member of whom the directory says something new.
struct Redirected {
    /// As the directory describes them now.
    member: Member,
    was_active: bool,
    changed: Vec<&'static str>,
}

impl Redirected {
    fn leaves(&self) -> bool {
        self.was_active && !self.member.directory.active
    }

    fn act(&self) -> Act {
        let action = match (self.was_active, self.member.directory.active) {
            (true, false) => "member.deactivated",
            (false, true) => "member.reactivated",
            (true, true) | (false, false) => "member.changed",
        };
        let id = self.member.id;
        Act { action, subject: Some(id.uuid()), member: Some(id), changed: self.changed.clone() }
    }
}

/// Stores what the directory says now, and sees off who leaves by it. The caller holds the members' locks.
async fn redirect(tx: &WriteTx<'_>, redirected: &[Redirected]) -> Result<()> {
    if redirected.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let members = redirected.iter().map(|redirected| redirected.member.clone()).collect::<Vec<_>>();
    let stored = store::update_directory(tx, &members, now).await.on_constraint(EXTERNAL_ID, Code::AlreadyExists)?;
    if stored != members.len() as u64 {
        return Err(Code::Stale.into());
    }
    let leavers = redirected.iter().filter(|redirected| redirected.leaves()).map(|redirected| redirected.member.id);
    let leavers = leavers.collect::<Vec<_>>();
    if !leavers.is_empty() {
        pairings::left(tx, &leavers, now).await?;
    }
    audit_entries::record(tx, &redirected.iter().map(Redirected::act).collect::<Vec<_>>()).await
}

/// Brings directory entries in, by external id: new ones are created, known ones changed. All of them, or none.
///
/// # Errors
/// `administrators_only`, `scope_missing`; `invalid` naming each entry that occurs twice.
pub async fn upsert(tx: &WriteTx<'_>, entries: Vec<MemberUpsert>) -> Result<Vec<(Member, Outcome)>> {
    tx.caller().administrator_or(IntegrationScope::MembersWrite)?;
    let external_ids = entries.iter().map(|entry| tidy(entry.external_id())).collect::<Vec<_>>();
    each_once(&external_ids)?;
    let wanted = external_ids.iter().map(String::as_str).collect::<Vec<_>>();
    let known = store::find_by_external_ids(tx, &wanted).await?;
    let locked = known.iter().map(|member| member.id).collect::<Vec<_>>();
    tx.lock_people(&locked).await?;
    let mut known = store::find_by_external_ids(tx, &wanted).await?;
    if known.iter().any(|member| !locked.contains(&member.id)) {
        return Err(Code::AlreadyExists.into()); // they came in while we waited, and are not locked
    }
    let mut outcomes = Vec::with_capacity(entries.len());
    let (mut new, mut redirected) = (Vec::new(), Vec::new());
    for (entry, external_id) in entries.into_iter().zip(external_ids) {
        let found = known.iter().position(|member| member.directory.external_id.as_deref() == Some(&external_id));
        outcomes.push(match found.map(|at| known.swap_remove(at)) {
            Some(mut member) => {
                let was_active = member.directory.active;
                let changed = entry.apply_to(&mut member.directory);
                let outcome = if changed.is_empty() { Outcome::Unchanged } else { Outcome::Updated };
                if outcome == Outcome::Updated {
                    redirected.push(Redirected { member: member.clone(), was_active, changed });
                }
                (member, outcome)
            }
            None => {
                let mut directory = Directory { external_id: Some(external_id), active: true, ..Directory::default() };
                entry.apply_to(&mut directory);
                let member = newcomer(directory, tx.now());
                new.push(member.clone());
                (member, Outcome::Created)
            }
        });
    }
    // Two who bring the same people in may wait for each other, but never in a circle.
    new.sort_by(|one, other| one.directory.external_id.cmp(&other.directory.external_id));
    add(tx, &new).await?;
    redirect(tx, &redirected).await?;
    Ok(outcomes)
}

/// A member to be, as the directory describes them.
pub fn newcomer(directory: Directory, now: Timestamp) -> Member {
    Member { id: MemberId::new(), version: 1, directory, own: Own::default(), is_erased: false, created_at: now }
}

/// Adds directory entries.
///
/// # Errors
/// `already_exists` for an external id that is taken.
pub async fn add(tx: &WriteTx<'_>, members: &[Member]) -> Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    store::insert(tx, members).await.on_constraint(EXTERNAL_ID, Code::AlreadyExists)?;
    let act = |member: &Member| Act {
        action: "member.added",
        subject: Some(member.id.uuid()),
        member: Some(member.id),
        changed: vec![],
    };
    audit_entries::record(tx, &members.iter().map(act).collect::<Vec<_>>()).await
}

fn each_once(external_ids: &[String]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    let repeated = external_ids.iter().enumerate().filter(|(_, id)| !seen.insert(id.as_str())).map(|(at, _)| Flaw {
        place: Place::Body(format!("/members/{at}/external_id")),
        code: "repeated",
        detail: "occurs twice in this batch".into(),
        malformed: false,
    });
    let flaws = repeated.collect::<Vec<_>>();
    if flaws.is_empty() { Ok(()) } else { Err(Error::Invalid(flaws)) }
}
