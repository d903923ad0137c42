//! B8: there is no room left for the tables; what is written ahead lies elsewhere, as it should.

use std::time::Duration;

use futures_util::future::join;
use reqwest::Method;

use crate::ground::{Program, Server, Service, Volume, heard, until};

/// Large enough for the schema and some more.
const MEGABYTES: u32 = 64;

#[actix_web::test]
async fn on_a_full_disk_reads_are_answered_changes_are_told_503_and_it_heals_by_itself() {
    let server = Server::new().await;
    let Some(volume) = Volume::of(&server, MEGABYTES) else {
        println!("B8 skipped: a small volume is to be mounted, and only root may do that here");
        return;
    };
    let organization = server.founded(&["Example"]).await[0];
    server.does_outside(&format!("create tablespace small location '{}'", volume.folder().display())).await;
    server.does_outside("alter database coaching set tablespace small").await;
    let service = Service::start(&server.url(), &[organization], &[]);
    let (program, ana) = (Program::of(&service, organization), service.member(organization, "ana"));
    ana.id().await;

    let filling = async {
        program.gets_on(100).await; // the control: while there is room nobody is refused
        assert_eq!(program.heard(503), 0);
        volume.fill();
        // What has room left in pages that are there goes on for a while.
        until("nothing can be written", async || program.heard(503) >= 50).await;
        let mut read = 0;
        for _ in 0..20 {
            read += usize::from(heard(ana.request(Method::GET, "/v1/me")).await.is_good());
            read += usize::from(heard(ana.request(Method::GET, "/v1/members?limit=100")).await.is_good());
        }
        let (lives, ready) = (service.probed("/livez").await, service.probed("/readyz").await);
        assert!(lives.is_good() && ready.is_good());
        volume.free();
        let again = program.gets_on(20).await;
        let refused = program.heard(503);
        program.gets_on(100).await;
        program.stops();
        (read, again, program.heard(503) - refused)
    };
    let ((read, again, later), ()) = join(filling, program.works(4)).await;
    let lost = program.lost(&server).await;
    println!(
        "B8 the volume full × {} changes told 503, {read} of 40 reads answered; written again {:.2} s after there was room; \
         {lost} of {} acknowledged lost × with room: none of 100 refused",
        program.heard(503),
        again.as_secs_f64(),
        program.acknowledged(),
    );
    assert_eq!((read, lost, later), (40, 0, 0));
    assert!(again < Duration::from_secs(20), "{again:?}");
    service.finish();
    drop(server); // before its volume
}
