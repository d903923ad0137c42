//! `/v1/events`

use actix_web::{HttpResponse, get, http::header, web};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::rules::{EventType, Kept, Place};
use crate::clock::At;
use crate::db::Scope;
use crate::error::{Error, Flaw, Place as Where, Result};
use crate::ids::{CheckInId, CycleId, MemberId, PairingId, WebhookId};
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Cursors, Query};

/// What happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Event {
    /// Names this event, wherever and however often it is told.
    #[schema(example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f70")]
    id: Uuid,
    /// What kind of thing happened, as `noun.past_verb`.
    #[schema(value_type = EventType, example = "pairing.requested")]
    r#type: String,
    /// When it happened.
    #[schema(example = "2026-11-03T09:12:44.120Z")]
    timestamp: At,
    /// What it happened to.
    data: EventData,
}

/// Ids and instants: enough to ask for the rest with the right of whoever is told.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct EventData {
    /// Grows: of two events about one thing, that with the greater number happened later, in whichever order they are told
    /// and delivered. Numbers are skipped; null where a webhook is tested.
    #[schema(required, minimum = 1, example = 4711)]
    sequence: Option<i64>,
    /// Who is to be told, where somebody is.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    recipient_id: Option<MemberId>,
    /// Whether they want to be told by a message. Where not, keep your copy up to date, and write them nothing.
    #[schema(required, example = true)]
    notify: Option<bool>,
    /// The member.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61")]
    member_id: Option<MemberId>,
    /// The cycle.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f62")]
    cycle_id: Option<CycleId>,
    /// The pairing.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    pairing_id: Option<PairingId>,
    /// The check-in.
    #[schema(required, value_type = Option<Uuid>, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63")]
    check_in_id: Option<CheckInId>,
    /// The webhook.
    #[schema(required, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")]
    webhook_id: Option<Uuid>,
    /// When the check-in or the cycle starts.
    #[schema(required, example = "2026-11-05T10:00:00.000Z")]
    starts_at: Option<At>,
    /// By when something is to be done.
    #[schema(required, example = "2026-11-05T10:00:00.000Z")]
    due_at: Option<At>,
}

impl From<super::Event> for Event {
    fn from(event: super::Event) -> Self {
        Self {
            id: event.id,
            r#type: event.kind,
            timestamp: event.occurred_at.into(),
            data: EventData {
                sequence: Some(event.sequence),
                recipient_id: event.recipient,
                notify: event.notify,
                member_id: event.member,
                cycle_id: event.cycle,
                pairing_id: event.pairing,
                check_in_id: event.check_in,
                webhook_id: event.webhook,
                starts_at: event.starts_at.map(At::from),
                due_at: event.due_at.map(At::from),
            },
        }
    }
}

/// What a webhook is told: the same as the feed, with the event's id in the header `webhook-id`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Notification {
    /// What kind of thing happened, as `noun.past_verb`.
    #[schema(value_type = EventType, example = "pairing.requested")]
    r#type: String,
    /// When it happened.
    #[schema(example = "2026-11-03T09:12:44.120Z")]
    timestamp: At,
    /// What it happened to.
    data: EventData,
}

/// What the document has to describe though no operation names it.
#[derive(OpenApi)]
#[openapi(components(schemas(Notification)))]
pub struct Sent;

impl From<super::Event> for Notification {
    fn from(event: super::Event) -> Self {
        let Event { r#type, timestamp, data, .. } = event.into();
        Self { r#type, timestamp, data }
    }
}

impl Notification {
    /// That somebody tests this webhook.
    pub fn of_test(webhook: WebhookId, at: Timestamp) -> Self {
        let data = EventData { webhook_id: Some(webhook.uuid()), ..EventData::default() };
        Self { r#type: EventType::WebhookTested.name().into(), timestamp: at.into(), data }
    }
}

/// A page of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// What happened, in the order in which it is told.
    #[schema(max_items = 100)]
    data: Vec<Event>,
    /// Whether more may be there already. Where not, ask again in a while.
    #[schema(example = false)]
    has_more: bool,
    /// Where to go on, as `after`; there always is one.
    #[schema(
        required,
        max_length = 2000,
        pattern = "^[A-Za-z0-9_.~-]+$",
        example = "eyJjbHVzdGVyIjo3NzExfQ.dev~SkvP2TvjBUoER7B4Mvc-ow"
    )]
    next_cursor: Option<String>,
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsWanted {
    /// Only what happened behind this place: `next_cursor` of the page before. Without it, from the earliest that is kept.
    #[param(value_type = String, required = false, max_length = 2000)]
    after: Option<String>,
    /// Only events of these types, separated by commas; the same for each page.
    #[param(value_type = String, required = false, max_length = 1000, pattern = r"^[a-z_]+\.[a-z_]+(,[a-z_]+\.[a-z_]+)*$",
        example = "pairing.requested,check_in.scheduled")]
    types: Option<String>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
}

/// Reads a list of types, as the query and webhooks name them.
///
/// # Errors
/// `invalid`, for names that are no type's.
fn types(wanted: &str) -> Result<Vec<EventType>> {
    let wanted = wanted.split(',').map(EventType::named).collect::<Option<Vec<_>>>();
    wanted.ok_or_else(|| {
        let known = EventType::ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
        let detail = format!("must name types of events, separated by commas: {known}");
        Error::Invalid(vec![Flaw {
            place: Where::Query("types".into()),
            code: "unknown_value",
            detail,
            malformed: false,
        }])
    })
}

/// Lists events, in the order in which they are told.
///
/// For the company's own programs, with the scope `events:read`. Follow `next_cursor`, also when a page is empty: each event
/// is met exactly once, and nothing appears behind a place that was passed. Events are kept for 30 days unless the operator
/// decides otherwise; a cursor that is older, or was made before the database was restored from a dump, is answered with 410
/// `cursor_expired`: read what there is anew, then follow from the end. They say that something happened and to whom it
/// matters, never what people wrote.
#[utoipa::path(tag = "events", params(EventsWanted),
    responses((status = 200, description = "A page of events.", body = EventPage)))]
#[get("/events")]
async fn list_events(
    scope: Scope,
    wanted: Query<EventsWanted>,
    keys: web::Data<MasterKeys>,
    kept: web::Data<Kept>,
) -> Result<HttpResponse> {
    let types = wanted.types.as_deref().map(types).transpose()?;
    let cursors = Cursors::new(&keys, scope.caller().organization, "events", &wanted.types);
    let after = cursors.open::<Place>(wanted.after.as_deref())?;
    let limit = usize::try_from(wanted.limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or_default();
    let feed = super::list(&scope, after, types.as_deref(), limit, **kept).await?;
    let page = EventPage {
        data: feed.events.into_iter().map(Event::from).collect(),
        has_more: feed.has_more,
        next_cursor: Some(cursors.of(&feed.next)),
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, no-cache")).json(page))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_events);
}
