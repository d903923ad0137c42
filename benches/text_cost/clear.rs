//! What `notes` does, with the text in clear: the same locks, the same statements but for the key.

use peer_coaching::check_ins;
use peer_coaching::codes::Code;
use peer_coaching::db::{ReadTx, WriteTx};
use peer_coaching::error::Result;
use peer_coaching::ids::{CheckInId, MemberId};
use peer_coaching::pairings;
use peer_coaching::text::PrivateText;

const FIND: &str = "
    select case when c.coachee_id = $3 then c.coach_id else c.coachee_id end as partner_id,
      n.author_id, n.version, n.text, n.reader_id, n.updated_at
    from check_ins c
    left join clear_notes n on n.organization_id = $1 and n.check_in_id = c.check_in_id
      and (n.author_id = $3 or n.reader_id = $3)
    where c.organization_id = $1 and c.check_in_id = $2 and $3 in (c.coachee_id, c.coach_id)";

const PUT: &str = "
    insert into clear_notes as n (organization_id, check_in_id, author_id, reader_id, text, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $6)
    on conflict (organization_id, check_in_id, author_id) do update
      set version = n.version + 1, reader_id = excluded.reader_id, text = excluded.text, updated_at = excluded.updated_at";

/// As `notes::get`.
pub async fn get(tx: &ReadTx<'_>, call: CheckInId, me: MemberId) -> Result<Option<PrivateText>> {
    let rows = tx.query(FIND, &[&tx.organization(), &call, &me]).await?;
    let first = rows.first().ok_or(Code::NotFound)?;
    let text = first.get::<_, Option<&[u8]>>("text").map(|text| String::from_utf8_lossy(text).into_owned());
    Ok(text.map(PrivateText::from))
}

/// As `notes::put`.
pub async fn put(tx: &WriteTx<'_>, call: CheckInId, me: MemberId, text: &PrivateText) -> Result<()> {
    let seen = check_ins::get(tx, call).await?;
    let (_, now) = pairings::lock(tx, seen.check_in.pairing).await?;
    get(tx, call, me).await?;
    let reader: Option<MemberId> = None;
    let bytes = text.expose().as_bytes();
    tx.execute(PUT, &[&tx.organization(), &call, &me, &reader, &bytes, &now]).await?;
    get(tx, call, me).await.map(drop)
}
