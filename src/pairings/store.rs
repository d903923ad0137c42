//! Rows of `pairings`. Reading derives: from `due_at` on, a pairing is what `due_state` says, stored or not.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::rules::{Due, EndedBy, Pairing, Role, State};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CycleId, MemberId, PairingId};
use crate::sql;
use crate::text::PrivateText;
use crate::vault::Column;

pub(super) const MESSAGE: Column = Column { table: "pairings", name: "message", key: "coachee_key" };
pub(super) const DECLINE_REASON: Column = Column { table: "pairings", name: "decline_reason", key: "coach_key" };

/// A pairing with the names of the two, and what they wrote.
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
    /// What the coachee wrote with the request.
    pub message: Option<PrivateText>,
    /// Why the coach said no, where they said why.
    pub decline_reason: Option<PrivateText>,
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

fn named(tx: &ReadTx<'_>, row: &Row, now: Timestamp) -> Result<Named, DbError> {
    let pairing = derived(row, now);
    Ok(Named {
        coachee_name: row.get("coachee_name"),
        coach_name: row.get("coach_name"),
        reflection_shared: row.get("reflection_shared"),
        message: tx.opened_unless_erased(row, MESSAGE, pairing.coachee, pairing.id)?.map(PrivateText::from),
        decline_reason: tx.opened_unless_erased(row, DECLINE_REASON, pairing.coach, pairing.id)?.map(PrivateText::from),
        pairing,
    })
}

pub(super) async fn find(tx: &ReadTx<'_>, id: PairingId, now: Timestamp) -> Result<Option<Named>, DbError> {
    let one = sql!(
        "select p.*, coachee.name as coachee_name, coach.name as coach_name,
          case when p.message is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coachee_id) end as coachee_key,
          case when p.decline_reason is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coach_id) end as coach_key,
          exists (select from reflection_shares s
            where s.organization_id = $1 and s.pairing_id = p.pairing_id) as reflection_shared
         from pairings p
         join members coachee on coachee.organization_id = $1 and coachee.member_id = p.coachee_id
         join members coach on coach.organization_id = $1 and coach.member_id = p.coach_id
         where p.organization_id = $1 and p.pairing_id = $2"
    );
    tx.query_opt(one, &[&tx.organization(), &id]).await?.map(|row| named(tx, &row, now)).transpose()
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
                 select p.*, coachee.name as coachee_name, coach.name as coach_name,
                   case when p.message is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coachee_id) end as coachee_key,
                   case when p.decline_reason is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coach_id) end as coach_key,
                   exists (select from reflection_shares s
                     where s.organization_id = $1 and s.pairing_id = p.pairing_id) as reflection_shared
                 from mine p
                 join members coachee on coachee.organization_id = $1 and coachee.member_id = p.coachee_id
                 join members coach on coach.organization_id = $1 and coach.member_id = p.coach_id
                 order by p.pairing_id desc limit $9::bigint + 1"
            ),
            &[&tx.organization(), &member, &as_coachee, &as_coach, &filter.cycle, &state, &before, &now, &limit],
        )
        .await?;
    rows.iter().map(|row| named(tx, row, now)).collect()
}

/// Stores a new request, and shows it.
pub(super) async fn insert(
    tx: &WriteTx<'_>,
    pairing: &Pairing,
    review: i32,
    place: i16,
    message: Option<Vec<u8>>,
) -> Result<Named, DbError> {
    let due = pairing.due;
    let row = tx
        .query_one(
            sql!(
                "with p as (
                   insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state,
                     requested_at, due_at, due_state, review, coachee_place, message)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning *)
                 select p.*, coachee.name as coachee_name, coach.name as coach_name,
                   case when p.message is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coachee_id) end as coachee_key,
                   case when p.decline_reason is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coach_id) end as coach_key,
                   exists (select from reflection_shares s
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
                &message,
            ],
        )
        .await?;
    named(tx, &row, pairing.requested_at)
}

/// Stores what has become of a pairing that is still in the state the caller saw, and shows it; nothing where it is not.
/// A coach's place is kept once it is given, and the first call if it was held.
pub(super) async fn update(
    tx: &WriteTx<'_>,
    seen: State,
    pairing: &Pairing,
    coach_place: Option<i16>,
    decline_reason: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<Option<Named>, DbError> {
    let due = pairing.due;
    let row = tx
        .query_opt(
            sql!(
                "with p as (
                   update pairings set version = version + 1, state = $4, accepted_at = $5, closed_at = $6,
                     ended_by = $7, due_at = $8, due_state = $9, coach_place = coalesce($10, coach_place),
                     decline_reason = $12,
                     kickoff_held_at = case when exists (
                       select from check_ins
                       where organization_id = $1 and pairing_id = $2 and kind = 'kickoff' and state = 'held')
                       then coalesce(kickoff_held_at, $11) end,
                     kickoff_due_at = null, caught_up_at = null
                   where organization_id = $1 and pairing_id = $2 and state = $3 returning *)
                 select p.*, coachee.name as coachee_name, coach.name as coach_name,
                   case when p.message is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coachee_id) end as coachee_key,
                   case when p.decline_reason is not null then (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = p.coach_id) end as coach_key,
                   exists (select from reflection_shares s
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
                &decline_reason,
            ],
        )
        .await?;
    row.map(|row| named(tx, &row, now)).transpose()
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

pub(super) async fn delete_texts_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let messages = sql!(
        "update pairings set message = null where organization_id = $1 and coachee_id = $2 and message is not null"
    );
    let reasons = sql!(
        "update pairings set decline_reason = null
         where organization_id = $1 and coach_id = $2 and decline_reason is not null"
    );
    tx.execute(messages, &[&tx.organization(), &member]).await?;
    tx.execute(reasons, &[&tx.organization(), &member]).await.map(drop)
}

/// So many at most of each kind, of those written in this cycle.
pub(super) async fn delete_texts_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let messages = sql!(
        "update pairings set message = null where organization_id = $1 and pairing_id in (
           select pairing_id from pairings
           where organization_id = $1 and cycle_id = $2 and message is not null limit $3)"
    );
    let reasons = sql!(
        "update pairings set decline_reason = null where organization_id = $1 and pairing_id in (
           select pairing_id from pairings
           where organization_id = $1 and cycle_id = $2 and decline_reason is not null limit $3)"
    );
    let messages = tx.execute(messages, &[&tx.organization(), &cycle, &most]).await?;
    Ok(messages + tx.execute(reasons, &[&tx.organization(), &cycle, &most]).await?)
}
