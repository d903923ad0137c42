//! What the service keeps of people: every column of every table, where it is in a member's export, and what becomes of it
//! when they are erased. `tests/db/personal.rs` compares it with the migrated schema: a table or column that is forgotten
//! here fails there; what is said here is proven in `tests/api/export.rs` and `tests/api/erasure.rs`.
//!
//! A table's line names the columns that say whom its rows are about; the others have one line each:
//!
//! - where it is in the export, as pointers into it (through lists, several with `|`), or `-`;
//! - what an erasure does: `row` goes with its row, `blank` is empty afterwards, `blank:column` is so where that column names
//!   whoever is erased and otherwise the other one's and kept, `kept` is what it was, `moves` may be something else that is
//!   about nobody (a version, a state that the service has set).
//! - why, wherever it is not exported or stays.

const PERSONAL: &str = "
members member_id
  organization_id    /member/organization/id        kept   the tenant
  member_id          /member/id                     kept   what others have with them names it
  version            -                              moves  counts changes
  external_id        /member/external_id            blank
  email              /member/email                  blank
  name               /member/name                   moves  to 'Former member'
  title              /member/title                  blank
  team               /member/team                   blank
  active             -                              blank  who exports is active
  time_zone          /member/time_zone              blank
  works_from         /member/working_hours/from     blank
  works_until        /member/working_hours/until    blank
  languages          /member/languages              blank
  expertise          /member/expertise              blank
  projects           /member/projects               blank
  open_to_coaching   /member/open_to_coaching       blank
  coach_capacity     /member/coach_capacity         blank
  notify             /member/notify                 blank
  created_at         /member/created_at             kept   a date, of nobody in particular any more
  updated_at         -                              moves  counts changes
  erased_at          -                              moves  says that they were
  lot                -                              kept   a number that was drawn

member_terms member_id
  organization_id    -                              row    the tenant
  kind               -                              row    made of name, expertise and projects
  term               -                              row    made of name, expertise and projects
  member_id          -                              row    made of name, expertise and projects
  is_whole           -                              row    made of name, expertise and projects
  lot                -                              row    a number that was drawn

identities member_id
  organization_id    /member/organization/id        row
  issuer             /identities/issuer             row
  subject            /identities/subject            row
  member_id          /member/id                     row
  linked_at          /identities/linked_at          row
  not_before         -                              row    refuses tokens from before an erasure

participations member_id
  organization_id    /member/organization/id        row
  cycle_id           /participations/cycle_id       row
  member_id          /member/id                     row
  version            -                              row    counts changes
  answer             /participations/answer         row
  answered_at        /participations/answered_at    row
  topics             /participations/topics         row

reflections member_id
  organization_id    /member/organization/id        row
  cycle_id           /reflections/cycle_id          row
  member_id          /member/id                     row
  version            -                              row    counts changes
  policy_version     /reflections/policy_version    row
  completed_at       /reflections/completed_at      row
  created_at         -                              row    when it was begun: completed_at says more
  updated_at         /reflections/updated_at        row

reflection_answers member_id
  organization_id    /member/organization/id        row
  cycle_id           /reflections/cycle_id          row
  member_id          /member/id                     row
  answers            /reflections/questions/answer  row
  updated_at         /reflections/updated_at        row

reflection_shares coachee_id
  organization_id    /member/organization/id        row
  pairing_id         /reflection_shares/pairing_id  row
  coachee_id         /member/id                     row
  coach_id           /pairings/partner/id           row
  shared_at          /reflection_shares/shared_at   row

help_requests member_id
  organization_id    /member/organization/id        row
  cycle_id           /help_requests/cycle_id        row
  member_id          /member/id                     row
  version            -                              row    counts changes
  reason             /help_requests/reason          row
  asked_at           /help_requests/asked_at        row

calendar_feeds member_id
  organization_id    /member/organization/id        row
  member_id          /member/id                     row
  version            -                              row    counts changes
  secret_hash        -                              row    of an address that is not kept
  show_names         /calendar_feed/show_names      row
  created_at         /calendar_feed/created_at      row

pairings coachee_id coach_id
  organization_id    /member/organization/id        kept   the partner's too
  pairing_id         /pairings/id                   kept   the partner's too
  version            -                              moves  counts changes
  cycle_id           /pairings/cycle_id             kept   the partner's too
  coachee_id         /member/id|/pairings/partner/id kept  the partner's too
  coach_id           /member/id|/pairings/partner/id kept  the partner's too
  state              /pairings/state                moves  what is open ends
  requested_at       /pairings/requested_at         kept   the partner's too
  accepted_at        /pairings/accepted_at          kept   the partner's too
  closed_at          /pairings/closed_at            moves  what is open ends
  ended_by           /pairings/ended_by             moves  what is open ends
  due_at             /pairings/closes_at|/pairings/expires_at moves what is open ends
  due_state          -                              moves  what the clock will do, which closes_at and expires_at tell
  review             -                              kept   keeps 'someone else next time'
  kickoff_held_at    -                              moves  the state of the first call tells
  kickoff_due_at     -                              moves  counts_as_held_at of the first call tells
  caught_up_at       -                              moves  the states of the calls tell
  coachee_place      -                              kept   machinery: places are numbered
  coach_place        -                              kept   machinery: places are numbered
  message            /pairings/message              blank:coachee_id  the coachee's
  decline_reason     /pairings/decline_reason       blank:coach_id    the coach's

check_ins coachee_id coach_id
  organization_id    /member/organization/id        kept   the partner's too
  check_in_id        /check_ins/id                  kept   the partner's too
  version            -                              moves  counts changes
  pairing_id         /check_ins/pairing_id          kept   the partner's too
  coachee_id         /member/id|/check_ins/partner/id kept the partner's too
  coach_id           /member/id|/check_ins/partner/id kept the partner's too
  kind               /check_ins/kind                kept   the partner's too
  series_id          /check_ins/series_id           kept   the partner's too
  starts_at          /check_ins/starts_at           kept   the partner's too
  duration_minutes   /check_ins/duration_minutes    kept   the partner's too
  state              /check_ins/state               moves  what is to come is cancelled
  due_at             /check_ins/counts_as_held_at   moves  what is to come is cancelled
  due_state          -                              moves  what the clock will do, which counts_as_held_at tells
  created_at         -                              kept   when it was planned
  changed_at         -                              moves  when it was last moved, marked or cancelled
  join_url           /check_ins/join_url            blank:join_url_by whose it is
  join_url_by        -                              blank:join_url_by whoever has said where to join

notes author_id
  organization_id    /member/organization/id        row
  check_in_id        /notes/check_in_id             row
  author_id          /member/id                     row
  reader_id          -                              row    the partner, as long as it is shared, which is exported
  version            -                              row    counts changes
  text               /notes/note/text               row
  created_at         -                              row    updated_at tells when it was written
  updated_at         /notes/note/updated_at         row

actions coachee_id
  organization_id    /member/organization/id        row
  action_id          /actions/id                    row
  version            -                              row    counts changes
  pairing_id         /actions/pairing_id            row
  coachee_id         /member/id                     row
  coach_id           /pairings/partner/id           row
  kind               /actions/kind                  row
  text               /actions/text                  row
  state              /actions/state                 row
  author_id          -                              row    which of the two, which created_by tells
  created_at         /actions/created_at            row
  updated_at         /actions/updated_at            row

progress coachee_id
  organization_id    /member/organization/id        row
  progress_id        /progress/id                   row
  action_id          /progress/action_id            row
  coachee_id         /member/id                     row
  coach_id           /pairings/partner/id           row
  text               /progress/text                 row
  author_id          -                              row    which of the two, which by tells
  made_at            /progress/made_at              row

insights coachee_id
  organization_id    /member/organization/id        row
  insight_id         /insights/id                   row
  pairing_id         /insights/pairing_id           row
  coachee_id         /member/id                     row
  coach_id           /pairings/partner/id           row
  kind               /insights/kind                 row
  text               /insights/text                 row
  given_at           /insights/given_at             row

events recipient_id
  organization_id    -                              row    what was told to programs: things that are exported
  event_id           -                              row    what was told to programs
  cluster            -                              row    what was told to programs
  transaction        -                              row    what was told to programs
  ordinal            -                              row    what was told to programs
  recorded_at        -                              row    what was told to programs
  type               -                              row    what was told to programs
  occurred_at        -                              row    what was told to programs
  recipient_id       -                              row    what was told to programs
  notify             -                              row    what was told to programs
  member_id          -                              row    what was told to programs
  cycle_id           -                              row    what was told to programs
  pairing_id         -                              row    what was told to programs
  check_in_id        -                              row    what was told to programs
  webhook_id         -                              row    what was told to programs
  starts_at          -                              row    what was told to programs
  due_at             -                              row    what was told to programs

reminders member_id
  organization_id    -                              row    that one was told of something, once
  member_id          -                              row    that one was told of something, once
  step               -                              row    that one was told of something, once
  due_at             -                              row    that one was told of something, once

owner_keys owner_id
  organization_id    -                              row    a key is given to nobody
  owner_id           -                              row    a key is given to nobody
  wrapped            -                              row    a key is given to nobody
  written_at         -                              row    a key is given to nobody

idempotency_keys caller_id
  organization_id    -                              row    answers, given again for a day: what they show is exported
  caller_id          -                              row    answers, given again for a day
  route              -                              row    answers, given again for a day
  key                -                              row    answers, given again for a day
  fingerprint        -                              row    answers, given again for a day
  status             -                              row    answers, given again for a day
  headers            -                              row    answers, given again for a day
  body               -                              row    answers, given again for a day
  created_at         -                              row    answers, given again for a day

audit_entries member_id
  organization_id    /member/organization/id        kept   what administrators did, without what they changed
  audit_entry_id     /audit_entries/id              kept   what administrators did
  occurred_at        /audit_entries/occurred_at     kept   what administrators did
  actor              /audit_entries/actor           kept   what administrators did
  actor_id           /audit_entries/actor_id        kept   what administrators did: an id
  action             /audit_entries/action          kept   what administrators did
  subject_id         /audit_entries/subject_id      kept   what administrators did: an id
  member_id          /audit_entries/member_id       kept   an id
  changed            /audit_entries/changed         kept   names of fields, never what is in them
";

/// Tables about nobody, with their columns.
const NOBODYS: &str = "
organizations organization_id name created_at
policies organization_id version time_zone cadence_months anchor_on request_days last_request_days wrap_up_days
  max_coaches_per_cycle default_coach_capacity kickoff_minutes weekly_minutes catch_up_minutes require_reflection
  create_members statistics_for_members smallest_group retention_months questions written_at
cycles organization_id cycle_id version name starts_on ends_on starts_at ends_at cancelled_at planned created_at opening_told closing_told
webhooks organization_id webhook_id version url types secret old_secret old_secret_until failing_since disabled_at
  disabled_because created_at updated_at cluster transaction ordinal
deliveries organization_id delivery_id webhook_id event_id type state attempts due_at claimed_until attempted_at status
  problem created_at
organization_keys organization_id master wrapped written_at
erased_identities organization_id pseudonym erased_at
statistics organization_id cycle_id opted_in paired kickoffs_held completed smallest_group counted_at
swept_cycles organization_id cycle_id swept_at
";

/// A table with rows about people.
pub struct Table {
    pub name: &'static str,
    /// The columns that say whom a row is about.
    pub about: Vec<&'static str>,
    pub columns: Vec<Column>,
}

/// A column of such a table.
pub struct Column {
    pub name: &'static str,
    /// Where it is in the export; nowhere for some.
    pub exported: Vec<&'static str>,
    /// `row`, `blank`, `blank:` and the column that names whose it is, `kept` or `moves`.
    pub erased: &'static str,
}

/// The tables about people.
pub fn tables() -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for line in PERSONAL.lines().filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_else(|| panic!("a word is missing: {line}"));
        let name = word();
        if !line.starts_with(' ') {
            tables.push(Table { name, about: words.collect(), columns: Vec::new() });
            continue;
        }
        let (exported, erased) = (word(), word());
        let kind = erased.split_once(':').map_or(erased, |(kind, _)| kind);
        assert!(["row", "blank", "kept", "moves"].contains(&kind), "{line}");
        let (why, stays) = (words.next().is_some(), ["kept", "moves"].contains(&kind));
        assert!(why || !(stays || exported == "-"), "say why: {line}");
        let exported = exported.split('|').filter(|pointer| *pointer != "-").collect();
        tables.last_mut().expect("a table").columns.push(Column { name, exported, erased });
    }
    tables
}

/// Every column that is known, as `table.column`.
pub fn known() -> Vec<String> {
    let tables = tables();
    let mut known = tables
        .iter()
        .flat_map(|table| table.columns.iter().map(|column| format!("{}.{}", table.name, column.name)))
        .collect::<Vec<_>>();
    let mut name = "";
    for line in NOBODYS.lines() {
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            name = words.next().unwrap_or_default();
        }
        known.extend(words.map(|column| format!("{name}.{column}")));
    }
    known.sort();
    known
}
