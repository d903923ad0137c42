//! `keys rotate`: changes the master key without downtime.

use clap::{Args, Subcommand};

use super::{Failed, online};
use crate::clock::Clock;
use crate::config::ServeArgs;
use crate::organizations::Organizations;

/// How many organizations are done between two words about it.
const WORD_EVERY: usize = 1000;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Wrap every organization's key anew, by the first of MASTER_KEYS
    ///
    /// Takes what `serve` takes; every organization of ISSUERS_FILE is looked after. Run it beside the service: first
    /// give all replicas the new key in front of the old one (MASTER_KEYS=k2:…,k1:…), then run this, then take the old
    /// key away. Broken off at any moment, it goes on where it was when it is run again; two at once do no harm.
    Rotate(Box<RotateArgs>),
}

/// What is rotated.
#[derive(Args, Debug)]
pub struct RotateArgs {
    #[command(flatten)]
    serve: ServeArgs,
}

/// Runs the command.
///
/// # Errors
/// When a setting is missing, the database refuses, or an organization's key does not open.
pub fn run(command: &Keys) -> Result<(), Failed> {
    let Keys::Rotate(args) = command;
    let ready = args.serve.check().map_err(Failed)?;
    let clock = Clock::default();
    actix_web::rt::System::new().block_on(async {
        let all = ready.issuers.organizations().collect::<Vec<_>>();
        online::database(&ready.database, &ready.vault, &all).await.map_err(|obstacle| Failed(obstacle.problems()))?;
        let database = ready.database.pool(1);
        let organizations = Organizations { database: &database, clock: &clock, vault: &ready.vault };
        let (mut anew, mut problems) = (0, Vec::new());
        let count = all.len();
        for (done, organization) in all.into_iter().enumerate() {
            if done > 0 && done % WORD_EVERY == 0 {
                eprintln!("{done} of {count} organizations …");
            }
            match organizations.ready_keys(organization, true).await {
                Ok(changed) => anew += usize::from(changed),
                Err(error) => problems.push(format!("organization {organization}: {error}")),
            }
        }
        if !problems.is_empty() {
            return Err(Failed(problems));
        }
        let (key, before) = (ready.vault.masters().writing_id(), count - anew);
        println!("{count} organizations are under {key}: {anew} are now, {before} were before. No other key of MASTER_KEYS is needed for them.");
        Ok(())
    })
}
