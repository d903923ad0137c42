//! Two people who work together, and the program of their company.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;

use super::ask::{Answer, Ask};
use super::people::{Person, Signers};

/// A program that reads events and looks after a webhook.
pub struct Program {
    pub person: Person,
    pub webhook: String,
    /// How far it has read.
    pub cursor: RefCell<String>,
}

/// Two people, and what one of them has to remember between two requests.
pub struct Pair {
    pub coachee: Person,
    pub coach: Person,
    pub program: Rc<Program>,
    /// Somebody whom the coachee could ask too, and somebody else's pairing.
    pub other: String,
    pub elsewhere: String,
    pub pairing: String,
    /// The first call, which was held.
    pub held: String,
    /// Another, which is planned.
    pub planned: String,
    pub action: String,
    pub insight: String,
    /// A request to the other.
    pub request: String,
    pub feed: String,
    /// Of what was read last.
    pub tag: String,
    /// How many steps were done.
    pub turn: usize,
}

impl Pair {
    /// Two newcomers of this company.
    pub fn new(signers: &Rc<Signers>, company: &str, number: usize, program: &Rc<Program>) -> Self {
        let person = |role: &str| Person::member(signers, company, format!("{role}-{number}"));
        Self {
            coachee: person("coachee"),
            coach: person("coach"),
            program: Rc::clone(program),
            other: String::new(),
            elsewhere: String::new(),
            pairing: String::new(),
            held: String::new(),
            planned: String::new(),
            action: String::new(),
            insight: String::new(),
            request: String::new(),
            feed: String::new(),
            tag: String::new(),
            turn: 0,
        }
    }

    /// They come, find each other, and meet. Whatever of it does not go well ends the program.
    pub async fn meets(&mut self, client: &reqwest::Client, address: &str) {
        let does = async |ask: Ask| -> Answer {
            let answer = ask.to(client, address).await.unwrap_or_else(|error| panic!("{ask:?}: {error:?}"));
            assert!((200..300).contains(&answer.status), "{ask:?}: {answer:?}");
            answer
        };
        self.coachee.id = does(self.coachee.get("/v1/me")).await.id();
        self.coach.id = does(self.coach.get("/v1/me")).await.id();
        does(self.coachee.put("/v1/cycles/current/participation", &json!({ "answer": "opted_in" }))).await;
        let reflection = json!({ "answers": ["We deploy daily now."], "complete": true });
        does(self.coachee.put("/v1/cycles/current/reflection", &reflection)).await;
        let asked = self.coachee.post("/v1/pairings").saying(&json!({ "coach_id": self.coach.id }));
        self.pairing = does(asked).await.id();
        let accepted = does(self.coach.post(format!("/v1/pairings/{}/accept", self.pairing))).await;
        let now = json!({ "kind": "kickoff", "starts_at": accepted.text("accepted_at") });
        self.held = does(self.coach.post(self.of_pairing("check-ins")).saying(&now)).await.id();
        does(self.coachee.post(format!("/v1/check-ins/{}/hold", self.held))).await;
        let action = json!({ "kind": "start", "text": "Pause before answering." });
        self.action = does(self.coachee.post(self.of_pairing("actions")).saying(&action)).await.id();
        does(self.coachee.ask("PUT", self.of_pairing("reflection-share"))).await;
        self.feed = does(self.coachee.post("/v1/me/calendar-feed")).await.text("path");
    }

    /// An address below their pairing.
    pub fn of_pairing(&self, what: &str) -> String {
        format!("/v1/pairings/{}/{what}", self.pairing)
    }

    /// Words, another number of them each time: from a few to four thousand letters.
    pub fn words(&self) -> String {
        "Small changes first. ".repeat(1 + self.turn * 37 % 190)
    }

    /// How often they have been through all.
    pub fn round(&self) -> usize {
        self.turn / super::round::STEPS.len()
    }
}
