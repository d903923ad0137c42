//! Days and instants that are none, or none of ours, in every place of the document that takes one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::document::operations;
use crate::support::{Answer, Person, Town};

/// An id that nothing has.
const NOBODYS_ID: &str = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60";

/// Neither days nor instants, whatever PostgreSQL, ISO 8601 or a lenient parser would say.
const NEVER: &[&str] = &[
    "infinity",
    "-infinity",
    "Infinity",
    "epoch",
    "now",
    "today",
    "tomorrow",
    "allballs",
    "NaN",
    "0",
    "1790000000",
    "2027-02-30",
    "2027-02-29", // no leap year
    "2100-02-29", // none either, though it divides by four
    "2027-04-31",
    "2027-00-10",
    "2027-01-00",
    "2027-13-01",
    "2027-W26-4", // week dates
    "2027W264",
    "2027-182", // ordinal dates
    "2027182",
    "27-07-01",
    "2027-7-1",
    "20270701",
    "2027/07/01",
    "01.07.2027",
    "7/1/2027",
    "10000-01-01",
    "294276-12-31",
    "294277-01-01",
    "+294277-01-01",
    "+002027-07-01",
    "-000001-07-01",
    "-0001-07-01",
    "-2027-07-01",
    "-4713-11-24",
    "2027-07-01 BC",
    "2027-07-01 24:00",
    "+2027-07-01",
    "2027-07-01[Europe/Lisbon]",
    "2027-07-01T24:00:00Z",
    "2027-07-01T24:00:00.000Z",
    "2027-07-01T25:00:00Z",
    "2027-07-01T23:60:00Z",
    "2027-07-01T23:59:61Z",
    "2027-07-01T10:00", // without a zone
    "2027-07-01T10:00:00+25:00",
    "2027-07-01T10:00:00+01:00:00:00",
    "10000-01-01T00:00:00Z",
    "294277-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "２０２７-07-01",
    "2027-07-01\u{0}",
    "2027-07-01\n",
    " 2027-07-01",
    "2027\u{2010}07\u{2010}01",
    "",
];

/// What is a day elsewhere, or an instant, and here out of bounds.
const NO_DAYS: &[&str] = &[
    "0000-01-01",
    "0001-01-01",
    "1582-10-10",
    "1999-12-31",
    "2200-01-01",
    "9999-12-31",
    "2027-07-01T00:00:00Z",
    "2027-06-30T23:59:60Z",
];

/// Of another kind altogether.
fn of_another_kind() -> Vec<Value> {
    vec![json!(20270701), json!(1.79e9), json!(true), json!([]), json!(["2027-07-01"]), json!({ "year": 2027 })]
}

/// Where a day or an instant is taken.
#[derive(Debug)]
enum Place {
    /// This property of the body, beside what else is required of it.
    Body { name: String, rest: Map<String, Value> },
    /// This parameter of the query.
    Query { name: String },
}

struct Taken {
    method: String,
    path: String,
    place: Place,
    format: String,
}

/// A schema with its reference followed.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(document, document.pointer(&reference[1..]).expect(reference)),
        None => schema,
    }
}

/// `date` or `date-time`, where a schema is one.
fn format_of(document: &Value, schema: &Value) -> Option<String> {
    let schema = resolved(document, schema);
    let nested = ["anyOf", "oneOf"].into_iter().flat_map(|key| schema[key].as_array().into_iter().flatten());
    let own = schema["format"].as_str().filter(|format| ["date", "date-time"].contains(format)).map(str::to_owned);
    own.or_else(|| nested.into_iter().find_map(|inner| format_of(document, inner)))
}

/// Every place of the document that takes a day or an instant. A path's ids are nobody's: what is wrong with a request is
/// told before anything is looked up.
fn taken(document: &Value) -> Vec<Taken> {
    let mut taken = Vec::new();
    for (method, path, operation) in operations(document) {
        let nobodys = path.split('/').map(|part| if part.starts_with('{') { NOBODYS_ID } else { part });
        let at = nobodys.collect::<Vec<_>>().join("/");
        let mut take = |place, format| {
            taken.push(Taken { method: method.to_uppercase(), path: at.clone(), place, format });
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(document, parameter);
            if parameter["in"] == "query"
                && let Some(format) = format_of(document, &parameter["schema"])
            {
                take(Place::Query { name: parameter["name"].as_str().unwrap().to_owned() }, format);
            }
        }
        let Some((_, content)) = operation["requestBody"]["content"].as_object().and_then(|kinds| kinds.iter().next())
        else {
            continue;
        };
        let schema = resolved(document, &content["schema"]);
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        for (name, property) in &properties {
            let Some(format) = format_of(document, property) else { continue };
            let mut rest = content["example"].as_object().cloned().expect("an example");
            rest.remove(name);
            take(Place::Body { name: name.clone(), rest }, format);
        }
    }
    taken
}

async fn sends(who: &Person, taken: &Taken, value: &Value) -> Answer {
    match &taken.place {
        Place::Body { name, rest } => {
            let mut body = rest.clone();
            body.insert(name.clone(), value.clone());
            who.says(&taken.method, &taken.path, Value::Object(body).to_string()).await
        }
        Place::Query { name } => {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let query = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            who.says(&taken.method, &format!("{}?{name}={query}", taken.path), "").await
        }
    }
}

fn named(taken: &Taken) -> String {
    match &taken.place {
        Place::Body { name, .. } => format!("#/{name}"),
        Place::Query { name } => name.clone(),
    }
}

#[actix_web::test]
async fn what_is_no_day_or_instant_is_refused_by_name_everywhere() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let document = company.stranger().get("/openapi.json").await.ok();
    let taken = taken(&document);
    let known = taken.iter().map(|taken| {
        let path = taken.path.replace(NOBODYS_ID, "…");
        format!("{} {path} {} {}", taken.method, named(taken), taken.format)
    });
    let known = known.collect::<BTreeSet<_>>();
    for expected in [
        "PATCH /v1/cycles/… #/ends_on date",
        "PATCH /v1/cycles/… #/starts_on date",
        "PATCH /v1/policy #/anchor_on date",
        "POST /v1/cycles #/ends_on date",
        "POST /v1/cycles #/starts_on date",
        "GET /v1/check-ins from date-time",
        "GET /v1/check-ins to date-time",
        "PATCH /v1/check-ins/… #/starts_at date-time",
        "POST /v1/pairings/…/check-ins #/starts_at date-time",
        "POST /v1/pairings/…/series #/starts_at date-time",
    ] {
        assert!(known.contains(expected), "{expected} is not among {known:#?}");
    }

    let before = [root.get("/v1/cycles").await.ok(), root.get("/v1/policy").await.ok()];
    let mut refused = 0;
    for taken in &taken {
        let never = NEVER.iter().map(|text| json!(text));
        let no_days = NO_DAYS.iter().filter(|_| taken.format == "date").map(|text| json!(text));
        let others = of_another_kind().into_iter().filter(|_| matches!(taken.place, Place::Body { .. }));
        for value in never.chain(no_days).chain(others) {
            let answer = sends(&root, taken, &value).await;
            let what = format!("{} {} {value} at {}: {}", taken.method, taken.path, named(taken), answer.text);
            assert!([400, 422].contains(&answer.status.as_u16()), "{what}");
            let flaws = answer.flaws();
            assert!(flaws.len() == 1 && flaws[0].starts_with(&format!("{} wrong_", named(taken))), "{what}");
            refused += 1;
        }
    }
    assert!(refused >= 5 * 65, "{refused}");
    assert_eq!([root.get("/v1/cycles").await.ok(), root.get("/v1/policy").await.ok()], before, "nothing has changed");
}

/// The control: what differs from those in one thing is a day.
#[actix_web::test]
async fn days_at_the_edges_are_days() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    for day in ["2000-01-01", "2000-02-29", "2024-02-29", "2027-02-28", "2100-02-28", "2199-12-31"] {
        assert_eq!(root.decides(json!({ "anchor_on": day })).await["anchor_on"], day);
    }
    for (starts_on, ends_on) in [("2028-02-29", "2028-03-01"), ("2199-12-30", "2199-12-31")] {
        root.post("/v1/cycles", json!({ "starts_on": starts_on, "ends_on": ends_on })).await.ok();
    }
}
