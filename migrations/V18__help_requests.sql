-- Who would like to be helped in a cycle, and which of two reasons they gave: the member's own act, for administrators to
-- see until it is withdrawn. Then nothing of it is left.
create table help_requests (
  organization_id uuid not null,
  cycle_id uuid not null,
  member_id uuid not null,
  version bigint not null default 1,
  reason text not null check (reason in ('no_coach', 'other')),
  asked_at timestamptz(3) not null,
  primary key (organization_id, cycle_id, member_id),
  foreign key (organization_id, cycle_id) references cycles,
  foreign key (organization_id, member_id) references members
);
create index help_requests_in_order on help_requests (organization_id, cycle_id, asked_at, member_id);
create index help_requests_member on help_requests (organization_id, member_id);

-- Whoever deletes a row must be able to find it.
alter table help_requests enable row level security, force row level security;
create policy help_requests_select on help_requests for select
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('administrator', 'eraser')));
create policy help_requests_insert on help_requests for insert
  with check (organization_id = (select caller_organization()) and member_id = (select caller_member()));
create policy help_requests_update on help_requests for update
  using (organization_id = (select caller_organization()) and member_id = (select caller_member()))
  with check (organization_id = (select caller_organization()) and member_id = (select caller_member()));
create policy help_requests_delete on help_requests for delete
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
grant select, insert, update, delete on help_requests to peer_coaching_app;
