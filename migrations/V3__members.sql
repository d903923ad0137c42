create table members (
  organization_id uuid not null references organizations,
  member_id uuid not null,
  version bigint not null default 1,
  -- the directory's fields
  external_id text check (length(external_id) between 1 and 255),
  email text check (length(email) between 3 and 254),
  name text not null check (length(name) between 1 and 120),
  title text check (length(title) between 1 and 120),
  team text check (length(team) between 1 and 120),
  active boolean not null default true,
  -- the member's own fields
  time_zone text check (length(time_zone) between 1 and 64),
  works_from text check (works_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  works_until text check (works_until ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  languages text[] not null default '{}' check (cardinality(languages) <= 20),
  expertise text[] not null default '{}' check (cardinality(expertise) <= 20),
  projects text[] not null default '{}' check (cardinality(projects) <= 20),
  open_to_coaching boolean not null default true,
  coach_capacity smallint check (coach_capacity between 0 and 20), -- null: as the policy says
  notify boolean not null default true,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (organization_id, member_id),
  constraint members_external_id unique (organization_id, external_id),
  constraint members_working_hours check ((works_from is null) = (works_until is null))
);

alter table members enable row level security, force row level security;
create policy members_select on members for select
  using (organization_id = (select caller_organization()));
create policy members_insert on members for insert
  with check (organization_id = (select caller_organization())
    and (select caller_actor()) in ('administrator', 'integration', 'system'));
create policy members_update on members for update
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('administrator', 'integration', 'system')))
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('administrator', 'integration', 'system')));
grant select, insert, update on members to peer_coaching_app;

-- What the directory can be searched by, folded: the name from each of its words on ('ana silva', 'silva'), each
-- expertise and each project. A plain b-tree answers from it in pages whatever the size of the organization;
-- `like` and array operators are not leakproof, so row-level security would keep them from any index.
create table member_terms (
  organization_id uuid not null,
  kind text not null check (kind in ('name', 'expertise', 'project')),
  term text not null collate "C",
  member_id uuid not null,
  -- of a name: the whole name; other words only lead to it
  is_whole boolean not null,
  primary key (organization_id, kind, term, member_id, is_whole),
  foreign key (organization_id, member_id) references members
);
create index member_terms_member on member_terms (organization_id, member_id, kind, term);

alter table member_terms enable row level security, force row level security;
create policy member_terms_select on member_terms for select
  using (organization_id = (select caller_organization()));
create policy member_terms_insert on member_terms for insert
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('administrator', 'integration', 'system')));
create policy member_terms_delete on member_terms for delete
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('administrator', 'integration', 'system')));
grant select, insert, delete on member_terms to peer_coaching_app;

-- Under which names the identity providers know a member.
create table identities (
  organization_id uuid not null,
  issuer text not null check (length(issuer) between 1 and 500),
  subject text not null check (length(subject) between 1 and 255),
  member_id uuid not null,
  linked_at timestamptz(3) not null,
  primary key (organization_id, issuer, subject),
  foreign key (organization_id, member_id) references members
);
create index identities_member on identities (organization_id, member_id);

alter table identities enable row level security, force row level security;
create policy identities_select on identities for select
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
create policy identities_insert on identities for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
grant select, insert on identities to peer_coaching_app;

-- Part of the opening of every writing transaction: who has left may not write, even with a token that is still
-- good and a standing that a replica still remembers.
create function require_standing() returns void stable language plpgsql as $$
begin
  if caller_actor() in ('member', 'administrator') and not exists (
    select from members
    where organization_id = caller_organization() and member_id = caller_member() and active
  ) then
    raise exception 'the caller is not an active member' using errcode = 'PC403';
  end if;
end $$;

-- The locks of people, until the transaction ends: whoever changes what two people have with each other holds both.
-- Always in the order of their ids, so that two requests can wait for each other but never in a circle. (Row locks
-- would not do: `select … for update` on a row that one may read but not change takes no lock, and says nothing.)
-- Before them a share in the lock of the calendar, so that no cycle is moved under a verb's feet.
-- Who was deactivated while waiting is turned away here: each statement of a volatile function sees what has been
-- committed by then.
create function lock_people(organization uuid, people uuid[]) returns void volatile language plpgsql as $$
declare
  person uuid;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(organization::text || '/calendar', 0));
  for person in select distinct unnest(people) order by 1 loop
    perform pg_advisory_xact_lock(hashtextextended(organization::text || '/' || person::text, 0));
  end loop;
  perform require_standing();
end $$;
