//! What asking, and saying yes, are decided on.

use jiff::Timestamp;

use super::RequestFacts;
use crate::cycles::rules::Cycle;
use crate::db::{DbError, WriteTx};
use crate::ids::{CycleId, MemberId};
use crate::participations::rules::Answer;
use crate::sql;

/// What a request is decided on, and whether anything is due that must be settled first. A coach whom nobody knows is
/// not available, like one who has left. Only the service itself may ask: it weighs both people's pairings.
pub async fn facts(
    tx: &WriteTx<'_>,
    cycle: &Cycle,
    coachee: MemberId,
    coach: MemberId,
    now: Timestamp,
) -> Result<(RequestFacts, bool), DbError> {
    let facts = sql!(
        "select
           exists (select from members where organization_id = $1 and member_id = $4 and active) as active,
           (select answer from participations
            where organization_id = $1 and cycle_id = $2 and member_id = $4) as answer,
           exists (select from reflections
            where organization_id = $1 and cycle_id = $2 and member_id = $4 and completed_at is not null) as reflected,
           policy.require_reflection, policy.request_days, policy.last_request_days,
           policy.max_coaches_per_cycle as max_coaches,
           array(select coachee_place from pairings
            where organization_id = $1 and cycle_id = $2 and coachee_id = $4
              and state in ('requested', 'active', 'completed')) as places,
           exists (select from pairings
            where organization_id = $1 and coachee_id = $4 and coach_id = $5 and cycle_id = $2
              and (state in ('requested', 'active') or kickoff_held_at is not null)) as already_asked,
           last.review as last_review,
           exists (select from pairings
            where organization_id = $1 and coachee_id = $4 and coach_id = $5 and cycle_id <> $2
              and kickoff_held_at is not null and review = last.review) as coached_you_last_time,
           exists (select from members coach
            where organization_id = $1 and member_id = $5 and active and open_to_coaching
              and coalesce(coach_capacity, policy.default_coach_capacity) > (
               select count(*) from pairings
               where organization_id = $1 and cycle_id = $2 and coach_id = $5
                 and state in ('active', 'completed'))) as available,
           exists (select from pairings
            where organization_id = $1 and state in ('requested', 'active')
              and (coachee_id in ($4, $5) or coach_id in ($4, $5))
              and (due_at <= $6 or kickoff_due_at <= $6)) as is_due
         from policy_of($1, $3) policy
         cross join lateral last_review($1, $4, $3, $6) last (review)"
    );
    let row =
        tx.query_one(facts, &[&tx.organization(), &cycle.id, &cycle.period.starts_at, &coachee, &coach, &now]).await?;
    let facts = RequestFacts {
        active: row.get("active"),
        answer: row.get::<_, Option<&str>>("answer").and_then(Answer::named),
        reflected: row.get("reflected"),
        require_reflection: row.get("require_reflection"),
        request_days: row.get("request_days"),
        last_request_days: row.get("last_request_days"),
        places: row.get("places"),
        max_coaches: row.get("max_coaches"),
        yourself: coachee == coach,
        already_asked: row.get("already_asked"),
        coached_you_last_time: row.get("coached_you_last_time"),
        available: row.get("available"),
        review: row.get::<_, i32>("last_review") + 1,
    };
    Ok((facts, row.get("is_due")))
}

/// The coach's places in use in this cycle, how many there are, and when the cycle ends.
pub async fn coach_places(
    tx: &WriteTx<'_>,
    cycle: CycleId,
    coach: MemberId,
) -> Result<(Vec<i16>, i16, Timestamp), DbError> {
    let row = tx
        .query_one(
            sql!(
                "select
                   array(select coach_place from pairings
                    where organization_id = $1 and cycle_id = $2 and coach_id = $3
                      and state in ('active', 'completed')) as taken,
                   coalesce(m.coach_capacity, policy.default_coach_capacity) as capacity,
                   c.ends_at
                 from cycles c
                 join members m on m.organization_id = $1 and m.member_id = $3
                 cross join lateral policy_of($1, c.starts_at) policy
                 where c.organization_id = $1 and c.cycle_id = $2"
            ),
            &[&tx.organization(), &cycle, &coach],
        )
        .await?;
    Ok((row.get("taken"), row.get("capacity"), row.get("ends_at")))
}
