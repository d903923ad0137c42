-- What a participant writes down about a check-in, sealed with their own key: with that key, the note is gone.
create table notes (
  organization_id uuid not null,
  check_in_id uuid not null,
  author_id uuid not null,
  reader_id uuid, -- the partner, as long as it is shared
  version bigint not null default 1,
  text bytea not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (organization_id, check_in_id, author_id),
  foreign key (organization_id, check_in_id) references check_ins,
  foreign key (organization_id, author_id) references owner_keys on delete cascade,
  constraint notes_reader check (reader_id <> author_id)
);
create index notes_author on notes (organization_id, author_id);

alter table notes enable row level security, force row level security;
create policy notes_select on notes for select
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (author_id, reader_id) or (select caller_actor()) = 'eraser'));
create policy notes_insert on notes for insert
  with check (organization_id = (select caller_organization()) and author_id = (select caller_member()));
create policy notes_update on notes for update
  using (organization_id = (select caller_organization()) and author_id = (select caller_member()))
  with check (organization_id = (select caller_organization()) and author_id = (select caller_member()));
create policy notes_delete on notes for delete
  using (organization_id = (select caller_organization())
    and (author_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
grant select, insert, update, delete on notes to peer_coaching_app;
