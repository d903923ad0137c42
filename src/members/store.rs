//! Rows of `members`, `member_terms` and `identities`.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Directory, Kind, Member, Own, Recognized, terms};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::MemberId;
use crate::sql;

impl From<Row> for Member {
    fn from(row: Row) -> Self {
        let works = |name| row.get::<_, Option<String>>(name);
        Self {
            id: row.get("member_id"),
            version: row.get("version"),
            directory: Directory {
                external_id: row.get("external_id"),
                email: row.get("email"),
                name: row.get("name"),
                title: row.get("title"),
                team: row.get("team"),
                active: row.get("active"),
            },
            own: Own {
                time_zone: row.get("time_zone"),
                working_hours: works("works_from").zip(works("works_until")),
                languages: row.get("languages"),
                expertise: row.get("expertise"),
                projects: row.get("projects"),
                open_to_coaching: row.get("open_to_coaching"),
                coach_capacity: row.get("coach_capacity"),
                notify: row.get("notify"),
            },
            is_erased: row.get::<_, Option<Timestamp>>("erased_at").is_some(),
            created_at: row.get("created_at"),
        }
    }
}

pub(super) async fn find(tx: &ReadTx<'_>, id: MemberId) -> Result<Option<Member>, DbError> {
    let one = sql!("select * from members where organization_id = $1 and member_id = $2");
    Ok(tx.query_opt(one, &[&tx.organization(), &id]).await?.map(Member::from))
}

/// A member with the name of the organization.
pub(super) async fn find_with_organization(tx: &ReadTx<'_>, id: MemberId) -> Result<Option<(Member, String)>, DbError> {
    let one = sql!(
        "select m.*, o.name as organization_name from members m
         join organizations o on o.organization_id = m.organization_id
         where m.organization_id = $1 and m.member_id = $2"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &id]).await?;
    Ok(row.map(|row| (row.get("organization_name"), Member::from(row))).map(|(name, member)| (member, name)))
}

/// Whom an identity provider's subject is.
pub(super) async fn find_by_identity(
    tx: &ReadTx<'_>,
    issuer: &str,
    subject: &str,
) -> Result<Option<Recognized>, DbError> {
    let one = sql!(
        "select m.member_id, m.active, i.not_before from identities i
         join members m on m.organization_id = i.organization_id and m.member_id = i.member_id
         where i.organization_id = $1 and i.issuer = $2 and i.subject = $3"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &issuer, &subject]).await?;
    Ok(row.map(|row| Recognized { member: row.get(0), is_active: row.get(1), not_before: row.get(2) }))
}

pub(super) async fn find_by_external_ids(tx: &ReadTx<'_>, external_ids: &[&str]) -> Result<Vec<Member>, DbError> {
    let some = sql!("select * from members where organization_id = $1 and external_id = any($2)");
    let rows = tx.query(some, &[&tx.organization(), &external_ids]).await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

pub(super) async fn link(
    tx: &WriteTx<'_>,
    issuer: &str,
    subject: &str,
    recognized: &Recognized,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql!(
            "insert into identities (organization_id, issuer, subject, member_id, not_before, linked_at)
             values ($1, $2, $3, $4, $5, $6)"
        ),
        &[&tx.organization(), &issuer, &subject, &recognized.member, &recognized.not_before, &now],
    )
    .await
    .map(drop)
}

/// A directory search: where it starts in the order of terms, and what else must fit.
#[derive(Debug)]
pub struct Search<'a> {
    /// Which terms lead it.
    pub led_by: Kind,
    /// From this term on.
    pub from: &'a str,
    /// Before this one.
    pub until: &'a str,
    /// Whether each member's whole name alone leads to them.
    pub whole: bool,
    /// Also with a name from here on and before there, where names do not lead.
    pub name: Option<(&'a str, &'a str)>,
    /// Also of this expertise, folded, where it does not lead.
    pub expertise: Option<&'a str>,
    /// Also open to coaching, or not.
    pub open_to_coaching: Option<bool>,
    /// Also active, or not.
    pub active: Option<bool>,
    /// After this term and member.
    pub after: Option<(&'a str, MemberId)>,
}

/// Members in the order of the terms that lead to them, with that term: one more than the limit, where there is more.
pub(super) async fn search(tx: &ReadTx<'_>, search: &Search<'_>, limit: i64) -> Result<Vec<(String, Member)>, DbError> {
    // Nobody has the id of zeros: without a cursor, behind them is from the first one on.
    let (after_term, after_member) = search.after.unwrap_or((search.from, MemberId::from(uuid::Uuid::nil())));
    let (name_from, name_until) = search.name.unzip();
    let rows = tx
        .query(
            sql!(
                "select t.term, m.*
                 from member_terms t
                 join members m on m.organization_id = $1 and m.member_id = t.member_id
                 where t.organization_id = $1 and t.kind = $2 and t.term < $4
                   -- one comparison, by which the index is entered where the page begins
                   and (t.term, t.member_id) > ($5::text, $6::uuid)
                   and (not $7 or t.is_whole)
                   -- a name that matches from two of its words on is found by the first alone
                   and not exists (select from member_terms other
                     where other.organization_id = $1 and other.member_id = t.member_id and other.kind = $2
                       and other.term >= $3 and other.term < t.term and (not $7 or other.is_whole))
                   and ($8::boolean is null or m.open_to_coaching = $8)
                   and ($9::boolean is null or m.active = $9)
                   -- `offset 0`: looked up for each, never by a hash of all who have the same
                   and ($10::text is null or exists (select from member_terms e
                     where e.organization_id = $1 and e.kind = 'expertise' and e.term = $10 and e.member_id = t.member_id
                     offset 0))
                   and ($11::text is null or exists (select from member_terms n
                     where n.organization_id = $1 and n.kind = 'name' and n.term >= $11 and n.term < $12::text
                       and n.member_id = t.member_id
                     offset 0))
                 order by t.term, t.member_id limit $13::bigint + 1"
            ),
            &[
                &tx.organization(),
                &search.led_by.name(),
                &search.from,
                &search.until,
                &after_term,
                &after_member,
                &search.whole,
                &search.open_to_coaching,
                &search.active,
                &search.expertise,
                &name_from,
                &name_until,
                &limit,
            ],
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.get("term"), row.into())).collect())
}

/// Stores new members, in one statement however many they are; what they say of themselves is left to them.
pub(super) async fn insert(tx: &WriteTx<'_>, members: &[Member]) -> Result<(), DbError> {
    macro_rules! column {
        (|$member:ident| $value:expr) => {
            members.iter().map(|$member| $value).collect::<Vec<_>>()
        };
    }
    tx.execute(
        sql!(
            "insert into members (organization_id, member_id, external_id, email, name, title, team, active,
               created_at, updated_at)
             select $1, member_id, external_id, email, name, title, team, active, created_at, created_at
             from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
               $9::timestamptz[])
               as new (member_id, external_id, email, name, title, team, active, created_at)"
        ),
        &[
            &tx.organization(),
            &column!(|member| member.id),
            &column!(|member| member.directory.external_id.as_deref()),
            &column!(|member| member.directory.email.as_deref()),
            &column!(|member| member.directory.name.as_str()),
            &column!(|member| member.directory.title.as_deref()),
            &column!(|member| member.directory.team.as_deref()),
            &column!(|member| member.directory.active),
            &column!(|member| member.created_at),
        ],
    )
    .await?;
    keep_terms(tx, members).await
}

/// Stores what a member says of themself as a new version, where it still is the version that was read. Returns how many
/// there were.
pub(super) async fn update_own(tx: &WriteTx<'_>, member: &Member, now: Timestamp) -> Result<u64, DbError> {
    let own = &member.own;
    let (works_from, works_until) = own.working_hours.clone().unzip();
    let updated = tx
        .execute(
            sql!(
                "update members set version = version + 1, time_zone = $4, works_from = $5, works_until = $6,
                   languages = $7, expertise = $8, projects = $9, open_to_coaching = $10, coach_capacity = $11,
                   notify = $12, updated_at = $13
                 where organization_id = $1 and member_id = $2 and version = $3"
            ),
            &[
                &tx.organization(),
                &member.id,
                &member.version,
                &own.time_zone,
                &works_from,
                &works_until,
                &own.languages,
                &own.expertise,
                &own.projects,
                &own.open_to_coaching,
                &own.coach_capacity,
                &own.notify,
                &now,
            ],
        )
        .await?;
    keep_terms(tx, std::slice::from_ref(member)).await?;
    Ok(updated)
}

/// Stores what the directory says of these members, each as a new version, in one statement however many they are.
/// Returns how many there were in the version that was read.
pub(super) async fn update_directory(tx: &WriteTx<'_>, members: &[Member], now: Timestamp) -> Result<u64, DbError> {
    macro_rules! column {
        (|$member:ident| $value:expr) => {
            members.iter().map(|$member| $value).collect::<Vec<_>>()
        };
    }
    let updated = tx
        .execute(
            sql!(
                "update members m set version = m.version + 1, external_id = new.external_id, email = new.email,
                   name = new.name, title = new.title, team = new.team, active = new.active, updated_at = $10
                 from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                   $9::boolean[]) as new (member_id, version, external_id, email, name, title, team, active)
                 where m.organization_id = $1 and m.member_id = new.member_id and m.version = new.version"
            ),
            &[
                &tx.organization(),
                &column!(|member| member.id),
                &column!(|member| member.version),
                &column!(|member| member.directory.external_id.as_deref()),
                &column!(|member| member.directory.email.as_deref()),
                &column!(|member| member.directory.name.as_str()),
                &column!(|member| member.directory.title.as_deref()),
                &column!(|member| member.directory.team.as_deref()),
                &column!(|member| member.directory.active),
                &now,
            ],
        )
        .await?;
    keep_terms(tx, members).await?;
    Ok(updated)
}

/// What members can be found by follows what is stored of them.
async fn keep_terms(tx: &WriteTx<'_>, members: &[Member]) -> Result<(), DbError> {
    let ids = members.iter().map(|member| member.id).collect::<Vec<_>>();
    let terms = members
        .iter()
        .flat_map(|member| terms(&member.directory.name, &member.own).into_iter().map(|term| (member.id, term)));
    let terms = terms.collect::<Vec<_>>();
    tx.execute(
        sql!(
            "with kept as (
               select * from unnest($3::uuid[], $4::text[], $5::text[], $6::boolean[])
                 as kept (member_id, kind, term, is_whole)),
             gone as (
               delete from member_terms old where organization_id = $1 and member_id = any($2)
                 and not exists (select from kept
                   where kept.member_id = old.member_id and kept.kind = old.kind and kept.term = old.term
                     and kept.is_whole = old.is_whole))
             insert into member_terms as old (organization_id, member_id, kind, term, is_whole)
             select $1, member_id, kind, term, is_whole from kept
             where not exists (select from member_terms old where old.organization_id = $1
               and old.member_id = kept.member_id and old.kind = kept.kind and old.term = kept.term
               and old.is_whole = kept.is_whole)"
        ),
        &[
            &tx.organization(),
            &ids,
            &terms.iter().map(|(member, _)| *member).collect::<Vec<_>>(),
            &terms.iter().map(|(_, term)| term.kind.name()).collect::<Vec<_>>(),
            &terms.iter().map(|(_, term)| term.text.as_str()).collect::<Vec<_>>(),
            &terms.iter().map(|(_, term)| term.is_whole).collect::<Vec<_>>(),
        ],
    )
    .await
    .map(drop)
}

/// Those who are active and want to be told, in the order of ids.
pub(super) async fn to_be_told(tx: &ReadTx<'_>, after: Option<MemberId>, most: i64) -> Result<Vec<MemberId>, DbError> {
    let some = sql!(
        "select member_id from members
         where organization_id = $1 and active and notify and ($2::uuid is null or member_id > $2)
         order by member_id limit $3"
    );
    Ok(tx.query(some, &[&tx.organization(), &after, &most]).await?.iter().map(|row| row.get(0)).collect())
}
