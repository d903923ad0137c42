//! `organizations create`: founds a tenant.

use clap::{Args, Subcommand};

use super::{Failed, online};
use crate::clock::Clock;
use crate::config::{DatabaseArgs, KeysArgs};
use crate::organizations;
use crate::policy::rules::Settings;
use crate::vault::Vault;
use crate::zones;

/// What can be done with organizations.
#[derive(Debug, Subcommand)]
pub enum Organizations {
    /// Found one, and print its id for ISSUERS_FILE
    Create(CreateArgs),
}

/// What an organization starts with.
#[derive(Args, Debug)]
pub struct CreateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    keys: KeysArgs,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The zone that its cycles start and end in, e.g. Europe/Lisbon
    #[arg(long, default_value = "Etc/UTC", value_name = "ZONE")]
    time_zone: String,
}

/// Runs the command.
///
/// # Errors
/// When a value cannot be, or the database refuses.
pub fn run(command: &Organizations) -> Result<(), Failed> {
    let Organizations::Create(args) = command;
    let mut problems = Vec::new();
    if zones::named(&args.time_zone).is_none() {
        problems.push(format!("--time-zone: {} is no IANA time zone such as Europe/Lisbon", args.time_zone));
    }
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.contains(char::is_control) {
        problems.push("--name: must be one line of 1 to 120 characters".into());
    }
    let database = args.database.check().map_err(|problem| problems.push(problem)).ok();
    let keys = args.keys.check().map_err(|problem| problems.push(problem)).ok();
    let (Some(database), Some(keys), true) = (database, keys, problems.is_empty()) else {
        return Err(Failed(problems));
    };
    let settings = Settings { time_zone: args.time_zone.clone(), ..Settings::default() };
    actix_web::rt::System::new().block_on(async {
        let database = database.pool(1);
        online::schema(&database).await?;
        let (clock, vault) = (Clock::default(), Vault::new(keys));
        let organizations = organizations::Organizations { database: &database, clock: &clock, vault: &vault };
        let founded = organizations.found(name, settings).await;
        println!("{}", founded.map_err(|error| format!("could not be founded: {error}"))?);
        Ok(())
    })
}
