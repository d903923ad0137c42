//! How often a transaction goes over the network, counted on the way: the opening travels with the first statement.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use peer_coaching::access::Reason;
use peer_coaching::cycles::rules::CycleRef;
use peer_coaching::db::{Database, DatabaseSettings};
use peer_coaching::participations::{self, rules::Answer};
use peer_coaching::{pairings, reflections};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::database;
use crate::world::Organization;

/// How long an answer takes through the way that is counted: what waits for one is a flush of its own.
const ANSWER: Duration = Duration::from_millis(5);

/// A way to the server on which everything that the client sends at once is counted as one.
struct Way {
    flushes: Arc<AtomicUsize>,
    folder: PathBuf,
}

impl Drop for Way {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Way {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("pc-way-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let server = database::config("postgres");
        let [Host::Unix(sockets)] = server.get_hosts() else { panic!("{server:?}") };
        let (from, to) = (folder.join(".s.PGSQL.5432"), sockets.join(".s.PGSQL.5432"));
        let flushes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&flushes);
        let (ready, waiting) = std::sync::mpsc::channel();
        // on a thread of its own, so that it never sees two flushes as one because it was busy
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listener = UnixListener::bind(from).unwrap();
                ready.send(()).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = UnixStream::connect(&to).await.unwrap().into_split();
                    let counted = Arc::clone(&counted);
                    actix_web::rt::spawn(pass(from_client, to_server, Duration::ZERO, move || {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }));
                    actix_web::rt::spawn(pass(from_server, to_client, ANSWER, || ()));
                }
            });
        });
        waiting.recv().unwrap();
        Self { flushes, folder }
    }

    fn pool(&self) -> Database {
        let mut config = Config::new();
        config.host_path(&self.folder).port(5432).user("peer_coaching_app").dbname("coaching");
        DatabaseSettings::new(config).unwrap().pool(1)
    }

    /// How often the client has spoken since the last question; what it sends without waiting is there by then.
    async fn spoken(&self) -> usize {
        tokio::time::sleep(ANSWER * 4).await;
        self.flushes.swap(0, Ordering::Relaxed)
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    later: Duration,
    seen: impl Fn(),
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        seen();
        tokio::time::sleep(later).await;
        if to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
}

#[actix_web::test]
async fn the_opening_travels_with_the_first_statement() {
    let way = Way::new();
    let organization = Organization::of(3, &database::settings("peer_coaching_app").pool(1)).await.over(&way.pool());
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
}

/// Asking for a coach, from the verb to the commit.
async fn asking(way: &Way, organization: &Organization) {
    let scope = organization.member(0);
    let prepared = scope.write(async |tx| {
        participations::answer(tx, CycleRef::Current, None, Answer::OptedIn).await?;
        reflections::mark(tx, CycleRef::Current, None, true).await.map(drop)
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
