-- A lot that is drawn for each member, and for each thing one can be found by: any range of lots is a fair draw, of as
-- many as are wanted and however many there are, read from an index. (Ids would not do: they sort by the time of
-- making, and names would put the same people first every day.)
alter table members
  add column lot integer not null default floor(random() * 4294967296 - 2147483648)::integer;
create index members_drawn on members (organization_id, open_to_coaching, lot, member_id) where active;

alter table member_terms
  add column lot integer not null default floor(random() * 4294967296 - 2147483648)::integer;
create index member_terms_drawn on member_terms (organization_id, kind, term, lot, member_id) where kind <> 'name';

-- Draws active members, as many as are wanted or as there are: by lot from the pivot on and round again, first who is open
-- to coaching. Nothing is sorted, so nothing but what is drawn is read: told to plan for an average organization,
-- PostgreSQL would read and sort all of a large one.
create function draw_members(organization uuid, pivot integer, most integer) returns setof uuid
  stable rows 200 language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
  wanting integer := most;
  drawn integer;
  open boolean;
begin
  foreach open in array array[true, false] loop
    return query select m.member_id from members m
      where m.organization_id = organization and m.active and m.open_to_coaching = open and m.lot >= pivot
      order by m.lot, m.member_id limit wanting;
    get diagnostics drawn = row_count;
    wanting := wanting - drawn;
    return query select m.member_id from members m
      where m.organization_id = organization and m.active and m.open_to_coaching = open and m.lot < pivot
      order by m.lot, m.member_id limit wanting;
    get diagnostics drawn = row_count;
    wanting := wanting - drawn;
  end loop;
end $$;

-- The same of whoever can be found by an expertise or a project. (Collations are named, for else they would be those of
-- what is given, and the index would be of no use.)
create function draw_by_term(organization uuid, of_kind text, of_term text, pivot integer, most bigint)
  returns setof uuid
  stable rows 20 language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
declare
  drawn bigint;
begin
  return query select t.member_id from member_terms t
    where t.organization_id = organization and t.kind = of_kind collate "default" and t.kind <> 'name'
      and t.term = of_term collate "C"
      and t.lot >= pivot
    order by t.lot, t.member_id limit most;
  get diagnostics drawn = row_count;
  return query select t.member_id from member_terms t
    where t.organization_id = organization and t.kind = of_kind collate "default" and t.kind <> 'name'
      and t.term = of_term collate "C"
      and t.lot < pivot
    order by t.lot, t.member_id limit most - drawn;
end $$;

-- What somebody wants to be coached in, sealed with their own key as one list. Null where they have named nothing.
alter table participations add column topics bytea check (length(topics) between 1 and 20000);
