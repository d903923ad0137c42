//! Rows of `idempotency_keys`, as an erasure changes them: answers that are kept for whoever repeats a request.

use crate::db::{DbError, WriteTx};
use crate::ids::MemberId;
use crate::sql;

pub(super) async fn delete_answers_to(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from idempotency_keys where organization_id = $1 and caller_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

/// What others were answered may show this member: those who share a pairing with them, and those who bring people in.
/// That the request was done is remembered, so that it is not done twice; the answer is not.
pub(super) async fn forget_answers_about(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let forget = sql!(
        "update idempotency_keys set headers = null, body = null
         where organization_id = $1 and body is not null and (route like '% /v1/members/batch'
           or caller_id in (
             select coach_id from pairings where organization_id = $1 and coachee_id = $2
             union all select coachee_id from pairings where organization_id = $1 and coach_id = $2))"
    );
    tx.execute(forget, &[&tx.organization(), &member]).await.map(drop)
}
