//! Which kinds of data each operation that reads can show: one line for each operation.

use std::collections::BTreeMap;

/// `-` where an operation shows nothing about anybody. A calendar feed shows calls to whoever knows its secret address,
/// whoever that is; here everybody has a wrong one. `tests/api/calendar.rs` tells what the right one shows.
const TABLE: &str = "
get_liveness            -
get_readiness           -
get_problem_page        -
get_visibility          -
get_policy              -
list_cycles             -
get_cycle               -

get_me                  directory directory_keys settings
list_members            directory directory_keys
get_member              directory directory_keys
list_coaches            directory directory_keys

get_participation       participation topics
get_reflection          reflection
get_pairing_reflection  reflection pairing

list_pairings           pairing message decline_reason directory
get_pairing             pairing message decline_reason directory

list_check_ins          check_in join_url pairing directory
list_pairing_check_ins  check_in join_url pairing directory
get_check_in            check_in join_url pairing directory
get_check_in_calendar   check_in
get_calendar            -
get_calendar_feed       calendar_feed
get_notes               note check_in

list_actions            action pairing
get_action              action pairing
list_progress           progress
list_insights           insight pairing
get_insight             insight pairing

get_next_step           next_step pairing directory
get_help_request        help_request
get_export              directory directory_keys settings participation topics reflection pairing message decline_reason \
                        check_in join_url note action progress insight help_request calendar_feed \
                        audit_entry
list_help_requests      help_request directory
get_statistics          statistics
list_audit_entries      audit_entry
list_events             pairing check_in
list_webhooks           -
get_webhook             -
list_deliveries         -
";

/// The table, read.
pub fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let line = |line: &'static str| {
        let mut words = line.split_whitespace();
        let id = words.next().expect("an operation");
        (id, words.filter(|word| *word != "-").collect())
    };
    TABLE.lines().filter(|line| !line.is_empty()).map(line).collect()
}
