-- P7 by two unique indexes instead of an exclusion constraint. Two reviews are next to each other where they have the same
-- half, rounded down or rounded up: 2 and 3 round down to 1, 1 and 2 round up to 1.
--
-- Under load, a GiST index of PostgreSQL 15.18 was seen to have lost entries: a pairing that every other index found was
-- not in it, and the next who asked would not have been refused. A B-tree was not seen to, is smaller, and makes whoever
-- comes second wait where an exclusion constraint can end both in a deadlock.
alter table pairings drop constraint pairings_someone_else_next_time;
create unique index pairings_someone_else_after_even on pairings (organization_id, coachee_id, coach_id, (review / 2))
  where kickoff_held_at is not null or state in ('requested', 'active');
create unique index pairings_someone_else_after_odd on pairings (organization_id, coachee_id, coach_id, ((review + 1) / 2))
  where kickoff_held_at is not null or state in ('requested', 'active');
