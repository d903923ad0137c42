//! Rows of `reflection_shares`: one for each pairing that the coachee's reflection is shared with.

use jiff::Timestamp;

use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{MemberId, PairingId};
use crate::sql;

pub(super) async fn insert(
    tx: &WriteTx<'_>,
    pairing: PairingId,
    coachee: MemberId,
    coach: MemberId,
    now: Timestamp,
) -> Result<(), DbError> {
    let insert = sql!(
        "insert into reflection_shares (organization_id, pairing_id, coachee_id, coach_id, shared_at)
         values ($1, $2, $3, $4, $5) on conflict (organization_id, pairing_id) do nothing"
    );
    tx.execute(insert, &[&tx.organization(), &pairing, &coachee, &coach, &now]).await.map(drop)
}

pub(super) async fn delete(tx: &WriteTx<'_>, pairing: PairingId) -> Result<(), DbError> {
    let delete = sql!("delete from reflection_shares where organization_id = $1 and pairing_id = $2");
    tx.execute(delete, &[&tx.organization(), &pairing]).await.map(drop)
}

/// All of a coachee's.
pub(super) async fn all(tx: &ReadTx<'_>, coachee: MemberId) -> Result<Vec<(PairingId, Timestamp)>, DbError> {
    let all = sql!(
        "select pairing_id, shared_at from reflection_shares where organization_id = $1 and coachee_id = $2
         order by shared_at, pairing_id"
    );
    let rows = tx.query(all, &[&tx.organization(), &coachee]).await?;
    Ok(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub(super) async fn delete_of(tx: &WriteTx<'_>, coachee: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from reflection_shares where organization_id = $1 and coachee_id = $2");
    tx.execute(delete, &[&tx.organization(), &coachee]).await.map(drop)
}
