//! The calendar, worked out without this code: leap days, month ends, year ends, days of 22 to 25 hours, and deadlines across them.

use jiff::civil::Date;

use super::{at, settings};
use crate::cycles::rules::{Cycle, Period, start_of};
use crate::ids::CycleId;
use crate::pairings::rules::Due;
use crate::policy::rules::Settings;
use crate::zones;

/// What, where, given what, and then:
/// - `cycle`: every so many months from an anchor, the one that covers an instant: its days, and its instants.
/// - `day`: its first instant, and how long it is.
/// - `asking`: in a cycle of these days, whose last so many days are too late: until when a colleague can be asked.
/// - `waiting`: in a cycle up to a day, so many days from the question: until when an answer is waited for. Its days are
///   of 24 hours, whatever the clocks do.
const TABLE: &str = "
    cycle   | Europe/Lisbon       | 3 months, 2022-01-01, 2026-11-22T10:00Z          | 2026-10-01 to 2027-01-01, 2026-09-30T23:00Z to 2027-01-01T00:00Z
    cycle   | Europe/Lisbon       | 3 months, 2022-01-01, 2026-09-30T22:59:59Z       | 2026-07-01 to 2026-10-01, 2026-06-30T23:00Z to 2026-09-30T23:00Z
    cycle   | Europe/Lisbon       | 3 months, 2022-01-01, 2026-09-30T23:00Z          | 2026-10-01 to 2027-01-01, 2026-09-30T23:00Z to 2027-01-01T00:00Z
    cycle   | Europe/Lisbon       | 3 months, 2022-01-01, 2026-12-31T23:59:59Z       | 2026-10-01 to 2027-01-01, 2026-09-30T23:00Z to 2027-01-01T00:00Z
    cycle   | Europe/Lisbon       | 3 months, 2022-01-01, 2027-01-01T00:00Z          | 2027-01-01 to 2027-04-01, 2027-01-01T00:00Z to 2027-03-31T23:00Z
    cycle   | Asia/Tokyo          | 3 months, 2022-01-01, 2026-12-31T15:00Z          | 2027-01-01 to 2027-04-01, 2026-12-31T15:00Z to 2027-03-31T15:00Z
    cycle   | Asia/Tokyo          | 3 months, 2022-01-01, 2026-12-31T14:59:59Z       | 2026-10-01 to 2027-01-01, 2026-09-30T15:00Z to 2026-12-31T15:00Z
    cycle   | America/Los_Angeles | 3 months, 2022-01-01, 2027-01-01T07:59:59Z       | 2026-10-01 to 2027-01-01, 2026-10-01T07:00Z to 2027-01-01T08:00Z
    cycle   | America/Los_Angeles | 3 months, 2022-01-01, 2027-01-01T08:00Z          | 2027-01-01 to 2027-04-01, 2027-01-01T08:00Z to 2027-04-01T07:00Z
    cycle   | Asia/Kathmandu      | 3 months, 2022-01-01, 2026-03-31T18:15Z          | 2026-04-01 to 2026-07-01, 2026-03-31T18:15Z to 2026-06-30T18:15Z
    cycle   | Pacific/Kiritimati  | 3 months, 2022-01-01, 2026-12-31T10:00Z          | 2027-01-01 to 2027-04-01, 2026-12-31T10:00Z to 2027-03-31T10:00Z
    cycle   | Pacific/Niue        | 3 months, 2022-01-01, 2027-01-01T10:59:59Z       | 2026-10-01 to 2027-01-01, 2026-10-01T11:00Z to 2027-01-01T11:00Z
    cycle   | Pacific/Apia        | 3 months, 2022-01-01, 2011-12-30T10:00Z          | 2011-10-01 to 2012-01-01, 2011-10-01T10:00Z to 2011-12-31T10:00Z
    cycle   | America/Asuncion    | 3 months, 2022-01-01, 2023-10-01T03:59:59Z       | 2023-07-01 to 2023-10-01, 2023-07-01T04:00Z to 2023-10-01T04:00Z
    cycle   | America/Asuncion    | 3 months, 2022-01-01, 2023-10-01T04:00Z          | 2023-10-01 to 2024-01-01, 2023-10-01T04:00Z to 2024-01-01T03:00Z
    cycle   | America/Havana      | 3 months, 2022-01-01, 2012-04-01T05:00Z          | 2012-04-01 to 2012-07-01, 2012-04-01T05:00Z to 2012-07-01T04:00Z
    cycle   | Etc/UTC             | 3 months, 2022-01-01, 2021-12-31T23:59:59Z       | 2021-10-01 to 2022-01-01, 2021-10-01T00:00Z to 2022-01-01T00:00Z
    cycle   | Etc/UTC             | 3 months, 2022-01-01, 1999-12-31T23:59:59Z       | 1999-10-01 to 2000-01-01, 1999-10-01T00:00Z to 2000-01-01T00:00Z
    cycle   | Etc/UTC             | 3 months, 2022-01-01, 2028-02-29T12:00Z          | 2028-01-01 to 2028-04-01, 2028-01-01T00:00Z to 2028-04-01T00:00Z
    cycle   | Etc/UTC             | 12 months, 2024-02-29, 2025-02-28T00:00Z         | 2025-02-28 to 2026-02-28, 2025-02-28T00:00Z to 2026-02-28T00:00Z
    cycle   | Etc/UTC             | 12 months, 2024-02-29, 2025-02-27T23:59:59Z      | 2024-02-29 to 2025-02-28, 2024-02-29T00:00Z to 2025-02-28T00:00Z
    cycle   | Etc/UTC             | 12 months, 2024-02-29, 2028-02-28T23:59:59Z      | 2027-02-28 to 2028-02-29, 2027-02-28T00:00Z to 2028-02-29T00:00Z
    cycle   | Etc/UTC             | 12 months, 2024-02-29, 2028-02-29T00:00Z         | 2028-02-29 to 2029-02-28, 2028-02-29T00:00Z to 2029-02-28T00:00Z
    cycle   | Europe/Lisbon       | 1 months, 2024-02-29, 2027-03-01T00:00Z          | 2027-02-28 to 2027-03-29, 2027-02-28T00:00Z to 2027-03-28T23:00Z
    cycle   | Etc/UTC             | 24 months, 2000-02-29, 2101-01-01T00:00Z         | 2100-02-28 to 2102-02-28, 2100-02-28T00:00Z to 2102-02-28T00:00Z
    cycle   | Etc/UTC             | 24 months, 2000-02-29, 2100-02-28T00:00Z         | 2100-02-28 to 2102-02-28, 2100-02-28T00:00Z to 2102-02-28T00:00Z
    cycle   | Etc/UTC             | 3 months, 2025-11-30, 2026-02-27T23:59:59Z       | 2025-11-30 to 2026-02-28, 2025-11-30T00:00Z to 2026-02-28T00:00Z
    cycle   | Etc/UTC             | 3 months, 2025-11-30, 2026-02-28T00:00Z          | 2026-02-28 to 2026-05-30, 2026-02-28T00:00Z to 2026-05-30T00:00Z
    cycle   | Etc/UTC             | 3 months, 2027-11-30, 2028-02-29T00:00Z          | 2028-02-29 to 2028-05-30, 2028-02-29T00:00Z to 2028-05-30T00:00Z
    cycle   | Etc/UTC             | 3 months, 2025-11-30, 2026-05-30T00:00Z          | 2026-05-30 to 2026-08-30, 2026-05-30T00:00Z to 2026-08-30T00:00Z
    cycle   | Etc/UTC             | 1 months, 2022-01-31, 2026-02-28T00:00Z          | 2026-02-28 to 2026-03-31, 2026-02-28T00:00Z to 2026-03-31T00:00Z
    cycle   | Etc/UTC             | 1 months, 2022-01-31, 2026-04-30T12:00Z          | 2026-04-30 to 2026-05-31, 2026-04-30T00:00Z to 2026-05-31T00:00Z
    cycle   | Etc/UTC             | 1 months, 2022-01-31, 2026-03-30T12:00Z          | 2026-02-28 to 2026-03-31, 2026-02-28T00:00Z to 2026-03-31T00:00Z
    cycle   | Etc/UTC             | 6 months, 2023-08-31, 2026-03-01T12:00Z          | 2026-02-28 to 2026-08-31, 2026-02-28T00:00Z to 2026-08-31T00:00Z
    cycle   | Etc/UTC             | 5 months, 2022-01-01, 2026-11-22T10:00Z          | 2026-08-01 to 2027-01-01, 2026-08-01T00:00Z to 2027-01-01T00:00Z
    cycle   | Etc/UTC             | 3 months, 2199-12-31, 2026-11-22T10:00Z          | 2026-09-30 to 2026-12-31, 2026-09-30T00:00Z to 2026-12-31T00:00Z
    day     | Europe/Lisbon       | 2026-03-29                                       | 2026-03-29T00:00Z, 23 hours
    day     | Europe/Lisbon       | 2026-10-25                                       | 2026-10-24T23:00Z, 25 hours
    day     | Europe/Lisbon       | 2026-07-01                                       | 2026-06-30T23:00Z, 24 hours
    day     | America/New_York    | 2026-03-08                                       | 2026-03-08T05:00Z, 23 hours
    day     | America/New_York    | 2026-11-01                                       | 2026-11-01T04:00Z, 25 hours
    day     | Australia/Lord_Howe | 2026-04-05                                       | 2026-04-04T13:00Z, 24.5 hours
    day     | Australia/Lord_Howe | 2026-10-04                                       | 2026-10-03T13:30Z, 23.5 hours
    day     | Africa/Cairo        | 2026-04-24                                       | 2026-04-23T22:00Z, 23 hours
    day     | America/Havana      | 2026-11-01                                       | 2026-11-01T04:00Z, 25 hours
    day     | Antarctica/Troll    | 2026-03-29                                       | 2026-03-29T00:00Z, 22 hours
    day     | Pacific/Apia        | 2011-12-30                                       | 2011-12-30T10:00Z, 0 hours
    day     | Asia/Pyongyang      | 2018-05-04                                       | 2018-05-03T15:30Z, 23.5 hours
    asking  | Europe/Lisbon       | 2026-10-01 to 2027-01-01, last 14 days           | 2026-12-18T00:00Z
    asking  | Europe/Lisbon       | 2026-10-01 to 2027-01-01, last 0 days            | 2027-01-01T00:00Z
    asking  | Europe/Lisbon       | 2026-10-01 to 2027-01-01, last 90 days           | 2026-10-03T00:00Z
    asking  | Europe/Lisbon       | 2026-01-01 to 2026-04-01, last 14 days           | 2026-03-17T23:00Z
    asking  | America/New_York    | 2026-08-10 to 2026-11-10, last 14 days           | 2026-10-27T05:00Z
    asking  | Asia/Tokyo          | 2027-12-01 to 2028-03-01, last 1 days            | 2028-02-28T15:00Z
    waiting | Europe/Lisbon       | to 2027-01-01, 7 days from 2026-10-05T09:00Z     | 2026-10-12T09:00Z
    waiting | Europe/Lisbon       | to 2027-01-01, 7 days from 2026-10-23T09:00Z     | 2026-10-30T09:00Z
    waiting | Europe/Lisbon       | to 2026-07-01, 7 days from 2026-03-27T09:00Z     | 2026-04-03T09:00Z
    waiting | Europe/Lisbon       | to 2027-01-01, 7 days from 2026-12-25T00:00Z     | 2027-01-01T00:00Z
    waiting | Europe/Lisbon       | to 2027-01-01, 7 days from 2026-12-25T00:00:01Z  | 2027-01-01T00:00Z
    waiting | Europe/Lisbon       | to 2027-01-01, 60 days from 2026-12-17T23:59:59Z | 2027-01-01T00:00Z
    waiting | America/Los_Angeles | to 2028-04-01, 2 days from 2028-02-28T20:00Z     | 2028-03-01T20:00Z
    waiting | America/Los_Angeles | to 2027-01-01, 1 days from 2026-12-31T20:00Z     | 2027-01-01T08:00Z
";

fn day(text: &str) -> Date {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// The number in front.
fn number(text: &str) -> i16 {
    text.trim_start_matches("last ").split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{text}"))
}

fn hours(from: Date, zone: &jiff::tz::TimeZone) -> f64 {
    start_of(from.tomorrow().unwrap(), zone).duration_since(start_of(from, zone)).as_secs_f64() / 3600.0
}

#[test]
fn the_calendar_is_as_it_was_worked_out() {
    let rows = TABLE.trim().lines().collect::<Vec<_>>();
    assert_eq!(rows.len(), 62);
    for row in rows {
        let [what, zone_name, given, then] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let zone = zones::named(zone_name).unwrap();
        let given = given.split(", ").flat_map(|part| part.split(" to ")).collect::<Vec<_>>();
        match (what, &given[..]) {
            ("cycle", [cadence, anchor_on, now]) => {
                let settings = settings(zone_name, number(cadence), day(anchor_on));
                let period = Period::covering(at(now), &settings);
                let [days, instants] = then.split(", ").collect::<Vec<_>>()[..] else { panic!("{row}") };
                assert_eq!(format!("{} to {}", period.starts_on, period.ends_on), days, "{row}");
                let instants = instants.split(" to ").map(at).collect::<Vec<_>>();
                assert_eq!([period.starts_at, period.ends_at], instants[..], "{row}");
            }
            ("day", [on]) => {
                let [start, length] = then.split(", ").collect::<Vec<_>>()[..] else { panic!("{row}") };
                assert_eq!(start_of(day(on), &zone), at(start), "{row}");
                assert_eq!(format!("{} hours", hours(day(on), &zone)), length, "{row}");
            }
            ("asking", [starts_on, ends_on, last]) => {
                let period = Period::between(day(starts_on), day(ends_on), &zone);
                let (id, name) = (CycleId::new(), period.name());
                let cycle = Cycle { id, version: 1, name, period, cancelled_at: None, planned: true };
                assert_eq!(cycle.last_request_at(number(last)), at(then), "{row}");
            }
            ("waiting", [ends_on, days]) => {
                let (days, asked_at) = days.split_once(" days from ").unwrap();
                let ends_at = start_of(day(ends_on.trim_start_matches("to ")), &zone);
                assert_eq!(Due::of_request(at(asked_at), number(days), ends_at).at, at(then), "{row}");
            }
            _ => panic!("{row}"),
        }
    }
}

#[test]
fn a_cycle_is_called_by_its_quarter_or_by_its_days() {
    for (cadence, anchor, now, name) in [
        (3, "2022-01-01", "2026-11-22T10:00:00Z", "2026-Q4"),
        (3, "2022-01-01", "2027-01-01T00:00:00Z", "2027-Q1"),
        (3, "2022-02-01", "2026-11-22T10:00:00Z", "2026-11-01 to 2027-01-31"),
        (1, "2022-01-01", "2026-10-22T10:00:00Z", "2026-10-01 to 2026-10-31"),
        (3, "2025-11-30", "2026-03-01T00:00:00Z", "2026-02-28 to 2026-05-29"),
    ] {
        let settings = Settings { cadence_months: cadence, anchor_on: day(anchor), ..Settings::default() };
        assert_eq!(Period::covering(at(now), &settings).name(), name);
    }
}
