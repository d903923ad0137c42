//! `peer-coaching serve` for one organization in one database, as an operator starts it but for its limits.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::DatabaseSettings;
use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_postgres::config::Host;

use super::database;
use super::people::People;
use super::provider::Provider;
use super::seed::seed;

/// An organization in a database of its own, and who signs its people's tokens.
pub struct Company {
    pub organization: OrganizationId,
    pub people: People,
    pub superuser: Client,
    database: String,
    provider: Provider,
    folder: PathBuf,
}

impl Company {
    /// Founds it, stores its people, and writes down who may speak for them.
    pub async fn of(members: i64) -> Self {
        let (database, people) = (format!("scale_{members}"), People::new(members));
        println!("{members} members …");
        database::make(&database, database::config_of).await;
        let superuser = database::connect(database::config_of("postgres", &database)).await;
        let organization = found(&database).await;
        seed(&superuser, organization, people).await;
        let provider = Provider::new();
        let folder = std::env::temp_dir().join(format!("{database}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("jwks.json"), provider.jwks().to_string()).expect("a file");
        let issuers = format!(
            "[[issuers]]\nissuer = \"{}\"\naudiences = [\"{}\"]\nalgorithms = [\"ES256\"]\njwks_file = \"jwks.json\"\n\
             organization = \"{organization}\"\n",
            Provider::ISSUER,
            Provider::AUDIENCE,
        );
        std::fs::write(folder.join("issuers.toml"), issuers).expect("a file");
        Self { organization, people, superuser, database, provider, folder }
    }

    /// A token for one of its members.
    pub fn token(&self, number: i64) -> String {
        self.signed(&format!("member {number}"), json!({}))
    }

    /// A token for a program that reads events.
    pub fn reader(&self) -> String {
        self.signed("reader", json!({ "client_id": "reader", "scope": "events:read" }))
    }

    fn signed(&self, subject: &str, more: Value) -> String {
        let now = real_time().as_second();
        let mut said = json!({ "iss": Provider::ISSUER, "aud": Provider::AUDIENCE, "sub": subject, "iat": now, "exp": now + 7200 });
        said.as_object_mut().expect("claims").extend(more.as_object().expect("claims").clone());
        self.provider.signed(&said)
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn found(name: &str) -> OrganizationId {
    let settings = DatabaseSettings::new(database::config_of("peer_coaching_app", name)).expect("settings");
    let (pool, clock, vault) = (settings.pool(1), Clock::default(), database::vault());
    let organizations = Organizations { database: &pool, clock: &clock, vault: &vault };
    organizations.found("Example Company", Settings::default()).await.expect("an organization")
}

/// The folder of PostgreSQL's socket.
pub fn sockets() -> String {
    let server = database::config("postgres");
    let [Host::Unix(sockets)] = server.get_hosts() else { panic!("{server:?}") };
    sockets.display().to_string()
}

/// A service under way. It ends with us.
pub struct Service {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    /// Starts it, and waits until it listens. Each request is logged, and nobody keeps the log.
    pub fn start(company: &Company, more: &[&str]) -> Self {
        let url = format!("host={} port=5432 user=peer_coaching_app dbname={}", sockets(), company.database);
        let mut process = Command::new(env!("CARGO_BIN_EXE_peer-coaching"))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-worker"])
            .args(more)
            .env("DATABASE_URL", url)
            .env("ISSUERS_FILE", company.folder.join("issuers.toml"))
            .env("MASTER_KEYS", database::MASTER_KEYS)
            .envs([("CALLER_LIMIT", "off"), ("ORGANIZATION_LIMIT", "off"), ("ADDRESS_LIMIT", "off")])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe"));
        let (mut line, mut said) = (String::new(), String::new());
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).expect("a line") > 0, "it does not start: {said}");
            said.push_str(&line);
            let told = serde_json::from_str::<Value>(&line).unwrap_or_default();
            if let Some(listen) = told["listen"].as_str() {
                break listen.to_owned();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { process, address }
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}
