//! The PostgreSQL that `dev` and the tests start by themselves: no account, no port, nothing to set up.
//!
//! Three processes and two locks:
//!
//! ```text
//! we ──── holds ──→ lock           one owner a folder; a second one is told so
//!  ├─ leash (sh) ─→ lock           reads a pipe that we hold; when we end, however we end, it stops the server
//!  └─ postgres ───→ server.lock    held by the server and all its children, as their standard input
//! ```
//!
//! - Ctrl-C reaches neither leash nor server: each leads a process group of its own.
//! - `server.lock` is free when the last process of a server is gone, and only then. So a start knows whether an
//!   earlier server (its leash killed too) still lives, without trusting a process id that a file remembers.
//! - Every start is alike: what an earlier life left is stopped and swept away, never taken over.
//!
//! Where things lie is [`Home`]'s matter; what can go wrong, and what to do then, [`EmbeddedError`]'s.

mod account;
mod binaries;
mod data;
mod error;
mod home;
mod install;
mod leash;
mod locks;
mod server;

use std::fs::File;
use std::time::{Duration, Instant};

pub use error::EmbeddedError;
pub use home::Home;

use binaries::Binaries;
use leash::Leash;
use server::{Server, Writes};

/// The oldest PostgreSQL that the schema and the settings are written for.
const OLDEST: u32 = 15;

/// No TCP: the port only names the socket file.
const PORT: u16 = 5432;

/// A running server; dropping it stops it. Everything blocks: use it outside the runtime, or in `spawn_blocking`.
#[derive(Debug)]
pub struct Embedded {
    // Dropped from top to bottom: the server stops, the leash falls, the folder is free for the next owner.
    server: Server,
    _leash: Leash,
    _lock: File,
    home: Home,
}

impl Embedded {
    /// Starts the server of this home, making its data first where there is none yet.
    ///
    /// Nothing waits for the disk: data outlives the death of any process, but not a power cut.
    pub fn start(home: Home) -> Result<Self, EmbeddedError> {
        Self::start_writing(home, Writes::Quickly)
    }

    /// Starts it as production runs it, each commit safe on disk, for tests that care.
    pub fn start_durable(home: Home) -> Result<Self, EmbeddedError> {
        Self::start_writing(home, Writes::Durably)
    }

    fn start_writing(home: Home, writes: Writes) -> Result<Self, EmbeddedError> {
        let binaries = Binaries::find()?;
        let lock = locks::own(&home)?;
        let server_lock = locks::outlast_earlier_servers(&home, &binaries)?;
        // The leash before all that it guards: there is no moment at which our death leaves something running.
        let leash = Leash::tie(&home, &binaries, &lock)?;
        data::prepare(&home, &binaries, &server_lock)?;
        let server = Server::start(&home, &binaries, server_lock, writes)?;
        Ok(Self { server, _leash: leash, _lock: lock, home })
    }

    /// How to connect. The role `postgres` is the superuser; other roles and databases are made by whoever wants them.
    pub fn config(&self, user: &str, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(self.home.sockets()).port(PORT).user(user).dbname(database);
        config
    }

    /// The same as text, as `psql` and other processes take it. The names are plain ones: nothing is escaped.
    pub fn url(&self, user: &str, database: &str) -> String {
        // A socket folder needs no escaping either: `Home` chooses no other.
        format!("postgresql:///{database}?host={}&port={PORT}&user={user}", self.home.sockets().display())
    }

    /// Where `dev` may keep small files of its own, for as long as this server runs.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The process id of the server, for tests that take it away.
    pub fn process_id(&self) -> u32 {
        self.server.process_id()
    }
}

/// Tries until there is an answer; `None` when there is none within the time allowed.
fn patiently<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>, EmbeddedError>,
) -> Result<Option<T>, EmbeddedError> {
    let deadline = Instant::now() + patience;
    loop {
        let answer = attempt()?;
        if answer.is_some() || Instant::now() > deadline {
            return Ok(answer);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
