//! B9: the service is connected to a standby, which only reads.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::ground::{Program, Server, Service, Way, heard, url};

#[actix_web::test]
async fn on_a_standby_reads_are_answered_and_changes_are_told_503_until_it_is_promoted() {
    let primary = Server::new().await;
    let organization = primary.founded(&["Example"]).await[0];
    let link = Way::to(&primary);
    // The control: the same on the primary.
    let first = Service::start(&primary.url(), &[organization], &[]);
    let ana = first.member(organization, "ana");
    ana.id().await;
    assert!(Program::of(&first, organization).brings_one().await);
    first.finish();
    let standby = primary.standby(&link).await;

    let to_standby = Way::to(&standby);
    let service = Service::start(&url(&[&to_standby]), &[organization], &[]);
    let (program, ana) = (Program::of(&service, organization), service.member(organization, "ana"));
    let (mut read, mut refused) = (0, 0);
    for number in 0..20 {
        read += usize::from(heard(ana.request(Method::GET, "/v1/me")).await.is_good());
        let body = json!({ "expertise": [format!("topic {number}")] });
        let changed = heard(ana.request(Method::PATCH, "/v1/me").header("If-Match", "*").json(&body)).await;
        refused += usize::from(changed.is_unavailable());
        refused += usize::from(!program.brings_one().await);
    }
    // Whoever comes for the first time would become a member.
    let newcomer = service.member(organization, "zoe");
    assert!(heard(newcomer.request(Method::GET, "/v1/me")).await.is_unavailable());

    let connections = to_standby.opened();
    primary.stop("immediate").await;
    standby.promote().await;
    let begun = Instant::now();
    while !program.brings_one().await {}
    let again = begun.elapsed();
    assert!(heard(newcomer.request(Method::GET, "/v1/me")).await.is_good());
    println!(
        "B9 connected to a standby × {read} of 20 reads answered, {refused} of 40 changes told 503; written {:.2} s after its \
         promotion, {} new connections; lost {} × on the primary: written at once",
        again.as_secs_f64(),
        to_standby.opened() - connections,
        program.lost(&standby).await,
    );
    assert_eq!((read, refused, program.lost(&standby).await), (20, 40, 0));
    assert!(again < Duration::from_secs(20), "{again:?}");
    service.finish();
}
