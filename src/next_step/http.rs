//! `/v1/me/next-step`

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{self, Kind};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{CheckInId, CycleId, PairingId};
use crate::pairings::http::Partner;
use crate::web::{Shown, Versioned};

/// What I am to do next.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextStep {
    /// The one next thing to do; null where there is nothing.
    #[schema(required)]
    step: Option<Step>,
    /// Where there is nothing: when the clock may bring something; ask again then. What others do may bring it sooner. Null
    /// where there is a step.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    until: Option<At>,
    /// What else there is to do, in this order; where there is very much, the first of it.
    #[schema(max_items = 20, example = json!([]))]
    others: Vec<Step>,
}

impl Versioned for NextStep {
    /// It is derived, and no row of its own: its content alone tells one state from another.
    fn version(&self) -> i64 {
        0
    }
}

/// Something to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    /// What it is. Open enumeration: treat what you do not know as "other".
    #[schema(example = "answer_request")]
    kind: Kind,
    /// Until when it can be done, exclusive; a call that has started counts as held from then on.
    #[schema(example = "2026-10-12T09:00:00.000Z")]
    due_at: At,
    /// What does it: one of these, as the member decides. For `pick_coach` the first shows whom, and the second asks.
    #[schema(max_items = 4)]
    operations: Vec<StepOperation>,
    /// In which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    cycle_id: CycleId,
    /// About which pairing, where it is about one.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: Option<PairingId>,
    /// About which call, where it is about one.
    #[schema(required, value_type = Option<Uuid>, example = json!(null))]
    check_in_id: Option<CheckInId>,
    /// With whom, where it is about a pairing.
    #[schema(required)]
    partner: Option<Partner>,
}

/// An operation, ready to be called: only its body is still to be filled in.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepOperation {
    /// Its `operationId` in the document.
    #[schema(max_length = 64, pattern = "^[a-z_]+$", example = "accept_pairing")]
    operation_id: &'static str,
    /// Its method.
    #[schema(max_length = 6, pattern = "^[A-Z]+$", example = "POST")]
    method: &'static str,
    /// Its path, with the ids in it.
    #[schema(
        max_length = 200,
        format = "uri-reference",
        example = "/v1/pairings/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60/accept"
    )]
    path: String,
}

impl From<rules::Operation> for StepOperation {
    fn from(operation: rules::Operation) -> Self {
        use rules::Operation::*;
        let (operation_id, method, path) = match operation {
            AcceptPairing(id) => ("accept_pairing", "POST", format!("/v1/pairings/{id}/accept")),
            DeclinePairing(id) => ("decline_pairing", "POST", format!("/v1/pairings/{id}/decline")),
            PutParticipation(id) => ("put_participation", "PUT", format!("/v1/cycles/{id}/participation")),
            PutReflection(id) => ("put_reflection", "PUT", format!("/v1/cycles/{id}/reflection")),
            ListCoaches(id) => ("list_coaches", "GET", format!("/v1/cycles/{id}/coaches")),
            RequestPairing => ("request_pairing", "POST", "/v1/pairings".into()),
            PlanCheckIn(id) => ("plan_check_in", "POST", format!("/v1/pairings/{id}/check-ins")),
            UpdateCheckIn(id) => ("update_check_in", "PATCH", format!("/v1/check-ins/{id}")),
            HoldCheckIn(id) => ("hold_check_in", "POST", format!("/v1/check-ins/{id}/hold")),
            MissCheckIn(id) => ("miss_check_in", "POST", format!("/v1/check-ins/{id}/miss")),
        };
        Self { operation_id, method, path }
    }
}

impl From<rules::Step> for Step {
    fn from(step: rules::Step) -> Self {
        Self {
            kind: step.kind,
            due_at: step.due_at.into(),
            operations: step.operations.into_iter().map(StepOperation::from).collect(),
            cycle_id: step.cycle,
            pairing_id: step.pairing,
            check_in_id: step.check_in,
            partner: step.partner.map(|partner| Partner::new(partner.id, partner.name)),
        }
    }
}

/// Shows my next step.
///
/// The one next thing to do, by when, and the operation that does it: first what another person waits for, then the
/// earliest due. Never one that would be refused as things stand. Nobody else can ask, administrators included.
#[utoipa::path(tag = "next-step", responses((status = 200, description = "My next step.", body = NextStep)))]
#[get("/me/next-step")]
async fn get_next_step(scope: Scope) -> Result<Shown<NextStep>> {
    let rules::NextStep { step, until, others } = super::get(&scope).await?;
    let others = others.into_iter().map(Step::from).collect();
    Ok(Shown(NextStep { step: step.map(Step::from), until: until.map(At), others }))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_next_step);
}
