//! Coaches: whom a member could ask, in the order in which they are suggested (policy rule P9: useful feedback, not
//! buddies).
//!
//! However large a company is, at most 50 colleagues are weighed: those whom the caller's own story names (asked already,
//! coach of last time), some who know a topic that the caller has named, some who work on a project of the caller's, and
//! for the rest a sample of everybody, drawn anew each day. So the cost does not grow with the company, and the same few
//! are not suggested to everyone. Of a colleague no more is told than the directory shows.

mod hours;
pub mod http;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;

use self::rules::{Lots, Place, Suggestion, Wishes};
use crate::access::Reason;
use crate::codes::Code;
use crate::cycles::rules::CycleRef;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::members::rules::Member;
use crate::participations::{self, Participation};

/// A page of suggestions, and how many they were chosen from.
#[derive(Debug)]
pub struct Suggestions {
    /// One more than the limit, where there is more; each with who it is, and where the list goes on behind it.
    pub coaches: Vec<(Place, Suggestion, Member)>,
    /// How many colleagues were weighed.
    pub considered: usize,
    /// Whether these were all there are.
    pub is_everybody: bool,
}

/// Suggests colleagues who could coach the caller in this cycle.
///
/// # Errors
/// `members_only`; `not_found` for a cycle that is none; `cycle_not_open` for one that is over: who was full then is
/// nobody's business.
pub async fn list(
    scope: &Scope,
    cycle: CycleRef,
    include_ineligible: bool,
    after: Option<&Place>,
    limit: i64,
) -> Result<Suggestions> {
    let me = scope.caller().member()?;
    let Participation { cycle, topics, .. } = participations::get(scope, cycle).await?;
    let topics = rules::each_once(topics.expose());
    let now = scope.clock().now();
    let day = after.map_or_else(|| rules::day_of(now), |place| place.day);
    let lots = Lots::of(scope.caller().organization, me, cycle, day);
    let system = scope.as_system(Reason::Availability);
    let drawn = system.read(async |tx| Ok(store::draw(tx, cycle, me, &topics, lots.pivot(), now).await?)).await?;
    let Some(mut drawn) = drawn else { return Err(Code::CycleNotOpen.into()) };
    let weighed = drawn.weighed(me);
    let wishes = Wishes { topics: &topics, organization_zone: &drawn.organization_zone, lots };
    let considered = weighed.iter().filter(|one| !one.facts.is_yourself).count();
    let listed = rules::listed(rules::suggested(&weighed, &wishes), include_ineligible, day, after);
    let page = listed.into_iter().take(usize::try_from(limit).unwrap_or_default() + 1);
    let coaches = page.filter_map(|(place, one)| drawn.take(one.member).map(|member| (place, one, member))).collect();
    Ok(Suggestions { coaches, considered, is_everybody: drawn.is_everybody })
}

/// Whether there is a colleague whom the caller could ask in this open cycle. In a large company it looks at some of them
/// only, so that the cost does not grow with it: nobody is found where all of those are full.
///
/// # Errors
/// `members_only`.
pub async fn anybody(scope: &Scope, cycle: CycleId) -> Result<bool> {
    let me = scope.caller().member()?;
    let system = scope.as_system(Reason::Availability);
    system.read(async |tx| Ok(store::anybody(tx, cycle, me, tx.now()).await?)).await
}
