//! How a transaction ends: what went wrong in the middle is never taken for a success (findings 1 and 4), and nothing
//! of it is there for the next one.

use std::time::Duration;

use peer_coaching::access::Reason;
use peer_coaching::db::{ReadTx, WriteTx};
use peer_coaching::error::{Error, Result};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database;
use crate::world::{Organization, left_open, pool, superuser};

const RECORD: &str = "insert into audit_entries (organization_id, audit_entry_id, occurred_at, actor, actor_id, action)
                      values ($1, $2, now(), 'system', 'test', 'test.ended')";

async fn record(tx: &WriteTx<'_>, id: Uuid) -> Result<()> {
    Ok(tx.execute(RECORD, &[&tx.organization(), &id]).await.map(drop)?)
}

async fn recorded(superuser: &Client, organization: &Organization) -> i64 {
    let stored =
        "select count(*) from peer_coaching.audit_entries where organization_id = $1 and action = 'test.ended'";
    superuser.query_one(stored, &[&organization.id]).await.unwrap().get(0)
}

/// The work, a look at what is stored of it, and whether the connection (a pool of one) is sound after it.
async fn ends(name: &str, work: impl AsyncFnOnce(&WriteTx<'_>) -> Result<()>) -> (Result<()>, i64) {
    let organization = Organization::of(1, &pool(name, 1)).await;
    let superuser = superuser().await;
    let outcome = organization.system(Reason::Settling).write(work).await;
    let again = organization.system(Reason::Settling).write(async |tx| record(tx, Uuid::now_v7()).await).await;
    again.expect("the next one is served");
    left_open(&superuser, name, 1).await;
    (outcome, recorded(&superuser, &organization).await - 1)
}

fn is_unfinished(error: &Error) -> bool {
    matches!(error, Error::Internal(text) if text.contains("nothing was committed"))
}

#[actix_web::test]
async fn what_succeeds_is_stored() {
    let (outcome, stored) = ends("good", async |tx| record(tx, Uuid::now_v7()).await).await;
    assert!(outcome.is_ok());
    assert_eq!(stored, 1);
}

#[actix_web::test]
async fn what_a_snapshot_shows_agrees() {
    let organization = Organization::of(1, &pool("agreeing", 1)).await;
    let (superuser, scope) = (superuser().await, organization.system(Reason::Settling));
    let count = "select count(*) from members where organization_id = $1";
    let hire = "insert into peer_coaching.members (organization_id, member_id, name, created_at, updated_at)
                  values ($1, $2, 'New', now(), now())";
    let twice = async |tx: &ReadTx<'_>| {
        let before = tx.query_one(count, &[&tx.organization()]).await?.get::<_, i64>(0);
        superuser.execute(hire, &[&organization.id, &Uuid::now_v7()]).await.unwrap();
        Ok((before, tx.query_one(count, &[&tx.organization()]).await?.get::<_, i64>(0)))
    };
    assert_eq!(scope.snapshot(twice).await.unwrap(), (1, 1));
    assert_eq!(scope.read(twice).await.unwrap(), (2, 3));
}

#[actix_web::test]
async fn a_swallowed_violation_is_no_success() {
    let (outcome, stored) = ends("swallowed", async |tx| {
        let id = Uuid::now_v7();
        record(tx, id).await?;
        let _ = record(tx, id).await; // the same again: refused, and nobody listens
        Ok(())
    })
    .await;
    assert!(is_unfinished(&outcome.unwrap_err()));
    assert_eq!(stored, 0);
}

#[actix_web::test]
async fn a_statement_that_nobody_waited_for_is_no_success() {
    let (outcome, stored) = ends("abandoned", async |tx| {
        record(tx, Uuid::now_v7()).await?;
        let slow = tx.query("select pg_sleep(30)", &[]);
        assert!(tokio::time::timeout(Duration::from_millis(30), slow).await.is_err());
        Ok(())
    })
    .await;
    assert!(is_unfinished(&outcome.unwrap_err()));
    assert_eq!(stored, 0);
}

#[actix_web::test]
async fn a_statement_that_cannot_be_prepared_is_no_success() {
    let (outcome, stored) = ends("unprepared", async |tx| {
        record(tx, Uuid::now_v7()).await?;
        let _ = tx.query("select nonsense", &[]).await;
        Ok(())
    })
    .await;
    assert!(is_unfinished(&outcome.unwrap_err()));
    assert_eq!(stored, 0);
}

#[actix_web::test]
async fn a_panic_rolls_back() {
    let organization = Organization::of(1, &pool("panic", 1)).await;
    let superuser = superuser().await;
    for _ in 0..20 {
        let scope = organization.system(Reason::Settling);
        let work = actix_web::rt::spawn(async move {
            let doomed = scope.write(async |tx| {
                record(tx, Uuid::now_v7()).await?;
                std::panic::resume_unwind(Box::new("on purpose")); // a panic without its noise
                #[expect(unreachable_code, reason = "names the type")]
                Ok(())
            });
            doomed.await
        });
        assert!(work.await.unwrap_err().is_panic());
        let scope = organization.system(Reason::Settling);
        let seen = scope.read(async |tx| {
            Ok(tx
                .query_one("select count(*) from audit_entries where action = 'test.ended'", &[])
                .await?
                .get::<_, i64>(0))
        });
        assert_eq!(seen.await.unwrap(), 0);
    }
    left_open(&superuser, "panic", 1).await;
    assert_eq!(recorded(&superuser, &organization).await, 0);
}

#[actix_web::test]
async fn a_server_process_that_is_killed_is_no_success() {
    let organization = Organization::of(1, &pool("killed", 1)).await;
    let superuser = superuser().await;
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'killed'";
    let scope = organization.system(Reason::Settling);
    for doomed in 0..=3 {
        let outcome = scope.write(async |tx| {
            for statement in 0..3 {
                if statement == doomed {
                    superuser.query_one(kill, &[]).await.unwrap();
                }
                record(tx, Uuid::now_v7()).await?;
            }
            if doomed == 3 {
                superuser.query_one(kill, &[]).await.unwrap(); // between the last statement and the commit
            }
            Ok(())
        });
        let error = outcome.await.expect_err("nothing was committed");
        let is_told = match error {
            Error::Unavailable(_) => true, // an earlier one's end may be noticed late, by the first statement
            Error::Unknown(_) => doomed == 3, // from here, what it had done before it died cannot be seen
            _ => false,
        };
        assert!(is_told, "{doomed}: {error:?}");
        assert_eq!(recorded(&superuser, &organization).await, 0);
    }
    scope.write(async |tx| record(tx, Uuid::now_v7()).await).await.unwrap();
    assert_eq!(recorded(&superuser, &organization).await, 1);
}

#[actix_web::test]
async fn a_statement_that_a_migration_has_outdated_is_forgotten() {
    let config = crate::world::own_database("outdated").await;
    let superuser = database::connect(config("postgres")).await;
    let changing = "create table public.changing (a integer); grant select on public.changing to peer_coaching_app";
    superuser.batch_execute(changing).await.unwrap();
    let pool = peer_coaching::db::DatabaseSettings::new(config("peer_coaching_app")).unwrap().pool(1);
    let scope = Organization::of(0, &pool).await.system(Reason::Settling);
    let look = async || scope.read(async |tx| Ok(tx.query("select * from changing", &[]).await?)).await;
    look().await.unwrap();
    superuser.batch_execute("alter table public.changing alter a type bigint").await.unwrap();
    assert!(matches!(look().await, Err(Error::Unavailable(_))), "may be asked again");
    look().await.expect("and then it works");
}
