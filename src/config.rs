//! Every knob: what it means, its default, the environment variable that sets it.
//!
//! Nothing here is required by the parser: what is missing or weak is gathered and told all at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::access::Issuers;
use crate::db::DatabaseSettings;
use crate::erasures::ledger::Ledger;
use crate::limits::{self, Limit};
use crate::vault::{KeysError, MasterKeys, Vault};
use crate::webhooks::rules::Reach;

/// How the service reaches its database.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// Where the database is, and as which role: postgresql://ROLE@db.example.com/peer_coaching?sslmode=require
    ///
    /// The role is peer_coaching_owner for `migrate`, and peer_coaching_app for everything else. Several hosts may be
    /// named, as in HOST:5432,HOST:5432: whichever of them is the primary is found, so a failover needs no restart.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<SecretString>,

    /// Certificates, as PEM, of authorities that may vouch for the database, beside those that the system trusts
    #[arg(long, env = "DATABASE_CA_FILE", hide_env_values = true, value_name = "FILE")]
    pub database_ca_file: Option<PathBuf>,
}

/// What texts are sealed under.
#[derive(Args, Clone, Debug)]
pub struct KeysArgs {
    /// Master keys as `id:base64`, separated by commas; the first writes, all of them read
    ///
    /// Make one with: echo k1:$(openssl rand -base64 32)
    #[arg(long, env = "MASTER_KEYS", hide_env_values = true, value_name = "KEYS")]
    pub master_keys: Option<SecretString>,
}

/// How much each may ask of this replica. They protect it, and are no quota: a front end never meets them.
///
/// A page asks for a dozen things at once, and again when it is left and come back to: 200 at once and 50 a second are
/// what no person needs. A company of ten thousand, all at it at the beginning of a quarter, asks a sixth of 300 a second;
/// a replica on two cores answers ten times that. An organization has no more at once than it has in a second: what it has
/// at once is how long its flood can take all of the replica. An address without a good token fetches the document and its pages, or
/// has tokens that have just expired, of many people behind it.
#[derive(Args, Clone, Copy, Debug)]
pub struct LimitArgs {
    /// How many requests one caller may send at once, and within how many seconds these come back; or off
    #[arg(long, env = "CALLER_LIMIT", hide_env_values = true, default_value = "200/4s", value_name = "LIMIT")]
    pub caller_limit: Limit,

    /// The same for all callers of one organization together; off also lets one organization hold all database connections
    #[arg(long, env = "ORGANIZATION_LIMIT", hide_env_values = true, default_value = "300/1s", value_name = "LIMIT")]
    pub organization_limit: Limit,

    /// The same for each address that calls without a good token
    #[arg(long, env = "ADDRESS_LIMIT", hide_env_values = true, default_value = "400/4s", value_name = "LIMIT")]
    pub address_limit: Limit,

    /// How many proxies stand before the service, each adding to X-Forwarded-For whom it was called by
    ///
    /// With 0, a caller's address is whoever connects, which may be a proxy. With more, nobody must reach the service but
    /// through that many.
    #[arg(long, env = "TRUSTED_PROXIES", hide_env_values = true, default_value = "0", value_name = "N")]
    pub trusted_proxies: u8,
}

/// What `serve` needs to know.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "explained at the type")]
    pub database: DatabaseArgs,

    /// Which identity providers may speak for whom: a TOML file, see docs/issuers.md
    #[arg(long, env = "ISSUERS_FILE", hide_env_values = true, value_name = "FILE")]
    pub issuers_file: Option<PathBuf>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "explained at the type")]
    pub keys: KeysArgs,

    /// The address to listen on
    #[arg(long, env = "LISTEN", hide_env_values = true, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Another address, for whoever watches the service: Prometheus finds figures at /metrics there. Without it none are kept
    #[arg(long, env = "METRICS_LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// Where to send a trace of each request, by OTLP over HTTP, e.g. http://collector:4318/v1/traces; OpenTelemetry's other
    /// variables hold, too, such as OTEL_TRACES_SAMPLER. Without it none are made
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub otel_exporter_otlp_traces_endpoint: Option<String>,

    /// For how long it goes on answering once SIGTERM has told it to stop, so that whoever asks it can hear of that: /readyz
    /// says 503 from then on, and connections are not kept. Then it finishes what is under way
    #[arg(long, env = "DRAIN_SECONDS", hide_env_values = true, default_value = "5", value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(0..=300))]
    pub drain_seconds: u16,

    /// How many threads answer; as many as there are cores where it is not set
    #[arg(long, env = "WORKERS", hide_env_values = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// How many database connections requests may hold, divided among the workers and rounded up; with fewer than four for each
    /// worker, one organization may hold more than a quarter of them. Three more are for what is done without being asked for
    #[arg(long, env = "DATABASE_CONNECTIONS", hide_env_values = true, default_value = "16", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub database_connections: u16,

    #[command(flatten)]
    #[expect(missing_docs, reason = "explained at the type")]
    pub limits: LimitArgs,

    /// A file outside of the database that names whoever was erased, for `erasures replay` after a restore; replicas may
    /// share it
    #[arg(long, env = "ERASURE_LEDGER", hide_env_values = true, value_name = "FILE")]
    pub erasure_ledger: Option<PathBuf>,

    /// For how many days events are kept, at the least
    #[arg(long, env = "EVENTS_KEPT_DAYS", hide_env_values = true, default_value_t = 30, value_name = "DAYS",
        value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub events_kept_days: u16,

    /// Leave to other replicas what is done without being asked for: telling of what the clock has done and of what is due,
    /// delivering to webhooks, deleting what was kept for long enough
    #[arg(long, env = "NO_WORKER", hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub no_worker: bool,

    /// Deliver webhooks to private addresses and over http, too: for development, since whoever may add a webhook then reaches
    /// what this machine reaches
    #[arg(long, env = "WEBHOOKS_ANYWHERE", hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub webhooks_anywhere: bool,

    /// The front ends that browsers may call from, e.g. https://coaching.example.com, separated by commas
    #[arg(long, env = "CORS_ORIGINS", hide_env_values = true, value_delimiter = ',', value_name = "ORIGINS")]
    pub cors_origins: Vec<String>,

    /// Where the service is reached from outside, e.g. https://coaching.example.com: how whole addresses begin that it
    /// tells; where it is not set, as each request says that it has reached it
    #[arg(long, env = "PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    pub public_url: Option<String>,
}

/// What `serve` runs with: complete and sound.
pub struct Ready {
    /// How to reach the database.
    pub database: DatabaseSettings,
    /// Who may come in.
    pub issuers: Issuers,
    /// What seals and opens texts, under the master keys.
    pub vault: Vault,
    /// Where erasures are written down.
    pub ledger: Option<Ledger>,
    /// How whole addresses begin.
    pub public_url: Option<String>,
    /// What is allowed and yet worth a second look.
    pub warnings: Vec<String>,
}

impl DatabaseArgs {
    /// The settings, or what is missing or wrong about them; never the address itself, which may hold a password.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn check(&self) -> Result<DatabaseSettings, String> {
        let Some(url) = &self.database_url else {
            return Err("DATABASE_URL is missing: set it to postgresql://user@host/database".into());
        };
        let config = url.expose_secret().parse::<tokio_postgres::Config>();
        let config =
            config.map_err(|_| "DATABASE_URL cannot be read: write postgresql://user@host/database".to_owned())?;
        let authorities = self.database_ca_file.as_deref().map(authorities).transpose()?.unwrap_or_default();
        DatabaseSettings::trusting(config, authorities)
            .map_err(|error| format!("the certificates for the database cannot be used: {error}"))
    }
}

/// The certificates in a file; at least one.
fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(format!("DATABASE_CA_FILE: {} holds no certificate", file.display())),
        Err(error) => Err(format!("DATABASE_CA_FILE: {} cannot be read: {error}", file.display())),
    }
}

impl KeysArgs {
    /// The keys, or what is missing or weak about them.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn check(&self) -> Result<MasterKeys, String> {
        let keys = self.master_keys.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        keys.parse().map_err(|error: KeysError| format!("MASTER_KEYS: {error}"))
    }
}

impl LimitArgs {
    /// The same, for those who keep them.
    pub fn settings(&self) -> limits::Settings {
        limits::Settings {
            caller: self.caller_limit,
            organization: self.organization_limit,
            address: self.address_limit,
            proxies: self.trusted_proxies,
        }
    }
}

impl ServeArgs {
    /// How many threads answer.
    pub fn threads(&self) -> usize {
        self.workers.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// How far webhooks reach.
    pub fn reach(&self) -> Reach {
        if self.webhooks_anywhere { Reach::Anywhere } else { Reach::Public }
    }

    /// Everything that is missing or weak, at once.
    ///
    /// # Errors
    /// One sentence for each, saying what to do.
    pub fn check(&self) -> Result<Ready, Vec<String>> {
        let mut problems = Vec::new();
        let database = self.database.check().map_err(|problem| problems.push(problem)).ok();
        let issuers = match &self.issuers_file {
            None => {
                problems.push("ISSUERS_FILE is missing: write one as docs/issuers.md shows, and name it".into());
                None
            }
            Some(file) => Issuers::load(file).map_err(|more| problems.extend(more)).ok(),
        };
        let keys = self.keys.check().map_err(|problem| problems.push(problem)).ok();
        let ledger = self.erasure_ledger.as_deref().map(|file| {
            Ledger::at(file).map_err(|error| format!("ERASURE_LEDGER: {} cannot be written: {error}", file.display()))
        });
        let ledger = ledger.transpose().unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        for origin in &self.cors_origins {
            if !is_origin(origin) {
                problems.push(format!("CORS_ORIGINS: {origin} is not an origin such as https://coaching.example.com"));
            }
        }
        let public_url = self.public_url.as_deref().map(|url| url.trim_end_matches('/'));
        if public_url.is_some_and(|url| !is_address(url)) {
            problems.push("PUBLIC_URL is not an address such as https://coaching.example.com".into());
        }
        let public_url = public_url.map(str::to_owned);
        match (database, issuers, keys) {
            (Some(database), Some(issuers), Some(keys)) if problems.is_empty() => {
                let open = database.may_go_in_the_clear().then(|| {
                    "DATABASE_URL: the way to another machine may be in the clear; add sslmode=require".to_owned()
                });
                let clear = public_url.as_ref().filter(|url| url.starts_with("http:")).map(|_| {
                    "PUBLIC_URL: secret addresses of calendars go over the way in the clear; use https".to_owned()
                });
                let inside = self.webhooks_anywhere.then(|| {
                    "WEBHOOKS_ANYWHERE: webhooks reach this machine and the networks behind it; use it for development only"
                        .to_owned()
                });
                let is_shared =
                    issuers.organizations().nth(1).is_some() && self.limits.organization_limit != Limit::OFF;
                let enough = limits::PART * self.threads();
                let few = (is_shared && usize::from(self.database_connections) < enough).then(|| {
                    format!(
                        "DATABASE_CONNECTIONS: one organization may hold more than one in {} of them; set at least {enough}, or \
                         WORKERS to fewer",
                        limits::PART
                    )
                });
                let more = [open, clear, inside, few].into_iter().flatten();
                let warnings = issuers.warnings().iter().cloned().chain(more).collect();
                Ok(Ready { database, issuers, vault: Vault::new(keys), ledger, public_url, warnings })
            }
            _ => Err(problems),
        }
    }
}

/// Scheme and host, perhaps a port and a path; nobody's name, no query, no fragment.
fn is_address(text: &str) -> bool {
    let plain = |url: &Url| ["http", "https"].contains(&url.scheme()) && url.username().is_empty() && url.has_host();
    Url::parse(text).is_ok_and(|url| plain(&url)) && text.len() <= 500 && !text.contains(['@', '?', '#', ' '])
}

/// Scheme, host and perhaps a port; nothing after it.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', '?', '#', '@']))
}
