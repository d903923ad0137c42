//! The export (promise J5): all that is kept of somebody and all that they own, and nothing of anybody else's.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::lives::{HERS, Lives, OTHERS};
use crate::personal::tables;
use crate::support::{Town, database};

/// What stands at this pointer, through every list on the way.
fn at<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let (mut found, mut rest) = (vec![value], pointer);
    while let Some((_, tail)) = rest.split_once('/') {
        let (name, _) = tail.split_once('/').unwrap_or((tail, ""));
        rest = &tail[name.len()..];
        found = found
            .into_iter()
            .flat_map(|one| one.as_array().map_or_else(|| vec![one], |many| many.iter().collect()))
            .map(|one| one.get(name).unwrap_or_else(|| panic!("{pointer}: there is no {name} in {one}")))
            .collect();
    }
    found
}

/// The same value in the database and in the export: instants are written in two ways.
fn same(one: &Value, other: &Value) -> bool {
    let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    one == other || instant(one).is_some() && instant(one) == instant(other)
}

#[actix_web::test]
async fn it_holds_everything_that_is_kept_of_a_member() {
    let lives = Lives::lived().await;
    let answer = lives.ana.get("/v1/me/export").await;
    assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""));
    let export = answer.ok();
    let superuser = database::connect(database::config("postgres")).await;
    let mut compared = 0;
    for table in tables() {
        let about = table.about.iter().map(|column| format!("'{}' = {column}::text", lives.ana_id)).collect::<Vec<_>>();
        let rows = format!("select to_jsonb(t) from peer_coaching.{} t where {}", table.name, about.join(" or "));
        let rows = superuser.query(&rows, &[]).await.unwrap();
        assert!(!rows.is_empty(), "Ana has nothing in {}, or this proves nothing", table.name);
        for column in table.columns.iter().filter(|column| !column.exported.is_empty()) {
            let exported = column.exported.iter().flat_map(|pointer| at(&export, pointer)).collect::<Vec<_>>();
            let place = format!("{}.{} at {:?}", table.name, column.name, column.exported);
            assert!(exported.iter().any(|value| !value.is_null()), "{place} is never filled");
            for row in &rows {
                let kept: Value = row.get(0);
                let kept = &kept[column.name];
                let sealed = kept.as_str().is_some_and(|text| text.starts_with("\\x"));
                let found = kept.is_null() || sealed || exported.iter().any(|value| same(kept, value));
                assert!(found, "{place} lacks {kept}: {exported:?}");
                compared += 1;
            }
        }
    }
    println!("{compared} values compared");
    assert!(compared > 100);
}

#[actix_web::test]
async fn it_holds_every_text_of_a_members_and_nobody_elses() {
    let lives = Lives::lived().await;
    let export = lives.ana.get("/v1/me/export").await;
    let texts =
        export.ok()["notes"].as_array().unwrap().iter().map(|note| note["note"]["text"].clone()).collect::<Vec<_>>();
    assert_eq!(texts, [format!("{HERS} note 0"), format!("{HERS} note 1")]);
    for (list, kind) in [("actions", "action"), ("progress", "progress"), ("insights", "insight")] {
        let texts = export.ok()[list].as_array().unwrap().iter().map(|one| one["text"].clone()).collect::<Vec<_>>();
        assert_eq!(texts, [format!("{HERS} {kind}")]);
    }
    assert_eq!(export.ok()["reflections"][0]["questions"][0]["answer"], format!("{HERS} answer"));
    assert_eq!(export.ok()["participations"][0]["topics"], json!([format!("{HERS} topic")]));
    assert!(!export.text.contains(OTHERS), "{}", export.text);
    let (mut partners, mut names) = (Vec::new(), vec!["Ben", "Cleo", "Root"]);
    partners.extend(export.body()["pairings"].as_array().unwrap().iter().map(|pairing| pairing["partner"].clone()));
    for partner in &partners {
        assert_eq!(partner.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "name"]);
        names.retain(|name| partner["name"] != **name);
    }
    assert_eq!(names, [""; 0]);
    // the canaries are there to be found
    assert!(lives.ben.get("/v1/me/export").await.text.contains(OTHERS));
    assert!(lives.ana.get(&format!("{}/notes", lives.calls[0])).await.text.contains(OTHERS));
}

/// An administrator's export is about themself, too.
#[actix_web::test]
async fn it_is_for_members_alone() {
    let lives = Lives::lived().await;
    let (export, root) = (lives.root.get("/v1/me/export").await, lives.root.id().await);
    let but_the_name = export.text.replace(&format!("Ana {HERS}"), ""); // whom she has asked
    assert!(!but_the_name.contains(HERS) && !but_the_name.contains(OTHERS), "{}", export.text);
    let entries = export.ok()["audit_entries"].as_array().unwrap().clone();
    assert!(entries.iter().all(|entry| entry["member_id"] == *root), "{entries:?}");
    let scopes = "members:read members:write events:read webhooks:manage";
    assert_eq!(lives.company.integration("program", scopes).get("/v1/me/export").await.code(), "members_only");
    assert_eq!(lives.company.stranger().get("/v1/me/export").await.code(), "unauthenticated");
}

#[actix_web::test]
async fn a_long_life_fits_in_it() {
    let (town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    root.decides(json!({ "cadence_months": 1, "last_request_days": 0, "require_reflection": false })).await;
    // The cycles that were planned before are of the old cadence: the first ones are longer.
    for at in 0..40 {
        let coaches = if at % 2 == 0 { &ben } else { &root };
        ana.is_ready().await;
        let pairing = ana.is_coached_by(coaches).await;
        let call = ana.meets(&pairing).await;
        ana.put(&format!("{}/note", crate::support::call_path(&call)), json!({ "text": format!("{at}") })).await.ok();
        let ends_at = ana.get("/v1/cycles/current").await.ok()["ends_at"].as_str().unwrap().to_owned();
        town.until(&ends_at);
    }
    let export = ana.get("/v1/me/export").await.ok();
    for list in ["participations", "reflections", "pairings", "check_ins", "notes"] {
        assert_eq!(export[list].as_array().unwrap().len(), 40, "{list}");
    }
    let texts =
        export["notes"].as_array().unwrap().iter().map(|note| note["note"]["text"].as_str().unwrap().to_owned());
    assert_eq!(texts.collect::<Vec<_>>(), (0..40).map(|at| at.to_string()).collect::<Vec<_>>());
}
