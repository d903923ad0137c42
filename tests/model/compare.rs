//! An answer beside what the model expects: ids by what they stand for, instants to the millisecond where they are known.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::{Instant, Model};
use super::next_step;
use super::people::Verdict;
use super::run::MARGIN;
use super::steps::{Step, Verb};
use super::support::Answer;
use super::views::by_name;

/// What stands for which id.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    ids: HashMap<String, String>,
    names: HashMap<String, String>,
}

impl Ids {
    /// The id that this stands for.
    pub fn of(&self, name: &str) -> Option<&str> {
        self.ids.get(name).map(String::as_str)
    }

    /// This stands for that id from now on, unless something does already.
    pub fn bind(&mut self, name: &str, id: &str) {
        if !self.ids.contains_key(name) && !self.names.contains_key(id) {
            self.ids.insert(name.into(), id.into());
            self.names.insert(id.into(), name.into());
        }
    }

    /// Binds each new id of an answer to what the model has in its place.
    pub fn learn(&mut self, expected: &Value, actual: &Value) {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                for (key, expected) in expected {
                    match (key.as_str(), expected, actual.get(key)) {
                        ("id" | "series_id", Value::String(name), Some(Value::String(id))) => self.bind(name, id),
                        (_, _, Some(actual)) => self.learn(expected, actual),
                        (_, _, None) => {}
                    }
                }
            }
            (Value::Array(expected), Value::Array(actual)) => {
                expected.iter().zip(actual).for_each(|(expected, actual)| self.learn(expected, actual));
            }
            _ => {}
        }
    }

    /// The same with names in the place of ids.
    pub fn named(&self, value: &Value) -> Value {
        match value {
            Value::String(path) if path.starts_with("/v1/") => {
                let named = path.split('/').map(|part| self.names.get(part).map_or(part, String::as_str));
                json!(named.collect::<Vec<_>>().join("/"))
            }
            Value::String(text) => json!(self.names.get(text).unwrap_or(text)),
            Value::Array(entries) => entries.iter().map(|entry| self.named(entry)).collect(),
            Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), self.named(value))).collect(),
            other => other.clone(),
        }
    }
}

/// Where and how an answer differs from what is expected; objects may say more than that.
pub fn difference(at: &str, expected: &Value, actual: &Value) -> Option<String> {
    let differs = || Some(format!("{at}: expected {expected}, was {actual}"));
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().find_map(|(key, expected)| {
            difference(&format!("{at}/{key}"), expected, actual.get(key).unwrap_or(&Value::Null))
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let mut pairs = expected.iter().zip(actual).enumerate();
            pairs.find_map(|(nth, (expected, actual))| difference(&format!("{at}/{nth}"), expected, actual))
        }
        (Value::String(about), Value::String(instant)) if about.starts_with('~') => {
            let from: Timestamp = about[1..].parse().unwrap();
            let near = instant.parse().is_ok_and(|at: Timestamp| from <= at && at <= from + MARGIN);
            if near { None } else { differs() }
        }
        _ if expected == actual => None,
        _ => differs(),
    }
}

/// The status and body that a verdict stands for.
fn answered(step: &Step, verdict: &Verdict) -> (u16, Value) {
    match verdict {
        Ok(body) if matches!(step, Step::CancelSeries { .. }) => (204, body.clone()),
        Ok(body) if matches!(step, Step::Ask { .. } | Step::Plan { .. } | Step::PlanSeries { .. }) => {
            (201, body.clone())
        }
        Ok(body) => (200, body.clone()),
        Err(refused) => {
            let status = match refused.code {
                "not_found" | "no_open_cycle" => 404,
                "member_inactive" | "not_yours" => 403,
                "invalid" | "yourself" => 422,
                _ => 409,
            };
            let mut body = refused.facts.clone();
            body["code"] = json!(refused.code);
            (status, body)
        }
    }
}

/// What an answer says, with names in the place of ids, and lists in the order of the names.
fn told(step: &Step, ids: &Ids, answer: &Answer) -> Value {
    if answer.text.is_empty() {
        return Value::Null;
    }
    let mut body = ids.named(&answer.body());
    if let Some(errors) = body["errors"].as_array() {
        let flaw = |error: &Value| {
            json!(format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        };
        body["errors"] = errors.iter().map(flaw).collect();
    }
    match (step, body["data"].as_array()) {
        (Step::Pairings { .. } | Step::Calls { .. }, Some(entries)) => by_name(entries.clone()),
        (Step::Told { .. }, _) => next_step::by_name(&body),
        (Step::Coaches { .. }, Some(entries)) => {
            let mut entries = entries.clone();
            if !entries.is_sorted_by_key(|coach| coach["eligible"] == false) {
                return json!("who cannot be asked comes before who can");
            }
            entries.sort_by_key(|coach| coach["member"]["id"].to_string()); // by lot, where nothing tells them apart
            body["data"] = json!(entries);
            body
        }
        _ => body,
    }
}

/// Asks the model about a step that was answered so; what the answer tells for the first time is learnt.
///
/// # Errors
/// Where the two differ.
pub fn explain(model: &mut Model, ids: &mut Ids, (step, what): (usize, &Step), answer: &Answer) -> Result<(), String> {
    let (what, follows) = match what {
        Step::Follow { what: Some((_, way)), .. } => (&**way, true),
        what => (what, false),
    };
    let verdict = model.apply(step, what);
    if follows && !answer.status.is_success() {
        return Err(format!("{what:?} was told as a next step, and is refused: {} {}", answer.status, answer.text));
    }
    let reads = what.reads();
    if reads && verdict.as_ref().is_err_and(|refused| refused.code == "member_inactive") {
        return Ok(()); // who was somebody a moment ago may read for half a minute of real time
    }
    if reads && answer.status.is_success() && answer.body()["has_more"] == true {
        return Ok(()); // a page of a list that is looked at as a whole elsewhere
    }
    let (status, expected) = answered(what, &verdict);
    if verdict.is_ok() && answer.status.is_success() && !reads && !answer.text.is_empty() {
        ids.learn(&expected, &answer.body());
    }
    let actual = told(what, ids, answer);
    let differs = difference(
        "",
        &json!({ "status": status, "body": expected }),
        &json!({ "status": answer.status.as_u16(), "body": actual }),
    );
    if let Some(differs) = differs {
        return Err(format!(
            "{what:?}\n  expected {status} {expected}\n  was {} {actual}\n  at {differs}",
            answer.status
        ));
    }
    learn_instants(model, what, step, &actual);
    Ok(())
}

/// To the millisecond.
fn learn_instants(model: &mut Model, what: &Step, step: usize, actual: &Value) {
    let told = |key: &str| Some(Instant::exactly(actual[key].as_str()?.parse().ok()?));
    match what {
        Step::Ask { .. } => {
            if let (Some(pairing), Some(at)) = (model.pairing_of(step), told("requested_at")) {
                model.pairings[pairing].requested_at = at;
            }
        }
        Step::Act { pairing, verb: Verb::Accept, .. } => {
            if let (Some(pairing), Some(at)) = (model.pairing_of(*pairing), told("accepted_at")) {
                model.pairings[pairing].accepted_at = Some(at);
            }
        }
        _ => {}
    }
}
