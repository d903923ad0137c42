//! Rows of `participations`; the topics sealed with the member's key.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Answer, Topics};
use crate::cycles::rules::CycleRef;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId};
use crate::sql;
use crate::vault::{Column, OwnerKey, Unopened};

const TOPICS: Column = Column { table: "participations", name: "topics", key: "key" };

/// An answer as it is stored.
#[derive(Clone, Debug)]
pub struct Participation {
    /// For which cycle.
    pub cycle: CycleId,
    /// Counts up with each change; 0 before the first answer.
    pub version: i64,
    /// The answer, if there is one.
    pub answer: Option<Answer>,
    /// When it was given.
    pub answered_at: Option<Timestamp>,
    /// What the member wants to be coached in, opened.
    pub topics: Topics,
}

/// The answer for the cycle that is meant; nothing where there is no such cycle, or the current one is
/// cancelled.
pub(super) async fn find(
    tx: &ReadTx<'_>,
    cycle: CycleRef,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<Participation>, DbError> {
    let (id, word) = cycle.parts();
    let one = sql!(
        "select c.cycle_id, coalesce(p.version, 0) as version, p.answer, p.answered_at, p.topics,
           case when p.topics is not null
             then (select wrapped from owner_keys where organization_id = $1 and owner_id = $2) end as key
         from cycles c
         left join participations p
           on p.organization_id = $1 and p.cycle_id = c.cycle_id and p.member_id = $2
         where c.organization_id = $1 and c.cycle_id = cycle_meant($1, $3, $4, $5)
           and ($4 <> 'current' or c.cancelled_at is null)"
    );
    let row = tx.query_opt(one, &[&tx.organization(), &member, &id, &word, &now]).await?;
    row.map(|row| participation(tx, &row, member)).transpose()
}

fn participation(tx: &ReadTx<'_>, row: &Row, member: MemberId) -> Result<Participation, DbError> {
    let cycle: CycleId = row.get("cycle_id");
    let topics = match tx.opened_unless_erased(row, TOPICS, member, cycle)? {
        Some(list) => serde_json::from_str(&list).map_err(|_| Unopened)?,
        None => Topics::default(),
    };
    Ok(Participation {
        cycle,
        version: row.get("version"),
        answer: row.get::<_, Option<&str>>("answer").and_then(Answer::named),
        answered_at: row.get("answered_at"),
        topics,
    })
}

/// All of a member's, the earliest cycle first.
pub(super) async fn all(tx: &ReadTx<'_>, member: MemberId) -> Result<Vec<Participation>, DbError> {
    let all = sql!(
        "select p.*, k.wrapped as key from participations p
         join cycles c on c.organization_id = $1 and c.cycle_id = p.cycle_id
         left join owner_keys k on k.organization_id = $1 and k.owner_id = p.member_id
         where p.organization_id = $1 and p.member_id = $2 order by c.starts_at"
    );
    let rows = tx.query(all, &[&tx.organization(), &member]).await?;
    rows.iter().map(|row| participation(tx, row, member)).collect()
}

pub(super) async fn delete_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!("delete from participations where organization_id = $1 and member_id = $2");
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

/// So many at most.
pub(super) async fn delete_topics_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let blank = sql!(
        "update participations set topics = null where organization_id = $1 and cycle_id = $2 and member_id in (
           select member_id from participations
           where organization_id = $1 and cycle_id = $2 and topics is not null limit $3)"
    );
    tx.execute(blank, &[&tx.organization(), &cycle, &most]).await
}

/// Stores an answer; the topics only with a key to seal them. An answer that stays was given when it was given.
pub(super) async fn put(
    tx: &WriteTx<'_>,
    key: Option<&OwnerKey>,
    cycle: CycleId,
    member: MemberId,
    answer: Answer,
    topics: Topics,
    now: Timestamp,
) -> Result<Participation, DbError> {
    let sealed = key.map(|key| {
        let list = serde_json::to_string(&topics).expect("topics are plain data");
        key.seal(TOPICS, cycle, &list)
    });
    let row = tx
        .query_one(
            sql!(
                "insert into participations as p (organization_id, cycle_id, member_id, answer, answered_at, topics)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict (organization_id, cycle_id, member_id) do update
                   set version = p.version + 1, answer = excluded.answer, topics = excluded.topics,
                     answered_at = case when p.answer = excluded.answer then p.answered_at else excluded.answered_at end
                 returning version, answered_at"
            ),
            &[&tx.organization(), &cycle, &member, &answer.name(), &now, &sealed],
        )
        .await?;
    let (version, answered_at) = (row.get("version"), row.get("answered_at"));
    Ok(Participation { cycle, version, answer: Some(answer), answered_at: Some(answered_at), topics })
}
