//! Every answer that a suite gets, held against the document that the service serves.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use peer_coaching::app;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::document::{operations, validator};

static DESCRIBED: LazyLock<Described> = LazyLock::new(|| Described::by(app::document()));

/// What comes with answers of any HTTP service; every other header is the document's to describe.
const OF_HTTP: [&str; 12] = [
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "cache-control",
    "connection",
    "content-disposition",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

/// The document, with what is looked up in it again and again.
pub struct Described {
    document: Value,
    operations: Vec<Operation>,
    /// By their schemas: making one takes longer than using it.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// One of the document's.
struct Operation {
    id: String,
    method: String,
    template: Vec<String>,
    responses: Value,
}

impl Operation {
    fn is_at(&self, method: &str, path: &[&str]) -> bool {
        let fits =
            |(known, given): (&String, &&str)| match known.strip_prefix('{').and_then(|name| name.split_once('}')) {
                Some((_, end)) => given.strip_suffix(end).is_some_and(|value| !value.is_empty()),
                None => known == given,
            };
        self.method == method && self.template.len() == path.len() && self.template.iter().zip(path).all(fits)
    }
}

impl Described {
    /// The document that is served.
    pub fn served() -> &'static Self {
        &DESCRIBED
    }

    fn by(mut document: Value) -> Self {
        let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
        schemas.values_mut().for_each(close);
        let mut all = operations(&document);
        all.sort_by_key(|(_, path, _)| path.contains('{')); // what is fixed before what is not
        let operation = |(method, path, described): (String, String, Value)| Operation {
            id: described["operationId"].as_str().expect("an id").to_owned(),
            method: method.to_uppercase(),
            template: path.split('/').map(str::to_owned).collect(),
            responses: described["responses"].clone(),
        };
        Self { operations: all.into_iter().map(operation).collect(), document, validators: Mutex::default() }
    }

    /// The operation at this address; none where the document has none.
    pub fn operation(&self, method: &Method, path: &str) -> Option<&str> {
        self.at(method, path).map(|operation| operation.id.as_str())
    }

    /// HEAD is GET without the body (RFC 9110, section 9.3.2), which nobody need describe.
    fn at(&self, method: &Method, path: &str) -> Option<&Operation> {
        let method = if method == Method::HEAD { "GET" } else { method.as_str() };
        let path = path.split('?').next().unwrap_or_default().split('/').collect::<Vec<_>>();
        self.operations.iter().find(|operation| operation.is_at(method, &path))
    }

    /// Checks that this answer is one of those that the document describes for this address; returns the operation's id,
    /// where there is one.
    ///
    /// # Panics
    /// With every difference, where it is not.
    pub fn expects(&self, method: &Method, path: &str, answer: &Answer) -> Option<&str> {
        let operation = self.at(method, path)?;
        let differences = self.differences(operation, method != Method::HEAD, answer);
        assert!(differences.is_empty(), "{} {}: {differences:#?}\n{}", operation.id, answer.status, answer.text);
        Some(&operation.id)
    }

    fn differences(&self, operation: &Operation, with_body: bool, answer: &Answer) -> Vec<String> {
        let status = answer.status.as_u16().to_string();
        let wanted = [status.as_str(), &format!("{}XX", &status[..1]), "default"];
        let Some(response) = wanted.iter().find_map(|status| operation.responses.get(status)) else {
            return vec!["no such status is described".into()];
        };
        let response = self.resolved(response);
        let mut differences = self.headers(response, answer);
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        match response["content"].get(kind) {
            None if response["content"].is_null() && answer.text.is_empty() => {}
            _ if !with_body || answer.status == 304 => {}
            None => differences.push(format!("no {kind:?} is described")),
            Some(content) if kind.ends_with("json") => {
                let body = answer.body();
                instants(&body, &mut differences);
                differences.extend(self.flaws(&content["schema"], &body));
            }
            Some(content) => differences.extend(self.flaws(&content["schema"], &json!(answer.text))),
        }
        differences
    }

    fn headers(&self, response: &Value, answer: &Answer) -> Vec<String> {
        let described = response["headers"].as_object().into_iter().flatten();
        let described = described.map(|(name, header)| (name.to_lowercase(), self.resolved(header)));
        let described = described.collect::<HashMap<_, _>>();
        let mut differences = Vec::new();
        for name in answer.headers.keys().map(reqwest::header::HeaderName::as_str) {
            match described.get(name) {
                None if OF_HTTP.contains(&name) => {}
                None => differences.push(format!("the header {name} is not described")),
                Some(header) => {
                    let flaws = self.flaws(&header["schema"], &json!(answer.header(name)));
                    differences.extend(flaws.into_iter().map(|flaw| format!("{name}{flaw}")));
                }
            }
        }
        differences
    }

    /// What a reference refers to.
    fn resolved<'a>(&'a self, described: &'a Value) -> &'a Value {
        let place = described["$ref"].as_str().map(|place| &place[1..]);
        place.map_or(described, |place| self.document.pointer(place).expect("what is referred to"))
    }

    fn flaws(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().expect("nobody panics here");
        let made = validators.entry(schema.to_string());
        let validator = Arc::clone(made.or_insert_with(|| Arc::new(validator(&self.document, schema))));
        drop(validators);
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

/// Has a schema refuse what it does not name: clients must bear it, and the document must not leave it out.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(several) => several.iter_mut().for_each(close),
        _ => {}
    }
}

/// Every instant has three decimals and is in UTC.
fn instants(value: &Value, differences: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| {
            if name.ends_with("_at")
                && let Some(text) = value.as_str()
            {
                let shape = text.bytes().map(|b| if b.is_ascii_digit() { '0' } else { b as char }).collect::<String>();
                if shape != "0000-00-00T00:00:00.000Z" {
                    differences.push(format!("{name} is no instant as all others: {text}"));
                }
            }
            instants(value, differences);
        }),
        Value::Array(values) => values.iter().for_each(|value| instants(value, differences)),
        _ => {}
    }
}
