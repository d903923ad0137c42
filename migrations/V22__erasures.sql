-- Erasing somebody. Their rows and their key go; what others have with them stays, with a "former member" in it.
alter table members
  add column erased_at timestamptz(3),
  add constraint members_erased check (erased_at is null or (
    not active and name = 'Former member' and not open_to_coaching and not notify
    and num_nonnulls(external_id, email, title, team, time_zone, works_from, works_until, coach_capacity) = 0
    and cardinality(languages) + cardinality(expertise) + cardinality(projects) = 0));

-- Whoever comes back after an erasure is somebody new. Tokens from before it stay worthless.
alter table identities add column not_before timestamptz(3);

-- Under which names erased people were known: only as codes, made with the organization's key. So that a token from before
-- the erasure can be told to be one.
create table erased_identities (
  organization_id uuid not null references organizations,
  pseudonym bytea not null check (length(pseudonym) = 32),
  erased_at timestamptz(3) not null,
  primary key (organization_id, pseudonym)
);

alter table erased_identities enable row level security, force row level security;
create policy erased_identities_select on erased_identities for select
  using (organization_id = (select caller_organization()) and (select caller_actor()) in ('system', 'eraser'));
create policy erased_identities_insert on erased_identities for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
create policy erased_identities_update on erased_identities for update
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser')
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert, update on erased_identities to peer_coaching_app;

-- What the eraser does to tables that are there already. Whoever deletes a row must be able to find it.
alter policy members_update on members
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member())
      or (select caller_actor()) in ('administrator', 'integration', 'system', 'eraser')))
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member())
      or (select caller_actor()) in ('administrator', 'integration', 'system', 'eraser')));
alter policy member_terms_delete on member_terms
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member())
      or (select caller_actor()) in ('administrator', 'integration', 'system', 'eraser')));

-- Members see their own, in what they take with them.
alter policy identities_select on identities
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('system', 'eraser')));
create policy identities_delete on identities for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant delete on identities to peer_coaching_app;

alter policy participations_select on participations
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('system', 'eraser')));
alter policy participations_update on participations
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('system', 'eraser')))
  with check (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('system', 'eraser')));
create policy participations_delete on participations for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant delete on participations to peer_coaching_app;

alter policy reflections_select on reflections
  using (organization_id = (select caller_organization())
    and (member_id = (select caller_member()) or (select caller_actor()) in ('system', 'eraser')
      or exists (
        select from reflection_shares s
        join pairings p on p.organization_id = s.organization_id and p.pairing_id = s.pairing_id
        where s.organization_id = reflections.organization_id and s.coachee_id = reflections.member_id
          and s.coach_id = (select caller_member()) and p.cycle_id = reflections.cycle_id
          and p.accepted_at is not null)));
create policy reflections_delete on reflections for delete
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant delete on reflections to peer_coaching_app;

-- Which calls, and so which texts about them, belong to a person or a cycle.
alter policy pairings_select on pairings
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) in ('system', 'eraser')));
alter policy check_ins_select on check_ins
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) in ('system', 'eraser')));

-- What the erased wrote with a request or a no, and where they were to be joined, goes though the row stays.
alter policy pairings_update on pairings
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) in ('system', 'eraser')))
  with check (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) in ('system', 'eraser')));
alter policy check_ins_update on check_ins
  using (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) in ('system', 'eraser')))
  with check (organization_id = (select caller_organization())
    and ((select caller_member()) in (coachee_id, coach_id) or (select caller_actor()) in ('system', 'eraser')));

-- Answers that are kept for whoever repeats a request may show a name, or a text, of somebody who is erased.
alter policy idempotency_keys_select on idempotency_keys
  using (organization_id = (select caller_organization())
    and (caller_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
alter policy idempotency_keys_update on idempotency_keys
  using (organization_id = (select caller_organization())
    and (caller_id = (select caller_member()) or (select caller_actor()) = 'eraser'))
  with check (organization_id = (select caller_organization())
    and (caller_id = (select caller_member()) or (select caller_actor()) = 'eraser'));
alter policy idempotency_keys_delete on idempotency_keys
  using (organization_id = (select caller_organization())
    and (caller_id = (select caller_member()) or (select caller_actor()) = 'eraser'));

-- Who was erased is told so, rather than that they are not active.
create or replace function require_standing() returns void stable language plpgsql as $$
declare
  standing record;
begin
  if caller_actor() in ('member', 'administrator') then
    select active, erased_at is not null as erased into standing from members
      where organization_id = caller_organization() and member_id = caller_member();
    if standing.erased then
      raise exception 'the caller was erased' using errcode = 'PC410';
    elsif standing.active is not true then
      raise exception 'the caller is not an active member' using errcode = 'PC403';
    end if;
  end if;
end $$;

-- Whoever was erased gets no key any more, and so nothing of theirs can be written. (Who writes a text of somebody's holds
-- that person's lock, as the erasure does: here it is seen.)
create function refuse_erased_owner() returns trigger volatile language plpgsql as $$
begin
  if exists (select from members
      where organization_id = new.organization_id and member_id = new.owner_id and erased_at is not null) then
    raise exception 'the owner was erased' using errcode = 'PC410';
  end if;
  return new;
end $$;
create trigger owner_keys_of_the_erased before insert on owner_keys
  for each row execute function refuse_erased_owner();
