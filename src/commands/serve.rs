//! `serve`: production.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::Failed;
use super::online::{self, Obstacle};
use crate::access::Tokens;
use crate::app::Shared;
use crate::clock::Clock;
use crate::config::{Ready, ServeArgs};
use crate::db::DatabaseSettings;
use crate::door::Door;
use crate::events::rules::Kept;
use crate::ids::OrganizationId;
use crate::life::Life;
use crate::limits::{Limits, Time};
use crate::server::{self, Layout, Signals};
use crate::telemetry::{metrics, traces};
use crate::vault::Vault;
use crate::webhooks::deliveries::sending::{DELIVERING, Deliverer};
use crate::worker::Worker;

/// How long it rests before it looks again whether the database is there.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

const NO_CLIENT: &str = "no HTTPS client can be made here for webhooks; are the system's CA certificates installed?";

/// Serves until a signal stops it. It listens from the beginning, and serves as soon as the database is there and migrated.
///
/// # Errors
/// Everything that is missing or weak, in the settings or else in the database.
pub fn run(args: &ServeArgs) -> Result<(), Failed> {
    let ready = args.check().map_err(Failed)?;
    let (listener, listen) = listening(args.listen, "--listen")?;
    let figures = args.metrics_listen.map(|address| listening(address, "--metrics-listen")).transpose()?;
    for warning in &ready.warnings {
        tracing::warn!(warning, "worth a second look");
    }
    actix_web::rt::System::new().block_on(async {
        let Ready { database, issuers, vault, ledger, public_url, warnings: _ } = ready;
        let signals = Signals::heeded().map_err(|error| error.to_string())?;
        let (life, clock, events_kept) = (Life::coming_up(), Clock::default(), Kept::days(args.events_kept_days));
        let organizations = issuers.organizations().collect::<Vec<_>>();
        let shared = Shared {
            life: life.clone(),
            reach: args.reach(),
            door: Arc::new(Door::new(Arc::new(Tokens::new(issuers)))),
            vault: vault.clone(),
            clock: clock.clone(),
            limits: Arc::new(Limits::new(args.limits.settings(), Time::default())),
            ledger,
            events_kept,
            origins: args.cors_origins.clone(),
            public_url,
            dev: None,
        };
        let layout = Layout { workers: args.threads(), connections: usize::from(args.database_connections) };
        if let Some((figures, address)) = figures {
            let figures = metrics::listen(figures).map_err(|error| error.to_string())?;
            actix_web::rt::spawn(figures);
            tracing::info!(%address, "figures are at /metrics");
        }
        let traces = args.otel_exporter_otlp_traces_endpoint.as_deref().map(traces::start).transpose()?;
        let server = server::run(shared, database.clone(), listener, layout).map_err(|error| error.to_string())?;
        let begun = async {
            until_good(&database, &vault, &organizations, listen).await?;
            if !args.no_worker {
                let deliverer = Deliverer::new(organizations.clone(), clock.clone(), vault.clone(), args.reach());
                let deliverer = deliverer.map_err(|_| NO_CLIENT.to_owned())?;
                let worker = Worker { organizations, clock, vault, events_kept };
                actix_web::rt::spawn(worker.run(database.pool(1), life.clone()));
                actix_web::rt::spawn(deliverer.run(database.pool(DELIVERING), life.clone()));
            }
            life.serve();
            tracing::info!(%listen, workers = layout.workers, "serving");
            std::future::pending().await
        };
        let drain = Duration::from_secs(args.drain_seconds.into());
        let ended = tokio::select! {
            stopped = server::until_stopped(server, signals, &life, drain) => {
                stopped.map_err(|error| Failed::from(error.to_string()))
            }
            refused = begun => refused,
        };
        if let Some(traces) = traces {
            traces.finish();
        }
        ended
    })
}

/// Waits for a database that is there and migrated.
///
/// # Errors
/// What no waiting mends.
async fn until_good(
    database: &DatabaseSettings,
    vault: &Vault,
    organizations: &[OrganizationId],
    listen: SocketAddr,
) -> Result<(), Failed> {
    let mut told = None;
    loop {
        match online::database(database, vault, organizations).await {
            Ok(()) => return Ok(()),
            Err(Obstacle::Lasting(problems)) => return Err(Failed(problems)),
            Err(Obstacle::Passing(problem)) => {
                if told.as_ref() != Some(&problem) {
                    tracing::warn!(%listen, because = problem, "listens, but cannot serve yet; looks again every second");
                    told = Some(problem);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

/// Listens there; says where, with the port that 0 became.
fn listening(address: SocketAddr, setting: &str) -> Result<(TcpListener, SocketAddr), String> {
    let listening = TcpListener::bind(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    listening
        .map(|(address, listener)| (listener, address))
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another with {setting}"))
}
