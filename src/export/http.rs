//! `/v1/me/export`

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Everything;
use crate::actions::http::{Action, Progress};
use crate::audit_entries::http::AuditEntry;
use crate::calendar::http::CalendarFeed;
use crate::check_ins::http::CheckIn;
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::help_requests::http::HelpRequest;
use crate::ids::{CheckInId, MemberId, PairingId};
use crate::insights::http::Insight;
use crate::members::http::Me;
use crate::notes::http::Note;
use crate::pairings::http::Pairing;
use crate::participations::http::Participation;
use crate::reflections::http::Reflection;
use crate::{members, notes};

/// Everything of mine. Each list is complete.
#[derive(Debug, Serialize, ToSchema)]
pub struct Export {
    /// As of when.
    #[schema(example = "2026-10-05T09:00:00.000Z")]
    exported_at: At,
    /// Who I am, with what I say of myself.
    member: Me,
    /// Under which names identity providers know me.
    #[schema(max_items = 1000)]
    identities: Vec<Identity>,
    /// My answers, the earliest cycle first.
    #[schema(max_items = 10000)]
    participations: Vec<Participation>,
    /// My reflections, the earliest cycle first.
    #[schema(max_items = 10000)]
    reflections: Vec<Reflection>,
    /// With which pairings I share one, the earliest first.
    #[schema(max_items = 1000000)]
    reflection_shares: Vec<ReflectionShare>,
    /// What I have asked the administrators for and have not withdrawn, the earliest first.
    #[schema(max_items = 10000)]
    help_requests: Vec<HelpRequest>,
    /// Whether my calls are shown at a secret address. The address is not kept.
    calendar_feed: CalendarFeed,
    /// My pairings, as coachee and as coach, the latest first.
    #[schema(max_items = 1000000)]
    pairings: Vec<Pairing>,
    /// The calls of my pairings, the earliest first.
    #[schema(max_items = 1000000)]
    check_ins: Vec<CheckIn>,
    /// What I have written down about them, the earliest first.
    #[schema(max_items = 1000000)]
    notes: Vec<OwnNote>,
    /// What I will start, stop or continue, in the order in which it was added.
    #[schema(max_items = 1000000)]
    actions: Vec<Action>,
    /// How it went with that, in the order in which it was written.
    #[schema(max_items = 1000000)]
    progress: Vec<Progress>,
    /// What my coaches have told me, in that order.
    #[schema(max_items = 1000000)]
    insights: Vec<Insight>,
    /// What administrators and integrations changed about me, the newest first.
    #[schema(max_items = 1000000)]
    audit_entries: Vec<AuditEntry>,
}

/// Under which name an identity provider knows me.
#[derive(Debug, Serialize, ToSchema)]
pub struct Identity {
    /// The identity provider.
    #[schema(pattern = "^[^\\u0000]+$", max_length = 500, example = "login.example.com")]
    issuer: String,
    /// Its name for me.
    #[schema(pattern = "^[^\\u0000]+$", max_length = 255, example = "ana")]
    subject: String,
    /// Since when.
    #[schema(example = "2026-07-01T08:00:00.000Z")]
    linked_at: At,
}

/// That I share my reflection with the coach of a pairing.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReflectionShare {
    /// With which pairing.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: PairingId,
    /// Since when.
    #[schema(example = "2026-10-05T09:00:00.000Z")]
    shared_at: At,
}

/// A note of mine, and what it is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnNote {
    /// About which check-in.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63")]
    check_in_id: CheckInId,
    /// The note.
    note: Note,
}

impl From<members::Identity> for Identity {
    fn from(identity: members::Identity) -> Self {
        let members::Identity { issuer, subject, linked_at } = identity;
        Self { issuer, subject, linked_at: linked_at.into() }
    }
}

impl From<(PairingId, Timestamp)> for ReflectionShare {
    fn from((pairing_id, shared_at): (PairingId, Timestamp)) -> Self {
        Self { pairing_id, shared_at: shared_at.into() }
    }
}

impl From<(CheckInId, notes::Note)> for OwnNote {
    fn from((check_in_id, note): (CheckInId, notes::Note)) -> Self {
        Self { check_in_id, note: note.into() }
    }
}

fn shown<T, U: From<T>>(things: Vec<T>) -> Vec<U> {
    things.into_iter().map(U::from).collect()
}

impl Export {
    fn of(scope: &Scope, me: MemberId, everything: Everything) -> Self {
        let Everything { member, organization, .. } = everything;
        Self {
            exported_at: scope.clock().now().into(),
            member: Me::of(scope, member, organization),
            identities: shown(everything.identities),
            participations: shown(everything.participations),
            reflections: shown(everything.reflections),
            reflection_shares: shown(everything.reflection_shares),
            help_requests: shown(everything.help_requests),
            calendar_feed: everything.calendar_feed.into(),
            pairings: everything.pairings.into_iter().map(|named| Pairing::seen_by(me, named)).collect(),
            check_ins: everything.check_ins.into_iter().map(|seen| CheckIn::seen_by(me, seen)).collect(),
            notes: shown(everything.notes),
            actions: everything.actions.into_iter().map(|action| Action::seen_by(me, action)).collect(),
            progress: shown(everything.progress),
            insights: everything.insights.into_iter().map(|insight| Insight::seen_by(me, insight)).collect(),
            audit_entries: shown(everything.audit_entries),
        }
    }
}

/// Exports everything of mine.
///
/// All that the service keeps of me and all that I own in writing, in one machine-readable answer. Nothing that is
/// others': a partner is shown as a pairing shows one. It may be long; it is never cached.
#[utoipa::path(tag = "members", responses((status = 200, description = "Everything of mine.", body = Export)))]
#[get("/me/export")]
async fn get_export(scope: Scope) -> Result<HttpResponse> {
    let me = scope.caller().member()?;
    let everything = scope.snapshot(async |tx| super::gather(tx).await).await?;
    let export = Export::of(&scope, me, everything);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(export))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_export);
}
