//! Rows of `actions` and `progress`, their texts sealed with the coachee's key.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Action, Kind, Progress, State};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{ActionId, CycleId, MemberId, PairingId, ProgressId};
use crate::pairings::rules::{Role, State as PairingState};
use crate::sql;
use crate::vault::{Column, OwnerKey};

const TEXT: Column = Column { table: "actions", name: "text", key: "key" };
const PROGRESS: Column = Column { table: "progress", name: "text", key: "key" };

/// An author is one of the two; the database keeps to that.
fn role(author: MemberId, coachee: MemberId) -> Role {
    if author == coachee { Role::Coachee } else { Role::Coach }
}

fn action(tx: &ReadTx<'_>, row: &Row) -> Result<Action, DbError> {
    let (id, coachee) = (row.get::<_, ActionId>("action_id"), row.get::<_, MemberId>("coachee_id"));
    let text = tx.opened(row, TEXT, coachee, id)?;
    Ok(Action {
        id,
        version: row.get("version"),
        pairing: row.get("pairing_id"),
        pairing_state: PairingState::named(row.get("pairing_state")).expect("the database keeps to these names"),
        coachee,
        coach: row.get("coach_id"),
        kind: Kind::named(row.get("kind")).expect("the database keeps to these names"),
        text: text.expect("an action has a text").into(),
        state: State::named(row.get("state")).expect("the database keeps to these names"),
        created_by: role(row.get("author_id"), coachee),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// An action, and where its pairing stands: derived, as everywhere.
pub(super) async fn find(tx: &ReadTx<'_>, id: ActionId, now: Timestamp) -> Result<Option<Action>, DbError> {
    let one = sql!(
        "select a.*, case when p.due_at <= $3 then p.due_state else p.state end as pairing_state,
           (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = a.coachee_id) as key
         from actions a
         join pairings p on p.organization_id = $1 and p.pairing_id = a.pairing_id
         where a.organization_id = $1 and a.action_id = $2"
    );
    tx.query_opt(one, &[&tx.organization(), &id, &now]).await?.map(|row| action(tx, &row)).transpose()
}

/// A pairing's actions, in the order in which they were added: one more than the limit, where there is more.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    pairing: PairingId,
    state: Option<State>,
    after: Option<ActionId>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Action>, DbError> {
    let page = sql!(
        "select a.*, case when p.due_at <= $6 then p.due_state else p.state end as pairing_state,
           (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = a.coachee_id) as key
         from actions a
         join pairings p on p.organization_id = $1 and p.pairing_id = a.pairing_id
         where a.organization_id = $1 and a.pairing_id = $2 and ($3::text is null or a.state = $3)
           and ($4::uuid is null or a.action_id > $4)
         order by a.action_id limit $5::bigint + 1"
    );
    let rows = tx.query(page, &[&tx.organization(), &pairing, &state.map(State::name), &after, &limit, &now]).await?;
    rows.iter().map(|row| action(tx, row)).collect()
}

/// How many actions a pairing has, whatever became of them.
pub(super) async fn count(tx: &ReadTx<'_>, pairing: PairingId) -> Result<i64, DbError> {
    let count = sql!("select count(*) from actions where organization_id = $1 and pairing_id = $2");
    Ok(tx.query_one(count, &[&tx.organization(), &pairing]).await?.get(0))
}

pub(super) async fn insert(tx: &WriteTx<'_>, key: &OwnerKey, action: &Action, author: MemberId) -> Result<(), DbError> {
    let sealed = key.seal(TEXT, action.id, action.text.expose());
    tx.execute(
        sql!(
            "insert into actions (organization_id, action_id, pairing_id, coachee_id, coach_id, kind, text, state,
               author_id, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"
        ),
        &[
            &tx.organization(),
            &action.id,
            &action.pairing,
            &action.coachee,
            &action.coach,
            &action.kind.name(),
            &sealed,
            &action.state.name(),
            &author,
            &action.created_at,
        ],
    )
    .await
    .map(drop)
}

/// Stores what has become of an action in the version that the verb saw; whether it still was in that version.
pub(super) async fn update(tx: &WriteTx<'_>, key: &OwnerKey, seen: i64, action: &Action) -> Result<bool, DbError> {
    let sealed = key.seal(TEXT, action.id, action.text.expose());
    let changed = tx
        .execute(
            sql!(
                "update actions set version = $4, kind = $5, text = $6, state = $7, updated_at = $8
                 where organization_id = $1 and action_id = $2 and version = $3"
            ),
            &[
                &tx.organization(),
                &action.id,
                &seen,
                &action.version,
                &action.kind.name(),
                &sealed,
                &action.state.name(),
                &action.updated_at,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// An action's progress, the latest first: one more than the limit, where there is more.
pub(super) async fn progress(
    tx: &ReadTx<'_>,
    action: ActionId,
    before: Option<ProgressId>,
    limit: i64,
) -> Result<Vec<Progress>, DbError> {
    let page = sql!(
        "select *, (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = coachee_id) as key from progress
         where organization_id = $1 and action_id = $2 and ($3::uuid is null or progress_id < $3)
         order by progress_id desc limit $4::bigint + 1"
    );
    let rows = tx.query(page, &[&tx.organization(), &action, &before, &limit]).await?;
    rows.iter().map(|row| entry(tx, row)).collect()
}

fn entry(tx: &ReadTx<'_>, row: &Row) -> Result<Progress, DbError> {
    let (id, coachee) = (row.get::<_, ProgressId>("progress_id"), row.get::<_, MemberId>("coachee_id"));
    let text = tx.opened(row, PROGRESS, coachee, id)?;
    Ok(Progress {
        id,
        action: row.get("action_id"),
        text: text.expect("progress has a text").into(),
        by: role(row.get("author_id"), coachee),
        made_at: row.get("made_at"),
    })
}

/// How many entries of progress an action has.
pub(super) async fn count_progress(tx: &ReadTx<'_>, action: ActionId) -> Result<i64, DbError> {
    let count = sql!("select count(*) from progress where organization_id = $1 and action_id = $2");
    Ok(tx.query_one(count, &[&tx.organization(), &action]).await?.get(0))
}

pub(super) async fn insert_progress(
    tx: &WriteTx<'_>,
    key: &OwnerKey,
    action: &Action,
    progress: &Progress,
    author: MemberId,
) -> Result<(), DbError> {
    let sealed = key.seal(PROGRESS, progress.id, progress.text.expose());
    tx.execute(
        sql!(
            "insert into progress (organization_id, progress_id, action_id, coachee_id, coach_id, text, author_id, made_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &[
            &tx.organization(),
            &progress.id,
            &action.id,
            &action.coachee,
            &action.coach,
            &sealed,
            &author,
            &progress.made_at,
        ],
    )
    .await
    .map(drop)
}

/// All of a coachee's, in the order in which they were added.
pub(super) async fn all(tx: &ReadTx<'_>, coachee: MemberId, now: Timestamp) -> Result<Vec<Action>, DbError> {
    let all = sql!(
        "select a.*, case when p.due_at <= $3 then p.due_state else p.state end as pairing_state, k.wrapped as key
         from actions a
         join owner_keys k on k.organization_id = $1 and k.owner_id = a.coachee_id
         join pairings p on p.organization_id = $1 and p.pairing_id = a.pairing_id
         where a.organization_id = $1 and a.coachee_id = $2 order by a.action_id"
    );
    let rows = tx.query(all, &[&tx.organization(), &coachee, &now]).await?;
    rows.iter().map(|row| action(tx, row)).collect()
}

/// The progress of all of a coachee's actions, in the order in which it was made.
pub(super) async fn all_progress(tx: &ReadTx<'_>, coachee: MemberId) -> Result<Vec<Progress>, DbError> {
    let all = sql!(
        "select g.*, k.wrapped as key from progress g
         join owner_keys k on k.organization_id = $1 and k.owner_id = g.coachee_id
         where g.organization_id = $1 and g.coachee_id = $2 order by g.progress_id"
    );
    let rows = tx.query(all, &[&tx.organization(), &coachee]).await?;
    rows.iter().map(|row| entry(tx, row)).collect()
}

/// So many at most of those that came of this cycle; their progress goes with them.
pub(super) async fn delete_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "delete from actions where organization_id = $1 and action_id in (
           select a.action_id from pairings p
           join actions a on a.organization_id = $1 and a.pairing_id = p.pairing_id
           where p.organization_id = $1 and p.cycle_id = $2 limit $3)"
    );
    tx.execute(delete, &[&tx.organization(), &cycle, &most]).await
}
