//! Rows of `reflections` and `reflection_answers`: whether it is complete, and, sealed with its author's key, what it says.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::Answers;
use crate::cycles::rules::CycleRef;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId, PairingId};
use crate::sql;
use crate::vault::{Column, OwnerKey, Unopened};

/// All answers of one reflection, as a JSON list; the row is named by its cycle.
const ANSWERS: Column = Column { table: "reflection_answers", name: "answers", key: "key" };

/// A reflection, opened.
#[derive(Clone, Debug)]
pub struct Reflection {
    /// On which cycle.
    pub cycle: CycleId,
    /// Counts up with each change; 0 before the first.
    pub version: i64,
    /// Whose questions it was started with.
    pub policy_version: Option<i64>,
    /// When it was marked complete.
    pub completed_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// The version of the policy that asks: the one that it was started with, or would be.
    pub asked_by: i64,
    /// What is asked.
    pub questions: Vec<String>,
    /// What is answered to each question.
    pub answers: Answers,
}

fn reflection(tx: &ReadTx<'_>, row: &Row, author: MemberId) -> Result<Reflection, DbError> {
    let (cycle, questions) = (row.get("cycle_id"), row.get::<_, Vec<String>>("questions"));
    let mut answers = match tx.opened(row, ANSWERS, author, cycle)? {
        Some(list) => serde_json::from_str::<Answers>(&list).map_err(|_| Unopened)?,
        None => Answers::new(),
    };
    answers.resize(questions.len(), None);
    Ok(Reflection {
        cycle,
        version: row.get("version"),
        policy_version: row.get("policy_version"),
        completed_at: row.get("completed_at"),
        updated_at: row.get("updated_at"),
        asked_by: row.get("asked_by"),
        questions,
        answers,
    })
}

/// A member's reflection on the cycle that is meant; nothing where there is no such cycle, or the current one is
/// cancelled.
pub(super) async fn find(
    tx: &ReadTx<'_>,
    cycle: CycleRef,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<Reflection>, DbError> {
    let (id, word) = cycle.parts();
    let one = sql!(
        "select c.cycle_id, coalesce(r.version, 0) as version, r.policy_version, r.completed_at, r.updated_at,
           q.version as asked_by, q.questions, a.answers, (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = $2) as key
         from cycles c
         left join reflections r
           on r.organization_id = $1 and r.cycle_id = c.cycle_id and r.member_id = $2
         left join reflection_answers a
           on a.organization_id = $1 and a.cycle_id = c.cycle_id and a.member_id = $2
         join policies q on q.organization_id = $1
           and q.version = coalesce(r.policy_version, (select version from policy_of($1, c.starts_at)))
         where c.organization_id = $1 and c.cycle_id = cycle_meant($1, $3, $4, $5)
           and ($4 <> 'current' or c.cancelled_at is null)"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &member, &id, &word, &now]).await?;
    row.map(|row| reflection(tx, &row, member)).transpose()
}

/// All of a member's, the earliest cycle first.
pub(super) async fn all(tx: &ReadTx<'_>, member: MemberId) -> Result<Vec<Reflection>, DbError> {
    let all = sql!(
        "select r.*, q.version as asked_by, q.questions, a.answers, k.wrapped as key
         from reflections r
         join cycles c on c.organization_id = $1 and c.cycle_id = r.cycle_id
         join policies q on q.organization_id = $1 and q.version = r.policy_version
         left join reflection_answers a
           on a.organization_id = $1 and a.cycle_id = r.cycle_id and a.member_id = r.member_id
         left join owner_keys k on k.organization_id = $1 and k.owner_id = r.member_id
         where r.organization_id = $1 and r.member_id = $2 order by c.starts_at"
    );
    let rows = tx.query(all, &[&tx.organization(), &member]).await?;
    rows.iter().map(|row| reflection(tx, row, member)).collect()
}

pub(super) async fn delete_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from reflections where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

/// So many at most of what reflections on this cycle say.
pub(super) async fn delete_answers_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from reflection_answers where organization_id = $1 and cycle_id = $2 and member_id in (
           select member_id from reflection_answers where organization_id = $1 and cycle_id = $2 limit $3)"
    );
    tx.execute(delete, &[&tx.organization(), &cycle, &most]).await
}

/// The coachee's reflection on the cycle of a pairing, and whether it is shared with it. For the coachee; for the coach
/// only where it is shared, from the acceptance on.
pub(super) async fn find_of_pairing(
    tx: &ReadTx<'_>,
    pairing: PairingId,
    reader: MemberId,
) -> Result<Option<(Reflection, bool)>, DbError> {
    let one = sql!(
        "select p.cycle_id, p.coachee_id, s.pairing_id is not null as shared, coalesce(r.version, 0) as version,
           r.policy_version, r.completed_at, r.updated_at, q.version as asked_by, q.questions, a.answers,
           (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coachee_id) as key
         from pairings p
         join cycles c on c.organization_id = $1 and c.cycle_id = p.cycle_id
         left join reflection_shares s on s.organization_id = $1 and s.pairing_id = p.pairing_id
         left join reflections r
           on r.organization_id = $1 and r.cycle_id = p.cycle_id and r.member_id = p.coachee_id
         left join reflection_answers a
           on a.organization_id = $1 and a.cycle_id = p.cycle_id and a.member_id = p.coachee_id
         join policies q on q.organization_id = $1
           and q.version = coalesce(r.policy_version, (select version from policy_of($1, c.starts_at)))
         where p.organization_id = $1 and p.pairing_id = $2
           and (p.coachee_id = $3 or p.coach_id = $3 and s.pairing_id is not null and p.accepted_at is not null)"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &pairing, &reader]).await?;
    row.map(|row| Ok((reflection(tx, &row, row.get("coachee_id"))?, row.get("shared")))).transpose()
}

/// Stores that it was changed, and whether it is complete; shows it so.
pub(super) async fn put(
    tx: &WriteTx<'_>,
    reflection: Reflection,
    member: MemberId,
    now: Timestamp,
) -> Result<Reflection, DbError> {
    let row = tx
        .query_one(
            sql!(
                "insert into reflections as r (organization_id, cycle_id, member_id, policy_version, completed_at,
                   created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $6)
                 on conflict (organization_id, cycle_id, member_id) do update
                   set version = r.version + 1, completed_at = excluded.completed_at, updated_at = excluded.updated_at
                 returning version, policy_version, updated_at"
            ),
            &[&tx.organization(), &reflection.cycle, &member, &reflection.asked_by, &reflection.completed_at, &now],
        )
        .await?;
    Ok(Reflection {
        version: row.get("version"),
        policy_version: row.get("policy_version"),
        updated_at: row.get("updated_at"),
        ..reflection
    })
}

/// Stores what it says, in place of what it said.
pub(super) async fn put_answers(
    tx: &WriteTx<'_>,
    key: &OwnerKey,
    cycle: CycleId,
    member: MemberId,
    answers: &Answers,
    now: Timestamp,
) -> Result<(), DbError> {
    let list = serde_json::to_string(answers).expect("texts are plain data");
    let sealed = key.seal(ANSWERS, cycle, &list);
    tx.execute(
        sql!(
            "insert into reflection_answers (organization_id, cycle_id, member_id, answers, updated_at)
             values ($1, $2, $3, $4, $5)
             on conflict (organization_id, cycle_id, member_id) do update
               set answers = excluded.answers, updated_at = excluded.updated_at"
        ),
        &[&tx.organization(), &cycle, &member, &sealed, &now],
    )
    .await
    .map(drop)
}

/// Deletes what it says; that there is a reflection stays.
pub(super) async fn delete_answers(tx: &WriteTx<'_>, cycle: CycleId, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from reflection_answers where organization_id = $1 and cycle_id = $2 and member_id = $3");
    tx.execute(delete, &[&tx.organization(), &cycle, &member]).await.map(drop)
}
