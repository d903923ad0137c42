-- starts_on inclusive, ends_on exclusive; the instants are resolved once, in the organization's zone of that moment.
create table cycles (
  organization_id uuid not null references organizations,
  cycle_id uuid not null,
  version bigint not null default 1,
  name text not null check (length(name) between 1 and 120),
  starts_on date not null,
  ends_on date not null,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  cancelled_at timestamptz(3),
  planned boolean not null, -- by the service itself, which may plan its days anew
  created_at timestamptz(3) not null,
  primary key (organization_id, cycle_id),
  constraint cycles_days check (starts_on < ends_on),
  constraint cycles_instants check (starts_at < ends_at),
  -- A cancelled cycle keeps its period. Checked at the end of a statement, so that one statement can move the end of
  -- a cycle and the start of the next.
  constraint cycles_never_overlap exclude using gist (organization_id with =, tstzrange(starts_at, ends_at) with &&)
    deferrable initially immediate
);
create index cycles_by_start on cycles (organization_id, starts_at);

alter table cycles enable row level security, force row level security;
create policy cycles_select on cycles for select
  using (organization_id = (select caller_organization()));
create policy cycles_insert on cycles for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) in ('administrator', 'system'));
create policy cycles_update on cycles for update
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('administrator', 'system'))
  with check (organization_id = (select caller_organization()) and (select caller_actor()) in ('administrator', 'system'));
grant select, insert, update on cycles to peer_coaching_app;

-- The cycle that a path means: this one, or by word the one that covers an instant (`current`) or the first after it
-- (`next`). So that asking for something in the current cycle is one statement.
create function cycle_meant(organization uuid, id uuid, word text, instant timestamptz) returns uuid
  stable language sql as $$
  select case word
    when 'current' then (select cycle_id from cycles
      where organization_id = organization and starts_at <= instant and ends_at > instant)
    when 'next' then (select n.cycle_id from cycles c join cycles n on n.organization_id = organization and n.starts_at >= c.ends_at
        and n.cancelled_at is null
      where c.organization_id = organization and c.starts_at <= instant and c.ends_at > instant
      order by n.starts_at limit 1)
    else id end
$$;
