//! Each step as a request to the service.

use serde_json::{Value, json};

use super::compare::Ids;
use super::model::{Model, Who};
use super::steps::{Step, When, Which};

/// A request: who, how, where, with what.
pub struct Request {
    pub who: Who,
    pub method: &'static str,
    pub path: String,
    pub body: Value,
}

fn request(who: Who, method: &'static str, path: String, body: Value) -> Option<Request> {
    Some(Request { who, method, path, body })
}

impl Step {
    /// The request; nothing where what it is about was never made.
    pub fn request(&self, model: &Model, ids: &Ids) -> Option<Request> {
        let cycle = |which: Which| {
            Some(match which {
                Which::Current => "/v1/cycles/current".to_owned(),
                Which::Next => "/v1/cycles/next".to_owned(),
                Which::Nth(cycle) => format!("/v1/cycles/{}", ids.of(&format!("cycle {cycle}"))?),
            })
        };
        let pairing = |step: usize| Some(format!("/v1/pairings/{}", ids.of(&format!("pairing {step}"))?));
        let call =
            |(step, nth): (usize, usize)| Some(format!("/v1/check-ins/{}", ids.of(&format!("call {step}.{nth}"))?));
        let start = |when: When, pairing: usize| Some(json!(model.at(when, model.pairing_of(pairing)?)?.to_string()));
        match self {
            Self::Answer { who, cycle: which, opted_in } => {
                let answer = if *opted_in { "opted_in" } else { "not_this_time" };
                request(*who, "PUT", cycle(*which)? + "/participation", json!({ "answer": answer }))
            }
            Self::Reflect { who, cycle: which, complete } => {
                request(*who, "PUT", cycle(*which)? + "/reflection", json!({ "complete": complete }))
            }
            Self::Ask { who, coach, cycle } => {
                let mut body = json!({ "coach_id": ids.of(&format!("member {coach}"))? });
                if let Some(which) = cycle {
                    body["cycle_id"] = json!(ids.of(&format!("cycle {}", model.meant(*which).ok()?))?);
                }
                request(*who, "POST", "/v1/pairings".into(), body)
            }
            Self::Act { who, pairing: step, verb } => {
                let verb = json!(verb);
                request(*who, "POST", format!("{}/{}", pairing(*step)?, verb.as_str()?), json!({}))
            }
            Self::Plan { who, pairing: step, kind, when } => {
                let body = json!({ "kind": kind, "starts_at": start(*when, *step)? });
                request(*who, "POST", pairing(*step)? + "/check-ins", body)
            }
            Self::PlanSeries { who, pairing: step, when } => {
                request(*who, "POST", pairing(*step)? + "/series", json!({ "starts_at": start(*when, *step)? }))
            }
            Self::CancelSeries { who, series } => {
                request(*who, "DELETE", format!("/v1/series/{}", ids.of(&format!("series {series}"))?), Value::Null)
            }
            Self::Move { who, call: moved, when } => {
                let starts_at = model.at(*when, model.calls[model.call_of(*moved)?].pairing)?;
                request(*who, "PATCH", call(*moved)?, json!({ "starts_at": starts_at.to_string() }))
            }
            Self::Mark { who, call: marked, mark } => {
                request(*who, "POST", format!("{}/{}", call(*marked)?, json!(mark).as_str()?), json!({}))
            }
            Self::Open { who, open } => request(*who, "PATCH", "/v1/me".into(), json!({ "open_to_coaching": open })),
            Self::Capacity { who, capacity } => {
                request(*who, "PATCH", "/v1/me".into(), json!({ "coach_capacity": capacity }))
            }
            Self::Activate { member, active } => {
                let path = format!("/v1/members/{}", ids.of(&format!("member {member}"))?);
                request(0, "PATCH", path, json!({ "active": active }))
            }
            Self::CancelCycle { cycle: nth } => request(0, "POST", cycle(Which::Nth(*nth))? + "/cancel", json!({})),
            Self::MoveEnd { cycle: nth, ends_on } => {
                request(0, "PATCH", cycle(Which::Nth(*nth))?, json!({ "ends_on": ends_on.to_string() }))
            }
            Self::Rename { cycle: nth, name } => request(0, "PATCH", cycle(Which::Nth(*nth))?, json!({ "name": name })),
            Self::Decide { change } => request(0, "PATCH", "/v1/policy".into(), change.clone()),
            Self::Follow { what, .. } => what.as_ref()?.1.request(model, ids),
            Self::Told { who } => request(*who, "GET", "/v1/me/next-step".into(), Value::Null),
            Self::Pairings { who, role, state } => {
                let role = role.map(|role| format!("&role={role}")).unwrap_or_default();
                let state = state.map(|state| format!("&state={}", json!(state).as_str().unwrap()));
                let path = format!("/v1/pairings?limit=100{role}{}", state.unwrap_or_default());
                request(*who, "GET", path, Value::Null)
            }
            Self::Pairing { who, pairing: step } => request(*who, "GET", pairing(*step)?, Value::Null),
            Self::Calls { who, pairing: Some(step) } => {
                request(*who, "GET", pairing(*step)? + "/check-ins?limit=100", Value::Null)
            }
            Self::Calls { who, pairing: None } => request(*who, "GET", "/v1/check-ins?limit=100".into(), Value::Null),
            Self::Coaches { who, cycle: which, all } => {
                let all = if *all { "&include=ineligible" } else { "" };
                request(*who, "GET", cycle(*which)? + "/coaches?limit=100" + all, Value::Null)
            }
            Self::MyAnswer { who, cycle: which } => {
                request(*who, "GET", cycle(*which)? + "/participation", Value::Null)
            }
            Self::MyReflection { who, cycle: which } => {
                request(*who, "GET", cycle(*which)? + "/reflection", Value::Null)
            }
            Self::Cycle { who, cycle: which } => request(*who, "GET", cycle(*which)?, Value::Null),
            Self::Everything => None,
        }
    }
}
