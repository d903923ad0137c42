//! The document as tests read it.

use jsonschema::Validator;
use peer_coaching::web::FORMATS;
use serde_json::{Value, json};

/// Method, path and description of each operation.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    let of_path = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("a path item").clone().into_iter();
        let path = path.clone();
        item.map(move |(method, operation)| (method, path.clone(), operation)).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

/// Where and why this value does not fit this schema of the document; nothing where it does. Formats count.
pub fn fits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(document, schema);
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What tells whether values fit this schema of the document.
pub fn validator(document: &Value, schema: &Value) -> Validator {
    let mut root = schema.clone();
    root["components"] = json!({ "schemas": document["components"]["schemas"] });
    let options = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true);
    let options = FORMATS.iter().fold(options, |options, (name, fits, _)| options.with_format(*name, *fits));
    options.build(&root).expect("a valid schema")
}
