use jiff::Timestamp;

use super::address::Address;
use super::rules::{Event, feed, invitation};
use crate::check_ins::rules::{CheckIn, Kind, State};
use crate::ids::{CheckInId, MemberId, OrganizationId, PairingId};
use crate::text::PrivateText;

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

fn call(state: State) -> CheckIn {
    CheckIn {
        id: "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63".parse::<CheckInId>().unwrap(),
        version: 3,
        pairing: PairingId::new(),
        coachee: MemberId::new(),
        coach: MemberId::new(),
        kind: Kind::CatchUp,
        series: None,
        starts_at: at("2026-10-08T13:00:00.500Z"),
        duration_minutes: 30,
        state,
        join_url: Some(PrivateText::from("https://meet.example.com/CANARY".to_owned())),
        counts_as_held_at: None,
    }
}

fn event(state: State, partner: Option<&str>) -> Event {
    Event::of(&call(state), at("2026-10-05T09:00:00.123Z"), partner.map(str::to_owned))
}

/// What a reader of RFC 5545 makes of the lines: unfolded.
fn unfolded(text: &str) -> Vec<String> {
    assert!(text.ends_with("\r\n"), "{text:?}");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "no other end of a line: {text:?}");
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
    }
    text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
}

fn summary(name: &str) -> String {
    let lines = unfolded(&invitation(&event(State::Scheduled, Some(name))));
    let summary = lines.iter().filter_map(|line| line.strip_prefix("SUMMARY:")).collect::<Vec<_>>();
    assert_eq!((lines.len(), summary.len()), (16, 1), "{lines:?}");
    summary[0].to_owned()
}

/// What a reader of RFC 5545 makes of a TEXT.
fn read(text: &str) -> String {
    let (mut read, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => read.push('\n'),
                Some(escaped @ ('\\' | ';' | ',')) => read.push(escaped),
                other => panic!("\\{other:?} in {text:?}"),
            },
            ';' | ',' => panic!("{letter} in {text:?}"),
            letter => read.push(letter),
        }
    }
    read
}

#[test]
fn a_call_is_an_event() {
    insta::assert_snapshot!(invitation(&event(State::Scheduled, None)).replace("\r\n", "\n"), @r"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//Peer Coaching//Peer Coaching 1//EN
    CALSCALE:GREGORIAN
    BEGIN:VEVENT
    UID:01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f63@peer-coaching
    DTSTAMP:20261005T090000Z
    LAST-MODIFIED:20261005T090000Z
    SEQUENCE:3
    DTSTART:20261008T130000Z
    DTEND:20261008T133000Z
    SUMMARY:Coaching: catch-up
    STATUS:CONFIRMED
    CLASS:PRIVATE
    END:VEVENT
    END:VCALENDAR
    ");
}

#[test]
fn only_what_is_cancelled_is_shown_as_cancelled() {
    for state in [State::Scheduled, State::Held, State::Missed, State::Cancelled] {
        let cancelled = invitation(&event(state, None)).contains("\r\nSTATUS:CANCELLED\r\n");
        assert_eq!(cancelled, state == State::Cancelled, "{state:?}");
    }
}

#[test]
fn a_feed_without_calls_still_holds_something() {
    insta::assert_snapshot!(unfolded(&feed(&[])).join("\n"), @r"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//Peer Coaching//Peer Coaching 1//EN
    CALSCALE:GREGORIAN
    NAME:Peer coaching
    X-WR-CALNAME:Peer coaching
    REFRESH-INTERVAL;VALUE=DURATION:PT1H
    X-PUBLISHED-TTL:PT1H
    BEGIN:VTIMEZONE
    TZID:Etc/UTC
    BEGIN:STANDARD
    DTSTART:19700101T000000
    TZOFFSETFROM:+0000
    TZOFFSETTO:+0000
    END:STANDARD
    END:VTIMEZONE
    END:VCALENDAR
    ");
    assert!(!feed(&[event(State::Held, None)]).contains("VTIMEZONE"));
}

#[test]
fn names_are_escaped() {
    assert_eq!(summary("Silva, Ana; \\o/"), "Coaching: catch-up with Silva\\, Ana\\; \\\\o/");
    assert_eq!(summary("A\nB\r\nC\rD\u{7}\tE"), "Coaching: catch-up with A\\nB\\nCDE");
    assert_eq!(summary("A\r\nATTENDEE:x"), "Coaching: catch-up with A\\nATTENDEE:x", "a name adds no property");
    assert_eq!(summary("Ana: \"Silva\""), "Coaching: catch-up with Ana: \"Silva\"");
}

/// Letters of one to four bytes, at every place of a line, each in turn at the end of what fits.
#[test]
fn long_lines_are_folded_between_characters() {
    for letter in ["a", "ã", "漢", "🦀", "👩‍👩‍👧", ",", "\\", "\n"] {
        for before in 0..160 {
            let name = format!("{}{}", "x".repeat(before), letter.repeat(60));
            assert_eq!(read(&summary(&name)), format!("Coaching: catch-up with {name}"), "{letter} after {before}");
        }
    }
}

#[test]
fn an_address_is_read_as_it_was_written_and_in_no_other_way() {
    let organization = OrganizationId::new();
    let (address, other) = (Address::new(organization), Address::new(organization));
    assert_ne!(address.hash(), other.hash());
    let path = address.path();
    let text = path.strip_prefix("/calendar/").unwrap().strip_suffix(".ics").unwrap();
    assert_eq!((text.len(), &text[..5]), (69, "feed_"));
    let read = Address::read(text).unwrap();
    assert_eq!((read.organization(), read.hash(), read.path()), (organization, address.hash(), path.clone()));
    assert_eq!(format!("{address:?}"), "Address(…)");
    for wrong in ["", "feed_", &text[5..], &text[..68], &format!("{text}A"), &format!("{text}="), &text.to_uppercase()]
    {
        assert!(Address::read(wrong).is_none(), "{wrong}");
    }
    assert!(Address::read(&format!("{}/", &text[..68])).is_none(), "the alphabet of addresses");
}
