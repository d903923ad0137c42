//! The order of events: however late somebody commits, whoever follows the cursor meets each event once (finding 16). The
//! control reads by the number that each event was given, and loses some.

use peer_coaching::access::{Actor, Integration, Scopes};
use peer_coaching::db::{DatabaseSettings, Scope};
use peer_coaching::events;
use peer_coaching::events::rules::{Kept, Place};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_postgres::Client;

use crate::database::{self, connect};
use crate::world::{Organization, own_database, superuser};

/// How many write at the same time, and how often.
const WRITERS: usize = 16;
const ROUNDS: usize = 40;

const TELL: &str = "insert into events (organization_id, cluster, type, occurred_at) values ($1, this_cluster(), 'policy.changed', now())
    returning event_id";

/// Writes, and commits when many others have written meanwhile: the more often, the later its turn comes.
async fn write(mut client: Client, organization: uuid::Uuid, number: usize) -> Vec<uuid::Uuid> {
    let mut written = Vec::new();
    for round in 0..ROUNDS {
        let tx = client.transaction().await.unwrap();
        let row = tx.query_one(TELL, &[&organization]).await.unwrap();
        for _ in 0..(number * 7 + round * 3) % 11 {
            tx.query_one("select count(*) from pg_class", &[]).await.unwrap(); // takes its time
        }
        if (number + round) % 10 == 3 {
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
            written.push(row.get(0));
        }
    }
    written
}

/// Follows the feed as a program does.
async fn follow(program: &Scope, after: &mut Option<Place>, met: &mut Vec<uuid::Uuid>) {
    let feed = events::list(program, *after, None, 7, Kept::default()).await.unwrap();
    met.extend(feed.events.iter().map(|event| event.id));
    *after = Some(feed.next);
}

/// Follows the numbers, as one would without thinking.
async fn follow_numbers(client: &Client, organization: uuid::Uuid, after: &mut i64, met: &mut BTreeSet<uuid::Uuid>) {
    let next =
        "select event_id, ordinal from events where organization_id = $1 and ordinal > $2 order by ordinal limit 7";
    for row in client.query(next, &[&organization, &*after]).await.unwrap() {
        met.insert(row.get(0));
        *after = row.get(1);
    }
}

#[actix_web::test]
async fn whoever_follows_meets_each_event_once_however_late_it_commits() {
    let config = own_database("late_events").await;
    let pool = DatabaseSettings::new(config("peer_coaching_app")).unwrap().pool(2);
    let organization = Organization::of(1, &pool).await;
    let id = organization.id.uuid();
    let program =
        Integration { id: uuid::Uuid::now_v7(), subject: "program".into(), scopes: Scopes::among(["events:read"]) };
    let program = organization.scope(Actor::Integration(Arc::new(program)));
    let control = connect(config("postgres")).await;
    control.batch_execute("set search_path = peer_coaching").await.unwrap();
    let first = control.query_one("select count(*) from events", &[]).await.unwrap().get::<_, i64>(0);

    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let client = connect(config("postgres")).await;
        client.batch_execute("set search_path = peer_coaching").await.unwrap();
        writers.push(actix_web::rt::spawn(write(client, id, number)));
    }
    let (mut after, mut met) = (None, Vec::new());
    let (mut number, mut counted) = (0, BTreeSet::new());
    while !writers.iter().all(|writer| writer.is_finished()) {
        follow(&program, &mut after, &mut met).await;
        follow_numbers(&control, id, &mut number, &mut counted).await;
    }
    let mut written = BTreeSet::new();
    for writer in writers {
        written.extend(writer.await.unwrap());
    }
    // other tests have transactions under way in the same cluster: what is behind those is told when they end
    let (all, began) = (written.len() + usize::try_from(first).unwrap(), std::time::Instant::now());
    while met.len() < all && began.elapsed() < std::time::Duration::from_secs(120) {
        follow(&program, &mut after, &mut met).await;
        follow_numbers(&control, id, &mut number, &mut counted).await;
    }
    let once = met.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(met.len(), once.len(), "none twice");
    let missing = written.difference(&once).count();
    assert_eq!((missing, once.len()), (0, all), "none missing, none invented");
    let lost = written.difference(&counted).count();
    println!("{} events, {lost} lost by number", written.len());
    assert!(lost > 0, "the control loses some, or this proves nothing");
}

/// Two change the same thing, and who began first is the last to change it: the feed tells it first (promise D2).
#[actix_web::test]
async fn what_happened_last_to_a_thing_has_the_greatest_number_in_whichever_order_it_is_told() {
    let pool = DatabaseSettings::new(database::config("peer_coaching_app")).unwrap().pool(2);
    let organization = Organization::of(1, &pool).await;
    let member = organization.members[0].uuid();
    let (mut early, late) = (superuser().await, superuser().await);
    let says =
        |active: bool| format!("update peer_coaching.members set active = {active} where member_id = '{member}'");
    let tx = early.transaction().await.unwrap();
    tx.query_one("select pg_current_xact_id()", &[]).await.unwrap();
    late.batch_execute(&says(false)).await.unwrap();
    tx.batch_execute(&says(true)).await.unwrap();
    tx.commit().await.unwrap();

    let program =
        Integration { id: uuid::Uuid::now_v7(), subject: "program".into(), scopes: Scopes::among(["events:read"]) };
    let program = organization.scope(Actor::Integration(Arc::new(program)));
    let (mut after, mut told) = (None, Vec::new());
    while told.len() < 2 {
        let feed = events::list(&program, after, None, 100, Kept::default()).await.unwrap();
        let of_them = |event: &events::Event| ["member.left", "member.returned"].contains(&&*event.kind);
        told.extend(feed.events.into_iter().filter(of_them));
        after = Some(feed.next);
    }
    let kinds = |told: &[events::Event]| told.iter().map(|event| event.kind.clone()).collect::<Vec<_>>();
    assert_eq!(kinds(&told), ["member.returned", "member.left"], "the order alone misleads, or this proves nothing");
    told.sort_by_key(|event| event.sequence);
    assert_eq!(kinds(&told), ["member.left", "member.returned"]);
}

#[actix_web::test]
async fn each_type_that_the_database_tells_is_known() {
    let config = own_database("told_types").await;
    let owner = connect(config("peer_coaching_owner")).await;
    let sources = "select prosrc from pg_proc where pronamespace = 'peer_coaching'::regnamespace and proname like 'tell\\_of\\_%'";
    let text = owner.query(sources, &[]).await.unwrap().iter().map(|row| row.get::<_, String>(0)).collect::<String>();
    let known = events::rules::EventType::ALL.iter().map(|one| one.name());
    // a verb of its own, or the state of the thing
    let states = ["declined", "withdrawn", "expired", "completed", "ended", "lapsed", "held", "missed", "cancelled"];
    for name in known.filter(|name| !["next_step.due", "webhook.disabled", "webhook.tested"].contains(name)) {
        let (noun, verb) = name.split_once('.').unwrap();
        assert!(text.contains(&format!("'{noun}.")), "{name}");
        assert!(
            text.contains(&format!("'{verb}'")) || text.contains(&format!("'{name}'")) || states.contains(&verb),
            "{name}"
        );
    }
}
