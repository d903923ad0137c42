//! `peer-coaching dev`: the newcomer's door. A PostgreSQL of its own, a small company, tokens, curl lines, until ctrl-c.

pub mod clock;
mod database;
pub mod issuer;
mod seed;
mod welcome;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use self::issuer::DevIssuer;
use crate::access::Tokens;
use crate::app::Shared;
use crate::commands::Failed;
use crate::config::LimitArgs;
use crate::db::embedded::{Embedded, Home};
use crate::door::Door;
use crate::events::rules::Kept;
use crate::life::Life;
use crate::limits::{Limits, Time};
use crate::server::{self, Layout, Signals};
use crate::vault::Vault;
use crate::webhooks::deliveries::sending::{DELIVERING, Deliverer};
use crate::webhooks::rules::Reach;
use crate::worker::Worker;

/// How to try it.
#[derive(Args, Debug)]
pub struct DevArgs {
    /// The address to listen on
    #[arg(long, env = "LISTEN", hide_env_values = true, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The folder of the project; its data is kept in .peer-coaching there (for root: below /var/lib/peer-coaching-dev)
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    /// The front ends that browsers may call from, separated by commas
    #[arg(
        long,
        env = "CORS_ORIGINS",
        hide_env_values = true,
        value_delimiter = ',',
        default_value = "http://localhost:3000,http://localhost:5173,http://127.0.0.1:3000,http://127.0.0.1:5173",
        value_name = "ORIGINS"
    )]
    cors_origins: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Starts everything, tells how to use it, and serves until ctrl-c.
///
/// # Errors
/// Sentences that say what to do: PostgreSQL missing, the folder in use, the port taken.
pub fn run(args: &DevArgs) -> Result<(), Failed> {
    // Before anything is made or started.
    let listener = TcpListener::bind(args.listen).map_err(|error| {
        format!(
            "cannot listen on {}: {error}. If `dev` is running already, use that one. \
             If something else has the port, choose another: cargo run -- dev --listen 127.0.0.1:8081",
            args.listen
        )
    })?;
    let home = Home::for_project(&args.project).map_err(|error| error.to_string())?;
    eprintln!("Starting PostgreSQL in {} …", home.folder().display());
    let hands = clock::Hands::kept_in(home.folder().join("clock"));
    let postgres = Embedded::start(home).map_err(|error| error.to_string())?;
    let issuer = DevIssuer::kept_in(postgres.home().folder())?;
    let listen = listener.local_addr().map_err(|error| error.to_string())?;
    actix_web::rt::System::new().block_on(async {
        let keys = issuer.master_keys().parse().map_err(|error: crate::vault::KeysError| error.to_string())?;
        let vault = Vault::new(keys);
        let company = database::prepare(&postgres, &hands, &vault).await?;
        let organizations = vec![company.organization];
        let events_kept = Kept::default();
        let deliverer = Deliverer::new(organizations.clone(), company.clock.clone(), vault.clone(), Reach::Anywhere);
        let deliverer = deliverer.map_err(|error| error.to_string())?;
        let worker = Worker { organizations, clock: company.clock.clone(), vault: vault.clone(), events_kept };
        let shared = Shared {
            reach: Reach::Anywhere,
            life: Life::default(),
            door: Arc::new(Door::new(Arc::new(Tokens::new(issuer.issuers(company.organization).map_err(Failed)?)))),
            vault,
            clock: company.clock,
            limits: Arc::new(Limits::new(args.limits.settings(), Time::default())),
            ledger: None,
            events_kept,
            origins: args.cors_origins.clone(),
            public_url: None,
            dev: Some((hands, worker.clone())),
        };
        let clock = shared.clock.clone();
        let layout = Layout { workers: 2, connections: 8 };
        let (signals, life) = (Signals::heeded().map_err(|error| error.to_string())?, shared.life.clone());
        actix_web::rt::spawn(worker.run(company.database.pool(1), life.clone()));
        actix_web::rt::spawn(deliverer.run(company.database.pool(DELIVERING), life.clone()));
        let server = server::run(shared, company.database, listener, layout).map_err(|error| error.to_string())?;
        let database::Company { ben, elif, known, .. } = company;
        let welcome = welcome::Welcome { issuer: &issuer, listen, clock: &clock, ben, elif, known };
        println!("{welcome}");
        let stopped = server::until_stopped(server, signals, &life, Duration::ZERO).await;
        stopped.map_err(|error| Failed::from(error.to_string()))
    })?;
    eprintln!("Stopped. The data is kept in {}; remove it to start afresh.", postgres.home().folder().display());
    Ok(())
}
