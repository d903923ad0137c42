//! Rows of `check_ins`. Reading derives: from `due_at` on, a call is what `due_state` says, stored or not.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::rules::{Around, CheckIn, Frame, Kind, Room, State};
use crate::db::{DbError, ReadTx, WriteTx};
use crate::ids::{CheckInId, CycleId, MemberId, PairingId, SeriesId};
use crate::sql;
use crate::text::PrivateText;
use crate::vault::{Column, OwnerKey};

pub(super) const JOIN_URL: Column = Column { table: "check_ins", name: "join_url", key: "join_url_key" };

/// A call with what surrounds it and the names of the two.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The call, as the clock has it now.
    pub check_in: CheckIn,
    /// What surrounds it, now.
    pub around: Around,
    /// When its version last changed.
    pub changed_at: Timestamp,
    /// Which of the two has said where to join it, where somebody has.
    pub join_url_by: Option<MemberId>,
    /// The coachee's name.
    pub coachee_name: String,
    /// The coach's name.
    pub coach_name: String,
}

/// Derives: a due row is already what the clock has made of it.
fn seen(tx: &ReadTx<'_>, row: &Row, now: Timestamp) -> Result<Seen, DbError> {
    let state = |name: &str| State::named(row.get::<_, Option<&str>>(name)?);
    let due = row.get::<_, Option<Timestamp>>("due_at").zip(state("due_state"));
    let (state, counts_as_held_at) = match (due, state("state")) {
        (Some((at, state)), _) if at <= now => (Some(state), None),
        (Some((at, State::Held)), stored) => (stored, Some(at)),
        (_, stored) => (stored, None),
    };
    let cancelled_since = due.filter(|(at, state)| *at <= now && *state == State::Cancelled).map(|(at, _)| at);
    let changed_at = cancelled_since.or_else(|| row.get("changed_at")).unwrap_or_else(|| row.get("created_at"));
    let pairing_due_at = row.get::<_, Option<Timestamp>>("pairing_due_at");
    let (id, join_url_by) = (row.get::<_, CheckInId>("check_in_id"), row.get::<_, Option<MemberId>>("join_url_by"));
    let join_url = join_url_by.map(|owner| tx.opened_unless_erased(row, JOIN_URL, owner, id)).transpose()?.flatten();
    Ok(Seen {
        check_in: CheckIn {
            id,
            version: row.get::<_, i64>("version") + i64::from(cancelled_since.is_some()),
            pairing: row.get("pairing_id"),
            coachee: row.get("coachee_id"),
            coach: row.get("coach_id"),
            kind: Kind::named(row.get("kind")).expect("the database keeps to these names"),
            series: row.get("series_id"),
            starts_at: row.get("starts_at"),
            duration_minutes: row.get("duration_minutes"),
            state: state.expect("the database keeps to these names"),
            join_url: join_url.map(PrivateText::from),
            counts_as_held_at,
        },
        changed_at,
        join_url_by,
        around: Around {
            pairing_is_active: row.get("pairing_is_active") && pairing_due_at.is_some_and(|due_at| due_at > now),
            cycle_ends_at: row.get("cycle_ends_at"),
            another_kickoff: row.get("another_kickoff"),
            now,
        },
        coachee_name: row.get("coachee_name"),
        coach_name: row.get("coach_name"),
    })
}

pub(super) async fn find(tx: &ReadTx<'_>, id: CheckInId, now: Timestamp) -> Result<Option<Seen>, DbError> {
    let one = sql!("select * from check_ins_seen where organization_id = $1 and check_in_id = $2");
    tx.query_opt(one, &[&tx.organization(), &id]).await?.map(|row| seen(tx, &row, now)).transpose()
}

/// Where a page goes on: the start and the id of its last call.
pub type Place = (Timestamp, CheckInId);

/// A pairing's calls, the earliest first: one more than the limit, where there is more.
pub(super) async fn list(
    tx: &ReadTx<'_>,
    pairing: PairingId,
    series: Option<SeriesId>,
    after: Option<Place>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Seen>, DbError> {
    let (after_start, after_id) = after.unzip();
    let page = sql!(
        "select * from check_ins_seen
         where organization_id = $1 and pairing_id = $2 and ($3::uuid is null or series_id = $3)
           and ($4::timestamptz is null or (starts_at, check_in_id) > ($4, $5::uuid))
         order by starts_at, check_in_id limit $6::bigint + 1"
    );
    let rows = tx.query(page, &[&tx.organization(), &pairing, &series, &after_start, &after_id, &limit]).await?;
    rows.iter().map(|row| seen(tx, row, now)).collect()
}

/// From when until when calls start.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Between {
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

/// A member's calls in all pairings, the earliest first: one more than the limit, where there is more.
pub(super) async fn mine(
    tx: &ReadTx<'_>,
    member: MemberId,
    between: Between,
    after: Option<Place>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Seen>, DbError> {
    let (after_start, after_id) = after.unzip();
    let page = sql!(
        "with as_either as (
           (select starts_at, check_in_id from check_ins
            where organization_id = $1 and coachee_id = $2
              and ($3::timestamptz is null or starts_at >= $3) and ($4::timestamptz is null or starts_at < $4)
              and ($5::timestamptz is null or (starts_at, check_in_id) > ($5, $6::uuid))
            order by starts_at, check_in_id limit $7::bigint + 1)
           union all
           (select starts_at, check_in_id from check_ins
            where organization_id = $1 and coach_id = $2
              and ($3::timestamptz is null or starts_at >= $3) and ($4::timestamptz is null or starts_at < $4)
              and ($5::timestamptz is null or (starts_at, check_in_id) > ($5, $6::uuid))
            order by starts_at, check_in_id limit $7::bigint + 1)),
         -- only the page's are looked up, and not a page's of either
         mine as (select check_in_id from as_either order by starts_at, check_in_id limit $7::bigint + 1)
         select s.* from mine join check_ins_seen s on s.organization_id = $1 and s.check_in_id = mine.check_in_id
         order by s.starts_at, s.check_in_id"
    );
    let params: [&(dyn ToSql + Sync); 7] =
        [&tx.organization(), &member, &between.from, &between.to, &after_start, &after_id, &limit];
    tx.query(page, &params).await?.iter().map(|row| seen(tx, row, now)).collect()
}

/// What calls of a pairing are planned in, and by whom.
pub(super) async fn frame(tx: &ReadTx<'_>, pairing: PairingId, planner: MemberId) -> Result<Frame, DbError> {
    let frame = sql!(
        "select p.accepted_at, cycle.ends_at as cycle_ends_at,
           cycle.ends_at + policy.wrap_up_days * interval '24 hours' as wrap_up_ends_at,
           policy.kickoff_minutes, policy.weekly_minutes, policy.catch_up_minutes,
           (select count(*) from check_ins where organization_id = $1 and pairing_id = $2) as known,
           coalesce(planner.time_zone, policy.time_zone) as time_zone,
           exists (select from check_ins
             where organization_id = $1 and pairing_id = $2 and kind = 'kickoff'
               and state in ('scheduled', 'held')) as kickoff
         from pairings p
         join cycles cycle on cycle.organization_id = $1 and cycle.cycle_id = p.cycle_id
         cross join lateral policy_of($1, cycle.starts_at) policy
         join members planner on planner.organization_id = $1 and planner.member_id = $3
         where p.organization_id = $1 and p.pairing_id = $2"
    );
    let row = tx.query_one(frame, &[&tx.organization(), &pairing, &planner]).await?;
    Ok(Frame {
        room: Room {
            accepted_at: row.get("accepted_at"),
            cycle_ends_at: row.get("cycle_ends_at"),
            wrap_up_ends_at: row.get("wrap_up_ends_at"),
            kickoff: row.get("kickoff"),
            known: row.get("known"),
        },
        kickoff_minutes: row.get("kickoff_minutes"),
        weekly_minutes: row.get("weekly_minutes"),
        catch_up_minutes: row.get("catch_up_minutes"),
        time_zone: row.get("time_zone"),
    })
}

/// Stores planned calls of one pairing, and where to join them, sealed for each by whoever plans them. What the clock will
/// make of them is foreseen next.
pub(super) async fn insert(
    tx: &WriteTx<'_>,
    calls: &[CheckIn],
    planner: MemberId,
    key: Option<&OwnerKey>,
    now: Timestamp,
) -> Result<(), DbError> {
    let Some(CheckIn { pairing, coachee, coach, kind, series, duration_minutes, .. }) = calls.first() else {
        return Ok(());
    };
    let ids = calls.iter().map(|call| call.id).collect::<Vec<_>>();
    let starts = calls.iter().map(|call| call.starts_at).collect::<Vec<_>>();
    let sealed = |call: &CheckIn| Some(key?.seal(JOIN_URL, call.id, call.join_url.as_ref()?.expose()));
    let urls = calls.iter().map(sealed).collect::<Vec<_>>();
    let insert = sql!(
        "insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, series_id,
           duration_minutes, created_at, starts_at, state, due_at, due_state, join_url, join_url_by)
         select $1, check_in_id, $2, $3, $4, $5, $6, $7, $8, starts_at, 'scheduled',
           starts_at + interval '24 hours', 'held', join_url, case when join_url is not null then $12::uuid end
         from unnest($9::uuid[], $10::timestamptz[], $11::bytea[]) as new (check_in_id, starts_at, join_url)"
    );
    let (organization, kind) = (tx.organization(), kind.name());
    let params: [&(dyn ToSql + Sync); 12] =
        [&organization, pairing, coachee, coach, &kind, series, duration_minutes, &now, &ids, &starts, &urls, &planner];
    tx.execute(insert, &params).await.map(drop)
}

/// Stores what has become of a call in the version that the verb saw. What the clock will make of it is foreseen next.
/// Returns whether it still was in that version.
pub(super) async fn update(tx: &WriteTx<'_>, call: &CheckIn, now: Timestamp) -> Result<bool, DbError> {
    let update = sql!(
        "update check_ins set version = version + 1, changed_at = $7, state = $4, starts_at = $5::timestamptz,
           duration_minutes = $6,
           due_at = case when $4 = 'scheduled' then $5::timestamptz + interval '24 hours' end,
           due_state = case when $4 = 'scheduled' then 'held' end
         where organization_id = $1 and check_in_id = $2 and version = $3"
    );
    let state = call.state.name();
    let params: [&(dyn ToSql + Sync); 7] =
        [&tx.organization(), &call.id, &call.version, &state, &call.starts_at, &call.duration_minutes, &now];
    Ok(tx.execute(update, &params).await? == 1)
}

/// Stores where to join a call, sealed by whoever says so; its version is counted up by [`update`].
pub(super) async fn set_join_url(
    tx: &WriteTx<'_>,
    id: CheckInId,
    sealed: Option<Vec<u8>>,
    by: MemberId,
) -> Result<(), DbError> {
    let set = sql!(
        "update check_ins set join_url = $3, join_url_by = case when $3::bytea is not null then $4::uuid end
         where organization_id = $1 and check_in_id = $2"
    );
    tx.execute(set, &[&tx.organization(), &id, &sealed, &by]).await.map(drop)
}

/// To which of the caller's pairings a series belongs.
pub(super) async fn pairing_of(tx: &ReadTx<'_>, series: SeriesId) -> Result<Option<PairingId>, DbError> {
    let pairing = sql!("select pairing_id from check_ins where organization_id = $1 and series_id = $2 limit 1");
    Ok(tx.query_opt(pairing, &[&tx.organization(), &series]).await?.map(|row| row.get(0)))
}

/// Cancels what has not started of a series; returns how many calls that were.
pub(super) async fn cancel_series(tx: &WriteTx<'_>, series: SeriesId, now: Timestamp) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "update check_ins set version = version + 1, changed_at = $3, state = 'cancelled', due_at = null, due_state = null
             where organization_id = $1 and series_id = $2 and state = 'scheduled' and starts_at > $3"
        ),
        &[&tx.organization(), &series, &now],
    )
    .await
}

/// Locks these people's planned calls, in the order of ids, for whoever changes them in more than one step.
pub(super) async fn hold_planned(tx: &WriteTx<'_>, people: &[MemberId]) -> Result<(), DbError> {
    let planned = sql!(
        "select check_in_id from check_ins
         where organization_id = $1 and state = 'scheduled' and (coachee_id = any($2) or coach_id = any($2))
         order by check_in_id for update"
    );
    tx.query(planned, &[&tx.organization(), &people]).await.map(drop)
}

/// Stores what the clock has done to these people's calls, in the order of ids. That one counts as held is no new version:
/// nobody's change is overwritten by it. That one is cancelled is, for calendars go by the version.
pub(super) async fn settle(tx: &WriteTx<'_>, people: &[MemberId], now: Timestamp) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "with due as (
               select check_in_id from check_ins
               where organization_id = $1 and state = 'scheduled' and due_at <= $3
                 and (coachee_id = any($2) or coach_id = any($2))
               order by check_in_id for update)
             update check_ins c set state = due_state, due_at = null, due_state = null,
               version = case due_state when 'cancelled' then version + 1 else version end,
               changed_at = case due_state when 'cancelled' then c.due_at else changed_at end
             from due where c.organization_id = $1 and c.check_in_id = due.check_in_id and c.due_at <= $3"
        ),
        &[&tx.organization(), &people, &now],
    )
    .await
}

/// Foresees what the clock does to the planned calls of these pairings unless somebody acts (policy rule P6): each counts
/// as held 24 hours after its start, at the latest when its time is over. That is the end of the cycle for a first call,
/// the end of the pairing for every other; what starts no earlier than that will not take place.
pub(super) async fn foresee(tx: &WriteTx<'_>, pairings: &[PairingId]) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "update check_ins c set due_at = foreseen.due_at, due_state = foreseen.due_state
             from (
               select seen.check_in_id, least(seen.starts_at + interval '24 hours', over.at) as due_at,
                 case when seen.starts_at < over.at then 'held' else 'cancelled' end as due_state
               from check_ins seen
               join pairings p on p.organization_id = $1 and p.pairing_id = seen.pairing_id
               join cycles cycle on cycle.organization_id = $1 and cycle.cycle_id = p.cycle_id
               cross join lateral (
                 select case seen.kind when 'kickoff' then cycle.ends_at else p.due_at end as at) over
               where seen.organization_id = $1 and seen.pairing_id = any($2) and seen.state = 'scheduled'
                 and p.state = 'active') foreseen
             where c.organization_id = $1 and c.check_in_id = foreseen.check_in_id
               and (c.due_at, c.due_state) is distinct from (foreseen.due_at, foreseen.due_state)"
        ),
        &[&tx.organization(), &pairings],
    )
    .await
}

/// These pairings close now: what has started counts as held, what has not will not take place.
pub(super) async fn pairings_close(tx: &WriteTx<'_>, pairings: &[PairingId], now: Timestamp) -> Result<u64, DbError> {
    tx.execute(
        sql!(
            "with open as (
               select check_in_id from check_ins
               where organization_id = $1 and pairing_id = any($2) and state = 'scheduled'
               order by check_in_id for update)
             update check_ins c set version = version + 1, changed_at = $3, due_at = null, due_state = null,
               state = case when c.starts_at <= $3 then 'held' else 'cancelled' end
             from open where c.organization_id = $1 and c.check_in_id = open.check_in_id"
        ),
        &[&tx.organization(), &pairings, &now],
    )
    .await
}

pub(super) async fn delete_join_urls_of(tx: &WriteTx<'_>, member: MemberId) -> Result<(), DbError> {
    let delete = sql!(
        "update check_ins set join_url = null, join_url_by = null
         where organization_id = $1 and $2 in (coachee_id, coach_id) and join_url_by = $2"
    );
    tx.execute(delete, &[&tx.organization(), &member]).await.map(drop)
}

pub(super) async fn delete_join_urls_in(tx: &WriteTx<'_>, cycle: CycleId, most: i64) -> Result<u64, DbError> {
    let delete = sql!(
        "update check_ins set join_url = null, join_url_by = null where organization_id = $1 and check_in_id in (
           select c.check_in_id from pairings p
           join check_ins c on c.organization_id = $1 and c.pairing_id = p.pairing_id and c.join_url is not null
           where p.organization_id = $1 and p.cycle_id = $2 limit $3)"
    );
    tx.execute(delete, &[&tx.organization(), &cycle, &most]).await
}
