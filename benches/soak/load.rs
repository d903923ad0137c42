//! The load: so many requests a second, whether or not the last ones were answered, and what came of them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::pair::Pair;
use super::round::STEPS;
use super::world::World;

/// From one burst to the next, before the clock starts: slowly enough for the usual limits.
pub const BURST: Duration = Duration::from_millis(40);

/// What came of all requests.
#[derive(Default)]
pub struct Tally {
    pub statuses: RefCell<BTreeMap<u16, usize>>,
    /// Answers that were not right, and requests without one.
    pub wrong: Cell<usize>,
    kinds: RefCell<BTreeSet<String>>,
    /// When each answer came, and how many milliseconds after it was due to be asked for.
    took: RefCell<Vec<(Instant, f64)>>,
    /// Answers by which somebody was told to come back, nothing having been done; they do.
    pub busy: Cell<usize>,
    /// Requests that came too late since everybody waited for an answer.
    pub missed: Cell<usize>,
}

impl Tally {
    /// Something was not right; the first of its kind is told.
    pub fn complain(&self, kind: &str, what: &str) {
        self.wrong.set(self.wrong.get() + 1);
        if self.kinds.borrow_mut().insert(kind.to_owned()) {
            println!("WRONG {kind}: {what:.700}");
        }
    }

    pub fn asked(&self) -> usize {
        self.took.borrow().len()
    }

    /// Milliseconds within which this part of all answers came, of those that came in this time.
    pub fn percentile(&self, part: f64, from: Instant, to: Instant) -> f64 {
        let took = self.took.borrow();
        let mut took = took.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, ms)| *ms).collect::<Vec<_>>();
        took.sort_by(f64::total_cmp);
        took.get((took.len() as f64 * part) as usize).copied().unwrap_or_default()
    }
}

/// One request of a pair; what came of it is remembered.
async fn step(world: &World, tally: &Tally, mut pair: Pair, due: Instant) -> Pair {
    let step = &STEPS[pair.turn % STEPS.len()];
    let ask = (step.ask)(&pair);
    let address = world.address(Uuid::now_v7().as_u128().is_multiple_of(2)); // as a balancer without a memory
    match ask.to(&world.client, &address).await {
        Ok(answer) => {
            *tally.statuses.borrow_mut().entry(answer.status).or_default() += 1;
            tally.took.borrow_mut().push((Instant::now(), due.elapsed().as_secs_f64() * 1e3));
            if answer.status == step.right {
                (step.keep)(&mut pair, &answer);
            } else if answer.status == 503 && answer.text("code") == "unavailable" {
                tally.busy.set(tally.busy.get() + 1);
                return pair; // which comes back later
            } else {
                let said = answer.body.to_string();
                tally.complain(step.name, &format!("{} instead of {}: {said}", answer.status, step.right));
            }
        }
        Err(error) => tally.complain(step.name, &format!("no answer: {error:?}")),
    }
    pair.turn += 1;
    pair
}

/// Everybody goes through all steps once: so many do the same at the same time, so that each connection to the database
/// learns each statement. Later ones go on for longer: afterwards, people do different things.
pub async fn once(world: &World, tally: &Tally, mut pairs: Vec<Pair>, at_once: usize) -> Vec<Pair> {
    let chunks = pairs.len().div_ceil(at_once);
    let (mut done, mut ticks) = (Vec::new(), tokio::time::interval(BURST));
    for chunk in 0..chunks {
        let mut together = pairs.split_off(pairs.len().saturating_sub(at_once));
        for _ in 0..STEPS.len() * (chunks + chunk) / chunks {
            ticks.tick().await;
            together = join_all(together.into_iter().map(|pair| step(world, tally, pair, Instant::now()))).await;
        }
        done.extend(together);
    }
    done.sort_by_key(|pair| pair.pairing.chars().rev().collect::<String>()); // in no order
    done
}

/// So many steps a second, each of the next pair, until then.
pub async fn paced(world: Rc<World>, tally: Rc<Tally>, pairs: Vec<Pair>, rate: f64, until: Instant) {
    let mut free = VecDeque::from(pairs);
    let mut under_way = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    while Instant::now() < until {
        let due = ticks.tick().await.into_std();
        while let Some(pair) = under_way.try_join_next() {
            free.push_back(pair.expect("a step ends"));
        }
        let Some(pair) = free.pop_front() else {
            tally.missed.set(tally.missed.get() + 1);
            continue;
        };
        let (world, tally) = (Rc::clone(&world), Rc::clone(&tally));
        under_way.spawn_local(async move { step(&world, &tally, pair, due).await });
    }
    while under_way.join_next().await.is_some() {}
}
