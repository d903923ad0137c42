//! The next step (policy rule P10): for each member the one next thing to do, by when, and the operation that does it.
//!
//! First what another person waits for, then the earliest due; the rest is listed behind it. Never a step that the
//! service would refuse: each is proposed by asking the rules that its operation will ask. Only the member can ask.
//!
//! Somebody who coaches is asked for an answer, and for nothing else: the coachee is in charge of the calls.

pub mod facts;
pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use self::facts::Facts;
use self::rules::NextStep;
use crate::coaches;
use crate::cycles;
use crate::db::Scope;
use crate::error::Result;

/// What the caller is to do next.
///
/// # Errors
/// `members_only` for an integration.
pub async fn get(scope: &Scope) -> Result<NextStep> {
    let me = scope.caller().member()?;
    let now = scope.clock().now();
    let find = async || scope.read(async |tx| Ok(store::facts(tx, me, now).await?)).await;
    let mut facts = find().await?;
    if rules::may_lack_a_cycle(&facts, now) {
        cycles::list(scope, None, 1).await?; // makes what is missing
        facts = find().await?;
    }
    // Whether anybody could be asked is asked only for whoever is about to ask.
    let facts = match rules::picks_in(&facts, now) {
        Some(cycle) => Facts { nobody_to_ask: !coaches::anybody(scope, cycle).await?, ..facts },
        None => facts,
    };
    Ok(rules::next_step(&facts, now))
}
