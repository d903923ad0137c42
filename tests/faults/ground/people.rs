//! Who calls while PostgreSQL is in trouble, and what they hear.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use peer_coaching::ids::OrganizationId;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use uuid::Uuid;

use super::{Server, Service};
use crate::support::{Answer, Person};

/// An answer, and how long it took.
#[derive(Clone, Debug)]
pub struct Heard {
    pub answer: Answer,
    pub after: Duration,
}

/// The answer to a request: there is one, whatever happens.
pub async fn heard(request: RequestBuilder) -> Heard {
    let begun = Instant::now();
    let answer = Answer::tried(request.timeout(Duration::from_secs(30))).await;
    let after = begun.elapsed();
    let answer = answer.unwrap_or_else(|error| panic!("no answer after {after:?}: {error}"));
    Heard { answer, after }
}

impl Heard {
    pub fn is_good(&self) -> bool {
        self.answer.status.is_success()
    }

    /// That it could not be done now, said as it must be.
    #[track_caller]
    pub fn is_unavailable(&self) -> bool {
        let answer = &self.answer;
        if answer.status != 503 {
            return false;
        }
        assert!(["unavailable", "outcome_unknown"].contains(&answer.code().as_str()), "{}", answer.text);
        assert_eq!(answer.header("retry-after"), "1", "{}", answer.text);
        true
    }

    /// One of the two; whether it is good.
    #[track_caller]
    pub fn is_good_or_unavailable(&self) -> bool {
        assert!(self.is_good() || self.is_unavailable(), "{} {}", self.answer.status, self.answer.text);
        self.is_good()
    }
}

/// Two who have become a pair: the coachee, and the path of their pairing.
pub async fn pair(service: &Service, organization: OrganizationId) -> (Person, String) {
    let (ana, ben) = (service.member(organization, "ana"), service.member(organization, "ben"));
    for person in [&ana, &ben] {
        person.is_ready().await;
    }
    let asked = ana.is_coached_by(&ben).await;
    (ana, crate::support::path_of(&asked))
}

/// A program that brings in one new member after the other, each with an id that it has made, and knows which were
/// acknowledged.
pub struct Program {
    integration: Person,
    organization: OrganizationId,
    acknowledged: RefCell<BTreeSet<String>>,
    statuses: RefCell<BTreeMap<u16, usize>>,
    over: Cell<bool>,
}

impl Program {
    pub fn of(service: &Service, organization: OrganizationId) -> Self {
        let scope = "members:read members:write";
        let integration = Person::integration(service.stranger(), organization, "directory", scope);
        let (acknowledged, statuses) = (RefCell::default(), RefCell::default());
        Self { integration, organization, acknowledged, statuses, over: Cell::new(false) }
    }

    /// Brings in one; whether that is acknowledged.
    pub async fn brings_one(&self) -> bool {
        let id = Uuid::now_v7().to_string();
        let request = self.integration.request(Method::POST, "/v1/members/batch").header("Idempotency-Key", &id);
        let heard = heard(request.json(&json!({ "members": [{ "external_id": id, "name": "Newcomer" }] }))).await;
        *self.statuses.borrow_mut().entry(heard.answer.status.as_u16()).or_default() += 1;
        let done = heard.is_good_or_unavailable();
        if done {
            self.acknowledged.borrow_mut().insert(id);
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await; // it was told to wait for longer
        }
        done
    }

    /// So many at once, until it is told to stop.
    pub async fn works(&self, at_once: usize) {
        join_all((0..at_once).map(|_| async {
            while !self.over.get() {
                self.brings_one().await;
            }
        }))
        .await;
    }

    pub fn stops(&self) {
        self.over.set(true);
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.borrow().len()
    }

    /// How often this was answered.
    pub fn heard(&self, status: u16) -> usize {
        self.statuses.borrow().get(&status).copied().unwrap_or_default()
    }

    /// Waits until so many more are acknowledged.
    pub async fn gets_on(&self, by: usize) -> Duration {
        let enough = self.acknowledged() + by;
        super::until("the program gets on", async || self.acknowledged() >= enough).await
    }

    /// Brings in one, as often as that takes.
    pub async fn gets_on_alone(&self) {
        while !self.brings_one().await {}
    }

    /// How many were acknowledged and are not there.
    pub async fn lost(&self, server: &Server) -> usize {
        let all = "select external_id from members where organization_id = $1 and external_id is not null";
        let rows = server.above().await.query(all, &[&self.organization]).await.unwrap();
        let there = rows.iter().map(|row| row.get::<_, String>(0)).collect::<BTreeSet<_>>();
        self.acknowledged.borrow().difference(&there).count()
    }
}
