//! Rows of `notes`: one for each author and check-in, the text sealed with the author's key.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CheckInId, CycleId, MemberId};
use crate::sql;
use crate::text::PrivateText;
use crate::vault::{Column, OwnerKey};

const TEXT: Column = Column { table: "notes", name: "text", key: "key" };

/// A note, opened.
#[derive(Clone, Debug)]
pub struct Note {
    /// Counts up with each change.
    pub version: i64,
    /// What its author wrote.
    pub text: PrivateText,
    /// Whether the partner can read it.
    pub shared: bool,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// What one of the two sees of the notes about a check-in.
#[derive(Clone, Debug)]
pub struct Notes {
    /// About which check-in.
    pub check_in: CheckInId,
    /// The other one.
    pub partner: MemberId,
    /// The caller's own.
    pub mine: Option<Note>,
    /// The partner's, if shared.
    pub partners: Option<Note>,
}

impl Notes {
    /// The version of the caller's own, which is what the caller can change; 0 where there is none.
    pub fn version(&self) -> i64 {
        self.mine.as_ref().map_or(0, |mine| mine.version)
    }
}

/// The notes about one of the caller's check-ins: at most two. Row-level security shows the partner's only where shared.
pub(super) async fn find(tx: &ReadTx<'_>, check_in: CheckInId, me: MemberId) -> Result<Option<Notes>, DbError> {
    let rows = tx
        .query(
            sql!(
                "select case when c.coachee_id = $3 then c.coach_id else c.coachee_id end as partner_id,
                   n.author_id, n.version, n.text, n.reader_id, n.updated_at,
                   (select wrapped from owner_keys where organization_id = $1 and owner_id = n.author_id) as key
                 from check_ins c
                 left join notes n on n.organization_id = $1 and n.check_in_id = c.check_in_id
                   and (n.author_id = $3 or n.reader_id = $3)
                 where c.organization_id = $1 and c.check_in_id = $2 and $3 in (c.coachee_id, c.coach_id)"
            ),
            &[&tx.organization(), &check_in, &me],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut notes = Notes { check_in, partner: first.get("partner_id"), mine: None, partners: None };
    for row in &rows {
        match row.get::<_, Option<MemberId>>("author_id") {
            Some(author) if author == me => notes.mine = note(tx, row, author, check_in)?,
            Some(author) => notes.partners = note(tx, row, author, check_in)?,
            None => {}
        }
    }
    Ok(Some(notes))
}

fn note(tx: &ReadTx<'_>, row: &Row, author: MemberId, check_in: CheckInId) -> Result<Option<Note>, DbError> {
    let text = tx.opened(row, TEXT, author, check_in)?;
    Ok(text.map(|text| Note {
        version: row.get("version"),
        text: text.into(),
        shared: row.get::<_, Option<MemberId>>("reader_id").is_some(),
        updated_at: row.get("updated_at"),
    }))
}

pub(super) async fn put(
    tx: &WriteTx<'_>,
    key: &OwnerKey,
    check_in: CheckInId,
    author: MemberId,
    text: &PrivateText,
    reader: Option<MemberId>,
    now: Timestamp,
) -> Result<(), DbError> {
    let sealed = key.seal(TEXT, check_in, text.expose());
    tx.execute(
        sql!(
            "insert into notes as n (organization_id, check_in_id, author_id, reader_id, text, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $6)
             on conflict (organization_id, check_in_id, author_id) do update
               set version = n.version + 1, reader_id = excluded.reader_id, text = excluded.text,
                   updated_at = excluded.updated_at"
        ),
        &[&tx.organization(), &check_in, &author, &reader, &sealed, &now],
    )
    .await
    .map(drop)
}

pub(super) async fn delete(tx: &WriteTx<'_>, check_in: CheckInId, author: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from notes where organization_id = $1 and check_in_id = $2 and author_id = $3");
    tx.execute(delete, &[&tx.organization(), &check_in, &author]).await.map(drop)
}

/// All of an author's, the earliest first.
pub(super) async fn all(tx: &ReadTx<'_>, author: MemberId) -> Result<Vec<(CheckInId, Note)>, DbError> {
    let all = sql!(
        "select n.*, k.wrapped as key from notes n
         join owner_keys k on k.organization_id = $1 and k.owner_id = n.author_id
         join check_ins c on c.organization_id = $1 and c.check_in_id = n.check_in_id
         where n.organization_id = $1 and n.author_id = $2 order by c.starts_at, c.check_in_id"
    );
    let mut notes = Vec::new();
    for row in &tx.query(all, &[&tx.organization(), &author]).await? {
        let check_in = row.get("check_in_id");
        notes.extend(note(tx, row, author, check_in)?.map(|note| (check_in, note)));
    }
    Ok(notes)
}

/// So many at most of those about check-ins of this cycle.
pub(super) async fn delete_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from notes where organization_id = $1 and (check_in_id, author_id) in (
           select n.check_in_id, n.author_id from pairings p
           join check_ins c on c.organization_id = $1 and c.pairing_id = p.pairing_id
           join notes n on n.organization_id = $1 and n.check_in_id = c.check_in_id
           where p.organization_id = $1 and p.cycle_id = $2 limit $3)"
    );
    tx.execute(delete, &[&tx.organization(), &cycle, &most]).await
}
