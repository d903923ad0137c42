//! The load: clients that each ask again as soon as they were answered, for a while.

use std::thread;
use std::time::{Duration, Instant};

use super::client::Client;

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// How long each answer took, in microseconds.
    pub latencies: Vec<u32>,
    /// Answers other than 200.
    pub wrong: u64,
}

impl Outcome {
    fn and(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        self.wrong += other.wrong;
        self
    }
}

/// Each client repeats its own request.
pub fn run(clients: &mut [(Client, Vec<u8>)], length: Duration) -> Outcome {
    let until = Instant::now() + length;
    let one = |client: &mut Client, request: &[u8]| {
        let mut outcome = Outcome::default();
        let mut asked = Instant::now();
        while asked < until {
            let (status, _) = client.ask(request);
            outcome.wrong += u64::from(status != 200);
            let answered = Instant::now();
            outcome.latencies.push(u32::try_from((answered - asked).as_micros()).unwrap_or(u32::MAX));
            asked = answered;
        }
        outcome
    };
    thread::scope(|scope| {
        let asking = clients.iter_mut().map(|(client, request)| scope.spawn(move || one(client, request)));
        let asking = asking.collect::<Vec<_>>();
        asking.into_iter().map(|one| one.join().expect("a client")).fold(Outcome::default(), Outcome::and)
    })
}
