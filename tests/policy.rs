//! The policy, told as stories: at least one for each rule, in the rule's own words, over real HTTP. Whoever changes a
//! rule changes its story. The details, field by field, are in `tests/api`.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed")]

#[path = "policy/p10_the_next_step.rs"]
mod p10_the_next_step;
#[path = "policy/p1_cadence.rs"]
mod p1_cadence;
#[path = "policy/p2_it_is_up_to_you.rs"]
mod p2_it_is_up_to_you;
#[path = "policy/p3_reflect_first.rs"]
mod p3_reflect_first;
#[path = "policy/p4_pick_a_coach.rs"]
mod p4_pick_a_coach;
#[path = "policy/p5_the_first_call.rs"]
mod p5_the_first_call;
#[path = "policy/p6_track.rs"]
mod p6_track;
#[path = "policy/p7_someone_else_next_time.rs"]
mod p7_someone_else_next_time;
#[path = "policy/p8_gone.rs"]
mod p8_gone;
#[path = "policy/p8_yours.rs"]
mod p8_yours;
#[path = "policy/p9_useful_feedback_not_buddies.rs"]
mod p9_useful_feedback_not_buddies;
#[path = "api/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "stories need less of it than tests/api does")]
mod support;

use crate::support::{Answer, Company, Person, Town};

/// A company with a service of its own, on a Monday morning in October, early in a quarter.
async fn company() -> (Town, Company) {
    Town::small().await
}

/// Somebody who takes part in the current cycle and asks this colleague, who says yes.
async fn coached(coachee: &Person, coach: &Person) -> Answer {
    coachee.is_ready().await;
    coachee.is_coached_by(coach).await
}
