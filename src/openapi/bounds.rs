//! How long strings and how large numbers can be, said of each: what follows from their formats is written once, here.

use serde_json::{Map, Value, json};

/// At most so many characters make one of these.
const FORMATS: [(&str, u32); 6] =
    [("uuid", 36), ("date", 10), ("time", 8), ("date-time", 35), ("uri", 2500), ("uri-reference", 2500)];

/// Adds to each string of this part of the document what follows from its format, where nothing narrower is said.
pub fn bound(part: &mut Value) {
    match part {
        Value::Object(object) => {
            if is(object, "string") {
                bound_string(object);
            } else if is(object, "integer") {
                bound_integer(object);
            }
            let inner = object
                .iter_mut()
                .filter(|(name, _)| !["example", "examples", "enum", "const"].contains(&name.as_str()));
            inner.for_each(|(_, inner)| bound(inner));
        }
        Value::Array(values) => values.iter_mut().for_each(bound),
        _ => {}
    }
}

fn is(schema: &Map<String, Value>, of: &str) -> bool {
    let kind = &schema.get("type").cloned().unwrap_or_default();
    *kind == of || kind.as_array().is_some_and(|kinds| kinds.contains(&json!(of)))
}

fn bound_string(schema: &mut Map<String, Value>) {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    if let Some((_, most)) = FORMATS.into_iter().find(|(name, _)| *name == format) {
        schema.entry("maxLength").or_insert(most.into());
    }
}

/// There is nothing negative here, and nothing that JavaScript could not count.
fn bound_integer(schema: &mut Map<String, Value>) {
    let format = schema.entry("format").or_insert("int32".into()).clone();
    let most = if format == "int64" { (1_i64 << 53) - 1 } else { i32::MAX.into() };
    schema.entry("minimum").or_insert(0.into());
    schema.entry("maximum").or_insert(most.into());
}
