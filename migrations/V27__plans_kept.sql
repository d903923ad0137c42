-- Functions whose plans are kept. One in `language sql` that is not inlined is parsed and planned anew by each statement
-- that calls it, which cost several times what it reads; in plpgsql a connection plans it once. What they answer stays.
create or replace function cycle_meant(organization uuid, id uuid, word text, instant timestamptz) returns uuid
  stable language plpgsql as $$
begin
  case word
    when 'current' then
      return (select cycle_id from cycles
        where organization_id = organization and starts_at <= instant and ends_at > instant);
    when 'next' then
      return (select n.cycle_id from cycles c
        join cycles n on n.organization_id = organization and n.starts_at >= c.ends_at and n.cancelled_at is null
        where c.organization_id = organization and c.starts_at <= instant and c.ends_at > instant
        order by n.starts_at limit 1);
    else
      return id;
  end case;
end $$;

create or replace function last_review(organization uuid, coachee uuid, cycle_starts_at timestamptz, instant timestamptz)
  returns integer stable language plpgsql as $$
begin
  return (select coalesce(max(p.review), 0) from pairings p
    join cycles c on c.organization_id = organization and c.cycle_id = p.cycle_id
    where p.organization_id = organization and p.coachee_id = coachee and c.starts_at < cycle_starts_at
      and (p.kickoff_held_at is not null or p.kickoff_due_at <= instant));
end $$;

-- Draws whom to weigh as coaches for somebody. First at most 60 who know the topics and 50 on the coachee's projects, of
-- each topic and project as many: `nth` is 0. Then active members, as many as are wanted or as there are, counted from 1:
-- first who is open to coaching. All by lot, from the pivot on and round again. Some are drawn more than once.
--
-- Nothing is sorted, so nothing but what is drawn is read: told to plan for an average organization, PostgreSQL would read
-- and sort all of a large one. In one function, for each costs its setting, and each statement in it its start.
-- (Collations are named, for else they would be those of what is given, and the index would be of no use.)
create function draw_coaches(organization uuid, coachee uuid, topics text[], pivot integer, most integer)
  returns table (member_id uuid, nth bigint)
  stable rows 300 language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
  wanting integer := most;
  drawn integer;
  open boolean;
begin
  return query select one.member_id, 0::bigint
    from (
      select 'expertise' as kind, topic as term, 35 / cardinality(topics) as most from unnest(topics) topic
      union all
      select t.kind, t.term, 25 / count(*) over () from member_terms t
      where t.organization_id = organization and t.member_id = coachee and t.kind = 'project') wanted
    cross join lateral (
      (select t.member_id from member_terms t
       where t.organization_id = organization and t.kind = wanted.kind collate "default" and t.kind <> 'name'
         and t.term = wanted.term collate "C" and t.lot >= pivot
       order by t.lot, t.member_id limit wanted.most)
      union all
      (select t.member_id from member_terms t
       where t.organization_id = organization and t.kind = wanted.kind collate "default" and t.kind <> 'name'
         and t.term = wanted.term collate "C" and t.lot < pivot
       order by t.lot, t.member_id limit wanted.most)
      limit wanted.most) one;
  foreach open in array array[true, false] loop
    return query select m.member_id, 1 + most - wanting + row_number() over () from members m
      where m.organization_id = organization and m.active and m.open_to_coaching = open and m.lot >= pivot
      order by m.lot, m.member_id limit wanting;
    get diagnostics drawn = row_count;
    wanting := wanting - drawn;
    exit when wanting = 0;
    return query select m.member_id, 1 + most - wanting + row_number() over () from members m
      where m.organization_id = organization and m.active and m.open_to_coaching = open and m.lot < pivot
      order by m.lot, m.member_id limit wanting;
    get diagnostics drawn = row_count;
    wanting := wanting - drawn;
    exit when wanting = 0;
  end loop;
end $$;
drop function draw_members(uuid, integer, integer);
drop function draw_by_term(uuid, text, text, integer, bigint);

-- Whoever reads the answers reads whether the reflection is complete, and by which questions: as before, but asked only of
-- what is neither one's own nor the service's. Else each statement that names a reflection has to make ready for it.
create function reads_reflection(organization uuid, cycle uuid, coachee uuid) returns boolean
  stable language plpgsql as $$
begin
  return exists (
    select from reflection_shares s
    join pairings p on p.organization_id = s.organization_id and p.pairing_id = s.pairing_id
    where s.organization_id = organization and s.coachee_id = coachee and s.coach_id = (select caller_member())
      and p.cycle_id = cycle and p.accepted_at is not null);
end $$;
alter policy reflections_select on reflections
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('system', 'eraser')
      or reads_reflection(organization_id, cycle_id, member_id)));
