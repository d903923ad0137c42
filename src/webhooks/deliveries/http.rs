//! `/v1/webhooks/{webhook_id}/deliveries`, and what has some made

use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::access::IntegrationScope;
use crate::clock::At;
use crate::db::Scope;
use crate::error::Result;
use crate::events::rules::EventType;
use crate::ids::{DeliveryId, WebhookId};
use crate::page;
use crate::vault::MasterKeys;
use crate::web::pages::DEFAULT_LIMIT;
use crate::web::{Body, Cursors, Listed, NoBody, Once, Query, Reply};
use crate::webhooks::RecoverWebhook;
use crate::webhooks::http::WebhookPath;
use crate::webhooks::rules::{Problem, State};

/// What a webhook is told of one event, and what has become of it. Instants are real ones.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// Names it.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f65")]
    id: DeliveryId,
    /// To which webhook.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")]
    webhook_id: WebhookId,
    /// The event, whose id is the header `webhook-id`; null for a test, which is named by its own id there.
    #[schema(required, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f70")]
    event_id: Option<Uuid>,
    /// The event's type.
    #[schema(value_type = EventType, example = "pairing.requested")]
    r#type: String,
    /// How it stands. Open enumeration.
    #[schema(example = "delivered")]
    state: State,
    /// How many attempts were made since it was last asked for.
    #[schema(minimum = 0, maximum = 10, example = 1)]
    attempts: i16,
    /// When the next attempt is due.
    #[schema(required, value_type = Option<String>, format = "date-time", example = json!(null))]
    due_at: Option<At>,
    /// When the last one was made.
    #[schema(required, value_type = Option<String>, format = "date-time", example = "2026-11-03T09:12:44.620Z")]
    attempted_at: Option<At>,
    /// The status of the last answer, if there was one.
    #[schema(required, minimum = 100, maximum = 999, example = 204)]
    status: Option<i16>,
    /// Why the last attempt did not get through. Open enumeration.
    #[schema(required, example = json!(null))]
    problem: Option<Problem>,
    /// Since when it is to be made.
    #[schema(example = "2026-11-03T09:12:44.320Z")]
    created_at: At,
}

impl From<super::Delivery> for Delivery {
    fn from(delivery: super::Delivery) -> Self {
        Self {
            id: delivery.id,
            webhook_id: delivery.webhook,
            event_id: delivery.event,
            r#type: delivery.kind,
            state: delivery.state,
            attempts: delivery.attempts,
            due_at: delivery.due_at.map(At),
            attempted_at: delivery.attempted_at.map(At),
            status: delivery.status,
            problem: delivery.problem,
            created_at: delivery.created_at.into(),
        }
    }
}

page! {
    /// What has become of a webhook's deliveries, the newest first.
    DeliveryPage of Delivery
}

/// How much is delivered again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recovered {
    /// How many deliveries.
    #[schema(minimum = 0, example = 12)]
    deliveries: u64,
}

/// Which delivery.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DeliveryPath {
    /// The delivery's id.
    #[param(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f65")]
    delivery_id: DeliveryId,
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesWanted {
    /// Only those that stand so.
    #[param(value_type = State, inline, required = false, example = "failed")]
    state: Option<State>,
    /// How many at most.
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 20, example = 20)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(value_type = String, required = false, max_length = 2000)]
    cursor: Option<String>,
}

/// Delivers a test.
///
/// Of the type `webhook.tested`, to this webhook alone, whatever types it wants.
#[utoipa::path(tag = "webhooks", params(WebhookPath),
    responses((status = 201, description = "The delivery; what became of it stands in the list.", body = Delivery)))]
#[post("/webhooks/{webhook_id}/test")]
async fn test_webhook(scope: Scope, path: web::Path<WebhookPath>, once: Once, _: NoBody) -> Result<Reply> {
    let id = path.webhook_id;
    once.run(&scope, b"", async |tx| {
        let delivery = super::test(tx, id).await?;
        Ok(Reply::created_plain(format!("/v1/webhooks/{id}/deliveries"), &Delivery::from(delivery)))
    })
    .await
}

/// Delivers again what has failed.
///
/// Since a time, from the first attempt on.
#[utoipa::path(tag = "webhooks", params(WebhookPath), request_body = RecoverWebhook,
    responses((status = 200, description = "How many deliveries that are.", body = Recovered)))]
#[post("/webhooks/{webhook_id}/recover")]
async fn recover_webhook(
    scope: Scope,
    path: web::Path<WebhookPath>,
    once: Once,
    body: Body<RecoverWebhook>,
) -> Result<Reply> {
    let bytes = body.bytes().to_vec();
    let (id, since) = (path.webhook_id, body.since.0);
    once.run(&scope, &bytes, async |tx| {
        let deliveries = super::recover(tx, id, since).await?;
        Ok(Reply::plain(&Recovered { deliveries }))
    })
    .await
}

/// Lists a webhook's deliveries.
///
/// The newest first; they are kept as long as events.
#[utoipa::path(tag = "webhooks", params(WebhookPath, DeliveriesWanted),
    responses((status = 200, description = "A page of deliveries.", body = DeliveryPage)))]
#[get("/webhooks/{webhook_id}/deliveries")]
async fn list_deliveries(
    scope: Scope,
    path: web::Path<WebhookPath>,
    wanted: Query<DeliveriesWanted>,
    keys: web::Data<MasterKeys>,
) -> Result<Listed<DeliveryPage>> {
    scope.caller().integration(IntegrationScope::WebhooksManage)?;
    let (id, state, limit) = (path.webhook_id, wanted.state, wanted.limit.unwrap_or(DEFAULT_LIMIT));
    let cursors = Cursors::new(&keys, scope.caller().organization, "deliveries", &(id, state));
    let before = cursors.open(wanted.cursor.as_deref())?;
    let found = scope.read(async |tx| super::list(tx, id, state, before, limit).await).await?;
    Ok(Listed(cursors.cut(found, limit, |delivery| delivery.id).map(Delivery::from).into()))
}

/// Makes a delivery once more.
///
/// Whatever has become of it, from the first attempt on, under the same `webhook-id`.
#[utoipa::path(tag = "webhooks", params(DeliveryPath),
    responses((status = 200, description = "The delivery as it is now.", body = Delivery)))]
#[post("/deliveries/{delivery_id}/redeliver")]
async fn repeat_delivery(scope: Scope, path: web::Path<DeliveryPath>, once: Once, _: NoBody) -> Result<Reply> {
    once.run(&scope, b"", async |tx| {
        let delivery = super::redeliver(tx, path.delivery_id).await?;
        Ok(Reply::plain(&Delivery::from(delivery)))
    })
    .await
}

/// The routes of this folder.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(test_webhook).service(recover_webhook).service(list_deliveries).service(repeat_delivery);
}
