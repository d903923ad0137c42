//! The one PostgreSQL of a test run: started at first use, migrated once, gone with the process (its leash sees to it).

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use peer_coaching::db::embedded::{Embedded, Home};
use peer_coaching::db::{DatabaseSettings, migrate, roles};
use peer_coaching::ids::OrganizationId;

use super::answer::Answer;

static SERVER: OnceLock<Embedded> = OnceLock::new();

/// How to reach the migrated database as this role.
pub fn settings(role: &str) -> DatabaseSettings {
    let server = SERVER.get_or_init(|| std::thread::spawn(start).join().expect("PostgreSQL starts"));
    DatabaseSettings::new(server.config(role, "coaching")).expect("settings")
}

/// Its address as text, for processes of their own.
pub fn url(role: &str) -> String {
    settings(role);
    SERVER.get().expect("started").url(role, "coaching")
}

/// Changes a pairing as no caller can, where this statement's condition holds; it must.
pub async fn by_hand(statement: &str, pairing: &Answer) {
    let id: uuid::Uuid = pairing.body()["id"].as_str().and_then(|id| id.parse().ok()).expect("a pairing");
    let superuser = settings("postgres").connect().await.expect("a connection");
    superuser.batch_execute("set search_path to peer_coaching").await.expect("the schema");
    let changed = superuser.execute(&format!("{statement} and pairing_id = $1"), &[&id]).await.expect("a change");
    assert_eq!(changed, 1, "{statement}: {}", pairing.text);
}

/// An import that has written a directory entry and not yet committed.
pub struct Bringing(tokio_postgres::Client);

impl Bringing {
    pub async fn begins(organization: OrganizationId, external_id: &str) -> Self {
        let superuser = settings("postgres").connect().await.expect("a connection");
        superuser.batch_execute("set search_path to peer_coaching; begin").await.expect("a transaction");
        let entry = "insert into members (organization_id, member_id, external_id, name, created_at, updated_at)
            values ($1, $2, $3, 'From the directory', now(), now())";
        superuser.execute(entry, &[&organization, &uuid::Uuid::now_v7(), &external_id]).await.expect("an entry");
        Self(superuser)
    }

    /// Commits once somebody waits for this transaction to end.
    pub async fn commits_when_awaited(self) {
        let waiting = "select count(*) from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
        let begun = Instant::now();
        while self.0.query_one(waiting, &[]).await.expect("a count").get::<_, i64>(0) == 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "nobody waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.0.batch_execute("commit").await.expect("the end");
    }
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
