//! The rounds: the same load for one side and then the other, again and again, so that the machine's moods hit both.

use std::time::{Duration, Instant};

use super::client::{Client, request};
use super::load;
use super::meter;
use super::sides::Side;

/// How many ask at the same time, each over a connection of their own.
pub const CLIENTS: usize = 8;

/// How long each side is asked in each round: short, so that what else the machine does seldom hits one side only.
pub const LENGTH: Duration = Duration::from_secs(1);

/// What one side did in one round.
pub struct Measured {
    pub requests: f64,
    pub seconds: f64,
    /// Microseconds of processor time for each request: the service's.
    pub service: f64,
    /// And PostgreSQL's.
    pub postgres: f64,
}

impl Measured {
    /// Microseconds of processor time for each request.
    pub fn cpu(&self) -> f64 {
        self.service + self.postgres
    }
}

/// One of the two, with the clients that ask it.
pub struct Asked {
    side: Side,
    clients: Vec<(Client, Vec<u8>)>,
    pub rounds: Vec<Measured>,
    pub latencies: Vec<u32>,
    /// Answers other than 200.
    pub wrong: u64,
    /// Megabytes: at its start, and now.
    pub resident: (f64, f64),
}

impl Asked {
    fn new(side: Side) -> Self {
        let resident = meter::resident(side.process_id());
        Self {
            side,
            clients: Vec::new(),
            rounds: Vec::new(),
            latencies: Vec::new(),
            wrong: 0,
            resident: (resident, resident),
        }
    }

    fn load(&mut self, postmaster: u32) {
        let used = || (meter::of_process(self.side.process_id()), meter::of_postgres(postmaster));
        let (service, postgres) = used();
        let began = Instant::now();
        let outcome = load::run(&mut self.clients, LENGTH);
        let seconds = began.elapsed().as_secs_f64();
        let now = used();
        let requests = outcome.latencies.len() as f64;
        let each = |now: Duration, before: Duration| (now - before).as_secs_f64() * 1e6 / requests;
        let (service, postgres) = (each(now.0, service), each(now.1, postgres));
        self.rounds.push(Measured { requests, seconds, service, postgres });
        self.latencies.extend(outcome.latencies);
        self.wrong += outcome.wrong;
        self.resident.1 = meter::resident(self.side.process_id());
    }

    fn last(&self) -> &Measured {
        self.rounds.last().expect("a round")
    }
}

/// Both sides, and all that was measured.
pub struct Rounds {
    pub whole: Asked,
    pub bare: Asked,
    postmaster: u32,
}

impl Rounds {
    pub fn new(whole: Side, bare: Side, postmaster: u32) -> Self {
        Self { whole: Asked::new(whole), bare: Asked::new(bare), postmaster }
    }

    pub fn whole_address(&self) -> &str {
        &self.whole.side.address
    }

    /// Each client asks for a pairing of its own; both sides are sent the same bytes.
    pub fn connect(&mut self, pairs: &[(String, String)]) {
        for asked in [&mut self.whole, &mut self.bare] {
            let client = |(token, id): &(String, String)| {
                (Client::to(&asked.side.address), request("GET", &format!("/v1/pairings/{id}"), token, None, ""))
            };
            asked.clients = pairs.iter().take(CLIENTS).map(client).collect();
        }
    }

    /// Fills caches and learns statements on every connection; none of it counts.
    pub fn warm_up(&mut self) {
        for _ in 0..3 {
            self.round();
        }
        for asked in [&mut self.whole, &mut self.bare] {
            asked.rounds.clear();
            asked.latencies.clear();
        }
    }

    /// One side, then the other.
    pub fn round(&mut self) -> (&Measured, &Measured) {
        self.whole.load(self.postmaster);
        self.bare.load(self.postmaster);
        (self.whole.last(), self.bare.last())
    }

    /// Processor time, whole over bare, of each round.
    pub fn ratios(&self) -> Vec<f64> {
        self.whole.rounds.iter().zip(&self.bare.rounds).map(|(whole, bare)| whole.cpu() / bare.cpu()).collect()
    }
}
