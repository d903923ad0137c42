create table participations (
  organization_id uuid not null,
  cycle_id uuid not null,
  member_id uuid not null,
  version bigint not null default 1,
  answer text not null check (answer in ('opted_in', 'not_this_time')),
  answered_at timestamptz(3) not null,
  primary key (organization_id, cycle_id, member_id),
  foreign key (organization_id, cycle_id) references cycles,
  foreign key (organization_id, member_id) references members
);
create index participations_member on participations (organization_id, member_id);

alter table participations enable row level security, force row level security;
create policy participations_select on participations for select
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'));
create policy participations_insert on participations for insert
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'));
create policy participations_update on participations for update
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'))
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'system'));
grant select, insert, update on participations to peer_coaching_app;
