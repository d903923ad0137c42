//! `peer-coaching serve`, as an operator starts it, with its worker and its usual limits.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio_postgres::config::Host;

use super::database;

/// The key that `keys rotate` changes to, beside the one that all organizations are founded under.
const OTHER_KEY: &str = "other:W9Yf1n0m5p3v9x2c4b6n8m0Q1w3e5r7t9y1U3i5o7P4=";

/// How long it may take to come up, and to go.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it says of connections on which something else than HTTP comes; of an error it is not the cause.
const NO_HTTP: &str = "stream error: request parse error";

/// What all its processes are told.
#[derive(Clone)]
pub struct Deployment {
    pub issuers: PathBuf,
}

impl Deployment {
    pub fn new(issuers: &Path) -> Self {
        Self { issuers: issuers.to_owned() }
    }

    /// Both master keys, so that whichever an organization is under is known.
    fn command(&self, name: &str, other_first: bool) -> Command {
        let server = database::config("postgres");
        let [Host::Unix(sockets)] = server.get_hosts() else { panic!("{server:?}") };
        let sockets = sockets.display();
        let keys = [database::MASTER_KEYS, OTHER_KEY];
        let keys = if other_first { [keys[1], keys[0]] } else { keys };
        let url = format!("host={sockets} port=5432 user=peer_coaching_app dbname=coaching application_name={name}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_peer-coaching"));
        command.env("DATABASE_URL", url).env("ISSUERS_FILE", &self.issuers).env("MASTER_KEYS", keys.join(","));
        command
    }

    /// Runs `keys rotate` to one key or the other; what it says.
    pub async fn rotate_keys(&self, to_other: bool) -> String {
        let mut command = self.command("keys", to_other);
        command.args(["keys", "rotate"]);
        let run = move || command.output().expect("the command runs");
        let said = tokio::task::spawn_blocking(run).await.expect("it ends");
        assert!(said.status.success(), "keys rotate: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim_end().to_owned()
    }

    /// Starts one, and waits until it is ready.
    pub async fn start(&self, name: &'static str, client: &reqwest::Client) -> Service {
        let mut command = self.command(name, false);
        command.args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--webhooks-anywhere"]);
        let service = tokio::task::spawn_blocking(move || Service::start(command, name)).await.expect("it starts");
        let ready = async {
            let look = async || client.get(format!("{}/readyz", service.address)).send().await.map(|is| is.status());
            while !look().await.is_ok_and(|status| status.is_success()) {
                tokio::time::sleep(Duration::from_millis(50)).await; // it fetches its issuer's keys
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.unwrap_or_else(|_| panic!("{name} does not get ready"));
        service
    }
}

/// A service under way. It ends with us.
pub struct Service {
    process: Child,
    /// By which PostgreSQL knows it.
    pub name: &'static str,
    /// `http://…`
    pub address: String,
    complaints: Arc<Mutex<Vec<String>>>,
    warnings: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    /// Waits until it listens. Each request is logged; of the log, only complaints and warnings are kept.
    fn start(mut command: Command, name: &'static str) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the service starts");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe"));
        let (mut line, mut said) = (String::new(), String::new());
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).expect("a line") > 0, "it does not start: {said}");
            said.push_str(&line);
            let told = serde_json::from_str::<Value>(&line).unwrap_or_default();
            if let Some(listen) = told["listen"].as_str() {
                break format!("http://{listen}");
            }
        };
        let complaints = Arc::<Mutex<Vec<String>>>::default();
        let warnings = Arc::<Mutex<BTreeMap<String, usize>>>::default();
        let (heard, warned) = (Arc::clone(&complaints), Arc::clone(&warnings));
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                let level = |name: &str| line.contains(&format!("\"level\":\"{name}\""));
                if (level("ERROR") && !line.contains(NO_HTTP)) || line.contains("panicked") {
                    heard.lock().expect("a lock").push(line);
                } else if level("ERROR") || level("WARN") {
                    let message = serde_json::from_str::<Value>(&line).unwrap_or_default()["message"].to_string();
                    *warned.lock().expect("a lock").entry(message).or_default() += 1;
                }
            }
        });
        Self { process, name, address, complaints, warnings }
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What it has complained of.
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().expect("a lock").clone()
    }

    /// What it has warned of, and how often.
    pub fn warnings(&self) -> BTreeMap<String, usize> {
        self.warnings.lock().expect("a lock").clone()
    }

    /// Tells it to stop (SIGTERM), and waits until it has finished; what it has complained of.
    pub async fn stop(mut self) -> Vec<String> {
        let told = Command::new("kill").args(["-s", "TERM", "--", &self.process_id().to_string()]).status();
        assert!(told.expect("kill").success());
        let ended = tokio::task::spawn_blocking(move || (self.process.wait(), self.complaints()));
        let (ended, complaints) =
            tokio::time::timeout(PATIENCE, ended).await.expect("it ends in time").expect("a thread");
        let ended = ended.expect("an end");
        assert!(ended.success(), "{ended}: {complaints:?}");
        complaints
    }
}
