//! Where a webhook may be, when it is tried again, and that nothing inside is reached.

use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::deliveries::sending::{client, unheard};
use super::guard::{Guard, address, is_public};
use super::rules::{Outcome, Problem, Reach, SCHEDULE, State, verdict};

/// The first and the last address of what is set apart, or leads to what is; and the addresses next to it that are public.
const EDGES: &[(&str, &str, &[&str])] = &[
    ("0.0.0.0", "0.255.255.255", &["1.0.0.0"]),
    ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
    ("100.64.0.0", "100.127.255.255", &["100.63.255.255", "100.128.0.0"]),
    ("127.0.0.0", "127.255.255.255", &["126.255.255.255", "128.0.0.0"]),
    ("169.254.0.0", "169.254.255.255", &["169.253.255.255", "169.255.0.0"]),
    ("172.16.0.0", "172.31.255.255", &["172.15.255.255", "172.32.0.0"]),
    ("192.0.0.0", "192.0.0.255", &["191.255.255.255", "192.0.1.0"]),
    ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
    ("192.88.99.0", "192.88.99.255", &["192.88.98.255", "192.88.100.0"]),
    ("192.168.0.0", "192.168.255.255", &["192.167.255.255", "192.169.0.0"]),
    ("198.18.0.0", "198.19.255.255", &["198.17.255.255", "198.20.0.0"]),
    ("198.51.100.0", "198.51.100.255", &["198.51.99.255", "198.51.101.0"]),
    ("203.0.113.0", "203.0.113.255", &["203.0.112.255", "203.0.114.0"]),
    ("224.0.0.0", "255.255.255.255", &["223.255.255.255"]),
    ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2000::"]),
    ("::1", "::ffff:127.0.0.1", &[]),
    ("64:ff9b::7f00:1", "64:ff9b:1::1", &[]),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:200::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:db9::", "2001:db7:ffff::"]),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2003::", "2001:ffff::"]),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", &["3fff:1000::", "3ffe:ffff::"]),
    ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
    ("fd00::", "fe80::1", &[]),
];

#[test]
fn what_is_set_apart_is_not_public_up_to_its_edges() {
    let public = |text: &str| is_public(text.parse::<IpAddr>().unwrap());
    for (first, last, beside) in EDGES {
        assert!(!public(first) && !public(last), "{first} to {last}");
        for outside in *beside {
            assert!(public(outside), "{outside}");
        }
    }
}

#[test]
fn a_webhook_is_at_a_public_address_over_https() {
    for fits in [
        "https://bot.example.com/coaching?of=ours",
        "https://bot.example.com:8443",
        "https://1.1.1.1/",
        "https://bücher.example/",
    ] {
        assert!(address(fits, Reach::Public).is_ok(), "{fits}");
    }
    for inside in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://169.254.169.254/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://localhost./",
        "https://a.localhost/",
        "https://127.0.0.1./",
        "https://１２７.0.0.1/",
    ] {
        assert_eq!(address(inside, Reach::Public).map_err(|(code, _)| code), Err("forbidden_address"), "{inside}");
        assert!(address(inside, Reach::Anywhere).is_ok(), "{inside}");
    }
    for wrong in [
        "",
        "bot.example.com",
        "/coaching",
        "ftp://bot.example.com/",
        "http://bot.example.com/",
        "https://",
        "https://good@127.0.0.1/",
        "https://:pass@bot.example.com/",
        "https://bot.example.com/#part",
        "https://[fe80::1%25lo]/",
        "https://exa mple.com/",
        "javascript:alert(1)",
        "data:,x",
    ] {
        assert_eq!(address(wrong, Reach::Public).map_err(|(code, _)| code), Err("wrong_format"), "{wrong}");
    }
    assert_eq!(address("https://bot.example.com:22/", Reach::Public).unwrap_err().0, "forbidden_port");
}

#[test]
fn what_does_not_get_through_is_tried_again_and_again_and_then_not_any_more() {
    let now = "2026-11-03T09:00:00Z".parse::<Timestamp>().unwrap();
    for (at, seconds) in SCHEDULE.iter().enumerate() {
        for (dice, stretch) in [(0.0, 1.0), (0.5, 1.1), (0.999, 1.1998)] {
            let one = verdict(Outcome::Unheard(Problem::TimedOut), at + 1, now, dice);
            let expected = now + SignedDuration::from_millis((*seconds as f64 * 1000.0 * stretch) as i64);
            assert_eq!((one.state, one.due_at), (State::Waiting, Some(expected)));
        }
    }
    let last = verdict(Outcome::Refused(500, None), SCHEDULE.len() + 1, now, 0.0);
    assert_eq!((last.state, last.due_at, last.status), (State::Failed, None, Some(500)));
    let wish = |seconds| Outcome::Refused(503, Some(SignedDuration::from_secs(seconds)));
    assert_eq!(verdict(wish(3600), 1, now, 0.0).due_at, Some(now + SignedDuration::from_hours(1)), "longer than 5 s");
    assert_eq!(verdict(wish(60), 2, now, 0.0).due_at, Some(now + SignedDuration::from_secs(300)), "5 min are longer");
    assert_eq!(verdict(wish(999_999), 1, now, 0.0).due_at, Some(now + SignedDuration::from_hours(24)), "a day at most");
    let gone = verdict(Outcome::Refused(410, None), 1, now, 0.0);
    assert_eq!((gone.state, gone.is_gone), (State::Failed, true));
    assert_eq!(verdict(Outcome::Taken(204), 3, now, 0.0).state, State::Delivered);
}

/// A listener that counts who connects.
fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    (port, count)
}

/// A name that stands for other addresses each time it is looked up, as its owner likes.
fn rebinding(reach: Reach) -> Guard {
    let turn = Arc::new(AtomicUsize::new(0));
    let answers =
        ["127.0.0.1", "8.8.8.8 127.0.0.1", "127.0.0.1 8.8.8.8", "::1", "2606:4700::1111 ::ffff:127.0.0.1", "0.0.0.0"];
    Guard::with(
        reach,
        Arc::new(move |_| {
            let answer = answers[turn.fetch_add(1, Ordering::SeqCst) % answers.len()];
            Box::pin(async move { Ok::<_, io::Error>(answer.split(' ').map(|one| one.parse().unwrap()).collect()) })
        }),
    )
}

#[actix_web::test]
async fn a_name_that_stands_for_this_machine_is_not_connected_to() {
    let (port, count) = canary();
    let url = format!("https://rebinding.example.com:{port}/");
    let guarded = client(Reach::Public, rebinding(Reach::Public)).unwrap();
    for turn in 0..1000 {
        let error = guarded.post(&url).body("{}").send().await.unwrap_err();
        assert_eq!(unheard(&error), Problem::ForbiddenAddress, "turn {turn}: {error:?}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0, "connects");

    // The control: the same without the guard.
    let open = client(Reach::Anywhere, rebinding(Reach::Anywhere)).unwrap();
    let error = open.post(&url).body("{}").timeout(Duration::from_secs(5)).send().await.unwrap_err();
    assert_eq!(unheard(&error), Problem::Unreachable, "a connection that is dropped");
    assert!(count.load(Ordering::SeqCst) > 0, "nobody would have connected anyway");
}
