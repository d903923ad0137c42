-- The judge: knows the rules of pairings and calls from the product's description, not from the service's code.
-- What it finds wrong stands in judge.broken; a sound database has no row there.
create schema judge;
set search_path to peer_coaching, public;

-- Every state that a pairing or a call was ever stored in.
create table judge.history (
  at bigint generated always as identity, what text, id uuid, was text, was_version bigint, state text, version bigint);
create function judge.note() returns trigger security definer language plpgsql as $$
declare
  later jsonb := to_jsonb(new);
  earlier jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
begin
  if earlier is null or (earlier->>'state', earlier->>'version') is distinct from (later->>'state', later->>'version') then
    insert into judge.history (what, id, was, was_version, state, version)
    values (tg_table_name, (later->>tg_argv[0])::uuid, earlier->>'state', (earlier->>'version')::bigint,
      later->>'state', (later->>'version')::bigint);
  end if;
  return null;
end $$;
create trigger noted after insert or update on pairings for each row execute function judge.note('pairing_id');
create trigger noted after insert or update on check_ins for each row execute function judge.note('check_in_id');

-- What governs each pairing: its cycle, and the newest policy written before that began, or else the oldest.
create view judge.governed as
select p.organization_id, p.pairing_id, p.cycle_id, p.coachee_id, p.coach_id, p.state, p.requested_at, y.starts_at,
  y.ends_at, y.ends_at + make_interval(hours => 24 * g.wrap_up_days) as wrap_up_ends_at, g.request_days,
  g.max_coaches_per_cycle, g.default_coach_capacity
from pairings p
join cycles y using (organization_id, cycle_id)
join policies g on g.organization_id = p.organization_id and g.version = coalesce(
  (select max(o.version) from policies o where o.organization_id = p.organization_id and o.written_at < y.starts_at),
  (select min(o.version) from policies o where o.organization_id = p.organization_id));

-- What the clock will do to a pairing that is under way, computed from its calls alone.
create view judge.foretold as
with first as (
  select g.pairing_id, bool_or(c.state = 'held') as is_held, min(c.starts_at) as starts_at,
    min(case when c.state = 'held' then c.starts_at
      when c.starts_at + interval '24 hours' < g.ends_at then c.starts_at + interval '24 hours' else g.ends_at end) as counts_at
  from judge.governed g join check_ins c using (organization_id, pairing_id)
  where c.kind = 'kickoff' and (c.state = 'held' or c.state = 'scheduled' and c.starts_at < g.ends_at)
  group by g.pairing_id),
again as (
  select g.pairing_id,
    min(case when c.state = 'held' then c.starts_at
      when c.starts_at + interval '24 hours' < g.wrap_up_ends_at then c.starts_at + interval '24 hours'
      else g.wrap_up_ends_at end) as counts_at
  from judge.governed g join first using (pairing_id) join check_ins c using (organization_id, pairing_id)
  where c.kind in ('weekly', 'catch_up') and c.starts_at > first.starts_at
    and (c.state = 'held' or c.state = 'scheduled' and c.starts_at < g.wrap_up_ends_at)
  group by g.pairing_id)
select g.pairing_id,
  case when not first.is_held then first.counts_at end as kickoff_due_at,
  case when first.pairing_id is null then g.ends_at else g.wrap_up_ends_at end as due_at,
  case when again.pairing_id is null then 'lapsed' else 'completed' end as due_state,
  again.counts_at as caught_up_at
from judge.governed g left join first using (pairing_id) left join again using (pairing_id)
where g.state = 'active';

create view judge.foretold_calls as
select c.check_in_id,
  case when c.starts_at + interval '24 hours' < o.over_at then c.starts_at + interval '24 hours' else o.over_at end as due_at,
  case when c.starts_at < o.over_at then 'held' else 'cancelled' end as due_state
from judge.governed g join judge.foretold f using (pairing_id) join check_ins c using (organization_id, pairing_id)
cross join lateral (select case c.kind when 'kickoff' then g.ends_at else f.due_at end as over_at) o
where c.state = 'scheduled';

-- What stands between two people, stored or by the clock: asked, under way, or met.
create view judge.standing as
select p.organization_id, p.pairing_id, p.cycle_id, p.coachee_id, p.coach_id, y.starts_at,
  dense_rank() over (partition by p.organization_id, p.coachee_id order by y.starts_at) as review
from pairings p join cycles y using (organization_id, cycle_id)
where p.kickoff_held_at is not null or p.kickoff_due_at <= now()
  or case when p.due_at <= now() then p.due_state else p.state end in ('requested', 'active');

create view judge.broken as
select 'an active pairing is not due when and as its calls say: ' || p.pairing_id as what
  from pairings p join judge.foretold f using (pairing_id)
  where (p.kickoff_due_at, p.due_at, p.due_state, p.caught_up_at)
    is distinct from (f.kickoff_due_at, f.due_at, f.due_state, f.caught_up_at)
union all select 'a planned call is not due when and as its pairing says: ' || c.check_in_id
  from check_ins c join judge.foretold_calls f using (check_in_id)
  where (c.due_at, c.due_state) is distinct from (f.due_at, f.due_state)
union all select 'a request does not expire when it should: ' || p.pairing_id
  from pairings p join judge.governed g using (pairing_id)
  where p.state = 'requested' and (p.due_state <> 'expired'
    or p.due_at is distinct from least(g.requested_at + make_interval(hours => 24 * g.request_days), g.ends_at))
union all select 'a planned call belongs to a pairing that is not under way: ' || c.check_in_id
  from check_ins c join pairings p using (organization_id, pairing_id) where c.state = 'scheduled' and p.state <> 'active'
union all select 'a first call is remembered and not held, or the other way round: ' || p.pairing_id
  from pairings p where (p.kickoff_held_at is not null) <> exists (select from check_ins c
    where c.pairing_id = p.pairing_id and c.kind = 'kickoff' and c.state = 'held')
union all select 'completed without a first call: ' || pairing_id from pairings
  where state = 'completed' and kickoff_held_at is null
union all select 'more than one first call: ' || pairing_id from check_ins
  where kind = 'kickoff' and state in ('scheduled', 'held') group by pairing_id having count(*) > 1
union all select 'something open of somebody who has left: ' || p.pairing_id from pairings p
  join members m on m.organization_id = p.organization_id and m.member_id in (p.coachee_id, p.coach_id)
  where p.state in ('requested', 'active') and not m.active
union all select 'something open of somebody who does not take part: ' || p.pairing_id from pairings p
  where p.state in ('requested', 'active') and not exists (select from participations o
    where o.organization_id = p.organization_id and o.cycle_id = p.cycle_id and o.member_id = p.coachee_id
      and o.answer = 'opted_in')
union all select 'a coach has a place twice: ' || coach_id from pairings
  where state in ('active', 'completed') group by coach_id, cycle_id, coach_place having count(*) > 1
union all select 'a coachee has a place twice: ' || coachee_id from pairings
  where state in ('requested', 'active', 'completed') group by coachee_id, cycle_id, coachee_place having count(*) > 1
union all select 'a coach has more coachees than places: ' || g.coach_id from judge.governed g
  join members m on m.organization_id = g.organization_id and m.member_id = g.coach_id
  where g.state in ('active', 'completed') group by g.coach_id, g.cycle_id
  having count(*) > min(coalesce(m.coach_capacity, g.default_coach_capacity))
union all select 'a coachee has more coaches than the policy allows: ' || coachee_id from judge.governed
  where state in ('requested', 'active', 'completed') group by coachee_id, cycle_id
  having count(*) > min(max_coaches_per_cycle)
union all select 'the same coach as last time, or twice: ' || a.pairing_id || ' ' || b.pairing_id
  from judge.standing a join judge.standing b using (organization_id, coachee_id, coach_id)
  where a.pairing_id < b.pairing_id and abs(a.review - b.review) <= 1
union all select 'a pairing went from ' || was || ' to ' || state || ': ' || id from judge.history
  where what = 'pairings' and was is not null and (version <> was_version + 1 or (was, state) not in (
    ('requested', 'active'), ('requested', 'declined'), ('requested', 'withdrawn'), ('requested', 'expired'),
    ('requested', 'ended'), ('active', 'ended'), ('active', 'completed'), ('active', 'lapsed')))
union all select 'a call went from ' || was || ' to ' || state || ': ' || id from judge.history
  where what = 'check_ins' and was is not null and (version not in (was_version, was_version + 1)
    or version = was_version and (was, state) <> ('scheduled', 'held')
    or (was, state) not in (('scheduled', 'scheduled'), ('scheduled', 'held'), ('scheduled', 'missed'),
      ('scheduled', 'cancelled'), ('held', 'missed'), ('missed', 'held')))
union all select 'two members for one token: ' || external_id from members
  where external_id is not null group by organization_id, external_id having count(*) > 1
union all select 'two cycles at one time: ' || a.cycle_id from cycles a join cycles b using (organization_id)
  where a.cycle_id < b.cycle_id and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at);
