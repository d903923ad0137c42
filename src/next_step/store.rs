//! What is known of a member, in one statement: joins what the other slices hold, and writes nothing.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::facts::{Facts, FirstCall, InCycle, Partner, Request, Started, UnderWay};
use super::rules::MOST_OTHERS;
use crate::check_ins::rules::{Kind as CallKind, MOST_CALLS};
use crate::db::{DbError, ReadTx};
use crate::ids::{CheckInId, MemberId};
use crate::pairings::requests::RequestFacts;
use crate::participations::rules::Answer;
use crate::sql;

/// What is open for this member now: each part is found in an index by what it is due at, and none is longer than the
/// list that is shown, or than somebody has places. Of what has become due nothing is open any more, stored or not.
///
/// Each part asks for no more than it needs: to start a statement of this size costs more than to run it.
pub(super) async fn facts(tx: &ReadTx<'_>, member: MemberId, now: Timestamp) -> Result<Facts, DbError> {
    let facts = sql!(
        "select 'cycle' as what, c.cycle_id, null::uuid as pairing_id, null::uuid as partner_id, null as partner_name,
           null::timestamptz as due_at, null::timestamptz as accepted_at, null as kickoff, null::boolean as caught_up,
           null::bigint as known, null::uuid as kickoff_id, null::uuid as check_in_id, null as kind,
           null::timestamptz as call_starts_at,
           c.version, c.name, c.starts_on, c.ends_on, c.starts_at, c.ends_at, c.cancelled_at, c.planned,
           me.active, coalesce(me.coach_capacity, policy.default_coach_capacity) as capacity,
           policy.require_reflection, policy.request_days, policy.last_request_days, policy.max_coaches_per_cycle,
           (select answer from participations
            where organization_id = $1 and cycle_id = c.cycle_id and member_id = $2) as answer,
           coalesce((select completed_at is not null from reflections
            where organization_id = $1 and cycle_id = c.cycle_id and member_id = $2), false) as reflected,
           array(
             select coachee_place from pairings
             where organization_id = $1 and cycle_id = c.cycle_id and coachee_id = $2
               and state in ('requested', 'active', 'completed')
               and case when due_at <= $3 then due_state else state end in ('requested', 'active', 'completed')) as places,
           array(
             select coach_place from pairings
             where organization_id = $1 and cycle_id = c.cycle_id and coach_id = $2
               and state in ('active', 'completed')) as taken
         from (
           (select * from cycles where organization_id = $1 and starts_at <= $3 order by starts_at desc limit 1)
           union all
           (select * from cycles where organization_id = $1 and starts_at > $3 and cancelled_at is null
            order by starts_at limit 1)) c
         join members me on me.organization_id = $1 and me.member_id = $2
         cross join lateral policy_of($1, c.starts_at) policy
         union all
         (select 'request', p.cycle_id, p.pairing_id, p.coachee_id,
            (select name from members where organization_id = $1 and member_id = p.coachee_id),
            p.due_at, null, null, null, null, null, null, null, null,
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
          from pairings p
          where p.organization_id = $1 and p.coach_id = $2 and p.state = 'requested' and p.due_at > $3
          order by p.due_at limit $5)
         union all
         select case p.state when 'active' then 'under_way' else 'asked' end, p.cycle_id, p.pairing_id, p.coach_id,
           (select name from members where organization_id = $1 and member_id = p.coach_id), p.due_at, p.accepted_at,
           case when p.kickoff_held_at is not null or p.kickoff_due_at <= $3 then 'held'
             when p.kickoff_due_at is not null then 'planned' else 'missing' end,
           p.caught_up_at is not null, calls.known, calls.kickoff_id, null, null, null, null, null, null, null, null,
           (select ends_at from cycles where organization_id = $1 and cycle_id = p.cycle_id),
           null, null, null, null, null, null, null, null, null, null, null, null
         from pairings p
         cross join lateral (
           select count(*) as known,
             (array_agg(check_in_id) filter (where kind = 'kickoff' and state in ('scheduled', 'held')))[1] as kickoff_id
           from (
             select check_in_id, kind, state from check_ins
             where organization_id = $1 and pairing_id = p.pairing_id and p.state = 'active' and p.caught_up_at is null
             limit $4) known) calls
         where p.organization_id = $1 and p.coachee_id = $2 and p.state in ('requested', 'active') and p.due_at > $3
         union all
         (select 'started', null, pairing_id, null, null, due_at, null, null, null, null, null, check_in_id, kind, starts_at,
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
          from check_ins
          where organization_id = $1 and coachee_id = $2 and state = 'scheduled'
            and starts_at > $3::timestamptz - interval '24 hours' and starts_at <= $3 and due_at > $3
          order by starts_at limit $5)
         union all
         (select 'to_come', null, pairing_id, null, null, due_at, null, null, null, null, null, check_in_id, kind, starts_at,
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
          from check_ins
          where organization_id = $1 and coachee_id = $2 and state = 'scheduled' and starts_at > $3 and due_at > $3
            and due_state = 'held'
          order by starts_at limit 1)"
    );
    let most = MOST_OTHERS as i64 + 1;
    let rows = tx.query(facts, &[&tx.organization(), &member, &now, &MOST_CALLS, &most]).await?;
    let (calls, rest) =
        rows.into_iter().partition::<Vec<_>, _>(|row| row.get::<_, Option<CheckInId>>("check_in_id").is_some());
    let facts = rest.into_iter().fold(Facts::default(), with);
    Ok(calls.iter().fold(facts, with_call))
}

fn with(mut facts: Facts, row: Row) -> Facts {
    match row.get("what") {
        "cycle" => facts.cycles.push(in_cycle(row)),
        "request" => facts.requests.push(Request {
            pairing: row.get("pairing_id"),
            cycle: row.get("cycle_id"),
            coachee: partner(&row),
            expires_at: row.get("due_at"),
        }),
        "under_way" => facts.pairings.push(under_way(&row)),
        _ => {
            let expires_at: Timestamp = row.get("due_at");
            facts.asked_until = Some(facts.asked_until.map_or(expires_at, |first| first.min(expires_at)));
        }
    }
    facts
}

/// A call of a pairing that is under way: one that is not has no calls that are still planned.
fn with_call(mut facts: Facts, row: &Row) -> Facts {
    let starts_at = row.get("call_starts_at");
    if row.get::<_, &str>("what") == "to_come" {
        facts.next_call_at = Some(starts_at);
    } else if let Some(of) = facts.pairings.iter().find(|it| it.pairing == row.get("pairing_id")) {
        facts.started.push(Started {
            check_in: row.get("check_in_id"),
            pairing: of.pairing,
            cycle: of.cycle,
            cycle_ends_at: of.cycle_ends_at,
            coach: of.coach.clone(),
            kind: CallKind::named(row.get("kind")).expect("the database keeps to these names"),
            starts_at,
            counts_at: row.get("due_at"),
        });
    }
    facts
}

fn partner(row: &Row) -> Partner {
    Partner { id: row.get("partner_id"), name: row.get("partner_name") }
}

fn in_cycle(row: Row) -> InCycle {
    InCycle {
        request: RequestFacts {
            active: row.get("active"),
            answer: row.get::<_, Option<&str>>("answer").and_then(Answer::named),
            reflected: row.get("reflected"),
            require_reflection: row.get("require_reflection"),
            request_days: row.get("request_days"),
            last_request_days: row.get("last_request_days"),
            places: row.get("places"),
            max_coaches: row.get("max_coaches_per_cycle"),
            // of a colleague who could be asked
            yourself: false,
            already_asked: false,
            coached_you_last_time: false,
            available: true,
            review: 1,
        },
        taken: row.get("taken"),
        capacity: row.get("capacity"),
        cycle: row.into(),
    }
}

fn under_way(row: &Row) -> UnderWay {
    UnderWay {
        pairing: row.get("pairing_id"),
        cycle: row.get("cycle_id"),
        coach: partner(row),
        accepted_at: row.get("accepted_at"),
        cycle_ends_at: row.get("ends_at"),
        closes_at: row.get("due_at"),
        first_call: match (row.get("kickoff"), row.get("kickoff_id")) {
            ("held", _) => FirstCall::Held,
            ("planned", _) => FirstCall::Planned,
            (_, Some(first)) => FirstCall::TooLate(first),
            (_, None) => FirstCall::Missing,
        },
        caught_up: row.get("caught_up"),
        known: row.get("known"),
    }
}
