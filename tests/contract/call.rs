//! A request that is made from the document, and can be spoilt in one place at a time.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::operation::{Document, Operation};
use crate::support::{Answer, Person};

/// Values by the names that the document has for them: `pairing_id`, `coach_id`, `starts_on`.
pub type Values = Map<String, Value>;

/// A request to be sent by somebody.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    /// The body, as it goes over the wire.
    pub body: Vec<u8>,
}

/// The value that a place takes.
pub fn name_of(place: &str) -> &str {
    place.rsplit('/').next().unwrap().trim_matches(['{', '}', '?', '#'])
}

impl Call {
    /// A call that the document calls good: its ids from `values`, the rest as its examples have it. Of what may be
    /// absent and is an id, only `place` is there.
    pub fn of(document: &Document, operation: &Operation, values: &Values, place: &str) -> Self {
        let text = |name: &str| {
            let value = values.get(name).or_else(|| operation.example(name));
            value.and_then(Value::as_str).unwrap_or_else(|| panic!("{}: no {name}", operation.id)).to_owned()
        };
        let path = operation
            .parameters("path")
            .into_iter()
            .fold(operation.path.clone(), |path, one| path.replace(&format!("{{{}}}", one.name), &text(one.name)));
        let query = match place.strip_prefix('?') {
            Some("cursor") => format!("limit=1&cursor={}", text("cursor")),
            Some(name) => format!("{name}={}", text(name)),
            None => String::new(),
        };
        let mut call = Self { method: operation.method.clone(), path, query, headers: HeaderMap::new(), body: vec![] };
        if let Some(body) = operation.body() {
            let example = filled(document, &body["schema"], &body["example"], values, name_of(place));
            call = call.with("Content-Type", operation.kind().unwrap()).saying(example.to_string());
        }
        if operation.reads("If-Match") {
            call = call.with("If-Match", "*");
        }
        call
    }

    /// With this header, in place of another of the same name.
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a value that can be sent");
        self.headers.insert(name.parse::<HeaderName>().expect("a name"), value);
        self
    }

    /// With one more header, beside others of the same name.
    pub fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a value that can be sent");
        self.headers.append(name.parse::<HeaderName>().expect("a name"), value);
        self
    }

    /// With this body.
    pub fn saying(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With this query.
    pub fn asking(self, query: impl Into<String>) -> Self {
        Self { query: query.into(), ..self }
    }

    /// The address, as it is sent.
    pub fn address(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// What the service answers this person. Every POST is a new one, unless it has a key of its own.
    pub async fn by(&self, who: &Person) -> Answer {
        let mut request = who.request(self.method.clone(), &self.address());
        if self.method == Method::POST && !self.headers.contains_key("Idempotency-Key") {
            request = request.header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
        }
        let request = request.headers(self.headers.clone());
        Answer::to(if self.body.is_empty() { request } else { request.body(self.body.clone()) }).await
    }
}

/// An example with the values that we know; ids that may be absent are, but for the one that is asked for.
fn filled(document: &Document, schema: &Value, example: &Value, values: &Values, wanted: &str) -> Value {
    let schema = document.resolved(schema);
    match example {
        Value::Object(object) => {
            let required = |name: &str| {
                schema["required"].as_array().into_iter().flatten().any(|one| one == name) || name == wanted
            };
            let known = object.iter().filter(|(name, _)| !name.ends_with("_id") || required(name));
            known
                .map(|(name, value)| match values.get(name) {
                    Some(value) => (name.clone(), value.clone()),
                    None => {
                        (name.clone(), filled(document, &schema["properties"][name.as_str()], value, values, wanted))
                    }
                })
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(entries) => {
            entries.iter().map(|entry| filled(document, &schema["items"], entry, values, wanted)).collect()
        }
        other => other.clone(),
    }
}
