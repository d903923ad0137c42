create table policies (
  organization_id uuid not null references organizations,
  version bigint not null check (version >= 1),
  time_zone text not null check (length(time_zone) between 1 and 64),
  cadence_months smallint not null check (cadence_months between 1 and 24),
  anchor_on date not null check (anchor_on between '2000-01-01' and '2199-12-31'),
  request_days smallint not null check (request_days between 1 and 60),
  last_request_days smallint not null check (last_request_days between 0 and 90),
  wrap_up_days smallint not null check (wrap_up_days between 0 and 60),
  max_coaches_per_cycle smallint not null check (max_coaches_per_cycle between 1 and 20),
  default_coach_capacity smallint not null check (default_coach_capacity between 0 and 20),
  kickoff_minutes smallint not null check (kickoff_minutes between 5 and 240),
  weekly_minutes smallint not null check (weekly_minutes between 5 and 240),
  catch_up_minutes smallint not null check (catch_up_minutes between 5 and 240),
  require_reflection boolean not null,
  create_members boolean not null,
  statistics_for_members boolean not null,
  smallest_group smallint not null check (smallest_group between 3 and 100),
  retention_months smallint check (retention_months between 3 and 240), -- null: kept
  questions text[] not null check (cardinality(questions) between 1 and 12),
  written_at timestamptz(3) not null,
  primary key (organization_id, version)
);

-- A version is never changed: a cycle is governed by the newest one written before it started.
alter table policies enable row level security, force row level security;
create policy policies_select on policies for select
  using (organization_id = (select caller_organization()));
create policy policies_insert on policies for insert
  with check (organization_id = (select caller_organization())
    and (select caller_actor()) in ('administrator', 'system'));
grant select, insert on policies to peer_coaching_app;
