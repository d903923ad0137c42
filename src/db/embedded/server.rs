//! The server process: started, awaited, stopped.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::Duration;

use super::binaries::Binaries;
use super::{EmbeddedError, Home, PORT, patiently};

/// Long enough to recover much data after a crash.
const PATIENCE_WITH_START: Duration = Duration::from_secs(60);

/// After this an unwilling server is killed; its data does not mind.
const PATIENCE_WITH_STOP: Duration = Duration::from_secs(10);

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Writes {
    Quickly,
    Durably,
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    stop: Command,
}

impl Server {
    /// Starts the server and waits until it takes connections. It and its children keep `lock`.
    pub(super) fn start(home: &Home, binaries: &Binaries, lock: File, writes: Writes) -> Result<Self, EmbeddedError> {
        let refused = || EmbeddedError::refused("start a server in", home.folder());
        let log = File::create(home.log()).map_err(EmbeddedError::refused("write", &home.log()))?;
        let mut postgres = binaries.postgres(home, &settings(home, writes));
        postgres.stdin(lock).stdout(log.try_clone().map_err(refused())?).stderr(log);
        postgres.process_group(0); // out of reach of Ctrl-C: we stop it, after those who use it
        let process = postgres.spawn().map_err(refused())?;
        let mut server = Self { process, stop: binaries.stop(home) };
        server.wait_until_ready(home)?;
        Ok(server)
    }

    pub(super) fn process_id(&self) -> u32 {
        self.process.id()
    }

    fn wait_until_ready(&mut self, home: &Home) -> Result<(), EmbeddedError> {
        let ready = patiently(PATIENCE_WITH_START, || {
            let gone = self.process.try_wait().is_ok_and(|end| end.is_some());
            if gone { Err(gave_up(home)) } else { Ok(self.says_it_is_ready(home).then_some(())) }
        })?;
        ready.ok_or_else(|| gave_up(home))
    }

    /// The first line of its file is the process id, the eighth and last the state.
    fn says_it_is_ready(&self, home: &Home) -> bool {
        let said = fs::read_to_string(home.pid_file()).unwrap_or_default();
        let ours = said.lines().next().is_some_and(|id| id == self.process_id().to_string());
        ours && said.lines().nth(7).is_some_and(|state| state.trim() == "ready")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let asked = self.stop.status().is_ok_and(|status| status.success());
        let mut stopped = || patiently(PATIENCE_WITH_STOP, || Ok(self.process.try_wait().unwrap_or_default()));
        if !asked || !matches!(stopped(), Ok(Some(_))) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

fn gave_up(home: &Home) -> EmbeddedError {
    let log = fs::read(home.log()).unwrap_or_default();
    EmbeddedError::failed("postgres", &String::from_utf8_lossy(&log), home.folder())
}

/// Given at each start, not kept in the data folder: they change with our code, whenever the data was made.
fn settings(home: &Home, writes: Writes) -> Vec<(&'static str, OsString)> {
    let wait_for_disk = match writes {
        Writes::Quickly => "off",
        Writes::Durably => "on",
    };
    vec![
        ("listen_addresses", "".into()),
        ("port", PORT.to_string().into()),
        ("unix_socket_directories", home.sockets().into()),
        ("unix_socket_permissions", "0700".into()),
        // `synchronous_commit` stays on: without fsync it costs nothing, and what was committed survives a kill.
        ("fsync", wait_for_disk.into()),
        ("full_page_writes", wait_for_disk.into()),
        // Tests run many small pools at once.
        ("max_connections", "400".into()),
        ("shared_buffers", "64MB".into()),
        // Personal data travels in parameters; the log is no place for it.
        ("log_parameter_max_length", "0".into()),
        ("log_parameter_max_length_on_error", "0".into()),
        // A statement whose client is gone ends too.
        ("client_connection_check_interval", "1s".into()),
        ("timezone", "UTC".into()),
        ("log_timezone", "UTC".into()),
    ]
}
