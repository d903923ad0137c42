//! What a series of samples says: whether it grows, and how sure that is.
//!
//! Memory is looked at as a line through all samples: by least squares, which one outlier can bend, and after Theil and
//! Sen: the median of the slopes between any two samples, which a quarter of them cannot. The latter decides. Its interval
//! (95 %, after Kendall's tau) takes samples for independent of each other. They are not: memory that was taken is kept for a
//! while. So the interval is too narrow, and may be trusted to say that nothing grows, not that something does: what is
//! found too steep is to be looked at in a longer run before it is called a leak.

/// A slope, in units an hour, and between what it lies.
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    /// The median of the slopes between any two samples.
    pub robust: f64,
    pub least: f64,
    pub most: f64,
    /// By least squares.
    pub squares: f64,
}

impl Slope {
    /// Of samples of hours and units.
    pub fn of(samples: &[(f64, f64)]) -> Self {
        let mut slopes = Vec::new();
        for (at, (x, y)) in samples.iter().enumerate() {
            slopes.extend(samples[..at].iter().filter(|earlier| earlier.0 < *x).map(|(u, v)| (y - v) / (x - u)));
        }
        slopes.sort_by(f64::total_cmp);
        let ranked = |rank: f64| {
            let last = slopes.len().saturating_sub(1) as f64;
            slopes.get(rank.clamp(0.0, last) as usize).copied().unwrap_or_default()
        };
        // The variance of Kendall's S among samples that have no trend, and 1.96 of its roots.
        let (count, pairs) = (samples.len() as f64, slopes.len() as f64);
        let reach = 1.96 * (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
        Self {
            robust: ranked((pairs - 1.0) / 2.0),
            least: ranked((pairs - reach) / 2.0 - 1.0),
            most: ranked((pairs + reach) / 2.0),
            squares: squares(samples),
        }
    }

    /// Whether it is as steep as this, and not by chance: the interval lies above nothing.
    pub fn is_steep(&self, limit: f64) -> bool {
        self.robust >= limit && self.least > 0.0
    }
}

fn squares(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let (x, y) = samples.iter().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x / count, sum.1 + y / count));
    let both = samples.iter().map(|(u, v)| (u - x) * (v - y)).sum::<f64>();
    both / samples.iter().map(|(u, _)| (u - x).powi(2)).sum::<f64>()
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values = values.into_iter().collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The medians of the first third and of the last.
pub fn ends(values: &[f64]) -> (f64, f64) {
    let third = values.len().div_ceil(3);
    (median(values[..third].iter().copied()), median(values[values.len() - third..].iter().copied()))
}

/// Whether a count has grown by more than this.
pub fn grows(values: &[f64], most: f64) -> bool {
    let (first, last) = ends(values);
    last - first > most
}

/// The judge judged: memory as it may look over twenty minutes, to which this much an hour was added.
fn planted(an_hour: f64) -> Vec<(f64, f64)> {
    let (mut state, mut level) = (7_u64, 0.0);
    let mut dice = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5
    };
    let sample = |at: u32| {
        level = 0.8 * level + 0.2 * dice(); // what was taken is kept for a while
        let x = f64::from(at) / 180.0;
        (x, 20.0 + level + if at.is_multiple_of(20) { 3.0 } else { 0.0 } + an_hour * x)
    };
    (0..60).map(sample).collect()
}

/// Shows the judge what grows and what does not.
///
/// # Panics
/// When it takes one for the other.
pub fn is_judged(limit: f64) {
    let (flat, steep) = (Slope::of(&planted(0.0)), Slope::of(&planted(2.0 * limit)));
    println!(
        "the judge finds {:.2} MB an hour where none was planted, and {:.2} where {:.0} were",
        flat.robust,
        steep.robust,
        2.0 * limit
    );
    assert!(!flat.is_steep(limit) && steep.is_steep(limit), "{flat:?} {steep:?}");
    let counts = |each: usize| (0..60).map(|at| (40 + at % 3 + at / 10 * each) as f64).collect::<Vec<_>>();
    assert!(!grows(&counts(0), 4.0) && grows(&counts(2), 4.0), "a count that grows is told");
}
