//! What is done without being asked for: for one organization after the other, again and again. Replicas may all do it;
//! whoever comes second finds nothing to do. Nothing that a caller sees waits for it.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

use crate::access::{Caller, Reason};
use crate::clock::Clock;
use crate::db::{Database, Scope};
use crate::error::Result;
use crate::events::rules::Kept;
use crate::events::{self, reminders};
use crate::ids::OrganizationId;
use crate::life::Life;
use crate::telemetry::metrics;
use crate::vault::Vault;
use crate::web::idempotency;
use crate::{cycles, pairings, retention, webhooks};

/// How long it rests before it looks again what the clock has done.
const REST: Duration = Duration::from_secs(1);

/// How often it does the rest: what is due in days, or was kept for long enough.
const SELDOM: Duration = Duration::from_secs(3600);

/// Does it, for these organizations.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Whose.
    pub organizations: Vec<OrganizationId>,
    /// The time of the domain.
    pub clock: Clock,
    /// What the verbs need of it.
    pub vault: Vault,
    /// For how long events are kept.
    pub events_kept: Kept,
}

impl Worker {
    /// All of it, once. What fails for one organization is told, and tried again the next time.
    pub async fn round(&self, database: &Database) {
        self.often(database).await;
        self.seldom(database).await;
    }

    /// Round after round, until the process is told to stop.
    pub async fn run(self, database: Database, life: Life) {
        let mut last = None::<Instant>;
        while !life.is_going() {
            let begun = Instant::now();
            self.often(&database).await;
            if last.is_none_or(|last| last.elapsed() >= SELDOM) {
                self.seldom(&database).await;
                last = Some(Instant::now());
            }
            metrics::worker_was_round(begun.elapsed());
            tokio::time::sleep(REST).await;
        }
    }

    /// What the clock has done is stored, and so told.
    async fn often(&self, database: &Database) {
        for scope in self.scopes(database) {
            told(&scope, "what the clock has done could not be stored", pairings::settle_due(&scope).await);
            told(&scope, "the opening or closing of a cycle could not be told", cycles::tell(&scope).await);
        }
    }

    async fn seldom(&self, database: &Database) {
        for scope in self.scopes(database) {
            told(&scope, "the next cycle could not be planned", cycles::plan_ahead(&scope).await);
            told(&scope, "reminders failed", reminders::remind(&scope).await);
            let swept = retention::sweep(&scope).await;
            if let Some(deleted) = told(&scope, "retention failed", swept).filter(|deleted| *deleted > 0) {
                let organization = scope.caller().organization;
                tracing::info!(%organization, deleted, "texts were deleted, having been kept for long enough");
            }
            told(&scope, "old events could not be deleted", events::sweep(&scope, self.events_kept).await);
            let before = self.events_kept.forgets_before(scope.clock().now());
            told(&scope, "old deliveries could not be deleted", webhooks::deliveries::sweep(&scope, before).await);
            told(&scope, "old answers could not be deleted", idempotency::sweep(&scope).await);
        }
    }

    fn scopes(&self, database: &Database) -> impl Iterator<Item = Scope> {
        self.organizations.iter().map(|organization| {
            let caller = Caller::system(*organization, Reason::Erasing);
            Scope::new(database.clone(), self.clock.clone(), self.vault.clone(), caller)
        })
    }
}

/// What came of it, where anything did.
fn told<T>(scope: &Scope, what: impl Display, outcome: Result<T>) -> Option<T> {
    let organization = scope.caller().organization;
    let failed = |error| {
        metrics::worker_failed();
        tracing::error!(%organization, %error, "{what}, and will be tried again");
    };
    outcome.map_err(failed).ok()
}
