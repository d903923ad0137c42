-- Events: what happened, for whoever has to be told. Appended by the database itself, in the transaction that made it true:
-- no verb can forget one, and none costs a round trip. They hold ids and instants, never what people wrote, and never
-- the partner's id.

-- When this transaction began, as the domain sees it.
create function caller_now() returns timestamptz stable parallel safe language sql
  return coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now());

-- Which PostgreSQL this is; another one, that was restored from a dump, counts its transactions anew.
create function this_cluster() returns bigint stable language sql
  return (select system_identifier from pg_control_system());

-- An id as the service makes them (RFC 9562, version 7).
create function uuid_of_now() returns uuid volatile language sql as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;

-- No foreign keys: each would be asked at every insert, nothing here is ever joined to what it names, and an event outlives
-- whoever is erased as an id of nobody.
create table events (
  organization_id uuid not null,
  event_id uuid not null default uuid_of_now(),
  -- Its place in the order of reading: transactions by number, read below the oldest that is under way, so that nothing can
  -- appear behind a reader's back, however late it commits.
  cluster bigint not null,
  transaction bigint not null default pg_current_xact_id()::text::bigint,
  ordinal bigint generated always as identity,
  recorded_at timestamptz(3) not null default caller_now(),
  type text not null,
  occurred_at timestamptz(3) not null,
  recipient_id uuid, -- who is to be told
  notify boolean, -- whether they want to be
  member_id uuid,
  cycle_id uuid,
  pairing_id uuid,
  check_in_id uuid,
  webhook_id uuid,
  starts_at timestamptz(3),
  due_at timestamptz(3),
  primary key (organization_id, event_id),
  constraint events_recipient check ((recipient_id is null) = (notify is null))
);
create index events_in_order on events (organization_id, cluster, transaction, ordinal);

-- Whoever acts may tell; only programs, and the service itself, are told.
alter table events enable row level security, force row level security;
create policy events_select on events for select
  using (organization_id = (select caller_organization())
    and (select caller_actor()) in ('integration', 'system', 'eraser'));
create policy events_insert on events for insert
  with check (organization_id = (select caller_organization()));
create policy events_delete on events for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert, delete on events to peer_coaching_app;

-- Of what somebody has been reminded: each thing once, by whichever worker comes first.
create table reminders (
  organization_id uuid not null,
  member_id uuid not null,
  step text not null check (length(step) = 64), -- a hash of what is to be done
  due_at timestamptz(3) not null,
  primary key (organization_id, member_id, step, due_at),
  foreign key (organization_id, member_id) references members
);

alter table reminders enable row level security, force row level security;
create policy reminders_select on reminders for select
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('system', 'eraser'));
create policy reminders_insert on reminders for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
create policy reminders_delete on reminders for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert, delete on reminders to peer_coaching_app;

-- Pairings. The coach is told of a request and of its withdrawal, the coachee of the answer; of the end, the one who has
-- not ended it; of what the clock did, both. Whoever has left is told nothing.
create function tell_of_requests() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, recipient_id, notify, cycle_id, pairing_id)
  select p.organization_id, (select this_cluster()), 'pairing.requested', p.requested_at, m.member_id, m.notify,
    p.cycle_id, p.pairing_id
  from added p
  join members m on m.organization_id = p.organization_id and m.member_id = p.coach_id and m.active
  where p.state = 'requested'
  order by p.pairing_id;
  return null;
end $$;
create trigger pairings_tell_of_requests after insert on pairings
  referencing new table as added for each statement execute function tell_of_requests();

create function tell_of_pairings() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, recipient_id, notify, cycle_id, pairing_id)
  select p.organization_id, (select this_cluster()),
    'pairing.' || case p.state when 'active' then 'accepted' else p.state end,
    case p.state when 'active' then p.accepted_at else p.closed_at end, m.member_id, m.notify, p.cycle_id, p.pairing_id
  from earlier
  join later p on p.organization_id = earlier.organization_id and p.pairing_id = earlier.pairing_id
    and p.state <> earlier.state
  join members m on m.organization_id = p.organization_id and m.member_id in (p.coachee_id, p.coach_id) and m.active
  where case p.state
    when 'active' then m.member_id = p.coachee_id
    when 'declined' then m.member_id = p.coachee_id
    when 'withdrawn' then m.member_id = p.coach_id
    when 'ended' then case p.ended_by
      when 'coachee' then m.member_id = p.coach_id when 'coach' then m.member_id = p.coachee_id else true end
    when 'completed' then p.closed_at = earlier.due_at or m.member_id is distinct from caller_member()
    else true end
  order by p.pairing_id, m.member_id = p.coach_id;
  return null;
end $$;
create trigger pairings_tell after update on pairings
  referencing old table as earlier new table as later for each statement execute function tell_of_pairings();

-- Check-ins. The other one is told of what one does, both of what the clock did.
create function tell_of_planned_check_ins() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, recipient_id, notify, pairing_id, check_in_id, starts_at)
  select c.organization_id, (select this_cluster()), 'check_in.scheduled', c.created_at, m.member_id, m.notify,
    c.pairing_id, c.check_in_id, c.starts_at
  from added c
  join members m on m.organization_id = c.organization_id and m.member_id in (c.coachee_id, c.coach_id) and m.active
  where c.state = 'scheduled' and m.member_id is distinct from caller_member()
  order by c.starts_at, c.check_in_id;
  return null;
end $$;
create trigger check_ins_tell_of_planned after insert on check_ins
  referencing new table as added for each statement execute function tell_of_planned_check_ins();

create function tell_of_check_ins() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, recipient_id, notify, pairing_id, check_in_id, starts_at)
  select c.organization_id, (select this_cluster()),
    'check_in.' || case when c.state = earlier.state then 'moved' else c.state end,
    case when clock.did then earlier.due_at else caller_now() end, m.member_id, m.notify,
    c.pairing_id, c.check_in_id, c.starts_at
  from earlier
  join later c on c.organization_id = earlier.organization_id and c.check_in_id = earlier.check_in_id
    and (c.state, c.starts_at, c.duration_minutes) is distinct from
      (earlier.state, earlier.starts_at, earlier.duration_minutes)
  cross join lateral (
    select earlier.due_at <= caller_now() and c.state = earlier.due_state as did) clock
  join members m on m.organization_id = c.organization_id and m.member_id in (c.coachee_id, c.coach_id) and m.active
  where clock.did or m.member_id is distinct from caller_member()
  order by c.starts_at, c.check_in_id;
  return null;
end $$;
create trigger check_ins_tell after update on check_ins
  referencing old table as earlier new table as later for each statement execute function tell_of_check_ins();

-- Members: who comes, who goes, and what the directory says of them. Nobody in particular is to be told.
create function tell_of_newcomers() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, member_id)
  select organization_id, (select this_cluster()), 'member.joined', created_at, member_id
  from added where active order by member_id;
  return null;
end $$;
create trigger members_tell_of_newcomers after insert on members
  referencing new table as added for each statement execute function tell_of_newcomers();

create function tell_of_members() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, member_id)
  select m.organization_id, (select this_cluster()),
    'member.' || case
      when m.erased_at is distinct from earlier.erased_at then 'erased'
      when m.active and not earlier.active then 'returned'
      when earlier.active and not m.active then 'left'
      else 'changed' end,
    m.updated_at, m.member_id
  from earlier
  join later m on m.organization_id = earlier.organization_id and m.member_id = earlier.member_id
    and (m.active, m.erased_at, m.name, m.email, m.external_id, m.title, m.team) is distinct from
      (earlier.active, earlier.erased_at, earlier.name, earlier.email, earlier.external_id, earlier.title, earlier.team)
  order by m.member_id;
  return null;
end $$;
create trigger members_tell after update on members
  referencing old table as earlier new table as later for each statement execute function tell_of_members();

-- Cycles. That one has opened or closed happens by itself: whoever looks first says so, once.
alter table cycles
  add column opening_told boolean not null default false,
  add column closing_told boolean not null default false;
update cycles set opening_told = starts_at <= now(), closing_told = ends_at <= now();
create index cycles_untold on cycles (organization_id, starts_at) where not closing_told and cancelled_at is null;

create function tell_of_planned_cycles() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, cycle_id, starts_at)
  select organization_id, (select this_cluster()), 'cycle.planned', created_at, cycle_id, starts_at
  from added order by starts_at;
  return null;
end $$;
create trigger cycles_tell_of_planned after insert on cycles
  referencing new table as added for each statement execute function tell_of_planned_cycles();

create function tell_of_cycles() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at, cycle_id, starts_at)
  select c.organization_id, (select this_cluster()), 'cycle.' || what.happened, what.at, c.cycle_id, c.starts_at
  from earlier
  join later c on c.organization_id = earlier.organization_id and c.cycle_id = earlier.cycle_id
  cross join lateral (values
    ('opened', c.starts_at, c.opening_told and not earlier.opening_told),
    ('closed', c.ends_at, c.closing_told and not earlier.closing_told),
    ('cancelled', c.cancelled_at, c.cancelled_at is not null and earlier.cancelled_at is null),
    ('changed', caller_now(), (c.name, c.starts_at, c.ends_at) is distinct from (earlier.name, earlier.starts_at, earlier.ends_at))
  ) what (happened, at, has)
  where what.has
  order by c.starts_at, what.at;
  return null;
end $$;
create trigger cycles_tell after update on cycles
  referencing old table as earlier new table as later for each statement execute function tell_of_cycles();

create function tell_of_policies() returns trigger volatile language plpgsql as $$
begin
  insert into events (organization_id, cluster, type, occurred_at)
  select organization_id, (select this_cluster()), 'policy.changed', written_at from added where version > 1;
  return null;
end $$;
create trigger policies_tell after insert on policies
  referencing new table as added for each statement execute function tell_of_policies();

-- What is due of anybody, for the worker.
create index check_ins_due_next on check_ins (organization_id, due_at) where state = 'scheduled';
