//! What cannot be read is refused before anybody knows who has sent it. The question who that is goes on to its end: given up,
//! it would take its connection to the database along, and whoever sends nonsense would have all of them made anew.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::ground::{Server, Service, heard};

/// How many send nonsense, each for the first time.
const PEOPLE: usize = 20;

#[actix_web::test]
async fn whoever_sends_nonsense_costs_no_connection() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let connections = [("WORKERS", "1"), ("DATABASE_CONNECTIONS", "2")];
    let service = Service::start(&server.url(), &[organization], &connections);
    let above = server.above().await;
    let backends = async || {
        let ours =
            "select pid from pg_stat_activity where application_name = 'peer-coaching' and usename <> 'postgres'";
        above.query(ours, &[]).await.unwrap().iter().map(|row| row.get(0)).collect::<BTreeSet<i32>>()
    };
    let comes = async |number: usize, body: &'static str| {
        let person = service.member(organization, &format!("person {number}"));
        let sent = person.request(Method::PATCH, "/v1/me").header("Content-Type", "application/merge-patch+json");
        heard(sent.body(body)).await.answer.status.as_u16()
    };
    futures_util::future::join_all((0..4).map(|number| comes(number, "{}"))).await;
    let before = backends().await;
    for number in 0..PEOPLE {
        assert_eq!(comes(100 + number, "{").await, 400);
    }
    // They are known now, and so was each connection before.
    let known = "select count(*) from members where external_id like 'person 1__'";
    server.comes_true("they have come", known, PEOPLE as i64).await;
    let after = backends().await;
    assert!(!before.is_empty() && after.is_subset(&before), "{before:?} {after:?}");
    service.finish();
}
