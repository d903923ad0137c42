//! What a calendar says of calls (RFC 5545): pure. An [`Event`] has no room for anything that somebody wrote, and none for
//! where to join: whatever a calendar shows, others may see who were never told of the pairing.
//!
//! Written here rather than with a library: it is one kind of component with ten properties, and what there is would bring
//! a second library of dates. Strangers' parsers read it in `.ci/calendar`.

use jiff::{SignedDuration, Timestamp};

use crate::check_ins::rules::{CheckIn, Kind, State};
use crate::ids::CheckInId;

/// How long calls stay in a calendar after they have begun: the quarter before.
pub const PAST: SignedDuration = SignedDuration::from_hours(92 * 24);

/// As many calls as a calendar shows: those of some twenty pairings. Where there are more, what is over is left out first.
pub const MOST: usize = 1000;

/// The most octets of a line.
const LINE: usize = 75;

/// A call as a calendar shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    id: CheckInId,
    version: i64,
    changed_at: Timestamp,
    starts_at: Timestamp,
    ends_at: Timestamp,
    kind: Kind,
    is_cancelled: bool,
    partner: Option<String>,
}

impl Event {
    /// This call, with the partner's name where the member has chosen so.
    pub fn of(call: &CheckIn, changed_at: Timestamp, partner: Option<String>) -> Self {
        Self {
            id: call.id,
            version: call.version,
            changed_at,
            starts_at: call.starts_at,
            ends_at: call.starts_at + SignedDuration::from_mins(call.duration_minutes.into()),
            kind: call.kind,
            is_cancelled: call.state == State::Cancelled,
            partner,
        }
    }

    fn summary(&self) -> String {
        let what = match self.kind {
            Kind::Kickoff => "first call",
            Kind::Weekly => "weekly call",
            Kind::CatchUp => "catch-up",
        };
        let with = self.partner.as_ref().map(|name| format!(" with {name}")).unwrap_or_default();
        format!("Coaching: {what}{with}")
    }

    /// Without a METHOD, DTSTAMP is when the information was last revised (RFC 5545 section 3.8.7.2); so it stays the same
    /// for as long as the call does. CLASS: colleagues who may look into somebody's calendar see that they are busy.
    fn write(&self, lines: &mut Lines) {
        let changed_at = instant(self.changed_at);
        lines.add("BEGIN:VEVENT");
        lines.add(&format!("UID:{}@peer-coaching", self.id));
        lines.add(&format!("DTSTAMP:{changed_at}"));
        lines.add(&format!("LAST-MODIFIED:{changed_at}"));
        lines.add(&format!("SEQUENCE:{}", self.version));
        lines.add(&format!("DTSTART:{}", instant(self.starts_at)));
        lines.add(&format!("DTEND:{}", instant(self.ends_at)));
        lines.add(&format!("SUMMARY:{}", escaped(&self.summary())));
        lines.add(if self.is_cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
        lines.add("CLASS:PRIVATE");
        lines.add("END:VEVENT");
    }
}

/// What all of a member's calls are to a calendar that asks again and again.
pub fn feed(events: &[Event]) -> String {
    let named = ["NAME:Peer coaching", "X-WR-CALNAME:Peer coaching"];
    let again = ["REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"];
    calendar(&[named, again].concat(), events)
}

/// What one call is to a calendar that takes it in once. No METHOD: nobody is invited, which would need their addresses;
/// what is there is shown (RFC 5545 section 3.7.2).
pub fn invitation(event: &Event) -> String {
    calendar(&[], std::slice::from_ref(event))
}

fn calendar(properties: &[&str], events: &[Event]) -> String {
    let mut lines = Lines(String::new());
    let head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Peer Coaching//Peer Coaching 1//EN", "CALSCALE:GREGORIAN"];
    head.iter().chain(properties).for_each(|line| lines.add(line));
    if events.is_empty() {
        NOTHING.iter().for_each(|line| lines.add(line));
    }
    events.iter().for_each(|event| event.write(&mut lines));
    lines.add("END:VCALENDAR");
    lines.0
}

/// A calendar must hold something (RFC 5545 section 3.6), and one without any call holds this: it changes nothing.
const NOTHING: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// Lines that are folded where they are too long (RFC 5545 section 3.1): never within a character.
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        let mut room = LINE;
        for character in line.chars() {
            if character.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LINE - 1;
            }
            self.0.push(character);
            room -= character.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// A TEXT (RFC 5545 section 3.3.11). Other control characters cannot be said there.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
