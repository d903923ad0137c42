//! Wrong paths and queries for every operation, derived from the parameters that the document shows.

use serde_json::Value;

use crate::call::Call;
use crate::formats::of_format;
use crate::ground::{CANARY, Ground};
use crate::operation::Parameter;

/// What no path parameter can be, `ID` being a good one.
const SEGMENTS: [&str; 27] = [
    "",
    "%00",
    "%2F",
    "%2f..%2f",
    "%ff",
    "%C0%AF",
    "%ED%A0%80",
    "%F4%90%80%80",
    "%252F",
    "%",
    "%zz",
    "%u0000",
    "%20",
    "ID%00",
    "ID%20",
    "ID%0d%0aSet-Cookie:a=b",
    "ID.json",
    "ID;a=b",
    "ID,ID",
    "ID%2Fx",
    "*",
    "null",
    "0",
    "-1",
    "'%20or%201=1--",
    "<script>alert(1)<%2Fscript>",
    "%F0%9F%98%80",
];

#[actix_web::test]
async fn an_id_that_cannot_be_is_an_id_that_is_not() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations() {
        for parameter in operation.parameters("path") {
            let target = ground.target(&operation, None).await;
            let good = target.values.get(parameter.name).or_else(|| operation.example(parameter.name)).unwrap();
            let good = good.as_str().unwrap();
            let long = ["9".repeat(4000), good.repeat(100), good.replace('-', "")];
            let segments = SEGMENTS.iter().map(|segment| segment.replace("ID", good)).chain(long);
            for segment in segments.filter(|segment| segment != good) {
                let path = target.good.path.replacen(good, &segment, 1);
                let call = Call { path, ..target.good.clone() };
                ground.refused(&target, &segment, &call, &["not_found"]).await;
            }
            ground.nothing_was_stored(&target, "wrong ids").await;
            ground.succeeds(&target).await;
        }
    }
    ground.held(400);
}

#[actix_web::test]
async fn one_thing_has_one_address() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations() {
        let target = ground.target(&operation, None).await;
        let good = target.good.path.clone();
        let others = [
            format!("{good}/"),
            format!("/{good}"),
            format!("{good}//"),
            format!("{good}%20"),
            format!("{good}%00"),
            format!("{good}%2F"),
            format!("{good};CANARY=1"),
            format!("{good}.json"),
            good.to_uppercase(),
            good.replacen('/', "/%2F", 1),
            good.replacen('/', "/%2e%2e%2f", 1),
        ];
        for path in others {
            let call = Call { path: path.clone(), ..target.good.clone() };
            // what stands in the place of another operation's id is refused there
            ground.refused(&target, &path, &call, &["not_found", "method_not_allowed"]).await;
        }
        ground.nothing_was_stored(&target, "wrong paths").await;
        ground.succeeds(&target).await;
    }
    ground.held(250);
}

#[actix_web::test]
async fn no_wrong_parameter_passes() {
    let mut ground = Ground::new().await;
    for operation in ground.document.operations().into_iter().filter(|operation| !operation.is_public()) {
        let target = ground.target(&operation, None).await;
        let asked = async |ground: &mut Ground, query: &str, at: &str| {
            let call = target.good.clone().asking(query);
            ground.refused_at(&target, query, &call, &["malformed", "invalid"], at).await;
        };
        let unknown = ["unknown", "UNKNOWN", "%F0%9F%98%80", "a%2Fb", "limit%5B%5D", "limit%00", "__proto__", "%27--"];
        for name in unknown {
            let call = target.good.clone().asking(format!("{name}={CANARY}"));
            if let Some(answer) = ground.refused(&target, name, &call, &["malformed"]).await {
                let named = answer.wrong().len() == 1 && answer.wrong()[0].ends_with(" unknown");
                ground.expect(named, &target, name, "is not named", &answer);
            }
        }
        for query in ["%ff=1", "a=%C0%AF", "a=%ED%A0%80", "%00%ff"] {
            asked(&mut ground, query, " malformed").await;
        }
        for query in ["=", "=CANARY", "%00=CANARY", "a=b=c", "a", "%61=1", "?", "a?b", "+"] {
            asked(&mut ground, query, "").await;
        }
        for parameter in operation.parameters("query").into_iter().filter(|one| !CURSORS.contains(&one.name)) {
            let name = parameter.name;
            for (value, at) in wrong_values(&parameter) {
                asked(&mut ground, &format!("{name}={value}"), &at).await;
            }
            asked(&mut ground, &format!("{name}=1&{name}=1"), name).await;
            asked(&mut ground, &format!("{name}=1&unknown=1&{name}=%00"), name).await;
        }
        let long = target.good.clone().asking(format!("a={}", CANARY.repeat(1500)));
        ground.refused(&target, "a long query", &long, &["query_too_long"]).await;
        ground.nothing_was_stored(&target, "wrong parameters").await;
        ground.succeeds(&target).await;
    }
    ground.held(600);
}

/// What a parameter cannot be, percent-encoded, and the place that is named for it.
fn wrong_values(parameter: &Parameter<'_>) -> Vec<(String, String)> {
    let schema = parameter.schema;
    let kind = |name: &str| match &schema["type"] {
        Value::Array(types) => types.iter().any(|one| one == name),
        one => one == name,
    };
    let mut wrong = vec!["%00".to_owned(), "a%00b".to_owned(), "%0d%0aX:1".to_owned(), "%E2%80%AE".to_owned()];
    let common = ["CANARY%0a", "%20", ""].map(str::to_owned);
    if kind("integer") {
        let texts = ["CANARY", "1.0", "%2B1", "01", "1e0", "0x1", "1,2", "true", "null", "-", "%EF%BC%91", "NaN"];
        wrong.extend(texts.map(str::to_owned).into_iter().chain(common));
        wrong.extend([i64::MIN, i64::from(i32::MIN), -1].map(|number| number.to_string()));
        wrong.extend(schema["minimum"].as_i64().map(|least| (least - 1).to_string()));
        wrong.extend(schema["maximum"].as_i64().map(|most| (most + 1).to_string()));
        wrong.extend([i64::MAX.to_string(), "9223372036854775808".to_owned(), "9".repeat(400)]);
    } else if kind("boolean") {
        let texts = ["CANARY", "1", "0", "yes", "TRUE", "True", "null", "tru", "true%00", "true,false"];
        wrong.extend(texts.map(str::to_owned).into_iter().chain(common));
    } else if schema.get("enum").is_some() || schema["format"] == "uuid" {
        wrong.extend(["CANARY", "current", "null", "*"].map(str::to_owned).into_iter().chain(common));
        wrong.extend(of_format(schema["format"].as_str().unwrap_or_default()).iter().map(|text| encoded(text)));
    } else {
        wrong.extend(of_format(schema["format"].as_str().unwrap_or_default()).iter().map(|text| encoded(text)));
        wrong.extend(schema["maxLength"].as_u64().map(|most| "x".repeat(most as usize + 1)));
        wrong.extend(schema["maxLength"].as_u64().map(|most| encoded(&"é".repeat(most as usize + 1))));
    }
    let mut wrong = wrong.into_iter().map(|value| (value, format!("{} ", parameter.name))).collect::<Vec<_>>();
    wrong.extend(["%ff", "%C0%80", "%ED%B0%80", "CANARY%fe"].map(|value| (value.to_owned(), " malformed".to_owned())));
    wrong
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// What a cursor is handed back as: the feed of events always has one, and goes on after it.
const CURSORS: [&str; 2] = ["cursor", "after"];

#[actix_web::test]
async fn a_cursor_cannot_be_bent() {
    let mut ground = Ground::new().await;
    let mut lists = 0;
    for operation in ground.document.operations() {
        let parameters = operation.parameters("query");
        let Some(name) = parameters.iter().map(|one| one.name).find(|name| CURSORS.contains(name)) else { continue };
        let target = ground.target(&operation, Some(if name == "cursor" { "?cursor" } else { "-" })).await;
        let first = ground.send(&target, "the first page", &target.good.clone().asking("limit=1")).await;
        let cursor = first.ok()["next_cursor"].as_str().expect("a second page").to_owned();
        let asked = |cursor: &str| target.good.clone().asking(format!("limit=1&{name}={cursor}"));
        for bent in bent(&cursor) {
            ground.refused(&target, &bent, &asked(&bent), &["cursor_mismatch"]).await;
        }
        for wrong in ["%00", "", "CANARY", ".", "e30.", "%F0%9F%98%80"] {
            let query = format!("{name}={wrong}");
            ground.refused(&target, &query, &target.good.clone().asking(&query), &["cursor_mismatch"]).await;
        }
        for (query, at) in [
            (format!("{name}={}", "x".repeat(2001)), format!("{name} too_long")),
            (format!("{name}={cursor}&{name}={cursor}"), format!("{name} repeated")),
            (format!("{name}=%ff"), " malformed".to_owned()),
        ] {
            ground
                .refused_at(&target, &query, &target.good.clone().asking(&query), &["malformed", "invalid"], &at)
                .await;
        }
        for other in operation.parameters("query").into_iter().filter(|one| one.name != "limit" && one.name != name) {
            let value = match (&other.schema["enum"][0], operation.example(other.name)) {
                (Value::String(value), _) | (_, Some(Value::String(value))) => encoded(value),
                _ if other.schema["type"] == "boolean" => "true".to_owned(),
                _ => target.values["member_id"].as_str().unwrap().to_owned(), // an id, whatever of
            };
            let query = format!("{}={value}&limit=1&{name}={cursor}", other.name);
            ground.refused(&target, &query, &target.good.clone().asking(&query), &["cursor_mismatch"]).await;
        }
        let second = ground.send(&target, "the second page", &asked(&cursor)).await;
        ground.expect(second.status.is_success(), &target, "the control", "fails", &second);
        lists += 1;
    }
    assert!(lists >= 5, "{lists} lists have cursors");
    ground.held(500);
}

/// The cursor with each of its characters changed, and with one too few or too many.
fn bent(cursor: &str) -> Vec<String> {
    let swapped = |at: usize| {
        let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &cursor[..at], &cursor[at + 1..])
    };
    let mut bent = (0..cursor.len()).map(swapped).collect::<Vec<_>>();
    let (place, mac) = cursor.rsplit_once('.').unwrap();
    bent.extend([
        cursor[1..].to_owned(),
        cursor[..cursor.len() - 1].to_owned(),
        format!("{cursor}A"),
        format!("A{cursor}"),
        format!("{cursor}%00"),
        format!("{cursor}%20"),
        format!("{cursor}="),
        format!("{place}.{mac}.{mac}"),
        format!("{mac}.{place}"),
        place.to_owned(),
        format!(".{mac}"),
        format!("{place}."),
    ]);
    bent
}
