//! Where a theme is raced: a database with a judge in it, an organization in the middle of its cycle, two processes.

mod racer;
mod replica;
mod setup;
mod tally;

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::{ToSpan, tz::TimeZone};
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::DatabaseSettings;
use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

pub use self::racer::{Call, Racer};
use self::replica::Replica;
pub use self::setup::{LastTime, Met};
use self::tally::Tally;
use crate::support::{Answer, Person, database};

/// Arenas at one time: two processes each hold many connections.
static TURNS: Semaphore = Semaphore::const_new(3);

/// Roles belong to all databases of a server: two who make them at once disturb each other.
static MAKING: Mutex<()> = Mutex::const_new(());

/// A theme's own world.
pub struct Arena {
    theme: &'static str,
    /// The superuser's view, and deeds that no caller could do.
    pub above: Client,
    pub organization: OrganizationId,
    /// The current cycle, and the one before it.
    pub cycle: Uuid,
    pub before: Uuid,
    pub tally: RefCell<Tally>,
    /// In how many deeds nobody may decide anything.
    still: Cell<u32>,
    replicas: RefCell<Vec<Replica>>,
    client: reqwest::Client,
    seed: u64,
    dice: Cell<u64>,
    _turn: SemaphorePermit<'static>,
}

/// How many rounds: `RACES` times as many as usual.
pub fn rounds(usual: usize) -> usize {
    usual * std::env::var("RACES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// A policy by which today, whichever day it is, is in the middle of a cycle.
fn mid_cycle() -> Settings {
    let today = real_time().to_zoned(TimeZone::UTC).date();
    let anchor_on = today.first_of_month().checked_sub(2.months()).unwrap();
    Settings { cadence_months: 4, anchor_on, last_request_days: 0, ..Settings::default() }
}

impl Arena {
    pub async fn new(theme: &'static str) -> Self {
        let turn = TURNS.acquire().await.unwrap();
        let name = format!("races_{theme}");
        let made = MAKING.lock().await;
        database::make(&name, database::config_of).await;
        drop(made);
        let above = above(&name).await;
        above.batch_execute(include_str!("judge.sql")).await.unwrap();
        let own = DatabaseSettings::new(database::config_of("peer_coaching_app", &name)).unwrap().pool(1);
        let (clock, vault) = (Clock::default(), database::vault());
        let organizations = Organizations { database: &own, clock: &clock, vault: &vault };
        let organization = organizations.found("Racers", mid_cycle()).await.unwrap();
        own.close();
        let replicas = RefCell::new(Replica::start(2, &name, organization, 0));
        let seed = std::env::var("RACES_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| Uuid::now_v7().as_u128() as u64);
        let client = reqwest::Client::builder().no_proxy().pool_idle_timeout(Duration::from_secs(5)).build().unwrap();
        let (tally, dice) = (RefCell::new(Tally::new()), Cell::new(seed));
        let (cycle, before) = (Uuid::nil(), Uuid::nil());
        let still = Cell::new(0);
        let mut arena =
            Self { theme, above, organization, cycle, before, tally, still, replicas, client, seed, dice, _turn: turn };
        arena.begin().await;
        arena
    }

    /// The first who ask for it make the current cycle, all at once.
    async fn begin(&mut self) {
        let first = self.racer("first");
        let cycles = self.race(vec![vec![first.get("/v1/cycles/current"); 8]]).await.remove(0);
        let id = |answer: &Answer| answer.ok()["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        self.cycle = id(&cycles[0]);
        assert!(cycles.iter().all(|cycle| id(cycle) == self.cycle), "everybody finds the same cycle");
        self.before = self.add_cycle_before().await;
    }

    /// A connection for a superuser's transaction of its own.
    pub async fn sibling(&self) -> Client {
        above(&self.database()).await
    }

    pub fn database(&self) -> String {
        format!("races_{}", self.theme)
    }

    fn racer(&self, name: &str) -> Racer {
        let person =
            Person::member(&Person::stranger(&self.address(0)), self.organization, name, name.starts_with("admin"));
        Racer { id: Uuid::nil(), token: person.token().to_owned() }
    }

    /// Members who take part and have reflected; each came to both processes at once.
    pub async fn racers(&self, names: &str, count: usize) -> Vec<Racer> {
        let mut racers = (0..count).map(|number| self.racer(&format!("{names}{number}"))).collect::<Vec<_>>();
        for some in racers.chunks_mut(8) {
            let calls = some.iter().map(|racer| vec![racer.get("/v1/me"); 2]).collect();
            for (racer, answers) in some.iter_mut().zip(self.race(calls).await) {
                let ids = answers.iter().map(|me| me.ok()["id"].as_str().unwrap().parse::<Uuid>().unwrap());
                let ids = ids.collect::<Vec<_>>();
                assert_eq!(ids[0], ids[1], "one member, whichever process they came to first");
                racer.id = ids[0];
            }
        }
        self.take_part(&racers).await;
        racers
    }

    /// A number below `sides`.
    pub fn dice(&self, sides: usize) -> usize {
        let mut state = self.dice.get().wrapping_add(0x9E37_79B9_7F4A_7C15); // SplitMix64
        self.dice.set(state);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((state ^ (state >> 31)) % sides as u64) as usize
    }

    /// One of these.
    pub fn any<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.dice(of.len())]
    }

    /// Sends each group's calls at once, and all groups at once, each call to one process or the other; a group is a race.
    pub async fn race(&self, groups: Vec<Vec<Call>>) -> Vec<Vec<Answer>> {
        self.tally.borrow_mut().races += groups.len();
        join_all(groups.iter().map(|group| join_all(group.iter().map(|call| self.sent(call))))).await
    }

    /// One call that races with nobody; it must succeed.
    pub async fn does(&self, call: Call) -> Answer {
        let answer = self.sent(&call).await;
        answer.ok();
        answer
    }

    /// The answer of whichever process. Told to come back, as may happen where the machine is busy, it comes back; how
    /// often that was is in the tally.
    pub async fn sent(&self, call: &Call) -> Answer {
        for _ in 0..20 {
            let replica = self.dice(self.replicas.borrow().len());
            let answer = self.sent_to(replica, call).await;
            let answer = answer.unwrap_or_else(|error| panic!("{} got no answer: {error}", call.path));
            if answer.status != 503 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await; // it said so, though it said longer
        }
        panic!("it never comes to its turn: {}", call.path);
    }

    /// The answer of one of the processes, if it gives one.
    pub async fn sent_to(&self, replica: usize, call: &Call) -> Result<Answer, reqwest::Error> {
        if !call.after.is_zero() {
            tokio::time::sleep(call.after).await; // to meet a moment, not to wait for one
        }
        let address = self.replicas.borrow()[replica].address.clone();
        let request = self.client.request(call.method.clone(), format!("{address}{}", call.path));
        let request = call.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = request.bearer_auth(&call.token).timeout(Duration::from_secs(20));
        let begun = Instant::now();
        let answer = Answer::tried(if call.body.is_null() { request } else { request.json(&call.body) }).await?;
        let mut tally = self.tally.borrow_mut();
        tally.count(&format!("{} {}", call.method, call.path), &answer);
        tally.slowest = tally.slowest.max(begun.elapsed());
        Ok(answer)
    }

    /// Takes a process away in the middle of whatever it does; another takes its place.
    pub fn kill_and_replace(&self, replica: usize) {
        self.kill(replica);
        self.replace(replica);
    }

    /// Kills a process (SIGKILL); its address stays, where nobody answers.
    pub fn kill(&self, replica: usize) {
        self.replicas.borrow_mut()[replica].kill();
    }

    /// Starts another in the place of one that was killed.
    pub fn replace(&self, replica: usize) {
        let another = Replica::start(1, &self.database(), self.organization, 0).remove(0);
        self.replicas.borrow_mut()[replica] = another;
    }

    /// Starts one more, of nobody's list, while everybody else goes on; told to stop, it goes on answering for so many
    /// seconds.
    pub async fn another(&self, drain: u16) -> Replica {
        let (database, organization) = (self.database(), self.organization);
        let start = move || Replica::start(1, &database, organization, drain).remove(0);
        tokio::task::spawn_blocking(start).await.unwrap()
    }

    /// Where a process answers.
    pub fn address(&self, replica: usize) -> String {
        self.replicas.borrow()[replica].address.clone()
    }

    /// Rows, as a superuser sees them.
    pub async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        self.above.query(sql, params).await.unwrap()
    }

    /// A number, as a superuser counts it.
    pub async fn count(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> i64 {
        self.above.query_one(sql, params).await.unwrap().get(0)
    }

    /// Changes rows, as no caller could.
    pub async fn alter(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> u64 {
        self.above.execute(sql, params).await.unwrap()
    }

    /// The judge looks at everything.
    pub async fn judge(&self) {
        let found = self.rows("select what from judge.broken", &[]).await;
        self.tally.borrow_mut().broken.extend(found.iter().map(|row| row.get::<_, String>(0)));
    }

    /// Something that the theme itself expects.
    pub fn expect(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.tally.borrow_mut().broken.push(what());
        }
    }

    /// The end: the judge looks once more, the processes finish, the line is told. Nothing may be broken, no process may
    /// have complained of a bug, nobody may have waited in a circle.
    pub async fn finish(self) {
        let (all, busy) = (self.tally.borrow().all(), self.tally.borrow().of("503 unavailable"));
        assert!(busy <= 5 + all / 20, "{busy} of {all} were told to come back, though nobody besieged them");
        assert_eq!(self.finish_besieged().await, 0, "deadlocks");
    }

    /// The same where somebody else sees to deadlocks; returns how many there were.
    pub async fn finish_besieged(self) -> i64 {
        self.judge().await;
        for replica in self.replicas.take() {
            let complaints = replica.stop();
            let bugs = complaints.lines().filter(|line| line.contains("a bug of ours") || line.contains("panicked"));
            self.tally.borrow_mut().broken.extend(bugs.map(str::to_owned));
        }
        let deadlocks = self.deadlocks().await;
        let tally = self.tally.borrow();
        tally.tell(self.theme, self.seed, deadlocks);
        assert!(
            tally.broken.is_empty(),
            "{} are broken, such as {:#?}",
            tally.broken.len(),
            &tally.broken[..tally.broken.len().min(9)]
        );
        deadlocks
    }

    /// How often PostgreSQL has ended a deadlock here. It counts a session's when that has ended.
    async fn deadlocks(&self) -> i64 {
        let open =
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        let begun = Instant::now();
        while self.count(open, &[]).await > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "sessions of processes that have ended are still open");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.count("select deadlocks from pg_stat_database where datname = current_database()", &[]).await
    }
}

async fn above(database: &str) -> Client {
    let client = database::connect(database::config_of("postgres", database)).await;
    client.batch_execute("set search_path = peer_coaching, public; set timezone = 'UTC'").await.unwrap();
    client
}

/// Waits until so many others wait for a lock.
pub async fn await_waiting(above: &Client, count: i64) {
    let waiting = "select count(distinct pid) from pg_locks where not granted
        and (database is null or database = (select oid from pg_database where datname = current_database()))";
    let begun = Instant::now();
    while above.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < count {
        assert!(begun.elapsed() < Duration::from_secs(10), "fewer than {count} wait");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
