//! PostgreSQL in trouble: it is restarted, killed, frozen, full, read-only, slow or replaced; connections are cut, held up
//! or used up. Real PostgreSQL, real `serve`, real HTTP; docs/faults.md tells what came of it.
//!
//! Each story has servers of its own, since what happens to them happens to everybody on them, and a control that shows
//! that the fault is one. `cargo test --test faults -- --nocapture` tells the figures; with `--ignored` it runs what takes
//! longer, or measures. What becomes of events and deliveries when processes die is told by `tests/deaths`.

#![expect(clippy::unwrap_used, reason = "a test may end by a panic, its helpers too")]

mod disk;
mod exhausted;
mod failover;
mod ground;
mod half_open;
mod impostor;
mod killed;
#[expect(dead_code, unused_imports, reason = "shared with tests/cli, which needs more of it")]
#[path = "../cli/support/mod.rs"]
mod operator;
mod overload;
mod restarts;
mod restored;
mod slow;
mod standby;
#[expect(dead_code, unused_imports, reason = "shared with tests/api, which needs more of it")]
#[path = "../api/support/mod.rs"]
mod support;
mod unknown;
mod unread;

fn planted(what: &str) -> bool {
    std::env::var("PLANT").is_ok_and(|plant| plant == what)
}
