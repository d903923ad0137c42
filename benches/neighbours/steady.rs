//! People who do their work: each asks at a pace of their own.

use std::thread;
use std::time::{Duration, Instant};

use super::client::Client;

/// How often each asks.
const PACE: Duration = Duration::from_millis(20);

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// How long each answer took, in microseconds.
    pub latencies: Vec<u32>,
    /// Answers other than 200.
    pub wrong: usize,
}

impl Outcome {
    /// Milliseconds that this part of all answers took at most.
    pub fn percentile(&self, part: f64) -> f64 {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let at = (latencies.len() as f64 * part) as usize;
        f64::from(latencies[at.min(latencies.len() - 1)]) / 1000.0
    }
}

/// Each of these requests over a connection of its own, whether or not the last answer has come: what is late counts from
/// when it should have been asked for.
pub fn traffic(address: &str, requests: &[Vec<u8>], length: Duration) -> Outcome {
    let begun = Instant::now();
    let one = |at: usize, request: &[u8]| {
        let (mut client, mut outcome) = (Client::to(address), Outcome::default());
        let mut due = begun + PACE.mul_f64(at as f64 / requests.len() as f64);
        while due < begun + length {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            outcome.wrong += usize::from(client.ask(request).0 != 200);
            outcome.latencies.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
            due += PACE;
        }
        outcome
    };
    thread::scope(|scope| {
        let asking = requests.iter().enumerate().map(|(at, request)| scope.spawn(move || one(at, request)));
        let asking = asking.collect::<Vec<_>>();
        let outcomes = asking.into_iter().map(|one| one.join().expect("a client"));
        outcomes.fold(Outcome::default(), |mut all, one| {
            all.latencies.extend(one.latencies);
            Outcome { wrong: all.wrong + one.wrong, ..all }
        })
    })
}
