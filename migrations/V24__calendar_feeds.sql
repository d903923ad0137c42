-- A member's calls at a secret address, for calendars that cannot sign in. Of the secret only a hash is kept; a member has
-- one address at a time.
create table calendar_feeds (
  organization_id uuid not null,
  member_id uuid not null,
  version bigint not null default 1,
  secret_hash bytea not null check (length(secret_hash) = 32),
  show_names boolean not null,
  created_at timestamptz(3) not null,
  primary key (organization_id, member_id),
  constraint calendar_feeds_secret unique (organization_id, secret_hash),
  foreign key (organization_id, member_id) references members
);

-- Whoever brings an address has no token, and so is nobody yet: the subscriber finds whose it is, and can read nothing else
-- about people but the directory. What the calendar shows is then read as that member reads it.
-- Whoever deletes a row must be able to find it.
alter table calendar_feeds enable row level security, force row level security;
create policy calendar_feeds_select on calendar_feeds for select
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('subscriber', 'eraser')));
create policy calendar_feeds_insert on calendar_feeds for insert
  with check (organization_id = (select caller_organization()) and member_id = (select caller_member()));
create policy calendar_feeds_update on calendar_feeds for update
  using (organization_id = (select caller_organization()) and member_id = (select caller_member()))
  with check (organization_id = (select caller_organization()) and member_id = (select caller_member()));
create policy calendar_feeds_delete on calendar_feeds for delete
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
grant select, insert, update, delete on calendar_feeds to peer_coaching_app;

-- When a call's version last changed, for calendars to tell; null while it is as it was planned.
alter table check_ins add column changed_at timestamptz(3);

-- The same as before, with it.
drop view check_ins_seen;
create view check_ins_seen with (security_invoker = true) as
  select c.*, coachee.name as coachee_name, coach.name as coach_name,
    p.state = 'active' as pairing_is_active, p.due_at as pairing_due_at, y.ends_at as cycle_ends_at,
    c.kind = 'kickoff' and exists (
      select from check_ins other
      where other.organization_id = c.organization_id and other.pairing_id = c.pairing_id and other.kind = 'kickoff'
        and other.state in ('scheduled', 'held') and other.check_in_id <> c.check_in_id) as another_kickoff,
    case when c.join_url is not null then (
      select wrapped from owner_keys k where k.organization_id = c.organization_id and k.owner_id = c.join_url_by) end as join_url_key
  from check_ins c
  join pairings p on p.organization_id = c.organization_id and p.pairing_id = c.pairing_id
  join cycles y on y.organization_id = c.organization_id and y.cycle_id = p.cycle_id
  join members coachee on coachee.organization_id = c.organization_id and coachee.member_id = c.coachee_id
  join members coach on coach.organization_id = c.organization_id and coach.member_id = c.coach_id;
grant select on check_ins_seen to peer_coaching_app;
