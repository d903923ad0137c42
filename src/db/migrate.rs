//! Migrations: forward only, one at a time, by the owner role. `serve` only looks.

use std::time::Duration;

use refinery::Report;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

mod files {
    refinery::embed_migrations!("migrations");
}

/// Whoever migrates holds this advisory lock: replicas that start together take turns.
const LOCK: i64 = 0x7065_6572; // "peer"

/// How long a statement of a migration waits for a table, with the requests for that table queueing behind it; and how long it
/// then has. Whoever needs longer, and is in nobody's way, says so in its file (`set local statement_timeout`).
const PATIENCE: &str = "set lock_timeout = '1s'; set statement_timeout = '5s'";

/// How long those requests then have the table to themselves.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a migration is tried.
const ATTEMPTS: u32 = 20;

/// Why migrating failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused.
    #[error("{0}")]
    Postgres(#[from] tokio_postgres::Error),
    /// A migration failed; those before it stay applied.
    #[error("{0}")]
    Migration(#[from] refinery::Error),
    /// Somebody holds a table for longer than a migration may make everybody wait.
    #[error("a table is busy: something has held it for {} s; look for long transactions", ATTEMPTS)]
    Busy,
}

/// Applies what is missing; returns the names of what was applied. Several may call it at once: one works, the others
/// wait, then find nothing to do.
///
/// # Errors
/// When a migration is refused. Each runs in a transaction of its own, so running it again resumes.
pub async fn migrate(owner: &mut Client) -> Result<Vec<String>, MigrateError> {
    owner
        .batch_execute("set search_path = peer_coaching, public; set lock_timeout = 0; set statement_timeout = 0")
        .await?;
    owner.execute("select pg_advisory_lock($1)", &[&LOCK]).await?; // the session's: it ends with it at the latest
    owner.batch_execute(PATIENCE).await?;
    let applied = apply(owner).await;
    let unlocked = owner.execute("select pg_advisory_unlock($1)", &[&LOCK]).await;
    let applied = applied?;
    unlocked?;
    Ok(applied)
}

/// Applies one after the other; one that a busy table keeps waiting lets the requests behind it through, and is tried
/// again.
async fn apply(owner: &mut Client) -> Result<Vec<String>, MigrateError> {
    let mut applied = Vec::new();
    let mut note = |report: &Report| applied.extend(report.applied_migrations().iter().map(ToString::to_string));
    for _ in 0..ATTEMPTS {
        match files::migrations::runner().run_async(owner).await {
            Ok(report) => {
                note(&report);
                return Ok(applied);
            }
            Err(error) if is_lock_timeout(&error) => error.report().into_iter().for_each(&mut note),
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(MigrateError::Busy)
}

fn is_lock_timeout(error: &refinery::Error) -> bool {
    let refinery::error::Kind::Connection(_, cause) = error.kind() else { return false };
    let cause = cause.downcast_ref::<tokio_postgres::Error>();
    cause.and_then(tokio_postgres::Error::code) == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// The migration that this binary was built with last.
#[expect(clippy::missing_panics_doc, reason = "the folder of migrations is never empty")]
pub fn newest() -> i32 {
    let runner = files::migrations::runner();
    runner.get_migrations().iter().map(|migration| migration.version()).max().expect("there are migrations")
}

/// How far the schema is. A replica serves it where it has all that this version needs. It may have more: while a new
/// version is rolled out the old one goes on. A migration that takes away what an older version needs says in its name
/// which migration a replica must know at least: `V40__drop_titles__needs_38.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The last migration that it has seen; 0 where there is none yet.
    pub applied: i32,
    /// The migration that whoever serves it must know; 0 where anybody may.
    pub needs: i32,
}

impl Schema {
    /// Why this version must not serve it, and what to do.
    pub fn refusal(self) -> Option<&'static str> {
        let known = newest();
        if self.applied < known {
            Some("the schema is behind this version: run `peer-coaching migrate` as peer_coaching_owner")
        } else if self.needs > known {
            Some("the schema has left this version behind: run a newer version of the service")
        } else {
            None
        }
    }
}

/// How far the schema is.
///
/// # Errors
/// Whatever the database refuses.
pub async fn applied(client: &Client) -> Result<Schema, tokio_postgres::Error> {
    // The first migration lets the serving role look; before it there is nothing to see, and looking is refused.
    let visible = "select exists (
        select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'peer_coaching' and c.relname = 'refinery_schema_history'
          and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))";
    if !client.query_one(visible, &[]).await?.get::<_, bool>(0) {
        return Ok(Schema { applied: 0, needs: 0 });
    }
    let seen = "select coalesce(max(version), 0), coalesce(max(substring(name from '__needs_([0-9]+)$')::int), 0)
        from peer_coaching.refinery_schema_history";
    let seen = client.query_one(seen, &[]).await?;
    Ok(Schema { applied: seen.get(0), needs: seen.get(1) })
}
