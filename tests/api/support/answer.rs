//! What the service answered: whole, so that tests compare all of it.

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use super::company::START;
use super::described::Described;
use super::traffic::Asked;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The answer to this request, which must be as the document says.
    pub async fn to(request: RequestBuilder) -> Self {
        Self::tried(request).await.expect("an answer")
    }

    /// The same, where there may be none.
    pub async fn tried(request: RequestBuilder) -> reqwest::Result<Self> {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let asked = Asked::of(&request);
        let response = client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Self { status, headers, text: response.text().await? };
        if let Some(operation) = Described::served().expects(&method, &path, &answer) {
            asked.answered(operation, &answer);
        }
        Ok(answer)
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

    /// This of every entry of a list, such as `/name` or `/member/name`.
    #[track_caller]
    pub fn each(&self, pointer: &str) -> Vec<Value> {
        each(self.ok()["data"].as_array().expect("a list"), pointer)
    }

    /// Which places of the request are wrong, and how, in the order of the alphabet: `#/name required`.
    #[track_caller]
    pub fn flaws(&self) -> Vec<String> {
        let body = self.body();
        assert!(["malformed", "invalid"].contains(&self.code().as_str()), "{body}");
        let place = |flaw: &Value| {
            ["pointer", "parameter", "header"].iter().find_map(|at| flaw[at].as_str().map(str::to_owned))
        };
        let flaw =
            |flaw: &Value| format!("{} {}", place(flaw).expect("a place"), flaw["code"].as_str().expect("a code"));
        let mut flaws = body["errors"].as_array().expect("errors").iter().map(flaw).collect::<Vec<_>>();
        flaws.sort();
        flaws
    }

    /// Status and body as a person would tell them, for snapshots: ids numbered in the order in which they come, instants
    /// as their distance from [`START`], cursors and request ids left out.
    pub fn told(&self) -> String {
        let mut body = self.body();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
            if body.get("next_cursor").is_some_and(Value::is_string) {
                body.insert("next_cursor".into(), "<cursor>".into());
            }
        }
        let pretty = serde_json::to_string_pretty(&body).unwrap();
        let (mut ids, mut told, mut rest) = (Vec::new(), String::new(), pretty.as_str());
        while let Some(next) = rest.chars().next() {
            let (length, text) = match (id_at(rest), instant_at(rest)) {
                (Some(id), _) => (id.len(), format!("<id {}>", number_of(id, &mut ids))),
                (None, Some((length, instant))) => (length, distance(instant)),
                (None, None) => (next.len_utf8(), next.into()),
            };
            told.push_str(&text);
            rest = &rest[length..];
        }
        format!("{}\n{told}", self.status)
    }
}

/// This of each of these.
pub fn each(entries: &[Value], pointer: &str) -> Vec<Value> {
    entries.iter().map(|entry| entry.pointer(pointer).expect(pointer).clone()).collect()
}

fn id_at(text: &str) -> Option<&str> {
    text.get(..36).filter(|id| uuid::Uuid::try_parse(id).is_ok())
}

fn number_of<'a>(id: &'a str, ids: &mut Vec<&'a str>) -> usize {
    let known = ids.iter().position(|known| *known == id);
    known.map_or_else(|| (ids.push(id), ids.len()).1, |at| at + 1)
}

/// An instant as answers show it, with exactly three decimals.
fn instant_at(text: &str) -> Option<(usize, Timestamp)> {
    let length = "2026-10-05T09:00:00.000Z".len();
    let instant = text.get(..length).filter(|instant| instant.ends_with('Z') && instant.as_bytes()[19] == b'.')?;
    Some((length, instant.parse().ok()?))
}

/// How far from [`START`], to the hour: the clock runs while a test does.
fn distance(instant: Timestamp) -> String {
    let start: Timestamp = START.parse().expect("an instant");
    let hours = (instant.duration_since(start).as_secs_f64() / 3600.0).round() as i64;
    let (sign, days, rest) = (if hours < 0 { '-' } else { '+' }, hours.abs() / 24, hours.abs() % 24);
    if rest == 0 { format!("<{sign}{days}d>") } else { format!("<{sign}{days}d {rest}h>") }
}
