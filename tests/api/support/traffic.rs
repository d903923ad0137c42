//! What the suites ask and are answered, kept for programs of other people (`.ci/contract`): where `TRAFFIC` names a
//! folder, as entries of a HAR, one a line, in a file of each process's own.

use std::collections::HashMap;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process;
use std::sync::{LazyLock, Mutex};

use reqwest::{Method, Request, Url};
use serde_json::{Value, json};

use super::answer::Answer;

/// How many of a kind are kept: suites ask the same thing thousands of times.
const OF_A_KIND: usize = 3;

type Kept = (File, HashMap<String, usize>);

/// Where it goes, with how many there are of each kind; nowhere, where nobody asks for it.
static TRAFFIC: LazyLock<Option<Mutex<Kept>>> = LazyLock::new(|| {
    let path = Path::new(&env::var_os("TRAFFIC")?).join(format!("{}.ndjson", process::id()));
    let file = OpenOptions::new().create(true).append(true).open(path).expect("a folder that can be written to");
    Some(Mutex::new((file, HashMap::new())))
});

/// What was asked, before it is.
pub struct Asked(Option<Value>);

impl Asked {
    pub fn of(request: &Request) -> Self {
        Self(TRAFFIC.as_ref().filter(|_| request.method() != Method::HEAD).map(|_| {
            let text = request.body().and_then(reqwest::Body::as_bytes).map(String::from_utf8_lossy);
            let kind = request.headers().get("content-type").map(|kind| String::from_utf8_lossy(kind.as_bytes()));
            json!({
                "method": request.method().as_str(), "url": request.url().as_str(), "httpVersion": "HTTP/1.1",
                "headers": named(request.headers()), "cookies": [], "queryString": query(request.url()),
                "postData": text.map(|text| json!({ "mimeType": kind.unwrap_or_default(), "text": text })),
                "headersSize": -1, "bodySize": -1,
            })
        }))
    }

    /// Keeps what this operation was asked, with the answer, unless there is enough of the kind.
    pub fn answered(self, operation: &str, answer: &Answer) {
        let (Some(mut request), Some(traffic)) = (self.0, TRAFFIC.as_ref()) else { return };
        let code = serde_json::from_str::<Value>(&answer.text).ok().and_then(|body| Some(body.get("code")?.clone()));
        let kind = format!("{operation} {} {:?}", answer.status.as_u16(), code);
        let mut traffic = traffic.lock().expect("nobody panics here");
        let (file, known) = &mut *traffic;
        let count = known.entry(kind).or_default();
        *count += 1;
        if *count > OF_A_KIND {
            return;
        }
        if request["postData"].is_null() {
            request.as_object_mut().expect("a request").remove("postData");
        }
        let response = json!({
            "status": answer.status.as_u16(), "statusText": "", "httpVersion": "HTTP/1.1", "redirectURL": "",
            "headers": named(&answer.headers), "cookies": [], "headersSize": -1, "bodySize": -1,
            "content": {
                "size": answer.text.len(), "mimeType": answer.header("content-type"), "text": answer.text,
            },
        });
        let entry = json!({
            "startedDateTime": "2026-10-05T09:00:00Z", "time": 0, "request": request, "response": response,
            "cache": {}, "timings": { "send": 0, "wait": 0, "receive": 0 },
        });
        file.write_all(format!("{entry}\n").as_bytes()).expect("room for a line");
    }
}

fn named(headers: &reqwest::header::HeaderMap) -> Vec<Value> {
    let pair = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| json!({ "name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) });
    headers.iter().map(pair).collect()
}

fn query(url: &Url) -> Vec<Value> {
    url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}
