//! The document (OpenAPI 3.1): what the handlers say of themselves, and here, once, what all operations share.

mod bounds;
mod examples;
mod links;
mod occasions;
mod parts;
mod webhooks;

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use self::examples::give_example;
use self::parts::{answers, headers, idempotency_key, if_match, if_none_match, references};
pub use self::webhooks::Told;
use crate::web::Problem;

/// The frame of the document; the operations come from the slices.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Peer Coaching",
        version = "1.0.0",
        description = include_str!("guide.md"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "members", description = "Who I am, and the directory: the company's words about a member, and the member's own."),
        (name = "policy", description = "The organization's settings, in versions."),
        (name = "cycles", description = "Quarters, or what the cadence says. `current` and `next` can be used for an id."),
        (name = "participations", description = "It is up to you: a member's answer for one cycle."),
        (name = "reflections", description = "Reflect first: a member's own analysis of their job in one cycle, shared with a coach or not."),
        (name = "coaches", description = "Whom I could ask to coach me."),
        (name = "pairings", description = "One coachee with one coach in one cycle, from the request to the end."),
        (name = "check-ins", description = "The calls of a pairing: the first one, weekly ones, catch-ups."),
        (name = "calendar", description = "My calls in a calendar: all of them at a secret address, or one to take along."),
        (name = "next-step", description = "The one next thing to do, by when, and what does it."),
        (name = "notes", description = "What a participant writes down about a check-in, for themself or for both."),
        (name = "actions", description = "Something the coachee will start, stop or continue, with its progress."),
        (name = "insights", description = "What the coach tells the coachee: a strength to build on, or what holds them back."),
        (name = "help-requests", description = "I would like to be helped: what a member tells the administrators, until they withdraw it."),
        (name = "statistics", description = "Four counts of a cycle that is over: in people, rounded, frozen, and withheld where they would tell about a few."),
        (name = "audit-entries", description = "What administrators and integrations changed."),
        (name = "events", description = "What happened, told reliably to the company's own programs, without what people wrote."),
        (name = "webhooks", description = "Where events are delivered to, signed, and what has become of each delivery."),
        (name = "visibility", description = "Who may see what, as data: for a front end to show to the people it is about."),
        (name = "service", description = "The service itself: whether it is well, and what its problems mean."),
    ),
    components(schemas(Problem)),
)]
pub struct Frame;

/// The operations that need `If-Match`: they change what two people may edit, or nothing brings back what was.
const NEED_IF_MATCH: [&str; 8] = [
    "update_policy",
    "update_cycle",
    "update_member",
    "update_check_in",
    "update_action",
    "update_webhook",
    "erase_me",
    "erase_member",
];

/// The operations that delete a version that may be named with `If-Match`.
const MAY_IF_MATCH: [&str; 3] = ["delete_note", "delete_insight", "delete_help_request"];

/// The operations that need an `Idempotency-Key`.
const NEED_KEY: [&str; 1] = ["upsert_members"];

/// Probes, which are answered however many they are.
const UNLIMITED: [&str; 2] = ["get_liveness", "get_readiness"];

/// Adds what all operations share (the problem answer, conditional and idempotent headers, security, examples), and what
/// webhooks are told.
pub fn finish(document: &utoipa::openapi::OpenApi, told: &[Told]) -> Value {
    let mut document = serde_json::to_value(document).expect("a document is plain data");
    tidy(&mut document["components"]["schemas"]);
    document["info"]["contact"] = json!({ "name": "Whoever runs this service in your company" });
    document["servers"] = json!([{
        "url": "/", "x-internal": false,
        "description": "This very service: in production, or wherever you have this document from.",
    }]);
    document["security"] = json!([{ "bearer": [] }]);
    document["components"]["securitySchemes"] = json!({ "bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "A token of the company's identity provider, meant for this service and verified as RFC8725 asks. \
            `dev` prints some.",
    } });
    document["components"]["headers"] = headers();
    document["components"]["responses"] = answers();
    let schemas = document["components"]["schemas"].clone();
    document["webhooks"] = webhooks::described(told, &schemas);
    let types = webhooks::pattern(told);
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for (method, operation) in paths.filter_map(Value::as_object_mut).flatten() {
        if operation.is_object() {
            complete(method, operation, &schemas, &types);
        }
    }
    document["paths"].as_object_mut().into_iter().for_each(links::link);
    bounds::bound(&mut document);
    document
}

/// What the derived schemas say by accident. A key that may be absent has no default of null, least of all where null is
/// not allowed; and what is said of a field that may be null belongs to the field, not to one of the two.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("default").is_some_and(Value::is_null) {
                object.shift_remove("default");
            }
            let options = object.get_mut("oneOf").and_then(Value::as_array_mut);
            let described = options.into_iter().flatten().filter(|option| option.get("$ref").is_some());
            let description =
                described.filter_map(Value::as_object_mut).find_map(|one| one.shift_remove("description"));
            if let Some(description) = description {
                object.insert("description".into(), description);
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(values) => values.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn complete(method: &str, operation: &mut Value, schemas: &Value, types: &str) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let (lists, versioned, limited) = (id.starts_with("list_"), shows_versions(&id), !UNLIMITED.contains(&id.as_str()));
    if operation["security"] == json!([{}]) {
        operation["security"] = json!([]);
    }
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    match method {
        "post" => parameters.push(idempotency_key(NEED_KEY.contains(&id.as_str()))),
        "patch" | "put" => parameters.push(if_match(NEED_IF_MATCH.contains(&id.as_str()))),
        "delete" if NEED_IF_MATCH.contains(&id.as_str()) => parameters.push(if_match(true)),
        "delete" if MAY_IF_MATCH.contains(&id.as_str()) => parameters.push(if_match(false)),
        "get" if versioned => {
            parameters.push(if_none_match());
            operation["responses"]["304"] = json!({ "description": "What you have is still what there is." });
        }
        _ => {}
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        // said here alone, and refused as what it is
        match parameter["name"].as_str() {
            Some("cursor" | "after") => parameter["schema"]["pattern"] = "^[A-Za-z0-9_.~-]+$".into(),
            Some("types") => parameter["schema"]["pattern"] = types.into(),
            _ => {}
        }
    }
    for content in contents(operation.get_mut("requestBody")).map(|(_, content)| content) {
        never_null(content);
        give_example(content, schemas);
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        for (kind, content) in contents(Some(response)) {
            if kind == "application/json" {
                give_example(content, schemas);
                occasions::suit(&id, &mut content["example"]);
            } else if kind.starts_with("text/") {
                content["schema"] = json!({ "type": "string", "format": "text", "maxLength": 4_000_000 });
            }
        }
        let carried = [
            ("X-Request-Id", true),
            ("Access-Control-Allow-Origin", true),
            ("RateLimit", limited),
            ("RateLimit-Policy", limited),
            ("Link", lists),
            ("ETag", versioned && status != "204"),
            ("Location", status == "201"),
            ("Idempotent-Replayed", method == "post"),
        ];
        response["headers"] = references(carried.into_iter().filter(|(_, carried)| *carried).map(|(name, _)| name));
    }
    for (status, name) in refusals(operation, limited) {
        if operation["responses"].get(status).is_none() {
            operation["responses"][status] = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
}

/// How an operation may refuse: by status, the answers that say so.
fn refusals(operation: &Value, limited: bool) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let is_in = |place: &str| parameters.clone().any(|parameter| parameter["in"] == place);
    let if_match = parameters.clone().find(|parameter| parameter["name"] == "If-Match");
    let (has_body, secured) = (operation.get("requestBody").is_some(), operation.get("security").is_none());
    let all = [
        ("400", "Malformed", limited),
        ("401", "Unauthenticated", secured),
        ("403", "NotPermitted", secured),
        ("404", "NotFound", is_in("path")),
        ("409", "Conflict", parameters.clone().any(|parameter| parameter["name"] == "Idempotency-Key")),
        ("412", "Stale", if_match.is_some()),
        ("422", "Invalid", has_body || is_in("query")),
        ("428", "PreconditionRequired", if_match.is_some_and(|header| header["required"] == true)),
        ("429", "TooManyRequests", limited),
        ("4XX", "Problem", !limited),
        ("default", "Problem", true),
    ];
    all.into_iter().filter(|(.., applies)| *applies).map(|(status, name, _)| (status, name))
}

/// The contents of a body, by media type; none where there is no body. (Indexing would make one.)
fn contents(body: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    body.and_then(|body| body.get_mut("content")?.as_object_mut()).into_iter().flatten()
}

/// A body that may be left out is derived as one that may be null. It may not.
fn never_null(content: &mut Value) {
    let options = content["schema"]["oneOf"].as_array().into_iter().flatten();
    let body = options.into_iter().find(|option| option.get("$ref").is_some()).cloned();
    if let Some(body) = body {
        content["schema"] = body;
    }
}

/// All that show or change a single thing of the domain.
fn shows_versions(id: &str) -> bool {
    const WITHOUT: [&str; 14] = [
        "get_liveness",
        "get_readiness",
        "get_problem_page",
        "upsert_members",
        "plan_series",
        "make_calendar_feed",
        "cancel_series",
        "get_export",
        "erase_me",
        "erase_member",
        "add_progress",
        "add_webhook",
        "rotate_webhook_secret",
        "test_webhook",
    ];
    !id.starts_with("list_") && !id.starts_with("delete_") && !WITHOUT.contains(&id)
}

/// The whole document as it is committed: indented, with a line break at its end left to whoever prints it.
pub fn pretty() -> String {
    serde_json::to_string_pretty(&crate::app::document()).expect("a document is plain data")
}
