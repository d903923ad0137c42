//! B3: PostgreSQL is restarted under load, in peace and as after a crash.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::{join_all, join3};
use reqwest::Method;

use crate::ground::{Program, Server, Service, heard, until};

/// Who asks without pause.
const READERS: usize = 4;

#[actix_web::test]
async fn a_restart_is_told_as_503_and_heals_by_itself() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let service = Service::start(&server.url(), &[organization], &[]);
    let program = Program::of(&service, organization);
    let ana = service.member(organization, "ana");
    ana.id().await;
    let (over, read, refused, dead) = (Cell::new(false), Cell::new(0), Cell::new(0), Cell::new(0));
    let ready = RefCell::new(BTreeSet::new());

    let reading = join_all((0..READERS).map(|_| async {
        while !over.get() {
            let good = heard(ana.request(Method::GET, "/v1/me")).await.is_good_or_unavailable();
            let told = if good { &read } else { &refused };
            told.set(told.get() + 1);
            tokio::time::sleep(Duration::from_millis(if good { 0 } else { 10 })).await;
        }
    }));
    let probing = async {
        while !over.get() {
            let told = service.probed("/readyz").await.answer.status.as_u16();
            ready.borrow_mut().insert(told);
            let lives = service.probed("/livez").await.is_good();
            dead.set(dead.get() + usize::from(!lives));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let restarting = async {
        let mut healed = Vec::new();
        for mode in ["fast", "immediate", "fast", "immediate"] {
            program.gets_on(20).await;
            let held = server.above().await;
            ready.borrow_mut().clear();
            let refused_before = program.heard(503);
            server.stop(mode).await;
            until("it says that it is not ready", async || ready.borrow().contains(&503)).await;
            assert!(held.query_one("select 1", &[]).await.is_err(), "{mode}: a connection outlived its server");
            assert!(program.heard(503) > refused_before, "{mode}: nobody noticed");
            server.start().await;
            if crate::planted("B3") {
                server.does("alter table members rename to others").await;
            }
            let begun = Instant::now();
            program.gets_on(1).await;
            healed.push(begun.elapsed());
            ready.borrow_mut().clear();
            until("it says that it is ready", async || ready.borrow().contains(&200)).await;
        }
        program.gets_on(20).await;
        program.stops();
        over.set(true);
        healed
    };
    let (healed, ..) = join3(restarting, program.works(4), futures_util::future::join(reading, probing)).await;

    let slowest = healed.iter().max().unwrap();
    println!(
        "B3 {} restarts, fast and immediate × {} changes and {} reads answered, {} and {} told 503, nothing else; lost {}; \
         /livez never away; the first change {:.2} s after the start, at the latest × the same connection without a pool: \
         dead each time",
        healed.len(),
        program.acknowledged(),
        read.get(),
        program.heard(503),
        refused.get(),
        program.lost(&server).await,
        slowest.as_secs_f64(),
    );
    assert_eq!((program.lost(&server).await, dead.get()), (0, 0));
    assert!(*slowest < Duration::from_secs(10), "{slowest:?}");
    assert!(refused.get() > 0, "nobody who read noticed");
    service.finish();
}
