//! Reminders: that something is due, told once for each thing, to whoever wants to be told. What it is stays the
//! member's own business (policy rule P10).

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};

use super::store;
use crate::access::{Actor, Reason};
use crate::db::Scope;
use crate::error::Result;
use crate::ids::MemberId;
use crate::members;
use crate::next_step::{self, rules::Step};

/// How long before something is due its reminder is told.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(48);

/// How many members are looked at in one turn.
const TURN: i64 = 100;

/// Looks at every member of the organization of this scope who wants to be told, and tells what is due; says how many were.
/// However many look, each thing is told once.
///
/// # Errors
/// Whatever the database refuses.
pub async fn remind(scope: &Scope) -> Result<u64> {
    let system = scope.as_system(Reason::Telling);
    let (mut after, mut told) = (None, 0);
    loop {
        let turn = system.read(async |tx| members::to_be_told(tx, after, TURN).await).await?;
        let Some(last) = turn.last().copied() else { return Ok(told) };
        for member in turn {
            let due = due(scope, member).await?;
            if !due.is_empty() && system.write(async |tx| Ok(store::remind(tx, member, &due).await?)).await? {
                told += 1;
            }
        }
        after = Some(last);
    }
}

/// What a member has to do soon, as they would be told themself.
async fn due(scope: &Scope, member: MemberId) -> Result<Vec<(String, Timestamp)>> {
    let soon = scope.clock().now() + AHEAD;
    let next = next_step::get(&scope.seen_by(Actor::Member(member))).await?;
    let steps = next.step.into_iter().chain(next.others);
    Ok(steps.filter(|step| step.due_at <= soon).map(|step| (code(&step), step.due_at)).collect())
}

/// Tells one thing from another, and nothing else.
fn code(step: &Step) -> String {
    let Step { kind, cycle, pairing, check_in, .. } = step;
    let hash = digest(&SHA256, format!("{kind:?} {cycle} {pairing:?} {check_in:?}").as_bytes());
    hash.as_ref().iter().fold(String::new(), |mut code, byte| {
        let _ = write!(code, "{byte:02x}");
        code
    })
}
