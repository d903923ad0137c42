-- Webhooks: where a company's own programs are told of events, and what has become of each delivery. Only programs that may
-- manage them see them; the service itself delivers. Instants of deliveries are real ones, whatever the domain's clock says.
create table webhooks (
  organization_id uuid not null references organizations,
  webhook_id uuid not null,
  version bigint not null default 1,
  url text not null check (length(url) between 1 and 2000),
  types text[] check (cardinality(types) between 1 and 100), -- all where it is null
  secret bytea not null,
  old_secret bytea,
  old_secret_until timestamptz(3),
  failing_since timestamptz(3),
  disabled_at timestamptz(3),
  disabled_because text check (disabled_because in ('asked', 'failing', 'gone')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  -- How far in the order of events its deliveries have been made; see `events`.
  cluster bigint not null,
  transaction bigint not null,
  ordinal bigint not null,
  primary key (organization_id, webhook_id),
  constraint webhooks_disabled check ((disabled_at is null) = (disabled_because is null)),
  constraint webhooks_old_secret check ((old_secret is null) = (old_secret_until is null))
);

alter table webhooks enable row level security, force row level security;
create policy webhooks_select on webhooks for select
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'system'));
create policy webhooks_insert on webhooks for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'integration');
create policy webhooks_update on webhooks for update
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'system'))
  with check (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'system'));
create policy webhooks_delete on webhooks for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'integration');
grant select, insert, update, delete on webhooks to peer_coaching_app;

-- One for each event that a webhook is told of; without an event, a test. What is told stands in `events` alone, so that
-- what is erased there is not told any more.
create table deliveries (
  organization_id uuid not null,
  delivery_id uuid not null default uuid_of_now(),
  webhook_id uuid not null,
  event_id uuid,
  type text not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed', 'gone')),
  attempts smallint not null default 0 check (attempts >= 0), -- since it was last asked for
  due_at timestamptz(3), -- the next attempt
  claimed_until timestamptz(3), -- until then whoever has claimed it makes the attempt; then it is anybody's again
  attempted_at timestamptz(3),
  status smallint check (status between 100 and 999),
  problem text check (problem in ('forbidden_address', 'unreachable', 'timed_out', 'bad_status')),
  created_at timestamptz(3) not null,
  primary key (organization_id, delivery_id),
  foreign key (organization_id, webhook_id) references webhooks on delete cascade,
  constraint deliveries_once unique (organization_id, webhook_id, event_id),
  constraint deliveries_due check ((state = 'waiting') = (due_at is not null))
);
create index deliveries_due_next on deliveries (organization_id, webhook_id, due_at, delivery_id) where state = 'waiting';
create index deliveries_of_webhook on deliveries (organization_id, webhook_id, delivery_id);
create index deliveries_created on deliveries (organization_id, created_at);

alter table deliveries enable row level security, force row level security;
create policy deliveries_select on deliveries for select
  using (organization_id = (select caller_organization())
    and (select caller_actor()) in ('integration', 'system', 'eraser'));
create policy deliveries_insert on deliveries for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'system'));
create policy deliveries_update on deliveries for update
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'system'))
  with check (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'system'));
create policy deliveries_delete on deliveries for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('integration', 'eraser'));
grant select, insert, update, delete on deliveries to peer_coaching_app;
