//! Coaches: whom a member could ask (policy rule P9).
//!
//! For now in the order of the directory. Of a colleague who cannot be asked no more is told than the directory shows.

pub mod http;
pub mod rules;
mod store;

pub use self::store::Candidate;
use crate::access::Reason;
use crate::cycles::{self, rules::CycleRef};
use crate::db::Scope;
use crate::error::Result;
use crate::ids::MemberId;

/// Lists colleagues who could coach the caller in this cycle, by name: one more than the limit, where there is more.
///
/// # Errors
/// `members_only`; `not_found` for a cycle that is none.
pub async fn list(
    scope: &Scope,
    cycle: CycleRef,
    include_ineligible: bool,
    after: Option<&(String, MemberId)>,
    limit: i64,
) -> Result<Vec<Candidate>> {
    let me = scope.caller().member()?;
    let cycle = cycles::get(scope, cycle).await?;
    let system = scope.as_system(Reason::Availability);
    system.read(async |tx| Ok(store::list(tx, &cycle, me, include_ineligible, after, limit, tx.now()).await?)).await
}
