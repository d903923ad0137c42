-- As draw_coaches, which stays for the version before, and where the rows of the sample are, too. PostgreSQL looks at each
-- of them anyhow; to find them again by their key costs three times as much in a large organization, for which each is
-- somewhere else in index and table. A place is that of one version of a row: it means something to the statement that asks,
-- for as long as it runs, and to nobody else.
--
-- Draws whom to weigh as coaches for somebody. First a third of them who know the topics and a quarter on the coachee's
-- projects, of each topic and project as many: `nth` is 0. Then active members, as many as are wanted or as there are, counted from 1:
-- first who is open to coaching. All by lot, from the pivot on and round again. Some are drawn more than once.
--
-- Nothing is sorted, so nothing but what is drawn is read: told to plan for an average organization, PostgreSQL would read
-- and sort all of a large one. In one function, for each costs its setting, and each statement in it its start.
-- (Collations are named, for else they would be those of what is given, and the index would be of no use.)
create function draw_colleagues(organization uuid, coachee uuid, topics text[], pivot integer, most integer)
  returns table (member_id uuid, nth bigint, place tid)
  stable rows 300 language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
  wanting integer := most;
  drawn integer;
  open boolean;
begin
  return query select one.member_id, 0::bigint, null::tid
    from (
      select 'expertise' as kind, topic as term, most / 3 / cardinality(topics) as most from unnest(topics) topic
      union all
      select t.kind, t.term, most / 4 / count(*) over () from member_terms t
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
    return query select m.member_id, 1 + most - wanting + row_number() over (), m.ctid from members m
      where m.organization_id = organization and m.active and m.open_to_coaching = open and m.lot >= pivot
      order by m.lot, m.member_id limit wanting;
    get diagnostics drawn = row_count;
    wanting := wanting - drawn;
    exit when wanting = 0;
    return query select m.member_id, 1 + most - wanting + row_number() over (), m.ctid from members m
      where m.organization_id = organization and m.active and m.open_to_coaching = open and m.lot < pivot
      order by m.lot, m.member_id limit wanting;
    get diagnostics drawn = row_count;
    wanting := wanting - drawn;
    exit when wanting = 0;
  end loop;
end $$;
