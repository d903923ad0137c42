//! What one company's flood does to another: `cargo bench --bench neighbours`, about ten minutes, nothing to set up.
//!
//! People of one company do their work at a steady pace: alone, and while 64 connections of another company ask as fast as
//! they are answered, whatever the answer. Before a service with its usual limits, and, as the control, before one
//! without. Alone and flooded take turns, and what counts is the ratio of the two. `docs/performance.md` says how to read it.
//!
//! It fails where somebody of the steady company is refused, or waits longer by far than they should.

#![expect(clippy::unwrap_used, reason = "support code of the tests, which may end by a panic")]

#[path = "../request_cost/client.rs"]
mod client;
#[path = "../../tests/support/database.rs"]
mod database;
mod flood;
#[path = "../../tests/cli/support/provider.rs"]
#[expect(dead_code, reason = "its usual token names no company")]
mod provider;
mod service;
mod steady;

use std::process::ExitCode;
use std::time::Duration;

use self::client::{Client, request};
use self::flood::{Flood, Statuses};
use self::service::{Companies, Service};
use self::steady::{Outcome, traffic};

/// How long the steady company works alone, and how long beside the flood, in each round.
const LENGTH: Duration = Duration::from_secs(5);

/// How many people of the steady company work, each asking fifty times a second.
const STEADY: usize = 4;

/// How many connections the flood has, and how many callers they belong to.
const FLOOD: (usize, usize) = (64, 32);

/// The p99 beside the flood, as a multiple of the same alone: what we promise.
const RATIO: f64 = 1.5;

/// From here on it is no noise.
const RATIO_BY_FAR: f64 = 4.0;

/// What a flood may consist of: reads, what has not changed since, and writes of the same few people.
const FLOODS: [(&str, &str, &str, &str); 3] = [
    ("reads", "GET", "/v1/me", ""),
    ("304", "GET", "/v1/policy", ""),
    ("writes", "PUT", "/v1/cycles/current/participation", "{\"answer\": \"opted_in\"}"),
];

/// The two sides: what is set for each.
const SIDES: [(&str, &[(&str, &str)]); 2] = [
    ("with limits", &[]),
    ("without", &[("CALLER_LIMIT", "off"), ("ORGANIZATION_LIMIT", "off"), ("ADDRESS_LIMIT", "off")]),
];

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    if let [role, address, ..] = &arguments[..]
        && role == "flood"
    {
        flood::play(address);
        return ExitCode::SUCCESS;
    }
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(9);
    let named = |what: &str| arguments.iter().any(|argument| argument == what);
    let floods = FLOODS.into_iter().filter(|(what, ..)| named(what) || !FLOODS.iter().any(|(what, ..)| named(what)));
    println!("starting PostgreSQL, founding two companies …");
    let companies = actix_web::rt::System::new().block_on(Companies::found());
    let sides = SIDES.map(|(name, limits)| (name, Service::start(&companies, limits)));
    println!(
        "median of {rounds} rounds of {} s alone and {} s beside the flood; times in ms",
        LENGTH.as_secs(),
        LENGTH.as_secs()
    );
    println!(
        "{:<10}{:<14}{:>16}{:>18}{:>8}   the flood was answered",
        "flood of", "", "alone p50, p99", "flooded p50, p99", "ratio"
    );
    let mut failed = false;
    for what in floods {
        let mut measured = sides.each_ref().map(|(_, service)| Measured::of(&companies, service, what));
        for _ in 0..rounds {
            measured.iter_mut().for_each(Measured::round);
        }
        for ((name, _), measured) in sides.iter().zip(&measured) {
            failed |= !measured.tell(what.0, name) && *name == SIDES[0].0;
        }
    }
    ExitCode::from(u8::from(failed))
}

/// One kind of flood before one side, and what came of it in each round.
struct Measured {
    address: String,
    steady: Vec<Vec<u8>>,
    flood: Vec<Vec<u8>>,
    alone: Vec<Outcome>,
    flooded: Vec<Outcome>,
    statuses: Statuses,
}

impl Measured {
    /// Everybody is known before it begins.
    fn of(companies: &Companies, service: &Service, (flood, method, path, body): (&str, &str, &str, &str)) -> Self {
        let known = |company: &str, number: usize| {
            let token = companies.token(company, &format!("{company}-{number}"));
            let (status, _) = Client::to(&service.address).ask(&request("GET", "/v1/me", &token, None, ""));
            assert_eq!(status, 200, "{company} {number}");
            token
        };
        let steady = (0..STEADY).map(|number| request("GET", "/v1/me", &known("steady", number), None, ""));
        let flooding = (0..FLOOD.0).map(|number| {
            let mut asked = request(method, path, &known("flooding", number % FLOOD.1), None, body);
            if flood == "304" {
                asked.splice(asked.len() - 2.., *b"If-None-Match: *\r\n\r\n");
            }
            asked
        });
        Self {
            steady: steady.collect(),
            flood: flooding.collect(),
            address: service.address.clone(),
            alone: Vec::new(),
            flooded: Vec::new(),
            statuses: Statuses::new(),
        }
    }

    fn round(&mut self) {
        self.alone.push(traffic(&self.address, &self.steady, LENGTH));
        let flood = Flood::begin(&self.address, &self.flood);
        self.flooded.push(traffic(&self.address, &self.steady, LENGTH));
        for (status, times) in flood.end() {
            *self.statuses.entry(status).or_default() += times;
        }
    }

    /// One line; whether it will do.
    fn tell(&self, flood: &str, name: &str) -> bool {
        let ms = |rounds: &[Outcome], part| median(rounds.iter().map(|outcome| outcome.percentile(part)));
        let both = |rounds: &[Outcome]| format!("{:.2}, {:.2}", ms(rounds, 0.5), ms(rounds, 0.99));
        let ratio = ms(&self.flooded, 0.99) / ms(&self.alone, 0.99);
        let wrong = self.alone.iter().chain(&self.flooded).map(|outcome| outcome.wrong).sum::<usize>();
        let verdict = if ratio <= RATIO && wrong == 0 { "OK" } else { "OVER" };
        let (alone, flooded, statuses) = (both(&self.alone), both(&self.flooded), &self.statuses);
        println!("{flood:<10}{name:<14}{alone:>16}{flooded:>18}{ratio:>8.2}   {statuses:?} {verdict}, {wrong} refused");
        ratio <= RATIO_BY_FAR && wrong == 0
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
