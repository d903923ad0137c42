//! Answers that are kept for a repetition hold what people wrote, so they are kept sealed, with their caller's key.

use peer_coaching::organizations::Organizations;
use peer_coaching::vault::Vault;
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{Answer, Company, Person, Town, database, log};

const NEWER: &str = "newer:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

async fn superuser() -> Client {
    let superuser = database::connect(database::config("postgres")).await;
    superuser.batch_execute("set search_path = peer_coaching").await.unwrap();
    superuser
}

/// A request with a message, and how it is repeated.
async fn asked(company: &Company) -> (Person, Value, Answer) {
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let body = json!({ "coach_id": ben.id().await, "message": "Zebra crossing, twice." });
    let asked = ana.post_once("/v1/pairings", "ask ben", body.clone()).await;
    asked.ok();
    (ana, body, asked)
}

/// Every text in it that is longer than a few letters.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.len() > 4 => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(words).collect(),
        Value::Object(object) => {
            object.iter().flat_map(|(key, value)| [vec![key.clone()], words(value)].concat()).collect()
        }
        _ => vec![],
    }
}

#[actix_web::test]
async fn nothing_of_an_answer_is_kept_in_clear() {
    let (_town, company) = Town::small().await;
    let (_ana, _, asked) = asked(&company).await;
    let kept = "select body, route || fingerprint || headers::text from idempotency_keys where organization_id = $1";
    let kept = superuser().await.query_one(kept, &[&Uuid::from(company.organization)]).await.unwrap();
    let (body, beside) = (kept.get::<_, Vec<u8>>(0), kept.get::<_, String>(1));
    assert_eq!(body.len(), 1 + 12 + asked.text.len() + 16, "version, nonce, the answer, tag");
    let words = words(&asked.body());
    assert!(words.len() > 15 && words.contains(&"Zebra crossing, twice.".to_owned()), "{words:?}");
    for word in words {
        assert!(!body.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    assert!(!beside.contains("Zebra"), "{beside}");
}

#[actix_web::test]
async fn a_program_has_a_key_for_its_answers_too() {
    let (_town, company) = Town::small().await;
    let sync = company.integration("sync", "members:write");
    let batch = json!({ "members": [{ "external_id": "x", "name": "Zebra" }] });
    let first = sync.post_once("/v1/members/batch", "b", batch.clone()).await;
    let again = sync.post_once("/v1/members/batch", "b", batch).await;
    assert_eq!((first.ok(), again.header("idempotent-replayed")), (again.ok(), "true"));
    let owners = "select count(*) from idempotency_keys i join owner_keys o
                  on o.organization_id = i.organization_id and o.owner_id = i.caller_id where i.organization_id = $1";
    let owners = superuser().await.query_one(owners, &[&Uuid::from(company.organization)]).await.unwrap();
    assert_eq!(owners.get::<_, i64>(0), 1);
}

/// Answered before the master key was rotated, asked again after: by a process with both keys.
#[actix_web::test]
async fn an_answer_outlives_a_rotation_of_the_master_key() {
    let (town, companies) = Town::of(1, 4).await;
    let (_, body, asked) = asked(&companies[0]).await;
    let both = Vault::new(format!("{NEWER},{}", database::MASTER_KEYS).parse().unwrap());
    let (later, served) = town.beside(&companies, both.clone()).await;
    let operator = Organizations { database: &later.database, clock: &later.clock, vault: &both };
    let ana = served[0].person("ana");
    let again = async || {
        let again = ana.post_once("/v1/pairings", "ask ben", body.clone()).await;
        assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &asked.text));
    };
    again().await; // not rotated yet
    assert!(operator.ready_keys(served[0].organization, true).await.unwrap());
    again().await;
    let (fresh, served) = town.beside(&companies, both).await; // nothing remembered
    let ana = served[0].person("ana");
    let again = ana.post_once("/v1/pairings", "ask ben", body.clone()).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &asked.text));
    drop((later, fresh));
}

#[actix_web::test]
async fn an_answer_that_was_touched_is_not_given_again() {
    log::listen();
    let (_town, company) = Town::small().await;
    let (ana, body, asked) = asked(&company).await;
    let touch =
        "update idempotency_keys set body = set_byte(body, 20, get_byte(body, 20) # 4) where organization_id = $1";
    let superuser = superuser().await;
    let organization = Uuid::from(company.organization);
    superuser.execute(touch, &[&organization]).await.unwrap();
    let refused = ana.post_once("/v1/pairings", "ask ben", body.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (500, "internal"));
    assert!(!refused.text.contains("Zebra"), "{}", refused.text);
    assert!(log::about(&refused).contains("a sealed text does not open"));
    superuser.execute(touch, &[&organization]).await.unwrap(); // and back
    let again = ana.post_once("/v1/pairings", "ask ben", body).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &asked.text));
}

/// Bound to its key: under another one it is not given. To its route it is bound too: `sealed.rs` moves it there.
#[actix_web::test]
async fn an_answer_belongs_to_its_key() {
    let (_town, company) = Town::small().await;
    let (ana, body, asked) = asked(&company).await;
    let superuser = superuser().await;
    let organization = Uuid::from(company.organization);
    for (key, given) in [("another", false), ("ask ben", true)] {
        let rename = "update idempotency_keys set key = $2 where organization_id = $1";
        superuser.execute(rename, &[&organization, &key]).await.unwrap();
        let again = ana.post_once("/v1/pairings", key, body.clone()).await;
        assert_eq!((again.status.as_u16(), again.text == asked.text), (if given { 201 } else { 500 }, given), "{key}");
        assert_eq!(again.text.contains("Zebra"), given);
    }
}
