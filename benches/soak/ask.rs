//! Questions and answers.

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

/// A request, for whichever service.
#[derive(Clone, Debug)]
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub tag: String,
    pub body: Value,
}

impl Ask {
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        let method = method.parse().expect("a method");
        Self { method, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With this token in the place of any other.
    pub fn bearing(mut self, token: impl std::fmt::Display) -> Self {
        self.headers.retain(|(name, _)| *name != "Authorization");
        self.with("Authorization", format!("Bearer {token}"))
    }

    /// Only where it has changed since.
    pub fn unless(self, tag: &str) -> Self {
        self.with("If-None-Match", tag)
    }

    /// Of this version.
    pub fn of(self, tag: &str) -> Self {
        self.with("If-Match", tag)
    }

    /// Once, however often it is sent.
    pub fn once(self) -> Self {
        self.with("Idempotency-Key", Uuid::now_v7().to_string())
    }

    pub fn saying(self, body: &Value) -> Self {
        self.sending("application/json", &body.to_string())
    }

    /// This text, of this kind.
    pub fn sending(mut self, kind: &'static str, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self.with("Content-Type", kind)
    }

    /// The answer of the service at this address, if it gives one.
    pub async fn to(&self, client: &reqwest::Client, address: &str) -> Result<Answer, reqwest::Error> {
        let request = client.request(self.method.clone(), format!("{address}{}", self.path));
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = if self.body.is_empty() { request } else { request.body(self.body.clone()) };
        let answer = request.send().await?;
        let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let status = answer.status().as_u16();
        let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        Ok(Answer { status, tag, body })
    }
}

impl Answer {
    /// A text of the body.
    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }

    /// The id of what it is about.
    pub fn id(&self) -> String {
        self.text("id")
    }
}
