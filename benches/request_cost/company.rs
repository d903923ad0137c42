//! The company that is served: made once over real HTTP, then only read.

use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use serde_json::Value;

use super::client::{Client, request};
use super::database;
use super::provider::Provider;
use super::sides;

/// How many pairs it has: so many that PostgreSQL looks for one of them in an index.
const PAIRS: usize = 500;

/// A company, and who signs its people's tokens.
pub struct Company {
    pub organization: OrganizationId,
    pub provider: Provider,
}

/// Somebody who calls over a connection of their own.
pub struct Person {
    pub token: String,
    pub id: String,
    client: Client,
}

impl Company {
    /// Founds it.
    pub async fn found() -> Self {
        let pool = database::settings("peer_coaching_app").pool(1);
        let (clock, vault) = (sides::clock(), database::vault());
        let organizations = Organizations { database: &pool, clock: &clock, vault: &vault };
        let organization = organizations.found("Example Company", Settings::default()).await;
        Self { organization: organization.expect("an organization"), provider: Provider::new() }
    }

    /// Somebody's first call makes them a member; from the second on they are known.
    pub fn person(&self, name: &str, address: &str) -> Person {
        let mut person = Person { token: self.provider.token(name), id: String::new(), client: Client::to(address) };
        person.id = person.asks("GET", "/v1/me", "")["id"].as_str().expect("an id").to_owned();
        person
    }

    /// Pairs that work together; returns the coachees' tokens and the ids of their pairings.
    pub fn pairs(&self, address: &str) -> Vec<(String, String)> {
        let pair = |number: usize| {
            let (mut coachee, mut coach) =
                (self.person(&format!("coachee-{number}"), address), self.person(&format!("coach-{number}"), address));
            coachee.is_ready();
            let body = format!("{{\"coach_id\": \"{}\"}}", coach.id);
            let id = coachee.asks("POST", "/v1/pairings", &body)["id"].as_str().expect("an id").to_owned();
            coach.asks("POST", &format!("/v1/pairings/{id}/accept"), "");
            (coachee.token, id)
        };
        (0..PAIRS).map(pair).collect()
    }
}

impl Person {
    /// Takes part, and has reflected.
    pub fn is_ready(&mut self) {
        self.asks("PUT", "/v1/cycles/current/participation", "{\"answer\": \"opted_in\"}");
        self.asks("PUT", "/v1/cycles/current/reflection", "{\"complete\": true}");
    }

    /// Asks, and must be answered well.
    pub fn asks(&mut self, method: &str, path: &str, body: &str) -> Value {
        self.asks_once(method, path, None, body)
    }

    /// The same, with an `Idempotency-Key`.
    pub fn asks_once(&mut self, method: &str, path: &str, key: Option<&str>, body: &str) -> Value {
        let (status, answer) = self.client.ask(&request(method, path, &self.token, key, body));
        assert!(matches!(status, 200 | 201), "{method} {path}: {status} {}", String::from_utf8_lossy(answer));
        serde_json::from_slice(answer).expect("JSON")
    }
}
