//! What is printed, and whether it is good enough.

use std::process::ExitCode;

use super::flushes::Counted;
use super::rounds::{Asked, CLIENTS, LENGTH, Measured, Rounds};
use super::sides::Orders;

/// Processor time of the whole, as a multiple of the bare: what we aim for.
const RATIO: f64 = 2.0;

/// From here on it is no noise.
const RATIO_BY_FAR: f64 = 2.5;

/// Megabytes that an idle service may hold.
const MEGABYTES: f64 = 40.0;

/// From here on it is no noise.
const MEGABYTES_BY_FAR: f64 = 80.0;

/// Under which conditions it is measured.
pub fn conditions(cores: usize, orders: &Orders, postgres: &str) {
    let Orders { workers, connections, .. } = orders;
    println!(
        "{cores} cores, PostgreSQL {postgres}; each side {workers} workers, {connections} connections, {CLIENTS} clients"
    );
    println!(
        "GET /v1/pairings/{{pairing_id}}, {} s for each side in each round; µs are processor time per request\n",
        LENGTH.as_secs()
    );
}

/// One round, as soon as it is over.
pub fn round(number: usize, of: usize, (whole, bare): &(&Measured, &Measured)) {
    let ratio = whole.cpu() / bare.cpu();
    let side = |side: &Measured| format!("{:>6.0}/s {:>4.0} µs", side.requests / side.seconds, side.cpu());
    println!("round {number:>2} of {of}   whole {}   bare {}   ratio {ratio:.2}", side(whole), side(bare));
}

/// All of it, as a table, and whether it will do.
pub fn verdict(run: &Rounds, counted: &[Counted]) -> ExitCode {
    let (whole, bare) = (&run.whole, &run.bare);
    println!("\n{:<44}{:>10}{:>10}{:>8}", "median of the rounds", "whole", "bare", "ratio");
    let row = |name: &str, of: &dyn Fn(&Measured) -> f64| {
        let (whole, bare) = (median(whole.rounds.iter().map(of)), median(bare.rounds.iter().map(of)));
        println!("{name:<44}{whole:>10.0}{bare:>10.0}{:>8.2}", whole / bare);
    };
    row("processor time per request, µs", &Measured::cpu);
    row("  of the service", &|side| side.service);
    row("  of PostgreSQL", &|side| side.postgres);
    row("requests per second", &|side| side.requests / side.seconds);
    let latency = |name: &str, part: f64| {
        let (whole, bare) = (percentile(&whole.latencies, part), percentile(&bare.latencies, part));
        println!("{name:<44}{whole:>10.0}{bare:>10.0}{:>8.2}", whole / bare);
    };
    latency("time until the answer, p50, µs", 0.50);
    latency("time until the answer, p99, µs", 0.99);
    let memory = |name: &str, of: fn(&Asked) -> f64| println!("{name:<44}{:>10.1}{:>10.1}", of(whole), of(bare));
    memory("memory after the start, MB", |side| side.resident.0);
    memory("memory after the load, MB", |side| side.resident.1);
    println!("\n{:<54}{:>8}{:>8}", "flushes to PostgreSQL", "counted", "most");
    for Counted { operation, flushes, most } in counted {
        println!("{operation:<54}{flushes:>8}{most:>8}");
    }
    println!();

    let mut ratios = run.ratios();
    ratios.sort_by(f64::total_cmp);
    let (ratio, least, greatest) = (median(ratios.iter().copied()), ratios[0], ratios[ratios.len() - 1]);
    let spread =
        format!("processor time, whole over bare: {ratio:.2} ({least:.2} to {greatest:.2}), at most {RATIO:.1}");
    let megabytes = whole.resident.1;
    let wrong = whole.wrong + bare.wrong;
    let too_many = counted.iter().filter(|counted| !counted.is_ok()).count();
    say(&spread, ratio <= RATIO);
    say(&format!("memory of the idle service: {megabytes:.1} MB, at most {MEGABYTES:.0}"), megabytes <= MEGABYTES);
    say(&format!("operations with a flush too many: {too_many}"), too_many == 0);
    say(&format!("answers other than 200: {wrong}"), wrong == 0);
    let failed = wrong > 0 || too_many > 0 || ratio > RATIO_BY_FAR || megabytes > MEGABYTES_BY_FAR;
    ExitCode::from(u8::from(failed))
}

fn say(what: &str, well: bool) {
    println!("{} {what}", if well { "OK  " } else { "OVER" });
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn percentile(latencies: &[u32], part: f64) -> f64 {
    let mut latencies = latencies.to_vec();
    latencies.sort_unstable();
    let at = (latencies.len() as f64 * part) as usize;
    f64::from(latencies[at.min(latencies.len() - 1)])
}
