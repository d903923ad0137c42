//! What people write is sealed to its place (promise J1): whoever can write to the database can break a text, but can
//! make nobody read it anywhere else. Each sealed column is one line of the table below.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::support::{Answer, Company, Person, Town, call_path, database, log, path_of};

/// A column of sealed texts.
struct Sealed {
    table: &'static str,
    column: &'static str,
    /// The column that names whose text it is.
    owner: &'static str,
    /// What stands in the path, as SQL. With the owner it names one row.
    row: &'static str,
    /// How the owner reads it. What was answered once is read by asking again.
    read: &'static str,
}

const SEALED: [Sealed; 10] = [
    Sealed { table: "actions", column: "text", owner: "coachee_id", row: "action_id", read: "GET /v1/actions/{}" },
    Sealed {
        table: "progress",
        column: "text",
        owner: "coachee_id",
        row: "action_id",
        read: "GET /v1/actions/{}/progress",
    },
    Sealed { table: "insights", column: "text", owner: "coachee_id", row: "insight_id", read: "GET /v1/insights/{}" },
    Sealed {
        table: "participations",
        column: "topics",
        owner: "member_id",
        row: "cycle_id",
        read: "GET /v1/cycles/{}/participation",
    },
    Sealed {
        table: "reflection_answers",
        column: "answers",
        owner: "member_id",
        row: "cycle_id",
        read: "GET /v1/cycles/{}/reflection",
    },
    Sealed {
        table: "notes",
        column: "text",
        owner: "author_id",
        row: "check_in_id",
        read: "GET /v1/check-ins/{}/notes",
    },
    Sealed {
        table: "pairings",
        column: "message",
        owner: "coachee_id",
        row: "pairing_id",
        read: "GET /v1/pairings/{}",
    },
    Sealed {
        table: "pairings",
        column: "decline_reason",
        owner: "coach_id",
        row: "pairing_id",
        read: "GET /v1/pairings/{}",
    },
    Sealed {
        table: "check_ins",
        column: "join_url",
        owner: "join_url_by",
        row: "check_in_id",
        read: "GET /v1/check-ins/{}",
    },
    Sealed {
        table: "idempotency_keys",
        column: "body",
        owner: "caller_id",
        row: "split_part(route, ' ', 3)",
        read: "POST {}",
    },
];

/// Columns of bytes that are no texts, but keys (`tests/db/keys.rs`) and codes made with them.
const KEYS: [&str; 6] = [
    "organization_keys.wrapped",
    "owner_keys.wrapped",
    "erased_identities.pseudonym",
    "calendar_feeds.secret_hash",
    // sealed, and shown to nobody again: tests/api/webhooks.rs
    "webhooks.secret",
    "webhooks.old_secret",
];

/// Stands in every text of this test.
const CANARY: &str = "canary";

/// The key under which every answer here is kept.
const ONCE: &str = "once";

/// One text that is stored.
struct Text {
    sealed: &'static Sealed,
    organization: Uuid,
    owner: Uuid,
    row: String,
    bytes: Vec<u8>,
    reader: Person,
}

impl Text {
    /// What its owner reads.
    async fn read(&self) -> Answer {
        let (method, path) = self.sealed.read.split_once(' ').unwrap();
        let path = path.replace("{}", &self.row);
        if method == "POST" {
            return self.reader.post_once(&path, ONCE, json!({})).await;
        }
        Answer::to(self.reader.request(Method::GET, &path)).await
    }

    /// Stores these bytes in its place; says whether the database takes them.
    async fn becomes(&self, superuser: &Client, bytes: &[u8]) -> bool {
        let Sealed { table, column, owner, row, .. } = self.sealed;
        let update = format!(
            "update {table} set {column} = $4 where organization_id = $1 and {owner} = $2 and ({row})::text = $3"
        );
        match superuser.execute(&update, &[&self.organization, &self.owner, &self.row, &bytes]).await {
            Err(refused) if refused.code() == Some(&SqlState::CHECK_VIOLATION) => false,
            changed => changed.unwrap() == 1 || panic!("{}", self.name()),
        }
    }

    fn name(&self) -> String {
        format!("{}.{} of {} in {}", self.sealed.table, self.sealed.column, self.row, self.organization)
    }

    /// It is not shown, nor is anything else in its place; the log says why.
    async fn is_closed(&self, how: &str) {
        let answer = self.read().await;
        let name = self.name();
        assert_eq!(answer.status, 500, "{name}: {how}: {}", answer.text);
        assert_eq!(answer.code(), "internal");
        assert!(!answer.text.contains(CANARY), "{name}: {how}: {}", answer.text);
        let said = log::about(&answer);
        assert!(said.contains("a sealed text does not open"), "{name}: {how}: the log says {said:?}");
        assert!(!said.contains(CANARY), "{said}");
    }
}

/// A company in which every kind of text is there at least twice, of more than one owner; with who they are.
async fn wordy(company: &Company) -> Vec<Person> {
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let asks = async |coachee: &Person, coach: &Person, what: &str| {
        let message = format!("{CANARY} {what}");
        coachee.post("/v1/pairings", json!({ "coach_id": coach.id().await, "message": message })).await
    };
    for coachee in [&ana, &ben] {
        coachee.is_ready().await;
        let topics = json!({ "answer": "opted_in", "topics": [format!("{CANARY} topic")] });
        coachee.put("/v1/cycles/current/participation", topics).await.ok();
        let answers = json!({ "complete": true, "answers": [format!("{CANARY} answer")] });
        coachee.put("/v1/cycles/current/reflection", answers).await.ok();
        let refused = asks(coachee, &cleo, "will you not?").await;
        let reason = json!({ "reason": format!("{CANARY} no") });
        cleo.post(&format!("{}/decline", path_of(&refused)), reason).await.ok();
    }
    for (coachee, coach) in [(&ana, &ben), (&ben, &ana)] {
        let pairing = asks(coachee, coach, "will you?").await;
        coach.post_once(&format!("{}/accept", path_of(&pairing)), ONCE, json!({})).await.ok();
        let now = coach.get(&path_of(&pairing)).await.ok()["accepted_at"].clone();
        let call = json!({ "kind": "kickoff", "starts_at": now, "join_url": format!("https://{CANARY}.example") });
        let call = coach.post(&format!("{}/check-ins", path_of(&pairing)), call).await;
        for author in [coachee, coach] {
            author.put(&format!("{}/note", call_path(&call)), json!({ "text": format!("{CANARY} note") })).await.ok();
        }
        let action = json!({ "kind": "start", "text": format!("{CANARY} action") });
        let action = coachee.post(&format!("{}/actions", path_of(&pairing)), action).await.ok();
        let progress = format!("/v1/actions/{}/progress", action["id"].as_str().unwrap());
        coachee.post(&progress, json!({ "text": format!("{CANARY} progress") })).await.ok();
        let insight = json!({ "kind": "leverage", "text": format!("{CANARY} insight") });
        coach.post(&format!("{}/insights", path_of(&pairing)), insight).await.ok();
        coachee.post_once(&format!("{}/hold", call_path(&call)), ONCE, json!({})).await.ok();
    }
    vec![ana, ben, cleo]
}

async fn superuser() -> Client {
    let superuser = database::connect(database::config("postgres")).await;
    superuser.batch_execute("set search_path = peer_coaching").await.unwrap();
    superuser
}

/// All texts of two wordy companies.
async fn texts(superuser: &Client) -> (Town, Vec<Company>, Vec<Text>) {
    log::listen();
    let (town, companies) = Town::of(2, 4).await;
    let mut texts = Vec::new();
    for company in &companies {
        let people = wordy(company).await;
        let mut ids = Vec::new();
        for person in &people {
            ids.push(person.id().await.parse::<Uuid>().unwrap());
        }
        let organization = Uuid::from(company.organization);
        for sealed in &SEALED {
            let Sealed { table, column, owner, row, .. } = sealed;
            let all = format!(
                "select {owner}, ({row})::text, {column} from {table}
                 where organization_id = $1 and {column} is not null order by 1, 2"
            );
            let found = superuser.query(&all, &[&organization]).await.unwrap();
            let text = |row: &tokio_postgres::Row| {
                let reader = &people[ids.iter().position(|id| *id == row.get::<_, Uuid>(0)).unwrap()];
                let (owner, bytes) = (row.get(0), row.get(2));
                Text { sealed, organization, owner, row: row.get(1), bytes, reader: reader.clone() }
            };
            let found = found.iter().map(text).collect::<Vec<_>>();
            assert!(found.len() >= 2, "{table}.{column} has hardly a text");
            texts.extend(found);
        }
    }
    (town, companies, texts)
}

#[actix_web::test]
async fn every_column_of_bytes_is_in_the_table() {
    let columns = "select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'peer_coaching'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
          and not a.attisdropped and a.atttypid in ('bytea'::regtype, 'bytea[]'::regtype)";
    let found = superuser().await.query(columns, &[]).await.unwrap();
    let found = found.iter().map(|row| row.get::<_, String>(0)).collect::<BTreeSet<_>>();
    let known = SEALED.iter().map(|Sealed { table, column, .. }| format!("{table}.{column}"));
    assert_eq!(found, known.chain(KEYS.map(str::to_owned)).collect());
}

/// Moved to another row, another column, table, owner or organization; and back, which is the control.
#[actix_web::test]
async fn a_text_opens_in_its_own_place_only() {
    let superuser = superuser().await;
    let (_town, _companies, texts) = texts(&superuser).await;
    let mut moves = 0;
    for text in &texts {
        let before = text.read().await;
        assert!(before.ok().to_string().contains(CANARY), "{}: {}", text.name(), before.text);
        for other in texts.iter().filter(|other| other.name() != text.name() || other.owner != text.owner) {
            text.becomes(&superuser, &other.bytes).await;
            text.is_closed(&format!("with {}", other.name())).await;
            moves += 1;
        }
        text.becomes(&superuser, &text.bytes).await;
        assert_eq!(text.read().await.text, before.text, "{}", text.name());
    }
    println!("{moves} moves of {} texts", texts.len());
    assert!(moves > 500);
}

#[actix_web::test]
async fn a_text_that_was_touched_does_not_open() {
    let superuser = superuser().await;
    let (_town, _companies, texts) = texts(&superuser).await;
    for text in texts.iter().step_by(2) {
        let (bytes, last) = (&text.bytes, text.bytes.len() - 1);
        let before = text.read().await;
        for (at, bit) in [(0, 1), (0, 7), (1, 0), (12, 3), (13, 5), (last / 2, 2), (last - 16, 6), (last, 0)] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            text.becomes(&superuser, &flipped).await;
            text.is_closed(&format!("with bit {bit} of byte {at} flipped")).await;
        }
        for length in [0, 1, 12, 13, 28, 29, last] {
            if text.becomes(&superuser, &bytes[..length]).await {
                text.is_closed(&format!("cut to {length} bytes")).await;
            }
        }
        for version in [0, 2, 255] {
            text.becomes(&superuser, &[&[version], &bytes[1..]].concat()).await;
            text.is_closed(&format!("as of version {version}")).await;
        }
        text.becomes(&superuser, &[bytes, &[0][..]].concat()).await;
        text.is_closed("with a byte more").await;
        text.becomes(&superuser, bytes).await;
        assert_eq!(text.read().await.text, before.text, "{}", text.name());
    }
}

/// Lists do not show the rest either.
#[actix_web::test]
async fn a_list_with_a_text_that_does_not_open_is_not_shown() {
    let superuser = superuser().await;
    let (_town, _companies, texts) = texts(&superuser).await;
    for (column, list) in
        [("message", "/v1/pairings"), ("decline_reason", "/v1/pairings"), ("join_url", "/v1/check-ins")]
    {
        let text = texts.iter().find(|text| text.sealed.column == column).unwrap();
        assert!(text.reader.get(list).await.ok().to_string().contains(CANARY));
        text.becomes(&superuser, &text.bytes[1..]).await;
        let closed = text.reader.get(list).await;
        assert_eq!((closed.code().as_str(), closed.text.contains(CANARY)), ("internal", false), "{}", closed.text);
        text.becomes(&superuser, &text.bytes).await;
        text.reader.get(list).await.ok();
    }
}

/// Whoever says of a text that it is somebody else's, or gives its owner another key, reads nothing either.
#[actix_web::test]
async fn a_text_opens_with_its_owners_key_only() {
    let superuser = superuser().await;
    let (_town, companies, texts) = texts(&superuser).await;
    for text in texts.iter().filter(|text| text.sealed.column == "join_url") {
        let by = "update check_ins set join_url_by = case join_url_by when coachee_id then coach_id else coachee_id end
                  where check_in_id = $1::text::uuid";
        superuser.execute(by, &[&text.row]).await.unwrap();
        text.is_closed("with the other one as its owner").await;
        superuser.execute(by, &[&text.row]).await.unwrap();
        text.read().await.ok();
    }
    let here = Uuid::from(companies[0].organization);
    let keys = "select owner_id, wrapped from owner_keys where organization_id = $1 order by owner_id";
    let keys = superuser.query(keys, &[&here]).await.unwrap();
    let set = async |from: usize, to: usize| {
        let set = "update owner_keys set wrapped = $3 where organization_id = $1 and owner_id = $2";
        let (owner, wrapped) = (keys[to].get::<_, Uuid>(0), keys[from].get::<_, Vec<u8>>(1));
        assert_eq!(superuser.execute(set, &[&here, &owner, &wrapped]).await.unwrap(), 1);
    };
    assert_eq!(keys.len(), 3, "one for each of the three");
    for owner in 0..keys.len() {
        set((owner + 1) % keys.len(), owner).await;
    }
    for text in texts.iter().filter(|text| text.organization == here) {
        text.is_closed("with another's key").await;
    }
    for owner in 0..keys.len() {
        set(owner, owner).await;
    }
    for text in &texts {
        assert!(text.read().await.ok().to_string().contains(CANARY), "{}", text.name());
    }
}

/// When a key is gone, so are the texts that it opened; the rest of the rows is still there, for both.
#[actix_web::test]
async fn without_the_key_of_its_owner_a_text_is_gone() {
    let superuser = superuser().await;
    let (_town, companies, texts) = texts(&superuser).await;
    let (here, there) = (Uuid::from(companies[0].organization), Uuid::from(companies[1].organization));
    superuser.execute("delete from owner_keys where organization_id = $1", &[&here]).await.unwrap();
    let left = "select (select count(*) from notes where organization_id = $1)
                     + (select count(*) from idempotency_keys where organization_id = $1)";
    assert_eq!(
        superuser.query_one(left, &[&here]).await.unwrap().get::<_, i64>(0),
        0,
        "what only holds a text is gone"
    );
    for text in &texts {
        let answer = text.read().await;
        if text.organization == there {
            assert!(answer.ok().to_string().contains(CANARY), "{}", text.name());
        } else if text.sealed.table == "idempotency_keys" {
            assert_eq!(answer.header("idempotent-replayed"), "", "the answer went with the key");
        } else if answer.status == 404 {
            assert!(["actions", "progress", "insights"].contains(&text.sealed.table), "{}", text.name());
        } else {
            assert!(!answer.ok().to_string().contains(CANARY), "{}", answer.text);
        }
    }
}

/// No table holds what people wrote, neither as text nor as bytes.
#[actix_web::test]
async fn nothing_stands_in_the_database_in_clear() {
    let superuser = superuser().await;
    let (_town, companies, _) = texts(&superuser).await;
    let tables = "select table_name::text from information_schema.columns
                  where table_schema = 'peer_coaching' and column_name = 'organization_id' and table_name <> 'check_ins_seen'";
    let tables = superuser.query(tables, &[]).await.unwrap();
    let hex = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut rows = 0;
    for table in tables.iter().map(|row| row.get::<_, String>(0)) {
        let all = format!("select t::text from {table} t where organization_id = $1");
        for row in superuser.query(&all, &[&Uuid::from(companies[0].organization)]).await.unwrap() {
            let row = row.get::<_, String>(0);
            assert!(!row.contains(CANARY) && !row.contains(&hex), "{table}: {row}");
            rows += 1;
        }
    }
    assert!(tables.len() > 12 && rows > 30, "{rows} rows of {} tables", tables.len());
}
