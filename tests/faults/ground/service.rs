//! A real process of the service.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use peer_coaching::ids::OrganizationId;
use serde_json::Value;

use super::Heard;
use crate::operator::{Running, binary};
use crate::support::company::{AUDIENCE, SECRET, issuer_of};
use crate::support::{Person, database};

/// A `serve` under way. Dropped, it is killed.
pub struct Service {
    process: Running,
    listens: String,
    stranger: Person,
}

/// A command of the service on this database, for these organizations.
pub fn command(name: &str, database: &str, organizations: &[OrganizationId]) -> Command {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let folder = format!("faults-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let issuer = |organization: &OrganizationId| {
        format!(
            "[[issuers]]\nissuer = \"{}\"\naudiences = [\"{AUDIENCE}\"]\nalgorithms = [\"HS256\"]\n\
             shared_secret_file = \"secret\"\norganization = \"{organization}\"\n",
            issuer_of(*organization)
        )
    };
    let issuers = folder.join("issuers.toml");
    fs::write(folder.join("secret"), SECRET).unwrap();
    fs::write(&issuers, organizations.iter().map(issuer).collect::<String>()).unwrap();
    let mut command = binary(&name.split(' ').collect::<Vec<_>>());
    command.env("DATABASE_URL", database).env("ISSUERS_FILE", issuers).env("MASTER_KEYS", database::MASTER_KEYS);
    command
}

impl Service {
    /// Starts it on this database, for these organizations; waits until it serves. Its worker rests, unless told otherwise.
    pub fn start(database: &str, organizations: &[OrganizationId], more: &[(&str, &str)]) -> Self {
        let settings = [
            ("LISTEN", "127.0.0.1:0"),
            ("DRAIN_SECONDS", "0"),
            ("WORKERS", "2"),
            ("CALLER_LIMIT", "off"),
            ("ORGANIZATION_LIMIT", "off"),
            ("ADDRESS_LIMIT", "off"),
            ("NO_WORKER", "true"),
            ("LOG", "warn,peer_coaching::commands::serve=info"),
        ];
        let mut serve = command("serve", database, organizations);
        let mut process = Running::start(serve.envs(settings).envs(more.iter().copied()));
        let said = process.logs("\"serving\"");
        let line = said.lines().find(|line| line.contains("\"serving\"")).unwrap();
        let line = serde_json::from_str::<Value>(line).unwrap();
        let listens = line["listen"].as_str().unwrap().to_owned();
        Self { process, stranger: Person::stranger(&format!("http://{listens}")), listens }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it answers: host and port.
    pub fn listens(&self) -> &str {
        &self.listens
    }

    /// Whoever has no token.
    pub fn stranger(&self) -> &Person {
        &self.stranger
    }

    pub fn member(&self, organization: OrganizationId, name: &str) -> Person {
        Person::member(&self.stranger, organization, name, false)
    }

    /// What a probe is answered: 200 or 503.
    pub async fn probed(&self, path: &str) -> Heard {
        super::heard(self.stranger.request(reqwest::Method::GET, path)).await
    }

    /// Lets it finish. Whatever happened to it, nothing was a bug of its own.
    pub fn finish(self) {
        self.process.signal("TERM");
        let said = self.process.ends();
        assert!(said.well, "it ended badly: {}", said.err);
        let bugs = said.err.lines().filter(|line| line.contains("a bug of ours") || line.contains("panicked"));
        assert_eq!(bugs.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
