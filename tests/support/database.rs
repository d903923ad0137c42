//! The one PostgreSQL of a test run: started at first use, migrated once, gone with the process (its leash sees to it).

use std::sync::OnceLock;

use peer_coaching::db::embedded::{Embedded, Home};
use peer_coaching::db::{DatabaseSettings, migrate, roles};
use peer_coaching::vault::Vault;
use tokio_postgres::{Client, Config};

/// The master keys of every test.
pub const MASTER_KEYS: &str = "test:q7Yf1n0m5p3v9x2c4b6n8m0Q1w3e5r7t9y1U3i5o7P4=";

/// The one vault of a test run, under them.
pub fn vault() -> Vault {
    static VAULT: OnceLock<Vault> = OnceLock::new();
    VAULT.get_or_init(|| Vault::new(MASTER_KEYS.parse().expect("keys"))).clone()
}

/// The database that is migrated once, for all tests.
const DATABASE: &str = "coaching";

static SERVER: OnceLock<Embedded> = OnceLock::new();

/// How to reach the migrated database as this role.
pub fn config(role: &str) -> Config {
    config_of(role, DATABASE)
}

/// How to reach another database of the same server.
pub fn config_of(role: &str, database: &str) -> Config {
    SERVER.get_or_init(|| std::thread::spawn(start).join().expect("PostgreSQL starts")).config(role, database)
}

/// The same, for whoever wants a pool.
pub fn settings(role: &str) -> DatabaseSettings {
    DatabaseSettings::new(config(role)).expect("settings")
}

/// On a thread of its own: starting blocks, and migrating has a runtime of its own.
fn start() -> Embedded {
    let server = Embedded::start(Home::temporary().expect("a home")).expect("PostgreSQL");
    actix_web::rt::System::new().block_on(make(DATABASE, |role, database| server.config(role, database)));
    server
}

/// Roles are the whole server's: two who alter one at the same time would be told "tuple concurrently updated".
static ROLES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Makes a database, its roles where they are missing, and the schema.
pub async fn make(name: &str, config: impl Fn(&str, &str) -> Config) {
    make_without_schema(name, &config).await;
    migrate::migrate(&mut connect(config("peer_coaching_owner", name)).await).await.expect("migrations");
}

/// The same, as an operator leaves it to the first migration.
pub async fn make_without_schema(name: &str, config: &impl Fn(&str, &str) -> Config) {
    let create = format!("create database {name}");
    connect(config("postgres", "postgres")).await.batch_execute(&create).await.expect("a database");
    let _one_after_the_other = ROLES.lock().await;
    connect(config("postgres", name)).await.batch_execute(roles::SQL).await.expect("roles");
}

/// One connection.
pub async fn connect(config: Config) -> Client {
    DatabaseSettings::new(config).expect("settings").connect().await.expect("a connection")
}
