//! The service acts as itself for exactly the statements inside `as_system`, however these end.

use std::time::Duration;

use peer_coaching::access::{Actor, Reason};
use peer_coaching::codes::Code;
use peer_coaching::db::WriteTx;
use peer_coaching::error::{Error, Result};

use crate::world::{Organization, pool};

/// In which capacity the database takes a statement, and for whom.
async fn capacity(tx: &WriteTx<'_>) -> Result<(String, String)> {
    let asked = "select current_setting('app.actor', true), coalesce(current_setting('app.member_id', true), '')";
    let row = tx.query_one(asked, &[]).await?;
    Ok((row.get(0), row.get(1)))
}

#[actix_web::test]
async fn it_begins_and_ends_with_the_work() {
    let organization = Organization::of(1, &pool("capacity", 1)).await;
    let me = organization.members[0].to_string();
    for (actor, name) in [
        (Actor::Member(organization.members[0]), "member"),
        (Actor::Administrator(organization.members[0]), "administrator"),
    ] {
        let scope = organization.scope(actor);
        let seen = scope.write(async |tx| {
            let inside = tx.as_system(Reason::Settling, async |tx| {
                let nested = tx.as_system(Reason::Leaving, async |tx| capacity(tx).await).await?;
                Ok([nested, capacity(tx).await?, capacity(tx).await?])
            });
            let inside = inside.await?;
            tx.as_system(Reason::Settling, async |_| Ok(())).await?; // with nothing to say
            Ok((inside, capacity(tx).await?, tx.caller().actor.name()))
        });
        let (inside, after, called) = seen.await.unwrap();
        assert_eq!(inside, [(); 3].map(|()| ("system".to_owned(), me.clone())));
        assert_eq!((after, called), ((name.to_owned(), me.clone()), name));
    }
}

#[actix_web::test]
async fn it_ends_with_a_refusal_too() {
    let organization = Organization::of(1, &pool("refused capacity", 1)).await;
    let scope = organization.member(0);
    let after = scope.write(async |tx| {
        let refused = tx.as_system(Reason::Settling, async |tx| {
            capacity(tx).await?;
            Err::<(), Error>(Code::NotAvailable.into())
        });
        assert_eq!(refused.await.unwrap_err().code(), Code::NotAvailable);
        capacity(tx).await
    });
    assert_eq!(after.await.unwrap().0, "member");
}

#[actix_web::test]
async fn it_ends_when_the_work_is_dropped_between_two_statements() {
    let organization = Organization::of(1, &pool("dropped capacity", 1)).await;
    let scope = organization.member(0);
    let after = scope.write(async |tx| {
        let dropped = tx.as_system(Reason::Settling, async |tx| {
            capacity(tx).await?;
            std::future::pending::<Result<()>>().await
        });
        assert!(tokio::time::timeout(Duration::from_millis(50), dropped).await.is_err());
        capacity(tx).await
    });
    assert_eq!(after.await.unwrap().0, "member");
}
