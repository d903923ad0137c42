//! Who races, and what they send.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// A member with a token.
#[derive(Clone, Debug)]
pub struct Racer {
    pub id: Uuid,
    pub token: String,
}

/// A request to be sent to whichever process.
#[derive(Clone, Debug)]
pub struct Call {
    pub token: String,
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
    /// How long after the start.
    pub after: Duration,
}

impl Racer {
    pub fn call(&self, method: Method, path: impl Into<String>, body: Value) -> Call {
        let (token, path) = (self.token.clone(), path.into());
        Call { token, method, path, body, headers: Vec::new(), after: Duration::ZERO }
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call(Method::GET, path, Value::Null)
    }

    pub fn post(&self, path: impl Into<String>, body: Value) -> Call {
        self.call(Method::POST, path, body)
    }

    /// A change of the version that this ETag names.
    pub fn patch(&self, path: impl Into<String>, etag: &str, body: Value) -> Call {
        self.call(Method::PATCH, path, body).with("If-Match", etag)
    }

    /// In place of the version that this ETag names.
    pub fn put(&self, path: impl Into<String>, etag: &str, body: Value) -> Call {
        self.call(Method::PUT, path, body).with("If-Match", etag)
    }

    /// I ask them.
    pub fn asks(&self, coach: &Racer) -> Call {
        self.post("/v1/pairings", json!({ "coach_id": coach.id }))
    }

    /// I do this with a pairing of mine.
    pub fn does(&self, verb: &str, pairing: Uuid) -> Call {
        self.post(format!("/v1/pairings/{pairing}/{verb}"), json!({}))
    }

    /// I plan a call.
    pub fn plans(&self, kind: &str, starts_at: jiff::Timestamp, pairing: Uuid) -> Call {
        let call = json!({ "kind": kind, "starts_at": starts_at.to_string() });
        self.post(format!("/v1/pairings/{pairing}/check-ins"), call)
    }

    /// I do this with a call of mine.
    pub fn marks(&self, verb: &str, call: Uuid) -> Call {
        self.post(format!("/v1/check-ins/{call}/{verb}"), json!({}))
    }

    /// I say whether I take part.
    pub fn answers(&self, answer: &str) -> Call {
        self.call(Method::PUT, "/v1/cycles/current/participation", json!({ "answer": answer }))
    }

    /// As an administrator, I say whether they are active.
    pub fn keeps(&self, member: &Racer, active: bool) -> Call {
        self.patch(format!("/v1/members/{}", member.id), "*", json!({ "active": active }))
    }
}

impl Call {
    pub fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    /// Only once, however often it is sent.
    pub fn once(self, key: impl Into<String>) -> Self {
        self.with("Idempotency-Key", key)
    }

    /// Sent so long after the others.
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}
