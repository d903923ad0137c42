use std::sync::Barrier;
use std::time::Duration;

use super::*;
use crate::access::{Bearer, Verified};
use crate::ids::OrganizationId;

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn person(subject: &str) -> Verified {
    Verified {
        organization: "0198c5a0-0000-7000-8000-000000000001".parse::<OrganizationId>().unwrap(),
        issuer: "https://login.example.com/".into(),
        subject: subject.into(),
        external_id: None,
        name: None,
        email: None,
        issued_at: None,
        expires_at: jiff::Timestamp::UNIX_EPOCH,
        bearer: Bearer::Person { administrator: false },
    }
}

#[test]
fn limits_are_written_in_one_way() {
    for text in ["1/1s", "200/4s", "1000000/3600s", "off"] {
        assert_eq!(limit(text).to_string(), text);
    }
    for text in
        ["", "0/1s", "1/0s", "1000001/1s", "1/3601s", "-1/1s", "1/1", "1s", "1/1s ", "OFF", "1/1m", "1.5/1s", "/s"]
    {
        assert!(text.parse::<Limit>().unwrap_err().contains("200/4s"), "{text}");
    }
}

#[test]
fn a_bucket_never_holds_more_than_it_can() {
    let time = Time::still();
    let bucket = Bucket::new(limit("3/60s").rate().unwrap(), time.clone());
    assert_eq!(bucket.left(), Left { requests: 3, seconds: 0 });
    bucket.take().unwrap();
    time.advance(Duration::from_secs(60));
    bucket.give_back();
    assert_eq!(bucket.left(), Left { requests: 3, seconds: 0 });
    for left in [2, 1, 0] {
        bucket.take().unwrap();
        assert_eq!(bucket.left(), Left { requests: left, seconds: 20 });
    }
    assert_eq!(bucket.take(), Err(20));
    time.advance(Duration::from_millis(500));
    assert_eq!((bucket.take(), bucket.left()), (Err(20), Left { requests: 0, seconds: 20 }));
    bucket.give_back();
    assert_eq!(bucket.left(), Left { requests: 1, seconds: 20 });
    assert_eq!((bucket.take(), bucket.take()), (Ok(()), Err(20)));
}

/// As many threads as are at it, nobody gets what another has taken.
#[test]
fn workers_share_a_bucket() {
    let bucket = Bucket::new(limit("50000/3600s").rate().unwrap(), Time::still());
    let together = Barrier::new(4);
    let taken = std::thread::scope(|scope| {
        let worker = || {
            together.wait();
            (0..50_000).filter(|_| bucket.take().is_ok()).count()
        };
        let workers = [(); 4].map(|()| scope.spawn(worker));
        workers.map(|worker| worker.join().unwrap()).iter().sum::<usize>()
    });
    assert_eq!(taken, 50_000);
}

#[test]
fn a_flood_of_names_and_addresses_is_forgotten() {
    let settings =
        Settings { caller: limit("1/60s"), organization: limit("100000/60s"), address: limit("1/60s"), proxies: 0 };
    let limits = Limits::new(settings, Time::still());
    for number in 0..100_000_u32 {
        assert!(limits.take_from(Ipv6Addr::from_bits(u128::from(number) << 64).into()).is_ok());
        assert!(limits.take(&person(&number.to_string())).is_ok());
    }
    assert!(limits.known() <= 20_000, "{}", limits.known());
    let refused = limits.take(&person("one more")).err();
    assert_eq!(refused.map(|empty| empty.limit), Some("organization"), "it is counted, whoever is forgotten");
}

#[test]
fn whoever_is_alone_may_hold_all_connections() {
    let limited = Limits::new(Settings { organization: limit("1/1s"), ..Settings::OFF }, Time::default());
    assert_eq!((limited.share(8, 1), limited.share(8, 2), limited.share(1, 2)), (None, Some(2), Some(1)));
    assert_eq!(Limits::off().share(8, 2), None);
}
