//! What happens beside the API: what no caller can do, and what another process does at the same time.

use std::time::{Duration, Instant};

use peer_coaching::db::DatabaseSettings;
use peer_coaching::ids::OrganizationId;

use super::answer::Answer;
use super::database::{self, settings};

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

/// Another migrated database on the same server, for tests that lock everybody out: how its owner and the service reach
/// it.
pub async fn database_of_its_own(name: &str) -> (DatabaseSettings, DatabaseSettings) {
    database::make(name, database::config_of).await;
    let settings = |role| DatabaseSettings::new(database::config_of(role, name)).expect("settings");
    (settings("peer_coaching_owner"), settings("peer_coaching_app"))
}
