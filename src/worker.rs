//! What is done without being asked for: once in a while, for one organization after the other. Replicas may all do it;
//! whoever comes second finds nothing to do. Nothing that a caller sees waits for it.

use std::time::Duration;

use crate::access::{Caller, Reason};
use crate::clock::Clock;
use crate::db::{Database, Scope};
use crate::ids::OrganizationId;
use crate::retention;
use crate::vault::Vault;

/// How long it rests between two rounds.
const REST: Duration = Duration::from_secs(3600);

/// Does it, for these organizations.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Whose.
    pub organizations: Vec<OrganizationId>,
    /// The time of the domain.
    pub clock: Clock,
    /// What the verbs need of it.
    pub vault: Vault,
}

impl Worker {
    /// One round. What fails for one organization is told, and tried again in the next.
    pub async fn round(&self, database: &Database) {
        for organization in &self.organizations {
            let caller = Caller::system(*organization, Reason::Erasing);
            let scope = Scope::new(database.clone(), self.clock.clone(), self.vault.clone(), caller);
            match retention::sweep(&scope).await {
                Ok(0) => {}
                Ok(deleted) => {
                    tracing::info!(%organization, deleted, "texts were deleted, having been kept for long enough")
                }
                Err(error) => tracing::error!(%organization, %error, "retention failed, and will be tried again"),
            }
        }
    }

    /// Round after round, for as long as the process lives.
    pub async fn run(self, database: Database) {
        loop {
            self.round(&database).await;
            tokio::time::sleep(REST).await;
        }
    }
}
