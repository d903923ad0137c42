//! Organizations and people in the migrated database, databases of one's own, and a look from above.

use jiff::Timestamp;
use peer_coaching::access::{Actor, Caller, Reason};
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::{Database, DatabaseSettings, Scope};
use peer_coaching::ids::{MemberId, OrganizationId};
use peer_coaching::members::{self, rules::Directory};
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use tokio_postgres::{Client, Config};

use crate::database;

/// The instant at which every organization's clock starts: in the middle of a quarter.
const START: &str = "2026-11-02T09:00:00Z";

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
        let start: Timestamp = START.parse().unwrap();
        let clock = Clock::ahead_of_real_time(start.duration_since(real_time()));
        let organizations = Organizations { database, clock: &clock, vault: &database::vault() };
        let id = organizations.found("Example", Settings::default()).await.unwrap();
        let mut organization = Self { id, members: Vec::new(), database: database.clone(), clock };
        for number in 0..members {
            let directory = Directory { name: format!("Member {number}"), active: true, ..Directory::default() };
            let founding = organization.system(Reason::Founding);
            let member = members::newcomer(directory, organization.clock.now());
            founding.write(async |tx| members::add(tx, std::slice::from_ref(&member)).await).await.unwrap();
            organization.members.push(member.id);
        }
        organization
    }

    /// The view of whoever asks in this capacity.
    pub fn scope(&self, actor: Actor) -> Scope {
        let caller = Caller { organization: self.id, actor };
        Scope::new(self.database.clone(), self.clock.clone(), database::vault(), caller)
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

/// Connections of the service's role under a name of their own, by which [`closed`] finds them.
pub fn pool(name: &str, size: usize) -> Database {
    let mut config = database::config("peer_coaching_app");
    config.application_name(name);
    DatabaseSettings::new(config).unwrap().pool(size)
}

/// The superuser's view: no row is hidden from it.
pub async fn superuser() -> Client {
    database::connect(database::config("postgres")).await
}

/// Waits until exactly so many connections of this name are there, none of them in a transaction. One that is on its
/// way out is still counted by the server, so the number is awaited, not read once.
pub async fn left_open(superuser: &Client, name: &str, expected: i64) {
    let seen = "select count(*) from pg_stat_activity where application_name = $1";
    let open = format!("{seen} and xact_start is not null");
    for _ in 0..500 {
        let open: i64 = superuser.query_one(&open, &[&name]).await.unwrap().get(0);
        let all: i64 = superuser.query_one(seen, &[&name]).await.unwrap().get(0);
        if open == 0 && all == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("connections of {name} are not {expected}, or have a transaction open, for 5 seconds");
}

/// A database of one's own, with roles and schema, for whoever spoils it.
pub async fn own_database(name: &str) -> impl Fn(&str) -> Config + use<> {
    database::make(name, config_in).await;
    let name = name.to_owned();
    move |role| config_in(role, &name)
}

/// A database of one's own, with roles, before the first migration.
pub async fn unmigrated_database(name: &str) -> impl Fn(&str) -> Config + use<> {
    database::make_without_schema(name, &config_in).await;
    let name = name.to_owned();
    move |role| config_in(role, &name)
}

fn config_in(role: &str, database: &str) -> Config {
    let mut config = database::config(role);
    config.dbname(database);
    config
}
