//! Retention: off unless it is decided; then what was written goes when its time has come, and nothing else does.

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::lives::{Lives, reads as reads_all};
use crate::support::{Company, Person, Town, call_path, database};

/// Ben coaches Ana and both have written about it; then a quarter has passed, and they have done it again.
async fn two_quarters(settings: Settings) -> (Town, Company, Person, Person, [String; 2]) {
    let (town, company) = Town::governed_by(settings).await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let mut calls = Vec::new();
    for coach in [&ben, &cleo] {
        ana.is_ready().await;
        let pairing = ana.is_coached_by(coach).await;
        let call = call_path(&ana.meets(&pairing).await);
        for who in [&ana, coach] {
            who.put(&format!("{call}/note"), json!({ "text": "Words.", "shared": true })).await.ok();
        }
        calls.push(call);
        town.days_pass(90);
    }
    (town, company, ana, ben, calls.try_into().expect("two calls"))
}

async fn reads(who: &Person, call: &str) -> [Value; 2] {
    let notes = who.get(&format!("{call}/notes")).await.ok();
    ["mine", "partners"].map(|whose| notes[whose]["text"].clone())
}

const NOTHING: [Value; 2] = [Value::Null, Value::Null];

#[actix_web::test]
async fn nothing_goes_unless_it_is_decided() {
    let (town, company, ana, _, calls) = two_quarters(Settings::default()).await;
    town.days_pass(365 * 40);
    assert_eq!(town.sweeps(&company).await, 0);
    for call in &calls {
        assert_eq!(reads(&ana, call).await, [json!("Words."), json!("Words.")]);
    }
}

#[actix_web::test]
async fn what_was_written_goes_when_its_time_has_come() {
    let (town, company, ana, ben, [first, second]) = two_quarters(Settings::default()).await;
    let root = company.administrator("root");
    root.decides(json!({ "retention_months": 6 })).await;
    // the first quarter ends on 2027-01-01, in Lisbon's winter
    town.until("2027-06-30T23:59:00Z");
    assert_eq!(town.sweeps(&company).await, 0, "not yet");
    assert_eq!(reads(&ben, &first).await, [json!("Words."), json!("Words.")]);
    town.until("2027-07-01T00:00:00Z");
    let before = ana.get("/v1/pairings").await.ok();
    assert_eq!(town.sweeps(&company).await, 2);
    for who in [&ana, &ben] {
        assert_eq!(reads(who, &first).await, NOTHING);
    }
    assert_eq!(reads(&ana, &second).await, [json!("Words."), json!("Words.")], "three months later");
    assert_eq!(ana.get("/v1/pairings").await.ok(), before, "who worked with whom stays");
    assert_eq!(town.sweeps(&company).await, 0, "once");
    town.until("2027-10-01T00:00:00Z");
    assert_eq!(town.sweeps(&company).await, 2);
    assert_eq!(reads(&ana, &second).await, NOTHING);
    assert_eq!(ana.get("/v1/me/export").await.ok()["notes"], json!([]));
}

#[actix_web::test]
async fn another_companys_words_stay() {
    let (town, companies) = Town::of(2, 4).await;
    let mut calls = Vec::new();
    for company in &companies {
        let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
        root.decides(json!({ "retention_months": 3 })).await;
        ana.is_ready().await;
        let pairing = ana.is_coached_by(&ben).await;
        let call = call_path(&ana.meets(&pairing).await);
        ana.put(&format!("{call}/note"), json!({ "text": "Words." })).await.ok();
        calls.push((ana, call));
    }
    town.days_pass(200);
    assert_eq!(town.sweeps(&companies[0]).await, 1);
    assert_eq!(reads(&calls[0].0, &calls[0].1).await[0], Value::Null);
    assert_eq!(reads(&calls[1].0, &calls[1].1).await[0], "Words.");
}

/// Whoever asks first when two replicas sweep does it; the other lets them.
#[actix_web::test]
async fn two_who_sweep_at_once_are_harmless() {
    let (town, company, ana, _, [first, _]) = two_quarters(Settings::default()).await;
    company.administrator("root").decides(json!({ "retention_months": 3 })).await;
    town.days_pass(400);
    let (one, two) = futures_util::future::join(town.sweeps(&company), town.sweeps(&company)).await;
    let rest = town.sweeps(&company).await;
    assert_eq!(one + two + rest, 4);
    assert_eq!(reads(&ana, &first).await, NOTHING);
}

/// Sealed columns that are no texts of a cycle's.
const NO_TEXTS: [&str; 6] =
    ["organization_keys", "owner_keys", "erased_identities", "idempotency_keys", "calendar_feeds", "webhooks"];

/// How many texts of each kind a company has: whatever is sealed.
async fn texts(company: &Company) -> Vec<(String, i64)> {
    let superuser = database::connect(database::config("postgres")).await;
    let columns = "select c.relname::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'peer_coaching'::regnamespace and c.relkind = 'r' and a.atttypid = 'bytea'::regtype
          and not a.attisdropped order by 1, 2";
    let mut texts = Vec::new();
    for row in superuser.query(columns, &[]).await.unwrap() {
        let (table, column): (&str, &str) = (row.get(0), row.get(1));
        if !NO_TEXTS.contains(&table) {
            let count = format!(
                "select count({column}) from peer_coaching.{table} where organization_id = '{}'",
                company.organization
            );
            texts.push((format!("{table}.{column}"), superuser.query_one(&count, &[]).await.unwrap().get(0)));
        }
    }
    texts
}

/// Entries of progress that go with their actions, and are not counted.
const PROGRESS: i64 = 2;

/// Asked of the schema itself: whoever adds a column of text and forgets about retention is told here.
#[actix_web::test]
async fn every_kind_of_text_goes() {
    let lives = Lives::lived().await;
    let written = texts(&lives.company).await;
    assert!(written.len() > 3 && written.iter().all(|(_, count)| *count > 0), "somebody has written each: {written:?}");
    lives.root.decides(json!({ "retention_months": 3 })).await;
    lives.town.days_pass(365);
    assert_eq!(
        lives.town.sweeps(&lives.company).await as i64,
        written.iter().map(|(_, count)| count).sum::<i64>() - PROGRESS
    );
    let left = texts(&lives.company).await;
    assert!(left.iter().all(|(_, count)| *count == 0), "{left:?}");
    let read = reads_all(&lives.ana).await + &reads_all(&lives.ben).await;
    for text in ["note", "action", "progress", "insight", "topic", "answer", "message", "reason"] {
        assert!(!read.contains(&format!("canary {text}")), "{text}");
    }
}
