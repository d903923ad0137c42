//! Connections: how they are made, how many, and how long anybody waits for one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, QueueMode, RecyclingMethod, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DbError;
use super::migrate::Schema;
use crate::ids::OrganizationId;
use crate::telemetry::metrics;

/// How long a request waits for a free connection before it is told to come back later.
pub const WAIT_FOR_CONNECTION: Duration = Duration::from_millis(400);

/// How long one host has to take a connection, where the address does not say.
const CONNECT: Duration = Duration::from_secs(1);

/// What was used so recently leads somewhere.
const RECENTLY: Duration = Duration::from_secs(1);

/// How to reach the database, once the configuration is known to be good.
#[derive(Clone)]
pub struct DatabaseSettings {
    config: Config,
    tls: MakeRustlsConnect,
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseSettings(…)") // the configuration holds a password
    }
}

/// What a connection is told at its start: free for each request. Without `client_connection_check_interval` a
/// statement whose client has gone would run on in the server. A statement is planned once on each connection: all of
/// ours find what they need in an index whoever asks (`tests/db/statements.rs`), and to plan a large one costs more than to
/// run it; nor is any worth compiling. Parameters are no business of the server's log: of what decides about that, this is
/// what a role without power may set.
const OPTIONS: &str = "-c search_path=peer_coaching,public -c statement_timeout=4s -c lock_timeout=2s \
    -c idle_in_transaction_session_timeout=10s -c client_connection_check_interval=1s -c timezone=UTC \
    -c plan_cache_mode=force_generic_plan -c jit=off -c log_parameter_max_length_on_error=0";

impl DatabaseSettings {
    /// Settings for this address; TLS wherever the address asks for it (`sslmode`), trusting what the system trusts.
    ///
    /// # Errors
    /// When the system's trust store cannot be read.
    pub fn new(config: Config) -> Result<Self, rustls::Error> {
        Self::trusting(config, Vec::new())
    }

    /// The same, and these authorities are trusted as well.
    ///
    /// # Errors
    /// When the system's trust store cannot be read, or one of these is no certificate.
    pub fn trusting(
        mut config: Config,
        authorities: Vec<rustls::pki_types::CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        if config.get_application_name().is_none() {
            config.application_name("peer-coaching");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_hosts().len() > 1 {
            // Only the primary will do. In order, a first host that takes connections and says nothing would keep everybody:
            // the time to connect ends when TCP has connected.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite).load_balance_hosts(LoadBalanceHosts::Random);
        }
        config.tcp_user_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_secs(10));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(authorities, Arc::clone(&provider))?;
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous() // names the builder's door, not what comes in: the system's own verifier
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// Whether the address leads to another machine and does not insist on TLS.
    pub fn may_go_in_the_clear(&self) -> bool {
        let is_near = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        };
        self.config.get_ssl_mode() != SslMode::Require && !self.config.get_hosts().iter().all(is_near)
    }

    /// For how long a connection may be in the making: each of the hosts has its time, for the first may say nothing.
    fn patience(&self) -> Duration {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(1).max(1);
        self.config.get_connect_timeout().copied().unwrap_or(CONNECT) * hosts + Duration::from_secs(1)
    }

    /// A pool of at most `size` connections, for the thread that makes it: its connections' tasks live there.
    #[expect(clippy::missing_panics_doc, reason = "the builder fails only without a runtime, and is given one")]
    pub fn pool(&self, size: usize) -> Database {
        let mut config = self.config.clone();
        config.options(format!("{OPTIONS} {}", self.config.get_options().unwrap_or_default()));
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, self.tls.clone(), recycling))
            .max_size(size)
            // The one that came back last, whose server process has all it needs at hand. Taking turns, each starts from
            // cold memory: a fifth more processor time for a small read.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT_FOR_CONNECTION))
            .create_timeout(Some(self.patience()))
            .recycle_timeout(Some(Duration::from_secs(1)))
            .build()
            .expect("a runtime is given");
        Database { pool, shares: None }
    }

    /// One connection outside of any pool, for migrating and founding. The second half must be polled.
    ///
    /// # Errors
    /// Whatever the database or the network refuses.
    pub async fn connect(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// What a replica and its database must agree about.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// How far the schema is.
    pub schema: Schema,
    /// What the database's clock says.
    pub now: jiff::Timestamp,
    /// Whether our role may look past row-level policies, or take them away.
    pub above_policies: bool,
}

/// A worker's connections. Only [`super::Scope`] can take one.
#[derive(Clone, Debug)]
pub struct Database {
    pool: Pool,
    shares: Option<Shares>,
}

/// How many organizations' shares are known at a time.
const KNOWN_SHARES: usize = 1000;

/// How many connections one organization may hold, and how many each holds.
#[derive(Clone, Debug)]
struct Shares {
    each: usize,
    free: Rc<RefCell<HashMap<OrganizationId, Arc<Semaphore>>>>,
}

impl Shares {
    /// Addresses of calendars can name organizations that do not exist: those that hold nothing are forgotten.
    fn share(&self, organization: OrganizationId) -> Arc<Semaphore> {
        let mut shares = self.free.borrow_mut();
        if shares.len() >= KNOWN_SHARES {
            shares.retain(|_, share| Arc::strong_count(share) > 1);
        }
        Arc::clone(shares.entry(organization).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }

    /// Whoever is beyond their organization's share waits for their own people, in line, and for nobody else.
    async fn of(&self, organization: OrganizationId) -> Result<OwnedSemaphorePermit, DbError> {
        let share = self.share(organization);
        let taken = match Arc::clone(&share).try_acquire_owned() {
            Ok(taken) => Some(taken), // without a timer
            Err(_) => tokio::time::timeout(WAIT_FOR_CONNECTION, share.acquire_owned()).await.ok().and_then(Result::ok),
        };
        taken.ok_or(DbError::ShareTaken)
    }
}

/// A connection that somebody holds, with its place in their organization's share.
pub(super) struct Taken {
    pub object: Object,
    pub place: Option<OwnedSemaphorePermit>,
}

impl Database {
    /// The same, but one organization holds no more than so many of them, where it says how many.
    pub fn shared(self, each: Option<usize>) -> Self {
        Self { shares: each.map(|each| Shares { each, free: Rc::default() }), ..self }
    }

    pub(super) async fn take(&self, organization: OrganizationId) -> Result<Taken, DbError> {
        let begun = Instant::now();
        let taken = self.taken(organization).await;
        // Whoever waits for their own organization's share is held back for the sake of others: nothing lacks connections.
        metrics::connection_asked_for(begun.elapsed(), !matches!(taken, Ok(_) | Err(DbError::ShareTaken)));
        taken
    }

    async fn taken(&self, organization: OrganizationId) -> Result<Taken, DbError> {
        let place = match &self.shares {
            Some(shares) => Some(shares.of(organization).await?),
            None => None,
        };
        Ok(Taken { object: self.pool.get().await?, place })
    }

    /// Asks the database what a replica must agree with it about.
    ///
    /// # Errors
    /// When it cannot be reached in time.
    pub async fn probe(&self) -> Result<Probe, DbError> {
        let client = self.pool.get().await?;
        let schema = super::migrate::applied(&client).await?;
        let asked = "select clock_timestamp(),
            (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)
              or exists (select from pg_namespace where nspname = 'peer_coaching' and nspowner = to_regrole(current_user))";
        let answer = client.query_one(asked, &[]).await?;
        Ok(Probe { schema, now: answer.get(0), above_policies: answer.get(1) })
    }

    /// Closes every connection that has been idle for a while: somebody has waited in vain, and where one way leads nowhere
    /// others may, too. Whoever asks next must not meet them one by one.
    pub(super) fn distrust_idle(&self) {
        self.pool.retain(|_, used| used.last_used() < RECENTLY);
    }

    /// Closes every connection that is idle, and those in use when they come back.
    pub fn close(&self) {
        self.pool.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organizations_that_hold_nothing_are_forgotten() {
        let shares = Shares { each: 1, free: Rc::default() };
        let invented = |number: usize| format!("0198c5a0-0000-7000-8000-{number:012}").parse().unwrap();
        let held = shares.share(invented(0)).try_acquire_owned().unwrap();
        for number in 1..5000 {
            shares.share(invented(number));
        }
        assert!(shares.free.borrow().len() <= KNOWN_SHARES, "{}", shares.free.borrow().len());
        assert!(shares.share(invented(0)).try_acquire_owned().is_err(), "it still holds its one");
        drop(held);
        assert!(shares.share(invented(0)).try_acquire_owned().is_ok());
    }
}
