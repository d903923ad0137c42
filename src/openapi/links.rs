//! Where to go from an answer: which operations take the id that it holds.

use serde_json::{Map, Value, json};

/// Operations that make a thing, and the parameter that its id is for.
const MADE: [(&str, &str); 7] = [
    ("request_pairing", "pairing_id"),
    ("plan_check_in", "check_in_id"),
    ("add_action", "action_id"),
    ("give_insight", "insight_id"),
    ("add_cycle", "cycle_id"),
    ("add_webhook", "webhook_id"),
    ("test_webhook", "delivery_id"),
];

/// Operations that list things, in the same way.
const LISTED: [(&str, &str); 7] = [
    ("list_members", "member_id"),
    ("list_pairings", "pairing_id"),
    ("list_check_ins", "check_in_id"),
    ("list_actions", "action_id"),
    ("list_insights", "insight_id"),
    ("list_cycles", "cycle_id"),
    ("list_deliveries", "delivery_id"),
];

/// Adds links (OpenAPI 3.1 section 4.8.20): from what was made to all that can be done with it, from lists to what shows more.
pub fn link(paths: &mut Map<String, Value>) {
    let takers = takers(paths);
    let made = MADE.iter().map(|(by, parameter)| (by, "201", parameter, "$response.body#/id", true));
    let listed = LISTED.iter().map(|(by, parameter)| (by, "200", parameter, "$response.body#/data/0/id", false));
    for (by, status, parameter, id, to_all) in made.chain(listed) {
        let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        for operation in operations.filter(|operation| operation["operationId"] == *by) {
            let taking = takers.iter().filter(|taker| taker.parameter == *parameter && (to_all || taker.reads));
            let link = |taker: &Taker| {
                (taker.id.clone(), json!({ "operationId": taker.id, "parameters": { *parameter: id } }))
            };
            operation["responses"][status]["links"] = taking.map(link).collect::<Map<_, _>>().into();
        }
    }
}

/// An operation whose path holds an id.
struct Taker {
    id: String,
    parameter: String,
    reads: bool,
}

fn takers(paths: &Map<String, Value>) -> Vec<Taker> {
    let mut takers = Vec::new();
    for (path, operations) in paths {
        let parameters = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        for parameter in parameters {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
                takers.push(Taker { id, parameter: parameter.to_owned(), reads: method == "get" });
            }
        }
    }
    takers
}
