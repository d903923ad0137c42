//! Whether cost grows with the table: `cargo bench --bench scale`, a quarter of an hour once it is built, nothing to set up.
//!
//! Organizations of a thousand, a hundred thousand and a million members with eight cycles behind them, each in a database
//! of one PostgreSQL and before a `serve` of its own. Of each, two hundred members ask for the same, in turns: what an
//! operation takes in the largest is a multiple of the same in the smallest. `docs/scaling.md` says how to read it.
//!
//! Other sizes by their numbers; `stay` leaves PostgreSQL standing at the end, so that one can look; `buffers=4GB` and
//! `replicas` are told in files of their names.

mod buffers;
#[path = "../request_cost/client.rs"]
mod client;
#[expect(dead_code, reason = "here each organization has a database of its own")]
#[path = "../../tests/support/database.rs"]
mod database;
#[expect(dead_code, reason = "request_cost measures memory too")]
#[path = "../request_cost/meter.rs"]
mod meter;
mod operations;
mod people;
#[expect(dead_code, clippy::unwrap_used, reason = "support code of the tests, which may end by a panic")]
#[path = "../../tests/cli/support/provider.rs"]
mod provider;
mod replicas;
mod seed;
mod service;

use std::process::ExitCode;
use std::time::Duration;

use self::operations::{Asked, OPERATIONS, Operation};
use self::service::Company;

/// The sizes, unless others are named.
const SIZES: [i64; 3] = [1_000, 100_000, 1_000_000];

/// Rounds that count, after those that only warm up.
const ROUNDS: usize = 12;
const WARM_UP: usize = 3;

/// Processor time in the largest, as a multiple of the same in the smallest: the most that it may be.
const MOST: f64 = 1.3;

/// Beyond so many times what it may be, it is no noise.
const BY_FAR: f64 = 1.5;

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let mut sizes = arguments.iter().filter_map(|argument| argument.parse().ok()).collect::<Vec<i64>>();
    if sizes.is_empty() {
        sizes.extend(SIZES);
    }
    if let Some(ended) = buffers::rerun(&arguments) {
        return ended;
    }
    if arguments.iter().any(|argument| argument == "replicas") {
        actix_web::rt::System::new().block_on(replicas::measure());
        return ExitCode::SUCCESS;
    }
    let stays = arguments.iter().any(|argument| argument == "stay");
    actix_web::rt::System::new().block_on(measure(&sizes, stays))
}

/// Microseconds of processor time: the service's, and PostgreSQL's.
type Cost = [f64; 2];

async fn measure(sizes: &[i64], stays: bool) -> ExitCode {
    let mut companies = Vec::new();
    for size in sizes {
        companies.push(Company::of(*size).await);
    }
    let superuser = &companies[0].superuser;
    // its time would fall on whoever is asked at that moment
    superuser.batch_execute("alter system set autovacuum = off").await.expect("a setting");
    superuser.batch_execute("select pg_reload_conf()").await.expect("a setting");
    superuser.batch_execute("checkpoint").await.expect("a checkpoint");
    let backend = superuser.query_one("select pg_backend_pid()", &[]).await.expect("an answer");
    let backend = u32::try_from(backend.get::<_, i32>(0)).expect("a process");
    let postmaster = meter::parent_of(backend);

    let mut asked = companies.iter().map(Asked::new).collect::<Vec<_>>();
    let mut costs = vec![vec![Vec::<Cost>::new(); sizes.len()]; OPERATIONS.len()];
    let mut wrong = 0;
    for round in 0..WARM_UP + ROUNDS {
        println!("round {} of {}", round + 1, WARM_UP + ROUNDS);
        for (at, operation) in OPERATIONS.iter().enumerate() {
            for nth in 0..sizes.len() {
                let size = (nth + round) % sizes.len(); // nobody is always the first
                let (cost, amiss) = cost_of(operation, &mut asked[size], round, postmaster);
                wrong += amiss;
                if round >= WARM_UP {
                    costs[at][size].push(cost);
                }
            }
        }
    }
    let mut failed = wrong > 0;
    let buffers: String = superuser.query_one("show shared_buffers", &[]).await.expect("a setting").get(0);
    println!(
        "\nshared_buffers = {buffers}, {}; µs of processor time, service + PostgreSQL, the middle half of {ROUNDS} rounds; {sizes:?} members",
        buffers::pages(backend)
    );
    for (operation, costs) in OPERATIONS.iter().zip(&costs) {
        failed |= !tell(operation, costs);
    }
    println!("{} answers other than 200 or 201: {wrong}", if wrong == 0 { "OK  " } else { "OVER" });
    if stays {
        println!("look at it at {}, and press Enter", service::sockets());
        let _ = std::io::stdin().read_line(&mut String::new());
    }
    ExitCode::from(u8::from(failed))
}

/// What one request of it takes, and how many did not go well.
fn cost_of(operation: &Operation, asked: &mut Asked, turn: usize, postmaster: u32) -> (Cost, usize) {
    let process = asked.service.process_id();
    let used = || [meter::of_process(process), meter::of_postgres(postmaster)];
    let before = used();
    let (done, wrong) = asked.run(operation, turn);
    let now = used();
    let each = |used: Duration| used.as_secs_f64() * 1e6 / (done * operation.requests) as f64;
    ([each(now[0] - before[0]), each(now[1] - before[1])], wrong)
}

/// One line; whether it will do.
fn tell(operation: &Operation, costs: &[Vec<Cost>]) -> bool {
    let sum = |cost: &Cost| cost.iter().sum::<f64>();
    let (smallest, largest) = (&costs[0], &costs[costs.len() - 1]);
    let ratio = middle(largest.iter().zip(smallest).map(|(large, small)| sum(large) / sum(small)));
    let parts = costs.iter().map(|rounds| {
        let [service, postgres] = [0, 1].map(|part| middle(rounds.iter().map(|cost| cost[part])));
        format!("{:>6.0} = {service:>4.0} + {postgres:<5.0}", service + postgres)
    });
    let verdict = if ratio <= MOST { "OK  " } else { "OVER" };
    println!("{verdict} {:<33}{} {ratio:>6.2}", operation.name, parts.collect::<Vec<_>>().join(" "));
    ratio <= MOST * BY_FAR
}

/// The mean of the middle half: a median that is not as coarse as the clock of `/proc`.
fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    let middle = &values[values.len() / 4..values.len() - values.len() / 4];
    middle.iter().sum::<f64>() / middle.len() as f64
}
