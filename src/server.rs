//! Runs the app on its workers until it is told to stop.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::{Server, ServerHandle};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::{self, Shared};
use crate::clock::real_time;
use crate::db::DatabaseSettings;
use crate::life::Life;

/// How often the identity providers' keys are looked after, asked for or not.
const RENEW_KEYS: Duration = Duration::from_secs(20);

/// For how long requests under way are waited for, once none is taken any more.
const FINISH: Duration = Duration::from_secs(10);

/// How a server is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Threads that answer.
    pub workers: usize,
    /// Database connections in all.
    pub connections: usize,
}

/// Serves on this listener, for as long as nobody stops it.
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
        .shutdown_timeout(FINISH.as_secs())
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// The signals that stop a process: SIGTERM in peace, SIGINT at once.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Heeds them from now on, even those that the process was started to ignore.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn heeded() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn any(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// Serves until a signal has stopped it. After SIGTERM it goes on for as long as `drain` says, for whoever has not heard
/// yet that it goes; then requests under way are finished. A second signal cuts either short.
///
/// # Errors
/// When the server fails.
pub async fn until_stopped(server: Server, signals: Signals, life: &Life, drain: Duration) -> std::io::Result<()> {
    let handle = server.handle();
    tokio::pin! { let running = actix_web::rt::spawn(server); }
    let told = told_to_stop(signals, life, drain, handle);
    let ended = tokio::select! { ended = &mut running => ended, () = told => running.await };
    ended.map_err(std::io::Error::other)?
}

async fn told_to_stop(mut signals: Signals, life: &Life, drain: Duration, handle: ServerHandle) {
    let in_peace = tokio::select! {
        _ = signals.terminate.recv() => true,
        _ = signals.interrupt.recv() => false,
    };
    life.go();
    let mut hurried = !in_peace;
    if in_peace && !drain.is_zero() {
        tracing::info!(seconds = drain.as_secs(), "told to stop; goes on answering for as long");
        hurried = tokio::time::timeout(drain, signals.any()).await.is_ok();
    }
    if !hurried {
        hurried = tokio::select! { () = handle.stop(true) => false, () = signals.any() => true };
    }
    if hurried {
        handle.stop(false).await;
    }
}
