//! Rows of `pairings`. Reading derives: from `due_at` on, a pairing is what `due_state` says, stored or not.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::requests::RequestFacts;
use super::rules::{Due, EndedBy, Pairing, Role, State};
use crate::cycles::rules::Cycle;
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId, PairingId};
use crate::participations::rules::Answer;
use crate::sql;

/// A pairing with the names of the two.
#[derive(Clone, Debug)]
pub struct Named {
    /// The pairing, as the clock has it now.
    pub pairing: Pairing,
    /// The coachee's name.
    pub coachee_name: String,
    /// The coach's name.
    pub coach_name: String,
    /// Whether the coachee shares their reflection with it.
    pub reflection_shared: bool,
}

/// Derives: a due row is already what the clock has made of it.
fn derived(row: &Row, now: Timestamp) -> Pairing {
    let state = |name: &str| State::named(row.get::<_, Option<&str>>(name)?);
    let due = row.get::<_, Option<Timestamp>>("due_at").zip(state("due_state")).map(|(at, state)| Due { at, state });
    let has_come = |name: &str| row.get::<_, Option<Timestamp>>(name).is_some_and(|at| at <= now);
    let stored = Pairing {
        id: row.get("pairing_id"),
        version: row.get("version"),
        cycle: row.get("cycle_id"),
        coachee: row.get("coachee_id"),
        coach: row.get("coach_id"),
        state: state("state").expect("the database keeps to these names"),
        requested_at: row.get("requested_at"),
        accepted_at: row.get("accepted_at"),
        closed_at: row.get("closed_at"),
        ended_by: row.get::<_, Option<&str>>("ended_by").and_then(EndedBy::named),
        due,
        kickoff_held: row.get::<_, Option<Timestamp>>("kickoff_held_at").is_some() || has_come("kickoff_due_at"),
        caught_up: has_come("caught_up_at"),
    };
    match due {
        Some(Due { at, state }) if at <= now => Pairing { state, closed_at: Some(at), due: None, ..stored },
        Some(_) | None => stored,
    }
}

fn named(row: &Row, now: Timestamp) -> Named {
    Named {
        pairing: derived(row, now),
        coachee_name: row.get("coachee_name"),
        coach_name: row.get("coach_name"),
        reflection_shared: row.get("reflection_shared"),
    }
}

pub(super) async fn find(tx: &ReadTx<'_>, id: PairingId, now: Timestamp) -> Result<Option<Named>, DbError> {
    let one = sql!(
        "select p.*, coachee.name as coachee_name, coach.name as coach_name, exists (
           select from reflection_shares s
           where s.organization_id = $1 and s.pairing_id = p.pairing_id) as reflection_shared
         from pairings p
         join members coachee on coachee.organization_id = $1 and coachee.member_id = p.coachee_id
         join members coach on coach.organization_id = $1 and coach.member_id = p.coach_id
         where p.organization_id = $1 and p.pairing_id = $2"
    );
    Ok(tx.query_opt(one, &[&tx.organization(), &id]).await?.map(|row| named(&row, now)))
}

/// Which of a member's pairings a list shows.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Filter {
    /// Only of this cycle.
    pub cycle: Option<CycleId>,
    /// Only those in which the member is this.
    pub role: Option<Role>,
    /// Only those in this state.
    pub state: Option<State>,
}

/// A member's pairings, the latest first: one more than the limit, where there is more.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    member: MemberId,
    filter: &Filter,
    before: Option<PairingId>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Named>, DbError> {
    let as_coachee = filter.role != Some(Role::Coach);
    let as_coach = filter.role != Some(Role::Coachee);
    let state = filter.state.map(State::name);
    let rows = tx
        .query(
            sql!(
                "with mine as (
                   (select * from pairings
                    where organization_id = $1 and coachee_id = $2 and $3 and ($5::uuid is null or cycle_id = $5)
                      and ($6::text is null or $6 = case when due_at <= $8 then due_state else state end)
                      and ($7::uuid is null or pairing_id < $7)
                    order by pairing_id desc limit $9::bigint + 1)
                   union all
                   (select * from pairings
                    where organization_id = $1 and coach_id = $2 and $4 and ($5::uuid is null or cycle_id = $5)
                      and ($6::text is null or $6 = case when due_at <= $8 then due_state else state end)
                      and ($7::uuid is null or pairing_id < $7)
                    order by pairing_id desc limit $9::bigint + 1))
                 select p.*, coachee.name as coachee_name, coach.name as coach_name, exists (
                   select from reflection_shares s
                   where s.organization_id = $1 and s.pairing_id = p.pairing_id) as reflection_shared
                 from mine p
                 join members coachee on coachee.organization_id = $1 and coachee.member_id = p.coachee_id
                 join members coach on coach.organization_id = $1 and coach.member_id = p.coach_id
                 order by p.pairing_id desc limit $9::bigint + 1"
            ),
            &[&tx.organization(), &member, &as_coachee, &as_coach, &filter.cycle, &state, &before, &now, &limit],
        )
        .await?;
    Ok(rows.iter().map(|row| named(row, now)).collect())
}

/// What a request is decided on, and whether anything is due that must be settled first. A coach whom nobody knows is
/// not available, like one who has left. Only the service itself may ask: it weighs both people's pairings.
pub(super) async fn request_facts(
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
pub(super) async fn coach_places(
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

/// Stores a new request, and shows it.
pub(super) async fn insert(tx: &WriteTx<'_>, pairing: &Pairing, review: i32, place: i16) -> Result<Named, DbError> {
    let due = pairing.due;
    let row = tx
        .query_one(
            sql!(
                "with p as (
                   insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state,
                     requested_at, due_at, due_state, review, coachee_place)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning *)
                 select p.*, coachee.name as coachee_name, coach.name as coach_name, exists (
                   select from reflection_shares s
                   where s.organization_id = $1 and s.pairing_id = p.pairing_id) as reflection_shared
                 from p
                 join members coachee on coachee.organization_id = $1 and coachee.member_id = p.coachee_id
                 join members coach on coach.organization_id = $1 and coach.member_id = p.coach_id"
            ),
            &[
                &tx.organization(),
                &pairing.id,
                &pairing.cycle,
                &pairing.coachee,
                &pairing.coach,
                &pairing.state.name(),
                &pairing.requested_at,
                &due.map(|due| due.at),
                &due.map(|due| due.state.name()),
                &review,
                &place,
            ],
        )
        .await?;
    Ok(named(&row, pairing.requested_at))
}

/// Stores what has become of a pairing that is still in the state the caller saw, and shows it; nothing where it is not.
/// A coach's place is kept once it is given, and the first call if it was held.
pub(super) async fn update(
    tx: &WriteTx<'_>,
    seen: State,
    pairing: &Pairing,
    coach_place: Option<i16>,
    now: Timestamp,
) -> Result<Option<Named>, DbError> {
    let due = pairing.due;
    let row = tx
        .query_opt(
            sql!(
                "with p as (
                   update pairings set version = version + 1, state = $4, accepted_at = $5, closed_at = $6,
                     ended_by = $7, due_at = $8, due_state = $9, coach_place = coalesce($10, coach_place),
                     kickoff_held_at = case when exists (
                       select from check_ins
                       where organization_id = $1 and pairing_id = $2 and kind = 'kickoff' and state = 'held')
                       then coalesce(kickoff_held_at, $11) end,
                     kickoff_due_at = null, caught_up_at = null
                   where organization_id = $1 and pairing_id = $2 and state = $3 returning *)
                 select p.*, coachee.name as coachee_name, coach.name as coach_name, exists (
                   select from reflection_shares s
                   where s.organization_id = $1 and s.pairing_id = p.pairing_id) as reflection_shared
                 from p
                 join members coachee on coachee.organization_id = $1 and coachee.member_id = p.coachee_id
                 join members coach on coach.organization_id = $1 and coach.member_id = p.coach_id"
            ),
            &[
                &tx.organization(),
                &pairing.id,
                &seen.name(),
                &pairing.state.name(),
                &pairing.accepted_at,
                &pairing.closed_at,
                &pairing.ended_by.map(EndedBy::name),
                &due.map(|due| due.at),
                &due.map(|due| due.state.name()),
                &coach_place,
                &now,
            ],
        )
        .await?;
    Ok(row.map(|row| named(&row, now)))
}

/// What these members have asked and what is under way: as coachee in one cycle, or (`cycle` none) in either role
/// everywhere. Locked in the order of ids, before anything that hangs on it.
pub(super) async fn open_of(
    tx: &WriteTx<'_>,
    members: &[MemberId],
    cycle: Option<CycleId>,
) -> Result<Vec<PairingId>, DbError> {
    let open = sql!(
        "select pairing_id from pairings
         where organization_id = $1 and state in ('requested', 'active')
           and (coachee_id = any($2) or $3::uuid is null and coach_id = any($2)) and ($3 is null or cycle_id = $3)
         order by pairing_id for update"
    );
    let rows = tx.query(open, &[&tx.organization(), &members, &cycle]).await?;
    Ok(rows.into_iter().map(|row| row.get(0)).collect())
}

/// Closes these open pairings: whose coachee has opted out, requests are withdrawn and what is under way ends; whose
/// people have left, all ends by the service.
pub(super) async fn leave(
    tx: &WriteTx<'_>,
    pairings: &[PairingId],
    opted_out: bool,
    now: Timestamp,
) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "update pairings p set version = version + 1, closed_at = $4, due_at = null, due_state = null,
               state = case when $3 and state = 'requested' then 'withdrawn' else 'ended' end,
               ended_by = case when not $3 then 'system' when state = 'active' then 'coachee' end,
               kickoff_held_at = case when exists (
                 select from check_ins c
                 where c.organization_id = $1 and c.pairing_id = p.pairing_id and c.kind = 'kickoff' and c.state = 'held')
                 then coalesce(kickoff_held_at, $4) end,
               kickoff_due_at = null, caught_up_at = null
             where organization_id = $1 and pairing_id = any($2)"
        ),
        &[&tx.organization(), &pairings, &opted_out, &now],
    )
    .await
}
