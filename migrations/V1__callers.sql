-- Who is asking, as row-level policies see it. `Scope` sets these three for each transaction, before its first
-- statement; outside of one they are null, so nothing is visible. After a commit a setting reads '' rather than
-- null, hence nullif. Policies call them as `(select …())`: once for a statement, not once for a row.

create function caller_organization() returns uuid stable parallel safe language sql
  return nullif(current_setting('app.organization_id', true), '')::uuid;

-- An integration has an id here too, which is no member's.
create function caller_member() returns uuid stable parallel safe language sql
  return nullif(current_setting('app.member_id', true), '')::uuid;

-- 'member', 'administrator', 'integration' or 'system'
create function caller_actor() returns text stable parallel safe language sql
  return nullif(current_setting('app.actor', true), '');

grant usage on schema peer_coaching to peer_coaching_app;
-- `serve` compares this with the migrations it was built with.
grant select on refinery_schema_history to peer_coaching_app;
