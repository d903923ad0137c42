//! Rolling restarts (promise C4): one process after the other is replaced while people read and write, and nobody notices.
//!
//! As in a cluster, the list of those to ask is a moment behind: it still names a process that was told to stop already.
//! The control stops at once, as a service does that does not know of that moment.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::Value;

use crate::arena::{Arena, Racer, rounds};

/// Who asks at one time, each by connections of their own.
const PEOPLE: usize = 8;

/// How far the list is behind.
const BEHIND: Duration = Duration::from_millis(200);

/// For how many seconds those go on who know better: as `serve` does.
const DRAIN: u16 = 5;

/// What came of it.
#[derive(Debug, Default)]
struct Rolled {
    answered: Cell<usize>,
    failed: RefCell<Vec<String>>,
    restarts: Cell<usize>,
}

/// Reads and writes in turns, from whichever process is on the list, until it is over.
async fn ask(arena: &Arena, racer: &Racer, list: &RefCell<Vec<String>>, over: &Cell<bool>, rolled: &Rolled) {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    for number in 0.. {
        if over.get() {
            return;
        }
        let address = arena.any(&list.borrow()).clone();
        let call = match number % 3 {
            0 => racer.post("/v1/me/calendar-feed", Value::Null),
            _ => racer.get("/v1/me"),
        };
        let request = client.request(call.method.clone(), format!("{address}{}", call.path)).bearer_auth(&call.token);
        let answer = match request.send().await {
            Ok(answer) if answer.status().is_success() => answer.bytes().await.map(drop).map_err(|e| format!("{e:?}")),
            Ok(answer) => Err(answer.status().to_string()),
            Err(error) => Err(format!("{error:?}")),
        };
        match answer {
            Ok(()) => rolled.answered.set(rolled.answered.get() + 1),
            Err(failure) => rolled.failed.borrow_mut().push(format!("{} {}: {failure}", call.method, call.path)),
        }
    }
}

/// Replaces one process after the other while people ask, for as long as `enough` says.
async fn rolled(arena: &Arena, people: &[Racer], drain: u16, enough: impl Fn(&Rolled) -> bool) -> Rolled {
    let mut replicas = vec![arena.another(drain).await, arena.another(drain).await];
    let list = RefCell::new(replicas.iter().map(|replica| replica.address.clone()).collect::<Vec<_>>());
    let (rolled, over) = (Rolled::default(), Cell::new(false));
    let asking = join_all(people.iter().map(|racer| ask(arena, racer, &list, &over, &rolled)));
    let rolling = async {
        while !enough(&rolled) {
            let new = arena.another(drain).await;
            list.borrow_mut().push(new.address.clone());
            let old = replicas.remove(0);
            replicas.push(new);
            old.tell_to_stop();
            tokio::time::sleep(BEHIND).await; // what is tested: a list that is late
            list.borrow_mut().retain(|address| *address != old.address);
            tokio::task::spawn_blocking(|| old.ended()).await.unwrap();
            rolled.restarts.set(rolled.restarts.get() + 1);
        }
        over.set(true);
    };
    join(asking, rolling).await;
    for replica in replicas {
        replica.stop();
    }
    rolled
}

#[actix_web::test]
async fn nobody_notices_that_processes_are_replaced() {
    let arena = Arena::new("restarts").await;
    let people = arena.racers("p", PEOPLE).await;

    let has_failed = |rolled: &Rolled| !rolled.failed.borrow().is_empty();
    let naive = rolled(&arena, &people, 0, has_failed).await;
    let is_enough = |rolled: &Rolled| rolled.answered.get() >= rounds(10_000) && rolled.restarts.get() >= 3;
    let drained = rolled(&arena, &people, DRAIN, |rolled| is_enough(rolled) || has_failed(rolled)).await;
    println!(
        "restarts: with a drain {} of {} failed in {} restarts; stopped at once {} of {} in {}",
        drained.failed.borrow().len(),
        drained.answered.get(),
        drained.restarts.get(),
        naive.failed.borrow().len(),
        naive.answered.get(),
        naive.restarts.get(),
    );
    assert_eq!(drained.failed.take(), Vec::<String>::new());
    arena.finish_besieged().await;
}
