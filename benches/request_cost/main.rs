//! What one request costs: `cargo bench --bench request_cost`, about a minute once it is built, nothing to set up.
//!
//! `GET /v1/pairings/{pairing_id}`, whole, as `serve` answers it, beside a bare handler that sends the same row. Then how
//! often the main operations speak to PostgreSQL. `docs/performance.md` says how to read it.
//!
//! Three processes and a PostgreSQL: this one asks, so its own time is not counted; the two sides are this executable
//! again. It fails for what is not noise (an answer other than 200, a flush too many), and where a target is missed by
//! far.

#![expect(clippy::unwrap_used, reason = "support code of the tests, which may end by a panic")]

mod bare;
mod client;
mod company;
#[path = "../../tests/support/database.rs"]
mod database;
mod flushes;
mod load;
mod meter;
#[path = "../../tests/cli/support/provider.rs"]
mod provider;
mod report;
mod rounds;
mod sides;
#[path = "../../tests/support/way.rs"]
mod way;

use std::process::ExitCode;

use tokio_postgres::config::Host;

use self::company::Company;
use self::rounds::Rounds;
use self::sides::{Orders, Side};

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    match arguments.split_first() {
        Some((role, orders)) if ["whole", "bare"].contains(&role.as_str()) => {
            sides::play(role, orders);
            ExitCode::SUCCESS
        }
        _ => actix_web::rt::System::new().block_on(measure(rounds_wanted(&arguments))),
    }
}

/// `cargo bench --bench request_cost -- 5` measures five rounds instead of the usual number.
fn rounds_wanted(arguments: &[String]) -> usize {
    arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(25)
}

/// The folder of PostgreSQL's socket.
fn sockets() -> String {
    let server = database::config("postgres");
    let [Host::Unix(sockets)] = server.get_hosts() else { panic!("{server:?}") };
    sockets.display().to_string()
}

async fn measure(rounds: usize) -> ExitCode {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("starting PostgreSQL, founding a company of a thousand …");
    let company = Company::found().await;
    let superuser = database::connect(database::config("postgres")).await;
    let asked = superuser.query_one("select pg_backend_pid(), split_part(version(), ' ', 2)", &[]).await;
    let asked = asked.expect("an answer");
    let backend = u32::try_from(asked.get::<_, i32>(0)).expect("a process");
    let orders = Orders {
        sockets: sockets(),
        user: "peer_coaching_app",
        organization: company.organization,
        jwks: company.provider.jwks().to_string(),
        workers: cores,
        connections: 16,
    };
    let whole = Side::start("whole", &orders);
    let bare = Side::start("bare", &Orders { user: "postgres", ..orders.clone() });
    let mut run = Rounds::new(whole, bare, meter::parent_of(backend));
    let pairs = company.pairs(run.whole_address());
    superuser.batch_execute("vacuum analyze").await.expect("statistics");

    report::conditions(cores, &orders, asked.get(1));
    run.connect(&pairs);
    run.warm_up();
    for number in 1..=rounds {
        report::round(number, rounds, &run.round());
    }
    println!("\ncounting flushes …");
    let counted = flushes::count(&company, &orders).await;
    report::verdict(&run, &counted)
}
