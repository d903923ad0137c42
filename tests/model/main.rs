//! The policy's rules P1 to P7 and P10, twice: the service, and a small sequential model of them in plain Rust. Random people do
//! random things while the clock moves; every answer is compared, and now and then everything that everybody sees.
//!
//! The model is written from the rules, not from the service: no locks, no due instants, no places with numbers, no
//! review numbers. In a second run several people act at the same moment: some order of what they did must explain
//! every answer and what everybody sees afterwards.
//!
//! A run prints its seed; a mismatch is shrunk to few steps and printed with them. `MODEL_SEED` runs one seed again;
//! `MODEL_STEPS` takes as many steps as one has the patience for, with both from that seed on.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

mod calendar;
mod calls;
mod compare;
mod generate;
mod model;
mod next_step;
mod pairings;
mod people;
mod random;
mod requests;
mod run;
mod shrink;
mod steps;
#[path = "../api/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the tests of the interface, which need more of it")]
mod support;
mod views;

use generate::Manner;

/// What people must come to in every run: a comparison of nothing is none.
const COME_TO: [&str; 21] = [
    "Ask",
    "Ask already_asked",
    "Ask not_opted_in",
    "Ask reflection_missing",
    "Ask too_late_this_cycle",
    "Act",
    "Act incomplete",
    "Act not_waiting",
    "Act not_yours",
    "Plan kickoff_planned",
    "Plan kickoff_missing",
    "Mark",
    "Mark not_yet",
    "MoveEnd",
    "Follow answer_request",
    "Follow answer_participation",
    "Follow complete_reflection",
    "Follow pick_coach",
    "Follow plan_kickoff",
    "Follow mark_check_in",
    "Follow plan_catch_up",
];

#[actix_web::test]
async fn one_after_the_other() {
    run::many(Manner::OneByOne, 2_000, &COME_TO).await;
}

#[actix_web::test]
async fn several_at_once() {
    run::many(Manner::AtOnce, 500, &["Ask", "Ask already_asked", "Act", "Act not_waiting", "Plan"]).await;
}

#[actix_web::test]
async fn whoever_follows_the_next_steps_comes_to_their_end() {
    run::followed(20, 30).await;
}
