//! P8: you don't need to share the details of your conversation or notes with anyone if you don't want to.

use serde_json::json;

use crate::support::{Answer, Company, Person, Town, call_path};

const CURRENT: &str = "/v1/cycles/current/reflection";

/// What somebody reads of the other's reflection and of the other's note: nothing, or the words.
async fn reads(who: &Person, pairing: &Answer, call: &Answer) -> [Option<String>; 2] {
    let reflection = who.reads_reflection(pairing).await;
    let found = reflection.status == 200;
    let reflection = found.then(|| reflection.body()["questions"][0]["answer"].as_str().map(str::to_owned)).flatten();
    let notes = who.get(&format!("{}/notes", call_path(call))).await.ok();
    [reflection, notes["partners"]["text"].as_str().map(str::to_owned)]
}

/// Somebody writes a note about a call, and whether the other may read it.
async fn notes(who: &Person, call: &Answer, text: &str, shared: bool) -> Answer {
    who.put(&format!("{}/note", call_path(call)), json!({ "text": text, "shared": shared })).await
}

/// Ana reflected, and wrote; Ben coaches her, and they have met.
async fn written() -> (Town, Company, Person, Person, Answer, Answer) {
    let (town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let pairing = crate::coached(&ana, &ben).await;
    ana.put(CURRENT, json!({ "complete": true, "answers": ["My quarter."] })).await.ok();
    let call = ana.meets(&pairing).await;
    notes(&ana, &call, "My note.", false).await.ok();
    (town, company, ana, ben, pairing, call)
}

const NOTHING: [Option<String>; 2] = [None, None];

fn both(reflection: &str, note: &str) -> [Option<String>; 2] {
    [Some(reflection.into()), Some(note.into())]
}

#[actix_web::test]
async fn nothing_is_shared_unless_i_share_it() {
    let (_town, company, ana, ben, pairing, call) = written().await;
    assert_eq!(reads(&ben, &pairing, &call).await, NOTHING);
    ana.shares(&pairing).await.ok();
    assert_eq!(reads(&ben, &pairing, &call).await, [Some("My quarter.".into()), None], "each thing by itself");
    notes(&ana, &call, "My note.", true).await.ok();
    assert_eq!(reads(&ben, &pairing, &call).await, both("My quarter.", "My note."));
    for other in [company.person("kim"), company.administrator("root")] {
        assert_eq!(other.reads_reflection(&pairing).await.code(), "not_found");
        assert_eq!(other.get(&format!("{}/notes", call_path(&call))).await.code(), "not_found");
    }
    let program = company.integration("bot", "members:read members:write events:read webhooks:manage");
    assert_eq!(program.reads_reflection(&pairing).await.code(), "members_only");
    assert_eq!(program.get(&format!("{}/notes", call_path(&call))).await.code(), "members_only");
}

#[actix_web::test]
async fn what_is_shared_is_read_from_the_acceptance_on() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.put(CURRENT, json!({ "complete": true, "answers": ["My quarter."] })).await.ok();
    let asked = ana.asks(&ben).await;
    ana.shares(&asked).await.ok();
    assert_eq!(ben.reads_reflection(&asked).await.code(), "not_found", "a pending pairing shows nothing of it");
    ben.does("accept", &asked).await.ok();
    assert_eq!(ben.reads_reflection(&asked).await.ok()["questions"][0]["answer"], "My quarter.");
}

#[actix_web::test]
async fn a_declined_pairing_shows_nothing_of_it() {
    let (_town, company) = crate::company().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    ana.shares(&asked).await.ok();
    ben.does("decline", &asked).await.ok();
    assert_eq!(ben.reads_reflection(&asked).await.code(), "not_found");
}

#[actix_web::test]
async fn it_is_read_live() {
    let (_town, _company, ana, ben, pairing, call) = written().await;
    ana.shares(&pairing).await.ok();
    notes(&ana, &call, "My note.", true).await.ok();
    ana.put(CURRENT, json!({ "complete": true, "answers": ["My whole quarter."] })).await.ok();
    notes(&ana, &call, "My longer note.", true).await.ok();
    assert_eq!(reads(&ben, &pairing, &call).await, both("My whole quarter.", "My longer note."));
}

#[actix_web::test]
async fn taking_it_back_holds_at_once() {
    let (_town, _company, ana, ben, pairing, call) = written().await;
    ana.shares(&pairing).await.ok();
    notes(&ana, &call, "My note.", true).await.ok();
    assert_eq!(reads(&ben, &pairing, &call).await, both("My quarter.", "My note."));
    ana.takes_back(&pairing).await;
    notes(&ana, &call, "My note.", false).await.ok();
    assert_eq!(reads(&ben, &pairing, &call).await, NOTHING);
    assert_eq!(ana.get(CURRENT).await.ok()["questions"][0]["answer"], "My quarter.", "for me it is still there");
}

#[actix_web::test]
async fn the_end_of_a_pairing_stops_new_writing_and_nothing_else() {
    let (town, _company, ana, ben, pairing, call) = written().await;
    ana.shares(&pairing).await.ok();
    notes(&ana, &call, "My note.", true).await.ok();
    ben.does("end", &pairing).await.ok();
    town.until("2027-02-01T09:00:00Z");
    assert_eq!(reads(&ben, &pairing, &call).await, both("My quarter.", "My note."), "what could be read still can");
    assert_eq!(notes(&ana, &call, "Another.", true).await.code(), "not_waiting");
    ana.takes_back(&pairing).await;
    let deleted = ana.sends("DELETE", &format!("{}/note", call_path(&call)), "application/json", "{}").await;
    assert_eq!(deleted.status, 204);
    assert_eq!(reads(&ben, &pairing, &call).await, NOTHING, "and be taken back");
    assert_eq!(ana.shares(&pairing).await.code(), "not_waiting");
}
