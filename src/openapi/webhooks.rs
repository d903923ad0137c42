//! What is sent to webhooks, type by type, as the document describes it.

use serde_json::{Map, Value, json};

use super::examples::example_of;

/// Something that webhooks are told.
#[derive(Debug)]
pub struct Told {
    /// Its type, `noun.past_verb`.
    pub name: &'static str,
    /// What has happened then, for people.
    pub meaning: &'static str,
    /// What `data` says of it; the rest is null.
    pub says: &'static [&'static str],
}

/// The section `webhooks`: an entry for each type, by its name.
pub fn described(told: &[Told], schemas: &Value) -> Value {
    told.iter().map(|one| (one.name.to_owned(), json!({ "post": operation(one, schemas) }))).collect()
}

/// What fits a list of types, separated by commas.
pub fn pattern(told: &[Told]) -> String {
    let one = told.iter().map(|one| one.name.replace('.', r"\.")).collect::<Vec<_>>().join("|");
    format!("^({one})(,({one}))*$")
}

fn operation(told: &Told, schemas: &Value) -> Value {
    let title = told.name.replace(['.', '_'], " ");
    json!({
        "operationId": format!("receive_{}", told.name.replace('.', "_")),
        "tags": ["events"],
        "summary": format!("{}{}", title[..1].to_uppercase(), &title[1..]),
        "description": format!("{} Of two events about one thing, the one with the greater `data.sequence` happened later.",
            told.meaning),
        "security": [],
        "parameters": [
            header("webhook-id", "Names this event; the same however often it is delivered. Take it once.",
                json!({ "format": "uuid" }), "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f70"),
            header("webhook-timestamp", "When this was signed, in seconds since 1970. Refuse what is older than five minutes.",
                json!({ "pattern": "^[0-9]+$", "maxLength": 20 }), "1762161164"),
            header("webhook-signature", "One signature, or two with a space between them while the secret changes: `v1,` and \
                HMAC-SHA-256 of `{webhook-id}.{webhook-timestamp}.{body}` in Base64 (Standard Webhooks).",
                json!({ "pattern": "^v1,[A-Za-z0-9+/=]{44}( v1,[A-Za-z0-9+/=]{44})*$", "maxLength": 200 }),
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        "requestBody": { "required": true, "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Notification" }, "example": example(told, schemas),
        } } },
        "responses": {
            "2XX": { "description": "Taken, within 15 seconds. Nothing else that you answer is looked at." },
            "default": { "description": "Not taken: it comes again, nine times within three and a half days. With 429 and 503, \
                `Retry-After` in seconds is honoured; 410 says that nobody is here any more, and disables the webhook." },
        },
    })
}

fn header(name: &str, description: &str, more: Value, example: &str) -> Value {
    let mut schema = json!({ "type": "string" });
    schema.as_object_mut().into_iter().for_each(|schema| schema.extend(more.as_object().cloned().unwrap_or_default()));
    json!({ "name": name, "in": "header", "required": true, "description": description, "schema": schema, "example": example })
}

fn example(told: &Told, schemas: &Value) -> Value {
    let mut example = example_of(&json!({ "$ref": "#/components/schemas/Notification" }), schemas);
    example["type"] = told.name.into();
    for (name, value) in example["data"].as_object_mut().into_iter().flat_map(Map::iter_mut) {
        if !told.says.contains(&name.as_str()) {
            *value = Value::Null;
        }
    }
    example
}
