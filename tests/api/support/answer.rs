//! What the service answered: whole, so that tests compare all of it.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The answer to this request.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a whole answer") }
    }

    /// The body, as JSON.
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.body()
    }

    /// The code of an answer that must be a problem; checks that it is a whole one.
    #[track_caller]
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text);
        let body = self.body();
        assert_eq!(body["status"], self.status.as_u16(), "{body}");
        for member in ["type", "title", "detail", "instance", "code", "request_id"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} is missing: {body}");
        }
        assert_eq!(body["request_id"].as_str(), Some(self.header("x-request-id")));
        body["code"].as_str().unwrap().to_owned()
    }

    /// Each wrong place that a problem names, as `#/name required`, `limit too_large` or `If-Match wrong_format`; sorted.
    #[track_caller]
    pub fn wrong(&self) -> Vec<String> {
        self.code();
        let body = self.body();
        let place = |error: &Value| {
            let at = ["pointer", "parameter", "header"].map(|kind| error[kind].as_str());
            assert_eq!(at.iter().flatten().count(), 1, "one place each: {error}");
            assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
            format!("{} {}", at.into_iter().flatten().next().unwrap(), error["code"].as_str().unwrap())
        };
        let mut wrong = body["errors"].as_array().into_iter().flatten().map(place).collect::<Vec<_>>();
        wrong.sort();
        wrong
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }

    /// Status and body as a person would tell them: ids numbered in the order in which they come, instants of real time
    /// (there are none but request ids) left out. For snapshots.
    pub fn told(&self) -> String {
        let mut ids: Vec<String> = Vec::new();
        let mut body = self.body();
        body.as_object_mut().map(|body| body.remove("request_id"));
        let pretty = serde_json::to_string_pretty(&body).unwrap();
        let mut told = String::new();
        let mut rest = pretty.as_str();
        while !rest.is_empty() {
            match rest.get(..36).filter(|text| uuid::Uuid::try_parse(text).is_ok()) {
                Some(id) => {
                    let at = ids.iter().position(|known| known == id).unwrap_or_else(|| {
                        ids.push(id.to_owned());
                        ids.len() - 1
                    });
                    told.push_str(&format!("<id {}>", at + 1));
                    rest = &rest[36..];
                }
                None => {
                    let next = rest.chars().next().unwrap();
                    told.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        format!("{}\n{told}", self.status)
    }
}
