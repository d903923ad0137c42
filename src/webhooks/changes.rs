//! What can be asked for, as it is asked for.

use serde::Deserialize;
use serde_with::rust::double_option;
use utoipa::ToSchema;

use super::guard::address;
use super::rules::Reach;
use crate::clock::At;
use crate::error::{Error, Result};
use crate::events::rules::EventType;

/// A webhook to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddWebhook {
    /// Where events are delivered to: a public address, over https, on port 443 or 8443.
    #[schema(format = "uri", min_length = 1, max_length = 2000, example = "https://bot.example.com/coaching")]
    pub url: String,
    /// Of which types; null, or absent: of all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EventType>>, min_items = 1, max_items = 100, example = json!(["pairing.requested", "next_step.due"]))]
    pub types: Option<Vec<String>>,
}

/// What to change of a webhook; an absent key keeps.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookPatch {
    /// Where events are delivered to.
    #[schema(value_type = String, required = false, format = "uri", min_length = 1, max_length = 2000, example = "https://bot.example.com/coaching")]
    pub url: Option<String>,
    /// Of which types; null: of all.
    #[serde(with = "double_option")]
    #[schema(value_type = Option<Vec<EventType>>, min_items = 1, max_items = 100, example = json!(["pairing.requested"]))]
    pub types: Option<Option<Vec<String>>>,
    /// Whether it is told. Switched on again, it is told all that has happened meanwhile and is still kept.
    #[schema(value_type = bool, required = false, example = true)]
    pub enabled: Option<bool>,
}

/// Since when to deliver again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverWebhook {
    /// What has failed since then is delivered again.
    #[schema(value_type = String, format = "date-time", example = "2026-11-03T09:00:00Z")]
    pub since: At,
}

/// Whether a webhook can be there.
pub(super) fn checked(url: &str, reach: Reach) -> Result<String> {
    address(url, reach).map(String::from).map_err(|(code, detail)| Error::invalid("/url", code, detail))
}
