//! What an operator has before the first `serve`: an empty database, and a folder for files.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use peer_coaching::db::embedded::{Embedded, Home};

use super::{Project, Provider, binary, said};

/// The master keys of every deployment.
pub const MASTER_KEYS: &str = "k1:q7Yf1n0m5p3v9x2c4b6n8m0Q1w3e5r7t9y1U3i5o7P4=";

/// A database of its own, as an operator sets one up, and the files that `serve` needs.
pub struct Deployment {
    database: String,
    folder: Project,
    pub provider: Provider,
}

/// The one PostgreSQL of these tests: started at first use, gone with the process.
static SERVER: OnceLock<Embedded> = OnceLock::new();

/// What `serve` is told by its environment.
pub type Settings = Vec<(&'static str, String)>;

/// Roles belong to all databases of a server: two who make them at once disturb each other.
static ROLES: Mutex<()> = Mutex::new(());

impl Deployment {
    /// A database without anything in it.
    pub fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("deployment_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        with_superuser(&format!("create database {database}"), "postgres");
        Self { database, folder: Project::named("deployment"), provider: Provider::new() }
    }

    /// With the roles, made by the SQL that the binary prints.
    pub fn with_roles() -> Self {
        let deployment = Self::empty();
        deployment.make_roles();
        deployment
    }

    /// With roles and schema.
    pub fn migrated() -> Self {
        let deployment = Self::with_roles();
        said(deployment.as_owner(&mut binary(&["migrate"]))).out();
        deployment
    }

    /// With an organization; returns its id too.
    pub fn founded() -> (Self, String) {
        let deployment = Self::migrated();
        let create = ["organizations", "create", "--name", "Example Company", "--time-zone", "Europe/Lisbon"];
        let id = said(deployment.as_app(&mut binary(&create)).env("MASTER_KEYS", MASTER_KEYS)).out();
        (deployment, id.trim_end().to_owned())
    }

    pub fn make_roles(&self) {
        let sql = said(&mut binary(&["roles"])).out();
        let _alone = ROLES.lock().unwrap();
        self.with_superuser(&sql);
    }

    /// Runs SQL in this database; returns the first value of its last row.
    pub fn with_superuser(&self, sql: &str) -> String {
        with_superuser(sql, &self.database)
    }

    /// Has the database take connections, or none.
    pub fn allow_connections(&self, are_allowed: bool) {
        with_superuser(&format!("alter database {} allow_connections {are_allowed}", self.database), "postgres");
    }

    /// The server that all of them share.
    pub fn server(&self) -> &'static Embedded {
        server()
    }

    /// The database's address for this role.
    pub fn url(&self, role: &str) -> String {
        server().url(role, &self.database)
    }

    pub fn as_owner<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DATABASE_URL", self.url("peer_coaching_owner"))
    }

    pub fn as_app<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DATABASE_URL", self.url("peer_coaching_app"))
    }

    /// Writes a file of this name beside the others; returns its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Sound settings, for this organization.
    pub fn settings(&self, organization: &str) -> Settings {
        self.file("jwks.json", &self.provider.jwks().to_string());
        let issuers = format!(
            "[[issuers]]\nissuer = \"{}\"\naudiences = [\"{}\"]\nalgorithms = [\"ES256\"]\njwks_file = \"jwks.json\"\n\
             organization = \"{organization}\"\n",
            Provider::ISSUER,
            Provider::AUDIENCE
        );
        vec![
            ("DATABASE_URL", self.url("peer_coaching_app")),
            ("ISSUERS_FILE", self.file("issuers.toml", &issuers).display().to_string()),
            ("MASTER_KEYS", MASTER_KEYS.to_owned()),
            ("LISTEN", "127.0.0.1:0".to_owned()),
            ("DRAIN_SECONDS", "0".to_owned()),
            ("WORKERS", "2".to_owned()),
        ]
    }
}

/// Runs SQL in this database as a superuser; returns the first value of its last row.
fn with_superuser(sql: &str, database: &str) -> String {
    super::scratch::ask(&server().config("postgres", database), sql).unwrap()
}

fn server() -> &'static Embedded {
    SERVER.get_or_init(|| Embedded::start(Home::temporary().unwrap()).unwrap())
}
