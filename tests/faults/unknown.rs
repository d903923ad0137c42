//! B10: nobody knows whether a change was made: the connection breaks when its commit is under way. Who asks again with the
//! same key finds out.

use reqwest::Method;
use serde_json::{Value, json};

use crate::ground::{Cut, Heard, Server, Service, Way, heard, pair, url};
use crate::support::Person;

/// How often, with a key and without.
const ROUNDS: usize = 50;
const WITHOUT: usize = 10;

/// Adds an action; there may be two of the same.
async fn adds(ana: &Person, pairing: &str, text: &str, key: Option<&str>) -> Heard {
    let request = ana.request(Method::POST, &format!("{pairing}/actions"));
    let request = key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key));
    heard(request.json(&json!({ "kind": "start", "text": text }))).await
}

async fn ids(ana: &Person, pairing: &str) -> Vec<Value> {
    ana.get(&format!("{pairing}/actions?limit=100")).await.each("/id")
}

#[actix_web::test]
async fn whoever_cannot_know_asks_again_with_the_same_key() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let way = Way::to(&server);
    let service = Service::start(&url(&[&way]), &[organization], &[]);
    let (ana, pairing) = pair(&service, organization).await;

    let (mut stored_already, mut not_stored, mut codes) = (0, 0, std::collections::BTreeSet::new());
    for round in 0..ROUNDS {
        let (key, before) = (format!("round {round}"), ids(&ana, &pairing).await);
        let cut = if round % 5 == 4 { Cut::Before } else { Cut::After };
        way.cuts_commit(cut);
        let first = adds(&ana, &pairing, &key, Some(&key)).await;
        assert!(first.is_unavailable() && !way.waits_for_commit(), "round {round}: {}", first.answer.text);
        codes.insert(first.answer.code());
        let between = ids(&ana, &pairing).await;
        assert_eq!(between.len() - before.len(), usize::from(cut == Cut::After), "round {round}");

        let again = adds(&ana, &pairing, &key, Some(&key)).await;
        let (id, after) = (again.answer.ok()["id"].clone(), ids(&ana, &pairing).await);
        assert_eq!(again.answer.header("idempotent-replayed") == "true", cut == Cut::After, "round {round}");
        assert_eq!((after.len(), after.last()), (before.len() + 1, Some(&id)), "round {round}: once, and that is told");
        *(if cut == Cut::After { &mut stored_already } else { &mut not_stored }) += 1;
        if round % 10 == 9 {
            server.does("delete from actions").await; // a pairing takes so many
        }
    }
    // The control: without a key whoever asks again does it again.
    let mut doubled = 0;
    for round in 0..WITHOUT {
        let before = ids(&ana, &pairing).await.len();
        way.cuts_commit(Cut::After);
        assert!(adds(&ana, &pairing, "no key", None).await.is_unavailable() && !way.waits_for_commit(), "{round}");
        assert!(adds(&ana, &pairing, "no key", None).await.is_good(), "{round}");
        doubled += usize::from(ids(&ana, &pairing).await.len() == before + 2);
        server.does("delete from actions").await;
    }
    assert_eq!((stored_already, not_stored, doubled), (ROUNDS * 4 / 5, ROUNDS / 5, WITHOUT));
    println!(
        "B10 cut at the commit × {ROUNDS} of {ROUNDS} asked again with the key and got the one result ({stored_already} \
         had been stored, {not_stored} had not; told {codes:?}) × without a key {doubled} of {WITHOUT} made twice"
    );
    service.finish();
}

#[actix_web::test]
async fn whoever_cannot_know_is_told_so() {
    let server = Server::new().await;
    let organization = server.founded(&["Example"]).await[0];
    let way = Way::to(&server);
    let service = Service::start(&url(&[&way]), &[organization], &[]);
    let (ana, pairing) = pair(&service, organization).await;
    for cut in [Cut::After, Cut::Before] {
        way.cuts_commit(cut);
        let told = adds(&ana, &pairing, "text", Some(&format!("{cut:?}"))).await;
        assert!(told.is_unavailable() && !way.waits_for_commit());
        assert_eq!(told.answer.code(), "outcome_unknown", "cut {cut:?}");
    }
    // The control: where nothing was sent to be committed, all is known.
    way.shuts();
    let told = adds(&ana, &pairing, "text", Some("never")).await;
    assert!(told.is_unavailable());
    assert_eq!(told.answer.code(), "unavailable");
    service.finish();
}
