//! A real process of the service.

use std::path::PathBuf;

use peer_coaching::ids::OrganizationId;
use serde_json::Value;
use tokio_postgres::config::Host;

use crate::operator::{Running, binary};
use crate::support::company::{AUDIENCE, SECRET, issuer_of};
use crate::support::database;

/// Connections of each process; more than racers meet it at once.
const CONNECTIONS: &str = "48";

/// A `serve` under way, and where it answers. Dropped, it is killed.
pub struct Replica {
    process: Running,
    /// `http://…`
    pub address: String,
}

impl Replica {
    /// Starts as many at once; told to stop, they go on answering for so many seconds.
    pub fn start(count: usize, database: &str, organization: OrganizationId, drain: u16) -> Vec<Self> {
        let issuers = issuers_file(database, organization).display().to_string();
        let settings = [
            ("DATABASE_URL", url(database)),
            ("ISSUERS_FILE", issuers),
            ("MASTER_KEYS", database::MASTER_KEYS.to_owned()),
            ("LISTEN", "127.0.0.1:0".to_owned()),
            ("DRAIN_SECONDS", drain.to_string()),
            ("WORKERS", "2".to_owned()),
            ("DATABASE_CONNECTIONS", CONNECTIONS.to_owned()),
            ("CALLER_LIMIT", "off".to_owned()),
            ("ORGANIZATION_LIMIT", "off".to_owned()),
            ("ADDRESS_LIMIT", "off".to_owned()),
            ("WEBHOOKS_ANYWHERE", "true".to_owned()),
            ("LOG", "warn,peer_coaching::commands::serve=info".to_owned()),
        ];
        let start = || Running::start(binary(&["serve"]).envs(settings.clone()));
        (0..count).map(|_| start()).collect::<Vec<_>>().into_iter().map(Self::ready).collect()
    }

    fn ready(mut process: Running) -> Self {
        let said = process.logs("\"serving\"");
        let line: Value =
            serde_json::from_str(said.lines().find(|line| line.contains("\"serving\"")).unwrap()).unwrap();
        Self { process, address: format!("http://{}", line["listen"].as_str().unwrap()) }
    }

    /// Kills it (SIGKILL).
    pub fn kill(&self) {
        self.process.signal("KILL");
    }

    /// Tells it to stop (SIGTERM).
    pub fn tell_to_stop(&self) {
        self.process.signal("TERM");
    }

    /// Lets it finish; what it has complained of.
    pub fn stop(self) -> String {
        self.tell_to_stop();
        self.ended()
    }

    /// Waits for the end of one that was told to stop; what it has complained of.
    pub fn ended(self) -> String {
        let said = self.process.ends();
        assert!(said.well, "it ended badly: {}", said.err);
        said.err
    }
}

fn url(database: &str) -> String {
    let config = database::config_of("peer_coaching_app", database);
    let Host::Unix(folder) = &config.get_hosts()[0] else { panic!("a socket") };
    format!("postgresql:///{database}?host={}&port={}&user=peer_coaching_app", folder.display(), config.get_ports()[0])
}

/// An issuer of the organization's own, with the secret that the tests' people sign with.
fn issuers_file(database: &str, organization: OrganizationId) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("races-{}-{database}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("secret"), SECRET).unwrap();
    let issuers = format!(
        "[[issuers]]\nissuer = \"{}\"\naudiences = [\"{AUDIENCE}\"]\nalgorithms = [\"HS256\"]\n\
         shared_secret_file = \"secret\"\norganization = \"{organization}\"\n",
        issuer_of(organization)
    );
    std::fs::write(folder.join("issuers.toml"), issuers).unwrap();
    folder.join("issuers.toml")
}
