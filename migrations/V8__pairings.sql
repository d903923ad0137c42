create table pairings (
  organization_id uuid not null,
  pairing_id uuid not null,
  version bigint not null default 1,
  cycle_id uuid not null,
  coachee_id uuid not null,
  coach_id uuid not null,
  state text not null
    check (state in ('requested', 'active', 'declined', 'withdrawn', 'expired', 'completed', 'ended', 'lapsed')),
  requested_at timestamptz(3) not null,
  accepted_at timestamptz(3),
  closed_at timestamptz(3),
  ended_by text check (ended_by in ('coachee', 'coach', 'system')),
  -- What the clock does next unless somebody acts: at due_at the pairing becomes due_state, stored or not.
  due_at timestamptz(3),
  due_state text check (due_state in ('expired', 'completed', 'lapsed')),
  -- Someone else next time: the number of this review in the coachee's life (1 + the greatest one held before).
  review integer not null check (review >= 1),
  kickoff_held_at timestamptz(3),
  -- Numbered places, so that the last one is never given twice.
  coachee_place smallint not null check (coachee_place >= 1),
  coach_place smallint check (coach_place >= 1),
  primary key (organization_id, pairing_id),
  foreign key (organization_id, cycle_id) references cycles,
  foreign key (organization_id, coachee_id) references members,
  foreign key (organization_id, coach_id) references members,
  constraint pairings_yourself check (coachee_id <> coach_id),
  constraint pairings_due check ((state in ('requested', 'active')) = (due_at is not null) and (due_at is null) = (due_state is null)),
  constraint pairings_accepted check (state not in ('active', 'completed', 'lapsed') or accepted_at is not null),
  constraint pairings_coach_placed check (state not in ('active', 'completed') or coach_place is not null),
  constraint pairings_someone_else_next_time exclude using gist
    (organization_id with =, coachee_id with =, coach_id with =, int4range(review, review + 2) with &&)
    where (kickoff_held_at is not null or state in ('requested', 'active'))
);
create unique index pairings_coach_place on pairings (organization_id, cycle_id, coach_id, coach_place)
  where state in ('active', 'completed');
create unique index pairings_coachee_place on pairings (organization_id, cycle_id, coachee_id, coachee_place)
  where state in ('requested', 'active', 'completed');
create index pairings_of_coachee on pairings (organization_id, coachee_id, pairing_id);
create index pairings_of_coach on pairings (organization_id, coach_id, pairing_id);
create index pairings_due_next on pairings (organization_id, due_at) where due_at is not null;
create index pairings_cycle on pairings (organization_id, cycle_id);

alter table pairings enable row level security, force row level security;
create policy pairings_select on pairings for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'));
create policy pairings_insert on pairings for insert
  with check (organization_id = (select caller_organization())
    and (coachee_id = (select caller_member()) or (select caller_actor()) = 'system'));
create policy pairings_update on pairings for update
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'))
  with check (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'system'));
grant select, insert, update on pairings to peer_coaching_app;
