//! One bucket of requests. `governor` counts (GCRA, in one atomic number); what turned out to cost nothing is put back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use governor::RateLimiter;
use governor::clock::{Clock, FakeRelativeClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};

use super::limit::Rate;

/// Which time buckets fill by: the machine's own, whatever the clock of the domain says; in tests one that is moved.
#[derive(Clone, Debug)]
pub enum Time {
    /// It passes.
    Passing(Instant),
    /// It stands still until it is moved.
    Still(FakeRelativeClock),
}

impl Default for Time {
    fn default() -> Self {
        Self::Passing(Instant::now())
    }
}

impl Time {
    /// One that stands still.
    pub fn still() -> Self {
        Self::Still(FakeRelativeClock::default())
    }

    /// Moves one that stands still; the other passes by itself.
    pub fn advance(&self, step: Duration) {
        match self {
            Self::Still(hands) => hands.advance(step),
            Self::Passing(_) => {}
        }
    }
}

impl Clock for Time {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        match self {
            Self::Passing(since) => since.elapsed().into(),
            Self::Still(hands) => hands.now(),
        }
    }
}

/// When the bucket will be full again if nobody takes anything, in nanoseconds since it was made. That is all there is to
/// remember: one request less is one interval earlier.
#[derive(Clone, Debug, Default)]
struct FullAt(Arc<AtomicU64>);

impl StateStore for FullAt {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut known = self.0.load(Ordering::Relaxed);
        loop {
            let (outcome, next) = decide((known > 0).then(|| known.into()))?;
            match self.0.compare_exchange_weak(known, next.into(), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(outcome),
                Err(other) => known = other, // somebody else was faster
            }
        }
    }
}

/// What is left in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many requests.
    pub requests: u64,
    /// After how many seconds there is one more; 0 where it is full.
    pub seconds: u64,
}

/// As many requests as a rate allows at once; they come back one by one.
#[derive(Debug)]
pub struct Bucket {
    rate: Rate,
    made_at: Nanos,
    full_at: FullAt,
    limiter: RateLimiter<NotKeyed, FullAt, Time, NoOpMiddleware<Nanos>>,
}

impl Bucket {
    /// A full one.
    pub fn new(rate: Rate, time: Time) -> Self {
        let (made_at, full_at) = (time.now(), FullAt::default());
        Self { rate, made_at, full_at: full_at.clone(), limiter: RateLimiter::new(rate.quota(), full_at, time) }
    }

    /// Takes one request, or says after how many seconds there is one.
    ///
    /// # Errors
    /// The seconds, where it is empty.
    pub fn take(&self) -> Result<(), u64> {
        self.limiter.check().map_err(|empty| {
            let wait = empty.wait_time_from(self.limiter.clock().now());
            whole_seconds(wait.as_nanos() as u64).max(1)
        })
    }

    /// Puts one back. A bucket that has filled since stays as full as it is.
    pub fn give_back(&self) {
        let interval = self.interval();
        let earlier = |full_at: u64| Some(full_at.saturating_sub(interval));
        let _ = self.full_at.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier);
    }

    /// What is left.
    pub fn left(&self) -> Left {
        let now = self.limiter.clock().now().as_u64().saturating_sub(self.made_at.as_u64());
        let until_full = self.full_at.0.load(Ordering::Relaxed).saturating_sub(now);
        let taken = until_full.div_ceil(self.interval());
        let until_next = until_full - taken.saturating_sub(1) * self.interval();
        Left { requests: self.rate.requests().saturating_sub(taken), seconds: whole_seconds(until_next) }
    }

    fn interval(&self) -> u64 {
        self.rate.interval().as_nanos() as u64
    }
}

fn whole_seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(1_000_000_000)
}
