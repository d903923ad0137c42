//! Rows of `audit_entries`: inserted, never changed.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::rules::Act;
use crate::access::Actor;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{AuditEntryId, MemberId};
use crate::sql;

/// An entry as it is stored.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is explained where it is served: audit_entries/http.rs")]
pub struct Entry {
    pub id: AuditEntryId,
    pub occurred_at: Timestamp,
    pub actor: String,
    pub actor_id: String,
    pub action: String,
    pub subject_id: Option<Uuid>,
    pub member_id: Option<MemberId>,
    pub changed: Vec<String>,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            id: row.get("audit_entry_id"),
            occurred_at: row.get("occurred_at"),
            actor: row.get("actor"),
            actor_id: row.get("actor_id"),
            action: row.get("action"),
            subject_id: row.get("subject_id"),
            member_id: row.get("member_id"),
            changed: row.get("changed"),
        }
    }
}

pub(super) async fn insert(tx: &WriteTx<'_>, acts: &[Act]) -> Result<(), DbError> {
    let actor = &tx.caller().actor;
    let actor_id = match actor {
        Actor::Member(member) | Actor::Administrator(member) => member.to_string(),
        Actor::Integration(integration) => integration.subject.clone(),
        Actor::System(reason) => format!("{reason:?}").to_lowercase(),
    };
    tx.execute(
        sql!(
            "insert into audit_entries (organization_id, audit_entry_id, occurred_at, actor, actor_id, action,
               subject_id, member_id, changed)
             select $1, audit_entry_id, $2, $3, $4, action, subject_id, member_id,
               array(select jsonb_array_elements_text(changed))
             from unnest($5::uuid[], $6::text[], $7::uuid[], $8::uuid[], $9::jsonb[])
               as new (audit_entry_id, action, subject_id, member_id, changed)"
        ),
        &[
            &tx.organization(),
            &tx.now(),
            &actor.name(),
            &actor_id,
            &acts.iter().map(|_| AuditEntryId::new()).collect::<Vec<_>>(),
            &acts.iter().map(|act| act.action).collect::<Vec<_>>(),
            &acts.iter().map(|act| act.subject).collect::<Vec<_>>(),
            &acts.iter().map(|act| act.member).collect::<Vec<_>>(),
            &acts.iter().map(|act| serde_json::Value::from(act.changed.clone())).collect::<Vec<_>>(),
        ],
    )
    .await
    .map(drop)
}

/// The newest first; row-level security leaves what the caller may see.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    member: Option<MemberId>,
    before: Option<AuditEntryId>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let rows = tx
        .query(
            sql!(
                "select * from audit_entries
                 where organization_id = $1 and ($2::uuid is null or member_id = $2)
                   and ($3::uuid is null or audit_entry_id < $3)
                 order by audit_entry_id desc limit $4::bigint + 1"
            ),
            &[&tx.organization(), &member, &before, &limit],
        )
        .await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}
