//! Every schema of the document says what it is and how large it can be.

use std::collections::BTreeSet;

use peer_coaching::app;
use serde_json::{Value, json};

use crate::support::document::operations;

/// What is asked of a schema depends on where it is used.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Request,
    Answer,
}

/// What is missing in this schema and in those inside it.
fn lacks(document: &Value, at: &str, schema: &Value, used: Use) -> Vec<String> {
    let mut lacks = Vec::new();
    let mut note = |missing: bool, what: &str| lacks.extend(missing.then(|| format!("{at}: {what}")));
    let kinds = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let has = |keys: &[&str]| keys.iter().any(|key| schema.get(key).is_some());
    note(kinds.contains(&"string") && !has(&["maxLength", "format", "pattern", "enum"]), "a string without bounds");
    note(kinds.contains(&"array") && !has(&["maxItems"]), "an array without maxItems");
    note(kinds.contains(&"number"), "a number that is no integer");
    let bounded = schema.get("minimum").is_some() && schema.get("maximum").is_some();
    note(used == Use::Request && kinds.contains(&"integer") && !bounded, "an integer without bounds");
    note(schema.get("default").is_some_and(Value::is_null), "a default of null");
    note(kinds.is_empty() && !has(&["$ref", "oneOf", "enum"]), "anything at all");
    if let Some(properties) = schema["properties"].as_object() {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let all = properties.keys().all(|name| required.iter().any(|required| required == name));
        note(used == Use::Answer && !all && !at.starts_with("Problem"), "an answer without some of its keys");
        note(used == Use::Request && schema["additionalProperties"] != false, "a request with keys nobody knows");
        for (name, property) in properties {
            let at = format!("{at}/{name}");
            let told = property.get("description").or(target(document, property).get("description")).is_some();
            lacks.extend((!told).then(|| format!("{at}: no description")));
            lacks.extend(self::lacks(document, &at, property, used));
        }
    }
    let inside = schema["oneOf"].as_array().into_iter().flatten().chain(schema.get("items"));
    for (number, inner) in inside.filter(|inner| inner["type"] != "null").enumerate() {
        lacks.extend(self::lacks(document, &format!("{at}/{number}"), inner, used));
    }
    lacks
}

fn target<'a>(document: &'a Value, schema: &Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
    &document["components"]["schemas"][name]
}

/// The names of all schemas that this part of the document refers to.
fn named(document: &Value, part: &Value, names: &mut BTreeSet<String>) {
    match part {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(|name| name.as_str()?.strip_prefix("#/components/schemas/"))
                && names.insert(name.to_owned())
            {
                named(document, &document["components"]["schemas"][name], names);
            }
            object.values().for_each(|inner| named(document, inner, names));
        }
        Value::Array(values) => values.iter().for_each(|inner| named(document, inner, names)),
        _ => {}
    }
}

#[test]
fn every_schema_is_described_and_bounded() {
    let document = app::document();
    let (mut requests, mut answers) = (BTreeSet::new(), BTreeSet::new());
    named(&document, &document["components"]["responses"], &mut answers);
    named(&document, &document["webhooks"], &mut answers);
    let mut found = Vec::new();
    for (_, path, operation) in operations(&document) {
        named(&document, &operation["requestBody"], &mut requests);
        named(&document, &operation["responses"], &mut answers);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let at = format!("{path} {}", parameter["name"]);
            found.extend(parameter["description"].as_str().is_none().then(|| format!("{at}: no description")));
            found.extend(lacks(&document, &at, &parameter["schema"], Use::Request));
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        found.extend(schema["description"].as_str().is_none().then(|| format!("{name}: no description")));
        found.extend((!requests.contains(name) && !answers.contains(name)).then(|| format!("{name}: nobody uses it")));
        for used in
            [(Use::Request, &requests), (Use::Answer, &answers)].iter().filter(|(_, names)| names.contains(name))
        {
            // what a request and an answer share is held to the request's rules
            let used = if requests.contains(name) { Use::Request } else { used.0 };
            found.extend(lacks(&document, name, schema, used));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(schemas.len() > 25 && requests.len() >= 9, "{} {}", schemas.len(), requests.len());
}

/// The control: each rule finds what it is there to find.
#[test]
fn each_rule_bites() {
    let nothing = json!({});
    for (used, schema, expected) in [
        (Use::Answer, json!({ "type": "string" }), "x: a string without bounds"),
        (Use::Answer, json!({ "type": ["string", "null"] }), "x: a string without bounds"),
        (Use::Answer, json!({ "type": "array", "items": { "type": "boolean" } }), "x: an array without maxItems"),
        (
            Use::Answer,
            json!({ "type": "array", "maxItems": 1, "items": { "type": "string" } }),
            "x/0: a string without bounds",
        ),
        (Use::Answer, json!({ "oneOf": [{ "type": "null" }, { "type": "string" }] }), "x/0: a string without bounds"),
        (Use::Answer, json!({ "type": "number" }), "x: a number that is no integer"),
        (Use::Request, json!({ "type": "integer", "minimum": 1 }), "x: an integer without bounds"),
        (Use::Request, json!({ "type": "boolean", "default": null }), "x: a default of null"),
        (Use::Answer, json!({}), "x: anything at all"),
        (
            Use::Answer,
            json!({ "type": "object", "properties": { "a": { "type": "boolean", "description": "A." } } }),
            "x: an answer without some of its keys",
        ),
        (
            Use::Request,
            json!({ "type": "object", "properties": { "a": { "type": "boolean", "description": "A." } } }),
            "x: a request with keys nobody knows",
        ),
        (
            Use::Request,
            json!({ "type": "object", "additionalProperties": false, "properties": { "a": { "type": "boolean" } } }),
            "x/a: no description",
        ),
    ] {
        assert_eq!(lacks(&nothing, "x", &schema, used), [expected]);
    }
}
