//! K4: everything was deleted by mistake; a backup and what was written since bring it back, to the moment before.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use peer_coaching::ids::OrganizationId;
use reqwest::Method;
use serde_json::json;

use crate::ground::{Server, Service, command, heard};
use crate::operator::said;

/// Who writes what.
const WORDS: [(&str, &str); 3] = [("ana", "before the backup"), ("ben", "after the backup"), ("cleo", "gone for good")];

const REFLECTION: &str = "/v1/cycles/current/reflection";

async fn writes(service: &Service, organization: OrganizationId, (name, text): (&str, &str)) {
    let person = service.member(organization, name);
    person.is_ready().await;
    person.put(REFLECTION, json!({ "complete": true, "answers": [text] })).await.ok();
}

/// Who reads their own words.
async fn readers(service: &Service, organization: OrganizationId) -> Vec<&'static str> {
    let mut readers = Vec::new();
    for (name, text) in WORDS {
        let person = service.member(organization, name);
        let read = heard(person.request(Method::GET, REFLECTION)).await;
        readers.extend(read.answer.text.contains(text).then_some(name));
    }
    readers
}

#[actix_web::test]
#[ignore = "takes long: cargo test --test faults -- --include-ignored, as .ci/long does"]
async fn what_was_deleted_by_mistake_is_there_again_and_who_was_erased_is_not() {
    let server = Server::new().await;
    server.archives().await;
    let organization = server.founded(&["Example"]).await[0];
    let ledger = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger-{}", std::process::id()));
    let ledger = [("ERASURE_LEDGER", ledger.to_str().unwrap())];
    let service = Service::start(&server.url(), &[organization], &ledger);
    writes(&service, organization, WORDS[0]).await;
    let (backup, another) = (server.backs_up().await, server.backs_up().await);
    writes(&service, organization, WORDS[1]).await;
    writes(&service, organization, WORDS[2]).await;
    assert_eq!(readers(&service, organization).await, ["ana", "ben", "cleo"]);
    server.does("select pg_create_restore_point('the moment before')").await;
    let erased = service.member(organization, "cleo").request(Method::DELETE, "/v1/me").header("If-Match", "*");
    assert_eq!(heard(erased).await.answer.status, 204);
    server.does("truncate reflections cascade").await;
    server.has_archived().await;
    service.finish();
    server.kill().await; // with its disk: nothing but the copy and what was kept is left

    // The control: all that was kept, the mistake too.
    let again = another.restored(None).await;
    let service = Service::start(&again.url(), &[organization], &ledger);
    assert_eq!(readers(&service, organization).await, Vec::<&str>::new());
    service.finish();

    let begun = Instant::now();
    let restored = backup.restored(Some("the moment before")).await;
    let took = begun.elapsed();
    let service = Service::start(&restored.url(), &[organization], &ledger);
    assert_eq!(readers(&service, organization).await, ["ana", "ben", "cleo"], "so the backup has all of it");
    let replay = || said(command("erasures replay", &restored.url(), &[organization]).envs(ledger)).out();
    assert_eq!(replay(), "1 were erased now, 0 were before\n");
    assert_eq!(readers(&service, organization).await, ["ana", "ben"]);
    let texts = "select count(*) from owner_keys join members on (owner_id = member_id) where erased_at is not null";
    assert_eq!(restored.count(texts, &[]).await, 0, "no key is left that opens what cleo wrote");
    let bound = "select count(*) from pg_class where relnamespace = 'peer_coaching'::regnamespace and relkind = 'r'
        and relname not in ('refinery_schema_history') and not (relrowsecurity and relforcerowsecurity)";
    assert_eq!(restored.count(bound, &[]).await, 0, "every table keeps its policies");
    let app = peer_coaching::db::DatabaseSettings::new(restored.config("peer_coaching_app")).unwrap();
    let stranger = app.connect().await.unwrap();
    let seen = stranger.query_one("select count(*) from peer_coaching.reflections", &[]).await;
    assert!(seen.map_or(true, |row| row.get::<_, i64>(0) == 0), "who does not say who is asking sees nothing");
    restored.is_sound().await;
    println!(
        "K4 everything was deleted × restored to the moment before within {:.1} s: texts of ana and ben open, cleo, who \
         was erased after it, erased again; every page is sound × with all that was written since: 0 of 3 texts",
        took.as_secs_f64()
    );
    service.finish();
    let _ = fs::remove_file(ledger[0].1);
}
