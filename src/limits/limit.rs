//! A limit as it is set: so many requests in so many seconds, or none.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use governor::Quota;

/// The most requests, and the most seconds, that a limit may name.
const MOST: (u32, u32) = (1_000_000, 3600);

/// So many requests in so many seconds: that many at once, and they come back one by one over that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    seconds: NonZeroU32,
}

impl Rate {
    /// How many at once.
    pub fn requests(self) -> u64 {
        self.requests.get().into()
    }

    /// After how long one comes back.
    pub(super) fn interval(self) -> Duration {
        Duration::from_secs(self.seconds.get().into()) / self.requests.get()
    }

    pub(super) fn quota(self) -> Quota {
        Quota::with_period(self.interval())
            .expect("seconds divided by a million are not nothing")
            .allow_burst(self.requests)
    }

    /// As `RateLimit-Policy` says it.
    pub(super) fn policy(self, name: &str) -> String {
        format!("\"{name}\";q={};w={}", self.requests, self.seconds)
    }
}

/// What a limit is set to: `200/4s` is 200 requests at once, which come back within 4 seconds; `off` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Option<Rate>);

impl Limit {
    /// No limit.
    pub const OFF: Self = Self(None);

    pub(super) fn rate(self) -> Option<Rate> {
        self.0
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let number = |text: &str, most: u32| text.parse().ok().filter(|number: &NonZeroU32| number.get() <= most);
        let rate = text.strip_suffix('s').and_then(|text| text.split_once('/')).and_then(|(requests, seconds)| {
            Some(Rate { requests: number(requests, MOST.0)?, seconds: number(seconds, MOST.1)? })
        });
        rate.map(|rate| Self(Some(rate)))
            .ok_or_else(|| format!("write REQUESTS/SECONDSs, such as 200/4s (at most {}/{}s), or off", MOST.0, MOST.1))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(Rate { requests, seconds }) => write!(f, "{requests}/{seconds}s"),
        }
    }
}
