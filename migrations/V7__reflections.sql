-- Whether a member has thought about their job in a cycle. What they thought is not here.
create table reflections (
  organization_id uuid not null,
  cycle_id uuid not null,
  member_id uuid not null,
  version bigint not null default 1,
  policy_version bigint not null, -- whose questions it was started with
  completed_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (organization_id, cycle_id, member_id),
  foreign key (organization_id, cycle_id) references cycles,
  foreign key (organization_id, member_id) references members,
  foreign key (organization_id, policy_version) references policies
);
create index reflections_member on reflections (organization_id, member_id);

alter table reflections enable row level security, force row level security;
create policy reflections_select on reflections for select
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'));
create policy reflections_insert on reflections for insert
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'));
create policy reflections_update on reflections for update
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'))
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'));
grant select, insert, update on reflections to peer_coaching_app;
