//! The one PostgreSQL of a test run: started at first use, migrated once, gone with the process (its leash sees to it).

use std::sync::OnceLock;

use peer_coaching::db::embedded::{Embedded, Home};
use peer_coaching::db::{DatabaseSettings, migrate, roles};

static SERVER: OnceLock<Embedded> = OnceLock::new();

/// How to reach the migrated database as this role.
pub fn settings(role: &str) -> DatabaseSettings {
    let server = SERVER.get_or_init(|| std::thread::spawn(start).join().expect("PostgreSQL starts"));
    DatabaseSettings::new(server.config(role, "coaching")).expect("settings")
}

/// A superuser's connection, for what no role of ours may do.
pub async fn superuser() -> tokio_postgres::Client {
    settings("postgres").connect().await.expect("a connection")
}

/// Another migrated database on the same server, for tests that lock everybody out: how its owner and the service reach
/// it.
pub async fn of_its_own(name: &str) -> (DatabaseSettings, DatabaseSettings) {
    superuser().await.batch_execute(&format!("create database {name}")).await.expect("a database");
    let server = SERVER.get().expect("started");
    let settings = |role: &str| DatabaseSettings::new(server.config(role, name)).expect("settings");
    let root = settings("postgres").connect().await.expect("a connection");
    root.batch_execute(roles::SQL).await.expect("roles");
    let mut owner = settings("peer_coaching_owner").connect().await.expect("a connection");
    migrate::migrate(&mut owner).await.expect("migrations");
    (settings("peer_coaching_owner"), settings("peer_coaching_app"))
}

/// Its address as text, for processes of their own.
pub fn url(role: &str) -> String {
    settings(role);
    SERVER.get().expect("started").url(role, "coaching")
}

/// On a thread of its own: starting blocks, and migrating has a runtime of its own.
fn start() -> Embedded {
    let server = Embedded::start(Home::temporary().expect("a home")).expect("PostgreSQL");
    actix_web::rt::System::new().block_on(async {
        let connect = async |role: &str, database: &str| {
            DatabaseSettings::new(server.config(role, database))
                .expect("settings")
                .connect()
                .await
                .expect("a connection")
        };
        connect("postgres", "postgres").await.batch_execute("create database coaching").await.expect("a database");
        connect("postgres", "coaching").await.batch_execute(roles::SQL).await.expect("roles");
        migrate::migrate(&mut connect("peer_coaching_owner", "coaching").await).await.expect("migrations");
    });
    server
}
