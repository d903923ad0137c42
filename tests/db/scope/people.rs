//! The locks of two people: really exclusive, and never a circle.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use peer_coaching::ids::MemberId;
use tokio_postgres::error::SqlState;

use crate::world::{Organization, pool, superuser};

#[actix_web::test]
async fn two_who_ask_for_each_other_take_turns() {
    let organization = Rc::new(Organization::of(3, &pool("turns", 4)).await);
    let inside = Rc::new(Cell::new(0));
    let turns = Rc::new(Cell::new(0));
    let mut waited = 0;
    for round in 0..100 {
        // ana and ben from both sides, and ben with a third: two always share somebody
        let pairs = [[0, 1], [1, 0], [2, 1]];
        let tasks = pairs.map(|pair| {
            let (organization, inside, turns) = (Rc::clone(&organization), Rc::clone(&inside), Rc::clone(&turns));
            actix_web::rt::spawn(async move {
                let people = pair.map(|number| organization.members[number]);
                let scope = organization.member(pair[0]);
                let held = scope.write(async |tx| {
                    let before = turns.get();
                    tx.lock_people(&people).await?;
                    assert_eq!(inside.replace(1), 0, "two are inside at once");
                    let waited = turns.replace(turns.get() + 1) > before;
                    tx.query("select pg_sleep(0.001)", &[]).await?;
                    assert_eq!(inside.replace(0), 1);
                    Ok(waited)
                });
                held.await
            })
        });
        for task in tasks {
            waited += usize::from(task.await.unwrap().unwrap_or_else(|error| panic!("round {round}: {error}")));
        }
    }
    println!("100 rounds of three: {waited} waited for another");
    assert!(waited > 50, "they hardly met");
}

#[actix_web::test]
async fn somebody_elses_lock_is_no_obstacle() {
    let (one, other) = (Organization::of(4, &pool("apart", 2)).await, Organization::of(1, &pool("apart too", 1)).await);
    let (scope, aside) = (one.member(0), one.member(2));
    let both = scope.write(async |tx| {
        tx.lock_people(&one.members[..2]).await?;
        aside.write(async |tx| Ok(tx.lock_people(&one.members[2..]).await?)).await?;
        // the same person's id in another organization is another person
        other.member(0).write(async |tx| Ok(tx.lock_people(&one.members).await?)).await
    });
    both.await.unwrap();
}

#[actix_web::test]
async fn waiting_has_an_end() {
    let organization = Organization::of(1, &pool("patience", 2)).await;
    let (holder, waiter) = (organization.member(0), organization.member(0));
    let me = [organization.members[0]];
    let outcome = holder.write(async |tx| {
        tx.lock_people(&me).await?;
        let waited = waiter.write(async |tx| Ok(tx.lock_people(&me).await?)).await;
        assert!(matches!(waited, Err(peer_coaching::error::Error::Unavailable(_))), "{waited:?}");
        Ok(())
    });
    outcome.await.unwrap();
}

/// The control: in the order in which they come to mind, two lock each other out.
#[actix_web::test]
async fn without_an_order_they_do_deadlock() {
    let clients = [superuser().await, superuser().await];
    let [ana, ben] = [MemberId::new(), MemberId::new()].map(|member| member.to_string());
    let lock = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
    for client in &clients {
        client.batch_execute("begin; set local deadlock_timeout = '20ms'").await.unwrap();
    }
    clients[0].query(lock, &[&ana]).await.unwrap();
    clients[1].query(lock, &[&ben]).await.unwrap();
    let second = async |client: &tokio_postgres::Client, person: &String| {
        let outcome = client.query(lock, &[person]).await;
        client.batch_execute("rollback").await.unwrap();
        outcome.err().and_then(|error| error.code().cloned())
    };
    let both = futures_util::future::join(second(&clients[0], &ben), second(&clients[1], &ana));
    let (one, other) = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    assert!([one, other].contains(&Some(SqlState::T_R_DEADLOCK_DETECTED)));
}
