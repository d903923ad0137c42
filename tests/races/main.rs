//! Races over real HTTP against two processes of the service on one database: whoever is fastest, the rules hold.
//!
//! Each theme has an arena of its own: a database, an organization in the middle of its cycle on whatever day it is, and
//! two real `serve`. Callers meet them at random. After each round a judge in the database, who knows the rules but not
//! our code, looks at every row. `RACES=10 cargo test --test races` runs ten times as many.

#![expect(clippy::unwrap_used, reason = "a test may end by a panic, its helpers too")]

mod arena;
mod calendar;
mod calls;
mod edits;
mod interleaved;
mod keys;
mod kills;
mod next_time;
#[expect(dead_code, unused_imports, reason = "shared with tests/cli, which needs more of it")]
#[path = "../cli/support/mod.rs"]
mod operator;
mod places;
mod plans;
mod restarts;
mod rings;
mod sieges;
mod skew;
mod statistics;
#[expect(dead_code, unused_imports, reason = "shared with tests/api, which needs more of it")]
#[path = "../api/support/mod.rs"]
mod support;
mod transitions;
