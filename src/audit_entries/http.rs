//! `/v1/audit-entries`

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{AuditEntryId, MemberId};
use crate::page;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Cursors, Listed, Query};

/// What an administrator or an integration changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Names this entry.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    id: AuditEntryId,
    /// When it was done.
    #[schema(example = "2026-11-03T09:12:44.120Z")]
    occurred_at: At,
    /// In which capacity: `administrator`, `integration` or `system`.
    #[schema(pattern = "^[a-z_]+$", max_length = 32, example = "administrator")]
    actor: String,
    /// By whom: a member's id, or an integration's `sub`.
    #[schema(pattern = "^[^\\u0000]+$", max_length = 255, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    actor_id: String,
    /// What was done, as `noun.past_verb`.
    #[schema(pattern = r"^[a-z_]+\.[a-z_]+$", max_length = 64, example = "member.deactivated")]
    action: String,
    /// The thing that was changed, where there are several of its kind.
    #[schema(required, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f62")]
    subject_id: Option<Uuid>,
    /// The member it is about, who may see this entry.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f62")]
    member_id: Option<MemberId>,
    /// Names of the fields that changed; never what is in them.
    #[schema(max_items = 100, value_type = Vec<ChangedField>, example = json!(["active"]))]
    changed: Vec<String>,
}

/// The name of a field.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[a-z_]+$", max_length = 64)]
#[expect(dead_code, reason = "describes the entries of `changed` in the document")]
pub struct ChangedField(String);

impl From<super::Entry> for AuditEntry {
    fn from(entry: super::Entry) -> Self {
        Self {
            id: entry.id,
            occurred_at: entry.occurred_at.into(),
            actor: entry.actor,
            actor_id: entry.actor_id,
            action: entry.action,
            subject_id: entry.subject_id,
            member_id: entry.member_id,
            changed: entry.changed,
        }
    }
}

page! {
    /// Audit entries, the newest first.
    AuditEntryPage of AuditEntry
}

/// Which audit entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditEntriesWanted {
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Lists audit entries.
///
/// What administrators and integrations changed, the newest first. An administrator sees all entries, a member those
/// about themself.
#[utoipa::path(tag = "audit-entries", params(AuditEntriesWanted),
    responses((status = 200, description = "A page of entries.", body = AuditEntryPage)))]
#[get("/audit-entries")]
async fn list_audit_entries(
    scope: Scope,
    wanted: Query<AuditEntriesWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<AuditEntryPage>> {
    scope.caller().member()?; // whoever may not ask is not told about their cursor either
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let cursors = Cursors::new(&keys, scope.caller().organization, "audit-entries", &());
    let before = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, before, limit).await).await?;
    let entries = found.into_iter().map(AuditEntry::from).collect();
    Ok(Listed(cursors.cut(entries, limit, |entry: &AuditEntry| entry.id).into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_entries);
}
