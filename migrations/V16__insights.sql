-- What a coach tells a coachee: a strength to build on, or what holds them back. Once given it is the coachee's, and sealed
-- with the coachee's key.
create table insights (
  organization_id uuid not null,
  insight_id uuid not null,
  pairing_id uuid not null,
  coachee_id uuid not null,
  coach_id uuid not null,
  kind text not null check (kind in ('leverage', 'drag')),
  text bytea not null,
  given_at timestamptz(3) not null,
  primary key (organization_id, insight_id),
  constraint insights_pairing foreign key (organization_id, pairing_id, coachee_id, coach_id)
    references pairings (organization_id, pairing_id, coachee_id, coach_id),
  foreign key (organization_id, coachee_id) references owner_keys on delete cascade
);
create index insights_of_pairing on insights (organization_id, pairing_id, insight_id);
create index insights_of_coachee on insights (organization_id, coachee_id);

alter table insights enable row level security, force row level security;
create policy insights_select on insights for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) = 'eraser'));
create policy insights_insert on insights for insert
  with check (organization_id = (select caller_organization()) and coach_id = (select caller_member()));
create policy insights_delete on insights for delete
  using (organization_id = (select caller_organization())
    and (coachee_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
grant select, insert, delete on insights to peer_coaching_app;
