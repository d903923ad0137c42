//! What only shows when the database and the identity providers are asked.

use crate::access::Tokens;
use crate::clock::{Clock, real_time};
use crate::config::Ready;
use crate::db::{Database, migrate};
use crate::organizations::Organizations;

/// Farther apart than this, the clocks of the two machines are worth a word, in seconds.
const SKEW: i64 = 2;

/// What is wrong with the database: each of these would make every answer wrong, or none, so `serve` does not start.
pub async fn database(ready: &Ready) -> Vec<String> {
    let database = ready.database.pool(1);
    let mut problems = Vec::new();
    match database.probe().await {
        Err(error) => problems.push(format!("the database cannot be asked: {error}")),
        Ok(probe) => {
            if probe.above_policies {
                problems.push(
                    "DATABASE_URL names a role that row-level policies do not bind: \
                     let the service be peer_coaching_app, and only `migrate` peer_coaching_owner"
                        .into(),
                );
            }
            match is_newest(probe.schema) {
                Ok(()) => problems.extend(organizations(ready, &database).await),
                Err(problem) => problems.push(problem),
            }
        }
    }
    problems
}

/// What is wrong with the database, the clocks, and the identity providers.
pub async fn everything(ready: Ready) -> Vec<String> {
    let mut problems = database(&ready).await;
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
async fn organizations(ready: &Ready, database: &Database) -> Vec<String> {
    let mut problems = Vec::new();
    let organizations = Organizations { database, clock: &Clock::default(), vault: &ready.vault };
    for organization in ready.issuers.organizations() {
        match organizations.exists(organization).await {
            Ok(true) => {
                problems
                    .extend(organizations.ready_keys(organization, false).await.err().map(|error| error.to_string()));
            }
            Ok(false) => problems.push(format!(
                "ISSUERS_FILE speaks for organization {organization}, which is not in the database: \
                 `peer-coaching organizations create` founds one and prints its id"
            )),
            Err(error) => problems.push(format!("organization {organization} cannot be asked for: {error}")),
        }
    }
    problems
}

/// Whether the schema is this version's.
///
/// # Errors
/// What to do where it is not.
pub async fn schema(database: &Database) -> Result<(), String> {
    let probe = database.probe().await.map_err(|error| format!("the database cannot be asked: {error}"))?;
    is_newest(probe.schema)
}

fn is_newest(applied: i32) -> Result<(), String> {
    let newest = migrate::newest();
    if applied == newest {
        return Ok(());
    }
    Err(if applied < newest {
        format!("the schema is behind ({applied} of {newest}): run `peer-coaching migrate` as peer_coaching_owner")
    } else {
        format!("the schema is ahead ({applied}, this version knows {newest}): run a newer version of the service")
    })
}
