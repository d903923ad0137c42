//! `/v1/cycles/{cycle_id}/coaches`

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{self, Ineligible, Place, Suggestion};
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::members;
use crate::members::changes::Topic;
use crate::members::http::Member;
use crate::vault::MasterKeys;
use crate::web::pages::{DEFAULT_LIMIT, Page};
use crate::web::{Cursors, Listed, Query};

/// A colleague, why they are suggested, and whether I could ask them.
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
    /// Why they stand where they stand in the list; `[]` where nothing speaks for or against.
    #[schema(max_items = 20)]
    because: Vec<Because>,
}

/// What speaks for suggesting a colleague: `covers_topic` (they know topics that I named for this cycle), `shares_project`
/// (they work on projects that I work on), `has_not_coached_you` (no first call with them as my coach was ever held),
/// `overlaps_working_hours` (we both usually work at the same time for two hours or more; when, is theirs). Or for
/// suggesting them later: `paired_often` (of late, in either direction).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestedFor {
    /// They know topics that I named.
    CoversTopic,
    /// They work on projects that I work on.
    SharesProject,
    /// They have never been my coach.
    HasNotCoachedYou,
    /// We usually work at the same time.
    OverlapsWorkingHours,
    /// We were paired often of late.
    PairedOften,
}

/// One reason, with what it takes to write a sentence of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Because {
    /// The reason.
    #[schema(example = "covers_topic")]
    reason: SuggestedFor,
    /// With `covers_topic`: the colleague's expertise that I named as a topic, as they spell it. Else `[]`.
    #[schema(max_items = 20, value_type = Vec<Topic>, example = json!(["Kubernetes"]))]
    topics: Vec<String>,
    /// With `shares_project`: our common projects, as they spell them. Else `[]`.
    #[schema(max_items = 20, value_type = Vec<Topic>, example = json!([]))]
    projects: Vec<String>,
    /// With `paired_often`: how many of my latest pairings were with them, 2 or more. Else null.
    #[schema(required, minimum = 2, example = json!(null))]
    times: Option<i64>,
}

impl From<rules::Because> for Because {
    fn from(because: rules::Because) -> Self {
        let plain = |reason| Self { reason, topics: vec![], projects: vec![], times: None };
        match because {
            rules::Because::CoversTopic(topics) => Self { topics, ..plain(SuggestedFor::CoversTopic) },
            rules::Because::SharesProject(projects) => Self { projects, ..plain(SuggestedFor::SharesProject) },
            rules::Because::HasNotCoachedYou => plain(SuggestedFor::HasNotCoachedYou),
            rules::Because::OverlapsWorkingHours => plain(SuggestedFor::OverlapsWorkingHours),
            rules::Because::PairedOften(times) => Self { times: Some(times), ..plain(SuggestedFor::PairedOften) },
        }
    }
}

/// Colleagues who could coach me, the most useful first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoachPage {
    /// The entries, in order.
    #[schema(max_items = 100)]
    data: Vec<Coach>,
    /// Whether there are more.
    #[schema(example = false)]
    has_more: bool,
    /// Give it as `cursor`, with the same filters, to get the next page. Null on the last. It names its day: the order
    /// that was begun is gone on with, also after midnight.
    #[schema(required, max_length = 2000, pattern = "^[A-Za-z0-9_.~-]+$", example = json!(null))]
    next_cursor: Option<String>,
    /// How many colleagues were weighed for this list: at most 50, whatever the size of the organization.
    #[schema(minimum = 0, maximum = 50, example = 11)]
    considered: usize,
    /// Whether that was everybody. If not, somebody else may be found in `GET /v1/members`, or here tomorrow.
    #[schema(example = true)]
    is_everybody: bool,
}

impl Page for CoachPage {
    fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }
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

/// Suggests who could coach me.
///
/// Colleagues I could ask in this cycle: not the coach of my last review, not those I have asked already, and only who
/// is open to coaching and has a place left. The most useful first, each with the reasons: who knows a topic that I named
/// (`PUT /v1/cycles/{cycle_id}/participation`), shares a project, has not coached me yet, works when I work; later who I
/// was paired with often. Whom nothing tells apart changes places each day (UTC). At most 50 colleagues are weighed: by
/// topic, by project, and a sample that is drawn anew each day; `considered` and `is_everybody` say how many, and whether
/// there are others. With `include=ineligible` also those of them whom I cannot ask, after the others; whom I have asked
/// and who coached me last time are always among them.
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
    let after = cursors.open::<Place>(wanted.cursor.as_deref())?;
    let super::Suggestions { coaches, considered, is_everybody } =
        super::list(&scope, path.cycle_id, all, after.as_ref(), limit).await?;
    let page = cursors.cut(coaches, limit, |(place, ..)| place.clone());
    let page = page.map(|(_, suggestion, member)| Coach::seen_in(&scope, suggestion, member));
    let (has_more, next_cursor) = (page.next_cursor.is_some(), page.next_cursor);
    Ok(Listed(CoachPage { data: page.data, has_more, next_cursor, considered, is_everybody }))
}

impl Coach {
    fn seen_in(scope: &Scope, suggestion: Suggestion, member: members::rules::Member) -> Self {
        let eligible = suggestion.is_eligible();
        let Suggestion { ineligible_because, because, .. } = suggestion;
        let because = because.into_iter().map(Because::from).collect();
        Self { member: Member::seen_in(scope, member), eligible, ineligible_because, because }
    }
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_coaches);
}
