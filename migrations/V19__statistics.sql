-- The figures of a cycle whose wrap-up is over, as they were published: rounded down to multiples of 5, null where
-- withheld. What they were counted from is not kept here, and once stored nobody changes them.
create table statistics (
  organization_id uuid not null,
  cycle_id uuid not null,
  opted_in integer check (opted_in > 0 and opted_in % 5 = 0),
  paired integer check (paired > 0 and paired % 5 = 0),
  kickoffs_held integer check (kickoffs_held > 0 and kickoffs_held % 5 = 0),
  completed integer check (completed > 0 and completed % 5 = 0),
  smallest_group smallint not null check (smallest_group >= 3), -- that they were published by
  counted_at timestamptz(3) not null, -- when the wrap-up was over: what they were at that instant
  primary key (organization_id, cycle_id),
  foreign key (organization_id, cycle_id) references cycles,
  -- Each is a part of the one before it, and no figure is under the smallest group.
  constraint statistics_nested check (
    (paired is null or opted_in is not null and paired <= opted_in)
    and (kickoffs_held is null or paired is not null and kickoffs_held <= paired)
    and (completed is null or kickoffs_held is not null and completed <= kickoffs_held)),
  constraint statistics_large_enough check (
    least(opted_in, paired, kickoffs_held, completed) is null
      or least(opted_in, paired, kickoffs_held, completed) >= smallest_group)
);

alter table statistics enable row level security, force row level security;
create policy statistics_select on statistics for select
  using (organization_id = (select caller_organization())
    and (select caller_actor()) in ('member', 'administrator', 'system'));
create policy statistics_insert on statistics for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'system');
grant select, insert on statistics to peer_coaching_app;
