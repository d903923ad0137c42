//! What happens beside the API: what no caller can do, and what another process does at the same time.

use std::time::{Duration, Instant};

use peer_coaching::db::DatabaseSettings;
use tokio_postgres::types::ToSql;

use super::database::{self, settings};

/// What somebody else has done and not yet committed.
pub struct Meanwhile(tokio_postgres::Client);

impl Meanwhile {
    /// Does this, in a transaction that stays open.
    pub async fn begins(statements: &str) -> Self {
        let superuser = settings("postgres").connect().await.expect("a connection");
        superuser.batch_execute("set search_path to peer_coaching; begin").await.expect("a transaction");
        superuser.batch_execute(statements).await.expect("statements");
        Self(superuser)
    }

    /// Commits once somebody waits for that.
    pub async fn commits_when_awaited(self) {
        let waiting =
            "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))";
        let begun = Instant::now();
        while !self.0.query_one(waiting, &[]).await.expect("an answer").get::<_, bool>(0) {
            assert!(begun.elapsed() < Duration::from_secs(10), "nobody waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.0.batch_execute("commit").await.expect("the end");
    }
}

/// Does this as a superuser, whom no policy stops.
pub async fn outside(statement: &str, params: &[&(dyn ToSql + Sync)]) -> u64 {
    let superuser = settings("postgres").connect().await.expect("a connection");
    superuser.batch_execute("set search_path to peer_coaching").await.expect("a schema");
    superuser.execute(statement, params).await.expect("rows")
}

/// Another migrated database on the same server, for tests that lock everybody out: how its owner and the service reach
/// it.
pub async fn database_of_its_own(name: &str) -> (DatabaseSettings, DatabaseSettings) {
    database::make(name, database::config_of).await;
    let settings = |role| DatabaseSettings::new(database::config_of(role, name)).expect("settings");
    (settings("peer_coaching_owner"), settings("peer_coaching_app"))
}
