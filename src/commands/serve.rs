//! `serve`: production.

use std::net::TcpListener;
use std::sync::Arc;

use super::Failed;
use crate::access::Tokens;
use crate::app::Shared;
use crate::clock::Clock;
use crate::config::{ServeArgs, schema_is_not};
use crate::db::migrate;
use crate::door::Door;
use crate::server::{self, Layout};

/// Serves until a signal stops it.
///
/// # Errors
/// Everything that is missing or weak; a schema that is not this version's.
pub fn run(args: &ServeArgs) -> Result<(), Failed> {
    let ready = args.check().map_err(Failed)?;
    let taken = |error| format!("cannot listen on {}: {error}; choose another with --listen", args.listen);
    let listener = TcpListener::bind(args.listen).map_err(taken)?;
    for warning in ready.issuers.warnings() {
        tracing::warn!(warning, "ISSUERS_FILE");
    }
    actix_web::rt::System::new().block_on(async {
        let probe = ready.database.pool(1).probe().await;
        let probe = probe.map_err(|error| format!("the database cannot be asked: {error}"))?;
        if probe.schema != migrate::newest() {
            return Err(schema_is_not(probe.schema, migrate::newest()).into());
        }
        let shared = Shared {
            door: Arc::new(Door::new(Arc::new(Tokens::new(ready.issuers)))),
            keys: ready.keys,
            clock: Clock::default(),
            origins: args.cors_origins.clone(),
            dev: None,
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let layout = Layout {
            workers: args.workers.map_or(cores, usize::from),
            connections: usize::from(args.database_connections),
            signals: true,
        };
        tracing::info!(listen = %args.listen, workers = layout.workers, "serving");
        let server = server::run(shared, ready.database, listener, layout).map_err(|error| error.to_string())?;
        server.await.map_err(|error| error.to_string().into())
    })
}
