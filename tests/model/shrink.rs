//! From a long way to a mismatch to a short one: drops what can be dropped, in ever smaller pieces.

use std::time::{Duration, Instant};

use peer_coaching::policy::rules::Settings;

use super::run::{Moment, World};

/// How long one has patience.
const PATIENCE: Duration = Duration::from_secs(240);

/// The shortest way found to a mismatch, and the mismatch at its end.
pub async fn shrink(settings: &Settings, mut moments: Vec<Moment>, mut why: String) -> (Vec<Moment>, String) {
    let started = Instant::now();
    let mut piece = moments.len().div_ceil(2);
    loop {
        let before = moments.len();
        let mut from = 0;
        while from < moments.len() && started.elapsed() < PATIENCE {
            let mut fewer = moments.clone();
            fewer.drain(from..(from + piece).min(moments.len()));
            match mismatch(settings, &fewer).await {
                Some((at, found)) => {
                    fewer.truncate(at + 1);
                    (moments, why) = (fewer, found);
                }
                None => from += piece,
            }
        }
        if piece == 1 && moments.len() == before || started.elapsed() >= PATIENCE {
            break;
        }
        piece = (piece / 2).max(1);
    }
    alone(settings, &mut moments, &mut why).await;
    (moments, why)
}

/// Drops single steps from those that happen at once.
async fn alone(settings: &Settings, moments: &mut Vec<Moment>, why: &mut String) {
    let (mut at, mut nth) = (0, 0);
    while at < moments.len() {
        if moments[at].steps.len() < 2 || nth >= moments[at].steps.len() {
            (at, nth) = (at + 1, 0);
            continue;
        }
        let mut fewer = moments.clone();
        fewer[at].steps.remove(nth);
        match mismatch(settings, &fewer).await {
            Some((end, found)) => {
                fewer.truncate(end + 1);
                (*moments, *why) = (fewer, found);
            }
            None => nth += 1,
        }
    }
}

/// At which moment the model and a new organization differ; what needs a race is given more than one chance.
async fn mismatch(settings: &Settings, moments: &[Moment]) -> Option<(usize, String)> {
    let chances = if moments.iter().any(|moment| moment.steps.len() > 1) { 4 } else { 1 };
    for _ in 0..chances {
        let mut world = World::new(settings).await;
        for (at, moment) in moments.iter().enumerate() {
            if let Err(why) = world.live(moment).await {
                return Some((at, why));
            }
        }
    }
    None
}

/// A way as one reads it.
pub fn told(moments: &[Moment]) -> String {
    let step = |moment: &Moment| {
        let steps = moment.steps.iter().map(|(number, step)| format!("{number}: {step:?}"));
        format!("{}  {}", moment.at, steps.collect::<Vec<_>>().join("\n          at once  "))
    };
    format!("{} steps:\n{}", moments.len(), moments.iter().map(step).collect::<Vec<_>>().join("\n"))
}
