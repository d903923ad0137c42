//! Migrating: by several at once, by one who dies in the middle, beside people at work, and what `serve` makes of it
//! (promises K1 and K3).

use std::time::{Duration, Instant};

use futures_util::future::join3;
use peer_coaching::db::migrate::{MigrateError, Schema, applied, migrate, newest};
use tokio_postgres::{Client, Config};

use crate::cancel::polled;
use crate::database::connect;
use crate::lint;
use crate::world::{own_database, unmigrated_database};

/// All that the migrations have made, as text.
async fn schema(superuser: &Client) -> String {
    let everything = "
        with ours as (select oid, relname, relacl, relrowsecurity, relforcerowsecurity, relowner from pg_class
          where relnamespace = 'peer_coaching'::regnamespace and relkind in ('r', 'i', 'S', 'v'))
        select string_agg(line, E'\n' order by line) from (
          select format('%s %s %s %s %s', relname, relacl, relrowsecurity, relforcerowsecurity, relowner::regrole) line from ours
          union all select format('%s.%s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull)
            from pg_attribute a join ours on ours.oid = attrelid where attnum > 0
          union all select conname || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k join ours on ours.oid = conrelid
          union all select pg_get_indexdef(ours.oid) from ours join pg_index i on i.indexrelid = ours.oid
          union all select format('%s %s %s', polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
            from pg_policy join ours on ours.oid = polrelid
          union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'peer_coaching'::regnamespace) lines";
    superuser.query_one(everything, &[]).await.unwrap().get(0)
}

#[actix_web::test]
async fn three_at_once_apply_each_migration_once() {
    let config = unmigrated_database("three").await;
    let run = async || migrate(&mut connect(config("peer_coaching_owner")).await).await.unwrap();
    let (one, two, three) = join3(run(), run(), run()).await;
    let mut counts = [one.len(), two.len(), three.len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, 0, count_after(0)]);
    let app = connect(config("peer_coaching_app")).await;
    assert_eq!(applied(&app).await.unwrap(), Schema { applied: newest(), needs: 0 });
    assert_eq!(run().await, <[String; 0]>::default());
}

#[actix_web::test]
async fn who_dies_in_the_middle_leaves_nothing_half_done() {
    let config = own_database("uninterrupted").await;
    let clean = schema(&connect(config("postgres")).await).await;
    let (mut polls, mut between) = (0, 0);
    loop {
        polls += 4;
        let config = unmigrated_database(&format!("interrupted_{polls}")).await;
        let superuser = connect(config("postgres")).await;
        let mut doomed = connect(config("peer_coaching_owner")).await;
        let ended = polled(migrate(&mut doomed), polls, false).await.is_some();
        drop(doomed); // the socket closes, as when a process dies
        let first = migrate(&mut connect(config("peer_coaching_owner")).await).await.unwrap().len();
        between += usize::from((1..count_after(0)).contains(&first));
        assert_eq!(schema(&superuser).await, clean, "after {polls} polls");
        assert_eq!(lint::findings(&superuser).await, <[String; 0]>::default());
        if ended {
            break;
        }
    }
    println!("interrupted at {} moments, {between} of them between the first and the last migration", polls / 4);
    assert!(between >= 3);
}

mod files {
    refinery::embed_migrations!("migrations");
}

/// How many migrations come after this one. Numbers may be left out.
fn count_after(version: i32) -> usize {
    files::migrations::runner().get_migrations().iter().filter(|migration| migration.version() > version).count()
}

/// A database whose schema has seen the migrations up to this one.
async fn migrated_up_to(version: i32, name: &str) -> impl Fn(&str) -> Config + use<> {
    let config = unmigrated_database(name).await;
    let mut owner = connect(config("peer_coaching_owner")).await;
    owner.batch_execute("set search_path = peer_coaching, public").await.unwrap();
    let runner = files::migrations::runner().set_target(refinery::Target::Version(version));
    runner.run_async(&mut owner).await.unwrap();
    config
}

#[actix_web::test]
async fn nobody_at_work_waits_long() {
    let config = migrated_up_to(10, "busy").await; // the next one changes a table that people write to
    let superuser = connect(config("postgres")).await;
    superuser.batch_execute("begin; lock table peer_coaching.pairings in row exclusive mode").await.unwrap();
    let writer = connect(config("peer_coaching_app")).await;
    let mut owner = connect(config("peer_coaching_owner")).await;
    let migrating = actix_web::rt::spawn(async move { migrate(&mut owner).await });
    let (started, mut longest, mut requests) = (Instant::now(), Duration::ZERO, 0);
    while started.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        writer.batch_execute("update pairings set version = version").await.unwrap(); // queues behind the migration
        longest = longest.max(asked.elapsed());
        requests += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    superuser.batch_execute("commit").await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap().len(), count_after(10), "the first to find the table free");
    println!("{requests} requests beside a waiting migration, the longest {longest:?}");
    assert!(longest > Duration::from_millis(300), "the migration did not wait at all");
    assert!(longest < Duration::from_millis(1500), "{longest:?}");
}

#[actix_web::test]
async fn a_runner_waits_for_another_however_long_it_takes() {
    let config = own_database("patient").await;
    let (other, mut owner) = (connect(config("postgres")).await, connect(config("peer_coaching_owner")).await);
    other.batch_execute("select pg_advisory_lock(1885693298)").await.unwrap();
    let waiting = actix_web::rt::spawn(async move { migrate(&mut owner).await });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!waiting.is_finished());
    other.batch_execute("select pg_advisory_unlock(1885693298)").await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), <[String; 0]>::default());
}

#[actix_web::test]
async fn what_fails_for_another_reason_is_told() {
    let config = unmigrated_database("failing").await;
    connect(config("postgres")).await.batch_execute("create table peer_coaching.cycles ()").await.unwrap();
    let mut owner = connect(config("peer_coaching_owner")).await;
    let failed = migrate(&mut owner).await.unwrap_err();
    assert!(matches!(&failed, MigrateError::Migration(_)), "{failed}");
    assert_eq!(applied(&owner).await.unwrap().applied, 4, "what came before stays");
}
