//! The document (OpenAPI 3.1): what the handlers say of themselves, and here, once, what all operations share.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::codes::Code;
use crate::web::Problem;

/// The frame of the document; the operations come from the slices.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Peer Coaching",
        version = "1.0.0",
        description = include_str!("openapi.md"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This service.")),
    tags(
        (name = "members", description = "Who I am, and the directory: the company's words about a member, and the member's own."),
        (name = "policy", description = "The organization's settings, in versions."),
        (name = "cycles", description = "Quarters, or what the cadence says. `current` and `next` can be used for an id."),
        (name = "participations", description = "It is up to you: a member's answer for one cycle."),
        (name = "reflections", description = "Reflect first: a member's own analysis of their job in one cycle."),
        (name = "coaches", description = "Whom I could ask to coach me."),
        (name = "pairings", description = "One coachee with one coach in one cycle, from the request to the end."),
        (name = "audit-entries", description = "What administrators and integrations changed."),
        (name = "service", description = "The service itself: whether it is well, and what its problems mean."),
    ),
    components(schemas(Problem)),
)]
pub struct Frame;

/// The operations that change what two people may edit, and so need `If-Match`.
const NEED_IF_MATCH: [&str; 3] = ["update_policy", "update_cycle", "update_member"];

/// The operations that need an `Idempotency-Key`.
const NEED_KEY: [&str; 1] = ["upsert_members"];

/// Adds what all operations share: the problem answer, conditional and idempotent headers, security, examples.
pub fn finish(document: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("a document is plain data");
    document["security"] = json!([{ "bearer": [] }]);
    document["components"]["securitySchemes"] = json!({ "bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "A token of the company's identity provider, meant for this service. `dev` prints some.",
    } });
    document["components"]["headers"] = headers();
    document["components"]["responses"] = json!({ "Problem": problem(&document) });
    let schemas = document["components"]["schemas"].clone();
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for (method, operation) in paths.filter_map(Value::as_object_mut).flatten() {
        if operation.is_object() {
            complete(method, operation, &schemas);
        }
    }
    document
}

fn complete(method: &str, operation: &mut Value, schemas: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    if operation["security"] == json!([{}]) {
        operation["security"] = json!([]);
    }
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    match method {
        "post" => parameters.push(idempotency_key(NEED_KEY.contains(&id.as_str()))),
        "patch" | "put" => parameters.push(if_match(NEED_IF_MATCH.contains(&id.as_str()))),
        _ => {}
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    for content in operation["requestBody"]["content"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        give_example(content, schemas);
    }
    let lists = id.starts_with("list_");
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        for (kind, content) in response["content"].as_object_mut().into_iter().flatten() {
            if kind == "application/json" {
                give_example(content, schemas);
            }
        }
        response["headers"] = json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
        if lists {
            response["headers"]["Link"] = json!({ "$ref": "#/components/headers/Link" });
        } else if operation_shows_versions(&id) {
            response["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
        }
        if status == "201" {
            response["headers"]["Location"] = json!({ "$ref": "#/components/headers/Location" });
        }
    }
    operation["responses"]["default"] = json!({ "$ref": "#/components/responses/Problem" });
}

fn operation_shows_versions(id: &str) -> bool {
    !["get_liveness", "get_readiness", "get_problem_page", "upsert_members", "advance_clock"].contains(&id)
}

fn headers() -> Value {
    let text = |description: &str, more: Value| {
        let mut schema = json!({ "type": "string", "maxLength": 2500 });
        schema
            .as_object_mut()
            .into_iter()
            .for_each(|schema| schema.extend(more.as_object().cloned().unwrap_or_default()));
        json!({ "description": description, "schema": schema })
    };
    json!({
        "X-Request-Id": text("Names this request in the service's log; yours, where you sent a plain one.",
            json!({ "pattern": "^[A-Za-z0-9._-]{1,64}$", "example": "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60" })),
        "ETag": text("Names this state of the thing; send it as `If-Match` to change it, as `If-None-Match` to ask for news.",
            json!({ "pattern": "^\"[0-9]+-[0-9a-f]{8}\"$", "example": "\"3-9f86d081\"" })),
        "Location": text("Where the new thing lives.",
            json!({ "format": "uri-reference", "example": "/v1/pairings/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60" })),
        "Link": text("Where the next page is, as `rel=\"next\"`; absent on the last one.",
            json!({ "example": "</v1/pairings?limit=20&cursor=…>; rel=\"next\"" })),
    })
}

fn idempotency_key(required: bool) -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": required,
        "description": "A fresh random value for each new request; the same value when it is sent again. Within 24 hours \
            the repetition has no second effect and gets the first answer, with `Idempotent-Replayed: true`.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
        "example": "6f1f3e0a-0c5b-4f0e-9d55-5a9c2f0e7b11",
    })
}

fn if_match(required: bool) -> Value {
    json!({
        "name": "If-Match", "in": "header", "required": required,
        "description": "The ETag of what you read; 412 when it has changed since.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 1000 },
        "example": "\"3-9f86d081\"",
    })
}

fn problem(document: &Value) -> Value {
    let schemas = &document["components"]["schemas"];
    let codes =
        Code::ALL.iter().map(|code| format!("`{code}` ({})", code.status().as_u16())).collect::<Vec<_>>().join(", ");
    json!({
        "description": format!("Why not (RFC 9457). `code` is one of: {codes}. New ones may come."),
        "headers": { "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } },
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "example": example_of(&json!({ "$ref": "#/components/schemas/Problem" }), schemas),
        } },
    })
}

fn give_example(content: &mut Value, schemas: &Value) {
    if content.get("example").is_none() && content.get("schema").is_some() {
        content["example"] = example_of(&content["schema"], schemas);
    }
}

/// An example is written once, at the field it is an example of; the examples of whole bodies are put together here.
fn example_of(schema: &Value, schemas: &Value) -> Value {
    let referred = |schema: &Value| {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?.to_owned();
        schemas.get(&name).map(|schema| example_of(schema, schemas))
    };
    if let Some(example) = schema.get("example") {
        example.clone()
    } else if let Some(example) = referred(schema) {
        example
    } else if let Some(properties) = schema["properties"].as_object() {
        properties
            .iter()
            .map(|(name, property)| (name.clone(), example_of(property, schemas)))
            .collect::<Map<_, _>>()
            .into()
    } else if schema.get("items").is_some() {
        json!([example_of(&schema["items"], schemas)])
    } else if let Some(options) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        options.iter().map(|option| example_of(option, schemas)).find(|example| !example.is_null()).unwrap_or_default()
    } else {
        schema["enum"].get(0).cloned().unwrap_or_default()
    }
}

/// The whole document as it is committed: indented, with a line break at its end left to whoever prints it.
pub fn pretty() -> String {
    serde_json::to_string_pretty(&crate::app::document()).expect("a document is plain data")
}
