//! A PostgreSQL of a story's own: to be stopped, killed, copied, promoted.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::{Duration, Instant};

use jiff::{ToSpan, tz::TimeZone};
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::DatabaseSettings;
use peer_coaching::db::embedded::{Embedded, Home};
use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use tokio::sync::OnceCell;
use tokio_postgres::config::Host;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config};

use super::Way;
use crate::operator::we_are_root;
use crate::support::database;

/// The database of every server.
pub const DATABASE: &str = "coaching";

/// What the sockets are named by at first.
const PORT: u16 = 5432;

/// A server under way. It stops when it is dropped.
pub struct Server {
    embedded: Embedded,
    /// Whether it was started again, by somebody other than our house.
    again: AtomicBool,
    /// What its socket is named by, and where it listens, if it does.
    port: AtomicU16,
}

/// The first: whatever is the same for all is made once. Gone with the process.
static FIRST: OnceCell<Server> = OnceCell::const_new();

/// Starting blocks.
async fn started(home: Home) -> Embedded {
    tokio::task::spawn_blocking(|| Embedded::start_durable(home).unwrap()).await.unwrap()
}

/// A policy by which today, whichever day it is, is in the middle of a cycle.
fn mid_cycle() -> Settings {
    let today = real_time().to_zoned(TimeZone::UTC).date();
    let anchor_on = today.first_of_month().checked_sub(2.months()).unwrap();
    Settings { cadence_months: 4, anchor_on, last_request_days: 0, ..Settings::default() }
}

impl Server {
    /// A new one, with the schema.
    pub async fn new() -> Self {
        let first = FIRST.get_or_init(async || {
            let first = Self::of(Home::temporary().unwrap()).await;
            database::make(DATABASE, |role, database| first.embedded.config(role, database)).await;
            first
        });
        first.await.copied(|_| {}).await
    }

    /// A copy that follows this one, by this way.
    pub async fn standby(&self, link: &Way) -> Self {
        let standby = self.copied(|data| {
            fs::write(data.join("standby.signal"), "").unwrap();
            let mut settings = OpenOptions::new().append(true).open(data.join("postgresql.auto.conf")).unwrap();
            writeln!(settings, "primary_conninfo = 'host=127.0.0.1 port={} user=postgres'", link.port).unwrap();
        });
        let standby = standby.await;
        let streams = "select count(*) from pg_stat_replication where state = 'streaming'";
        self.comes_true("the standby follows", streams, 1).await;
        standby
    }

    /// A copy, which is prepared before it starts.
    async fn copied(&self, prepare: impl FnOnce(&Path)) -> Self {
        let home = self.backed_up().await;
        prepare(&home.folder().join("data"));
        Self::of(home).await
    }

    /// A copy that nobody has started yet.
    pub(super) async fn backed_up(&self) -> Home {
        let home = Home::temporary().unwrap();
        let mut copy = self.program("pg_basebackup");
        copy.args(["--checkpoint=fast", "--no-sync", "--username=postgres"]);
        copy.arg(format!("--host={}", self.socket().parent().unwrap().display()));
        copy.arg("--pgdata").arg(home.folder().join("data"));
        run(copy).await;
        home
    }

    /// The server of this home, started.
    pub(super) async fn of(home: Home) -> Self {
        Self { embedded: started(home).await, again: AtomicBool::default(), port: PORT.into() }
    }

    /// Organizations of these names, in the middle of a cycle.
    pub async fn founded(&self, names: &[&str]) -> Vec<OrganizationId> {
        let own = DatabaseSettings::new(self.config("peer_coaching_app")).unwrap().pool(1);
        let (clock, vault) = (Clock::default(), database::vault());
        let organizations = Organizations { database: &own, clock: &clock, vault: &vault };
        let mut founded = Vec::new();
        for name in names {
            founded.push(organizations.found(name, mid_cycle()).await.unwrap());
        }
        own.close();
        founded
    }

    /// How to reach the database as this role.
    pub fn config(&self, role: &str) -> Config {
        let at_first = self.embedded.config(role, DATABASE);
        let [Host::Unix(folder)] = at_first.get_hosts() else { panic!("a socket") };
        let mut config = Config::new();
        config.host_path(folder).port(self.port.load(Ordering::Relaxed)).user(role).dbname(DATABASE);
        config
    }

    /// The same, for a service that goes there without a detour.
    pub fn url(&self) -> String {
        self.embedded.url("peer_coaching_app", DATABASE)
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        let config = self.config("postgres");
        let Host::Unix(folder) = &config.get_hosts()[0] else { panic!("a socket") };
        folder.join(format!(".s.PGSQL.{}", config.get_ports()[0]))
    }

    /// A superuser's connection, once it takes one.
    pub async fn above(&self) -> Client {
        let begun = Instant::now();
        loop {
            if let Ok(client) = DatabaseSettings::new(self.config("postgres")).unwrap().connect().await
                && client.batch_execute("set search_path = peer_coaching, public; set timezone = 'UTC'").await.is_ok()
            {
                return client;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not come back");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Does this as a superuser.
    pub async fn does(&self, sql: &str) {
        self.above().await.batch_execute(sql).await.unwrap();
    }

    /// Does this as a superuser, with nobody in the database.
    pub async fn does_outside(&self, sql: &str) {
        database::connect(self.embedded.config("postgres", "postgres")).await.batch_execute(sql).await.unwrap();
    }

    /// A number, as a superuser counts it.
    pub async fn count(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> i64 {
        self.above().await.query_one(sql, params).await.unwrap().get(0)
    }

    /// Waits until as many are counted, at the least.
    pub async fn comes_true(&self, what: &str, sql: &str, count: i64) -> Duration {
        let above = self.above().await;
        super::until(what, async || above.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) >= count).await
    }

    /// Stops it: `fast`, or `immediate`, as after a crash.
    pub async fn stop(&self, mode: &str) {
        self.control(&["stop", "--mode", mode]).await;
    }

    /// Starts it again, with the settings that it had.
    pub async fn start(&self) {
        self.starts("").await;
    }

    /// Starts it again on a port, where it shows this certificate, and proves it with this key.
    pub async fn takes_tls(&self, (certificate, key): (String, String)) -> u16 {
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let file = self.data().join(name);
            fs::write(&file, pem).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap(); // as it insists
            chown(&file, Some(self.owner().0), Some(self.owner().1)).unwrap();
        }
        self.listens("-c ssl=on").await
    }

    /// Starts it again on a port, where everything goes in the clear.
    pub async fn takes_anybody(&self) -> u16 {
        self.listens("-c ssl=off").await
    }

    async fn listens(&self, more: &str) -> u16 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        self.stop("fast").await;
        self.port.store(port, Ordering::Relaxed); // the socket is named by it too
        self.starts(&format!("-c listen_addresses=127.0.0.1 -c port={port} {more}")).await;
        port
    }

    /// Starts it again with settings beside those that it had.
    pub(super) async fn starts(&self, more: &str) {
        self.again.store(true, Ordering::Relaxed);
        let had = fs::read_to_string(self.data().join("postmaster.opts")).unwrap();
        let settings = had.trim_end().split_once(' ').unwrap().1;
        self.control(&["start", "--options", &format!("{settings} {more}")]).await;
    }

    /// Makes a standby the primary.
    pub async fn promote(&self) {
        self.control(&["promote"]).await;
    }

    /// Kills all of its processes, as when its machine dies.
    pub async fn kill(&self) {
        let postmaster = self.embedded.process_id().to_string();
        let rows = self.above().await.query("select pid::text from pg_stat_activity", &[]).await.unwrap();
        let others = rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>();
        // Nobody is there any more to restart the others; our own connection's process may have ended by itself.
        assert!(Command::new("kill").args(["-9", &postmaster]).status().unwrap().success());
        let _ = Command::new("kill").arg("-9").args(&others).stderr(Stdio::null()).status();
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Where all that is its own lies.
    pub(super) fn folder(&self) -> &Path {
        self.embedded.home().folder()
    }

    /// Who runs it.
    pub fn owner(&self) -> (u32, u32) {
        let data = fs::metadata(self.data()).unwrap();
        (data.uid(), data.gid())
    }

    async fn control(&self, arguments: &[&str]) {
        let mut control = self.program("pg_ctl");
        control.args(arguments).args(["--wait", "--silent", "--pgdata"]).arg(self.data());
        control.arg("--log").arg(self.embedded.home().folder().join("log.again"));
        run(control).await;
    }

    /// A program of the same PostgreSQL, run as whoever runs the server.
    pub(super) fn program(&self, name: &str) -> Command {
        let said = fs::read_to_string(self.data().join("postmaster.opts")).unwrap();
        let postgres = PathBuf::from(said.split(" \"").next().unwrap());
        let mut program = Command::new(postgres.with_file_name(name));
        program.env("LC_ALL", "C").current_dir("/");
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if we_are_root() {
            let (user, group) = self.owner();
            program.uid(user).gid(group);
        }
        program
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.again.load(Ordering::Relaxed) {
            return; // our house knows its process
        }
        let mut control = self.program("pg_ctl");
        control.args(["stop", "--mode=immediate", "--wait", "--silent", "--pgdata"]).arg(self.data());
        let _ = control.status();
    }
}

pub(super) async fn run(mut command: Command) {
    let told = format!("{command:?}");
    let status = tokio::task::spawn_blocking(move || command.status().unwrap()).await.unwrap();
    assert!(status.success(), "{told}");
}
