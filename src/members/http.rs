//! `/v1/me` and `/v1/members`

use actix_web::{get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::Wanted;
use super::changes::{
    Language, MePatch, MemberBatch, MemberBatchOutcome, MemberOutcome, MemberPatch, Topic, WorkingHours,
};
use super::rules;
use crate::access::{Actor, IntegrationScope};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{MemberId, OrganizationId};
use crate::page;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, IfMatch, Listed, MaybeIfMatch, MergePatch, Once, Query, Reply, Shown, Versioned};

/// Bytes of a batch.
const BATCH_BYTES: usize = 1024 * 1024;

/// Who I am, with what only I see of myself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Names me.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    id: MemberId,
    /// The organization I belong to.
    organization: Organization,
    /// Whether my token makes me an administrator. It shows me nobody's words.
    #[schema(example = false)]
    administrator: bool,
    /// My name, from the directory.
    #[schema(format = "line", max_length = 120, example = "Ana Silva")]
    name: String,
    /// My email address, from the directory.
    #[schema(required, format = "email", max_length = 254, example = "ana@example.com")]
    email: Option<String>,
    /// The id the directory knows me by.
    #[schema(format = "line", required, max_length = 255, example = "ana")]
    external_id: Option<String>,
    /// My title, from the directory.
    #[schema(required, format = "line", max_length = 120, example = "Backend engineer")]
    title: Option<String>,
    /// My team, from the directory.
    #[schema(required, format = "line", max_length = 120, example = "Payments")]
    team: Option<String>,
    /// My time zone; null: the organization's. Colleagues do not see it.
    #[schema(required, format = "time-zone", max_length = 64, example = "Europe/Lisbon")]
    time_zone: Option<String>,
    /// When I usually work. Colleagues do not see it; when they look for a coach they are told whether two hours or more
    /// are theirs too.
    #[schema(required)]
    working_hours: Option<WorkingHours>,
    /// Languages I can talk in.
    #[schema(max_items = 20, value_type = Vec<Language>, example = json!(["en", "pt"]))]
    languages: Vec<String>,
    /// What I know well.
    #[schema(max_items = 20, value_type = Vec<Topic>, example = json!(["Rust", "code review"]))]
    expertise: Vec<String>,
    /// What I work on.
    #[schema(max_items = 20, value_type = Vec<Topic>, example = json!(["Checkout"]))]
    projects: Vec<String>,
    /// Whether colleagues may ask me to coach them.
    #[schema(example = true)]
    open_to_coaching: bool,
    /// How many coachees I take in a cycle; null: as many as the policy says.
    #[schema(required, minimum = 0, maximum = 20, example = 2)]
    coach_capacity: Option<i16>,
    /// Whether I am reminded of my next step.
    #[schema(example = true)]
    notify: bool,
    /// When I became a member.
    #[schema(example = "2026-07-01T08:00:00.000Z")]
    created_at: At,
    #[serde(skip)]
    version: i64,
}

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct Organization {
    /// Names it.
    #[schema(value_type = Uuid, example = "01990a3e-0000-7000-8000-000000000001")]
    id: OrganizationId,
    /// What it is called.
    #[schema(format = "line", max_length = 120, example = "Example Company")]
    name: String,
}

impl Me {
    pub(crate) fn of(scope: &Scope, member: rules::Member, organization: String) -> Self {
        let rules::Member { id, version, directory, own, created_at, .. } = member;
        Self {
            id,
            organization: Organization { id: scope.caller().organization, name: organization },
            administrator: matches!(scope.caller().actor, Actor::Administrator(_)),
            name: directory.name,
            email: directory.email,
            external_id: directory.external_id,
            title: directory.title,
            team: directory.team,
            time_zone: own.time_zone,
            working_hours: own.working_hours.map(|(from, until)| WorkingHours { from, until }),
            languages: own.languages,
            expertise: own.expertise,
            projects: own.projects,
            open_to_coaching: own.open_to_coaching,
            coach_capacity: own.coach_capacity,
            notify: own.notify,
            created_at: created_at.into(),
            version,
        }
    }
}

impl Versioned for Me {
    fn version(&self) -> i64 {
        self.version
    }
}

/// An entry of the directory.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// Names the member.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    pub(crate) id: MemberId,
    /// The name.
    #[schema(format = "line", max_length = 120, example = "Ben Okafor")]
    name: String,
    /// The title.
    #[schema(required, format = "line", max_length = 120, example = "Site reliability engineer")]
    title: Option<String>,
    /// The team.
    #[schema(required, format = "line", max_length = 120, example = "Platform")]
    team: Option<String>,
    /// Languages to talk in.
    #[schema(max_items = 20, value_type = Vec<Language>, example = json!(["en"]))]
    languages: Vec<String>,
    /// What the member knows well.
    #[schema(max_items = 20, value_type = Vec<Topic>, example = json!(["Kubernetes"]))]
    expertise: Vec<String>,
    /// What the member works on.
    #[schema(max_items = 20, value_type = Vec<Topic>, example = json!(["Checkout"]))]
    projects: Vec<String>,
    /// Whether colleagues may ask the member to coach them.
    #[schema(example = true)]
    open_to_coaching: bool,
    /// Whether the member is active. Who is not, only administrators and integrations see.
    #[schema(example = true)]
    active: bool,
    /// The id the directory knows the member by. Null for whoever is neither administrator nor integration.
    #[schema(format = "line", required, max_length = 255, example = json!(null))]
    external_id: Option<String>,
    /// The email address. Null for whoever is neither administrator nor integration.
    #[schema(required, format = "email", max_length = 254, example = json!(null))]
    email: Option<String>,
    #[serde(skip)]
    version: i64,
}

impl Member {
    /// What this caller sees of a member.
    pub(crate) fn seen_in(scope: &Scope, member: rules::Member) -> Self {
        let rules::Member { id, version, directory, own, .. } = member;
        let keys = scope.caller().sees_directory_keys();
        Self {
            id,
            name: directory.name,
            title: directory.title,
            team: directory.team,
            languages: own.languages,
            expertise: own.expertise,
            projects: own.projects,
            open_to_coaching: own.open_to_coaching,
            active: directory.active,
            external_id: directory.external_id.filter(|_| keys),
            email: directory.email.filter(|_| keys),
            // A colleague's ETag must not tell that something changed which the colleague may not see.
            version: if keys { version } else { 0 },
        }
    }
}

impl Versioned for Member {
    fn version(&self) -> i64 {
        self.version
    }
}

page! {
    /// Entries of the directory, by name; in a search by what was searched.
    MemberPage of Member
}

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembersWanted {
    /// Only those of whose name a word starts like this.
    #[param(value_type = String, required = false, format = "line", min_length = 1, max_length = 120, example = "sil")]
    q: Option<String>,
    /// Only those who know this well; upper and lower case are the same.
    #[param(value_type = String, required = false, format = "line", min_length = 1, max_length = 60, example = "Rust")]
    expertise: Option<String>,
    /// Only those who work on this.
    #[param(value_type = String, required = false, format = "line", min_length = 1, max_length = 60, example = "Checkout")]
    project: Option<String>,
    /// Only those who are, or are not, open to coaching.
    #[param(value_type = bool, required = false)]
    open_to_coaching: Option<bool>,
    /// Only those who are, or are not, active. For administrators and integrations; members see who is.
    #[param(value_type = bool, required = false)]
    active: Option<bool>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// The path of one member.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MemberPath {
    /// The member's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    pub(crate) member_id: MemberId,
}

/// Shows who I am.
///
/// My entry in the directory and what I say of myself. The first call with a new token links it to the directory.
#[utoipa::path(tag = "members", responses((status = 200, description = "Who I am.", body = Me)))]
#[get("/me")]
async fn get_me(scope: Scope) -> Result<Shown<Me>> {
    let (member, organization) = scope.read(async |tx| super::me(tx).await).await?;
    Ok(Shown(Me::of(&scope, member, organization)))
}

/// Changes what I say of myself.
///
/// What the directory says of me (name, title, team and so on) is the directory's to change.
#[utoipa::path(
    tag = "members",
    request_body(content = MePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Who I am now.", body = Me))
)]
#[patch("/me")]
async fn update_me(scope: Scope, expected: MaybeIfMatch, patch: MergePatch<MePatch>) -> Result<Shown<Me>> {
    let patch = patch.into_inner();
    let (member, organization) = scope.write(async |tx| super::change_me(tx, expected.versions(), patch).await).await?;
    Ok(Shown(Me::of(&scope, member, organization)))
}

/// Searches the directory.
///
/// By name, by expertise, by project. For members, administrators and integrations with `members:read`.
#[utoipa::path(tag = "members", params(MembersWanted),
    responses((status = 200, description = "A page of members.", body = MemberPage)))]
#[get("/members")]
async fn list_members(
    scope: Scope,
    wanted: Query<MembersWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<MemberPage>> {
    scope.caller().permits(IntegrationScope::MembersRead)?; // whoever may not ask is not told about their cursor either
    let MembersWanted { q, expertise, project, open_to_coaching, active, limit, cursor } = wanted.into_inner();
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let wanted = Wanted { q, expertise, project, open_to_coaching, active };
    let cursors = Cursors::new(&keys, scope.caller().organization, "members", &wanted);
    let after = cursors.open(cursor.as_deref())?;
    let found = scope.read(async |tx| super::search(tx, &wanted, after, limit).await).await?;
    let page = cursors.cut(found, limit, |(term, member)| (term.clone(), member.id));
    Ok(Listed(page.map(|(_, member)| Member::seen_in(&scope, member)).into()))
}

/// Shows a member.
///
/// What the directory shows of a colleague. For members, administrators and integrations with `members:read`.
#[utoipa::path(tag = "members", params(MemberPath),
    responses((status = 200, description = "The member.", body = Member)))]
#[get("/members/{member_id}")]
async fn get_member(scope: Scope, path: web::Path<MemberPath>) -> Result<Shown<Member>> {
    let member = scope.read(async |tx| super::get(tx, path.member_id).await).await?;
    Ok(Shown(Member::seen_in(&scope, member)))
}

/// Changes a member's directory entry.
///
/// For administrators and integrations with `members:write`. Deactivating somebody ends what they take part in.
#[utoipa::path(
    tag = "members", params(MemberPath),
    request_body(content = MemberPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The member as they are now.", body = Member))
)]
#[patch("/members/{member_id}")]
async fn update_member(
    scope: Scope,
    path: web::Path<MemberPath>,
    expected: IfMatch,
    patch: MergePatch<MemberPatch>,
) -> Result<Shown<Member>> {
    let patch = patch.into_inner();
    let member = scope.write(async |tx| super::change(tx, path.member_id, expected.versions(), patch).await).await?;
    Ok(Shown(Member::seen_in(&scope, member)))
}

/// Brings directory entries in.
///
/// For administrators and integrations with `members:write`: up to 500 at once, known by `external_id`; all of them or
/// none. Needs an `Idempotency-Key`.
#[utoipa::path(tag = "members", request_body = MemberBatch,
    responses((status = 200, description = "What became of each.", body = MemberBatchOutcome)))]
#[post("/members/batch")]
async fn upsert_members(scope: Scope, once: Once, body: Body<MemberBatch, BATCH_BYTES>) -> Result<Reply> {
    let sent = body.bytes().to_vec();
    once.required()?
        .run(&scope, &sent, async |tx| {
            let outcomes = super::upsert(tx, body.into_inner().members).await?;
            let data = outcomes.into_iter().map(|(member, outcome)| MemberOutcome {
                id: member.id,
                external_id: member.directory.external_id.unwrap_or_default(),
                outcome,
            });
            Ok(Reply::plain(&MemberBatchOutcome { data: data.collect() }))
        })
        .await
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_me).service(update_me);
    config.service(upsert_members).service(list_members).service(get_member).service(update_member);
}
