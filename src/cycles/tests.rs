//! Cycles tile the years: in every zone, from any anchor, at any cadence, whatever midnight does there.

mod golden;
mod moved;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::rules::{Period, start_of};
use crate::policy::rules::Settings;

/// Quarters that start without a midnight, as their zone puts its clocks forward at that very moment: all that there are
/// from 2010 to 2040, with their first instant. Who brings new zones in looks at what has changed here.
const WITHOUT_MIDNIGHT: [(&str, &str, &str); 7] = [
    ("America/Asuncion", "2017-10-01", "2017-10-01T04:00:00Z"),
    ("America/Asuncion", "2023-10-01", "2023-10-01T04:00:00Z"),
    ("America/Havana", "2012-04-01", "2012-04-01T05:00:00Z"),
    ("Asia/Amman", "2011-04-01", "2011-03-31T22:00:00Z"),
    ("Asia/Amman", "2016-04-01", "2016-03-31T22:00:00Z"),
    ("Asia/Damascus", "2011-04-01", "2011-03-31T22:00:00Z"),
    ("Cuba", "2012-04-01", "2012-04-01T05:00:00Z"),
];

fn settings(zone: &str, cadence_months: i16, anchor_on: Date) -> Settings {
    Settings { time_zone: zone.into(), cadence_months, anchor_on, ..Settings::default() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// Every zone that there is, by its name.
fn zones() -> Vec<(String, TimeZone)> {
    let zones = TimeZoneDatabase::bundled();
    let zones = zones.available().map(|name| (name.to_string(), zones.get(name.as_str()).unwrap())).collect::<Vec<_>>();
    assert!(zones.len() > 590, "{}", zones.len());
    zones
}

/// One zone for each way in which clocks have been or will be changed from 2009 to 2041.
fn different_zones() -> Vec<(String, TimeZone)> {
    let from = at("2009-01-01T00:00:00Z");
    let changes = |zone: &TimeZone| {
        let changes = zone.following(from).take_while(|change| change.timestamp() < at("2041-01-01T00:00:00Z"));
        let changes = changes.map(|change| (change.timestamp(), change.offset())).collect::<Vec<_>>();
        (zone.to_offset(from), changes)
    };
    let different: BTreeMap<_, _> = zones().into_iter().map(|(name, zone)| (changes(&zone), (name, zone))).collect();
    assert!(different.len() > 150, "{}", different.len());
    different.into_values().collect()
}

/// The first instant of this day, by walking along what the zone's clocks show: no rule for gaps and folds is needed.
fn first_instant(day: Date, zone: &TimeZone) -> Timestamp {
    let midnight = day.at(0, 0, 0, 0);
    let noon = zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap();
    let around = SignedDuration::from_hours(50);
    let mut from = noon - around;
    let changes = zone.following(from).map(|change| change.timestamp()).take_while(|change| *change < noon + around);
    for until in changes.collect::<Vec<_>>().into_iter().chain([noon + around]) {
        let shown = zone.to_offset(from).to_timestamp(midnight).unwrap().max(from);
        if shown < until {
            return shown;
        }
        from = until;
    }
    panic!("{day} never starts");
}

/// Chains cycles from the one that covers `from` past `until`: each starts at the first instant of its first day, where
/// the one before ended, and covers just the instants that it should. Tells their first days.
fn tiles(settings: &Settings, zone: &TimeZone, from: Timestamp, until: Timestamp) -> Vec<Date> {
    let what = || format!("{} every {} from {}", settings.time_zone, settings.cadence_months, settings.anchor_on);
    let mut starts = Vec::new();
    let mut period = Period::covering(from, settings);
    assert!(period.covers(from), "{}", what());
    while period.starts_at < until {
        let next = period.next(settings);
        assert_eq!(period.starts_at, first_instant(period.starts_on, zone), "{} {}", what(), period.starts_on);
        assert_eq!((next.starts_on, next.starts_at), (period.ends_on, period.ends_at), "{}", what());
        assert!(next.lasts(), "{} {next:?}", what());
        let border = period.ends_at;
        for (off, covering) in [(-1, &period), (0, &next), (1, &next)] {
            let now = border + SignedDuration::from_millis(off);
            assert_eq!(Period::covering(now, settings), *covering, "{}: {off} ms from {border}", what());
            assert_eq!((period.covers(now), next.covers(now)), (off < 0, off >= 0), "{}: {off} ms", what());
        }
        starts.push(period.starts_on);
        period = next;
    }
    starts
}

#[test]
fn quarters_tile_the_years_in_every_zone() {
    let quarters = (2010..=2040).flat_map(|year| [1, 4, 7, 10].map(|month| date(year, month, 1))).collect::<Vec<_>>();
    let mut without_midnight = Vec::new();
    for (name, zone) in zones() {
        let settings = settings(&name, 3, date(2022, 1, 1));
        let (first, end) = (start_of(date(2010, 1, 1), &zone), start_of(date(2041, 1, 1), &zone));
        assert_eq!(tiles(&settings, &zone, first, end), quarters, "{name}");
        for quarter in &quarters {
            let start = start_of(*quarter, &zone);
            if zone.to_datetime(start) != quarter.at(0, 0, 0, 0) {
                without_midnight.push((name.clone(), quarter.to_string(), start.to_string()));
            }
        }
    }
    let expected = WITHOUT_MIDNIGHT.map(|(name, day, start)| (name.to_owned(), day.to_owned(), start.to_owned()));
    assert_eq!(without_midnight, expected);
}

#[test]
fn other_cadences_and_awkward_anchors_tile_them_too() {
    let anchors = [date(2024, 2, 29), date(2022, 1, 30), date(2023, 8, 31), date(2010, 11, 7)];
    let (from, until) = (at("2010-01-03T00:00:00Z"), at("2040-12-29T00:00:00Z"));
    for (at, (name, zone)) in different_zones().into_iter().enumerate() {
        for (turn, cadence) in [1, 2, 4, 6, 12].into_iter().enumerate() {
            // each zone with every cadence, each cadence with every anchor: not all of them with all
            let settings = settings(&name, cadence, anchors[(at + turn) % anchors.len()]);
            let starts = tiles(&settings, &zone, from, until);
            let expected = 31 * 12 / usize::try_from(cadence).unwrap();
            assert!((expected..=expected + 1).contains(&starts.len()), "{name} {cadence} {}", starts.len());
        }
    }
}

#[test]
fn an_hour_that_comes_again_after_midnight_belongs_to_the_new_cycle() {
    // On 7 November 2010 at 00:01 the clocks of Newfoundland went back to 23:01 of the 6th.
    let settings = settings("America/St_Johns", 3, date(2010, 11, 7));
    for (now, starts_on) in [
        ("2010-11-07T02:29:59.999Z", date(2010, 8, 7)),
        ("2010-11-07T02:30:00Z", date(2010, 11, 7)),
        ("2010-11-07T02:31:00Z", date(2010, 11, 7)), // 23:01 on the 6th, again
        ("2010-11-07T03:30:00Z", date(2010, 11, 7)), // midnight, again
    ] {
        let period = Period::covering(at(now), &settings);
        assert_eq!((period.starts_on, period.covers(at(now))), (starts_on, true), "{now}");
    }
}

#[test]
fn a_day_starts_with_its_first_instant() {
    for (zone, day, start) in [
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00Z"), // midnight comes twice
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00Z"),  // a day that was left out
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00Z"),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00:00Z"), // from 00:00 to 01:00
    ] {
        let zone = crate::zones::named(zone).unwrap();
        assert_eq!(start_of(day, &zone), at(start), "{day}");
        assert_eq!(first_instant(day, &zone), at(start), "{day}, as its clocks show it");
    }
}

#[test]
fn far_away_nothing_overflows() {
    let days = [Date::MIN, date(1, 1, 1), date(1970, 2, 28), date(2000, 2, 29), date(2199, 12, 31), Date::MAX];
    let instants = [Timestamp::MIN, at("0001-01-01T00:00:00Z"), at("2026-11-22T00:00:00Z"), Timestamp::MAX];
    for anchor_on in days {
        for cadence in [1, 3, 5, 24] {
            for zone in ["Etc/UTC", "Pacific/Kiritimati", "Pacific/Midway", "America/Havana"] {
                let settings = settings(zone, cadence, anchor_on);
                for now in instants {
                    let mut period = Period::covering(now, &settings);
                    let near = (1..9990).contains(&settings.zone().to_datetime(now).year());
                    assert!(period.covers(now) || !near, "{anchor_on} {cadence} {zone} {now}: {period:?}");
                    for _ in 0..3 {
                        let next = period.next(&settings);
                        assert_eq!(next.starts_at, period.ends_at);
                        assert!(next.lasts() || !near, "{anchor_on} {cadence} {zone} {now}: {next:?}");
                        assert!(!next.name().is_empty());
                        period = next;
                    }
                    let missing = super::planning::missing(&[], now, &settings);
                    assert!(missing.len() == 2 || !near, "{anchor_on} {cadence} {zone} {now}: {missing:?}");
                }
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_cadence_from_any_day_tiles_the_years(cadence in 1i16..=24, day in 0i32..73_000, second in 0i64..6_300_000_000) {
        let anchor_on = date(2000, 1, 1).saturating_add(jiff::Span::new().days(day));
        let settings = settings("America/Havana", cadence, anchor_on);
        let now = at("2000-01-01T05:00:00Z") + SignedDuration::from_secs(second);
        let period = Period::covering(now, &settings);
        proptest::prop_assert!(period.covers(now));
        proptest::prop_assert_eq!(&Period::covering(period.ends_at, &settings), &period.next(&settings));
    }
}
