//! `/v1/webhooks`

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::rules::{Disabled, Reach};
use super::{AddWebhook, WebhookPatch};
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::events::rules::EventType;
use crate::ids::WebhookId;
use crate::page;
use crate::web::pages::Cut;
use crate::web::{Body, IfMatch, Listed, MergePatch, NoBody, NotKept, Once, Reply, Shown, Versioned};

/// Where events are delivered to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// Names it.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")]
    id: WebhookId,
    /// The receiver's address.
    #[schema(format = "uri", min_length = 1, max_length = 2000, example = "https://bot.example.com/coaching")]
    url: String,
    /// The types of events that it is told of; null: all.
    #[schema(required, value_type = Option<Vec<EventType>>, max_items = 100, example = json!(["pairing.requested", "next_step.due"]))]
    types: Option<Vec<String>>,
    /// Whether it is told.
    #[schema(example = true)]
    enabled: bool,
    /// Why not. Open enumeration.
    #[schema(required, example = json!(null))]
    disabled_because: Option<Disabled>,
    /// Since when not.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    disabled_at: Option<At>,
    /// Since when nothing has got through, in real time; null where the last attempt did. After five days it is disabled.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    failing_since: Option<At>,
    /// When it was made.
    #[schema(example = "2026-11-03T09:12:44.120Z")]
    created_at: At,
    /// When somebody last changed it.
    #[schema(example = "2026-11-03T09:12:44.120Z")]
    updated_at: At,
    #[serde(skip)]
    version: i64,
}

impl Versioned for Webhook {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<super::Webhook> for Webhook {
    fn from(webhook: super::Webhook) -> Self {
        let (disabled_at, disabled_because) = webhook.disabled.unzip();
        Self {
            id: webhook.id,
            url: webhook.url,
            types: webhook.types,
            enabled: disabled_at.is_none(),
            disabled_because,
            disabled_at: disabled_at.map(At),
            failing_since: webhook.failing_since.map(At),
            created_at: webhook.created_at.into(),
            updated_at: webhook.updated_at.into(),
            version: webhook.version,
        }
    }
}

page! {
    /// All webhooks of the organization, the oldest first: at most 50.
    WebhookPage of Webhook
}

/// A new webhook. Its secret is shown here and nowhere else: whoever has lost it rotates it.
#[derive(Serialize, ToSchema)]
pub struct NewWebhook {
    /// The webhook.
    webhook: Webhook,
    /// What deliveries are signed with, for a library of Standard Webhooks.
    #[schema(
        format = "line",
        pattern = "^whsec_[A-Za-z0-9+/]{43}=$",
        max_length = 50,
        example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDczFvBCKGuFk="
    )]
    secret: String,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
pub struct NewSecret {
    /// What deliveries are signed with from now on.
    #[schema(
        format = "line",
        pattern = "^whsec_[A-Za-z0-9+/]{43}=$",
        max_length = 50,
        example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDczFvBCKGuFk="
    )]
    secret: String,
    /// Until when the one before signs too, in real time.
    #[schema(example = "2026-11-04T09:12:44.120Z")]
    old_secret_until: At,
}

/// Which webhook.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WebhookPath {
    /// The webhook's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")]
    pub(super) webhook_id: WebhookId,
}

/// Lists the organization's webhooks.
///
/// For programs with the scope `webhooks:manage`, as all of this: the oldest first, on one page.
#[utoipa::path(tag = "webhooks", responses((status = 200, description = "All webhooks.", body = WebhookPage)))]
#[get("/webhooks")]
async fn list_webhooks(scope: Scope) -> Result<Listed<WebhookPage>> {
    let data = scope.read(async |tx| super::list(tx).await).await?;
    Ok(Listed(Cut { data, next_cursor: None }.map(Webhook::from).into()))
}

/// Adds a webhook.
///
/// Each event from now on is delivered to it at least once, as a POST that is signed after Standard Webhooks: verify it with
/// one of that standard's libraries and the secret, which this answer alone tells. The header `webhook-id` is the event's id:
/// whoever has met it does nothing. Answer with a 2xx within 15 seconds; else it is tried again, up to nine times over about
/// three and a half days. A 410 disables the webhook, and so do five days in which nothing gets through.
#[utoipa::path(tag = "webhooks", request_body = AddWebhook,
    responses((status = 201, description = "The webhook, and its secret.", body = NewWebhook)))]
#[post("/webhooks")]
async fn add_webhook(scope: Scope, once: Once, reach: web::Data<Reach>, body: Body<AddWebhook>) -> Result<NotKept> {
    let bytes = body.bytes().to_vec();
    let wanted = body.into_inner();
    let reply = once.run(&scope, &bytes, async |tx| {
        let (webhook, secret) = super::add(tx, wanted, **reach).await?;
        let location = format!("/v1/webhooks/{}", webhook.id);
        Ok(Reply::created_plain(location, &NewWebhook { webhook: webhook.into(), secret: secret.to_string() }))
    });
    Ok(NotKept(reply.await?))
}

/// Shows a webhook.
///
/// Never its secret.
#[utoipa::path(tag = "webhooks", params(WebhookPath),
    responses((status = 200, description = "The webhook.", body = Webhook)))]
#[get("/webhooks/{webhook_id}")]
async fn get_webhook(scope: Scope, path: web::Path<WebhookPath>) -> Result<Shown<Webhook>> {
    let webhook = scope.read(async |tx| super::get(tx, path.webhook_id).await).await?;
    Ok(Shown(webhook.into()))
}

/// Changes a webhook.
///
/// Switched on again with `enabled`, it is told all that has happened meanwhile and is still kept.
#[utoipa::path(tag = "webhooks", params(WebhookPath), request_body(content = WebhookPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The webhook as it is now.", body = Webhook)))]
#[patch("/webhooks/{webhook_id}")]
async fn update_webhook(
    scope: Scope,
    path: web::Path<WebhookPath>,
    expected: IfMatch,
    reach: web::Data<Reach>,
    patch: MergePatch<WebhookPatch>,
) -> Result<Shown<Webhook>> {
    let (id, patch) = (path.webhook_id, patch.into_inner());
    let webhook = scope.write(async |tx| super::change(tx, id, expected.versions(), patch, **reach).await).await?;
    Ok(Shown(webhook.into()))
}

/// Deletes a webhook.
///
/// With its deliveries and its secret. Repeating it changes nothing.
#[utoipa::path(tag = "webhooks", params(WebhookPath), responses((status = 204, description = "There is none of this id.")))]
#[delete("/webhooks/{webhook_id}")]
async fn delete_webhook(scope: Scope, path: web::Path<WebhookPath>, _: NoBody) -> Result<HttpResponse> {
    scope.write(async |tx| super::remove(tx, path.webhook_id).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a webhook a new secret.
///
/// This answer alone tells it. For 24 hours both sign: change it at the receiver meanwhile. It is a new version of the
/// webhook, so an ETag that was read before does not match any more.
#[utoipa::path(tag = "webhooks", params(WebhookPath),
    responses((status = 201, description = "The new secret.", body = NewSecret)))]
#[post("/webhooks/{webhook_id}/rotate-secret")]
async fn rotate_webhook_secret(scope: Scope, path: web::Path<WebhookPath>, once: Once, _: NoBody) -> Result<NotKept> {
    let id = path.webhook_id;
    let reply = once.run(&scope, b"", async |tx| {
        let (secret, until) = super::rotate_secret(tx, id).await?;
        let new = NewSecret { secret: secret.to_string(), old_secret_until: until.into() };
        Ok(Reply::created_plain(format!("/v1/webhooks/{id}"), &new))
    });
    Ok(NotKept(reply.await?))
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_webhooks).service(add_webhook).service(rotate_webhook_secret);
    config.service(get_webhook).service(update_webhook).service(delete_webhook);
    super::deliveries::http::routes(config);
}
