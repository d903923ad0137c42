//! What sealing costs: `cargo bench --bench text_cost`, half a minute once it is built, nothing to set up.
//!
//! A note of 2 KB is read and written by the service's own verbs, as it is stored, sealed; and by the same statements with
//! the text in clear, which nobody may use. Both within this process and its PostgreSQL, without HTTP: over HTTP the
//! difference is the same and its share smaller. `docs/performance.md` says how to read it.

mod clear;
#[path = "../../tests/support/database.rs"]
mod database;
#[path = "../request_cost/meter.rs"]
mod meter;

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use peer_coaching::access::{Actor, Caller};
use peer_coaching::clock::{Clock, real_time};
use peer_coaching::db::Scope;
use peer_coaching::ids::{CheckInId, MemberId};
use peer_coaching::notes;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use peer_coaching::text::PrivateText;

/// Processor time with the text sealed, as a multiple of the same in clear: the most that it may be.
const MOST: f64 = 1.15;

/// From here on it is no noise.
const BY_FAR: f64 = 1.3;

/// How many rounds, and how often each side does its work in one.
const ROUNDS: usize = 30;
const READS: u32 = 1500;
const WRITES: u32 = 300;

/// A pairing at work, with one call and a note on it, and as many others around it.
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
      state, created_at)
    select $o, ('0198c5a0-0000-7000-8003-' || lpad(n::text, 12, '0'))::uuid, pairing_id, coachee_id, coach_id, 'kickoff',
      '2026-10-02Z', 30, 'missed', '2026-10-01Z'
    from (select *, row_number() over (order by pairing_id) n from pairings where organization_id = $o) p;
  create table clear_notes (like notes including all);
  grant select, insert, update on clear_notes to peer_coaching_app;
  alter table clear_notes enable row level security, force row level security;
  create policy clear_notes_select on clear_notes for select
    using (organization_id = (select caller_organization())
      and ((select caller_member()) in (author_id, reader_id) or (select caller_actor()) = 'eraser'));
  create policy clear_notes_insert on clear_notes for insert
    with check (organization_id = (select caller_organization()) and author_id = (select caller_member()));
  create policy clear_notes_update on clear_notes for update
    using (organization_id = (select caller_organization()) and author_id = (select caller_member()))
    with check (organization_id = (select caller_organization()) and author_id = (select caller_member()));
  analyze";

/// 2 KB, another one each time.
fn text(number: u32) -> PrivateText {
    format!("{number:08} {}", "What I take with me from this call. ".repeat(57)).into()
}

#[actix_web::main]
async fn main() -> ExitCode {
    println!("starting PostgreSQL, founding a company …");
    let start: Timestamp = "2026-11-02T09:00:00Z".parse().expect("an instant");
    let clock = Clock::ahead_of_real_time(start.duration_since(real_time()));
    let (pool, vault) = (database::settings("peer_coaching_app").pool(1), database::vault());
    let organizations = Organizations { database: &pool, clock: &clock, vault: &vault };
    let organization = organizations.found("Example Company", Settings::default()).await.expect("an organization");
    let superuser = database::connect(database::config("postgres")).await;
    let company = COMPANY.replace("$o", &format!("'{organization}'"));
    superuser.batch_execute(&company).await.expect("a company");
    let asked = superuser.query_one("select pg_backend_pid()", &[]).await.expect("an answer");
    let postmaster = meter::parent_of(u32::try_from(asked.get::<_, i32>(0)).expect("a process"));

    let me: MemberId = "0198c5a0-0000-7000-8000-000000000001".parse().expect("an id");
    let call: CheckInId = "0198c5a0-0000-7000-8003-000000000001".parse().expect("an id");
    let scope = Scope::new(pool.clone(), clock, vault, Caller { organization, actor: Actor::Member(me) });
    let sealed_write = async |number| {
        scope.write(async |tx| notes::put(tx, call, None, text(number), false).await).await.expect("a note");
    };
    let sealed_read = async |_| {
        scope.read(async |tx| notes::get(tx, call).await).await.expect("a note");
    };
    let clear_write = async |number| {
        scope.write(async |tx| clear::put(tx, call, me, &text(number)).await).await.expect("a note");
    };
    let clear_read = async |_| {
        scope.read(async |tx| clear::get(tx, call, me).await).await.expect("a note");
    };

    let meter = Meter { postmaster };
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let write = (meter.of(WRITES, &sealed_write).await, meter.of(WRITES, &clear_write).await);
        let read = (meter.of(READS, &sealed_read).await, meter.of(READS, &clear_read).await);
        if round > 0 {
            writes.push(write); // the first one warms up
            reads.push(read);
        }
    }
    let written = verdict("writing a note of 2 KB", WRITES, &writes);
    let read = verdict("reading a note of 2 KB", READS, &reads);
    println!("     memory of this process: {:.0} MB", meter::resident(std::process::id()));
    ExitCode::from(u8::from(written > BY_FAR || read > BY_FAR))
}

struct Meter {
    postmaster: u32,
}

impl Meter {
    fn used(&self) -> Duration {
        meter::of_process(std::process::id()) + meter::of_postgres(self.postmaster)
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

/// Prints what was measured, and returns the ratio.
fn verdict(what: &str, times: u32, rounds: &[(Duration, Duration)]) -> f64 {
    let each = |total: Duration| total.as_secs_f64() * 1e6 / (f64::from(times) * rounds.len() as f64);
    let sealed = each(rounds.iter().map(|round| round.0).sum());
    let clear = each(rounds.iter().map(|round| round.1).sum());
    let mut ratios =
        rounds.iter().map(|(sealed, clear)| sealed.as_secs_f64() / clear.as_secs_f64()).collect::<Vec<_>>();
    ratios.sort_by(f64::total_cmp);
    let (least, ratio, greatest) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    let well = if ratio <= MOST { "OK  " } else { "OVER" };
    println!(
        "{well} {what}: sealed {sealed:.0} µs, in clear {clear:.0} µs of processor time; \
         {ratio:.3} ({least:.2} to {greatest:.2}), at most {MOST}"
    );
    ratio
}
