//! Four companies, their people, and two services for them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use serde_json::json;
use tokio_postgres::Client;

use super::database;
use super::load::BURST;
use super::pair::{Pair, Program};
use super::people::{AUDIENCE, Person, Signers};
use super::receiver::Receiver;
use super::service::{Deployment, Service};

/// Companies: together they may hold all connections that a service has.
const COMPANIES: usize = 4;

/// Pairs of each.
const PAIRS: usize = 75;

/// How many tokens and how many callers a service remembers, and some more.
const TOKENS: usize = 12_000;

/// How many come at a time: below what an organization's limit takes.
const AT_ONCE: usize = 40;

/// All that there is.
pub struct World {
    pub superuser: Client,
    pub signers: Rc<Signers>,
    pub deployment: Deployment,
    pub client: reqwest::Client,
    /// The service that is looked at; it lives from the beginning to the end.
    pub first: Service,
    /// The one beside it, which is replaced again and again.
    pub second: RefCell<Option<Service>>,
    /// Where that answers.
    pub second_address: RefCell<String>,
    pub receivers: Vec<Receiver>,
    pub programs: Vec<Rc<Program>>,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A policy by which today, whichever day it is, is in the middle of a cycle.
fn mid_cycle() -> Settings {
    let today = real_time().to_zoned(TimeZone::UTC).date();
    let anchor_on = today.first_of_month().checked_sub(2.months()).expect("a day");
    Settings { cadence_months: 4, anchor_on, last_request_days: 0, ..Settings::default() }
}

async fn found() -> Vec<OrganizationId> {
    let (pool, clock, vault) = (database::settings("peer_coaching_app").pool(1), Clock::default(), database::vault());
    let organizations = Organizations { database: &pool, clock: &clock, vault: &vault };
    let mut founded = Vec::new();
    for number in 0..COMPANIES {
        let name = format!("Company {number}");
        founded.push(organizations.found(&name, mid_cycle()).await.expect("an organization"));
    }
    founded
}

fn issuers(address: &str, founded: &[OrganizationId]) -> String {
    let listed = founded.iter().enumerate().map(|(number, id)| format!("company-{number} = \"{id}\""));
    let listed = listed.collect::<Vec<_>>().join(", ");
    format!(
        "[[issuers]]\nissuer = \"{address}\"\naudiences = [\"{AUDIENCE}\"]\nalgorithms = [\"ES256\", \"EdDSA\"]\n\
         jwks_url = \"{address}/jwks\"\norganization_claim = \"company\"\norganizations = {{ {listed} }}\n"
    )
}

impl World {
    /// Founds the companies and starts the services.
    pub async fn new() -> Self {
        let superuser = database::connect(database::config("postgres")).await;
        let (founded, signers) = (found().await, Signers::new());
        let folder = std::env::temp_dir().join(format!("soak-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("issuers.toml");
        std::fs::write(&file, issuers(&signers.provider.address(), &founded)).expect("a file");
        let deployment = Deployment::new(&file);
        // Given up before the service gives them up: nobody meets a connection that is being closed.
        let client = reqwest::Client::builder().no_proxy().pool_idle_timeout(Duration::from_secs(5));
        let client = client.timeout(Duration::from_secs(20)).build().expect("a client");
        let first = deployment.start("first", &client).await;
        let second = deployment.start("second", &client).await;
        let (mut receivers, mut programs) = (Vec::new(), Vec::new());
        for number in 0..founded.len() {
            let (receiver, person) = (Receiver::new(), Person::program(&signers, &format!("company-{number}")));
            let wanted = person.post("/v1/webhooks").saying(&json!({ "url": receiver.url }));
            let added = wanted.to(&client, &first.address).await.expect("an answer");
            assert_eq!(added.status, 201, "{added:?}");
            programs.push(Rc::new(Program {
                person,
                webhook: added.body["webhook"]["id"].as_str().expect("an id").to_owned(),
                cursor: RefCell::default(),
            }));
            receivers.push(receiver);
        }
        let second_address = RefCell::new(second.address.clone());
        let second = RefCell::new(Some(second));
        Self { superuser, signers, deployment, client, first, second, second_address, receivers, programs, folder }
    }

    /// Where one of the two answers.
    pub fn address(&self, first: bool) -> String {
        if first { self.first.address.clone() } else { self.second_address.borrow().clone() }
    }

    /// The people, each pair of whom has met.
    pub async fn people(&self) -> Vec<Pair> {
        let pairs = (0..PAIRS * COMPANIES).map(|at| {
            let company = at % COMPANIES; // in turns: an organization's limits are each one's own
            Pair::new(&self.signers, &format!("company-{company}"), at, &self.programs[company])
        });
        let meets = async |mut pair: Pair| {
            pair.meets(&self.client, &self.first.address).await;
            pair
        };
        let mut pairs = stream::iter(pairs.collect::<Vec<_>>()).map(meets).buffered(8).collect::<Vec<_>>().await;
        for at in 0..pairs.len() {
            let next = (at + COMPANIES) % pairs.len();
            let (other, elsewhere) = (pairs[next].coach.id.clone(), pairs[next].pairing.clone());
            (pairs[at].other, pairs[at].elsewhere) = (other, elsewhere);
        }
        pairs
    }

    /// Fills what the first service remembers of tokens: what is filled does not grow.
    pub async fn fill(&self, pairs: &[Pair]) {
        let ask = async |number: usize| {
            let person = &pairs[number % pairs.len()];
            let person = if (number / pairs.len()).is_multiple_of(2) { &person.coachee } else { &person.coach };
            let asked = person.get("/v1/me").bearing(person.new_token());
            let answer = asked.to(&self.client, &self.first.address).await.expect("an answer");
            assert_eq!(answer.status, 200, "{answer:?}");
        };
        let mut ticks = tokio::time::interval(BURST);
        for burst in 0..TOKENS / AT_ONCE {
            ticks.tick().await;
            join_all((0..AT_ONCE).map(|nth| ask(burst * AT_ONCE + nth))).await;
        }
    }

    /// Events that no receiver has taken yet.
    pub async fn waiting(&self) -> i64 {
        let waiting = "select count(*) from peer_coaching.deliveries where state = 'waiting'";
        self.superuser.query_one(waiting, &[]).await.expect("a count").get(0)
    }
}
