//! Runs the app on its workers until it is told to stop.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::Server;

use crate::app::{self, Shared};
use crate::clock::real_time;
use crate::db::DatabaseSettings;

/// How often the identity providers' keys are looked after, asked for or not.
const RENEW_KEYS: Duration = Duration::from_secs(20);

/// How a server is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Threads that answer.
    pub workers: usize,
    /// Database connections in all.
    pub connections: usize,
    /// Whether signals stop it: SIGTERM once the requests under way are finished, SIGINT at once.
    pub signals: bool,
}

/// Serves on this listener until a signal stops it; requests under way are finished.
///
/// # Errors
/// When the listener cannot be used.
pub fn run(
    shared: Shared,
    database: DatabaseSettings,
    listener: TcpListener,
    layout: Layout,
) -> std::io::Result<Server> {
    let door = Arc::clone(&shared.door);
    actix_web::rt::spawn(async move {
        loop {
            door.tokens().renew(real_time()).await;
            door.tokens().count(real_time());
            tokio::time::sleep(RENEW_KEYS).await;
        }
    });
    // One pool for each worker, made on its thread: a connection's task lives where it is asked.
    let connections = layout.connections.div_ceil(layout.workers);
    let each = shared.limits.share(connections, shared.door.tokens().organizations());
    let server = HttpServer::new(move || app::build(shared.clone(), database.pool(connections).shared(each)))
        .workers(layout.workers)
        .client_request_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(15))
        .shutdown_timeout(10)
        .listen(listener)?;
    let server = if layout.signals { server } else { server.disable_signals() };
    Ok(server.run())
}

/// Says that it serves once it heeds signals, then waits until one has stopped it.
///
/// # Errors
/// When the server fails.
pub async fn until_stopped(server: Server, say: impl FnOnce()) -> Result<(), String> {
    let running = actix_web::rt::spawn(server);
    tokio::task::yield_now().await; // its first poll is what makes it listen to signals
    say();
    running.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
