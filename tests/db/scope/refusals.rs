//! What a transaction refuses: writing in a read, another organization's rows, callers who have left, and waiting long.

use std::time::{Duration, Instant};

use peer_coaching::access::{Actor, Reason};
use peer_coaching::codes::Code;
use peer_coaching::db::DbError;
use peer_coaching::error::Error;
use tokio::sync::oneshot;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::world::{Organization, left_open, pool, superuser};

const RECORD: &str = "insert into audit_entries (organization_id, audit_entry_id, occurred_at, actor, actor_id, action)
                      values ($1, $2, now(), 'system', 'test', 'test.refused')";

fn state(error: DbError) -> SqlState {
    match error {
        DbError::Postgres(error) => error.code().unwrap().clone(),
        other => panic!("{other}"),
    }
}

#[actix_web::test]
async fn a_read_cannot_write() {
    let organization = Organization::of(1, &pool("reader", 1)).await;
    let scope = organization.system(Reason::Settling);
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    let read = scope.read(async |tx| Ok(state(tx.query(RECORD, &[&tx.organization(), &id]).await.unwrap_err())));
    assert_eq!(read.await.unwrap(), SqlState::READ_ONLY_SQL_TRANSACTION);
    let snapshot =
        scope.snapshot(async |tx| Ok(state(tx.query(RECORD, &[&tx.organization(), &other]).await.unwrap_err())));
    assert_eq!(snapshot.await.unwrap(), SqlState::READ_ONLY_SQL_TRANSACTION);
}

#[actix_web::test]
async fn another_organization_is_out_of_reach() {
    let one = pool("foreign", 1);
    let (ours, theirs) = (Organization::of(1, &one).await, Organization::of(1, &one).await);
    let scope = ours.system(Reason::Settling);
    let mut refused = SqlState::SUCCESSFUL_COMPLETION;
    let written = scope.write(async |tx| {
        refused = state(tx.execute(RECORD, &[&theirs.id, &Uuid::now_v7()]).await.unwrap_err());
        Ok(())
    });
    assert!(written.await.is_err());
    assert_eq!(refused, SqlState::INSUFFICIENT_PRIVILEGE);
    let untouched = scope.write(async |tx| {
        let update = "update members set notify = false where organization_id = $1";
        Ok((tx.execute(update, &[&theirs.id]).await?, tx.execute(update, &[&tx.organization()]).await?))
    });
    assert_eq!(untouched.await.unwrap(), (0, 1));
}

#[actix_web::test]
async fn who_has_left_cannot_write() {
    let organization = Organization::of(2, &pool("left", 1)).await;
    let superuser = superuser().await;
    let leave = "update peer_coaching.members set active = false where member_id = $1";
    superuser.execute(leave, &[&organization.members[0]]).await.unwrap();
    for actor in [Actor::Member, Actor::Administrator] {
        let scope = organization.scope(actor(organization.members[0]));
        let write = async |sql: &str| scope.write(async |tx| Ok(tx.execute(sql, &[&tx.organization()]).await?)).await;
        let update = "update members set notify = false where organization_id = $1";
        assert_eq!(write(update).await.unwrap_err().code(), Code::MemberInactive);
        // even as the service itself, and even if the refusal is swallowed
        let swallowed = scope.write(async |tx| {
            let inside =
                tx.as_system(Reason::Settling, async |tx| Ok(tx.execute(update, &[&tx.organization()]).await?));
            assert_eq!(inside.await.unwrap_err().code(), Code::MemberInactive);
            Ok(())
        });
        assert!(matches!(swallowed.await, Err(Error::Internal(_))));
    }
    let told = "select count(*) from peer_coaching.members where organization_id = $1 and not notify";
    assert_eq!(superuser.query_one(told, &[&organization.id]).await.unwrap().get::<_, i64>(0), 0);
    let who_stays = organization.scope(Actor::Member(organization.members[1]));
    let update = "update members set notify = false where organization_id = $1";
    let stays = who_stays.write(async |tx| Ok(tx.execute(update, &[&tx.organization()]).await?));
    assert_eq!(stays.await.unwrap(), 1);
}

#[actix_web::test]
async fn nobody_waits_long_for_a_connection() {
    let organization = Organization::of(1, &pool("exhausted", 1)).await;
    let superuser = superuser().await;
    let (holder, asking) = (organization.member(0), organization.member(0));
    let ((taken, is_taken), (go_on, wait)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let holding = actix_web::rt::spawn(async move {
        let held = holder.write(async |tx| {
            tx.query("select 1", &[]).await?;
            taken.send(()).unwrap();
            wait.await.unwrap();
            Ok(())
        });
        held.await
    });
    is_taken.await.unwrap();
    let mut longest = Duration::ZERO;
    for _ in 0..5 {
        let started = Instant::now();
        let refused = asking.read(async |tx| Ok(tx.query("select 1", &[]).await.map(drop)?)).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        longest = longest.max(started.elapsed());
    }
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    go_on.send(()).unwrap();
    let started = Instant::now();
    asking.read(async |tx| Ok(tx.query("select 1", &[]).await.map(drop)?)).await.expect("served again");
    holding.await.unwrap().unwrap();
    println!("refused within {longest:?}, served again within {:?}", started.elapsed());
    left_open(&superuser, "exhausted", 1).await;
}

#[actix_web::test]
async fn work_that_says_nothing_sends_nothing() {
    let organization = Organization::of(0, &pool("silent", 1)).await;
    let scope = organization.system(Reason::Settling);
    let superuser = superuser().await;
    let last = "select max(state_change)::text from pg_stat_activity where application_name = 'silent'";
    let before: String = superuser.query_one(last, &[]).await.unwrap().get(0);
    scope.read(async |_| Ok(())).await.unwrap();
    scope.snapshot(async |_| Ok(())).await.unwrap();
    scope.write(async |_| Ok(())).await.unwrap();
    scope.write(async |_| Err::<(), Error>(Code::NotFound.into())).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(superuser.query_one(last, &[]).await.unwrap().get::<_, String>(0), before);
}
