//! `erasures replay`: erases again, after a backup was restored, everybody who was erased since it was made.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failed, online};
use crate::access::{Caller, Reason};
use crate::clock::Clock;
use crate::config::{DatabaseArgs, KeysArgs};
use crate::db::{Database, Scope};
use crate::erasures::ledger::{self, Entry};
use crate::erasures::{self, Replayed};
use crate::error::Result;
use crate::organizations::Organizations;
use crate::vault::Vault;

/// What can be done with erasures.
#[derive(Debug, Subcommand)]
pub enum Erasures {
    /// Erase everybody again whom the ledger names, after a backup was restored
    ///
    /// Run it before `serve` is started on the restored database. Broken off at any moment, it goes on where it was when
    /// it is run again. Says how many were erased now, and how many were before.
    Replay(ReplayArgs),
}

/// What is replayed.
#[derive(Args, Debug)]
pub struct ReplayArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    keys: KeysArgs,
    /// The ledger that `serve` has written
    #[arg(long, env = "ERASURE_LEDGER", hide_env_values = true, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When a setting is missing, the ledger or a line of it cannot be read, or the database refuses. All that can be erased
/// is erased first.
pub fn run(command: &Erasures) -> Result<(), Failed> {
    let Erasures::Replay(args) = command;
    let mut problems = Vec::new();
    let text = match &args.ledger {
        None => Err("ERASURE_LEDGER is missing: name the file with --ledger".to_owned()),
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| format!("the ledger {} cannot be read: {error}", file.display())),
    };
    let text = text.map_err(|problem| problems.push(problem)).ok();
    let database = args.database.check().map_err(|problem| problems.push(problem)).ok();
    let keys = args.keys.check().map_err(|problem| problems.push(problem)).ok();
    let (Some(text), Some(database), Some(keys)) = (text, database, keys) else { return Err(Failed(problems)) };
    actix_web::rt::System::new().block_on(async {
        let database = database.pool(1);
        online::schema(&database).await?;
        let replay = Replay { database, clock: Clock::default(), vault: Vault::new(keys) };
        let (mut now, mut before, mut done) = (0, 0, BTreeSet::new());
        for line in ledger::read(&text) {
            let entry = match line {
                Ok(entry) => entry,
                Err(number) => {
                    problems.push(format!("line {number} of the ledger cannot be read"));
                    continue;
                }
            };
            let who = (entry.organization_id, entry.member_id);
            if !done.insert(who) {
                continue; // asked for twice
            }
            match replay.erase(&entry).await {
                Ok(Replayed::Now) => now += 1,
                Ok(Replayed::Before) => before += 1,
                Ok(Replayed::Unknown) => eprintln!("member {} of organization {} is not there", who.1, who.0),
                Err(error) => problems.push(format!("member {} of organization {}: {error}", who.1, who.0)),
            }
        }
        if problems.is_empty() {
            println!("{now} were erased now, {before} were before");
            return Ok(());
        }
        problems.push(format!("{now} were erased now, {before} were before; run it again once the rest is mended"));
        Err(Failed(problems))
    })
}

/// Where it is replayed.
struct Replay {
    database: Database,
    clock: Clock,
    vault: Vault,
}

impl Replay {
    async fn erase(&self, entry: &Entry) -> Result<Replayed> {
        let Self { database, clock, vault } = self;
        let organization = entry.organization_id;
        let organizations = Organizations { database, clock, vault };
        if !organizations.exists(organization).await? {
            return Ok(Replayed::Unknown);
        }
        organizations.ready_keys(organization, false).await?;
        let caller = Caller::system(organization, Reason::Erasing);
        let scope = Scope::new(database.clone(), clock.clone(), vault.clone(), caller);
        scope.write(async |tx| erasures::replay(tx, entry.member_id, entry.erased_at).await).await
    }
}
