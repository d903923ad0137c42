-- Calls of pairings: the first one, weekly ones, catch-ups.
create table check_ins (
  organization_id uuid not null,
  check_in_id uuid not null,
  version bigint not null default 1,
  pairing_id uuid not null,
  -- the pairing's two people, here too: whoever asks for their own calls finds them without their pairings
  coachee_id uuid not null,
  coach_id uuid not null,
  kind text not null check (kind in ('kickoff', 'weekly', 'catch_up')),
  series_id uuid, -- of weekly calls that were planned together
  starts_at timestamptz(3) not null,
  duration_minutes smallint not null check (duration_minutes between 5 and 240),
  state text not null check (state in ('scheduled', 'held', 'missed', 'cancelled')),
  -- What the clock does next unless somebody acts: at due_at the call becomes due_state, stored or not.
  due_at timestamptz(3),
  due_state text check (due_state in ('held', 'cancelled')),
  created_at timestamptz(3) not null,
  primary key (organization_id, check_in_id),
  constraint check_ins_due check ((state = 'scheduled') = (due_at is not null) and (due_at is null) = (due_state is null)),
  constraint check_ins_series check (series_id is null or kind = 'weekly')
);

alter table pairings
  -- When a first call that is planned counts as held unless somebody acts.
  add column kickoff_due_at timestamptz(3),
  -- When a call after the first one was held, or counts as held unless somebody acts.
  add column caught_up_at timestamptz(3),
  add constraint pairings_kickoff check (kickoff_due_at is null or state = 'active' and kickoff_held_at is null),
  add constraint pairings_caught_up check (caught_up_at is null or state = 'active'),
  add constraint pairings_met check (state <> 'completed' or kickoff_held_at is not null),
  add constraint pairings_people unique (organization_id, pairing_id, coachee_id, coach_id);

alter table check_ins add constraint check_ins_pairing
  foreign key (organization_id, pairing_id, coachee_id, coach_id)
  references pairings (organization_id, pairing_id, coachee_id, coach_id);

-- One first call, however many plan it at once.
create unique index check_ins_one_kickoff on check_ins (organization_id, pairing_id)
  where kind = 'kickoff' and state in ('scheduled', 'held');
create index check_ins_of_pairing on check_ins (organization_id, pairing_id, starts_at, check_in_id);
create index check_ins_of_series on check_ins (organization_id, series_id) where series_id is not null;
create index check_ins_of_coachee on check_ins (organization_id, coachee_id, starts_at, check_in_id);
create index check_ins_of_coach on check_ins (organization_id, coach_id, starts_at, check_in_id);
-- What may be due of a person, however long their past is.
create index check_ins_due_of_coachee on check_ins (organization_id, coachee_id, due_at) where state = 'scheduled';
create index check_ins_due_of_coach on check_ins (organization_id, coach_id, due_at) where state = 'scheduled';
create index pairings_open_of_coachee on pairings (organization_id, coachee_id) where state in ('requested', 'active');
create index pairings_open_of_coach on pairings (organization_id, coach_id) where state in ('requested', 'active');

alter table check_ins enable row level security, force row level security;
create policy check_ins_select on check_ins for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'));
create policy check_ins_insert on check_ins for insert
  with check (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'));
create policy check_ins_update on check_ins for update
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'))
  with check (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'));
grant select, insert, update on check_ins to peer_coaching_app;

-- A call with what surrounds it: who the two are, how long they can still change it, whether another first call stands.
create view check_ins_seen with (security_invoker = true) as
  select c.*, coachee.name as coachee_name, coach.name as coach_name,
    p.state = 'active' as pairing_is_active, p.due_at as pairing_due_at, y.ends_at as cycle_ends_at,
    c.kind = 'kickoff' and exists (
      select from check_ins other
      where other.organization_id = c.organization_id and other.pairing_id = c.pairing_id and other.kind = 'kickoff'
        and other.state in ('scheduled', 'held') and other.check_in_id <> c.check_in_id) as another_kickoff
  from check_ins c
  join pairings p on p.organization_id = c.organization_id and p.pairing_id = c.pairing_id
  join cycles y on y.organization_id = c.organization_id and y.cycle_id = p.cycle_id
  join members coachee on coachee.organization_id = c.organization_id and coachee.member_id = c.coachee_id
  join members coach on coach.organization_id = c.organization_id and coach.member_id = c.coach_id;
grant select on check_ins_seen to peer_coaching_app;

-- The number of a coachee's last review before a cycle starts: the greatest among pairings of earlier cycles whose first
-- call was held; 0 where there is none. Never a count: that stored a repetition.
create function last_review(organization uuid, coachee uuid, cycle_starts_at timestamptz, instant timestamptz)
  returns integer stable language sql as $$
  select coalesce(max(p.review), 0) from pairings p
  join cycles c on c.organization_id = organization and c.cycle_id = p.cycle_id
  where p.organization_id = organization and p.coachee_id = coachee and c.starts_at < cycle_starts_at
    and (p.kickoff_held_at is not null or p.kickoff_due_at <= instant)
$$;

-- A cycle's policy: the newest version written before it started; of versions that are all younger, the oldest.
create function policy_of(organization uuid, cycle_starts_at timestamptz) returns setof policies
  stable rows 1 language sql as $$
  select * from policies where organization_id = organization
  order by (written_at < cycle_starts_at) desc, case when written_at < cycle_starts_at then -version else version end
  limit 1
$$;
