-- What a member is to do next is read again and again: found in a few rows, however long their past is and however many
-- have asked them. What is no longer open to come is never looked at: `due_at` ends each of these indexes.
drop index pairings_open_of_coachee, pairings_open_of_coach;
create index pairings_open_of_coachee on pairings (organization_id, coachee_id, state, due_at)
  where state in ('requested', 'active');
create index pairings_open_of_coach on pairings (organization_id, coach_id, state, due_at)
  include (pairing_id, cycle_id, coachee_id)
  where state in ('requested', 'active');
create index check_ins_planned_of_coachee on check_ins (organization_id, coachee_id, starts_at) where state = 'scheduled';
-- Whether there is anybody to ask, without looking at those who would not be asked.
create index members_open_to_coaching on members (organization_id, member_id) where active and open_to_coaching;
