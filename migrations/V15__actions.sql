-- What a coachee will start, stop or continue doing, with how it goes. It is the coachee's, whoever of the two writes, and
-- sealed with the coachee's key: with that key, it is gone.
create table actions (
  organization_id uuid not null,
  action_id uuid not null,
  version bigint not null default 1,
  pairing_id uuid not null,
  -- the pairing's two people, here too: the policies ask for them without the pairing
  coachee_id uuid not null,
  coach_id uuid not null,
  kind text not null check (kind in ('start', 'stop', 'continue')),
  text bytea not null,
  state text not null check (state in ('open', 'in_progress', 'done', 'dropped')),
  author_id uuid not null check (author_id in (coachee_id, coach_id)),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (organization_id, action_id),
  constraint actions_people unique (organization_id, action_id, coachee_id, coach_id),
  constraint actions_pairing foreign key (organization_id, pairing_id, coachee_id, coach_id)
    references pairings (organization_id, pairing_id, coachee_id, coach_id),
  foreign key (organization_id, coachee_id) references owner_keys on delete cascade
);
create index actions_of_pairing on actions (organization_id, pairing_id, action_id);
create index actions_of_coachee on actions (organization_id, coachee_id);

alter table actions enable row level security, force row level security;
create policy actions_select on actions for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'eraser'));
create policy actions_insert on actions for insert
  with check (organization_id = (select caller_organization()) and author_id = (select caller_member()));
create policy actions_update on actions for update
  using (organization_id = (select caller_organization()) and (select caller_member()) in (coachee_id, coach_id))
  with check (organization_id = (select caller_organization()) and (select caller_member()) in (coachee_id, coach_id));
-- Nobody takes an action away; it is dropped.
create policy actions_delete on actions for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert, update, delete on actions to peer_coaching_app;

-- How it goes with an action: entries that are added and never changed.
create table progress (
  organization_id uuid not null,
  progress_id uuid not null,
  action_id uuid not null,
  coachee_id uuid not null,
  coach_id uuid not null,
  text bytea not null,
  author_id uuid not null check (author_id in (coachee_id, coach_id)),
  made_at timestamptz(3) not null,
  primary key (organization_id, progress_id),
  constraint progress_action foreign key (organization_id, action_id, coachee_id, coach_id)
    references actions (organization_id, action_id, coachee_id, coach_id) on delete cascade,
  foreign key (organization_id, coachee_id) references owner_keys on delete cascade
);
create index progress_of_action on progress (organization_id, action_id, progress_id);
create index progress_of_coachee on progress (organization_id, coachee_id);

alter table progress enable row level security, force row level security;
create policy progress_select on progress for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'eraser'));
create policy progress_insert on progress for insert
  with check (organization_id = (select caller_organization()) and author_id = (select caller_member()));
create policy progress_delete on progress for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert, delete on progress to peer_coaching_app;
