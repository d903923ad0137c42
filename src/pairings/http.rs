//! `/v1/pairings`

use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{EndedBy, Role, State, Verb};
use super::{Filter, Named};
use crate::clock::At;
use crate::cycles::rules::CycleRef;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{CycleId, MemberId, PairingId};
use crate::page;
use crate::text::PrivateText;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, Listed, MaybeBody, NoBody, Once, Query, Reply, Shown, Versioned};

/// One coachee with one coach in one cycle, as one of the two sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pairing {
    /// Names this pairing.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    id: PairingId,
    /// In which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    cycle_id: CycleId,
    /// Which of the two I am.
    #[schema(example = "coachee")]
    role: Role,
    /// The other one.
    partner: Partner,
    /// Where it stands. Open enumeration: treat what you do not know as "other".
    #[schema(example = "requested")]
    state: State,
    /// What the coachee wrote with the request; null where they wrote nothing.
    #[schema(required, value_type = Option<String>, format = "text", max_length = 4000, example = "I want to speak up more. Would you coach me?")]
    message: Option<PrivateText>,
    /// Why the coach said no. No reason is owed: null where none was written, and in every other state.
    #[schema(required, value_type = Option<String>, format = "text", max_length = 4000, example = json!(null))]
    decline_reason: Option<PrivateText>,
    /// When the coachee asked.
    #[schema(example = "2026-10-05T09:00:00.000Z")]
    requested_at: At,
    /// When a waiting request expires; null once it is answered.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-12T09:00:00.000Z")]
    expires_at: Option<At>,
    /// When the coach said yes.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    accepted_at: Option<At>,
    /// When it closes by itself unless somebody acts: at the cycle's end, or once the two have planned a first call, when
    /// the wrap-up is over. Null where it is not active.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    closes_at: Option<At>,
    /// When it closed, in whatever way.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    closed_at: Option<At>,
    /// Who ended it; `system` where somebody left. Null for every other way of closing.
    #[schema(required, example = json!(null))]
    ended_by: Option<EndedBy>,
    /// Whether the coachee shares their reflection with the coach, who reads it under
    /// `/v1/pairings/{pairing_id}/reflection`. The coach is not told before they have accepted: for them it is false until
    /// then.
    #[schema(example = false)]
    reflection_shared: bool,
    /// What I can do with it now, each as `POST /v1/pairings/{pairing_id}/{verb}`.
    #[schema(max_items = 10, example = json!(["withdraw"]))]
    allowed: Vec<Verb>,
    #[serde(skip)]
    version: i64,
}

/// The other one of a pairing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Partner {
    /// Names the member.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f62")]
    id: MemberId,
    /// The member's name.
    #[schema(format = "line", max_length = 120, example = "Ben Okafor")]
    name: String,
}

impl Partner {
    /// This member, by name.
    pub fn new(id: MemberId, name: String) -> Self {
        Self { id, name }
    }
}

impl Pairing {
    /// What this member sees of it.
    pub(crate) fn seen_by(member: MemberId, named: Named) -> Self {
        let Named { pairing, coachee_name, coach_name, message, decline_reason, reflection_shared } = named;
        let role = pairing.role_of(member).unwrap_or(Role::Coachee);
        let partner = match role {
            Role::Coachee => Partner::new(pairing.coach, coach_name),
            Role::Coach => Partner::new(pairing.coachee, coachee_name),
        };
        let due = |state| pairing.due.filter(|_| pairing.state == state).map(|due| At(due.at));
        Self {
            id: pairing.id,
            cycle_id: pairing.cycle,
            role,
            partner,
            state: pairing.state,
            message,
            decline_reason,
            requested_at: pairing.requested_at.into(),
            expires_at: due(State::Requested),
            accepted_at: pairing.accepted_at.map(At),
            closes_at: due(State::Active),
            closed_at: pairing.closed_at.map(At),
            ended_by: pairing.ended_by,
            reflection_shared: reflection_shared && (role == Role::Coachee || pairing.accepted_at.is_some()),
            allowed: pairing.allowed(role).to_vec(),
            version: pairing.version,
        }
    }
}

impl Versioned for Pairing {
    fn version(&self) -> i64 {
        self.version
    }
}

page! {
    /// Pairings, the latest first.
    PairingPage of Pairing
}

/// Whom to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestPairing {
    /// The colleague who should coach me.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f62")]
    coach_id: MemberId,
    /// In which cycle; the current one where it is absent.
    #[schema(value_type = Uuid, required = false, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    cycle_id: Option<CycleId>,
    /// What I want to say with it, to this colleague only.
    #[schema(value_type = String, required = false, format = "text", min_length = 1, max_length = 4000, example = "I want to speak up more. Would you coach me?")]
    message: Option<PrivateText>,
}

/// How to say no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclinePairing {
    /// Why, if I want to say it: both of us see it.
    #[schema(value_type = String, required = false, format = "text", min_length = 1, max_length = 4000, example = "I coach two others already.")]
    reason: Option<PrivateText>,
}

/// The path of one pairing.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PairingPath {
    /// The pairing's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pub pairing_id: PairingId,
}

/// Which pairings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PairingsWanted {
    /// Only those of this cycle.
    #[param(value_type = Uuid, required = false)]
    cycle_id: Option<CycleId>,
    /// Only those in which I am this.
    #[param(value_type = Role, required = false, inline)]
    role: Option<Role>,
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

/// Lists my pairings.
///
/// Those in which I am coached and those in which I coach, the latest first.
#[utoipa::path(tag = "pairings", params(PairingsWanted),
    responses((status = 200, description = "A page of my pairings.", body = PairingPage)))]
#[get("/pairings")]
async fn list_pairings(
    scope: Scope,
    wanted: Query<PairingsWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<PairingPage>> {
    let me = scope.caller().member()?;
    let PairingsWanted { cycle_id, role, state, limit, cursor } = wanted.into_inner();
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let filter = Filter { cycle: cycle_id, role, state };
    let cursors = Cursors::new(&keys, scope.caller().organization, "pairings", &(me, &filter));
    let before = cursors.open(cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, &filter, before, limit).await).await?;
    let page = cursors.cut(found, limit, |named| named.pairing.id);
    Ok(Listed(page.map(|named| Pairing::seen_by(me, named)).into()))
}

/// Shows a pairing.
///
/// To the coachee and the coach. For everyone else, administrators included, there is nothing here.
#[utoipa::path(tag = "pairings", params(PairingPath),
    responses((status = 200, description = "The pairing.", body = Pairing)))]
#[get("/pairings/{pairing_id}")]
async fn get_pairing(scope: Scope, path: web::Path<PairingPath>) -> Result<Shown<Pairing>> {
    let me = scope.caller().member()?;
    let named = scope.read(async |tx| super::get(tx, path.pairing_id).await).await?;
    Ok(Shown(Pairing::seen_by(me, named)))
}

/// Asks a colleague to coach me.
///
/// While the cycle is open, once I have opted in and reflected. The colleague answers in their own time; unanswered, the
/// request expires.
#[utoipa::path(tag = "pairings", request_body = RequestPairing,
    responses((status = 201, description = "The request, waiting for an answer.", body = Pairing)))]
#[post("/pairings")]
async fn request_pairing(scope: Scope, once: Once, body: Body<RequestPairing>) -> Result<Reply> {
    let me = scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let RequestPairing { coach_id, cycle_id, message } = body.into_inner();
    let cycle = cycle_id.map_or(CycleRef::Current, CycleRef::Id);
    once.run(&scope, &bytes, async |tx| {
        let named = super::request(tx, cycle, coach_id, message).await?;
        Ok(Reply::created(format!("/v1/pairings/{}", named.pairing.id), &Pairing::seen_by(me, named)))
    })
    .await
}

/// A verb's outcome: the pairing as it is now.
fn outcome(me: MemberId) -> impl Fn(Named) -> Reply {
    move |named| Reply::shown(&Pairing::seen_by(me, named))
}

/// Accepts a request.
///
/// As the coach. From now on the two work together; either can plan the first call.
#[utoipa::path(tag = "pairings", params(PairingPath),
    responses((status = 200, description = "The pairing, active.", body = Pairing)))]
#[post("/pairings/{pairing_id}/accept")]
async fn accept_pairing(scope: Scope, path: web::Path<PairingPath>, once: Once, _: NoBody) -> Result<Reply> {
    let me = scope.caller().member()?;
    once.run(&scope, &[], async |tx| super::accept(tx, path.pairing_id).await.map(outcome(me))).await
}

/// Declines a request.
///
/// As the coach; no reason is owed, and no body.
#[utoipa::path(tag = "pairings", params(PairingPath), request_body = Option<DeclinePairing>,
    responses((status = 200, description = "The pairing, declined.", body = Pairing)))]
#[post("/pairings/{pairing_id}/decline")]
async fn decline_pairing(
    scope: Scope,
    path: web::Path<PairingPath>,
    once: Once,
    body: MaybeBody<DeclinePairing>,
) -> Result<Reply> {
    let me = scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let reason = body.into_inner().reason;
    once.run(&scope, &bytes, async |tx| super::decline(tx, path.pairing_id, reason).await.map(outcome(me))).await
}

/// Withdraws a request.
///
/// As the coachee, while it waits for an answer.
#[utoipa::path(tag = "pairings", params(PairingPath),
    responses((status = 200, description = "The pairing, withdrawn.", body = Pairing)))]
#[post("/pairings/{pairing_id}/withdraw")]
async fn withdraw_pairing(scope: Scope, path: web::Path<PairingPath>, once: Once, _: NoBody) -> Result<Reply> {
    let me = scope.caller().member()?;
    once.run(&scope, &[], async |tx| super::withdraw(tx, path.pairing_id).await.map(outcome(me))).await
}

/// Completes a pairing early.
///
/// As either of the two, once the first call and a later one were held. It would complete by itself when the wrap-up is
/// over; calls that are still planned are cancelled.
#[utoipa::path(tag = "pairings", params(PairingPath),
    responses((status = 200, description = "The pairing, completed.", body = Pairing)))]
#[post("/pairings/{pairing_id}/complete")]
async fn complete_pairing(scope: Scope, path: web::Path<PairingPath>, once: Once, _: NoBody) -> Result<Reply> {
    let me = scope.caller().member()?;
    once.run(&scope, &[], async |tx| super::complete(tx, path.pairing_id).await.map(outcome(me))).await
}

/// Ends a pairing.
///
/// As either of the two; no reason is owed. Calls that have started count as held, if nobody has said otherwise; those
/// still to come are cancelled.
#[utoipa::path(tag = "pairings", params(PairingPath),
    responses((status = 200, description = "The pairing, ended.", body = Pairing)))]
#[post("/pairings/{pairing_id}/end")]
async fn end_pairing(scope: Scope, path: web::Path<PairingPath>, once: Once, _: NoBody) -> Result<Reply> {
    let me = scope.caller().member()?;
    once.run(&scope, &[], async |tx| super::end(tx, path.pairing_id).await.map(outcome(me))).await
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_pairing).service(list_pairings).service(request_pairing);
    config.service(accept_pairing).service(decline_pairing).service(withdraw_pairing);
    config.service(complete_pairing).service(end_pairing);
}
