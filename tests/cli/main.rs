//! The binary as a product: what its commands say and do, seen from outside, with a real database where one is needed.

#![expect(clippy::unwrap_used, reason = "a test may end by a panic, its helpers too")]

mod check_config;
mod dev;
mod dev_elsewhere;
mod erasures;
mod help;
mod issuers;
mod keys;
mod organizations;
mod readme;
mod secrets;
mod serve;
mod stages;
mod strangers;
mod traces;
mod watching;

#[expect(dead_code, reason = "tests/canaries needs more of it")]
mod support;
