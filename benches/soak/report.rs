//! What is said at the end, and whether it will do.

use std::time::{Duration, Instant};

use super::judge::{Slope, ends, grows};
use super::load::Tally;
use super::watch::Sample;

/// By how many megabytes an hour memory may grow.
pub const MOST: f64 = 1.0;

/// Below so much time after the warm-up, memory is told and not judged: what is taken in steps looks steep.
const SHORTEST: Duration = Duration::from_secs(15 * 60);

/// A count, by its name, and by how much its middle may grow from the first third to the last. Callers' connections come and
/// go, and so do those to PostgreSQL: where a member whom the service has not seen for half a minute sends what cannot be
/// read, the question who that is is given up, and its connection with it.
type Count = (&'static str, f64, fn(&Sample) -> f64);
const COUNTS: [Count; 3] = [
    ("files", 6.0, |sample| sample.files),
    ("threads", 1.0, |sample| sample.threads),
    ("backends", 4.0, |sample| sample.backends),
];

/// Of all rows, which part may be dead: PostgreSQL clears a table when a fifth of it is.
const MOST_DEAD: f64 = 0.4;

/// Of how many requests one may be told to come back: 503, as a service answers that has no time, or its PostgreSQL. Where
/// others build on the same processors, that happens.
const BUSY: usize = 1000;

/// All that was seen.
pub struct Report<'a> {
    pub tally: &'a Tally,
    pub samples: &'a [Sample],
    /// How long the first and the last part are whose times are compared.
    pub window: Duration,
    /// When the warm-up was over, and all.
    pub warm: Instant,
    pub until: Instant,
}

fn verdict(well: bool) -> &'static str {
    if well { "OK  " } else { "OVER" }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(*value), most.max(*value)))
}

impl Report<'_> {
    /// Tells all; whether all is well, and whether files are.
    pub fn tell(&self, warm_up: Duration) -> [bool; 2] {
        let samples = self.samples.iter().filter(|sample| sample.hours * 3600.0 >= warm_up.as_secs_f64());
        let samples = samples.copied().collect::<Vec<_>>();
        println!("{} samples after the warm-up of the service that lived all the time", samples.len());
        let memory = self.memory(&samples);
        let counts = COUNTS.map(|count| self.count(&samples, count));
        let database = self.database(&samples);
        self.times();
        let wrong = self.tally.wrong.get();
        println!(
            "{} {} requests, by status: {:?}",
            verdict(wrong == 0),
            self.tally.asked(),
            self.tally.statuses.borrow()
        );
        println!("     {wrong} amiss, {} not made since everybody waited for an answer", self.tally.missed.get());
        let busy = self.tally.busy.get();
        let seldom = busy * BUSY <= self.tally.asked();
        println!("{} {busy} were told to come back, at most one of {BUSY}", verdict(seldom));
        [memory && counts.iter().all(|well| *well) && database && wrong == 0 && seldom, counts[0]]
    }

    fn memory(&self, samples: &[Sample]) -> bool {
        let slope = Slope::of(&samples.iter().map(|sample| (sample.hours, sample.memory)).collect::<Vec<_>>());
        let memory = samples.iter().map(|sample| sample.memory).collect::<Vec<_>>();
        let ((first, last), (least, most)) = (ends(&memory), range(&memory));
        let long_enough = self.until - self.warm >= SHORTEST;
        let well = !slope.is_steep(MOST);
        println!(
            "{} memory: {:.2} MB an hour after Theil and Sen ({:.2} to {:.2}), {:.2} by least squares, at most {MOST}",
            if long_enough { verdict(well) } else { "    " },
            slope.robust,
            slope.least,
            slope.most,
            slope.squares
        );
        println!(
            "     {first:.2} MB in the first third, {last:.2} in the last; {least:.2} to {most:.2}{}",
            if long_enough { "" } else { "; too short a time to judge" }
        );
        well || !long_enough
    }

    fn count(&self, samples: &[Sample], (name, allowed, of): Count) -> bool {
        let values = samples.iter().map(of).collect::<Vec<_>>();
        let ((first, last), (least, most)) = (ends(&values), range(&values));
        let well = !grows(&values, allowed);
        println!(
            "{} {name}: {first} in the first third, {last} in the last, at most {allowed} more; {least} to {most}",
            verdict(well)
        );
        well
    }

    fn database(&self, samples: &[Sample]) -> bool {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return false };
        let dead = |sample: &Sample| 100.0 * sample.dead / sample.rows;
        let per_row = |sample: &Sample| sample.database * 1_048_576.0 / sample.rows;
        let well = samples.iter().all(|sample| sample.dead <= MOST_DEAD * sample.rows);
        println!(
            "{} database: from {:.0} to {:.0} MB, from {:.0} to {:.0} rows, {:.0} and {:.0} bytes for each; {:.1} % and {:.1} % dead, \
             at most {:.0} %",
            verdict(well),
            first.database,
            last.database,
            first.rows,
            last.rows,
            per_row(first),
            per_row(last),
            dead(first),
            dead(last),
            100.0 * MOST_DEAD
        );
        well
    }

    /// Told and not judged: whoever else uses the machine counts.
    fn times(&self) {
        let first = |part| self.tally.percentile(part, self.warm, self.warm + self.window);
        let last = |part| self.tally.percentile(part, self.until - self.window, self.until);
        println!(
            "     the first {:.1} minutes after the warm-up: p50 {:.1} ms, p99 {:.1} ms; the last: {:.1} and {:.1} ms, ratio {:.2}",
            self.window.as_secs_f64() / 60.0,
            first(0.5),
            first(0.99),
            last(0.5),
            last(0.99),
            last(0.99) / first(0.99)
        );
    }
}
