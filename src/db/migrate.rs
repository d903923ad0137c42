//! Migrations: forward only, one at a time, by the owner role. `serve` only looks.

use tokio_postgres::Client;

mod files {
    refinery::embed_migrations!("migrations");
}

/// Whoever migrates holds this advisory lock: replicas that start together take turns.
const LOCK: i64 = 0x7065_6572; // "peer"

/// Why migrating failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused.
    #[error("{0}")]
    Postgres(#[from] tokio_postgres::Error),
    /// A migration failed; those before it stay applied.
    #[error("{0}")]
    Migration(#[from] refinery::Error),
}

/// Applies what is missing; returns the names of what was applied. Several may call it at once: one works, the others
/// wait, then find nothing to do.
///
/// # Errors
/// When a migration is refused. Each runs in a transaction of its own, so running it again resumes.
pub async fn migrate(owner: &mut Client) -> Result<Vec<String>, MigrateError> {
    owner.batch_execute("set search_path = peer_coaching, public; set lock_timeout = '10s'").await?;
    owner.execute("select pg_advisory_lock($1)", &[&LOCK]).await?; // the session's: it ends with it at the latest
    let report = files::migrations::runner().run_async(owner).await;
    owner.execute("select pg_advisory_unlock($1)", &[&LOCK]).await?;
    Ok(report?.applied_migrations().iter().map(ToString::to_string).collect())
}

/// The migration that this binary was built with last.
#[expect(clippy::missing_panics_doc, reason = "the folder of migrations is never empty")]
pub fn newest() -> i32 {
    let runner = files::migrations::runner();
    runner.get_migrations().iter().map(|migration| migration.version()).max().expect("there are migrations")
}

/// The last migration that the schema has seen; 0 where there is none yet.
///
/// # Errors
/// Whatever the database refuses.
pub async fn applied(client: &Client) -> Result<i32, tokio_postgres::Error> {
    let exists = client
        .query_one("select to_regclass('peer_coaching.refinery_schema_history') is not null", &[])
        .await?
        .get::<_, bool>(0);
    if !exists {
        return Ok(0);
    }
    let newest = "select coalesce(max(version), 0) from peer_coaching.refinery_schema_history";
    Ok(client.query_one(newest, &[]).await?.get(0))
}
