//! The rows, by binary COPY. Foreign keys and triggers are not asked for each of them (`session_replication_role`), so a
//! sample is compared with every foreign key afterwards; all other constraints hold as always. Indexes that nothing needs
//! meanwhile are made when the rows are there.

use std::io::Write;
use std::pin::pin;
use std::time::Instant;

use jiff::SignedDuration;
use peer_coaching::ids::OrganizationId;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::people::{Of, PAST, Pairing, People, id, mixed};
use super::provider::Provider;

type Row = Vec<Box<dyn ToSql + Sync>>;

macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(Box::new($value) as Box<dyn ToSql + Sync>),*] };
}

/// What stands where a sealed text would: nobody opens it.
const SEALED: [u8; 120] = [1; 120];

/// How many rows of a table are compared with each of its foreign keys, about.
const SAMPLE: f64 = 20_000.0;

/// How many days events are kept.
const KEPT: i64 = 30;

/// Fills a database in which nothing but the organization stands; prints each table as it goes.
pub async fn seed(superuser: &Client, organization: OrganizationId, people: People) {
    let began = Instant::now();
    superuser
        .batch_execute(
            "set search_path = peer_coaching, public; set session_replication_role = replica; \
             set maintenance_work_mem = '512MB'",
        )
        .await
        .expect("a superuser");
    let later = without_indexes(superuser).await;
    let seeding = Seeding { superuser, organization: organization.uuid(), people };
    seeding.directory().await;
    seeding.cycles().await;
    seeding.pairings().await;
    seeding.events().await;
    let indexing = Instant::now();
    for index in &later {
        superuser.batch_execute(index).await.unwrap_or_else(|error| panic!("{index}: {error:?}"));
    }
    println!("  {} indexes in {:.0} s", later.len(), indexing.elapsed().as_secs_f64());
    let vacuuming = Instant::now();
    superuser.batch_execute("set session_replication_role = origin").await.expect("a setting");
    superuser.batch_execute("vacuum (analyze)").await.expect("a vacuum");
    println!("  vacuum and analyze in {:.0} s", vacuuming.elapsed().as_secs_f64());
    let checked = check(superuser).await;
    let size = "select pg_size_pretty(pg_database_size(current_database()))";
    let size: String = superuser.query_one(size, &[]).await.expect("a size").get(0);
    println!("  {checked} foreign keys hold in a sample; {size}, {:.0} s in all", began.elapsed().as_secs_f64());
}

/// Takes away what only costs while rows come in; returns how it is made again. What a foreign key rests on stays.
async fn without_indexes(superuser: &Client) -> Vec<String> {
    let rows = superuser
        .query(
            "select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
             from pg_index i join pg_class c on c.oid = i.indrelid
             where c.relnamespace = 'peer_coaching'::regnamespace
               and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
             union all
             select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname),
               format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
             from pg_constraint k
             where k.connamespace = 'peer_coaching'::regnamespace and k.contype in ('p', 'u')
               and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = k.conindid)
               and k.conrelid <> 'refinery_schema_history'::regclass",
            &[],
        )
        .await
        .expect("indexes");
    for row in &rows {
        superuser.batch_execute(row.get(0)).await.expect("an index less");
    }
    rows.iter().map(|row| row.get(1)).collect()
}

/// Looks whether every foreign key holds in a sample of its table; says how many there are.
async fn check(superuser: &Client) -> usize {
    let keys = superuser
        .query(
            "select format('select count(*) from %s c tablesample system (%s) where (%s) is not null and not exists (select from %s p where %s)',
               k.conrelid::regclass, least(100, 100 * $1::float8 / greatest(1, t.reltuples)),
               string_agg(format('c.%I', a.attname), ', '), k.confrelid::regclass,
               string_agg(format('p.%I = c.%I', b.attname, a.attname), ' and ')), k.conname::text
             from pg_constraint k join pg_class t on t.oid = k.conrelid
             cross join lateral unnest(k.conkey, k.confkey) as pair (of, to_)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.of
             join pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.to_
             where k.connamespace = 'peer_coaching'::regnamespace and k.contype = 'f'
             group by k.oid, k.conname, k.conrelid, k.confrelid, t.reltuples",
            &[&SAMPLE],
        )
        .await
        .expect("foreign keys");
    for key in &keys {
        let lost: i64 = superuser.query_one(key.get::<_, &str>(0), &[]).await.expect("a count").get(0);
        assert_eq!(lost, 0, "{} does not hold", key.get::<_, &str>(1));
    }
    keys.len()
}

struct Seeding<'a> {
    superuser: &'a Client,
    organization: Uuid,
    people: People,
}

impl Seeding<'_> {
    async fn copy(&self, table: &str, columns: &str, rows: impl Iterator<Item = Row>) {
        let began = Instant::now();
        let columns = format!("organization_id, {columns}");
        let described = self.superuser.prepare(&format!("select {columns} from {table}")).await.expect("columns");
        let types = described.columns().iter().map(|column| column.type_().clone()).collect::<Vec<_>>();
        let copy = format!("copy {table} ({columns}) from stdin (format binary)");
        let sink = self.superuser.copy_in(&copy).await.expect("a copy");
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for (at, mut row) in rows.enumerate() {
            row.insert(0, Box::new(self.organization));
            writer.as_mut().write_raw(row).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
            if at % 100_000 == 99_999 {
                print!("\r  {table}: {}", at + 1);
                let _ = std::io::stdout().flush();
            }
        }
        let rows = writer.finish().await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
        println!("\r  {table}: {rows} rows in {:.1} s", began.elapsed().as_secs_f64());
    }

    async fn directory(&self) {
        let people = self.people;
        let all = || 0..people.members;
        let members = all().map(|n| {
            let Profile { name, expertise, projects } = Profile::of(n);
            let hours = |hour: &'static str| (n % 4 != 3).then_some(hour);
            row![
                people.member(n),
                format!("member {n}"),
                name,
                "Engineer",
                n % 20 != 19,
                n % 10 != 7,
                (n % 3 == 0).then_some("Europe/Lisbon"),
                hours("09:00"),
                hours("17:30"),
                expertise,
                projects,
                lot(n),
                people.joined_at(n),
                people.joined_at(n)
            ]
        });
        let columns = "member_id, external_id, name, title, active, open_to_coaching, time_zone, works_from, \
                       works_until, expertise, projects, lot, created_at, updated_at";
        self.copy("members", columns, members).await;
        let terms = all().flat_map(|n| {
            let Profile { name, expertise, projects } = Profile::of(n);
            let (whole, last) = (name.to_lowercase(), name.rsplit(' ').next().unwrap_or_default().to_lowercase());
            let names = [("name", whole, true), ("name", last, false)].into_iter();
            let knows = expertise.into_iter().map(|one| ("expertise", one.to_lowercase(), true));
            let works_on = projects.into_iter().map(|one| ("project", one.to_lowercase(), true));
            let terms = names.chain(knows).chain(works_on).collect::<Vec<_>>();
            let term = move |(nth, (kind, term, is_whole)): (usize, (&'static str, String, bool))| {
                row![kind, term, people.member(n), is_whole, lot(n * 8 + nth as i64)]
            };
            terms.into_iter().enumerate().map(term)
        });
        self.copy("member_terms", "kind, term, member_id, is_whole, lot", terms).await;
        let identities =
            all().map(|n| row![Provider::ISSUER, format!("member {n}"), people.member(n), people.joined_at(n)]);
        self.copy("identities", "issuer, subject, member_id, linked_at", identities).await;
        let keys = all().filter(|n| n % 4 != 0);
        let keys = keys.map(|n| row![people.member(n), &SEALED[..60], people.joined_at(n)]);
        self.copy("owner_keys", "owner_id, wrapped, written_at", keys).await;
    }

    async fn cycles(&self) {
        let people = self.people;
        let cycles = (0..=PAST + 1).map(|c| {
            let (starts_at, ends_at) = (people.starts_at(c), people.starts_at(c + 1));
            let (starts_on, ends_on) = (people.starts_on(c), people.starts_on(c + 1));
            row![
                people.cycle(c),
                format!("Quarter {c}"),
                starts_on,
                ends_on,
                starts_at,
                ends_at,
                true,
                people.starts_at(-1)
            ]
        });
        let columns = "cycle_id, name, starts_on, ends_on, starts_at, ends_at, planned, created_at";
        self.copy("cycles", columns, cycles).await;
        let in_cycle = |c: i64| (0..people.members).filter(move |n| people.takes_part(c, *n)).map(move |n| (c, n));
        let answers = (0..=PAST).flat_map(in_cycle);
        let answered = |(c, n): (i64, i64)| {
            row![people.cycle(c), people.member(n), "opted_in", people.starts_at(c) + SignedDuration::from_millis(n)]
        };
        self.copy("participations", "cycle_id, member_id, answer, answered_at", answers.clone().map(answered)).await;
        let reflected = |(c, n): (i64, i64)| {
            let at = people.starts_at(c) + SignedDuration::from_millis(n);
            row![people.cycle(c), people.member(n), 1_i64, at, at, at]
        };
        let columns = "cycle_id, member_id, policy_version, completed_at, created_at, updated_at";
        self.copy("reflections", columns, answers.clone().map(reflected)).await;
        let kept = answers.filter(|(c, n)| *c >= PAST - 1 && n % 4 != 0); // what is older has been deleted
        let kept = kept.map(|(c, n)| row![people.cycle(c), people.member(n), &SEALED[..], people.starts_at(c)]);
        self.copy("reflection_answers", "cycle_id, member_id, answers, updated_at", kept).await;
    }

    async fn pairings(&self) {
        let people = self.people;
        let all =
            || (0..=PAST).flat_map(move |c| (0..people.members).filter_map(move |n| Some((c, people.pairing(c, n)?))));
        let pairings = all().map(|(c, p): (i64, Pairing)| {
            row![
                p.id,
                people.cycle(c),
                people.member(p.coachee),
                people.member(p.coach),
                p.state,
                p.requested_at,
                p.accepted_at,
                p.closed_at,
                p.ended_by,
                p.due_at,
                p.due_state,
                p.review,
                p.kickoff_held_at,
                p.kickoff_due_at,
                p.caught_up_at,
                1_i16,
                p.coach_place
            ]
        });
        let columns = "pairing_id, cycle_id, coachee_id, coach_id, state, requested_at, accepted_at, closed_at, \
                       ended_by, due_at, due_state, review, kickoff_held_at, kickoff_due_at, caught_up_at, \
                       coachee_place, coach_place";
        self.copy("pairings", columns, pairings).await;
        let calls = all().flat_map(|(_, p)| {
            let (pairing, coachee, coach) = (p.id, people.member(p.coachee), people.member(p.coach));
            let made_at = p.accepted_at;
            p.calls.into_iter().map(move |call| {
                let due_state = call.due_at.map(|_| "held");
                let (id, starts_at, due_at) = (call.id, call.starts_at, call.due_at);
                row![id, pairing, coachee, coach, call.kind, starts_at, 30_i16, call.state, due_at, due_state, made_at]
            })
        });
        let columns = "check_in_id, pairing_id, coachee_id, coach_id, kind, starts_at, duration_minutes, state, due_at, \
                       due_state, created_at";
        self.copy("check_ins", columns, calls).await;
        let shared = (0..people.members).filter(|n| n % 8 == 0).filter_map(|n| people.pairing(PAST, n));
        let shared = shared.map(|p| row![p.id, people.member(p.coachee), people.member(p.coach), p.requested_at]);
        self.copy("reflection_shares", "pairing_id, coachee_id, coach_id, shared_at", shared).await;
    }

    async fn events(&self) {
        let people = self.people;
        let cluster = "select system_identifier from pg_control_system()";
        let cluster: i64 = self.superuser.query_one(cluster, &[]).await.expect("an identifier").get(0);
        let total = people.members * 2;
        let events = (0..total).map(|n| {
            let at = people.day(-KEPT) + SignedDuration::from_millis(n * (KEPT * 86_400_000 / total));
            let kind = ["check_in.held", "pairing.completed", "check_in.scheduled", "next_step.due"][n as usize % 4];
            let who = mixed(n.cast_unsigned()) % people.members.cast_unsigned();
            let (who, call) = (people.member(who.cast_signed()), id(Of::Call, n, at));
            row![
                id(Of::Event, n, at),
                cluster,
                n * 500 / total,
                n + 1,
                at,
                kind,
                at,
                who,
                true,
                people.cycle(PAST),
                call
            ]
        });
        let columns = "event_id, cluster, transaction, ordinal, recorded_at, type, occurred_at, recipient_id, notify, \
                       cycle_id, check_in_id";
        self.copy("events", columns, events).await;
        let next = "select setval(pg_get_serial_sequence('events', 'ordinal'), (select count(*) + 1 from events))";
        self.superuser.execute(next, &[]).await.expect("a sequence");
    }
}

struct Profile {
    name: String,
    expertise: Vec<String>,
    projects: Vec<String>,
}

impl Profile {
    fn of(number: i64) -> Self {
        const FIRST: [&str; 8] = ["Anna", "Ben", "Chiara", "Dmitri", "Emma", "Farid", "Ines", "Zoe"];
        let first = FIRST[mixed(number.cast_unsigned()) as usize % FIRST.len()];
        let mut expertise = vec![format!("Topic {}", number % 40)];
        let mut projects = vec![format!("Project {}", number / 25)];
        if number % 4 == 0 {
            expertise.push("Rust".into());
        }
        if number % 2 == 0 {
            projects.push("Everything".into());
        }
        Self { name: format!("{first} Number{number}"), expertise, projects }
    }
}

fn lot(number: i64) -> i32 {
    (mixed(number.cast_unsigned() ^ 0x107) >> 32) as u32 as i32
}
