//! `/v1/me/calendar-feed`, `/v1/check-ins/{check_in_id}/calendar`, `/calendar/{secret}.ics`

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Feed, Subscription};
use crate::check_ins::http::CheckInPath;
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::web::conditional::{etag, is_known};
use crate::web::{MaybeBody, NoBody, NotKept, Once, Origin, Query, Reply, Shown, Versioned};

/// Whether my calls are shown at a secret address. The address itself is told once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarFeed {
    /// Since when; null where they are not.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-10-05T09:00:00.000Z")]
    created_at: Option<At>,
    /// Whether partners' names are shown there; null where nothing is.
    #[schema(required, example = false)]
    show_names: Option<bool>,
    #[serde(skip)]
    version: i64,
}

impl Versioned for CalendarFeed {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<Option<Feed>> for CalendarFeed {
    fn from(feed: Option<Feed>) -> Self {
        Self {
            created_at: feed.map(|feed| feed.created_at.into()),
            show_names: feed.map(|feed| feed.show_names),
            version: feed.map_or(0, |feed| feed.version),
        }
    }
}

/// What a calendar feed shall show.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeCalendarFeed {
    /// Whether partners' names are shown to whoever knows the address.
    #[serde(default)]
    #[schema(default = false, example = false)]
    show_names: bool,
}

/// A new secret address. It is shown here and nowhere else: whoever has lost it makes another.
#[derive(Serialize, ToSchema)]
pub struct NewCalendarFeed {
    /// Since when my calls are shown there.
    #[schema(example = "2026-10-05T09:00:00.000Z")]
    created_at: At,
    /// Whether partners' names are shown there.
    #[schema(example = false)]
    show_names: bool,
    /// The whole address, to be given to a calendar.
    #[schema(
        format = "uri",
        max_length = 2000,
        example = "https://coaching.example.com/calendar/feed_AZkKPnwffSqaVy8cPU5fYJ-G0IGISH0vL-rWFaO_8BtPGygvZoLc7IXy2XxkoVsZ.ics"
    )]
    url: String,
    /// The same without the host, for whoever reaches the service in a way of their own.
    #[schema(
        format = "uri-reference",
        max_length = 100,
        pattern = "^/calendar/feed_[A-Za-z0-9_-]{64}[.]ics$",
        example = "/calendar/feed_AZkKPnwffSqaVy8cPU5fYJ-G0IGISH0vL-rWFaO_8BtPGygvZoLc7IXy2XxkoVsZ.ics"
    )]
    path: String,
}

/// How a call is shown to a calendar.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvitationWanted {
    /// Whether the partner's name is in it.
    #[param(value_type = bool, required = false, default = false, example = true)]
    show_names: Option<bool>,
}

/// What calendars read, with its ETag, or 304 to whoever has it already.
#[derive(Debug)]
struct Calendar {
    version: i64,
    lines: String,
    /// What a browser does with it, where that is not to show it.
    disposition: Option<&'static str>,
}

impl Responder for Calendar {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let etag = etag(self.version, self.lines.as_bytes());
        let known = is_known(request, &etag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((header::CACHE_CONTROL, "private, no-cache")).insert_header((header::ETAG, etag));
        if let Some(disposition) = self.disposition {
            response.insert_header((header::CONTENT_DISPOSITION, disposition));
        }
        if known { response.finish() } else { response.content_type("text/calendar; charset=utf-8").body(self.lines) }
    }
}

/// Shows whether my calls are shown at a secret address.
///
/// Since when, and whether with partners' names. Never the address: it was told when it was made.
#[utoipa::path(tag = "calendar", responses((status = 200, description = "Whether they are.", body = CalendarFeed)))]
#[get("/me/calendar-feed")]
async fn get_calendar_feed(scope: Scope) -> Result<Shown<CalendarFeed>> {
    let feed = scope.read(async |tx| super::get(tx).await).await?;
    Ok(Shown(feed.into()))
}

/// Makes a secret address for my calls.
///
/// To subscribe to in a calendar, which needs no token. Whoever knows the address sees when I have calls, and of which kind:
/// so keep it like a password. The answer is the only one that tells it. An address from before shows nothing from now on.
#[utoipa::path(tag = "calendar", request_body = Option<MakeCalendarFeed>,
    responses((status = 201, description = "The address.", body = NewCalendarFeed)))]
#[post("/me/calendar-feed")]
async fn make_calendar_feed(
    scope: Scope,
    once: Once,
    origin: Origin,
    body: MaybeBody<MakeCalendarFeed>,
) -> Result<NotKept> {
    scope.caller().member()?;
    let bytes = body.bytes().to_vec();
    let wanted = body.into_inner();
    let reply = once.run(&scope, &bytes, async |tx| {
        let (Feed { created_at, show_names, .. }, address) = super::make(tx, wanted.show_names).await?;
        let path = address.path();
        let made = NewCalendarFeed { created_at: created_at.into(), show_names, url: origin.with(&path), path };
        Ok(Reply::created_plain("/v1/me/calendar-feed".into(), &made))
    });
    Ok(NotKept(reply.await?))
}

/// Revokes the secret address of my calls.
///
/// It shows nothing from now on. Repeating it changes nothing.
#[utoipa::path(tag = "calendar", responses((status = 204, description = "There is none of mine.")))]
#[delete("/me/calendar-feed")]
async fn delete_calendar_feed(scope: Scope, _: NoBody) -> Result<HttpResponse> {
    scope.write(async |tx| super::revoke(tx).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows a call to a calendar.
///
/// To the coachee and the coach: one call, as iCalendar (RFC 5545), for a calendar to take in. A later version of it, with
/// the same UID and a greater SEQUENCE, replaces it. It says neither where to join nor anything that anybody wrote.
#[utoipa::path(tag = "calendar", params(CheckInPath, InvitationWanted),
    responses((status = 200, description = "The call.", content_type = "text/calendar", body = String,
        example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n…\r\nEND:VCALENDAR\r\n")))]
#[get("/check-ins/{check_in_id}/calendar")]
async fn get_check_in_calendar(
    scope: Scope,
    path: web::Path<CheckInPath>,
    wanted: Query<InvitationWanted>,
) -> Result<impl Responder> {
    scope.caller().member()?;
    let show_names = wanted.show_names.unwrap_or_default();
    let (version, lines) = super::invitation(&scope, path.check_in_id, show_names).await?;
    Ok(Calendar { version, lines, disposition: Some("attachment; filename=\"coaching.ics\"") })
}

/// Shows a member's calls to a calendar.
///
/// To whoever knows the secret address, without a token: as iCalendar (RFC 5545), the calls of the last three months and all
/// to come, cancelled ones too. It says neither where to join nor anything that anybody wrote; names only where the member has
/// said so. Any other address is 404, whatever is wrong with it. Ask again with `If-None-Match`.
#[utoipa::path(
    tag = "calendar",
    params(("secret" = String, Path, description = "What was told when the address was made.",
        max_length = 69, pattern = "^feed_[A-Za-z0-9_-]{64}$", example = "feed_AZkKPnwffSqaVy8cPU5fYJ-G0IGISH0vL-rWFaO_8BtPGygvZoLc7IXy2XxkoVsZ")),
    responses((status = 200, description = "The calls.", content_type = "text/calendar", body = String,
        example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n…\r\nEND:VCALENDAR\r\n")),
    security(())
)]
#[get("/calendar/{secret}.ics")]
pub async fn get_calendar(subscription: Subscription) -> Result<impl Responder> {
    let (version, lines) = subscription.show().await?;
    Ok(Calendar { version, lines, disposition: None })
}

/// The routes of this slice that need a token; [`get_calendar`] needs none, and is mounted beside them.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_calendar_feed).service(make_calendar_feed).service(delete_calendar_feed);
    config.service(get_check_in_calendar);
}
