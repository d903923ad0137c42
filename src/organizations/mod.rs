//! Organizations: the tenants. An operator founds one; an issuer's configuration speaks for it.

mod store;

use crate::access::{Caller, Reason};
use crate::clock::Clock;
use crate::db::{Database, Scope};
use crate::error::Result;
use crate::ids::OrganizationId;
use crate::policy::{self, rules::Settings};

/// Founds an organization of this name with its first policy.
///
/// # Errors
/// Whatever the database refuses.
pub async fn found(database: &Database, clock: &Clock, name: &str, settings: Settings) -> Result<OrganizationId> {
    let organization = OrganizationId::new();
    let founder = Scope::new(database.clone(), clock.clone(), Caller::system(organization, Reason::Founding));
    founder
        .write(async |tx| {
            store::insert(tx, name).await?;
            policy::found(tx, settings).await
        })
        .await?;
    Ok(organization)
}

/// Whether there is an organization of this id.
///
/// # Errors
/// Whatever the database refuses.
pub async fn exists(database: &Database, clock: &Clock, organization: OrganizationId) -> Result<bool> {
    let founder = Scope::new(database.clone(), clock.clone(), Caller::system(organization, Reason::Founding));
    founder.read(async |tx| Ok(store::exists(tx).await?)).await
}
