//! A way to the one PostgreSQL on which everything that the client sends at once is counted as one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_postgres::config::Host;

use crate::database;

/// How long an answer takes through the way that is counted: what waits for one is a flush of its own.
const ANSWER: Duration = Duration::from_millis(5);

/// The way, with a folder of its own for the socket that leads to it.
pub struct Way {
    flushes: Arc<AtomicUsize>,
    folder: PathBuf,
}

impl Drop for Way {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Way {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("pc-way-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let server = database::config("postgres");
        let [Host::Unix(sockets)] = server.get_hosts() else { panic!("{server:?}") };
        let (from, to) = (folder.join(".s.PGSQL.5432"), sockets.join(".s.PGSQL.5432"));
        let flushes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&flushes);
        let (ready, waiting) = std::sync::mpsc::channel();
        // on a thread of its own, so that it never sees two flushes as one because it was busy
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listener = UnixListener::bind(from).unwrap();
                ready.send(()).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = UnixStream::connect(&to).await.unwrap().into_split();
                    let counted = Arc::clone(&counted);
                    actix_web::rt::spawn(pass(from_client, to_server, Duration::ZERO, move || {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }));
                    actix_web::rt::spawn(pass(from_server, to_client, ANSWER, || ()));
                }
            });
        });
        waiting.recv().unwrap();
        Self { flushes, folder }
    }

    /// The folder of the socket, in the place of the server's own.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How often the client has spoken since the last question; what it sends without waiting is there by then.
    pub async fn spoken(&self) -> usize {
        tokio::time::sleep(ANSWER * 4).await;
        self.flushes.swap(0, Ordering::Relaxed)
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    later: Duration,
    seen: impl Fn(),
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        seen();
        tokio::time::sleep(later).await;
        if to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
}
