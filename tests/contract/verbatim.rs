//! Text comes back as it was sent: any Unicode that a field may hold, up to its last code point.

use serde_json::{Value, json};

use crate::ground::{Ground, Target};
use crate::mutations::set;
use crate::support::Answer;

/// Text of all kinds that is one line: scripts, accents apart and joined, signs of other planes, and what other
/// languages take for their own.
const TEXTS: [&str; 24] = [
    "Zoë",
    "Zoe\u{308}",
    "ﬁ",
    "Å\u{212b}",
    "李小龍",
    "🐉👩🏽",
    "עברית",
    "العربية",
    "ไทย",
    "हिन्दी",
    "\u{10fffd}0",
    "\u{e000}",
    "İıſß",
    "\u{fffd}",
    "O'Brien; drop table members --",
    "<b>&amp;</b>",
    "\\u0000",
    "\\",
    "\"",
    "%00",
    "${jndi:x}",
    "{{7*7}}",
    "=cmd|'/c calc'!A1",
    "a  b",
];

#[actix_web::test]
async fn text_comes_back_as_it_was_sent() {
    let mut ground = Ground::new().await;
    let mut fields = 0;
    for operation in ground.document.operations() {
        for (at, schema) in ground.document.fields(&operation) {
            let schema = ground.document.resolved(&schema).clone();
            let is_text = schema["type"] == "string" || schema["type"][0] == "string";
            let free = [Value::Null, json!("line")].contains(&schema["format"]);
            if !(is_text && free)
                || at.ends_with("_id")
                || schema.get("pattern").is_some()
                || schema.get("enum").is_some()
            {
                continue;
            }
            fields += 1;
            let most = schema["maxLength"].as_u64().unwrap_or_else(|| panic!("{} {at} has no length", operation.id));
            let longest = ["x", "é", "龍", "🐉", "e\u{301}"]
                .map(|one| one.chars().cycle().take(most as usize).collect::<String>());
            let mut target = ground.target(&operation, None).await;
            for text in TEXTS.map(str::to_owned).into_iter().chain(longest) {
                let good: Value = serde_json::from_slice(&target.good.body).unwrap();
                let call = target.good.clone().saying(set(&good, &at, json!(text)).to_string());
                let answer = ground.send(&target, &text, &call).await;
                ground.expect(answer.status.is_success(), &target, &text, &format!("does not pass as {at}"), &answer);
                if answer.status.is_success() {
                    let there = contains(&read_again(&target, &answer).await, &text);
                    ground.expect(there, &target, &text, &format!("does not come back from {at}"), &answer);
                }
                if answer.status == 201 {
                    target = ground.target(&operation, None).await; // the next one is another thing
                }
            }
        }
    }
    assert!(fields >= 8, "{fields} fields hold text");
    ground.held(200);
}

/// What was stored: the thing that was changed, or that was made, or the first of those that were.
async fn read_again(target: &Target, answer: &Answer) -> Value {
    let (location, first) = (answer.header("location"), answer.body()["data"][0]["id"].clone());
    let path = match (location, first.as_str()) {
        ("", None) => target.good.path.clone(),
        ("", Some(id)) => format!("{}/{id}", target.good.path.rsplit_once('/').unwrap().0),
        (location, _) => location.to_owned(),
    };
    target.person.get(&path).await.ok()
}

fn contains(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one == text,
        Value::Array(values) => values.iter().any(|value| contains(value, text)),
        Value::Object(object) => object.values().any(|value| contains(value, text)),
        _ => false,
    }
}
