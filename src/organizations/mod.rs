//! Organizations: the tenants. An operator founds one; an issuer's configuration speaks for it.

mod store;

use crate::access::{Caller, Reason};
use crate::clock::Clock;
use crate::db::{Database, Scope};
use crate::error::Result;
use crate::ids::OrganizationId;
use crate::policy::{self, rules::Settings};
use crate::vault::Vault;

/// What an operator does with organizations, over these connections.
#[derive(Debug)]
pub struct Organizations<'a> {
    /// The connections.
    pub database: &'a Database,
    /// The time of the domain.
    pub clock: &'a Clock,
    /// Under whose master keys.
    pub vault: &'a Vault,
}

impl Organizations<'_> {
    fn founder(&self, organization: OrganizationId) -> Scope {
        let caller = Caller::system(organization, Reason::Founding);
        Scope::new(self.database.clone(), self.clock.clone(), self.vault.clone(), caller)
    }

    /// Founds an organization of this name with its first policy and its key.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub async fn found(&self, name: &str, settings: Settings) -> Result<OrganizationId> {
        let organization = OrganizationId::new();
        self.founder(organization)
            .write(async |tx| {
                store::insert(tx, name).await?;
                tx.ready_keys(false).await?;
                policy::found(tx, settings).await
            })
            .await?;
        Ok(organization)
    }

    /// Whether there is an organization of this id.
    ///
    /// # Errors
    /// Whatever the database refuses.
    pub async fn exists(&self, organization: OrganizationId) -> Result<bool> {
        self.founder(organization).read(async |tx| Ok(store::exists(tx).await?)).await
    }

    /// Makes sure that the organization's texts can be sealed and opened; a key that it lacks is made. With `rotate`, its
    /// key is wrapped by the master key that writes; says whether that was needed.
    ///
    /// # Errors
    /// Where no master key opens its key; whatever the database refuses.
    pub async fn ready_keys(&self, organization: OrganizationId, rotate: bool) -> Result<bool> {
        self.founder(organization).write(async |tx| tx.ready_keys(rotate).await).await
    }
}
