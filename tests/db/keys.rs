//! Keys change beside readers and writers, through kills (promise J3).

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use peer_coaching::access::{Caller, Reason};
use peer_coaching::clock::Clock;
use peer_coaching::db::{Database, DatabaseSettings, Scope, WriteTx};
use peer_coaching::ids::OrganizationId;
use peer_coaching::organizations::Organizations;
use peer_coaching::policy::rules::Settings;
use peer_coaching::vault::{Column, Vault};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use uuid::Uuid;

use crate::database::{MASTER_KEYS, connect};
use crate::world::own_database;

const NEW: &str = "new:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TEXT: Column = Column { table: "notes", name: "text", key: "key" };
const ORGANIZATIONS: usize = 300;

fn vault(keys: &str) -> Vault {
    Vault::new(keys.parse().unwrap())
}

fn scope(database: &Database, vault: &Vault, organization: OrganizationId) -> Scope {
    let caller = Caller::system(organization, Reason::Founding);
    Scope::new(database.clone(), Clock::default(), vault.clone(), caller)
}

/// A text of somebody's, sealed.
struct Sealed {
    organization: OrganizationId,
    owner: Uuid,
    bytes: Vec<u8>,
}

async fn seal(database: &Database, vault: &Vault, organization: OrganizationId) -> Sealed {
    let owner = Uuid::now_v7();
    let key = async |tx: &WriteTx<'_>| {
        tx.ready_keys(false).await?;
        Ok(tx.key_of(owner).await?)
    };
    let key = scope(database, vault, organization).write(key).await.unwrap();
    Sealed { organization, owner, bytes: key.seal(TEXT, owner, "still mine") }
}

/// Whether it opens, with keys asked of the database anew: nothing is remembered.
async fn opens(database: &Database, keys: &str, sealed: &Sealed) -> bool {
    let found = scope(database, &vault(keys), sealed.organization)
        .write(async |tx| {
            tx.ready_keys(false).await?;
            Ok(tx.key_of(sealed.owner).await?.open(TEXT, sealed.owner, &sealed.bytes))
        })
        .await;
    matches!(found, Ok(Ok(text)) if text == "still mine")
}

/// `keys rotate` for all of these.
fn rotate(config: &Config, folder: &std::path::Path, keys: &str, organizations: &[OrganizationId]) -> Child {
    std::fs::write(folder.join("secret"), "a secret of the tests that is longer than 32 bytes").unwrap();
    let listed = organizations.iter().map(|id| format!("\"{id}\" = \"{id}\"\n")).collect::<String>();
    let issuer = format!(
        "[[issuers]]\nissuer = \"https://identity.example.com\"\naudiences = [\"peer-coaching\"]\n\
         algorithms = [\"HS256\"]\nshared_secret_file = \"secret\"\norganization_claim = \"org\"\n\
         [issuers.organizations]\n{listed}"
    );
    std::fs::write(folder.join("issuers.toml"), issuer).unwrap();
    let [Host::Unix(sockets)] = config.get_hosts() else { panic!("{config:?}") };
    let url = format!(
        "postgresql:///{}?host={}&port=5432&user=peer_coaching_app",
        config.get_dbname().unwrap(),
        sockets.display()
    );
    Command::new(env!("CARGO_BIN_EXE_peer-coaching"))
        .args(["keys", "rotate"])
        .env("DATABASE_URL", url)
        .env("ISSUERS_FILE", folder.join("issuers.toml"))
        .env("MASTER_KEYS", keys)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[actix_web::test]
async fn a_rotation_is_killed_and_goes_on_while_everybody_reads_and_writes() {
    let config = own_database("rotation").await;
    let database = DatabaseSettings::new(config("peer_coaching_app")).unwrap().pool(4);
    let (old, both) = (vault(MASTER_KEYS), format!("{NEW},{MASTER_KEYS}"));
    let operator = Organizations { database: &database, clock: &Clock::default(), vault: &old };
    let mut sealed = Vec::new();
    for number in 0..ORGANIZATIONS {
        let organization = operator.found(&format!("Company {number}"), Settings::default()).await.unwrap();
        sealed.push(seal(&database, &old, organization).await);
    }
    let all = sealed.iter().map(|sealed| sealed.organization).collect::<Vec<_>>();
    let superuser = connect(config("postgres")).await;
    let under = async |master: &str| -> i64 {
        let count = "select count(*) from peer_coaching.organization_keys where master = $1";
        superuser.query_one(count, &[&master]).await.unwrap().get(0)
    };

    // Readers and writers, each with both keys, all the while.
    let (over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let sealed = Arc::new(sealed);
    let reader = {
        let (over, reads, sealed, both) = (over.clone(), reads.clone(), sealed.clone(), both.clone());
        let database = database.clone();
        actix_web::rt::spawn(async move {
            let mut written = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let number = reads.fetch_add(1, Ordering::Relaxed) % ORGANIZATIONS;
                assert!(opens(&database, &both, &sealed[number]).await, "a text did not open");
                written.push(seal(&database, &vault(&both), sealed[number].organization).await);
            }
            written
        })
    };

    let folder = std::env::temp_dir().join(format!("pc-rotation-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut kills, mut before) = (0, 0);
    loop {
        let mut child = rotate(&config("peer_coaching_app"), &folder, &both, &all);
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            let done = under("new").await;
            if done > before + 20 && done < ORGANIZATIONS as i64 {
                before = done;
                child.kill().unwrap(); // SIGKILL, in the middle
                child.wait().unwrap();
                break None;
            }
            tokio::time::sleep(Duration::from_millis(1)).await; // between two looks
        };
        match ended {
            Some(status) => {
                assert!(status.success());
                break;
            }
            None => kills += 1,
        }
    }
    over.store(true, Ordering::Relaxed);
    let written = reader.await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    println!("{kills} kills, {} reads and as many new owners beside it", reads.load(Ordering::Relaxed));
    assert!(kills >= 2, "nothing was interrupted");
    assert_eq!((under("new").await, under("test").await), (ORGANIZATIONS as i64, 0));

    // Without the old key everything opens; without the new one (the control) nothing does.
    for sealed in sealed.iter().step_by(10).chain(written.iter().step_by(10)) {
        assert!(opens(&database, NEW, sealed).await);
        assert!(!opens(&database, MASTER_KEYS, sealed).await);
    }
}

#[actix_web::test]
async fn two_rotations_at_once_and_one_who_has_no_key_yet() {
    let config = own_database("rotations").await;
    let database = DatabaseSettings::new(config("peer_coaching_app")).unwrap().pool(4);
    let (clock, old, both) = (Clock::default(), vault(MASTER_KEYS), vault(&format!("{NEW},{MASTER_KEYS}")));
    let operator = |vault| Organizations { database: &database, clock: &clock, vault };
    let organization = operator(&old).found("Company", Settings::default()).await.unwrap();
    let sealed = seal(&database, &old, organization).await;
    let (operator, superuser) = (operator(&both), connect(config("postgres")).await);
    let (one, other) =
        futures_util::future::join(operator.ready_keys(organization, true), operator.ready_keys(organization, true))
            .await;
    assert_eq!(usize::from(one.unwrap()) + usize::from(other.unwrap()), 1);
    assert!(opens(&database, NEW, &sealed).await);

    // The first words of one person, written in many places at once: one key.
    let owner = Uuid::now_v7();
    let keys = (0..12).map(|_| {
        let scope = scope(&database, &both, organization);
        async move { scope.write(async |tx| Ok(tx.key_of(owner).await?)).await.unwrap() }
    });
    let keys = futures_util::future::join_all(keys).await;
    let text = keys[0].seal(TEXT, owner, "one key");
    assert!(keys.iter().all(|key| key.open(TEXT, owner, &text).unwrap() == "one key"));

    // An organization from before there were keys gets one when it is looked after, once.
    superuser
        .batch_execute("delete from peer_coaching.owner_keys; delete from peer_coaching.organization_keys")
        .await
        .unwrap();
    let (one, other) =
        futures_util::future::join(operator.ready_keys(organization, false), operator.ready_keys(organization, false))
            .await;
    assert_eq!((one.unwrap(), other.unwrap()), (false, false));
    assert!(!opens(&database, NEW, &sealed).await, "it is another key");
}
