//! Tokens against a real provider of keys on this machine: who is let in, who is not, and what it costs the provider.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod corpus;
mod memory;
mod outage;
mod reading;
mod rotation;
#[path = "../support/tokens/mod.rs"]
mod tokens;

use jiff::{SignedDuration, Timestamp};
use peer_coaching::access::{Issuers, Rejected, Tokens};
use serde_json::Value;

use tokens::{faults, forge, provider};

/// The moment that all of these tests are about. Nobody waits for time to pass: it is an argument.
fn now() -> Timestamp {
    "2026-01-15T09:00:00Z".parse().unwrap()
}

/// So many seconds after [`now`].
fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// The claims of a good token for `us`.
fn claims(issuer: &str) -> Value {
    forge::claims(issuer, now())
}

fn issuers(text: &str) -> Issuers {
    Issuers::parse(text, &std::env::temp_dir()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// The verdict without what the token says.
async fn verdict(tokens: &Tokens, token: &str, at: Timestamp) -> Result<(), Rejected> {
    tokens.verify(token, at).await.map(drop)
}
