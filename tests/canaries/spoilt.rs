//! Mistakes: what is wrong with a request is told to whoever made it, and to nobody else.

use std::io::Write;
use std::net::TcpStream;

use peer_coaching::clock::real_time;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::story::{OTHERS, Step, Story};
use crate::support::Provider;

/// What can be wrong with one value.
type Mistake = (&'static str, fn(&str) -> Value);

const VALUES: [Mistake; 6] = [
    ("as an object", |text| json!({ text: text })),
    ("in a list", |text| json!([text, [text]])),
    ("too long", |text| json!(text.repeat(600))),
    ("with NUL", |text| json!(format!("{text}\0{text}"))),
    ("with characters that control", |text| json!(format!("{text}\u{1b}[2J\n{text}\u{202e}"))),
    ("as nothing but white space around it", |text| json!(format!(" \t{text} "))),
];

/// Everything that we can think of, with every step of the story.
pub fn everything(story: &mut Story<'_>) {
    for step in story.steps.clone() {
        if step.operation.body().is_some() {
            values(story, &step);
            bodies(story, &step);
        }
        repeated(story, &step);
        by_others(story, &step);
    }
    headers(story);
    addresses(story);
    tokens(story);
    hung_up(story);
}

/// One wrong value at a time.
fn values(story: &mut Story<'_>, step: &Step) {
    let free = story.document.free(&step.operation);
    for (what, mistake) in VALUES {
        for pointer in free.iter().filter_map(|field| field.split_once(" #")).map(|(_, pointer)| pointer) {
            let mut body = story.says(step, what).unwrap();
            if let Some(value) = body.pointer_mut(pointer) {
                *value = mistake(value.as_str().unwrap_or_default());
                sent(story, step, body.to_string());
            }
        }
    }
}

/// Bodies that are no bodies.
fn bodies(story: &mut Story<'_>, step: &Step) {
    let word = |story: &mut Story<'_>, what: &str| story.words.new_word(&format!("{} body", step.operation.id), what);
    let unknown = word(story, "an unknown key");
    let mut body = story.says(step, "beside an unknown key").unwrap();
    body.as_object_mut().unwrap().insert(unknown.clone(), json!(unknown));
    sent(story, step, body.to_string());
    let cut = story.says(step, "cut off").unwrap().to_string();
    sent(story, step, cut[..cut.len() - 2].to_owned());
    let text = word(story, "a text");
    sent(story, step, json!(text).to_string());
    let bare = word(story, "without quotes");
    sent(story, step, format!("{{\"{bare}\": {bare}"));
    let large = word(story, "too large");
    let large = json!({ large.as_str(): large.repeat(100_000) }).to_string();
    let kind = step.operation.kind().unwrap();
    let request = |story: &Story<'_>| story.request(step.operation.method.clone(), step.who, &step.path);
    story.service.answers(vec![request(story).header("Content-Type", kind).body(large)]); // if it is heard at all
    for (kind, header, value) in
        [("text/plain", "If-Match", "*"), (kind, "Content-Encoding", "gzip"), (kind, "If-Match", "\"999-0000\"")]
    {
        let body = story.says(step, &format!("as {kind} with {header}: {value}")).unwrap().to_string();
        answered(story, request(story).header("Content-Type", kind).header(header, value).body(body));
    }
}

/// The same again, which is a conflict or no change; and with a key that was used for something else.
fn repeated(story: &mut Story<'_>, step: &Step) {
    let request = story.again(step, "again");
    let key = uuid::Uuid::now_v7().to_string();
    let request = request.header("Idempotency-Key", &key);
    answered(story, request.try_clone().unwrap());
    answered(story, request);
    let other = story.again(step, "with a key that was used").header("Idempotency-Key", &key);
    answered(story, other);
}

/// The same by others, who may not, or who do it with what is their own.
fn by_others(story: &mut Story<'_>, step: &Step) {
    for who in OTHERS.into_iter().filter(|who| *who != step.who) {
        let request = story.again(&Step { who, ..step.clone() }, "by somebody else");
        let answer = story.service.answer(request.header("Idempotency-Key", uuid::Uuid::now_v7().to_string()));
        assert!(!answer.status.is_server_error(), "{}", answer.text);
        if answer.status.is_client_error() {
            story.overhears(&answer);
        }
    }
}

/// In every header that somebody may look at.
fn headers(story: &mut Story<'_>) {
    let names = "User-Agent Referer Cookie Accept Accept-Language Origin Traceparent Tracestate Baggage X-Forwarded-For \
        Forwarded If-None-Match If-Match Range Via From X-Anything";
    for name in names.split_whitespace() {
        let word = story.words.new_word(name, "as a header");
        answered(story, story.request(Method::GET, "ana", "/v1/me").header(name, word));
    }
    for name in ["X-Request-Id", "Idempotency-Key"] {
        let word = story.words.new_word(name, "as a header that is refused");
        let request = story.request(Method::POST, "ana", "/v1/pairings").header(name, format!("{word} é"));
        answered(story, request.header("Content-Type", "application/json").body("{}"));
    }
}

/// In addresses, which are logged as the patterns that they fit.
fn addresses(story: &mut Story<'_>) {
    for around in [
        "/*",
        "/v1/*",
        "/v1/pairings/*",
        "/v1/check-ins/*/note",
        "/v1/me?*=*",
        "/v1/members?limit=*",
        "/problems/*",
        "/docs/*",
    ] {
        let word = story.words.new_word(around, "as an address");
        for method in [Method::GET, Method::PUT] {
            answered(story, story.request(method, "ana", &around.replace('*', &word)));
        }
    }
}

/// In tokens that open nothing.
fn tokens(story: &mut Story<'_>) {
    let now = real_time().as_second();
    let claims = |more: Value| {
        let mut claims =
            json!({ "iss": Provider::ISSUER, "aud": Provider::AUDIENCE, "sub": "x", "iat": now, "exp": now + 60 });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let word = |story: &mut Story<'_>, how: &str| story.words.new_word("token", how);
    let signed = |story: &Story<'_>, more: Value| story.service.deployment.provider.signed(&claims(more));
    let loose = word(story, "loose");
    let (issuer, audience, expired) = (word(story, "issuer"), word(story, "audience"), word(story, "expired"));
    let bad = [
        loose.clone(),
        format!("{loose}.{loose}.{loose}"),
        signed(story, json!({ "iss": format!("https://{issuer}.example.com/"), "name": issuer })),
        signed(story, json!({ "aud": audience, "name": audience })),
        signed(story, json!({ "exp": now - 3600, "name": expired, "sub": expired })),
    ];
    for token in bad {
        let request = story.service.request(&token, "GET", "/v1/me");
        assert_eq!(story.service.answer(request).status, 401);
    }
    for scheme in ["Basic", "Digest username="] {
        let word = word(story, scheme);
        let request = story.service.request("", "GET", "/v1/me").header("Authorization", format!("{scheme} {word}"));
        assert_eq!(story.service.answer(request).status, 401);
    }
}

/// Begun, and never finished.
fn hung_up(story: &mut Story<'_>) {
    let word = story.words.new_word("put_note #/text", "never finished");
    let note = story.steps.iter().find(|step| step.operation.id == "put_note").unwrap().clone();
    let token = story.person(note.who);
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n",
        note.path
    );
    let mut stream = TcpStream::connect(story.service.address.trim_start_matches("http://")).unwrap();
    stream.write_all(format!("{head}Content-Length: 4000\r\n\r\n{{\"text\": \"{word}").as_bytes()).unwrap();
}

/// Sends this body for that of the step.
fn sent(story: &mut Story<'_>, step: &Step, body: String) {
    let request = story.request(step.operation.method.clone(), step.who, &step.path);
    let request = request.header("If-Match", "*").header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
    answered(story, request.header("Content-Type", step.operation.kind().unwrap()).body(body));
}

fn answered(story: &Story<'_>, request: RequestBuilder) {
    let answer = story.service.answer(request);
    assert!(!answer.status.is_server_error(), "{} {}", answer.status, answer.text);
}
