//! Tokens against a real provider of keys on this machine: who is let in, who is not, and what it costs the provider.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod corpus;
mod faults;
mod forge;
mod memory;
mod outage;
mod provider;
mod reading;
mod rotation;

use jiff::{SignedDuration, Timestamp};
use peer_coaching::access::{Issuers, Rejected, Tokens};

/// The moment that all of these tests are about. Nobody waits for time to pass: it is an argument.
fn now() -> Timestamp {
    "2026-01-15T09:00:00Z".parse().unwrap()
}

/// So many seconds after [`now`].
fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn issuers(text: &str) -> Issuers {
    Issuers::parse(text, &std::env::temp_dir()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// The verdict without what the token says.
async fn verdict(tokens: &Tokens, token: &str, at: Timestamp) -> Result<(), Rejected> {
    tokens.verify(token, at).await.map(drop)
}
