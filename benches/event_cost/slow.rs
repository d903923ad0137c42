//! Fifty receivers, of which thirty-five are slow, dead or without measure: what the other fifteen feel of it (promise D5).

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use peer_coaching::db::Scope;
use peer_coaching::ids::OrganizationId;
use peer_coaching::life::Life;
use peer_coaching::webhooks::deliveries::sending::{DELIVERING, Deliverer};
use peer_coaching::webhooks::rules::Reach;
use peer_coaching::webhooks::{self, AddWebhook};
use tokio_postgres::Client;

use crate::receiver::Receiver;
use crate::{database, meter};

/// What a receiver can do to whoever sends.
#[derive(Clone, Copy)]
enum Bad {
    /// Takes the request and says nothing.
    Hangs,
    /// Takes no connection.
    Refuses,
    /// A byte a second.
    Drips,
    /// A gigabyte.
    Floods,
}

const BAD: [(Bad, usize); 4] = [(Bad::Hangs, 10), (Bad::Refuses, 10), (Bad::Drips, 10), (Bad::Floods, 5)];
const HEALTHY: usize = 15;

/// How many events, and how long after one another.
const EVENTS: usize = 100;
const EACH: Duration = Duration::from_millis(200);

/// How long from the commit until the healthy have it, but for one in twenty.
const MOST: Duration = Duration::from_secs(2);

/// How much more memory this process may hold afterwards, in megabytes; it is that of the receivers too.
const MOST_MEMORY: f64 = 20.0;

fn answer(bad: Bad, mut to: TcpStream) -> std::io::Result<()> {
    match bad {
        Bad::Hangs | Bad::Refuses => thread::sleep(Duration::from_secs(60)),
        Bad::Drips => {
            for byte in b"HTTP/1.1 204 No Content\r\nx-this: takes a minute, and is never over\r\n\r\n" {
                to.write_all(&[*byte])?;
                thread::sleep(Duration::from_secs(1));
            }
        }
        Bad::Floods => {
            to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")?;
            for _ in 0..16_384 {
                to.write_all(&[0; 65_536])?;
            }
        }
    }
    Ok(())
}

/// The address of such a receiver.
fn bad(how: Bad) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    if !matches!(how, Bad::Refuses) {
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(how, stream));
            }
        });
    }
    url
}

/// Tells fifty receivers of an event five times a second; says whether the healthy had it in time.
pub async fn slow(superuser: &Client, program: &Scope, organization: OrganizationId) -> bool {
    let empty =
        "delete from peer_coaching.deliveries; delete from peer_coaching.webhooks; delete from peer_coaching.events";
    superuser.batch_execute(empty).await.expect("nothing is waiting");
    let healthy = (0..HEALTHY).map(|_| Receiver::new()).collect::<Vec<_>>();
    let urls = BAD.into_iter().flat_map(|(how, number)| (0..number).map(move |_| bad(how)));
    for url in urls.chain(healthy.iter().map(|one| one.url.clone())) {
        let wanted = || AddWebhook { url: url.clone(), types: Some(vec!["next_step.due".into()]) };
        program.write(async |tx| webhooks::add(tx, wanted(), Reach::Anywhere).await).await.expect("a webhook");
    }
    let deliverer = Deliverer::new(vec![organization], program.clock().clone(), database::vault(), Reach::Anywhere);
    let pool = database::settings("peer_coaching_app").pool(DELIVERING);
    let delivering = actix_web::rt::spawn(deliverer.expect("a client").run(pool, Life::default()));

    let memory = meter::resident(std::process::id());
    let (mut told, mut seen, mut took) = (Vec::new(), [0; HEALTHY], Vec::new());
    let begun = Instant::now();
    while took.len() < EVENTS * HEALTHY && begun.elapsed() < Duration::from_secs(120) {
        if told.len() < EVENTS && begun.elapsed() >= EACH * u32::try_from(told.len()).expect("a few") {
            superuser.execute(crate::NOW, &[&organization, &1]).await.expect("an event");
            told.push(Instant::now());
        }
        for (receiver, seen) in healthy.iter().zip(&mut seen) {
            let got = receiver.got().len().min(told.len());
            took.extend(told[*seen..got].iter().map(Instant::elapsed));
            *seen = got.max(*seen);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let grown = meter::resident(std::process::id()) - memory;
    delivering.abort();
    took.sort();
    let late = took.get(EVENTS * HEALTHY * 95 / 100).copied().unwrap_or(Duration::MAX);
    let well = if late <= MOST && grown <= MOST_MEMORY { "OK  " } else { "OVER" };
    println!(
        "{well} {} of {} deliveries to {HEALTHY} healthy among 35 bad receivers: half within {:.0} ms, 95 % within {:.0} ms of the \
         commit, at most {} ms; {grown:.1} MB more memory, at most {MOST_MEMORY} MB",
        took.len(),
        EVENTS * HEALTHY,
        took.get(took.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3,
        late.as_secs_f64() * 1e3,
        MOST.as_millis(),
    );
    late <= 2 * MOST
}
