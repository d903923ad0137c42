//! B2: the primary dies, and its standby takes over; with a synchronous standby nothing that was acknowledged is lost.

use std::time::{Duration, Instant};

use futures_util::future::join;

use crate::ground::{Program, Server, Service, Way, until, url};

/// Writers at one time.
const WRITERS: usize = 8;

/// Until when it must write again: a busy machine has all it wants.
const SOON: Duration = Duration::from_secs(20);

/// What came of one failover.
struct Outcome {
    acknowledged: usize,
    lost: usize,
    again: Duration,
}

/// The primary and its standby are parted for a moment; then the primary dies, and the standby is promoted.
async fn fails_over(synchronous: bool) -> Outcome {
    let primary = Server::new().await;
    let organization = primary.founded(&["Example"]).await[0];
    let link = Way::to(&primary);
    let standby = primary.standby(&link).await;
    if synchronous {
        primary.does("alter system set synchronous_standby_names = '*'").await;
        primary.does("select pg_reload_conf()").await;
        let sync = "select count(*) from pg_stat_replication where sync_state = 'sync'";
        primary.comes_true("the standby is waited for", sync, 1).await;
    }
    let (to_primary, to_standby) = (Way::to(&primary), Way::to(&standby));
    let service = Service::start(&url(&[&to_primary, &to_standby]), &[organization], &[]);
    let program = Program::of(&service, organization);
    let failing = async {
        program.gets_on(100).await;
        link.falls_still();
        if synchronous {
            let waits = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
            primary.comes_true("commits wait for the standby", waits, WRITERS as i64).await;
        } else {
            program.gets_on(100).await;
        }
        primary.kill().await;
        link.shuts();
        let refused = program.heard(503);
        until("it is noticed", async || program.heard(503) > refused).await;
        standby.promote().await;
        let promoted = Instant::now();
        program.gets_on(1).await;
        let again = promoted.elapsed();
        program.gets_on(100).await;
        program.stops();
        again
    };
    let (again, ()) = join(failing, program.works(WRITERS)).await;
    let outcome = Outcome { acknowledged: program.acknowledged(), lost: program.lost(&standby).await, again };
    service.finish();
    outcome
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn with_a_synchronous_standby_a_failover_loses_nothing() {
    let (synchronous, control) = join(fails_over(true), fails_over(false)).await;
    println!(
        "B2 the primary parted from its standby, killed, the standby promoted × {} of {} acknowledged changes lost, written \
         again {:.2} s after the promotion × asynchronous: {} of {} lost, {:.2} s",
        synchronous.lost,
        synchronous.acknowledged,
        synchronous.again.as_secs_f64(),
        control.lost,
        control.acknowledged,
        control.again.as_secs_f64(),
    );
    assert_eq!(synchronous.lost, 0);
    assert!(control.lost > 0, "nothing was at stake");
    assert!(synchronous.again < SOON && control.again < SOON);
}

/// The standby becomes the primary, and the old one says nothing any more, as when its machine is gone and the network
/// with it: who connects is neither answered nor refused. How long it takes until something is written; none where that
/// is never.
async fn falls_silent(knows_both: bool) -> Option<Duration> {
    let primary = Server::new().await;
    let organization = primary.founded(&["Example"]).await[0];
    let link = Way::to(&primary);
    let standby = primary.standby(&link).await;
    let (to_primary, to_standby) = (Way::to(&primary), Way::to(&standby));
    let address = if knows_both { url(&[&to_primary, &to_standby]) } else { url(&[&to_primary]) };
    let service = Service::start(&address, &[organization], &[("WORKERS", "1"), ("DATABASE_CONNECTIONS", "2")]);
    let program = Program::of(&service, organization);
    program.gets_on_alone().await;
    to_primary.falls_still();
    standby.promote().await;
    let begun = Instant::now();
    while !program.brings_one().await {
        if begun.elapsed() > SOON {
            return None;
        }
    }
    let again = begun.elapsed();
    assert_eq!(program.lost(&standby).await, 0);
    service.finish();
    Some(again)
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn several_hosts_lead_past_a_primary_that_says_nothing() {
    let again = falls_silent(true).await.expect("it finds the new primary");
    println!("B2 the primary says nothing any more: written again {:.1} s later", again.as_secs_f64());
    assert!(falls_silent(false).await.is_none(), "a control that knows the old primary alone");
}
