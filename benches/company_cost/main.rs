//! What a large company costs: `cargo bench --bench company_cost`, a minute once it is built, nothing to set up.
//!
//! Ten thousand members with eight quarters behind them. The next step and the first page of coaches are asked for over
//! HTTP, as `serve` answers them, in turns with `GET /v1/pairings/{pairing_id}` of the same people: what they may cost is
//! a multiple of that. `docs/performance.md` says how to read it.

#![expect(clippy::unwrap_used, reason = "support code of the tests, which may end by a panic")]

#[path = "../request_cost/bare.rs"]
mod bare;
#[path = "../request_cost/client.rs"]
mod client;
#[expect(dead_code, reason = "request_cost makes its pairs over HTTP")]
#[path = "../request_cost/company.rs"]
mod company;
#[path = "../../tests/support/crowd.rs"]
mod crowd;
#[path = "../../tests/support/database.rs"]
mod database;
#[path = "../request_cost/load.rs"]
mod load;
#[expect(dead_code, reason = "request_cost measures memory too")]
#[path = "../request_cost/meter.rs"]
mod meter;
#[path = "../../tests/cli/support/provider.rs"]
mod provider;
#[path = "../request_cost/sides.rs"]
mod sides;

use std::process::ExitCode;
use std::time::Duration;

use tokio_postgres::config::Host;

use self::client::{Client, request};
use self::company::{Company, Person};
use self::crowd::Crowd;
use self::provider::Provider;
use self::sides::{Orders, Side};

/// The company.
const CROWD: Crowd = Crowd { members: 10_000, past_cycles: 8 };

/// How many ask at the same time, each over a connection of their own.
const CLIENTS: usize = 8;

/// How long each operation is asked for in each round.
const LENGTH: Duration = Duration::from_millis(700);

/// What is asked for, and the processor time that it may take, as a multiple of the first one's.
const OPERATIONS: [(&str, f64); 3] =
    [("/v1/pairings/{pairing_id}", 1.0), ("/v1/me/next-step", 3.0), ("/v1/cycles/current/coaches", 10.0)];

/// Beyond so many times what it may be, it is no noise.
const BY_FAR: f64 = 1.3;

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    match arguments.split_first() {
        Some((role, orders)) if role == "whole" => {
            sides::play(role, orders);
            ExitCode::SUCCESS
        }
        _ => actix_web::rt::System::new().block_on(measure(rounds_wanted(&arguments))),
    }
}

/// `cargo bench --bench company_cost -- 5` measures five rounds instead of the usual number.
fn rounds_wanted(arguments: &[String]) -> usize {
    arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(20)
}

async fn measure(rounds: usize) -> ExitCode {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("starting PostgreSQL, founding a company: {CROWD:?} …");
    let company = Company::found().await;
    let owner = database::connect(database::config("peer_coaching_owner")).await;
    CROWD.store(&owner, company.organization).await;
    let superuser = database::connect(database::config("postgres")).await;
    let known = format!(
        "insert into peer_coaching.identities (organization_id, issuer, subject, member_id, linked_at)
         select organization_id, '{}', external_id, member_id, now() from peer_coaching.members",
        Provider::ISSUER
    );
    superuser.batch_execute(&known).await.expect("identities");
    let backend = superuser.query_one("select pg_backend_pid()", &[]).await.expect("an answer");
    let postmaster = meter::parent_of(u32::try_from(backend.get::<_, i32>(0)).expect("a process"));
    let config = database::config("postgres");
    let [Host::Unix(sockets)] = config.get_hosts() else { panic!("{config:?}") };
    let side = Side::start(
        "whole",
        &Orders {
            sockets: sockets.display().to_string(),
            user: "peer_coaching_app",
            organization: company.organization,
            jwks: company.provider.jwks().to_string(),
            workers: cores,
            connections: 16,
        },
    );
    let asking = coached().take(CLIENTS).map(|number| asks(&company, &side, number)).collect::<Vec<_>>();
    superuser.batch_execute("vacuum analyze").await.expect("statistics");

    println!("{cores} cores, {CLIENTS} clients, {} ms for each operation in each round\n", LENGTH.as_millis());
    let mut clients = OPERATIONS.map(|(path, _)| {
        let client = |(person, pairing): &(Person, String)| {
            let path = path.replace("{pairing_id}", pairing);
            (Client::to(&side.address), request("GET", &path, &person.token, None, ""))
        };
        asking.iter().map(client).collect::<Vec<_>>()
    });
    let used = || [meter::of_process(side.process_id()), meter::of_postgres(postmaster)];
    let (mut costs, mut wrong) = (vec![[[0.0; 2]; OPERATIONS.len()]; rounds], 0);
    for round in 0..rounds + 3 {
        for (at, clients) in clients.iter_mut().enumerate() {
            let before = used();
            let outcome = load::run(clients, LENGTH);
            wrong += outcome.wrong;
            if let Some(warm) = round.checked_sub(3) {
                let now = used();
                let each = |at: usize| (now[at] - before[at]).as_secs_f64() * 1e6 / outcome.latencies.len() as f64;
                costs[warm][at] = [each(0), each(1)];
            }
        }
    }
    let mut failed = wrong > 0;
    println!("µs of processor time       {:>36} {:>11} {:>7}", "of the service", "PostgreSQL", "both");
    for (at, (path, most)) in OPERATIONS.into_iter().enumerate() {
        let both = |round: &[[f64; 2]; OPERATIONS.len()], at: usize| round[at].iter().sum::<f64>();
        let ratio = median(costs.iter().map(|round| both(round, at) / both(round, 0)));
        let well = if ratio <= most { "OK  " } else { "OVER" };
        let [service, postgres] = [0, 1].map(|side| median(costs.iter().map(|round| round[at][side])));
        let each = median(costs.iter().map(|round| both(round, at)));
        println!(
            "{well} GET {path:<28} {service:>25.0} {postgres:>11.0} {each:>7.0}, {ratio:>5.2} times, at most {most:.0}"
        );
        failed |= ratio > most * BY_FAR;
    }
    println!("{} answers other than 200: {wrong}", if wrong == 0 { "OK  " } else { "OVER" });
    ExitCode::from(u8::from(failed))
}

/// The numbers of those whom the crowd has in an active pairing, and who have had a coach in every second quarter before.
fn coached() -> impl Iterator<Item = i32> {
    (1..).map(|number| number * 6).filter(|number| number % 20 != 0 && (number + CROWD.past_cycles * 7 + 1) % 20 != 19)
}

/// One of them, who has named topics and can ask two more; and their pairing.
fn asks(company: &Company, side: &Side, number: i32) -> (Person, String) {
    let mut person = company.person(&format!("member {number}"), &side.address);
    let topics = "{\"answer\": \"opted_in\", \"topics\": [\"Rust\", \"Topic 3\", \"Something else\"]}";
    person.asks("PUT", "/v1/cycles/current/participation", topics);
    let pairings = person.asks("GET", "/v1/pairings?role=coachee&state=active", "");
    let pairing = pairings["data"][0]["id"].as_str().expect("a pairing").to_owned();
    let suggested = person.asks("GET", "/v1/cycles/current/coaches", "");
    assert_eq!((&suggested["considered"], &suggested["is_everybody"]), (&50.into(), &false.into()), "{suggested}");
    (person, pairing)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
