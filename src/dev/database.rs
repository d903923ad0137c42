//! Roles, schema and company in the embedded server, made where they are missing.

use std::path::Path;

use tokio_postgres::Client;

use super::clock::Hands;
use super::seed;
use crate::clock::{Clock, real_time};
use crate::db::embedded::Embedded;
use crate::db::{DatabaseSettings, migrate, roles};
use crate::ids::{MemberId, OrganizationId};
use crate::organizations::Organizations;
use crate::vault::Vault;

const DATABASE: &str = "peer_coaching";

/// The company that `dev` serves.
pub struct Company {
    /// How the service reaches its data.
    pub database: DatabaseSettings,
    /// Its id.
    pub organization: OrganizationId,
    /// The time it lives in.
    pub clock: Clock,
    /// Somebody to ask.
    pub ben: MemberId,
    /// Who coached her in the finished quarter.
    pub elif: MemberId,
    /// Whether it was there before, with all that was done in it.
    pub known: bool,
}

/// Makes what is missing; what is there is kept.
///
/// # Errors
/// A sentence that says what failed.
pub async fn prepare(postgres: &Embedded, hands: &Hands, vault: &Vault) -> Result<Company, String> {
    let database = make(postgres).await.map_err(|error| format!("the embedded database refused: {error}"))?;
    let settings = |user| DatabaseSettings::new(postgres.config(user, DATABASE)).map_err(|error| error.to_string());
    let mut owner = settings("peer_coaching_owner")?.connect().await.map_err(|error| error.to_string())?;
    migrate::migrate(&mut owner).await.map_err(|error| {
        format!(
            "the schema could not be brought up to date: {error}. Remove {} to start afresh.",
            postgres.home().folder().display()
        )
    })?;
    let app = settings("peer_coaching_app")?;
    let file = postgres.home().folder().join("company");
    let found = find(&database, &file).await.map_err(|error| error.to_string())?;
    let known = found.is_some();
    let (organization, clock) = match found {
        Some(organization) => {
            let (database, clock) = (&app.pool(1), &hands.clock());
            let ready = Organizations { database, clock, vault }.ready_keys(organization, false).await;
            ready.map_err(|error| error.to_string())?;
            (organization, hands.clock())
        }
        None => {
            eprintln!("Founding a small company …");
            let clock = Clock::ahead_of_real_time(seed::lead(real_time()));
            hands.keep(&clock).map_err(|error| error.to_string())?;
            let founded = seed::found(&app.pool(1), &clock, vault).await;
            let founded = founded.map_err(|error| format!("the company could not be founded: {error}"))?;
            std::fs::write(&file, founded.to_string())
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            (founded, clock)
        }
    };
    let member = async |external_id: &str| {
        let one = "select member_id from peer_coaching.members where organization_id = $1 and external_id = $2";
        let found = database.query_one(one, &[&organization, &external_id]).await;
        found.map(|row| row.get(0)).map_err(|error| error.to_string())
    };
    let (ben, elif) = (member("ben").await?, member("elif").await?);
    Ok(Company { database: app, organization, clock, ben, elif, known })
}

/// The database and the two roles.
async fn make(postgres: &Embedded) -> Result<Client, Box<dyn std::error::Error>> {
    let superuser = DatabaseSettings::new(postgres.config("postgres", "postgres"))?.connect().await?;
    let exists = "select 1 from pg_database where datname = $1";
    if superuser.query_opt(exists, &[&DATABASE]).await?.is_none() {
        superuser.batch_execute(&format!("create database {DATABASE}")).await?;
    }
    let superuser = DatabaseSettings::new(postgres.config("postgres", DATABASE))?.connect().await?;
    superuser.batch_execute(roles::SQL).await?;
    Ok(superuser)
}

/// The company, once its founding is complete, which this file says: beside one that was interrupted half-way, another
/// is founded.
async fn find(superuser: &Client, file: &Path) -> Result<Option<OrganizationId>, tokio_postgres::Error> {
    let written = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<OrganizationId>().ok());
    let Some(organization) = written else { return Ok(None) };
    let exists = "select organization_id from peer_coaching.organizations where organization_id = $1";
    Ok(superuser.query_opt(exists, &[&organization]).await?.map(|row| row.get(0)))
}
