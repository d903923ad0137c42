-- Answers already given, so that a repeated POST has one effect. The row commits with the effect.
create table idempotency_keys (
  organization_id uuid not null references organizations,
  caller_id uuid not null, -- a member, or an integration under an id of its own
  route text not null check (length(route) between 1 and 300), -- method and path
  key text not null check (length(key) between 1 and 255),
  fingerprint text not null, -- which key made it, and an HMAC of the request's body
  status smallint,
  headers jsonb,
  body bytea,
  created_at timestamptz(3) not null,
  primary key (organization_id, caller_id, route, key)
);
create index idempotency_keys_by_age on idempotency_keys (organization_id, caller_id, created_at);

alter table idempotency_keys enable row level security, force row level security;
create policy idempotency_keys_select on idempotency_keys for select
  using (organization_id = (select caller_organization()) and caller_id = (select caller_member()));
create policy idempotency_keys_insert on idempotency_keys for insert
  with check (organization_id = (select caller_organization()) and caller_id = (select caller_member()));
create policy idempotency_keys_update on idempotency_keys for update
  using (organization_id = (select caller_organization()) and caller_id = (select caller_member()))
  with check (organization_id = (select caller_organization()) and caller_id = (select caller_member()));
create policy idempotency_keys_delete on idempotency_keys for delete
  using (organization_id = (select caller_organization()) and caller_id = (select caller_member()));
grant select, insert, update, delete on idempotency_keys to peer_coaching_app;
