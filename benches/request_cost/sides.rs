//! The two sides as processes of their own: this executable again, in another role.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use peer_coaching::access::{Issuers, SingleKey, Tokens};
use peer_coaching::app::Shared;
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::DatabaseSettings;
use peer_coaching::door::Door;
use peer_coaching::events::rules::Kept;
use peer_coaching::ids::OrganizationId;
use peer_coaching::life::Life;
use peer_coaching::limits::{self, Limits, Time};
use peer_coaching::organizations::Organizations;
use peer_coaching::server::{self, Layout};
use peer_coaching::telemetry::{self, LogFormat};
use tokio_postgres::Config;

use super::bare;
use super::database;
use super::provider::Provider;

/// The instant at which the company's clock starts: in the middle of a quarter, whatever the day is.
const START: &str = "2026-11-02T09:00:00Z";

/// Limits that are never met, and kept all the same: what they cost is part of it.
fn generous() -> Limits {
    let limit = "1000000/1s".parse().expect("a limit");
    Limits::new(limits::Settings { caller: limit, organization: limit, address: limit, proxies: 0 }, Time::default())
}

/// The clock of the company.
pub fn clock() -> Clock {
    let start: Timestamp = START.parse().expect("an instant");
    Clock::ahead_of_real_time(start.duration_since(real_time()))
}

/// What a side is told when it is started.
#[derive(Clone)]
pub struct Orders {
    /// Where PostgreSQL's socket is, and the role to use it as.
    pub sockets: String,
    pub user: &'static str,
    pub organization: OrganizationId,
    /// The keys of who may sign tokens.
    pub jwks: String,
    pub workers: usize,
    pub connections: usize,
}

/// A side under way. It ends with us: it reads a pipe that we hold.
pub struct Side {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Side {
    /// Starts this role, and waits until it listens. Its log goes nowhere, but it is written.
    pub fn start(role: &str, orders: &Orders) -> Self {
        let Orders { sockets, user, organization, jwks, workers, connections } = orders;
        let mut command = Command::new(std::env::current_exe().expect("this executable"));
        command.args([role, sockets, user, &organization.to_string(), &workers.to_string(), &connections.to_string()]);
        command.arg(jwks).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("this executable starts");
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("a line");
        let address = line.strip_prefix("listens on ").map(|address| address.trim_end().to_owned());
        Self { address: address.unwrap_or_else(|| panic!("{role} does not start: {line:?}")), process }
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}

/// The other end: what a role does when this executable is started again.
pub fn play(role: &str, arguments: &[String]) {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]); // returns when whoever started us is gone
        std::process::exit(0);
    });
    let [sockets, user, organization, workers, connections, jwks] = arguments else { panic!("{arguments:?}") };
    let mut database = Config::new();
    database.host_path(sockets).port(5432).user(user).dbname("coaching");
    let number = |text: &String| text.parse().expect("a number");
    let organization = organization.parse::<OrganizationId>().expect("an id");
    let layout = Layout { workers: number(workers), connections: number(connections) };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    actix_web::rt::System::new().block_on(async move {
        let server = match role {
            "bare" => bare::run(database, organization.uuid(), listener, layout),
            _ => whole(database, organization, jwks, listener, layout).await,
        };
        println!("listens on {address}");
        std::io::stdout().flush().expect("somebody listens");
        server.expect("a server").await.expect("it runs on");
    });
}

/// What `serve` does, but for its reading of settings: the same log, the same tokens, the same app.
async fn whole(
    database: Config,
    organization: OrganizationId,
    jwks: &str,
    listener: TcpListener,
    layout: Layout,
) -> std::io::Result<actix_web::dev::Server> {
    telemetry::start("info", LogFormat::Json).expect("a log");
    let key = SingleKey::Es256(jwks.to_owned());
    let issuers = Issuers::single(Provider::ISSUER, Provider::AUDIENCE, organization, key).expect("issuers");
    let database = DatabaseSettings::new(database).expect("settings");
    let (pool, vault) = (database.pool(1), database::vault());
    let organizations = Organizations { database: &pool, clock: &clock(), vault: &vault };
    organizations.ready_keys(organization, false).await.expect("keys");
    let shared = Shared {
        life: Life::default(),
        door: Arc::new(Door::new(Arc::new(Tokens::new(issuers)))),
        vault,
        clock: clock(),
        limits: Arc::new(generous()),
        ledger: None,
        events_kept: Kept::default(),
        reach: peer_coaching::webhooks::rules::Reach::Public,
        origins: Vec::new(),
        public_url: None,
        dev: None,
    };
    server::run(shared, database, listener, layout)
}
