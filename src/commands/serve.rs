//! `serve`: production.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::{Failed, online};
use crate::access::Tokens;
use crate::app::Shared;
use crate::clock::Clock;
use crate::config::ServeArgs;
use crate::door::Door;
use crate::events::rules::Kept;
use crate::limits::{Limits, Time};
use crate::server::{self, Layout};
use crate::telemetry::metrics;
use crate::webhooks::deliveries::sending::{DELIVERING, Deliverer};
use crate::worker::Worker;

/// Serves until a signal stops it.
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
        let problems = online::database(&ready).await;
        if !problems.is_empty() {
            return Err(Failed(problems));
        }
        let clock = Clock::default();
        let worker = (!args.no_worker).then(|| Worker {
            organizations: ready.issuers.organizations().collect(),
            clock: clock.clone(),
            vault: ready.vault.clone(),
            events_kept: Kept::days(args.events_kept_days),
        });
        let deliverer = (!args.no_worker).then(|| {
            let organizations = ready.issuers.organizations().collect();
            Deliverer::new(organizations, clock.clone(), ready.vault.clone(), args.reach())
        });
        let deliverer = deliverer.transpose().map_err(|_| {
            "no HTTPS client can be made here for webhooks; are the system's CA certificates installed?".to_owned()
        })?;
        let shared = Shared {
            reach: args.reach(),
            door: Arc::new(Door::new(Arc::new(Tokens::new(ready.issuers)))),
            vault: ready.vault,
            clock,
            limits: Arc::new(Limits::new(args.limits.settings(), Time::default())),
            ledger: ready.ledger,
            events_kept: Kept::days(args.events_kept_days),
            origins: args.cors_origins.clone(),
            public_url: ready.public_url,
            dev: None,
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let layout = Layout {
            workers: args.workers.map_or(cores, usize::from),
            connections: usize::from(args.database_connections),
            signals: true,
        };
        if let Some((figures, address)) = figures {
            let figures = metrics::listen(figures).map_err(|error| error.to_string())?;
            actix_web::rt::spawn(figures);
            tracing::info!(%address, "figures are at /metrics");
        }
        if let Some(worker) = worker {
            actix_web::rt::spawn(worker.run(ready.database.pool(1)));
        }
        if let Some(deliverer) = deliverer {
            actix_web::rt::spawn(deliverer.run(ready.database.pool(DELIVERING)));
        }
        let server = server::run(shared, ready.database, listener, layout).map_err(|error| error.to_string())?;
        let say = || tracing::info!(%listen, workers = layout.workers, "serving");
        Ok(server::until_stopped(server, say).await?)
    })
}

/// Listens there; says where, with the port that 0 became.
fn listening(address: SocketAddr, setting: &str) -> Result<(TcpListener, SocketAddr), String> {
    let listening = TcpListener::bind(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    listening
        .map(|(address, listener)| (listener, address))
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another with {setting}"))
}
