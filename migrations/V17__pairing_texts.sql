-- What the two of a pairing write to each other, sealed. The rows stay when their writer's key is gone; the texts are
-- unreadable then, and are shown as if there were none.
alter table pairings
  add column message bytea, -- of the coachee, with the request
  add column decline_reason bytea, -- of the coach, with the no
  add constraint pairings_decline_reason check (decline_reason is null or state = 'declined');

alter table check_ins
  add column join_url bytea,
  add column join_url_by uuid, -- which of the two has set it: theirs is the key
  add constraint check_ins_join_url check ((join_url is null) = (join_url_by is null)),
  add constraint check_ins_join_url_by check (join_url_by in (coachee_id, coach_id));

-- The same as before, with what opens the address.
drop view check_ins_seen;
create view check_ins_seen with (security_invoker = true) as
  select c.*, coachee.name as coachee_name, coach.name as coach_name,
    p.state = 'active' as pairing_is_active, p.due_at as pairing_due_at, y.ends_at as cycle_ends_at,
    c.kind = 'kickoff' and exists (
      select from check_ins other
      where other.organization_id = c.organization_id and other.pairing_id = c.pairing_id and other.kind = 'kickoff'
        and other.state in ('scheduled', 'held') and other.check_in_id <> c.check_in_id) as another_kickoff,
    case when c.join_url is not null then (
      select wrapped from owner_keys k where k.organization_id = c.organization_id and k.owner_id = c.join_url_by) end as join_url_key
  from check_ins c
  join pairings p on p.organization_id = c.organization_id and p.pairing_id = c.pairing_id
  join cycles y on y.organization_id = c.organization_id and y.cycle_id = p.cycle_id
  join members coachee on coachee.organization_id = c.organization_id and coachee.member_id = c.coachee_id
  join members coach on coach.organization_id = c.organization_id and coach.member_id = c.coach_id;
grant select on check_ins_seen to peer_coaching_app;

-- Answers are kept sealed with the caller's own key, and go with it. Those that were kept in clear are forgotten. A
-- caller's first key is made after the work is done, so the reference is looked at when all is.
truncate idempotency_keys;
alter table idempotency_keys
  add constraint idempotency_keys_caller foreign key (organization_id, caller_id)
    references owner_keys on delete cascade deferrable initially deferred;
