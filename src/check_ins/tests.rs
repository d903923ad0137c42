//! Weekly calls on every kind of clock, and what is allowed in every state.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::rules::{Around, CheckIn, Kind, LONGEST_SERIES, State, Verb, weekly};
use crate::codes::Code;
use crate::ids::{CheckInId, MemberId, PairingId};
use crate::zones;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    zones::named(name).unwrap()
}

/// What is on the clock there, in so many weeks.
fn on_the_clock(first: &str, name: &str, weeks: i64) -> Vec<String> {
    let first = first.parse::<DateTime>().unwrap().to_zoned(zone(name)).unwrap().timestamp();
    let end = first + SignedDuration::from_hours(24 * 7 * weeks - 48);
    let calls = weekly(first, &zone(name), end);
    calls.iter().map(|call| call.to_zoned(zone(name)).strftime("%m-%d %H:%M %z").to_string()).collect()
}

#[test]
fn the_same_time_on_the_clock_through_every_kind_of_transition() {
    // Into summer time and out of it; the southern way; half an hour (Lord Howe); no transition at all.
    assert_eq!(on_the_clock("2026-03-24T10:00", "Europe/Lisbon", 2), ["03-24 10:00 +0000", "03-31 10:00 +0100"]);
    assert_eq!(on_the_clock("2026-10-20T10:00", "Europe/Lisbon", 2), ["10-20 10:00 +0100", "10-27 10:00 +0000"]);
    assert_eq!(on_the_clock("2026-09-30T09:00", "Australia/Sydney", 2), ["09-30 09:00 +1000", "10-07 09:00 +1100"]);
    assert_eq!(on_the_clock("2026-03-31T09:00", "Australia/Lord_Howe", 2), ["03-31 09:00 +1100", "04-07 09:00 +1030"]);
    assert_eq!(on_the_clock("2026-03-24T09:00", "Asia/Kolkata", 2), ["03-24 09:00 +0530", "03-31 09:00 +0530"]);
    // A day that was skipped: Samoa went over the date line on 30 December 2011, a Friday.
    assert_eq!(
        on_the_clock("2011-12-23T09:00", "Pacific/Apia", 3),
        ["12-23 09:00 -1000", "12-31 09:00 +1400", "01-06 09:00 +1400"]
    );
    // Summer time interrupted for Ramadan, and a change of standard time.
    assert_eq!(on_the_clock("2026-02-12T10:00", "Africa/Casablanca", 2), ["02-12 10:00 +0100", "02-19 10:00 +0000"]);
    assert_eq!(on_the_clock("2014-10-22T10:00", "Europe/Moscow", 2), ["10-22 10:00 +0400", "10-29 10:00 +0300"]);
    // Year's end, and the 29th of February.
    assert_eq!(on_the_clock("2026-12-28T08:00", "UTC", 2), ["12-28 08:00 +0000", "01-04 08:00 +0000"]);
    assert_eq!(
        on_the_clock("2028-02-22T08:00", "UTC", 3),
        ["02-22 08:00 +0000", "02-29 08:00 +0000", "03-07 08:00 +0000"]
    );
}

#[test]
fn a_time_that_a_day_does_not_have_is_moved_past_the_gap_for_that_day_alone() {
    assert_eq!(
        on_the_clock("2026-03-22T01:30", "Europe/Lisbon", 3),
        ["03-22 01:30 +0000", "03-29 02:30 +0100", "04-05 01:30 +0100"]
    );
    // A time that a day has twice is the first of the two.
    assert_eq!(
        on_the_clock("2026-10-18T01:30", "Europe/Lisbon", 3),
        ["10-18 01:30 +0100", "10-25 01:30 +0100", "11-01 01:30 +0000"]
    );
}

#[test]
fn the_first_call_is_to_the_instant_the_one_that_was_asked_for() {
    // The second half past one of the day that has it twice.
    let first = at("2026-10-25T01:30:00Z");
    assert_eq!(weekly(first, &zone("Europe/Lisbon"), at("2026-11-05T00:00:00Z")), [first, at("2026-11-01T01:30:00Z")]);
}

#[test]
fn a_series_ends_before_the_end_and_is_never_longer_than_a_year() {
    let first = at("2026-10-05T10:00:00Z");
    let calls = |end: &str| weekly(first, &TimeZone::UTC, at(end)).len();
    assert_eq!((calls("2026-10-12T10:00:00Z"), calls("2026-10-12T10:00:00.001Z")), (1, 2));
    assert_eq!((calls("2026-10-05T10:00:00Z"), calls("2199-01-01T00:00:00Z")), (0, LONGEST_SERIES));
}

#[test]
fn in_every_zone_every_call_is_at_its_time_or_past_a_gap() {
    let (mut zones, mut calls, mut moved) = (0, 0, 0);
    for name in TimeZoneDatabase::bundled().available() {
        let zone = zone(name.as_str());
        zones += 1;
        for year in [2011, 2014, 2026, 2030] {
            let first = at(&format!("{year}-01-02T02:15:00Z"));
            let wanted = first.to_zoned(zone.clone()).time();
            for (week, call) in weekly(first, &zone, Timestamp::MAX).into_iter().enumerate() {
                let there = call.to_zoned(zone.clone());
                let straight = first + SignedDuration::from_hours(24 * 7 * week as i64);
                assert!(call.duration_since(straight).abs() <= SignedDuration::from_hours(25), "{name:?} {there}");
                calls += 1;
                moved += usize::from(there.time() != wanted);
                assert!(there.time() >= wanted || there.time().hour() <= 1, "{name:?} {there}");
            }
        }
    }
    println!("{calls} calls in {zones} zones, {moved} of them moved past a gap");
    assert!(zones > 400 && moved < calls / 100);
}

#[test]
fn what_is_allowed_in_every_state() {
    let (start, end) = (at("2026-10-08T09:00:00Z"), at("2027-01-01T00:00:00Z"));
    let call = |kind, state| CheckIn {
        id: CheckInId::new(),
        version: 1,
        pairing: PairingId::new(),
        coachee: MemberId::new(),
        coach: MemberId::new(),
        kind,
        series: None,
        starts_at: start,
        duration_minutes: 30,
        state,
        join_url: None,
        counts_as_held_at: None,
    };
    let around = |pairing_is_active, another_kickoff, now| Around {
        pairing_is_active,
        cycle_ends_at: end,
        another_kickoff,
        now,
    };
    let before = start - SignedDuration::from_millis(1);
    for kind in [Kind::Kickoff, Kind::Weekly, Kind::CatchUp] {
        let allowed = |state, now| call(kind, state).allowed(&around(true, false, now));
        assert_eq!(allowed(State::Scheduled, before), [Verb::Update, Verb::Cancel]);
        assert_eq!(allowed(State::Scheduled, start), [Verb::Update, Verb::Hold, Verb::Miss]);
        assert_eq!(allowed(State::Held, start), [Verb::Miss]);
        assert_eq!(allowed(State::Missed, start), [Verb::Hold]);
        assert_eq!(allowed(State::Cancelled, start), []);
        let late = if kind == Kind::Kickoff { vec![] } else { vec![Verb::Miss] };
        assert_eq!(allowed(State::Held, end), late, "after the cycle a first call stands as it is");
        for state in [State::Scheduled, State::Held, State::Missed, State::Cancelled] {
            assert_eq!(call(kind, state).allowed(&around(false, false, start)), [], "the pairing has closed");
        }
    }
    let refused = |kind, state, verb, another, now| call(kind, state).permits(verb, &around(true, another, now));
    assert_eq!(refused(Kind::Weekly, State::Scheduled, Verb::Miss, false, before), Err(Code::NotYet));
    assert_eq!(refused(Kind::Kickoff, State::Missed, Verb::Hold, true, start), Err(Code::KickoffPlanned));
    assert_eq!(refused(Kind::Kickoff, State::Missed, Verb::Hold, false, end), Err(Code::CycleOver));
    assert_eq!(refused(Kind::Weekly, State::Missed, Verb::Hold, true, end), Ok(()));
    assert_eq!(refused(Kind::Weekly, State::Held, Verb::Cancel, false, start), Err(Code::NotWaiting));
}
