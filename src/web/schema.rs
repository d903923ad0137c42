//! The schema is the door: a request is checked against the same JSON Schema that `/openapi.json` serves, so the
//! document cannot promise what the service does not do. Every wrong place is named at once, and never what was there.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Validator, paths::Location};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::error::{Flaw, Place};
use crate::json;
use crate::text::{is_https_url, is_line, is_text};
use crate::zones;

/// A format of strings: its name, what fits, and what to say otherwise.
pub type Format = (&'static str, fn(&str) -> bool, &'static str);

/// The formats of strings that this service adds to the standard ones.
pub const FORMATS: &[Format] = &[
    ("line", is_line, "must be one line of text, without control or invisible characters"),
    ("text", is_text, "must not hold the character NUL"),
    ("https-url", is_https_url, "must be an address that begins with https://, in ASCII, without a name or password"),
    ("time-zone", is_time_zone, "must be an IANA time zone such as Europe/Lisbon"),
    ("date", is_date, "must be a day of the years 2000 to 2199, as YYYY-MM-DD"),
    (
        "date-time",
        is_instant,
        "must be an instant of the years 2000 to 2199 such as 2026-10-05T09:00:00Z; in a query, + is written %2B",
    ),
];

fn is_time_zone(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c))
        && zones::named(text).is_some()
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
        && text.parse::<jiff::civil::Date>().is_ok_and(|date| (2000..2200).contains(&date.year()))
}

/// RFC 3339 with an offset or `Z`, and nothing that it merely tolerates: no leap second, no 24:00, no lower case.
fn is_instant(text: &str) -> bool {
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                b'+' => byte == b'+' || byte == b'-',
                other => byte == other,
            })
    };
    let Some((stem, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let offset = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (fraction, offset) = rest.split_at(offset);
    let fine = fraction.is_empty()
        || fraction.len() <= 10
            && fraction
                .strip_prefix('.')
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    shaped(stem, "0000-00-00T00:00:00")
        && fine
        && (offset == "Z" || shaped(offset, "+00:00") && offset[1..3] < *"24")
        && stem[11..13] < *"24"
        && stem[17..19] < *"60"
        && text.parse::<jiff::Timestamp>().is_ok()
        && ("2000"..="2199").contains(&&stem[..4])
}

/// A validator for a type's schema, with the schemas it refers to.
pub fn validator_of<T: ToSchema>() -> Validator {
    let mut others: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut others);
    let mut root = serde_json::to_value(T::schema()).unwrap_or_default();
    root["components"] =
        serde_json::json!({ "schemas": others.into_iter().collect::<std::collections::BTreeMap<_, _>>() });
    validator(&root)
}

/// A validator for a query's parameters, as one object without other keys.
pub fn validator_of_parameters(parameters: &[utoipa::openapi::path::Parameter]) -> Validator {
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|parameter| (parameter.name.clone(), serde_json::to_value(&parameter.schema).unwrap_or_default()))
        .collect();
    validator(&serde_json::json!({ "type": "object", "properties": properties, "additionalProperties": false }))
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true);
    let options = FORMATS.iter().fold(options, |options, (name, fits, _)| options.with_format(*name, *fits));
    options.build(schema).expect("schemas that the code derives are valid")
}

/// Every wrong place of this value, as `place` names it.
pub fn flaws(validator: &Validator, value: &Value, place: impl Fn(String) -> Place) -> Vec<Flaw> {
    validator
        .iter_errors(value)
        .flat_map(|error| explain(error.kind(), error.instance_path()))
        .map(|(pointer, code, detail, malformed)| Flaw { place: place(pointer), code, detail, malformed })
        .collect()
}

type Explained = (String, &'static str, String, bool);

/// What is wrong, in words that hold nothing of what was sent. Keys are named only where they are the mistake.
fn explain(kind: &Kind, at: &Location) -> Vec<Explained> {
    let at = at.as_str().to_owned();
    let below = |key: &str| json::below(&at, key);
    let one = |code, detail: String, malformed| vec![(at.clone(), code, detail, malformed)];
    match kind {
        Kind::Required { property } => {
            vec![(below(property.as_str().unwrap_or_default()), "required", "is required".into(), true)]
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(|key| (below(key), "unknown", "is not known here".into(), true)).collect()
        }
        Kind::Type { kind } => one("wrong_type", format!("must be {}", types(kind)), true),
        Kind::Format { format } => {
            let ours = FORMATS.iter().find(|(name, ..)| name == format);
            let detail =
                ours.map_or_else(|| format!("must be a valid {format}"), |(_, _, detail)| (*detail).to_owned());
            one("wrong_format", detail, !matches!(format.as_str(), "line" | "text" | "https-url" | "time-zone"))
        }
        Kind::Enum { options } => one("not_an_option", format!("must be one of {options}"), false),
        Kind::Constant { expected_value } => one("not_an_option", format!("must be {expected_value}"), false),
        Kind::MaxLength { limit } => one("too_long", format!("must have at most {limit} characters"), false),
        Kind::MinLength { limit } => one("too_short", format!("must have at least {limit} characters"), false),
        Kind::MaxItems { limit } => one("too_many", format!("must have at most {limit} entries"), false),
        Kind::MinItems { limit } => one("too_few", format!("must have at least {limit} entries"), false),
        Kind::Maximum { limit } => one("too_large", format!("must be at most {limit}"), false),
        Kind::Minimum { limit } => one("too_small", format!("must be at least {limit}"), false),
        Kind::MinProperties { .. } => one("empty", "must change something".into(), false),
        Kind::UniqueItems => one("repeated", "must not repeat an entry".into(), false),
        Kind::Pattern { pattern } => one("wrong_format", format!("must match {pattern}"), false),
        // "null or one of these": what is wrong inside is more useful than that neither fits
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            let inner = context.iter().rev().find(|errors| {
                !errors.iter().any(|e| matches!(e.kind(), Kind::Type { .. }) && e.instance_path().as_str() == at)
            });
            inner.map_or_else(
                || one("wrong_type", "is of a type that does not fit here".into(), true),
                |errors| errors.iter().flat_map(|error| explain(error.kind(), error.instance_path())).collect(),
            )
        }
        _ => one("invalid", "does not fit".into(), true),
    }
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(one) => format!("of type {one}"),
        jsonschema::error::TypeKind::Multiple(some) => {
            let names: Vec<String> = some.iter().map(|one| one.to_string()).collect();
            format!("of type {}", names.join(" or "))
        }
    }
}
