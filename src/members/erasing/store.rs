//! Rows of `members`, `member_terms`, `identities` and `erased_identities`, as an erasure changes them.

use jiff::Timestamp;

use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::MemberId;
use crate::sql;

/// Under which name an identity provider knows a member.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The identity provider.
    pub issuer: String,
    /// Its name for the member.
    pub subject: String,
    /// When the two were linked.
    pub linked_at: Timestamp,
}

pub(super) async fn identities(tx: &ReadTx<'_>, member: MemberId) -> Result<Vec<Identity>, DbError> {
    let some = sql!(
        "select issuer, subject, linked_at from identities where organization_id = $1 and member_id = $2
         order by linked_at, issuer, subject"
    );
    let rows = tx.query(some, &[&tx.organization(), &member]).await?;
    let identity =
        |row: &tokio_postgres::Row| Identity { issuer: row.get(0), subject: row.get(1), linked_at: row.get(2) };
    Ok(rows.iter().map(identity).collect())
}

/// Somebody may have been erased before, and have come back.
pub(super) async fn keep_pseudonyms(
    tx: &WriteTx<'_>,
    pseudonyms: &[Vec<u8>],
    erased_at: Timestamp,
) -> Result<(), DbError> {
    let keep = sql!(
        "insert into erased_identities as earlier (organization_id, pseudonym, erased_at)
         select $1, pseudonym, $3 from unnest($2::bytea[]) as new (pseudonym)
         on conflict (organization_id, pseudonym) do update
           set erased_at = greatest(earlier.erased_at, excluded.erased_at)"
    );
    tx.execute(keep, &[&tx.organization(), &pseudonyms, &erased_at]).await.map(drop)
}

pub(super) async fn erased_at(tx: &ReadTx<'_>, pseudonym: &[u8]) -> Result<Option<Timestamp>, DbError> {
    let one = sql!("select erased_at from erased_identities where organization_id = $1 and pseudonym = $2");
    Ok(tx.query_opt(one, &[&tx.organization(), &pseudonym]).await?.map(|row| row.get(0)))
}

pub(super) async fn delete_identities(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from identities where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

pub(super) async fn delete_terms(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from member_terms where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

pub(super) async fn blank(tx: &WriteTx<'_>, member: MemberId, erased_at: Timestamp) -> Result<(), DbError> {
    let blank = sql!(
        "update members set version = version + 1, name = 'Former member', external_id = null, email = null, title = null,
           team = null, active = false, time_zone = null, works_from = null, works_until = null, languages = '{}',
           expertise = '{}', projects = '{}', open_to_coaching = false, coach_capacity = null, notify = false,
           erased_at = $3, updated_at = $3
         where organization_id = $1 and member_id = $2"
    );
    tx.execute(blank, &[&tx.organization(), &member, &erased_at]).await.map(drop)
}
