//! What can be wrong with a body, derived from its schema: for each field everything that its type, its length, its
//! pattern and its format do not allow.

use serde_json::{Map, Value, json};

use crate::formats::of_format;
use crate::ground::CANARY;
use crate::operation::{Document, Operation};

/// A body that is wrong in one place.
pub struct Spoilt {
    pub what: String,
    /// Where a refusal must point: a place, or `#` where it is not JSON at all.
    pub at: String,
    /// What it may be refused as.
    pub codes: &'static [&'static str],
    pub bytes: Vec<u8>,
}

/// What does not have the shape it should have.
const MALFORMED: &[&str] = &["malformed"];

/// What has, and says something impossible.
const EITHER: &[&str] = &["malformed", "invalid"];

/// What is no JSON, or not the JSON of an object.
pub fn broken(good: &str) -> Vec<Vec<u8>> {
    let mut broken = [
        " ",
        "null",
        "true",
        "7",
        "[]",
        "\"CANARY\"",
        "[\"CANARY\"]",
        "{} {}",
        "{}x",
        "{'CANARY':1}",
        "{CANARY:1}",
        "{\"CANARY\" 1}",
        "{\"CANARY\":}",
        "{\"CANARY\":1,}",
        "{,}",
        "{\"CANARY",
        "{\"a\":\"CANARY",
        "/* CANARY */{}",
        "{}// CANARY",
        "a=CANARY",
        "<a>CANARY</a>",
        "\0",
        "{\0}",
        "{\"a\":\"\0\"}",
        "{\"a\":NaN}",
        "{\"a\":undefined}",
        "{\"a\":1e400}",
        "{\"\\ud800\":1}",
        "{\"a\":tru}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\n\"}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    let half = good.len() / 2;
    broken.extend([1, half, good.len() - 1].map(|end| good.as_bytes()[..end].to_vec()));
    broken.push([b"\xef\xbb\xbf", good.as_bytes()].concat()); // a byte order mark
    broken.push(good.encode_utf16().flat_map(u16::to_le_bytes).collect());
    broken.push([good.as_bytes(), b"\0"].concat());
    broken.push([b"{\"a\":\"".as_slice(), b"\xff", b"\"}"].concat());
    broken.push(b"[".repeat(60_000));
    broken.push(b"{\"a\":".repeat(10_000));
    broken
}

/// Every body that is wrong in one field.
pub fn spoilt(document: &Document, operation: &Operation, good: &Value) -> Vec<Spoilt> {
    let mut all = objects(document, operation, good);
    for (at, schema) in document.fields(operation) {
        let resolved = document.resolved(&schema);
        let nullable = [is_nullable(document, &schema), is_nullable(document, &resolved["items"])];
        for raw in wrong_values(resolved, nullable) {
            let what = format!("{at} as {}", String::from_utf8_lossy(&raw));
            let bytes = holed(&set(good, &at, json!(HOLE)), &raw);
            let is_json = serde_json::from_slice::<Value>(&bytes).is_ok();
            let at = if is_json { format!("#{at}") } else { "# not_json".to_owned() };
            let right = is_json && is_of_type(&raw, document.resolved(&schema));
            all.push(Spoilt { what, at, codes: if right { EITHER } else { MALFORMED }, bytes });
        }
    }
    all
}

/// What is wrong with an object: a key too few, too many, or twice.
fn objects(document: &Document, operation: &Operation, good: &Value) -> Vec<Spoilt> {
    let mut all = Vec::new();
    let fields = document.fields(operation);
    for (at, _) in fields.iter().filter(|(at, _)| !at.ends_with("/0")) {
        let (parent, name) = at.rsplit_once('/').unwrap();
        let parent_of = good.pointer(parent).unwrap_or_else(|| panic!("{at} has no place in {good}"));
        let required = document.required(operation, parent);
        if required.iter().any(|one| one == name) {
            let mut without = parent_of.as_object().unwrap().clone();
            without.remove(name);
            let bytes = set(good, parent, without.into()).to_string().into_bytes();
            all.push(Spoilt { what: format!("no {at}"), at: format!("#{at} required"), codes: MALFORMED, bytes });
        }
        let value = json!([CANARY]).to_string();
        for written in [name.to_owned(), format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..])] {
            let twice = holed(&with_key(good, parent, at), format!("\"{written}\":{value}").as_bytes());
            all.push(Spoilt {
                what: format!("{at} twice"),
                at: format!("#{at} repeated_key"),
                codes: MALFORMED,
                bytes: twice,
            });
        }
    }
    let parents = fields.iter().filter_map(|(at, _)| at.rsplit_once('/')).map(|(parent, _)| parent.to_owned());
    let parents = parents.collect::<std::collections::BTreeSet<_>>();
    for parent in parents.iter().filter(|parent| good.pointer(parent).is_some_and(Value::is_object)) {
        for key in ["unknown_key", "", "__proto__", "id", "organization_id", "$ref"] {
            let mut more = good.pointer(parent).unwrap().as_object().unwrap().clone();
            more.insert(key.into(), json!(CANARY));
            let bytes = set(good, parent, more.into()).to_string().into_bytes();
            all.push(Spoilt {
                what: format!("{parent}/{key}"),
                at: format!("#{parent}/{key} unknown"),
                codes: MALFORMED,
                bytes,
            });
        }
    }
    all
}

const HOLE: &str = "@HOLE@";

/// The body with these bytes in place of its hole.
fn holed(body: &Value, raw: &[u8]) -> Vec<u8> {
    let text = body.to_string();
    let (before, after) = text
        .split_once(&format!("\"{HOLE}\":null"))
        .or_else(|| text.split_once(&format!("\"{HOLE}\"")))
        .expect("a hole");
    [before.as_bytes(), raw, after.as_bytes()].concat()
}

/// The body with this value there.
pub fn set(body: &Value, at: &str, value: Value) -> Value {
    let mut body = body.clone();
    if let Some(place) = body.pointer_mut(at) {
        *place = value;
    } else {
        let (parent, name) = at.rsplit_once('/').unwrap();
        body.pointer_mut(parent).expect("a parent")[name] = value;
    }
    body
}

/// The body with the value and a hole for a key behind it.
fn with_key(body: &Value, parent: &str, at: &str) -> Value {
    let there = if body.pointer(at).is_some() { body.clone() } else { set(body, at, json!(CANARY)) };
    let mut object = there.pointer(parent).unwrap().as_object().unwrap().clone();
    object.insert(HOLE.into(), Value::Null);
    set(&there, parent, object.into())
}

/// Whether a value is at least of the type that belongs there; what is wrong with it is then something else.
fn is_of_type(raw: &[u8], schema: &Value) -> bool {
    let types = types(schema);
    match serde_json::from_slice(raw) {
        Ok(Value::String(_)) => types.contains(&"string"),
        Ok(Value::Number(number)) => {
            types.contains(&"number") || types.contains(&"integer") && number.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        Ok(Value::Array(_)) => types.contains(&"array"),
        Ok(Value::Object(_)) => types.contains(&"object"),
        _ => false,
    }
}

fn is_nullable(document: &Document, schema: &Value) -> bool {
    let options = schema["oneOf"].as_array().into_iter().flatten();
    options.into_iter().any(|option| option["type"] == "null") || types(document.resolved(schema)).contains(&"null")
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Everything that this schema does not allow, as it is written; it may allow null, and so may its entries.
fn wrong_values(schema: &Value, [nullable, entries_nullable]: [bool; 2]) -> Vec<Vec<u8>> {
    let types = types(schema);
    let mut wrong = [
        "1e400",
        "-1e400",
        "NaN",
        "-Infinity",
        "0x10",
        "01",
        "+1",
        ".5",
        "1.",
        "--1",
        "nul",
        "'CANARY'",
        "\"CANARY",
        "\"\\ud800\"",
        "\"CANARY\\udc00\\ud800\"",
        "\"\\u00\"",
        "\"a\nb\"",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
        wrong.push([b"\"CANARY", bytes, b"\""].concat());
    }
    for depth in [127, 128, 30_000] {
        wrong.push([b"[".repeat(depth), b"]".repeat(depth)].concat());
        wrong.push([b"{\"a\":".repeat(depth / 10), b"1".to_vec(), b"}".repeat(depth / 10)].concat());
    }
    let mut values = Vec::new();
    let of_types = [
        ("boolean", vec![json!(true)]),
        ("integer", vec![json!(7), json!(-1), json!(9_007_199_254_740_993_u64)]),
        ("number", vec![json!(2.5), json!(1e300)]),
        ("string", vec![json!(CANARY), json!("3"), json!("true"), json!("null")]),
        ("array", vec![json!([]), json!([CANARY]), json!([[CANARY]]), json!([null])]),
        ("object", vec![json!({}), json!({ "a": CANARY }), json!({ "$gt": "" })]),
    ];
    for (name, examples) in of_types {
        let known = types.contains(&name) || name == "integer" && types.contains(&"number");
        if !known {
            values.extend(examples);
        }
    }
    if !nullable {
        values.push(Value::Null);
    }
    for kind in &types {
        match *kind {
            "integer" => wrong.extend(wrong_integers(schema)),
            "string" => values.extend(wrong_strings(schema)),
            "array" => values.extend(wrong_arrays(schema, entries_nullable)),
            "object" => values.extend([json!({ "unknown_key": CANARY }), json!({ "": {} })]),
            _ => {}
        }
    }
    wrong.extend(values.into_iter().map(|value| value.to_string().into_bytes()));
    wrong
}

fn wrong_integers(schema: &Value) -> Vec<Vec<u8>> {
    let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
    let edges =
        [i64::from(i16::MIN), i64::from(i16::MAX), i64::from(i32::MIN), i64::from(i32::MAX), i64::MIN, i64::MAX];
    let edges = edges.into_iter().flat_map(|edge| [edge.saturating_sub(1), edge, edge.saturating_add(1)]);
    let edges = edges.chain(least.map(|least| least - 1)).chain(most.map(|most| most + 1));
    let outside =
        edges.filter(|number| least.is_some_and(|least| *number < least) || most.is_some_and(|most| *number > most));
    let huge = ["9".repeat(100), "-".to_owned() + &"9".repeat(100), "9".repeat(400)];
    let texts = ["2.5", "-0.5", "1e300", "18446744073709551615", "18446744073709551616", "1e18", "\"3\"", "3e-1"];
    let texts = texts.into_iter().map(str::to_owned).chain(huge).chain(outside.map(|number| number.to_string()));
    texts.map(String::into_bytes).collect()
}

fn wrong_strings(schema: &Value) -> Vec<Value> {
    let mut wrong = vec![json!("\0"), json!("CANARY\0"), json!("a\0b")];
    if let Some(most) = schema["maxLength"].as_u64() {
        wrong.extend(["x", "é", "👩"].map(|one| json!(one.repeat(most as usize + 1))));
        wrong.push(json!("x".repeat(60_000)));
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| *least > 0) {
        wrong.push(json!("x".repeat(least as usize - 1)));
    }
    if let Some(options) = schema["enum"].as_array() {
        let shouted = options[0].as_str().unwrap().to_uppercase();
        wrong.extend([json!(CANARY), json!(""), json!(shouted), json!(format!(" {}", options[0].as_str().unwrap()))]);
    }
    if schema.get("pattern").is_some() {
        wrong.extend(["CANARY ☃ \u{202e}", "\n", "--", "a\nb"].map(Value::from));
    }
    wrong.extend(of_format(schema["format"].as_str().unwrap_or_default()).iter().map(|text| json!(text)));
    wrong
}

fn wrong_arrays(schema: &Value, entries_nullable: bool) -> Vec<Value> {
    let mut wrong = Vec::new();
    if let Some(most) = schema["maxItems"].as_u64() {
        wrong.push(json!(vec!["x"; most as usize + 1]));
    }
    if schema["minItems"].as_u64().is_some_and(|least| least > 0) {
        wrong.push(json!([]));
    }
    wrong.extend([json!([[CANARY]]), json!([{}, CANARY, 1, Map::new()])]);
    if !entries_nullable {
        wrong.push(json!([null]));
    }
    wrong
}
