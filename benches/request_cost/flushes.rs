//! How often the main operations speak to PostgreSQL, counted on the way: each time is a wait for the network.

use super::company::{Company, Person};
use super::sides::{Orders, Side};
use super::way::Way;

/// One operation, once its statements are known to the connection.
pub struct Counted {
    pub operation: &'static str,
    pub flushes: usize,
    /// No more than this.
    pub most: usize,
}

impl Counted {
    pub fn is_ok(&self) -> bool {
        self.flushes <= self.most
    }
}

/// What is counted, in the order of a story: a pair finds together. The numbers are those that must not be exceeded;
/// a write ends with a flush that commits.
const OPERATIONS: [(&str, usize); 15] = [
    ("GET /v1/me", 1),
    ("PUT /v1/cycles/current/participation", 5),
    ("PUT /v1/cycles/current/reflection", 5),
    ("GET /v1/cycles/current/coaches", 2),
    ("POST /v1/pairings", 5),
    ("POST /v1/pairings, with Idempotency-Key", 7),
    ("POST /v1/pairings/{id}/accept", 6),
    ("POST /v1/pairings/{id}/accept, with Idempotency-Key", 8),
    ("POST /v1/pairings/{id}/check-ins", 9),
    ("POST /v1/check-ins/{id}/hold", 10),
    ("GET /v1/check-ins", 1),
    ("GET /v1/check-ins/{id}", 1),
    ("GET /v1/pairings/{id}/check-ins", 1),
    ("GET /v1/pairings/{id}", 1),
    ("GET /v1/pairings", 1),
];

/// Counts them all, over a service of one connection.
pub async fn count(company: &Company, orders: &Orders) -> Vec<Counted> {
    let way = Way::new();
    let sockets = way.folder().display().to_string();
    let side = Side::start("whole", &Orders { sockets, workers: 1, connections: 1, ..orders.clone() });
    let mut counted = Vec::new();
    // The first time teaches the connection its statements, the second counts.
    for time in ["first", "second"] {
        counted = story(&way, time, |name| company.person(&format!("{name}-{time}"), &side.address)).await;
    }
    let of = |&(operation, most): &(&'static str, usize)| {
        let flushes = counted.iter().find(|(counted, _)| *counted == operation).expect("all are counted").1;
        Counted { operation, flushes, most }
    };
    OPERATIONS.iter().map(of).collect()
}

async fn story(way: &Way, time: &str, person: impl Fn(&str) -> Person) -> Vec<(&'static str, usize)> {
    let (mut ana, mut ben, mut eva) = (person("ana"), person("ben"), person("eva"));
    let mut counted = Vec::new();
    way.spoken().await;
    let mut next = OPERATIONS.iter().map(|(operation, _)| *operation);
    macro_rules! count {
        ($asked:expr) => {{
            let answer = $asked;
            counted.push((next.next().expect("an operation"), way.spoken().await));
            answer
        }};
    }
    let current = |what: &str| format!("/v1/cycles/current/{what}");
    count!(ana.asks("GET", "/v1/me", ""));
    count!(ana.asks("PUT", &current("participation"), "{\"answer\": \"opted_in\"}"));
    count!(ana.asks("PUT", &current("reflection"), "{\"complete\": true}"));
    count!(ana.asks("GET", &current("coaches"), ""));
    let asked = |coach: &Person| format!("{{\"coach_id\": \"{}\"}}", coach.id);
    let pairing = count!(ana.asks("POST", "/v1/pairings", &asked(&ben)));
    let another = count!(ana.asks_once("POST", "/v1/pairings", Some(time), &asked(&eva)));
    let path = |pairing: &serde_json::Value| format!("/v1/pairings/{}", pairing["id"].as_str().expect("an id"));
    let accepted = count!(ben.asks("POST", &format!("{}/accept", path(&pairing)), ""));
    count!(eva.asks_once("POST", &format!("{}/accept", path(&another)), Some(time), ""));
    let kickoff = format!("{{\"kind\": \"kickoff\", \"starts_at\": {}}}", accepted["accepted_at"]);
    let call = count!(ana.asks("POST", &format!("{}/check-ins", path(&pairing)), &kickoff));
    let call = format!("/v1/check-ins/{}", call["id"].as_str().expect("an id"));
    count!(ben.asks("POST", &format!("{call}/hold"), ""));
    count!(ana.asks("GET", "/v1/check-ins", ""));
    count!(ana.asks("GET", &call, ""));
    count!(ana.asks("GET", &format!("{}/check-ins", path(&pairing)), ""));
    count!(ana.asks("GET", &path(&pairing), ""));
    count!(ana.asks("GET", "/v1/pairings", ""));
    counted
}
