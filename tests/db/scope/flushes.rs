//! How often a transaction goes over the network, counted on the way: the opening travels with the first statement.

use peer_coaching::access::Reason;
use peer_coaching::cycles::rules::CycleRef;
use peer_coaching::db::{Database, DatabaseSettings};
use peer_coaching::next_step::{self, rules::Kind};
use peer_coaching::participations::{self, rules::Answer, rules::Topics};
use peer_coaching::{pairings, reflections};
use tokio_postgres::Config;

use crate::database;
use crate::way::Way;
use crate::world::Organization;

/// A pool of one connection over this way.
fn pool(way: &Way) -> Database {
    let mut config = Config::new();
    config.host_path(way.folder()).port(5432).user("peer_coaching_app").dbname("coaching");
    DatabaseSettings::new(config).unwrap().pool(1)
}

#[actix_web::test]
async fn the_opening_travels_with_the_first_statement() {
    let way = Way::new();
    let organization = Organization::of(3, &database::settings("peer_coaching_app").pool(1)).await.over(&pool(&way));
    let scope = organization.member(0);
    let one = "select member_id from members where organization_id = $1";
    let another = "select name from organizations where organization_id = $1";
    let mut counted = Vec::new();
    for _ in ["cold", "warm"] {
        counted.clear();
        way.spoken().await;
        scope.read(async |tx| Ok(tx.query(one, &[&tx.organization()]).await.map(drop)?)).await.unwrap();
        counted.push(("read", way.spoken().await));
        let two = scope.read(async |tx| {
            tx.query(one, &[&tx.organization()]).await?;
            Ok(tx.query(another, &[&tx.organization()]).await.map(drop)?)
        });
        two.await.unwrap();
        counted.push(("read of two", way.spoken().await));
        let joined = scope.read(async |tx| {
            let id = tx.organization();
            let (ids, names): ([&(dyn tokio_postgres::types::ToSql + Sync); 1], _) = ([&id], [&id as _]);
            let (one, another) = futures_util::future::join(tx.query(one, &ids), tx.query(another, &names)).await;
            Ok(one.and(another).map(drop)?)
        });
        joined.await.unwrap();
        counted.push(("read of two together", way.spoken().await));
        scope.snapshot(async |tx| Ok(tx.query(one, &[&tx.organization()]).await.map(drop)?)).await.unwrap();
        counted.push(("snapshot", way.spoken().await));
        scope.write(async |tx| Ok(tx.query(one, &[&tx.organization()]).await.map(drop)?)).await.unwrap();
        counted.push(("write", way.spoken().await));
        let as_system = scope.write(async |tx| {
            tx.query(one, &[&tx.organization()]).await?;
            let inside = tx.as_system(Reason::Settling, async |tx| Ok(tx.query(one, &[&tx.organization()]).await?));
            inside.await?;
            Ok(tx.query(one, &[&tx.organization()]).await.map(drop)?)
        });
        as_system.await.unwrap();
        counted.push(("write of three, one as the service", way.spoken().await));
    }
    let expected = [
        ("read", 1),
        ("read of two", 2),
        ("read of two together", 1),
        ("snapshot", 2), // the second is the commit that nobody waits for
        ("write", 2),
        ("write of three, one as the service", 4),
    ];
    assert_eq!(counted, expected);
    asking(&way, &organization).await;
    told_next(&way, &organization).await;
}

/// What there is to do next: everything is asked at once; of whoever is to pick a coach also whether there is anybody.
async fn told_next(way: &Way, organization: &Organization) {
    let scope = organization.member(1);
    let opted_in = scope.write(async |tx| {
        participations::answer(tx, CycleRef::Current, None, Answer::OptedIn, Topics::default()).await?;
        reflections::put(tx, CycleRef::Current, None, true, None).await.map(drop)
    });
    opted_in.await.unwrap();
    for (number, picks, expected) in [(0, false, 1), (1, true, 2)] {
        for warm in [false, true] {
            way.spoken().await;
            let told = next_step::get(&organization.member(number)).await.unwrap();
            let kinds = told.step.iter().chain(&told.others).map(|step| step.kind).collect::<Vec<_>>();
            assert_eq!(kinds.contains(&Kind::PickCoach), picks, "{kinds:?}");
            let spoken = way.spoken().await;
            assert!(!warm || spoken == expected, "{spoken} flushes, picks {picks}");
        }
    }
}

/// Asking for a coach, from the verb to the commit.
async fn asking(way: &Way, organization: &Organization) {
    let scope = organization.member(0);
    let prepared = scope.write(async |tx| {
        participations::answer(tx, CycleRef::Current, None, Answer::OptedIn, Topics::default()).await?;
        reflections::put(tx, CycleRef::Current, None, true, None).await.map(drop)
    });
    prepared.await.unwrap();
    for (coach, warm) in [(1, false), (2, true)] {
        way.spoken().await;
        let coach = organization.members[coach];
        scope.write(async |tx| pairings::request(tx, CycleRef::Current, coach).await).await.unwrap();
        let spoken = way.spoken().await;
        println!("asking for a coach: {spoken} flushes, warm {warm}");
        assert!(!warm || spoken <= 6, "{spoken}");
    }
}
