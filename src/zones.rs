//! Time zones by their IANA names, out of the copy that is built in.
//!
//! The machine has a copy of its own, and we do not ask it: it may be years older, it differs from replica to replica, and
//! it knows names that mean the machine itself (`localtime`). Ours comes with a release, and is tested with it.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zone of this name, if there is one.
pub fn named(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_those_of_the_release() {
        for name in ["Europe/Lisbon", "Etc/UTC", "Asia/Kathmandu"] {
            assert_eq!(named(name).unwrap().iana_name(), Some(name));
        }
        for the_machines in ["localtime", "posixrules", "right/Europe/Lisbon", "/etc/localtime", "", "Mars/Olympus"] {
            assert!(named(the_machines).is_none(), "{the_machines}");
        }
        // Since 2026 it no longer puts its clocks back: older copies have midnight an hour later here.
        let day = jiff::civil::date(2026, 12, 1).to_zoned(named("America/Vancouver").unwrap()).unwrap();
        assert_eq!(day.timestamp().to_string(), "2026-12-01T07:00:00Z");
    }
}
