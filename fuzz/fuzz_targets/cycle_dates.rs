//! Days, instants and time zones as they are written, each between spaces; then, of the same bytes, an organization whose
//! cadence, anchor and zone change while time passes. What is accepted is what jiff reads, in years that we know; cycles
//! never overlap, and there is always a current and a next one.

#![no_main]

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use libfuzzer_sys::fuzz_target;
use peer_coaching::cycles::planning::{joined_to, missing, moved, next_after, planned_anew, resolved};
use peer_coaching::cycles::rules::{Cycle, Period};
use peer_coaching::policy::rules::Settings;
use peer_coaching::web::FORMATS;
use peer_coaching::zones;
use uuid::Uuid;

/// Some whose clocks do odd things, and the farthest east and west.
const ZONES: [&str; 8] = [
    "Etc/UTC",
    "Europe/Lisbon",
    "America/Havana",
    "America/St_Johns",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Midway",
    "Africa/Cairo",
];

fuzz_target!(|data: &[u8]| {
    for word in str::from_utf8(data).unwrap_or_default().split(' ') {
        check_word(word);
    }
    let mut bytes = Bytes(data);
    let mut settings = bytes.settings();
    let mut now = bytes.instant();
    let mut known = Vec::new();
    plan(&mut known, now, &settings);
    for _ in 0..8 {
        let Some(act) = bytes.next() else { return };
        match act % 6 {
            0 => now += SignedDuration::from_hours(24 * i64::from(bytes.small())),
            1 => now += SignedDuration::from_mins(i64::from(bytes.small())),
            2 => {
                settings = bytes.settings();
                let opted_into = known.iter().filter(|_| act & 32 == 0).map(|cycle| cycle.id).collect::<Vec<_>>();
                for later in planned_anew(&known, &opted_into, now, &settings) {
                    let earlier = known.iter_mut().find(|cycle| cycle.id == later.id).expect("it is one of them");
                    assert!(earlier.period.starts_at > now && !opted_into.contains(&later.id));
                    *earlier = later;
                }
            }
            3 => {
                if let Some(id) = next_after(&known, now).map(|next| next.id) {
                    let next = known.iter_mut().find(|cycle| cycle.id == id).expect("it is one of them");
                    next.cancelled_at = Some(now);
                }
            }
            4 => move_end(&mut known, now, &settings, bytes.small() as i8),
            _ => add(&mut known, &settings, bytes.small(), bytes.small()),
        }
        assert!(!overlap(&known), "{known:?}");
        plan(&mut known, now, &settings);
    }
});

fn check_word(word: &str) {
    for (name, fits, _) in FORMATS.iter().filter(|(_, fits, _)| fits(word)) {
        match *name {
            "date" => {
                let day = word.parse::<Date>().expect("a day");
                assert!((2000..2200).contains(&day.year()) && day.to_string() == word);
            }
            "date-time" => {
                let instant = word.parse::<Timestamp>().expect("an instant");
                assert!(
                    (date(1999, 12, 31)..=date(2200, 1, 1)).contains(&instant.to_zoned(jiff::tz::TimeZone::UTC).date())
                );
                assert!(
                    fits(&instant.to_string())
                        || !(2000..2200).contains(&instant.to_zoned(jiff::tz::TimeZone::UTC).year())
                );
            }
            "time-zone" => assert!(zones::named(word).is_some()),
            _ => {}
        }
    }
}

/// Makes what is missing, as the service would; then nothing is missing, and somebody is always somewhere.
fn plan(known: &mut Vec<Cycle>, now: Timestamp, settings: &Settings) {
    let periods = missing(known, now, settings);
    assert!(periods.len() <= 2, "{periods:?}");
    for period in periods {
        assert!(period.lasts() && !period.name().is_empty(), "{period:?}");
        let id = Uuid::from_u128(known.len() as u128 + 1).into();
        known.push(Cycle { id, version: 1, name: period.name(), period, cancelled_at: None, planned: true });
    }
    known.sort_by_key(|cycle| cycle.period.starts_at);
    assert!(!overlap(known), "{known:?}");
    assert!(next_after(known, now).is_some());
    assert_eq!(missing(known, now, settings), [], "{known:?} at {now}");
    let covering = Period::covering(now, settings);
    assert!(covering.covers(now) && covering.lasts(), "{covering:?} at {now}");
    let next = covering.next(settings);
    assert!(next.starts_at == covering.ends_at && next.lasts(), "{covering:?} {next:?}");
}

/// Moves the end of the cycle that is open, and the start of the one after it; the database refuses what would overlap.
fn move_end(known: &mut Vec<Cycle>, now: Timestamp, settings: &Settings, days: i8) {
    let Some(at) = known.iter().position(|cycle| cycle.period.covers(now)) else { return };
    let (earlier, zone) = (known[at].clone(), settings.zone());
    let ends_on = earlier.period.ends_on.saturating_add(i32::from(days).days());
    let wanted = resolved(&earlier.period, earlier.period.starts_on, ends_on, &zone);
    let Ok(period) = moved(&earlier, wanted, now) else { return };
    assert!(period.starts_at == earlier.period.starts_at && (period.covers(now) || period == earlier.period));
    let mut later = known.clone();
    later[at] =
        Cycle { planned: earlier.planned && period == earlier.period, period: period.clone(), ..earlier.clone() };
    let follows = |other: &&mut Cycle| other.period.starts_at == earlier.period.ends_at && other.cancelled_at.is_none();
    if let Some(follower) = later.iter_mut().find(follows) {
        (follower.period.starts_on, follower.period.starts_at) = (period.ends_on, period.ends_at);
    }
    if !overlap(&later) {
        *known = later;
    }
}

/// Adds a cycle so many days after the last, as an administrator may; the database refuses what would overlap.
fn add(known: &mut Vec<Cycle>, settings: &Settings, gap: u8, days: u8) {
    let Some(last) = known.last() else { return };
    let starts_on = last.period.ends_on.saturating_add(i32::from(gap).days());
    let ends_on = starts_on.saturating_add(i32::from(days).days());
    let period = joined_to(known, Period::between(starts_on, ends_on, &settings.zone()));
    let id = Uuid::from_u128(known.len() as u128 + 1).into();
    known.push(Cycle { id, version: 1, name: period.name(), period, cancelled_at: None, planned: false });
    if overlap(known) {
        known.pop();
    }
}

/// What the database refuses: cycles that overlap, or have no time in them. They are in the order of their starts.
fn overlap(known: &[Cycle]) -> bool {
    let touching = known.windows(2).any(|pair| pair[0].period.ends_at > pair[1].period.starts_at);
    touching || known.iter().any(|cycle| !cycle.period.lasts())
}

/// The bytes, taken one after the other; zeros where there are none left.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn small(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    fn large(&mut self) -> i32 {
        i32::from(self.small()) << 8 | i32::from(self.small())
    }

    /// Within what `PATCH /v1/policy` takes.
    fn settings(&mut self) -> Settings {
        let anchor_on = date(2000, 1, 1).saturating_add(self.large().days());
        let cadence_months = 1 + i16::from(self.small()) % 24;
        let zone = ZONES[usize::from(self.small()) % ZONES.len()];
        Settings { time_zone: zone.into(), cadence_months, anchor_on, ..Settings::default() }
    }

    /// In the first half of the years that we know.
    fn instant(&mut self) -> Timestamp {
        let day = date(2000, 1, 1).saturating_add((self.large() / 2).days());
        let day = day.to_zoned(jiff::tz::TimeZone::UTC).expect("a day").timestamp();
        day + SignedDuration::from_mins(i64::from(self.large()) % 1440)
    }
}
