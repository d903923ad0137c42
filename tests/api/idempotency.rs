//! `Idempotency-Key`: a POST that is sent again has one effect and gets the first one's answer.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Meanwhile, Person, Town};

async fn keyed(who: &Person, path: &str, key: &str, body: &Value) -> Answer {
    Answer::to(who.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

#[track_caller]
fn assert_replay(first: &Answer, again: &Answer) {
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        ("", "true"),
        "{}",
        again.text
    );
    assert_eq!((first.status, &first.text), (again.status, &again.text), "byte for byte");
    for name in ["content-type", "content-length", "location", "etag", "cache-control"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
    }
}

#[actix_web::test]
async fn a_repeated_request_gets_the_first_answer_byte_for_byte() {
    let (_town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    ana.is_ready().await;
    let whom = json!({ "coach_id": ben.id().await });
    let asked = keyed(&ana, "/v1/pairings", "ask ben", &whom).await;
    assert_eq!(asked.status, 201);
    assert_replay(&asked, &keyed(&ana, "/v1/pairings", "ask ben", &whom).await);

    let accept = format!("{}/accept", asked.header("location"));
    let accepted = keyed(&ben, &accept, "yes", &json!({})).await;
    assert_eq!(accepted.ok()["state"], "active");
    assert_replay(&accepted, &keyed(&ben, &accept, "yes", &json!({})).await);
    assert_replay(&asked, &keyed(&ana, "/v1/pairings", "ask ben", &whom).await); // however much has happened since
    assert_eq!(ana.get("/v1/pairings").await.ok()["data"].as_array().unwrap().len(), 1);

    let batch = json!({ "members": [{ "external_id": "cleo", "name": "Cleo" }] });
    let brought = keyed(&root, "/v1/members/batch", "b", &batch).await;
    assert_eq!(brought.ok()["data"][0]["outcome"], "created");
    assert_replay(&brought, &keyed(&root, "/v1/members/batch", "b", &batch).await);
    let entries = root.get("/v1/audit-entries").await.ok();
    assert_eq!(entries["data"].as_array().unwrap().len(), 1, "one effect, recorded once: {entries}");
}

#[actix_web::test]
async fn a_key_is_good_for_one_request() {
    let (_town, company) = Town::small().await;
    let (ana, ben, cleo) = (company.person("ana"), company.person("ben"), company.person("cleo"));
    ana.is_ready().await;
    let (ben, cleo) = (json!({ "coach_id": ben.id().await }), json!({ "coach_id": cleo.id().await }));
    keyed(&ana, "/v1/pairings", "k", &ben).await.ok();
    let other = keyed(&ana, "/v1/pairings", "k", &cleo).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "key_reused"));
    let spaced = ana
        .request(Method::POST, "/v1/pairings")
        .header("Idempotency-Key", "k")
        .header("Content-Type", "application/json");
    let spaced = Answer::to(spaced.body(format!(" {ben}"))).await;
    assert_eq!(spaced.code(), "key_reused", "the same is the same to the byte");
    assert_eq!(ana.get("/v1/pairings").await.ok()["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_key_belongs_to_its_caller_and_to_its_path() {
    let (_town, companies) = Town::of(2, 4).await;
    let (ana, ben, cleo) = (companies[0].person("ana"), companies[0].person("ben"), companies[0].person("cleo"));
    ana.is_ready().await;
    ben.is_ready().await;
    let whom = json!({ "coach_id": cleo.id().await });
    let both = [keyed(&ana, "/v1/pairings", "k", &whom).await, keyed(&ben, "/v1/pairings", "k", &whom).await];
    for asked in &both {
        assert_eq!((asked.status.as_u16(), asked.header("idempotent-replayed")), (201, ""));
    }
    assert_ne!(both[0].body()["id"], both[1].body()["id"]);
    for asked in &both {
        let accepted = keyed(&cleo, &format!("{}/accept", asked.header("location")), "k", &json!({})).await;
        assert_eq!(
            (accepted.ok()["id"].clone(), accepted.header("idempotent-replayed")),
            (asked.body()["id"].clone(), "")
        );
    }
    let batch = json!({ "members": [{ "external_id": "x", "name": "X" }] });
    let bring = async |company: &Company| {
        let all = [company.administrator("root"), company.integration("sync", "members:write")];
        [keyed(&all[0], "/v1/members/batch", "k", &batch).await, keyed(&all[1], "/v1/members/batch", "k", &batch).await]
    };
    let brought = [bring(&companies[0]).await, bring(&companies[1]).await].concat();
    assert!(brought.iter().all(|answer| answer.status == 200 && answer.header("idempotent-replayed").is_empty()));
    let ids = brought.iter().map(|answer| answer.body()["data"][0]["id"].to_string()).collect::<Vec<_>>();
    assert!(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] != ids[2], "{ids:?}");
}

#[actix_web::test]
async fn a_refusal_is_not_kept() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let whom = json!({ "coach_id": ben.id().await });
    assert_eq!(keyed(&ana, "/v1/pairings", "k", &whom).await.code(), "not_opted_in");
    assert_eq!(keyed(&ana, "/v1/pairings", "k", &json!({ "coach_id": 1 })).await.code(), "malformed");
    ana.is_ready().await;
    let asked = keyed(&ana, "/v1/pairings", "k", &whom).await;
    assert_eq!((asked.status.as_u16(), asked.header("idempotent-replayed")), (201, ""));
}

#[actix_web::test]
async fn a_key_is_printable_and_a_batch_needs_one() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let batch = json!({ "members": [{ "external_id": "x", "name": "X" }] });
    assert_eq!(root.post("/v1/members/batch", batch.clone()).await.code(), "key_missing");
    for good in ["k", &"k".repeat(255), "6f1f3e0a-0c5b-4f0e-9d55-5a9c2f0e7b11", "a, b; \"c\""] {
        keyed(&root, "/v1/members/batch", good, &batch).await.ok();
    }
    for bad in ["", &"k".repeat(256), "schlüssel", "a\tb"] {
        let answer = keyed(&root, "/v1/members/batch", bad, &batch).await;
        assert_eq!(
            (answer.status.as_u16(), answer.wrong()),
            (400, vec!["Idempotency-Key wrong_format".to_owned()]),
            "{bad:?}"
        );
    }
    let two =
        root.request(Method::POST, "/v1/members/batch").header("Idempotency-Key", "a").header("Idempotency-Key", "b");
    assert_eq!(Answer::to(two.json(&batch)).await.wrong(), ["Idempotency-Key wrong_format"]);
}

#[actix_web::test]
async fn an_answer_is_kept_for_24_hours() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    let batch = |name: &str| json!({ "members": [{ "external_id": "x", "name": name }] });
    keyed(&root, "/v1/members/batch", "k", &batch("X")).await.ok();
    town.clock.advance(SignedDuration::from_mins(24 * 60 - 1));
    assert_eq!(keyed(&root, "/v1/members/batch", "k", &batch("X")).await.header("idempotent-replayed"), "true");
    assert_eq!(keyed(&root, "/v1/members/batch", "k", &batch("Y")).await.code(), "key_reused");
    town.clock.advance(SignedDuration::from_mins(2));
    let anew = keyed(&root, "/v1/members/batch", "k", &batch("Y")).await;
    assert_eq!((anew.ok()["data"][0]["outcome"].as_str(), anew.header("idempotent-replayed")), (Some("updated"), ""));
    assert_replay(&anew, &keyed(&root, "/v1/members/batch", "k", &batch("Y")).await);
}

/// Without the key the second of two would be `already_asked`: a control for the race below.
#[actix_web::test]
async fn without_a_key_nothing_is_repeated() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "already_asked");
}

#[actix_web::test]
async fn sixteen_at_once_have_one_effect() {
    const RACERS: usize = 16;
    const KEYS: usize = 20;
    let (_town, companies) = Town::of(1, RACERS + 4).await;
    let company = &companies[0];
    let whom = json!({ "coach_id": company.person("ben").id().await });
    let (mut replayed, mut in_flight) = (0, 0);
    for key in 0..KEYS {
        let ana = company.person(&format!("ana{key}"));
        ana.is_ready().await;
        let answers = join_all((0..RACERS).map(|_| keyed(&ana, "/v1/pairings", "k", &whom))).await;
        let first =
            answers.iter().filter(|answer| answer.status == 201 && answer.header("idempotent-replayed").is_empty());
        let first = first.collect::<Vec<_>>();
        assert_eq!(first.len(), 1, "one of them did it: {}", answers[0].text);
        for answer in &answers {
            match answer.status.as_u16() {
                201 if answer.header("idempotent-replayed") == "true" => {
                    assert_replay(first[0], answer);
                    replayed += 1;
                }
                201 => {}
                409 => {
                    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("in_flight", "1"));
                    in_flight += 1;
                }
                _ => panic!("{}", answer.text),
            }
        }
    }
    assert_eq!(replayed + in_flight, KEYS * (RACERS - 1));
    let page = company.person("ben").get("/v1/pairings?role=coach&limit=100").await.ok();
    assert_eq!(page["data"].as_array().unwrap().len(), KEYS);
}

/// Who repeats a request whose first copy is not answered yet hears so before long, and the first answer later.
#[actix_web::test]
async fn the_first_may_still_be_under_way() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let whom = json!({ "coach_id": ben.id().await });
    let key = uuid::Uuid::now_v7().to_string();
    let first = keyed(&ana, "/v1/pairings", &key, &whom).await;
    let lock = format!("select from idempotency_keys where key = '{key}' for update");
    let meanwhile = Meanwhile::begins(&lock).await; // as the first request holds it until it has ended
    let repeated = keyed(&ana, "/v1/pairings", &key, &whom).await;
    assert_eq!((repeated.code().as_str(), repeated.header("retry-after")), ("in_flight", "1"));
    drop(meanwhile);
    let mut again = keyed(&ana, "/v1/pairings", &key, &whom).await;
    while again.status == 409 {
        again = keyed(&ana, "/v1/pairings", &key, &whom).await; // until the server has seen that nobody holds it
    }
    assert_replay(&first, &again);
}

/// Whoever does not hear the answer asks again: it was done, or it is done now, once.
#[actix_web::test]
async fn whoever_hangs_up_can_ask_again() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    for attempt in 0..25_u64 {
        let body = json!({ "members": [{ "external_id": format!("x{attempt}"), "name": "X" }] }).to_string();
        let request = format!(
            "POST /v1/members/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {attempt}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            root.token(),
            body.len()
        );
        let mut wire = town.wire();
        wire.send(request);
        tokio::time::sleep(Duration::from_millis(attempt)).await;
        drop(wire);
        let again = root.request(Method::POST, "/v1/members/batch").header("Idempotency-Key", attempt.to_string());
        let again = Answer::to(again.header("Content-Type", "application/json").body(body)).await;
        assert_eq!(again.ok()["data"][0]["outcome"], "created");
    }
    let entries = root.get("/v1/audit-entries?limit=100").await.ok();
    assert_eq!(entries["data"].as_array().unwrap().len(), 25, "each was added once");
}
