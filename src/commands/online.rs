//! What only shows when the database and the identity providers are asked.

use crate::access::Tokens;
use crate::clock::{Clock, real_time};
use crate::config::Ready;
use crate::db::{Database, DatabaseSettings};
use crate::error::Error;
use crate::ids::OrganizationId;
use crate::organizations::Organizations;
use crate::vault::Vault;

/// Farther apart than this, the clocks of the two machines are worth a word, in seconds.
const SKEW: i64 = 2;

/// What keeps a service from serving.
#[derive(Debug)]
pub enum Obstacle {
    /// Something that others will mend, or that passes: it waits, and looks again.
    Passing(String),
    /// What whoever has set it up must mend: it does not start, since each would make every answer wrong.
    Lasting(Vec<String>),
}

impl Obstacle {
    /// All of it, for whoever does not wait.
    pub fn problems(self) -> Vec<String> {
        match self {
            Self::Passing(problem) => vec![problem],
            Self::Lasting(problems) => problems,
        }
    }
}

/// Looks whether the database is there and right for these organizations.
///
/// # Errors
/// What is in the way.
pub async fn database(
    database: &DatabaseSettings,
    vault: &Vault,
    organizations: &[OrganizationId],
) -> Result<(), Obstacle> {
    let database = database.pool(1);
    let probe = database.probe().await;
    let probe = probe.map_err(|error| Obstacle::Passing(format!("the database cannot be asked: {error}")))?;
    if let Some(refusal) = probe.schema.refusal() {
        return Err(Obstacle::Passing(refusal.into()));
    }
    let mut problems = lacking(&database, vault, organizations).await?;
    if probe.above_policies {
        problems.push(
            "DATABASE_URL names a role that row-level policies do not bind: \
             let the service be peer_coaching_app, and only `migrate` peer_coaching_owner"
                .into(),
        );
    }
    if problems.is_empty() { Ok(()) } else { Err(Obstacle::Lasting(problems)) }
}

/// What is wrong with the database, the clocks, and the identity providers.
pub async fn everything(ready: Ready) -> Vec<String> {
    let organizations = ready.issuers.organizations().collect::<Vec<_>>();
    let obstacle = database(&ready.database, &ready.vault, &organizations).await.err();
    let mut problems = obstacle.map(Obstacle::problems).unwrap_or_default();
    if let Ok(probe) = ready.database.pool(1).probe().await {
        let skew = (probe.now.as_second() - real_time().as_second()).abs();
        if skew > SKEW {
            problems.push(format!("the clocks of this machine and the database differ by {skew} s"));
        }
    }
    problems.extend(Tokens::new(ready.issuers).check_online().await);
    problems
}

/// Organizations that are not there, or whose texts could not be opened.
async fn lacking(database: &Database, vault: &Vault, asked: &[OrganizationId]) -> Result<Vec<String>, Obstacle> {
    let mut problems = Vec::new();
    let organizations = Organizations { database, clock: &Clock::default(), vault };
    for &organization in asked {
        let missing = || {
            format!(
                "ISSUERS_FILE speaks for organization {organization}, which is not in the database: \
                 `peer-coaching organizations create` founds one and prints its id"
            )
        };
        let found = match organizations.exists(organization).await {
            Ok(true) => organizations.ready_keys(organization, false).await.map(drop),
            Ok(false) => {
                problems.push(missing());
                Ok(())
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(()) => {}
            Err(error @ Error::Unavailable(_)) => return Err(Obstacle::Passing(error.to_string())),
            Err(error) => problems.push(format!("organization {organization} cannot be served: {error}")),
        }
    }
    Ok(problems)
}

/// Whether this version can work with the schema.
///
/// # Errors
/// What to do where it cannot.
pub async fn schema(database: &Database) -> Result<(), String> {
    let probe = database.probe().await.map_err(|error| format!("the database cannot be asked: {error}"))?;
    probe.schema.refusal().map_or(Ok(()), |refusal| Err(refusal.into()))
}
