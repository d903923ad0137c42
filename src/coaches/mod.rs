//! Coaches: whom a member could ask (policy rule P9).
//!
//! For now in the order of the directory. Of a colleague who cannot be asked no more is told than the directory shows.

pub mod http;
pub mod rules;
mod store;

pub use self::store::Candidate;
use crate::access::Reason;
use crate::codes::Code;
use crate::cycles::{
    self,
    rules::{CycleRef, Phase},
};
use crate::db::Scope;
use crate::error::Result;
use crate::ids::{CycleId, MemberId};

/// Lists colleagues who could coach the caller in this cycle, by name: one more than the limit, where there is more.
///
/// # Errors
/// `members_only`; `not_found` for a cycle that is none; `cycle_not_open` for one that is over: who was full then is
/// nobody's business.
pub async fn list(
    scope: &Scope,
    cycle: CycleRef,
    include_ineligible: bool,
    after: Option<&(String, MemberId)>,
    limit: i64,
) -> Result<Vec<Candidate>> {
    let me = scope.caller().member()?;
    let system = scope.as_system(Reason::Availability);
    let find = async |cycle| {
        system.read(async |tx| Ok(store::list(tx, cycle, me, include_ineligible, after, limit, tx.now()).await?)).await
    };
    let found = find(cycle).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    // Nobody, or no such cycle, or none to be coached in any more? One that is missing is made there.
    let cycle = cycles::get(scope, cycle).await?;
    match cycle.phase(scope.clock().now()) {
        Phase::Upcoming | Phase::Open => find(cycle.reference()).await,
        Phase::Closed | Phase::Cancelled => Err(Code::CycleNotOpen.into()),
    }
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
