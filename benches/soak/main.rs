//! Whether anything grows that should not: `cargo bench --bench soak`, half an hour once it is built, nothing to set up.
//! `-- 60` takes an hour, `-- rate=120` asks twice as often.
//!
//! Two services on one PostgreSQL, with their workers and usual limits. Six hundred people of four companies do all that
//! people do, sixty requests a second: reads, writes, what is refused, connections that are broken off; webhooks are
//! delivered. Now and then the issuer's key is changed, each webhook's secret, the master key, and the second service is
//! replaced by another process. The first one lives from the beginning to the end, and is looked at: memory, files, threads,
//! processes of PostgreSQL. Nobody asks for its figures (`METRICS_LISTEN`), though it keeps them: growth would show.
//!
//! Before the clock starts, everybody does everything once, sixteen at a time, and as many tokens come as are remembered: what
//! has room for a fixed number is full then. A quarter of the time, at most eight minutes, is warm-up and judged by nobody.
//!
//! `-- 3 --leak` is the control: connections come to the first service that never end, and it succeeds where that is told.
//! The judge is shown series that grow and such that do not each time. `docs/performance.md` says how to read it.

mod ask;
mod changes;
#[path = "../../tests/support/database.rs"]
mod database;
#[expect(dead_code, clippy::unwrap_used, reason = "support code of the tests, which may end by a panic")]
#[path = "../../tests/support/tokens/forge.rs"]
mod forge;
mod judge;
mod load;
mod pair;
mod people;
#[expect(dead_code, clippy::unwrap_used, reason = "support code of the tests, which may end by a panic")]
#[path = "../../tests/support/tokens/provider.rs"]
mod provider;
#[expect(dead_code, reason = "tests/api needs more of it")]
#[path = "../../tests/api/support/receiver.rs"]
mod receiver;
mod report;
mod round;
mod service;
mod strangers;
mod watch;
mod world;

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::load::Tally;
use self::report::Report;
use self::watch::Sample;
use self::world::World;

/// Minutes, and requests a second, unless others are named.
const MINUTES: f64 = 30.0;
const RATE: f64 = 60.0;

/// The longest warm-up.
const WARM_UP: Duration = Duration::from_secs(8 * 60);

/// How many ask at a time before the clock starts, in all: as many as one service has connections.
const AT_ONCE: usize = 16;

/// How often keys are changed and a service is replaced, in all.
const CHANGES: u32 = 5;

/// How long what is to be delivered may take at the end.
const DELIVERED: Duration = Duration::from_secs(60);

/// What is asked of this program.
#[derive(Clone, Copy)]
struct Plan {
    length: Duration,
    rate: f64,
    leaks: bool,
}

impl Plan {
    fn told() -> Self {
        let arguments = std::env::args().skip(1).collect::<Vec<_>>();
        let minutes = arguments.iter().find_map(|argument| argument.parse::<f64>().ok());
        let rate = arguments.iter().find_map(|argument| argument.strip_prefix("rate=")?.parse().ok());
        Self {
            length: Duration::from_secs_f64(60.0 * minutes.unwrap_or(MINUTES)),
            rate: rate.unwrap_or(RATE),
            leaks: arguments.iter().any(|argument| argument == "--leak"),
        }
    }

    fn warm_up(self) -> Duration {
        (self.length / 4).min(WARM_UP)
    }

    /// How long from one sample to the next.
    fn pace(self) -> Duration {
        (self.length / 90).clamp(Duration::from_secs(2), Duration::from_secs(20))
    }
}

fn main() -> ExitCode {
    let plan = Plan::told();
    judge::is_judged(report::MOST);
    actix_web::rt::System::new().block_on(soak(plan))
}

async fn soak(plan: Plan) -> ExitCode {
    println!("starting PostgreSQL and two services, founding four companies …");
    let world = Rc::new(World::new().await);
    let (tally, gone) = (Rc::new(Tally::default()), Rc::new(Cell::new(0)));
    println!("everybody comes, meets, and does everything once …");
    let pairs = world.people().await;
    world.fill(&pairs).await;
    let pairs = load::once(&world, &tally, pairs, AT_ONCE).await;
    let minutes = |length: Duration| length.as_secs_f64() / 60.0;
    println!(
        "{} were told to come back; {} pairs, {} requests a second for {:.0} minutes, the first {:.1} of them to warm up",
        tally.busy.take(),
        pairs.len(),
        plan.rate,
        minutes(plan.length),
        minutes(plan.warm_up())
    );

    let begun = Instant::now();
    let until = begun + plan.length;
    let load = actix_web::rt::spawn(load::paced(Rc::clone(&world), Rc::clone(&tally), pairs, plan.rate, until));
    let strangers = actix_web::rt::spawn(strangers::come_and_go(Rc::clone(&world), Rc::clone(&gone)));
    let changing = actix_web::rt::spawn(change(Rc::clone(&world), Rc::clone(&tally), begun, plan.length));
    let leak = plan.leaks.then(|| actix_web::rt::spawn(strangers::never_end(Rc::clone(&world))));
    let samples = watch(&world, &tally, plan, begun).await;
    load.await.expect("the load ends");
    changing.await.expect("changes end");
    strangers.abort();
    if let Some(leak) = leak {
        leak.abort();
    }

    let late = Instant::now() + DELIVERED;
    while world.waiting().await > 0 && Instant::now() < late {
        tokio::time::sleep(Duration::from_millis(200)).await; // what failed is made again after some seconds
    }
    if world.waiting().await > 0 {
        tally.complain("deliveries", &format!("{} are still waiting", world.waiting().await));
    }
    let services = [Some(&world.first), world.second.borrow().as_ref()].map(|one| one.map(|one| one.complaints()));
    services.into_iter().flatten().flatten().for_each(|complaint| tally.complain("a service", &complaint));
    let delivered = world.receivers.iter().map(|receiver| receiver.got().len()).sum::<usize>();
    println!(
        "\n{} connections were broken off, {delivered} deliveries made; {CHANGES} times keys were changed",
        gone.get()
    );
    println!("it has warned of: {:?}", world.first.warnings());
    let window = (plan.length / 6).min(Duration::from_secs(300));
    let report = Report { tally: &tally, samples: &samples, window, warm: begun + plan.warm_up(), until };
    let [well, files] = report.tell(plan.warm_up());
    if plan.leaks {
        println!("the control: connections that never end are {}told", if files { "NOT " } else { "" });
        return ExitCode::from(u8::from(files));
    }
    ExitCode::from(u8::from(!well))
}

/// The changes, evenly over the time.
async fn change(world: Rc<World>, tally: Rc<Tally>, begun: Instant, length: Duration) {
    for number in 0..CHANGES {
        let due = begun + length * (number + 1) / (CHANGES + 1);
        tokio::time::sleep_until(due.into()).await;
        changes::round(&world, &tally, number as usize).await;
    }
}

/// Looks again and again, and says each minute how it goes.
async fn watch(world: &World, tally: &Tally, plan: Plan, begun: Instant) -> Vec<Sample> {
    let (mut samples, mut minute) = (Vec::new(), 1);
    let mut ticks = tokio::time::interval(plan.pace());
    while begun.elapsed() < plan.length {
        ticks.tick().await;
        let sample = Sample::of(&world.first, &world.superuser, begun).await;
        samples.push(sample);
        if begun.elapsed().as_secs() >= minute * 60 {
            let to = Instant::now();
            let p = |part| tally.percentile(part, to - Duration::from_secs(60), to);
            println!(
                "minute {minute}: {} asked, {} wrong, {} told to come back; p50 {:.1} ms, p99 {:.1} ms; {:.2} MB ({:.1} resident), {} files, {} threads, \
                 {} backends; database {:.0} MB, {:.1} % dead",
                tally.asked(),
                tally.wrong.get(),
                tally.busy.get(),
                p(0.5),
                p(0.99),
                sample.memory,
                sample.resident,
                sample.files,
                sample.threads,
                sample.backends,
                sample.database,
                100.0 * sample.dead / sample.rows
            );
            minute = begun.elapsed().as_secs() / 60 + 1;
        }
    }
    samples
}
