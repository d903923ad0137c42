//! Examples of whole bodies, put together from those of their fields.

use serde_json::{Map, Value, json};

/// Adds an example where there is none.
pub fn give_example(content: &mut Value, schemas: &Value) {
    if content.get("example").is_none() && content.get("schema").is_some() {
        content["example"] = example_of(&content["schema"], schemas);
    }
}

/// An example is written once, at the field or the type it is an example of; the examples of whole bodies are put
/// together here. What may be null and has no example is null.
pub fn example_of(schema: &Value, schemas: &Value) -> Value {
    let named = schema["$ref"].as_str().and_then(|name| schemas.get(name.rsplit('/').next()?));
    if let Some(example) = own_example(schema) {
        example
    } else if let Some(named) = named {
        example_of(named, schemas)
    } else if let Some(properties) = schema["properties"].as_object() {
        properties
            .iter()
            .map(|(name, property)| (name.clone(), example_of(property, schemas)))
            .collect::<Map<_, _>>()
            .into()
    } else if schema.get("items").is_some() {
        json!([example_of(&schema["items"], schemas)])
    } else if let Some(options) = schema["oneOf"].as_array() {
        let named = |option: &Value| schemas.get(option["$ref"].as_str()?.rsplit('/').next()?).and_then(own_example);
        options.iter().find_map(named).unwrap_or_default()
    } else {
        schema["enum"].get(0).cloned().unwrap_or_default()
    }
}

fn own_example(schema: &Value) -> Option<Value> {
    schema.get("example").or_else(|| schema["examples"].get(0)).cloned()
}
