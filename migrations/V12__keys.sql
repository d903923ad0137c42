-- Keys, wrapped: what people write is sealed with a key of its owner's. That is stored only as the organization's key has
-- sealed it, and the organization's only as a master key has, which is never in the database. So whoever reads these
-- tables learns nothing, and deleting one row here makes everything that its owner wrote unreadable for ever.
create table organization_keys (
  organization_id uuid primary key references organizations,
  master text not null check (length(master) between 1 and 16), -- the id of the master key that wraps it
  wrapped bytea not null check (length(wrapped) between 32 and 200),
  written_at timestamptz(3) not null
);

alter table organization_keys enable row level security, force row level security;
create policy organization_keys_select on organization_keys for select
  using (organization_id = (select caller_organization()));
create policy organization_keys_insert on organization_keys for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
create policy organization_keys_update on organization_keys for update
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'system')
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
grant select, insert, update on organization_keys to peer_coaching_app;

-- An owner is a member; or an integration, of whom no more is sealed than the answers that its repeated requests get.
create table owner_keys (
  organization_id uuid not null references organizations,
  owner_id uuid not null,
  wrapped bytea not null check (length(wrapped) between 32 and 200),
  written_at timestamptz(3) not null,
  primary key (organization_id, owner_id)
);

alter table owner_keys enable row level security, force row level security;
create policy owner_keys_select on owner_keys for select
  using (organization_id = (select caller_organization()));
-- Whoever is the first to write something of an owner's: a coach tells a coachee what to build on.
create policy owner_keys_insert on owner_keys for insert
  with check (organization_id = (select caller_organization()));
create policy owner_keys_delete on owner_keys for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert, delete on owner_keys to peer_coaching_app;
