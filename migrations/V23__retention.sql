-- Cycles whose texts have been deleted because they had been kept for long enough. Nothing is written there any more, so
-- nobody need look again.
create table swept_cycles (
  organization_id uuid not null,
  cycle_id uuid not null,
  swept_at timestamptz(3) not null,
  primary key (organization_id, cycle_id),
  foreign key (organization_id, cycle_id) references cycles
);

alter table swept_cycles enable row level security, force row level security;
create policy swept_cycles_select on swept_cycles for select
  using (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
create policy swept_cycles_insert on swept_cycles for insert
  with check (organization_id = (select caller_organization()) and (select caller_actor()) = 'eraser');
grant select, insert on swept_cycles to peer_coaching_app;
