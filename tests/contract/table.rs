//! Who may do what: one line for each operation and each place of it that carries an id.

use crate::world::PEOPLE;

/// What becomes of it: `yes` (it is done), `own` (done with what is the caller's own, nothing of anybody else's in it),
/// `none` (an empty success, the same as for an id that is nowhere), or the refusal, which is always the same as for an
/// id that is nowhere.
///
/// Short words: `401` unauthenticated, `404` not_found, `gone` member_inactive, `people` members_only, `programs` integrations_only, `admins`
/// administrators_only, `scope` scope_missing, `cursor` cursor_mismatch, `party` not_yours (which only the two are told).
const TABLE: &str = "
operation place                            given     nobody foreigner foreign_boss stranger former left program directory boss   coachee coach
get_liveness -                             nothing   yes    yes       yes          yes      yes    yes  yes     yes       yes    yes     yes
get_readiness -                            nothing   yes    yes       yes          yes      yes    yes  yes     yes       yes    yes     yes
get_problem_page -                         nothing   yes    yes       yes          yes      yes    yes  yes     yes       yes    yes     yes

get_me -                                   nothing   401    own       own          own      own    gone people  people    own    yes     own
update_me -                                nothing   401    own       own          own      own    gone people  people    own    yes     own
get_export -                               nothing   401    own       own          own      own    gone people  people    own    yes     own
erase_me -                                 leaver    401    own       own          own      own    gone people  people    own    yes     own
list_members -                             nothing   401    own       own          yes      yes    gone scope   yes       yes    yes     yes
list_members ?cursor                       nothing   401    cursor    cursor       yes      yes    gone scope   yes       yes    yes     yes
get_member {member_id}                     nothing   401    404       404          yes      yes    gone scope   yes       yes    yes     yes
update_member {member_id}                  nothing   401    admins    404          admins   admins gone scope   yes       yes    admins  admins
update_member #/external_id                nothing   401    admins    own          admins   admins gone scope   yes       yes    admins  admins
erase_member {member_id}                   nothing   401    admins    404          admins   admins gone admins  admins    yes    admins  admins
upsert_members #/members/0/external_id     nothing   401    admins    own          admins   admins gone scope   yes       yes    admins  admins

get_policy -                               nothing   401    own       own          yes      yes    gone people  people    yes    yes     yes
update_policy -                            nothing   401    admins    own          admins   admins gone admins  admins    yes    admins  admins

list_cycles -                              nothing   401    own       own          yes      yes    gone people  people    yes    yes     yes
list_cycles ?cursor                        nothing   401    cursor    cursor       yes      yes    gone people  people    yes    yes     yes
get_cycle {cycle_id}                       nothing   401    404       404          yes      yes    gone people  people    yes    yes     yes
add_cycle -                                gap       401    admins    own          admins   admins gone admins  admins    yes    admins  admins
update_cycle {cycle_id}                    upcoming  401    admins    404          admins   admins gone admins  admins    yes    admins  admins
cancel_cycle {cycle_id}                    upcoming  401    admins    404          admins   admins gone admins  admins    yes    admins  admins

get_participation {cycle_id}               nothing   401    404       404          own      own    gone people  people    own    yes     own
put_participation {cycle_id}               nothing   401    404       404          own      own    gone people  people    own    yes     own
get_reflection {cycle_id}                  nothing   401    404       404          own      own    gone people  people    own    yes     own
put_reflection {cycle_id}                  nothing   401    404       404          own      own    gone people  people    own    yes     own
get_pairing_reflection {pairing_id}        shared    401    404       404          404      404    gone people  people    404    yes     yes
get_pairing_reflection {pairing_id}        offered   401    404       404          404      404    gone people  people    404    yes     404
get_pairing_reflection {pairing_id}        active    401    404       404          404      404    gone people  people    404    yes     404
put_reflection_share {pairing_id}          requested 401    404       404          404      404    gone people  people    404    yes     party
put_reflection_share {pairing_id}          active    401    404       404          404      404    gone people  people    404    yes     party
delete_reflection_share {pairing_id}       shared    401    404       404          404      404    gone people  people    404    yes     party

list_coaches {cycle_id}                    nothing   401    404       404          own      own    gone people  people    own    yes     own
list_coaches ?cursor                       nothing   401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor

list_pairings -                            active    401    own       own          own      own    gone people  people    own    yes     own
list_pairings ?cycle_id                    active    401    none      none         own      own    gone people  people    own    yes     own
list_pairings ?cursor                      active    401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor
request_pairing #/coach_id                 nothing   401    not_available not_available yes yes    gone people  people    yes    yes     yourself
request_pairing #/cycle_id                 nothing   401    404       404          yes      yes    gone people  people    yes    yes     yourself
get_pairing {pairing_id}                   active    401    404       404          404      404    gone people  people    404    yes     yes
get_pairing {pairing_id}                   past      401    404       404          404      yes    gone people  people    404    yes     404
accept_pairing {pairing_id}                requested 401    404       404          404      404    gone people  people    404    party   yes
decline_pairing {pairing_id}               requested 401    404       404          404      404    gone people  people    404    party   yes
withdraw_pairing {pairing_id}              requested 401    404       404          404      404    gone people  people    404    yes     party
end_pairing {pairing_id}                   active    401    404       404          404      404    gone people  people    404    yes     yes
complete_pairing {pairing_id}              ripe      401    404       404          404      404    gone people  people    404    yes     yes

list_check_ins -                           series    401    own       own          own      own    gone people  people    own    yes     own
list_check_ins ?cursor                     series    401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor
list_pairing_check_ins {pairing_id}        series    401    404       404          404      404    gone people  people    404    yes     yes
list_pairing_check_ins ?series_id          series    401    none      none         none     none   gone people  people    404    yes     yes
list_pairing_check_ins ?cursor             series    401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor
plan_check_in {pairing_id}                 active    401    404       404          404      404    gone people  people    404    yes     yes
plan_series {pairing_id}                   met       401    404       404          404      404    gone people  people    404    yes     yes
cancel_series {series_id}                  series    401    404       404          404      404    gone people  people    404    yes     yes
get_check_in {check_in_id}                 call      401    404       404          404      404    gone people  people    404    yes     yes
update_check_in {check_in_id}              call      401    404       404          404      404    gone people  people    404    yes     yes
hold_check_in {check_in_id}                call      401    404       404          404      404    gone people  people    404    yes     yes
miss_check_in {check_in_id}                call      401    404       404          404      404    gone people  people    404    yes     yes
cancel_check_in {check_in_id}              to_come   401    404       404          404      404    gone people  people    404    yes     yes

get_check_in_calendar {check_in_id}        call      401    404       404          404      404    gone people  people    404    yes     yes
get_calendar_feed -                        fed       401    own       own          own      own    gone people  people    own    yes     own
make_calendar_feed -                       nothing   401    own       own          own      own    gone people  people    own    yes     own
delete_calendar_feed -                     fed       401    own       own          own      own    gone people  people    own    yes     own
get_calendar -                             fed       yes    yes       yes          yes      yes    yes  yes     yes       yes    yes     yes

get_notes {check_in_id}                    noted     401    404       404          404      404    gone people  people    404    yes     yes
put_note {check_in_id}                     noted     401    404       404          404      404    gone people  people    404    yes     yes
delete_note {check_in_id}                  noted     401    404       404          404      404    gone people  people    404    yes     yes

get_next_step -                            active    401    own       own          own      own    gone people  people    own    yes     own

list_actions {pairing_id}                  kept      401    404       404          404      404    gone people  people    404    yes     yes
list_actions ?cursor                       kept      401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor
add_action {pairing_id}                    active    401    404       404          404      404    gone people  people    404    yes     yes
get_action {action_id}                     kept      401    404       404          404      404    gone people  people    404    yes     yes
update_action {action_id}                  kept      401    404       404          404      404    gone people  people    404    yes     yes
list_progress {action_id}                  kept      401    404       404          404      404    gone people  people    404    yes     yes
list_progress ?cursor                      kept      401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor
add_progress {action_id}                   kept      401    404       404          404      404    gone people  people    404    yes     yes

list_insights {pairing_id}                 told      401    404       404          404      404    gone people  people    404    yes     yes
list_insights ?cursor                      told      401    cursor    cursor       cursor   cursor gone people  people    cursor yes     cursor
give_insight {pairing_id}                  active    401    404       404          404      404    gone people  people    404    party   yes
get_insight {insight_id}                   told      401    404       404          404      404    gone people  people    404    yes     yes
delete_insight {insight_id}                told      401    404       404          404      404    gone people  people    404    yes     party

get_help_request -                         asked     401    own       own          own      own    gone people  people    own    yes     own
put_help_request -                         nothing   401    own       own          own      own    gone people  people    own    yes     own
delete_help_request -                      asked     401    own       own          own      own    gone people  people    own    yes     own
list_help_requests -                       asked     401    admins    own          admins   admins gone admins  admins    yes    admins  admins
list_help_requests ?cursor                 asked     401    admins    cursor       admins   admins gone admins  admins    yes    admins  admins
get_statistics {cycle_id}                  finished  401    admins    404          admins   admins gone people  people    yes    admins  admins

list_audit_entries -                       nothing   401    own       own          own      own    gone people  people    yes    own     own
list_audit_entries ?cursor                 nothing   401    cursor    cursor       own      own    gone people  people    yes    own     own

list_events -                              nothing   401    programs  programs     programs programs gone scope   yes       programs programs programs

list_webhooks -                            hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
add_webhook -                              unhooked  401    programs  programs     programs programs gone scope   yes       programs programs programs
get_webhook {webhook_id}                   hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
update_webhook {webhook_id}                hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
delete_webhook {webhook_id}                hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
rotate_webhook_secret {webhook_id}         hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
test_webhook {webhook_id}                  hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
recover_webhook {webhook_id}               hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
list_deliveries {webhook_id}               hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
list_deliveries ?cursor                    hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs
repeat_delivery {delivery_id}              hooked    401    programs  programs     programs programs gone scope   yes       programs programs programs

get_visibility -                           nothing   401    yes       yes          yes      yes    gone yes     yes       yes    yes     yes
";

/// One line.
pub struct Line {
    pub operation: &'static str,
    /// `{pairing_id}`, `?cycle_id`, `?cursor`, `#/coach_id`; `-` where nothing is named.
    pub place: &'static str,
    /// What [`crate::world::World::given`] makes.
    pub given: &'static str,
    /// For each of [`PEOPLE`].
    pub expected: Vec<&'static str>,
}

/// The table, read.
pub fn lines() -> Vec<Line> {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty()).map(|line| line.split_whitespace());
    let head = lines.next().unwrap().skip(3).collect::<Vec<_>>();
    assert_eq!(head, PEOPLE, "the columns are the people");
    let line = |mut words: std::str::SplitWhitespace<'static>| {
        let mut word = || words.next().expect("operation, place, given and a word for everybody");
        let (operation, place, given) = (word(), word(), word());
        let expected = words.map(whole).collect::<Vec<_>>();
        assert_eq!(expected.len(), PEOPLE.len(), "{operation} {place}: a word for everybody");
        Line { operation, place, given, expected }
    };
    lines.map(line).collect()
}

impl Line {
    /// What is expected for one of [`PEOPLE`].
    pub fn for_whom(&self, name: &str) -> &'static str {
        self.expected[PEOPLE.iter().position(|known| *known == name).expect(name)]
    }

    /// Who certainly may, if anybody: the two, then the others.
    pub fn owner(&self) -> Option<&'static str> {
        ["coachee", "coach", "boss", "directory", "nobody"].into_iter().find(|name| self.for_whom(name) == "yes")
    }
}

fn whole(word: &'static str) -> &'static str {
    match word {
        "401" => "unauthenticated",
        "404" => "not_found",
        "gone" => "member_inactive",
        "people" => "members_only",
        "programs" => "integrations_only",
        "admins" => "administrators_only",
        "scope" => "scope_missing",
        "cursor" => "cursor_mismatch",
        "party" => "not_yours",
        other => other,
    }
}
