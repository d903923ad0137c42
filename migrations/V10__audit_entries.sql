-- What administrators and integrations changed. Not what members did: that would be keeping tabs.
create table audit_entries (
  organization_id uuid not null references organizations,
  audit_entry_id uuid not null,
  occurred_at timestamptz(3) not null,
  actor text not null check (actor in ('administrator', 'integration', 'system')),
  actor_id text not null check (length(actor_id) between 1 and 255), -- a member's id, or an integration's subject
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
  subject_id uuid, -- the thing that was changed
  member_id uuid, -- the member it is about, who may see it
  changed text[] not null default '{}', -- names of fields, never what is in them
  primary key (organization_id, audit_entry_id),
  foreign key (organization_id, member_id) references members
);
create index audit_entries_member on audit_entries (organization_id, member_id, audit_entry_id);

-- Insert-only: nobody rewrites what was done.
alter table audit_entries enable row level security, force row level security;
create policy audit_entries_select on audit_entries for select
  using (organization_id = (select caller_organization())
    and ((select caller_actor()) = 'administrator' or member_id = (select caller_member())));
create policy audit_entries_insert on audit_entries for insert
  with check (organization_id = (select caller_organization())
    and (select caller_actor()) in ('administrator', 'integration', 'system'));
grant select, insert on audit_entries to peer_coaching_app;
