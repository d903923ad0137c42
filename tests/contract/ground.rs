//! Where hostile input is tried: each operation with somebody who may, on a thing that is there, so that only what is
//! spoilt can be the reason for a refusal.

use peer_coaching::ids::OrganizationId;

use crate::call::{Call, Values};
use crate::census::{Census, Stored};
use crate::operation::{Document, Operation};
use crate::support::{Answer, Person};
use crate::table::lines;
use crate::world::World;

/// Stands in every value that is sent, and may stand in no answer.
pub const CANARY: &str = "CANARY";

/// A world to attack.
pub struct Ground {
    pub world: World,
    pub document: Document,
    census: Census,
    /// How many requests were sent.
    pub cases: usize,
    wrong: Vec<String>,
}

/// One operation, with what makes it succeed.
pub struct Target {
    pub operation: Operation,
    pub person: Person,
    pub values: Values,
    /// The request that succeeds.
    pub good: Call,
    before: Stored,
}

impl Ground {
    pub async fn new() -> Self {
        let world = World::new().await;
        let document = Document::served_by(&world.town).await;
        Self { world, document, census: Census::begin().await, cases: 0, wrong: Vec::new() }
    }

    /// An operation that can be done, with a thing that it can be done to; `place` as in the table.
    pub async fn target(&self, operation: &Operation, place: Option<&str>) -> Target {
        let known =
            |line: &crate::table::Line| line.operation == operation.id && place.is_none_or(|at| at == line.place);
        let line = lines().into_iter().find(known).unwrap_or_else(|| panic!("no line for {}", operation.id));
        let given = self.world.given(line.given).await;
        let person = self.world.person(line.owner().expect("somebody who may"), &given);
        let place = if line.place == "?cursor" { "-" } else { line.place };
        let good = Call::of(&self.document, operation, &given.values, place);
        let before = self.census.of(&self.organizations()).await;
        Target { operation: operation.clone(), person, values: given.values, good, before }
    }

    fn organizations(&self) -> [OrganizationId; 2] {
        [self.world.here.organization, self.world.there.organization]
    }

    /// What this call is answered, which is never our fault and never says again what was sent.
    pub async fn send(&mut self, target: &Target, what: &str, call: &Call) -> Answer {
        let person = target.person.clone();
        self.send_as(&person, target, what, call).await
    }

    /// The same for somebody else.
    pub async fn send_as(&mut self, person: &Person, target: &Target, what: &str, call: &Call) -> Answer {
        self.cases += 1;
        let answer = call.by(person).await;
        self.expect(!answer.status.is_server_error(), target, what, "breaks it", &answer);
        if answer.status.is_client_error() {
            let mut body = answer.body();
            body.as_object_mut().unwrap().remove("instance"); // the path, which is the caller's own
            let headers = format!("{:?}", answer.headers);
            let quiet = !body.to_string().contains(CANARY) && !headers.contains(CANARY);
            self.expect(quiet, target, what, "is said again", &answer);
            answer.code(); // a whole problem
        }
        answer
    }

    /// It is refused with one of these codes.
    pub async fn refused(&mut self, target: &Target, what: &str, call: &Call, codes: &[&str]) -> Option<Answer> {
        let answer = self.send(target, what, call).await;
        let refused = answer.status.is_client_error() && codes.contains(&answer.code().as_str());
        self.expect(refused, target, what, &format!("is not refused as {codes:?}"), &answer);
        refused.then_some(answer)
    }

    /// It is refused with one of these codes, and one of the wrong places begins like this.
    pub async fn refused_at(&mut self, target: &Target, what: &str, call: &Call, codes: &[&str], at: &str) {
        if let Some(answer) = self.refused(target, what, call, codes).await {
            let named = answer.wrong().iter().any(|place| place.starts_with(at));
            self.expect(named, target, what, &format!("is refused, but not for {at}"), &answer);
        }
    }

    /// Nothing of all that was stored.
    pub async fn nothing_was_stored(&mut self, target: &Target, what: &str) {
        let changed = target.before.changed(&self.census.of(&self.organizations()).await);
        if !changed.is_empty() {
            self.wrong.push(format!("{} {what}: something was stored in {changed:?}", target.operation.id));
        }
    }

    /// The request that was not spoilt succeeds: the control.
    pub async fn succeeds(&mut self, target: &Target) {
        let answer = self.send(target, "nothing", &target.good).await;
        self.expect(answer.status.is_success(), target, "nothing", "does not succeed", &answer);
    }

    pub fn expect(&mut self, holds: bool, target: &Target, what: &str, otherwise: &str, answer: &Answer) {
        if !holds {
            let text = answer.text.chars().take(600).collect::<String>();
            let (id, status) = (&target.operation.id, answer.status.as_u16());
            let what = what.chars().take(120).collect::<String>();
            self.wrong.push(format!("{id}: {what} {otherwise}\n    {status} {text}"));
        }
    }

    /// The end: nothing was wrong, and there was enough of it.
    pub fn held(self, at_least: usize) {
        println!("{} cases", self.cases);
        let wrong = self.wrong.len();
        assert!(wrong == 0, "{wrong} of {} are wrong:\n{}", self.cases, self.wrong[..wrong.min(40)].join("\n"));
        assert!(self.cases >= at_least, "only {} cases", self.cases);
    }
}
