//! Who asks, with which token; and who signs those.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use peer_coaching::clock::real_time;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::Ask;
use super::forge::Signer;
use super::provider::Provider;

/// The audience of every token.
pub const AUDIENCE: &str = "us";

/// An identity provider whose keys change.
pub struct Signers {
    pub provider: Provider,
    now: RefCell<Signer>,
    /// How often they have changed.
    pub changes: Cell<usize>,
    next: Cell<usize>,
}

impl Signers {
    pub fn new() -> Rc<Self> {
        let (provider, first) = (Provider::start(), Signer::elliptic("key-0"));
        provider.publishes(&[&first]);
        Rc::new(Self { provider, now: RefCell::new(first), changes: Cell::new(0), next: Cell::new(1) })
    }

    /// A key beside the one that signs now, of the other kind; published, and not used yet.
    pub fn publish(&self) -> Signer {
        let number = self.next.replace(self.next.get() + 1);
        let id = format!("key-{number}");
        let next = if number.is_multiple_of(2) { Signer::elliptic(&id) } else { Signer::edwards(&id) };
        self.provider.publishes(&[&self.now.borrow(), &next]);
        next
    }

    /// From now on this one signs; the key before stays published until the next change.
    pub fn change_to(&self, next: Signer) {
        self.now.replace(next);
        self.changes.set(self.changes.get() + 1);
    }

    /// What a token of this person says.
    fn claims(&self, person: &Person) -> Value {
        let now = real_time().as_second();
        let mut said = json!({
            "iss": self.provider.address(), "aud": AUDIENCE, "sub": person.subject, "name": person.subject,
            "company": person.company, "iat": now, "exp": now + 7200, "jti": Uuid::now_v7(),
        });
        if let Some(scopes) = person.scopes {
            (said["client_id"], said["scope"]) = (json!(person.subject), json!(scopes));
        }
        said
    }
}

/// Somebody who asks, or a program.
pub struct Person {
    signers: Rc<Signers>,
    company: String,
    subject: String,
    scopes: Option<&'static str>,
    pub id: String,
    /// The token, and how often keys had changed when it was made.
    token: RefCell<(usize, String)>,
}

impl Person {
    pub fn member(signers: &Rc<Signers>, company: &str, subject: String) -> Self {
        Self::new(signers, company, subject, None)
    }

    pub fn program(signers: &Rc<Signers>, company: &str) -> Self {
        Self::new(signers, company, "program".to_owned(), Some("events:read webhooks:manage"))
    }

    fn new(signers: &Rc<Signers>, company: &str, subject: String, scopes: Option<&'static str>) -> Self {
        let (signers, company, token) = (Rc::clone(signers), company.to_owned(), RefCell::new((0, String::new())));
        Self { signers, company, subject, scopes, id: String::new(), token }
    }

    /// A token like none before.
    pub fn new_token(&self) -> String {
        self.token_by(&self.signers.now.borrow())
    }

    /// A token that says the same, by whomever.
    pub fn token_by(&self, signer: &Signer) -> String {
        signer.token(&self.signers.claims(self))
    }

    /// A token by nobody's key.
    pub fn forged(&self) -> String {
        self.token_by(&Signer::elliptic("nobody's"))
    }

    /// A token that was good an hour ago.
    pub fn old(&self) -> String {
        let mut claims = self.signers.claims(self);
        let now = real_time().as_second();
        (claims["iat"], claims["exp"]) = (json!(now - 7200), json!(now - 3600));
        self.signers.now.borrow().token(&claims)
    }

    /// The same token as long as the same key signs.
    fn token(&self) -> String {
        let mut token = self.token.borrow_mut();
        if token.0 != self.signers.changes.get() || token.1.is_empty() {
            *token = (self.signers.changes.get(), self.new_token());
        }
        token.1.clone()
    }

    pub fn ask(&self, method: &str, path: impl Into<String>) -> Ask {
        Ask::new(method, path).bearing(self.token())
    }

    pub fn get(&self, path: impl Into<String>) -> Ask {
        self.ask("GET", path)
    }

    pub fn post(&self, path: impl Into<String>) -> Ask {
        self.ask("POST", path)
    }

    pub fn put(&self, path: impl Into<String>, body: &Value) -> Ask {
        self.ask("PUT", path).saying(body)
    }
}
