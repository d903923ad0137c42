//! `/v1/cycles/{cycle_id}/coaches`

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{self, Ineligible};
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::members::http::Member;
use crate::page;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Cursors, Listed, Query};

/// A colleague, and whether I could ask them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coach {
    /// The colleague.
    member: Member,
    /// Whether I could ask them now.
    #[schema(example = true)]
    eligible: bool,
    /// Why not, where not. `not_available` says no more than that: not whether they are full, not open to it, or gone.
    #[schema(max_items = 10, example = json!([]))]
    ineligible_because: Vec<Ineligible>,
}

page! {
    /// Colleagues who could coach me, by name.
    CoachPage of Coach
}

/// Whom else to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// Also those I cannot ask, with the reason.
    Ineligible,
}

/// Which coaches.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoachesWanted {
    /// `ineligible`: also those I cannot ask, with the reason.
    #[param(value_type = Include, required = false, inline)]
    include: Option<Include>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Lists who could coach me.
///
/// Colleagues I could ask in this cycle: not the coach of my last review, not those I have asked already, and only who
/// is open to coaching and has a place left.
#[utoipa::path(tag = "coaches", params(CyclePath, CoachesWanted),
    responses((status = 200, description = "A page of coaches.", body = CoachPage)))]
#[get("/cycles/{cycle_id}/coaches")]
async fn list_coaches(
    scope: Scope,
    path: web::Path<CyclePath>,
    wanted: Query<CoachesWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<CoachPage>> {
    let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT);
    let all = wanted.include.is_some();
    let me = scope.caller().member()?;
    let cursors = Cursors::new(&keys, scope.caller().organization, "coaches", &(me, path.cycle_id.to_string(), all));
    let after = cursors.open(wanted.cursor.as_deref())?;
    let found = super::list(&scope, path.cycle_id, all, after.as_ref(), limit).await?;
    let page = cursors.cut(found, limit, |candidate| (candidate.term.clone(), candidate.member.id));
    let coach = |candidate: super::Candidate| {
        let ineligible_because = rules::reasons(&candidate.facts);
        let member = Member::seen_in(&scope, candidate.member);
        Coach { member, eligible: ineligible_because.is_empty(), ineligible_because }
    };
    Ok(Listed(page.map(coach).into()))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_coaches);
}
