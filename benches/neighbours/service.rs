//! `peer-coaching serve` for two companies, as an operator starts it; with limits or without.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use peer_coaching::clock::Clock;
use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use serde_json::json;
use tokio_postgres::config::Host;

use super::database;
use super::provider::Provider;

/// The two companies, and who signs their people's tokens.
pub struct Companies {
    provider: Provider,
    folder: PathBuf,
}

impl Companies {
    /// Founds both, and writes down who may speak for them.
    pub async fn found() -> Self {
        let pool = database::settings("peer_coaching_app").pool(1);
        let (clock, vault) = (Clock::default(), database::vault());
        let organizations = Organizations { database: &pool, clock: &clock, vault: &vault };
        let (flooding, steady) = (
            organizations.found("Flooding", Settings::default()).await.expect("an organization"),
            organizations.found("Steady", Settings::default()).await.expect("an organization"),
        );
        let provider = Provider::new();
        let folder = std::env::temp_dir().join(format!("neighbours-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("jwks.json"), provider.jwks().to_string()).expect("a file");
        std::fs::write(folder.join("issuers.toml"), issuers(flooding, steady)).expect("a file");
        Self { provider, folder }
    }

    /// A token for somebody of one of them.
    pub fn token(&self, company: &str, subject: &str) -> String {
        let now = peer_coaching::clock::real_time().as_second();
        let (issuer, audience) = (Provider::ISSUER, Provider::AUDIENCE);
        let said = json!({ "iss": issuer, "aud": audience, "sub": subject, "name": subject, "company": company, "iat": now, "exp": now + 7200 });
        self.provider.signed(&said)
    }
}

impl Drop for Companies {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn issuers(flooding: OrganizationId, steady: OrganizationId) -> String {
    format!(
        "[[issuers]]\nissuer = \"{}\"\naudiences = [\"{}\"]\nalgorithms = [\"ES256\"]\njwks_file = \"jwks.json\"\n\
         organization_claim = \"company\"\norganizations = {{ flooding = \"{flooding}\", steady = \"{steady}\" }}\n",
        Provider::ISSUER,
        Provider::AUDIENCE,
    )
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
    pub fn start(companies: &Companies, limits: &[(&str, &str)]) -> Self {
        let server = database::config("postgres");
        let [Host::Unix(sockets)] = server.get_hosts() else { panic!("{server:?}") };
        let url = format!("host={} port=5432 user=peer_coaching_app dbname=coaching", sockets.display());
        let mut process = Command::new(env!("CARGO_BIN_EXE_peer-coaching"))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-worker"])
            .env("DATABASE_URL", url)
            .env("ISSUERS_FILE", companies.folder.join("issuers.toml"))
            .env("MASTER_KEYS", database::MASTER_KEYS)
            .envs(limits.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe"));
        let (mut line, mut said) = (String::new(), String::new());
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).expect("a line") > 0, "it does not start: {said}");
            said.push_str(&line);
            let told = serde_json::from_str::<serde_json::Value>(&line).unwrap_or_default();
            if let Some(listen) = told["listen"].as_str() {
                break listen.to_owned();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { process, address }
    }
}
