//! Organizations and people in the migrated database, databases of one's own, and a look from above.

use jiff::SignedDuration;
use peer_coaching::access::{Actor, Caller, Reason};
use peer_coaching::clock::Clock;
use peer_coaching::db::{Database, DatabaseSettings, Scope};
use peer_coaching::ids::{MemberId, OrganizationId};
use peer_coaching::members::{self, rules::Directory};
use peer_coaching::organizations;
use peer_coaching::policy::rules::Settings;
use tokio_postgres::{Client, Config};

use crate::database;

/// An organization with members.
pub struct Organization {
    pub id: OrganizationId,
    pub members: Vec<MemberId>,
    database: Database,
    clock: Clock,
}

impl Organization {
    /// Founded with so many members, seen over these connections.
    pub async fn of(members: usize, database: &Database) -> Self {
        let clock = Clock::ahead_of_real_time(SignedDuration::ZERO);
        let id = organizations::found(database, &clock, "Example", Settings::default()).await.unwrap();
        let mut organization = Self { id, members: Vec::new(), database: database.clone(), clock };
        for number in 0..members {
            let directory = Directory { name: format!("Member {number}"), active: true, ..Directory::default() };
            let founding = organization.system(Reason::Founding);
            let member = founding.write(async |tx| members::add(tx, directory).await).await.unwrap();
            organization.members.push(member.id);
        }
        organization
    }

    /// The view of whoever asks in this capacity.
    pub fn scope(&self, actor: Actor) -> Scope {
        Scope::new(self.database.clone(), self.clock.clone(), Caller { organization: self.id, actor })
    }

    /// The view of one of the members.
    pub fn member(&self, number: usize) -> Scope {
        self.scope(Actor::Member(self.members[number]))
    }

    /// The view of the service itself.
    pub fn system(&self, reason: Reason) -> Scope {
        self.scope(Actor::System(reason))
    }

    /// The same organization over other connections.
    pub fn over(&self, database: &Database) -> Self {
        Self { id: self.id, members: self.members.clone(), database: database.clone(), clock: self.clock.clone() }
    }
}

/// Connections of the service's role under a name of their own, by which [`connections`] finds them.
pub fn pool(name: &str, size: usize) -> Database {
    let mut config = database::config("peer_coaching_app");
    config.application_name(name);
    DatabaseSettings::new(config).unwrap().pool(size)
}

/// The superuser's view: no row is hidden from it.
pub async fn superuser() -> Client {
    database::settings("postgres").connect().await.unwrap()
}

/// How many connections of this name there are, and how many of them have a transaction open.
pub async fn connections(superuser: &Client, name: &str) -> (i64, i64) {
    let seen = "select count(*), count(*) filter (where xact_start is not null) from pg_stat_activity
                where application_name = $1";
    let row = superuser.query_one(seen, &[&name]).await.unwrap();
    (row.get(0), row.get(1))
}

/// A database of one's own, with roles and schema, for whoever spoils it.
pub async fn own_database(name: &str) -> impl Fn(&str) -> Config {
    let config = |role: &str, database: &str| {
        let mut config = database::config(role);
        config.dbname(database);
        config
    };
    database::make(name, config).await;
    let name = name.to_owned();
    move |role| config(role, &name)
}
