create table organizations (
  organization_id uuid primary key,
  name text not null check (length(name) between 1 and 120),
  created_at timestamptz(3) not null
);

alter table organizations enable row level security, force row level security;
create policy organizations_select on organizations for select
  using (organization_id = (select caller_organization()));
create policy organizations_insert on organizations for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
grant select, insert on organizations to peer_coaching_app;
