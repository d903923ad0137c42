//! Companies, and the service that they share.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use peer_coaching::access::{Caller, Issuers, Reason, Tokens};
use peer_coaching::app::Shared;
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::{Database, DatabaseSettings, Scope};
use peer_coaching::door::Door;
use peer_coaching::erasures::ledger::Ledger;
use peer_coaching::events::rules::Kept;
use peer_coaching::events::{self, reminders};
use peer_coaching::ids::OrganizationId;
use peer_coaching::life::Life;
use peer_coaching::limits::{self, Limits, Time};
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use peer_coaching::server::{self, Layout};
use peer_coaching::vault::Vault;
use peer_coaching::webhooks::deliveries::sending::Deliverer;
use peer_coaching::webhooks::rules::Reach;
use peer_coaching::{cycles, pairings, retention};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::database;
use super::person::Person;
use super::wire::Wire;

/// What signs the tokens of every test company.
pub const SECRET: &str = "a secret of the tests that is longer than 32 bytes";

/// The audience of every test.
pub const AUDIENCE: &str = "peer-coaching";

/// The instant at which every test company's clock starts: a Monday morning in the middle of a quarter.
pub const START: &str = "2026-10-05T09:00:00Z";

/// A service with the companies that it serves. It stops when it is dropped.
pub struct Town {
    /// Where it answers.
    pub address: String,
    /// The time of the domain, for all its companies.
    pub clock: Clock,
    /// Connections of the test's own, as the service's role.
    pub database: Database,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for Town {
    fn drop(&mut self) {
        drop(self.handle.stop(false)); // sent now; nothing of the test's waits for it
        self.database.close();
    }
}

impl Town {
    /// A service for this many companies, with this many database connections.
    pub async fn of(companies: usize, connections: usize) -> (Self, Vec<Company>) {
        Self::with_policy(companies, connections, Settings::default()).await
    }

    /// A service for companies that each started with this policy, but for the zone, which is Lisbon's.
    async fn with_policy(companies: usize, connections: usize, settings: Settings) -> (Self, Vec<Company>) {
        let database = database::settings("peer_coaching_app");
        Self::founded(&database, database.clone(), companies, connections, settings, Beside::default(), own_issuers)
            .await
    }

    /// A service that limits how much each may ask, by a time that stands still, and reaches its database in a way of its
    /// own; `known` is a way that works.
    pub async fn limited(
        known: &DatabaseSettings,
        reached: DatabaseSettings,
        companies: usize,
        limits: limits::Settings,
    ) -> (Self, Vec<Company>, LimitedBy) {
        let time = Time::still();
        let limits = Arc::new(Limits::new(limits, time.clone()));
        let beside = Beside { limits: Arc::clone(&limits), ..Beside::default() };
        let settings = Settings::default();
        let (town, companies) = Self::founded(known, reached, companies, 4, settings, beside, own_issuers).await;
        (town, companies, LimitedBy { limits, time })
    }

    /// A service for one company that writes erasures down in this file.
    pub async fn with_ledger(file: &Path) -> (Self, Company) {
        let (database, settings) = (database::settings("peer_coaching_app"), Settings::default());
        let beside = Beside { ledger: Some(Ledger::at(file).expect("a ledger")), ..Beside::default() };
        let founded = Self::founded(&database, database.clone(), 1, 4, settings, beside, own_issuers).await;
        (founded.0, founded.1.into_iter().next().expect("a company"))
    }

    /// A service for one company whose webhooks reach this machine, as in development.
    pub async fn with_webhooks_here() -> (Self, Company) {
        let (database, settings) = (database::settings("peer_coaching_app"), Settings::default());
        let beside = Beside { reach: Reach::Anywhere, ..Beside::default() };
        let founded = Self::founded(&database, database.clone(), 1, 4, settings, beside, own_issuers).await;
        (founded.0, founded.1.into_iter().next().expect("a company"))
    }

    /// Delivers events of this company to webhooks, as this service's worker would, until it is dropped.
    pub fn delivers(&self, company: &Company, reach: Reach) -> Delivering {
        let deliverer = Deliverer::new(vec![company.organization], self.clock.clone(), database::vault(), reach);
        Delivering(actix_web::rt::spawn(deliverer.expect("a client").run(self.database.clone(), Life::default())))
    }

    /// A service that reaches its database in a way of its own; `known` is a way that works.
    pub async fn between(
        known: &DatabaseSettings,
        reached: DatabaseSettings,
        companies: usize,
        connections: usize,
    ) -> (Self, Vec<Company>) {
        Self::founded(known, reached, companies, connections, Settings::default(), Beside::default(), own_issuers).await
    }

    /// A service that trusts these issuers to speak for its three organizations, and reaches its database in this way.
    pub async fn trusting(
        reached: DatabaseSettings,
        issuers: impl FnOnce([OrganizationId; 3]) -> Issuers,
    ) -> (Self, [OrganizationId; 3]) {
        let three = |founded: &[OrganizationId]| founded.try_into().expect("three");
        let issuers = |founded: &[OrganizationId]| issuers(three(founded));
        let known = database::settings("peer_coaching_app");
        let (town, companies) =
            Self::founded(&known, reached, 3, 4, Settings::default(), Beside::default(), issuers).await;
        let founded = companies.iter().map(|company| company.organization).collect::<Vec<_>>();
        (town, three(&founded))
    }

    async fn founded(
        known: &DatabaseSettings,
        reached: DatabaseSettings,
        companies: usize,
        connections: usize,
        settings: Settings,
        beside: Beside,
        issuers: impl FnOnce(&[OrganizationId]) -> Issuers,
    ) -> (Self, Vec<Company>) {
        let start: Timestamp = START.parse().expect("an instant");
        let clock = Clock::ahead_of_real_time(start.duration_since(real_time()));
        let (own, vault) = (known.pool(2), database::vault());
        let organizations = Organizations { database: &own, clock: &clock, vault: &vault };
        let mut founded = Vec::new();
        for number in 1..=companies {
            let name = format!("Company {number}");
            let settings = Settings { time_zone: "Europe/Lisbon".into(), ..settings.clone() };
            founded.push(organizations.found(&name, settings).await.expect("an organization"));
        }
        let replica = Replica { database: reached, clock: clock.clone(), vault: vault.clone(), connections, beside };
        replica.serve(own, &founded, issuers(&founded)).await
    }

    /// Another replica for the same company: it remembers nobody.
    pub async fn another(&self, company: &Company) -> (Self, Company) {
        let (town, companies) = self.beside(std::slice::from_ref(company), database::vault()).await;
        (town, companies.into_iter().next().expect("a company"))
    }

    /// Another replica for the same companies, under these master keys.
    pub async fn beside(&self, companies: &[Company], vault: Vault) -> (Self, Vec<Company>) {
        let organizations = companies.iter().map(|company| company.organization).collect::<Vec<_>>();
        let database = database::settings("peer_coaching_app");
        let own = database.pool(2);
        let replica = Replica { database, clock: self.clock.clone(), vault, connections: 4, beside: Beside::default() };
        replica.serve(own, &organizations, own_issuers(&organizations)).await
    }

    /// A connection to be used by hand.
    pub fn wire(&self) -> Wire {
        Wire::to(&self.address)
    }

    /// A service for one company.
    pub async fn small() -> (Self, Company) {
        let (town, mut companies) = Self::of(1, 4).await;
        (town, companies.remove(0))
    }

    /// A service for one company that started with this policy, and that many may call at once.
    pub async fn governed_by(settings: Settings) -> (Self, Company) {
        let (town, mut companies) = Self::with_policy(1, 20, settings).await;
        (town, companies.remove(0))
    }

    /// Moves the clock to this instant, or a moment later.
    pub fn until(&self, instant: &str) {
        let instant: Timestamp = instant.parse().expect("an instant");
        self.clock.advance(instant.duration_since(self.clock.now()));
    }

    /// Deletes what has been kept for long enough, as the worker of this service would; how much that was.
    pub async fn sweeps(&self, company: &Company) -> u64 {
        retention::sweep(&self.system(company)).await.expect("a sweep")
    }

    /// Does what this service's worker does every second.
    pub async fn works(&self, company: &Company) {
        let scope = self.system(company);
        pairings::settle_due(&scope).await.expect("settled");
        cycles::tell(&scope).await.expect("told");
    }

    /// Looks for whom to remind, as the worker of this service would; how many were.
    pub async fn reminds(&self, company: &Company) -> u64 {
        reminders::remind(&self.system(company)).await.expect("reminders")
    }

    /// Deletes events that have been kept for long enough, as the worker of this service would.
    pub async fn forgets_events(&self, company: &Company) -> u64 {
        events::sweep(&self.system(company), Kept::default()).await.expect("a sweep")
    }

    /// The service itself, in this company.
    fn system(&self, company: &Company) -> Scope {
        let caller = Caller::system(company.organization, Reason::Erasing);
        Scope::new(self.database.clone(), self.clock.clone(), database::vault(), caller)
    }

    /// Moves the clock by whole days.
    pub fn days_pass(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }
}

/// Somebody who delivers.
pub struct Delivering(JoinHandle<()>);

impl Drop for Delivering {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a service is made of, beside whom it serves.
struct Replica {
    database: DatabaseSettings,
    clock: Clock,
    vault: Vault,
    connections: usize,
    beside: Beside,
}

/// What a service has that few tests ask for.
struct Beside {
    ledger: Option<Ledger>,
    limits: Arc<Limits>,
    reach: Reach,
}

/// Without limits: a test may well ask more in a second than people do.
impl Default for Beside {
    fn default() -> Self {
        Self { ledger: None, limits: Arc::new(Limits::off()), reach: Reach::Public }
    }
}

/// The limits of a service, and the time that they know.
pub struct LimitedBy {
    pub limits: Arc<Limits>,
    pub time: Time,
}

impl Replica {
    async fn serve(self, own: Database, founded: &[OrganizationId], issuers: Issuers) -> (Town, Vec<Company>) {
        let Self { database, clock, vault, connections, beside: Beside { ledger, limits, reach } } = self;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Shared {
            life: Life::default(),
            door: Arc::new(Door::new(Arc::new(Tokens::new(issuers)))),
            vault,
            clock: clock.clone(),
            limits,
            ledger,
            events_kept: Kept::default(),
            reach,
            origins: vec!["https://front.example.com".into()],
            public_url: None,
            dev: None,
        };
        let layout = Layout { workers: 1, connections };
        let server = server::run(shared, database, listener, layout).expect("a server");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let nobody = Person::stranger(&address);
        nobody.get("/livez").await.ok(); // it starts only once this thread gives it a turn
        let company = |organization: &OrganizationId| Company { nobody: nobody.clone(), organization: *organization };
        let companies = founded.iter().map(company).collect();
        (Town { address, clock, database: own, handle }, companies)
    }
}

/// An organization with an issuer of its own.
pub struct Company {
    /// Whom everybody is made from: a client of HTTP takes 20 ms to make.
    nobody: Person,
    /// Its id.
    pub organization: OrganizationId,
}

impl Company {
    /// Somebody whom the identity provider knows; their first call makes them a member.
    pub fn person(&self, external_id: &str) -> Person {
        Person::member(&self.nobody, self.organization, external_id, false)
    }

    /// Somebody whose token makes them an administrator.
    pub fn administrator(&self, external_id: &str) -> Person {
        Person::member(&self.nobody, self.organization, external_id, true)
    }

    /// Somebody whose token says this, beside what every token says.
    pub fn bearer(&self, subject: &str, claims: &Value) -> Person {
        Person::bearing(&self.nobody, self.organization, subject, claims)
    }

    /// Somebody whose token does not say when it was issued.
    pub fn undated(&self, subject: &str) -> Person {
        self.bearer(subject, &serde_json::json!({ "iat": null }))
    }

    /// A program with these scopes.
    pub fn integration(&self, client_id: &str, scope: &str) -> Person {
        Person::integration(&self.nobody, self.organization, client_id, scope)
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Person {
        self.nobody.clone()
    }
}

/// The name of a company's issuer.
pub fn issuer_of(organization: OrganizationId) -> String {
    format!("https://identity.example.com/{organization}")
}

/// An issuer for each organization.
fn own_issuers(organizations: &[OrganizationId]) -> Issuers {
    let entry = |organization: &OrganizationId| {
        format!(
            "[[issuers]]\nissuer = \"{}\"\naudiences = [\"{AUDIENCE}\"]\nalgorithms = [\"HS256\"]\n\
             shared_secret_file = \"secret\"\norganization = \"{organization}\"\n",
            issuer_of(*organization)
        )
    };
    let entries = organizations.iter().map(entry).collect::<String>();
    Issuers::parse(&entries, Path::new(secret_folder())).expect("issuers")
}

/// A folder that holds the secret as a file, as a deployment would mount it.
fn secret_folder() -> &'static str {
    static FOLDER: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("api-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("secret"), SECRET).expect("a secret");
        folder.display().to_string()
    })
}
