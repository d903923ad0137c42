//! What events cost: `cargo bench --bench event_cost`, a minute once it is built, nothing to set up.
//!
//! A call is moved by the service's own verb, which tells an event; and by the same verb while the trigger that tells it is
//! switched off. A page of the feed is read in the middle of ten thousand events and of a million. And three hundred events
//! a second are delivered to a receiver on this machine. `docs/performance.md` says how to read it.

#[path = "../../tests/support/database.rs"]
mod database;
#[path = "../request_cost/meter.rs"]
mod meter;
#[expect(dead_code, reason = "tests/api needs more of it")]
#[path = "../../tests/api/support/receiver.rs"]
mod receiver;
mod slow;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use peer_coaching::access::{Actor, Caller, Integration, Scopes};
use peer_coaching::check_ins;
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::Scope;
use peer_coaching::events::{self, rules::Kept, rules::Place};
use peer_coaching::ids::{CheckInId, MemberId, OrganizationId};
use peer_coaching::life::Life;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use peer_coaching::webhooks::deliveries::sending::{DELIVERING, Deliverer};
use peer_coaching::webhooks::rules::Reach;
use peer_coaching::webhooks::{self, AddWebhook};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// Processor time of a write with its event, as a multiple of the same without: the most that it may be.
const MOST: f64 = 1.15;

/// The same of a page in a million events, as a multiple of one in ten thousand.
const MOST_OF_A_PAGE: f64 = 1.15;

/// From here on it is no noise.
const BY_FAR: f64 = 1.4;

const ROUNDS: usize = 30;
const WRITES: u32 = 200;
const PAGES: u32 = 300;

/// How many events a second are delivered, and for how many seconds.
const RATE: i32 = 300;
const SECONDS: u64 = 10;

/// How many may be waiting at any time: those of two seconds.
const MOST_WAITING: usize = 2 * RATE as usize;

/// A pairing at work, with one call.
const COMPANY: &str = "
  set search_path = peer_coaching, public;
  insert into members (organization_id, member_id, name, created_at, updated_at)
    select $o, ('0198c5a0-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Member ' || n, now(), now()
    from generate_series(1, 2000) n;
  insert into cycles (organization_id, cycle_id, name, starts_on, ends_on, starts_at, ends_at, planned, created_at)
    values ($o, '0198c5a0-0000-7000-8001-000000000001', 'Q4', '2026-10-01', '2027-01-01', '2026-10-01Z', '2027-01-01Z', true, now());
  insert into pairings (organization_id, pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at,
      due_at, due_state, review, coachee_place, coach_place)
    select $o, ('0198c5a0-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid, '0198c5a0-0000-7000-8001-000000000001',
      ('0198c5a0-0000-7000-8000-' || lpad((2 * n - 1)::text, 12, '0'))::uuid,
      ('0198c5a0-0000-7000-8000-' || lpad((2 * n)::text, 12, '0'))::uuid,
      'active', '2026-10-01Z', '2026-10-01Z', '2027-01-01Z', 'lapsed', 1, 1, 1
    from generate_series(1, 1000) n;
  insert into check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at, duration_minutes,
      state, due_at, due_state, created_at)
    select $o, ('0198c5a0-0000-7000-8003-' || lpad(n::text, 12, '0'))::uuid, pairing_id, coachee_id, coach_id, 'kickoff',
      '2026-12-02Z', 30, 'scheduled', '2026-12-03Z', 'held', '2026-10-01Z'
    from (select *, row_number() over (order by pairing_id) n from pairings where organization_id = $o) p;
  analyze";

/// So many events, each of a transaction of its own as far as the feed can see.
const EVENTS: &str = "
  insert into peer_coaching.events (organization_id, cluster, transaction, type, occurred_at, recipient_id, notify)
  select $1, peer_coaching.this_cluster(), n, 'next_step.due', now(), '0198c5a0-0000-7000-8000-000000000001', true
  from generate_series($2::bigint, $3::bigint) n";

/// So many events, now.
pub const NOW: &str = "
  insert into peer_coaching.events (organization_id, cluster, type, occurred_at, recipient_id, notify)
  select $1, peer_coaching.this_cluster(), 'next_step.due', now(), '0198c5a0-0000-7000-8000-000000000001', true
  from generate_series(1, $2)";

#[actix_web::main]
async fn main() -> ExitCode {
    println!("starting PostgreSQL, founding a company …");
    let start: Timestamp = "2026-11-02T09:00:00Z".parse().expect("an instant");
    let clock = Clock::ahead_of_real_time(start.duration_since(real_time()));
    let (pool, vault) = (database::settings("peer_coaching_app").pool(3), database::vault());
    let organizations = Organizations { database: &pool, clock: &clock, vault: &vault };
    let organization = organizations.found("Example Company", Settings::default()).await.expect("an organization");
    let superuser = database::connect(database::config("postgres")).await;
    superuser.batch_execute(&COMPANY.replace("$o", &format!("'{organization}'"))).await.expect("a company");
    let asked = superuser.query_one("select pg_backend_pid()", &[]).await.expect("an answer");
    let meter = Meter(meter::parent_of(u32::try_from(asked.get::<_, i32>(0)).expect("a process")));
    let scope = |actor| Scope::new(pool.clone(), clock.clone(), vault.clone(), Caller { organization, actor });
    let me: MemberId = "0198c5a0-0000-7000-8000-000000000001".parse().expect("an id");
    let scopes = Scopes::among(["events:read", "webhooks:manage"]);
    let program = Actor::Integration(Integration { id: Uuid::now_v7(), subject: "program".into(), scopes }.into());
    let (member, program) = (scope(Actor::Member(me)), scope(program));

    let written = writes(&meter, &superuser, &member).await;
    let read = pages(&meter, &superuser, &program, organization).await;
    let waiting = deliveries(&superuser, &program, organization).await;
    let in_time = slow::slow(&superuser, &program, organization).await;
    ExitCode::from(u8::from(written > BY_FAR || read > BY_FAR || waiting > 2 * MOST_WAITING || !in_time))
}

struct Meter(u32);

impl Meter {
    fn used(&self) -> Duration {
        meter::of_process(std::process::id()) + meter::of_postgres(self.0)
    }

    /// The processor time of doing this so many times, here and in PostgreSQL.
    async fn of(&self, times: u32, work: &impl AsyncFn(u32)) -> Duration {
        let before = self.used();
        for number in 0..times {
            work(number).await;
        }
        self.used() - before
    }
}

/// A call that is moved, with its event and without.
async fn writes(meter: &Meter, superuser: &Client, member: &Scope) -> f64 {
    let call: CheckInId = "0198c5a0-0000-7000-8003-000000000001".parse().expect("an id");
    let planned: Timestamp = "2026-12-02T00:00:00Z".parse().expect("an instant");
    let moves = async |number: u32| {
        let starts_at = planned + SignedDuration::from_mins(i64::from(number % 1000));
        let patch = || serde_json::from_value(json!({ "starts_at": starts_at.to_string() })).expect("a change");
        member.write(async |tx| check_ins::change(tx, call, None, patch()).await).await.expect("a call");
    };
    let told = async |how: &str| {
        let alter = format!("alter table peer_coaching.check_ins {how} trigger check_ins_tell");
        superuser.batch_execute(&alter).await.expect("a trigger");
    };
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let with = meter.of(WRITES, &moves).await;
        told("disable").await;
        moves(0).await; // what the change of the table has made forgotten is learnt again
        let without = meter.of(WRITES, &moves).await;
        told("enable").await;
        moves(0).await;
        if round > 0 {
            rounds.push((with, without)); // the first one warms up
        }
    }
    verdict("moving a call, with its event and without", WRITES, &rounds, MOST)
}

/// A page in the middle of many events, and of a few.
async fn pages(meter: &Meter, superuser: &Client, program: &Scope, organization: OrganizationId) -> f64 {
    let cluster = superuser.query_one("select peer_coaching.this_cluster()", &[]).await.expect("a number").get(0);
    let fill = async |from: i64, to: i64| {
        superuser.execute(EVENTS, &[&organization, &from, &to]).await.expect("events");
        superuser.batch_execute("analyze peer_coaching.events").await.expect("statistics");
    };
    let cost = async |transaction: i64| {
        let mut least = Duration::MAX; // of what does the same each time, the rest is noise
        for _ in 0..ROUNDS {
            let page = async |_| {
                let place = Place { cluster, transaction, ordinal: i64::MAX, read_at: program.clock().now() };
                let feed = events::list(program, Some(place), None, 100, Kept::default()).await.expect("a page");
                assert_eq!(feed.events.len(), 100);
            };
            least = least.min(meter.of(PAGES, &page).await);
        }
        least
    };
    // Numbers of transactions that lie in the past of this cluster: below zero, where nobody is under way.
    fill(-10_000, -1).await;
    let few = cost(-5_000).await;
    fill(-1_000_000, -10_001).await;
    let many = cost(-500_000).await;
    verdict("a page of a hundred in 10^6 events and in 10^4", PAGES, &[(many, few)], MOST_OF_A_PAGE)
}

/// Prints what was measured, and returns the ratio.
fn verdict(what: &str, times: u32, rounds: &[(Duration, Duration)], most: f64) -> f64 {
    let each = |total: Duration| total.as_secs_f64() * 1e6 / (f64::from(times) * rounds.len() as f64);
    let one = each(rounds.iter().map(|round| round.0).sum());
    let other = each(rounds.iter().map(|round| round.1).sum());
    let mut ratios = rounds.iter().map(|(one, other)| one.as_secs_f64() / other.as_secs_f64()).collect::<Vec<_>>();
    ratios.sort_by(f64::total_cmp);
    let (least, ratio, greatest) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    let well = if ratio <= most { "OK  " } else { "OVER" };
    println!(
        "{well} {what}: {one:.0} µs and {other:.0} µs of processor time; {ratio:.3} ({least:.2} to {greatest:.2}), \
         at most {most}"
    );
    ratio
}

/// As many events a second as a large company has in an hour; how many were waiting at the most.
async fn deliveries(superuser: &Client, program: &Scope, organization: OrganizationId) -> usize {
    let receiver = receiver::Receiver::new();
    let wanted = || AddWebhook { url: receiver.url.clone(), types: Some(vec!["next_step.due".into()]) };
    program.write(async |tx| webhooks::add(tx, wanted(), Reach::Anywhere).await).await.expect("a webhook");
    let deliverer = Deliverer::new(vec![organization], program.clock().clone(), database::vault(), Reach::Anywhere);
    let pool = database::settings("peer_coaching_app").pool(DELIVERING);
    let delivering = actix_web::rt::spawn(deliverer.expect("a client").run(pool, Life::default()));
    let (begun, mut told, mut most) = (Instant::now(), 0, 0);
    for tenth in 1..=SECONDS * 10 {
        superuser.execute(NOW, &[&organization, &(RATE / 10)]).await.expect("events");
        told += RATE as usize / 10;
        tokio::time::sleep((Duration::from_millis(100 * tenth)).saturating_sub(begun.elapsed())).await;
        most = most.max(told - receiver.got().len().min(told));
    }
    let produced = begun.elapsed();
    receiver.gets(told).await;
    delivering.abort();
    let well = if most <= MOST_WAITING { "OK  " } else { "OVER" };
    println!(
        "{well} {told} events in {:.1} s were delivered in {:.1} s; {most} were waiting at the most, at most {MOST_WAITING}",
        produced.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    most
}
