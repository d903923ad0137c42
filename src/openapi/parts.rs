//! What operations share: headers, parameters, and the answers that say why not.

use serde_json::{Value, json};

use crate::codes::Code;
use crate::web::Problem;

/// These headers, by reference.
pub fn references(names: impl IntoIterator<Item = &'static str>) -> Value {
    let reference = |name| (name, json!({ "$ref": format!("#/components/headers/{name}") }));
    names.into_iter().map(reference).collect::<std::collections::BTreeMap<_, _>>().into_iter().collect()
}

/// The headers of answers, by name.
pub fn headers() -> Value {
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
        "Access-Control-Allow-Origin": text("The front end that has asked, where browsers may call from there; else absent.",
            json!({ "format": "uri", "example": "https://coaching.example.com" })),
        "ETag": text("Names this state of the thing; send it as `If-Match` to change it, as `If-None-Match` to ask for news.",
            json!({ "pattern": "^\"[0-9]+-[0-9a-f]{8}\"$", "example": "\"3-9f86d081\"" })),
        "Location": text("Where the new thing lives.",
            json!({ "format": "uri-reference", "example": "/v1/pairings/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60" })),
        "Link": text("Where the next page is, as `rel=\"next\"`; absent on the last one.",
            json!({ "pattern": "^<[!-~]+>; rel=\"next\"$", "example": "</v1/pairings?limit=20&cursor=eyJrIjoxfQ.dev~SkvP2T>; rel=\"next\"" })),
        "Idempotent-Replayed": text("`true` where this is the first answer to the same `Idempotency-Key`, given again.",
            json!({ "enum": ["true"] })),
        "Allow": text("With 405: the methods that this address knows.", json!({ "pattern": "^[A-Z, ]+$", "example": "GET, HEAD" })),
        "Retry-After": text("With 429, 503 and `in_flight`: after how many seconds to try again.",
            json!({ "pattern": "^[0-9]+$", "example": "1" })),
        "RateLimit": text("How many requests are left (`r`), and after how many seconds there is one more (`t`); absent where \
            nothing is limited. Of `organization`, only once nothing is left.",
            json!({ "pattern": "^\"(caller|organization|address)\";r=[0-9]+;t=[0-9]+$", "example": "\"caller\";r=199;t=1" })),
        "RateLimit-Policy": text("What is limited: so many requests at once (`q`), which come back within so many seconds (`w`).",
            json!({ "pattern": "^[a-z0-9\";=, ]+$", "example": "\"caller\";q=200;w=4, \"organization\";q=300;w=1" })),
        "WWW-Authenticate": text("With 401: that a bearer token is asked for.", json!({ "pattern": "^Bearer [ -~]*$", "example": "Bearer realm=\"peer-coaching\"" })),
    })
}

/// The header of a POST.
pub fn idempotency_key(required: bool) -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": required,
        "description": "A fresh random value for each new request; the same value when it is sent again. Within 24 hours \
            the repetition has no second effect and gets the first answer, with `Idempotent-Replayed: true`.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
        "example": "6f1f3e0a-0c5b-4f0e-9d55-5a9c2f0e7b11",
    })
}

/// The header of a GET.
pub fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match", "in": "header", "required": false,
        "description": "The ETag of what you have; 304 when nothing has changed since.",
        "schema": { "type": "string", "format": "entity-tags", "minLength": 1, "maxLength": 1000 },
        "example": "\"3-9f86d081\"",
    })
}

/// The header of a change.
pub fn if_match(required: bool) -> Value {
    let mut parameter = json!({
        "name": "If-Match", "in": "header", "required": required,
        "description": "The ETag of what you read; 412 when it has changed since.",
        "schema": { "type": "string", "maxLength": 1000, "pattern": ETAGS },
    });
    if required {
        parameter["example"] = "\"3-9f86d081\"".into(); // where it is not, whoever tries the operation does so without
    }
    parameter
}

/// The answers that refuse, by name.
pub fn answers() -> Value {
    let codes = Code::ALL.iter().map(|code| format!("`{code}` ({})", code.status().as_u16()));
    let any =
        format!("Why not (RFC 9457). `code` is one of: {}. New ones may come.", codes.collect::<Vec<_>>().join(", "));
    let every = [
        "X-Request-Id",
        "Access-Control-Allow-Origin",
        "RateLimit",
        "RateLimit-Policy",
        "Allow",
        "Retry-After",
        "WWW-Authenticate",
    ];
    json!({
        "Problem": answer(&any, &every, json!(Problem::example(Code::NotFound))),
        "Malformed": refusal(Code::Malformed, "Nothing can be made of what was sent; `errors` names each wrong place.", &[]),
        "Unauthenticated": refusal(Code::Unauthenticated, "No good token was sent.", &["WWW-Authenticate"]),
        "NotPermitted": refusal(Code::AdministratorsOnly, "Known, and not permitted; `code` says what it takes.", &[]),
        "NotFound": refusal(Code::NotFound, "Not there, or not yours to know about.", &[]),
        "Conflict": refusal(Code::AlreadyExists, "Not as things stand; `code` says why.", &["Retry-After"]),
        "Stale": refusal(Code::Stale, "It has changed since you read it: read again, and decide anew.", &[]),
        "PreconditionRequired": refusal(Code::PreconditionRequired, "`If-Match` is missing.", &[]),
        "Invalid": refusal(Code::Invalid, "What was sent does not fit; `errors` names each wrong place.", &[]),
        "TooManyRequests": refusal(Code::TooManyRequests, "More than is taken at once. Nothing was done.", &["Retry-After"]),
    })
}

fn refusal(code: Code, description: &str, more: &[&'static str]) -> Value {
    answer(
        description,
        &[&["X-Request-Id", "Access-Control-Allow-Origin", "RateLimit", "RateLimit-Policy"], more].concat(),
        json!(Problem::example(code)),
    )
}

/// What `If-Match` takes: any version, or these.
const ETAGS: &str = r#"^(\*|(W/)?"[!#-+.-~-]*"(, *(W/)?"[!#-+.-~-]*")*)$"#;

fn answer(description: &str, headers: &[&'static str], example: Value) -> Value {
    json!({
        "description": description,
        "headers": references(headers.iter().copied()),
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" }, "example": example,
        } },
    })
}
