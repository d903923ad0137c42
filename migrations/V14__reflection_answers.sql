-- What a member answers to the questions of a reflection, sealed with their own key as one list: with that key, it is gone.
-- A table of its own, for the service itself reads whether a reflection is complete, and must never read what it says.
create table reflection_answers (
  organization_id uuid not null,
  cycle_id uuid not null,
  member_id uuid not null,
  answers bytea not null,
  updated_at timestamptz(3) not null,
  primary key (organization_id, cycle_id, member_id),
  foreign key (organization_id, cycle_id, member_id) references reflections on delete cascade,
  foreign key (organization_id, member_id) references owner_keys on delete cascade
);
create index reflection_answers_member on reflection_answers (organization_id, member_id);

-- With which pairings the coachee shares the reflection on the pairing's cycle, as long as they do.
create table reflection_shares (
  organization_id uuid not null,
  pairing_id uuid not null,
  -- the pairing's two people, here too: a policy asks for them
  coachee_id uuid not null,
  coach_id uuid not null,
  shared_at timestamptz(3) not null,
  primary key (organization_id, pairing_id),
  foreign key (organization_id, pairing_id, coachee_id, coach_id)
    references pairings (organization_id, pairing_id, coachee_id, coach_id)
);
create index reflection_shares_coachee on reflection_shares (organization_id, coachee_id);

alter table reflection_shares enable row level security, force row level security;
create policy reflection_shares_select on reflection_shares for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'eraser'));
create policy reflection_shares_insert on reflection_shares for insert
  with check (organization_id = (select caller_organization()) and coachee_id = (select caller_member()));
create policy reflection_shares_delete on reflection_shares for delete
  using (organization_id = (select caller_organization())
    and (coachee_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
grant select, insert, delete on reflection_shares to peer_coaching_app;

-- The author reads it; and the coach of a pairing in that cycle that it is shared with, from the acceptance on.
alter table reflection_answers enable row level security, force row level security;
create policy reflection_answers_select on reflection_answers for select
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'eraser'
      or exists (
        select from reflection_shares s
        join pairings p on p.organization_id = s.organization_id and p.pairing_id = s.pairing_id
        where s.organization_id = reflection_answers.organization_id and s.coachee_id = reflection_answers.member_id
          and s.coach_id = (select caller_member()) and p.cycle_id = reflection_answers.cycle_id
          and p.accepted_at is not null)));
create policy reflection_answers_insert on reflection_answers for insert
  with check (organization_id = (select caller_organization()) and member_id = (select caller_member()));
create policy reflection_answers_update on reflection_answers for update
  using (organization_id = (select caller_organization()) and member_id = (select caller_member()))
  with check (organization_id = (select caller_organization()) and member_id = (select caller_member()));
create policy reflection_answers_delete on reflection_answers for delete
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
grant select, insert, update, delete on reflection_answers to peer_coaching_app;

-- Whoever reads the answers reads whether it is complete, and by which questions.
alter policy reflections_select on reflections
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'
      or exists (
        select from reflection_shares s
        join pairings p on p.organization_id = s.organization_id and p.pairing_id = s.pairing_id
        where s.organization_id = reflections.organization_id and s.coachee_id = reflections.member_id
          and s.coach_id = (select caller_member()) and p.cycle_id = reflections.cycle_id
          and p.accepted_at is not null)));
