//! `/v1/pairings/{pairing_id}/actions`, `/v1/actions/{action_id}`, `/v1/actions/{action_id}/progress`

use actix_web::{get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::changes::{ActionPatch, AddAction, AddProgress};
use super::rules::{self, Kind, State, Verb};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{ActionId, MemberId, PairingId, ProgressId};
use crate::page;
use crate::pairings::http::PairingPath;
use crate::pairings::rules::Role;
use crate::text::PrivateText;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, IfMatch, Listed, MergePatch, Once, Query, Reply, Shown, Versioned};

/// Something the coachee will start, stop or continue.
#[derive(Debug, Serialize, ToSchema)]
pub struct Action {
    /// Names this action.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f65")]
    id: ActionId,
    /// Of which pairing it came.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: PairingId,
    /// What the coachee will do with it. Open enumeration: treat what you do not know as "other".
    #[schema(example = "start")]
    kind: Kind,
    /// What it is, as it was written, to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "Pause before answering in design reviews.")]
    text: PrivateText,
    /// Where it stands. Open enumeration: treat what you do not know as "other".
    #[schema(example = "open")]
    state: State,
    /// Which of the two added it.
    #[schema(example = "coachee")]
    created_by: Role,
    /// When it was added.
    #[schema(example = "2026-10-08T13:40:00.000Z")]
    created_at: At,
    /// When its text, its kind or its state last changed.
    #[schema(example = "2026-10-08T13:40:00.000Z")]
    updated_at: At,
    /// What I can do with it now: `update` as PATCH, `add_progress` as `POST /v1/actions/{action_id}/progress`.
    #[schema(max_items = 10, example = json!(["update", "add_progress"]))]
    allowed: &'static [Verb],
    #[serde(skip)]
    version: i64,
}

impl Action {
    /// What this member sees of it.
    pub(crate) fn seen_by(member: MemberId, action: rules::Action) -> Self {
        Self {
            allowed: action.role_of(member).map_or(&[], |role| action.allowed(role)),
            id: action.id,
            pairing_id: action.pairing,
            kind: action.kind,
            text: action.text,
            state: action.state,
            created_by: action.created_by,
            created_at: action.created_at.into(),
            updated_at: action.updated_at.into(),
            version: action.version,
        }
    }
}

impl Versioned for Action {
    fn version(&self) -> i64 {
        self.version
    }
}

page! {
    /// Actions, in the order in which they were added.
    ActionPage of Action
}

/// How it went with an action at some time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// Names this entry.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f66")]
    id: ProgressId,
    /// With which action.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f65")]
    action_id: ActionId,
    /// How it went, as it was written, to the byte.
    #[schema(value_type = String, format = "text", min_length = 1, max_length = 4000, example = "Counted to three before answering on Tuesday. It helped.")]
    text: PrivateText,
    /// Which of the two wrote it.
    #[schema(example = "coachee")]
    by: Role,
    /// When it was written.
    #[schema(example = "2026-10-15T09:10:00.000Z")]
    made_at: At,
}

impl From<rules::Progress> for Progress {
    fn from(progress: rules::Progress) -> Self {
        Self {
            id: progress.id,
            action_id: progress.action,
            text: progress.text,
            by: progress.by,
            made_at: progress.made_at.into(),
        }
    }
}

page! {
    /// An action's progress, the latest first.
    ProgressPage of Progress
}

/// The path of one action.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ActionPath {
    /// The action's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f65")]
    action_id: ActionId,
}

/// Which actions of a pairing.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActionsWanted {
    /// Only those in this state.
    #[param(value_type = State, required = false, inline)]
    state: Option<State>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// How much of an action's progress.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProgressWanted {
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Lists the actions of a pairing.
///
/// To the coachee and the coach, in the order in which they were added; those that were dropped too.
#[utoipa::path(tag = "actions", params(PairingPath, ActionsWanted),
    responses((status = 200, description = "A page of the pairing's actions.", body = ActionPage)))]
#[get("/pairings/{pairing_id}/actions")]
async fn list_actions(
    scope: Scope,
    path: web::Path<PairingPath>,
    wanted: Query<ActionsWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<ActionPage>> {
    let me = scope.caller().member()?;
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let (pairing, state) = (path.pairing_id, wanted.state);
    let cursors = Cursors::new(&keys, scope.caller().organization, "actions", &(me, pairing, state));
    let after = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, pairing, state, after, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, |action| action.id).map(|action| Action::seen_by(me, action)).into()))
}

/// Adds an action.
///
/// As either of the two, while the pairing is active; at most 50, dropped ones too. It is the coachee's plan, whoever
/// writes it down.
#[utoipa::path(tag = "actions", params(PairingPath), request_body = AddAction,
    responses((status = 201, description = "The action, open.", body = Action)))]
#[post("/pairings/{pairing_id}/actions")]
async fn add_action(scope: Scope, path: web::Path<PairingPath>, once: Once, body: Body<AddAction>) -> Result<Reply> {
    let me = scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let wanted = body.into_inner();
    once.run(&scope, &bytes, async |tx| {
        let action = super::add(tx, path.pairing_id, wanted).await?;
        Ok(Reply::created(format!("/v1/actions/{}", action.id), &Action::seen_by(me, action)))
    })
    .await
}

/// Shows an action.
///
/// To the coachee and the coach.
#[utoipa::path(tag = "actions", params(ActionPath),
    responses((status = 200, description = "The action.", body = Action)))]
#[get("/actions/{action_id}")]
async fn get_action(scope: Scope, path: web::Path<ActionPath>) -> Result<Shown<Action>> {
    let me = scope.caller().member()?;
    let action = scope.read(async |tx| super::get(tx, path.action_id).await).await?;
    Ok(Shown(Action::seen_by(me, action)))
}

/// Changes an action.
///
/// As either of the two, while the pairing is active; afterwards as the coachee, who goes on with it. What is not meant
/// any more is dropped: `{"state": "dropped"}`.
#[utoipa::path(tag = "actions", params(ActionPath), request_body(content = ActionPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The action as it is now.", body = Action)))]
#[patch("/actions/{action_id}")]
async fn update_action(
    scope: Scope,
    path: web::Path<ActionPath>,
    expected: IfMatch,
    patch: MergePatch<ActionPatch>,
) -> Result<Shown<Action>> {
    let me = scope.caller().member()?;
    let patch = patch.into_inner();
    let action = scope.write(async |tx| super::change(tx, path.action_id, expected.versions(), patch).await).await?;
    Ok(Shown(Action::seen_by(me, action)))
}

/// Lists the progress of an action.
///
/// To the coachee and the coach, the latest first.
#[utoipa::path(tag = "actions", params(ActionPath, ProgressWanted),
    responses((status = 200, description = "A page of the action's progress.", body = ProgressPage)))]
#[get("/actions/{action_id}/progress")]
async fn list_progress(
    scope: Scope,
    path: web::Path<ActionPath>,
    wanted: Query<ProgressWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<ProgressPage>> {
    let me = scope.caller().member()?;
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let cursors = Cursors::new(&keys, scope.caller().organization, "progress", &(me, path.action_id));
    let before = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::progress(tx, path.action_id, before, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, |progress| progress.id).map(Progress::from).into()))
}

/// Says how it goes with an action.
///
/// As either of the two, while the pairing is active; afterwards as the coachee. Entries are added and never changed; at
/// most 200. `Location` names the list, which shows the latest first.
#[utoipa::path(tag = "actions", params(ActionPath), request_body = AddProgress,
    responses((status = 201, description = "The entry.", body = Progress)))]
#[post("/actions/{action_id}/progress")]
async fn add_progress(scope: Scope, path: web::Path<ActionPath>, once: Once, body: Body<AddProgress>) -> Result<Reply> {
    let bytes = body.bytes().to_vec();
    let wanted = body.into_inner();
    once.run(&scope, &bytes, async |tx| {
        let progress = super::add_progress(tx, path.action_id, wanted).await?;
        Ok(Reply::created_plain(format!("/v1/actions/{}/progress", path.action_id), &Progress::from(progress)))
    })
    .await
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_actions).service(add_action).service(get_action).service(update_action);
    config.service(list_progress).service(add_progress);
}
