//! A request that goes away in the middle, at whatever moment, leaves nothing to the next one (promise H8): one
//! connection, two organizations in turn.

use std::collections::HashSet;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use peer_coaching::access::Reason;
use peer_coaching::clock::real_time;
use peer_coaching::db::{Database, ReadTx, Scope, WriteTx};
use peer_coaching::error::Result;
use peer_coaching::ids::{AuditEntryId, OrganizationId};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::cancel::polled;
use crate::database;
use crate::world::{Organization, left_open, pool, superuser};

/// What is cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Read,
    Snapshot,
    Write,
}

const CLAIM: &str = "insert into idempotency_keys (organization_id, caller_id, route, key, fingerprint, created_at)
                     values ($1, $2, $3, $4, '', now())";
const RECORD: &str =
    "insert into audit_entries (organization_id, audit_entry_id, occurred_at, actor, actor_id, action, subject_id)
                      values ($1, $2, now(), 'system', 'test', 'test.done', $3)";

/// Two reads, or three rows under one mark: one as the member, one as the service itself, one as the member again.
async fn work(kind: Kind, scope: &Scope, mark: Uuid) -> Result<()> {
    match kind {
        Kind::Read => scope.read(async |tx| look(tx).await).await,
        Kind::Snapshot => scope.snapshot(async |tx| look(tx).await).await,
        Kind::Write => scope.write(async |tx| store(tx, mark).await).await,
    }
}

async fn look(tx: &ReadTx<'_>) -> Result<()> {
    tx.query("select * from members where organization_id = $1", &[&tx.organization()]).await?;
    tx.query("select name from organizations where organization_id = $1", &[&tx.organization()]).await?;
    Ok(())
}

async fn store(tx: &WriteTx<'_>, mark: Uuid) -> Result<()> {
    let (organization, member, key, entry) =
        (tx.organization(), tx.caller().member()?, mark.to_string(), AuditEntryId::new());
    tx.execute(CLAIM, &[&organization, &member, &"first", &key]).await?;
    tx.as_system(Reason::Settling, async |tx| Ok(tx.execute(RECORD, &[&organization, &entry, &mark]).await?)).await?;
    tx.execute(CLAIM, &[&organization, &member, &"last", &key]).await?;
    Ok(())
}

/// What the next borrower of the connection finds, as the service itself in the other organization: rows of theirs
/// alone, their own settings, and a transaction that has just begun.
async fn next_borrower(scope: &Scope) {
    let before = real_time();
    let seen =
        "select count(*) filter (where organization_id <> $1), count(*), pg_current_xact_id_if_assigned() is null,
                  transaction_timestamp(), current_setting('app.organization_id', true),
                  coalesce(current_setting('app.member_id', true), ''), current_setting('app.actor', true)
                from members";
    let row =
        scope.read(async |tx| Ok(tx.query_one(seen, &[&tx.organization()]).await?)).await.expect("a sound connection");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (0, 2), "foreign and own rows");
    assert!(row.get::<_, bool>(2), "an earlier transaction is still open");
    assert!(row.get::<_, jiff::Timestamp>(3) >= before, "the transaction began before the request");
    let settings = [4, 5, 6].map(|column| row.get::<_, String>(column));
    assert_eq!(settings, [scope.caller().organization.to_string(), String::new(), "system".into()]);
}

/// Two organizations of two members on one connection. Whoever claims a key has one that seals.
async fn two_on_one(name: &str) -> (Database, [Organization; 2]) {
    let one = pool(name, 1);
    let organizations = [Organization::of(2, &one).await, Organization::of(2, &one).await];
    for (organization, number) in organizations.iter().flat_map(|organization| [(organization, 0), (organization, 1)]) {
        let member = organization.members[number];
        organization.member(number).write(async |tx| Ok(tx.key_of(member).await.map(drop)?)).await.unwrap();
    }
    (one, organizations)
}

/// The marks under which all three rows are stored. Two or one would be half a write.
async fn whole(superuser: &Client, organizations: &[Organization; 2]) -> HashSet<String> {
    let marks = "select mark, count(*) from (
          select organization_id, key as mark from idempotency_keys
          union all select organization_id, subject_id::text from audit_entries where action = 'test.done') stored
        where organization_id = any($1) group by mark";
    let ids = organizations.iter().map(|organization| organization.id).collect::<Vec<OrganizationId>>();
    let rows = superuser.query(marks, &[&ids]).await.unwrap();
    assert!(rows.iter().all(|row| row.get::<_, i64>(1) == 3), "half a write is stored");
    rows.iter().map(|row| row.get(0)).collect()
}

/// A number that nobody foresees, the same in each run.
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// Cancels until it has been done so often: by the number of polls, and by the time.
async fn cancel(kind: Kind, times: usize) {
    let name = format!("cancelled {kind:?}");
    let (one, organizations) = two_on_one(&name).await;
    let superuser = superuser().await;
    superuser.batch_execute("set search_path = peer_coaching").await.unwrap();
    let (mut cancelled, mut ended, mut state, mut acknowledged) = (0, 0, 7, HashSet::new());
    for round in 0.. {
        let (asking, next) = (&organizations[round % 2], &organizations[(round + 1) % 2]);
        let (scope, mark) = (asking.member(round / 2 % 2), Uuid::now_v7());
        let work = work(kind, &scope, mark);
        let (polls, microseconds) = if kind == Kind::Write { (14, 8000) } else { (8, 2500) };
        let outcome = if round % 2 == 0 {
            polled(work, 1 + random(&mut state, polls), random(&mut state, 2) == 0).await
        } else {
            tokio::time::timeout(Duration::from_micros(random(&mut state, microseconds)), work).await.ok()
        };
        match outcome {
            None => cancelled += 1,
            Some(outcome) => {
                outcome.expect("what is not cancelled succeeds");
                acknowledged.insert(mark.to_string());
                ended += 1;
            }
        }
        next_borrower(&next.system(Reason::Settling)).await;
        if cancelled == times {
            break;
        }
    }
    left_open(&superuser, &name, 1).await;
    one.probe().await.unwrap();
    let stored = whole(&superuser, &organizations).await;
    if kind == Kind::Write {
        assert!(acknowledged.is_subset(&stored), "a write was acknowledged and is not there");
    }
    println!("{kind:?}: {cancelled} cancelled, {ended} came to their end, {} stored", stored.len());
}

#[actix_web::test]
async fn cancelled_reads_leave_nothing() {
    cancel(Kind::Read, 600).await;
}

#[actix_web::test]
async fn cancelled_snapshots_leave_nothing() {
    cancel(Kind::Snapshot, 600).await;
}

#[actix_web::test]
async fn cancelled_writes_are_whole_or_nothing() {
    cancel(Kind::Write, 600).await;
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test db -- --ignored"]
async fn ten_thousand_of_each_leave_nothing_whole_or_half() {
    for kind in [Kind::Read, Kind::Snapshot, Kind::Write] {
        cancel(kind, 10_000).await;
    }
}

#[actix_web::test]
async fn there_is_no_bad_moment_to_go_away() {
    let superuser = superuser().await;
    superuser.batch_execute("set search_path = peer_coaching").await.unwrap();
    for kind in [Kind::Read, Kind::Snapshot, Kind::Write] {
        let name = format!("one by one {kind:?}");
        let (founding, organizations) = two_on_one(&name).await;
        for (warm, late) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut polls = 0;
            loop {
                polls += 1;
                let fresh = pool(&name, 1);
                let [asking, next] = [organizations[0].over(&fresh), organizations[1].over(&fresh)];
                if warm {
                    work(kind, &asking.member(0), Uuid::now_v7()).await.unwrap();
                }
                let outcome = polled(work(kind, &asking.member(0), Uuid::now_v7()), polls, late).await;
                next_borrower(&next.system(Reason::Settling)).await;
                fresh.close();
                if outcome.is_some() {
                    break;
                }
            }
            assert!(polls >= if warm { 3 } else { 6 }, "{kind:?} had only {polls} moments");
            println!("{kind:?}: {polls} moments, warm {warm}, late {late}");
        }
        founding.close();
        left_open(&superuser, &name, 0).await;
        whole(&superuser, &organizations).await;
    }
}

/// The control: the same by hand, without the guard. It must leak, or the tests above prove nothing.
#[actix_web::test]
async fn a_transaction_by_hand_does_leak() {
    let (_one, organizations) = two_on_one("by hand").await;
    let config = database::config("peer_coaching_app");
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let by_hand = Pool::builder(Manager::from_config(config, NoTls, recycling)).max_size(1).build().unwrap();
    let (mut leaks, mut state) = (0, 7);
    for round in 0..500 {
        let organization = organizations[round % 2].id;
        let work = async {
            let client = by_hand.get().await.unwrap();
            client.batch_execute(&format!("begin; set local app.organization_id = '{organization}'")).await.unwrap();
            client.query("select * from members where organization_id = $1", &[&organization]).await.unwrap();
            client.batch_execute("commit").await.unwrap();
        };
        polled(work, 1 + random(&mut state, 8), random(&mut state, 2) == 0).await;
        let next = by_hand.get().await.unwrap();
        let seen: i64 = next.query_one("select count(*) from members", &[]).await.unwrap().get(0);
        leaks += usize::from(seen > 0);
        next.batch_execute("rollback").await.unwrap();
    }
    println!("by hand: {leaks} leaks in 500");
    assert!(leaks > 50, "only {leaks} leaks in 500");
}
