//! Cycles tile the years "unless moved", and through every change of zone, cadence or anchor.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::{at, different_zones, first_instant, settings, tiles};
use crate::cycles::planning::{self, missing, planned_anew};
use crate::cycles::rules::{Cycle, Period};
use crate::ids::CycleId;

fn cycle(period: Period) -> Cycle {
    Cycle { id: CycleId::new(), version: 1, name: period.name(), period, cancelled_at: None, planned: true }
}

#[test]
fn an_end_that_was_moved_is_where_the_next_starts() {
    let now = at("2026-10-05T09:00:00Z");
    for (name, zone) in different_zones() {
        let settings = settings(&name, 3, date(2022, 1, 1));
        let open = cycle(Period::covering(now, &settings));
        for (ends_on, next_ends_on) in [
            (date(2026, 10, 7), date(2027, 1, 1)),
            (date(2026, 11, 1), date(2027, 1, 1)), // clocks go back in America
            (date(2026, 12, 31), date(2027, 1, 1)),
            (date(2027, 1, 1), date(2027, 4, 1)),
            (date(2027, 1, 2), date(2027, 4, 1)),
            (date(2027, 3, 28), date(2027, 4, 1)), // and forward in Europe
            (date(2028, 2, 29), date(2028, 4, 1)),
        ] {
            let wanted = planning::resolved(&open.period, open.period.starts_on, ends_on, &zone);
            let moved = planning::moved(&open, wanted, now).unwrap();
            assert_eq!(
                (moved.starts_at, moved.ends_at),
                (open.period.starts_at, first_instant(ends_on, &zone)),
                "{name}"
            );
            let known = [cycle(moved.clone())];
            let [next] = &missing(&known, now, &settings)[..] else { panic!("{name} {ends_on}") };
            assert_eq!((next.starts_on, next.starts_at), (moved.ends_on, moved.ends_at), "{name}");
            assert_eq!((next.ends_on, next.ends_at), (next_ends_on, first_instant(next_ends_on, &zone)), "{name}");
            // from there on all is as if nothing had been moved
            let later = next.next(&settings);
            assert_eq!(later, Period::covering(next.ends_at, &settings), "{name} {ends_on}");
            tiles(&settings, &zone, later.starts_at, later.ends_at);
        }
    }
}

#[test]
fn a_change_of_zone_leaves_no_gap_and_no_overlap() {
    let zones = [
        "Pacific/Kiritimati", // 26 hours ahead of the next one
        "Pacific/Niue",
        "Pacific/Apia",
        "America/Asuncion",
        "Asia/Amman",
        "America/Havana",
        "Antarctica/Troll",
        "Australia/Lord_Howe", // half an hour of summer time
        "Africa/Casablanca",
    ];
    for from in zones {
        for to in zones {
            for (cadence, anchor_on) in [(3, date(2022, 1, 1)), (1, date(2024, 2, 29)), (2, date(2010, 11, 7))] {
                let (before, after) = (settings(from, cadence, anchor_on), settings(to, cadence, anchor_on));
                let mut period = Period::covering(at("2010-01-01T12:00:00Z"), &before);
                for turn in 0..62 {
                    let settings = if turn % 2 == 0 { &after } else { &before };
                    let next = period.next(settings);
                    assert_eq!((next.starts_on, next.starts_at), (period.ends_on, period.ends_at), "{from} {to}");
                    assert_eq!(next.ends_at, first_instant(next.ends_on, &settings.zone()), "{from} {to}");
                    assert!(next.lasts(), "{from} {to} {next:?}");
                    period = next;
                }
            }
        }
    }
}

/// A cycle that was to last one day, when the zone it is planned in moves by more than a day.
#[test]
fn a_zone_a_day_to_the_east_leaves_every_cycle_some_time() {
    let (west, east) =
        (settings("Pacific/Niue", 3, date(2022, 1, 1)), settings("Pacific/Kiritimati", 3, date(2022, 1, 1)));
    let now = at("2026-10-05T09:00:00Z");
    let open = Period::between(date(2026, 10, 1), date(2026, 12, 31), &west.zone());
    let known = [cycle(open.clone()), cycle(open.next(&west))];
    assert_eq!((known[1].period.starts_on, known[1].period.ends_on), (date(2026, 12, 31), date(2027, 1, 1)));
    let moved = planned_anew(&known, &[], now, &east);
    let periods = moved.iter().map(|cycle| &cycle.period).collect::<Vec<_>>();
    assert_eq!(periods.len(), 1);
    assert_eq!((periods[0].starts_at, periods[0].ends_on), (open.ends_at, date(2027, 4, 1)));
    assert!(periods[0].lasts());
}

/// What the calendar looks like after years in which everything changes all the time.
#[test]
fn whatever_changes_the_plan_has_no_overlap_and_covers_every_instant() {
    let plans = [
        settings("Europe/Lisbon", 3, date(2022, 1, 1)),
        settings("Pacific/Kiritimati", 1, date(2024, 2, 29)),
        settings("Pacific/Niue", 6, date(2022, 1, 30)),
        settings("America/Havana", 2, date(2023, 8, 31)),
        settings("Asia/Damascus", 12, date(2010, 4, 1)),
        settings("Pacific/Niue", 1, date(2022, 1, 1)),
        settings("Pacific/Kiritimati", 3, date(2022, 1, 1)),
    ];
    let (mut known, mut now): (Vec<Cycle>, _) = (Vec::new(), at("2010-01-01T12:00:00Z"));
    let mut opted_into = Vec::new();
    for turn in 0.. {
        if now > at("2041-01-01T00:00:00Z") {
            break;
        }
        let settings = &plans[(turn / 3) % plans.len()];
        for period in missing(&known, now, settings) {
            known.push(cycle(period));
        }
        known.sort_by_key(|cycle| cycle.period.starts_at);
        for later in planned_anew(&around(&known, now), &opted_into, now, settings) {
            let place = known.iter().position(|cycle| cycle.id == later.id).unwrap();
            known[place] = later;
        }
        assert!(known.iter().any(|cycle| cycle.period.covers(now)), "{now}: {:?}", known.last());
        if turn % 5 == 0 {
            opted_into.extend(planning::next_after(&known, now).map(|next| next.id));
        }
        now += SignedDuration::from_hours(11 * 24 + 7);
    }
    assert!(known.len() > 100, "{}", known.len());
    for pair in known.windows(2) {
        assert_eq!(pair[1].period.starts_at, pair[0].period.ends_at, "{:?} {:?}", pair[0].period, pair[1].period);
        assert!(pair[0].period.lasts(), "{:?}", pair[0].period);
    }
}

/// All that have not ended, and the last that has: what the verbs look at.
fn around(known: &[Cycle], now: Timestamp) -> Vec<Cycle> {
    let first = known.iter().position(|cycle| cycle.period.ends_at > now).unwrap_or(known.len());
    known[first.saturating_sub(1)..].to_vec()
}
