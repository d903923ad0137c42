//! Rows of `policies`: one for each version, never changed.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::Settings;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::sql;

/// One version of an organization's settings.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Counts up from 1.
    pub version: i64,
    /// When it was written.
    pub written_at: Timestamp,
    /// What it says.
    pub settings: Settings,
}

impl From<Row> for Policy {
    fn from(row: Row) -> Self {
        Self {
            version: row.get("version"),
            written_at: row.get("written_at"),
            settings: Settings {
                time_zone: row.get("time_zone"),
                cadence_months: row.get("cadence_months"),
                anchor_on: row.get("anchor_on"),
                request_days: row.get("request_days"),
                last_request_days: row.get("last_request_days"),
                wrap_up_days: row.get("wrap_up_days"),
                max_coaches_per_cycle: row.get("max_coaches_per_cycle"),
                default_coach_capacity: row.get("default_coach_capacity"),
                kickoff_minutes: row.get("kickoff_minutes"),
                weekly_minutes: row.get("weekly_minutes"),
                catch_up_minutes: row.get("catch_up_minutes"),
                require_reflection: row.get("require_reflection"),
                create_members: row.get("create_members"),
                statistics_for_members: row.get("statistics_for_members"),
                smallest_group: row.get("smallest_group"),
                retention_months: row.get("retention_months"),
                questions: row.get("questions"),
            },
        }
    }
}

pub(super) async fn get_newest(tx: &ReadTx<'_>) -> Result<Policy, DbError> {
    let newest = sql!("select * from policies where organization_id = $1 order by version desc limit 1");
    Ok(tx.query_one(newest, &[&tx.organization()]).await?.into())
}

/// The newest version written before this instant; where there was none yet, the first.
pub(super) async fn get_before(tx: &ReadTx<'_>, instant: Timestamp) -> Result<Policy, DbError> {
    let governing = sql!("select * from policy_of($1, $2)");
    Ok(tx.query_one(governing, &[&tx.organization(), &instant]).await?.into())
}

pub(super) async fn insert(tx: &WriteTx<'_>, policy: &Policy) -> Result<(), DbError> {
    let Policy { version, written_at, settings: s } = policy;
    tx.execute(
        sql!(
            "insert into policies (organization_id, version, written_at, time_zone, cadence_months, anchor_on,
               request_days, last_request_days, wrap_up_days, max_coaches_per_cycle, default_coach_capacity,
               kickoff_minutes, weekly_minutes, catch_up_minutes, require_reflection, create_members,
               statistics_for_members, smallest_group, retention_months, questions)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
        ),
        &[
            &tx.organization(),
            version,
            written_at,
            &s.time_zone,
            &s.cadence_months,
            &s.anchor_on,
            &s.request_days,
            &s.last_request_days,
            &s.wrap_up_days,
            &s.max_coaches_per_cycle,
            &s.default_coach_capacity,
            &s.kickoff_minutes,
            &s.weekly_minutes,
            &s.catch_up_minutes,
            &s.require_reflection,
            &s.create_members,
            &s.statistics_for_members,
            &s.smallest_group,
            &s.retention_months,
            &s.questions,
        ],
    )
    .await
    .map(drop)
}
