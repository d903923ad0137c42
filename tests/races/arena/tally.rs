//! What became of a theme's races, in one line.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::Answer;

/// Counts of one theme.
pub struct Tally {
    begun: Instant,
    pub races: usize,
    pub answers: BTreeMap<String, usize>,
    /// What the judge, or a theme, has found wrong.
    pub broken: Vec<String>,
    pub slowest: Duration,
}

impl Tally {
    pub fn new() -> Self {
        let (races, answers, broken) = (0, BTreeMap::new(), Vec::new());
        Self { begun: Instant::now(), races, answers, broken, slowest: Duration::ZERO }
    }

    /// Counts an answer. One that no caller should ever see is a finding.
    pub fn count(&mut self, call: &str, answer: &Answer) {
        let status = answer.status.as_u16();
        let name = if status < 400 { status.to_string() } else { format!("{status} {}", answer.code()) };
        if status >= 500 && (status != 503 || answer.header("retry-after").is_empty()) {
            self.broken.push(format!("{call} was answered {name}: {}", answer.text));
        }
        *self.answers.entry(name).or_default() += 1;
    }

    /// How many answers there were of this kind: `201`, or `409 coach_full`.
    pub fn of(&self, kind: &str) -> usize {
        self.answers.get(kind).copied().unwrap_or_default()
    }

    pub fn all(&self) -> usize {
        self.answers.values().sum()
    }

    /// Tells it, past the test harness, which would keep it to itself.
    pub fn tell(&self, theme: &str, seed: u64, deadlocks: i64) {
        let answers =
            self.answers.iter().map(|(kind, count)| format!("{count} × {kind}")).collect::<Vec<_>>().join(", ");
        let seconds = self.begun.elapsed().as_secs_f64();
        let line = format!(
            "races: {theme}: {} races, {} answers ({answers}), {} broken, {deadlocks} deadlocks, slowest {} ms, {seconds:.1} s, seed {seed}\n",
            self.races,
            self.all(),
            self.broken.len(),
            self.slowest.as_millis(),
        );
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}
