//! Erasure (promise J4): nothing of theirs is left, for anybody to read; what others have with them stays theirs.

use std::path::{Path, PathBuf};

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::lives::{HERS, Lives, OTHERS, reads};
use crate::personal::tables;
use crate::support::{Answer, Company, Person, Town, call_path, database, path_of};

/// Erases whom the path names, whatever the version.
async fn erases(who: &Person, path: &str) -> Answer {
    who.sends("DELETE", path, "", "").await
}

async fn superuser() -> Client {
    database::connect(database::config("postgres")).await
}

/// The rows of a table that are about a member.
async fn rows(superuser: &Client, table: &str, about: &[&str], member: &str) -> Vec<Value> {
    let about = about.iter().map(|column| format!("{column}::text = '{member}'")).collect::<Vec<_>>().join(" or ");
    let key =
        "(select string_agg(v.value, '' order by v.key) from jsonb_each_text(to_jsonb(t)) v where v.key like '%\\_id')";
    let rows = format!("select to_jsonb(t) from peer_coaching.{table} t where {about} order by {key}");
    superuser.query(&rows, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// All that the database has of a company, as text.
async fn dump(superuser: &Client, company: &Company) -> String {
    let tables = "select tablename::text from pg_tables
                  where schemaname = 'peer_coaching' and tablename <> 'refinery_schema_history'";
    let mut dump = String::new();
    for table in superuser.query(tables, &[]).await.unwrap() {
        let all = "select to_jsonb(t)::text from peer_coaching.";
        let all = format!("{all}{} t where organization_id = $1", table.get::<_, &str>(0));
        superuser
            .query(&all, &[&uuid::Uuid::from(company.organization)])
            .await
            .unwrap()
            .iter()
            .for_each(|row| dump.push_str(row.get(0)));
    }
    dump
}

fn is_blank(value: &Value) -> bool {
    [Value::Null, json!(""), json!([]), json!(false)].contains(value)
}

#[actix_web::test]
async fn every_column_becomes_what_is_said_of_it() {
    let lives = Lives::lived().await;
    let superuser = superuser().await;
    let mut before = Vec::new();
    for table in tables() {
        let rows = rows(&superuser, table.name, &table.about, &lives.ana_id).await;
        assert!(!rows.is_empty(), "Ana has nothing in {}, or this proves nothing", table.name);
        before.push((table, rows));
    }
    assert!(dump(&superuser, &lives.company).await.contains(HERS));
    assert_eq!(erases(&lives.ana, "/v1/me").await.status, 204);
    for (table, earlier) in before {
        let later = rows(&superuser, table.name, &table.about, &lives.ana_id).await;
        if table.columns.iter().any(|column| column.erased == "row") {
            assert_eq!(later, [Value::Null; 0], "{}", table.name);
            assert!(table.columns.iter().all(|column| column.erased == "row"), "a row goes as a whole");
            continue;
        }
        assert_eq!(later.len(), earlier.len(), "{}", table.name);
        for (earlier, later) in earlier.iter().zip(&later) {
            for column in &table.columns {
                let (was, is) = (&earlier[column.name], &later[column.name]);
                let right = match column.erased {
                    "blank" => is_blank(is),
                    one if let Some((_, whose)) = one.split_once(':') => {
                        let hers = earlier[whose] == *lives.ana_id;
                        if hers { is_blank(is) } else { is == was }
                    }
                    "kept" => is == was,
                    _ => true,
                };
                assert!(right, "{}.{} was {was} and is {is}", table.name, column.name);
            }
        }
    }
    let dump = dump(&superuser, &lives.company).await;
    assert!(!dump.contains(HERS), "{}", &dump[dump.find(HERS).unwrap() - 200..][..400]);
}

#[actix_web::test]
async fn nobody_reads_anything_of_theirs_and_everybody_their_own() {
    let lives = Lives::lived().await;
    for who in lives.everybody() {
        assert!(reads(who).await.contains(HERS), "or this proves nothing");
    }
    assert_eq!(erases(&lives.root, &format!("/v1/members/{}", lives.ana_id)).await.status, 204);
    for who in lives.everybody() {
        let read = reads(who).await;
        assert!(!read.contains(HERS), "{}", &read[read.find(HERS).unwrap().saturating_sub(300)..][..600]);
    }
    for (who, pairing, call) in [(&lives.ben, &lives.coached, 0), (&lives.cleo, &lives.coaches, 1)] {
        let notes = who.get(&format!("{}/notes", lives.calls[call])).await.ok();
        assert_eq!(
            (&notes["mine"]["text"], &notes["partners"]),
            (&json!(format!("{OTHERS} note {call}")), &Value::Null)
        );
        let seen = who.get(&path_of(pairing)).await.ok();
        assert_eq!(seen["partner"], json!({ "id": lives.ana_id, "name": "Former member" }));
        assert_eq!((&seen["state"], &seen["ended_by"]), (&json!("ended"), &json!("system")));
    }
    let to_come = format!("/v1/check-ins?from={}", lives.town.clock.now());
    let states = lives.ben.get(&to_come).await.each("/state");
    assert!(!states.is_empty() && states.iter().all(|state| state == "cancelled"), "{states:?}");
}

#[actix_web::test]
async fn it_must_be_meant() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let path = format!("/v1/members/{}", ana.id().await);
    for (who, path) in [(&ana, "/v1/me"), (&root, path.as_str())] {
        let bare = Answer::to(who.request(Method::DELETE, path)).await;
        assert_eq!((bare.status.as_u16(), bare.code().as_str()), (428, "precondition_required"));
        let stale = Answer::to(who.request(Method::DELETE, path).header("If-Match", "\"99-00000000\"")).await;
        assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale"));
    }
    let etag = ana.get("/v1/me").await.header("etag").to_owned();
    ana.patch("/v1/me", json!({ "notify": false })).await.ok();
    let outdated = Answer::to(ana.request(Method::DELETE, "/v1/me").header("If-Match", &etag)).await;
    assert_eq!(outdated.code(), "stale");
    let etag = ana.get("/v1/me").await.header("etag").to_owned();
    let body = ana.request(Method::DELETE, "/v1/me").header("If-Match", &etag).json(&json!({ "sure": true }));
    assert_eq!(Answer::to(body).await.flaws(), ["#/sure unknown"]);
    assert_eq!(Answer::to(ana.request(Method::DELETE, "/v1/me").header("If-Match", &etag)).await.status, 204);
}

#[actix_web::test]
async fn administrators_and_the_member_alone_may() {
    let (_town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    let path = format!("/v1/members/{}", ana.id().await);
    for who in [&ana, &ben, &company.integration("directory", "members:read members:write")] {
        assert_eq!(erases(who, &path).await.code(), "administrators_only");
    }
    assert_eq!(erases(&root, "/v1/members/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f61").await.code(), "not_found");
    assert_eq!(erases(&root, &path).await.status, 204);
    let entry = root.get("/v1/audit-entries?limit=1").await.ok()["data"][0].clone();
    assert_eq!((&entry["action"], &entry["changed"]), (&json!("member.erased"), &json!([])));
    assert_eq!((&entry["actor"], &entry["actor_id"]), (&json!("administrator"), &json!(root.id().await)));
    // What members do themselves is nobody's to keep tabs on.
    let cleo = company.person("cleo");
    cleo.id().await;
    erases(&cleo, "/v1/me").await;
    assert_eq!(root.get("/v1/audit-entries?limit=1").await.ok()["data"][0]["id"], entry["id"]);
}

#[actix_web::test]
async fn who_was_erased_is_told_so() {
    let (town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    let path = format!("/v1/members/{}", ana.id().await);
    assert_eq!(erases(&ana, "/v1/me").await.status, 204);
    for refused in [
        ana.get("/v1/me").await,
        ana.get("/v1/me/export").await,
        ana.patch("/v1/me", json!({ "notify": false })).await,
        ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await,
        ana.does("withdraw", &asked).await,
        erases(&ana, "/v1/me").await,
        root.get(&path).await,
        root.patch(&path, json!({ "active": true })).await,
        erases(&root, &path).await,
        company.integration("directory", "members:read").get(&path).await,
    ] {
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (410, "member_erased"));
    }
    assert_eq!(ben.get(&path).await.code(), "not_found", "as of everybody who has left");
    for list in ["/v1/members?limit=100", "/v1/members?active=false", "/v1/members?q=former"] {
        assert!(!root.get(list).await.text.contains("Former"), "{list}");
    }
    // A replica remembers them for half a minute, and lets them read what there is; one that does not says so at once.
    let (_another, company) = town.another(&company).await;
    for path in ["/v1/me", "/v1/members", "/v1/pairings"] {
        assert_eq!(company.person("ana").get(path).await.code(), "member_erased", "{path}");
    }
}

/// Time passes, for tokens: erasures were longer ago.
async fn an_hour_later() {
    let earlier = "update peer_coaching.erased_identities set erased_at = erased_at - interval '1 hour';
        update peer_coaching.identities set not_before = not_before - interval '1 hour'";
    superuser().await.batch_execute(earlier).await.unwrap();
}

#[actix_web::test]
async fn who_comes_back_is_somebody_new() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.meets(&pairing).await;
    let id = ana.id().await;
    erases(&ana, "/v1/me").await;
    an_hour_later().await; // by then no replica remembers her as who she was
    let (_another, company) = town.another(&company).await;
    let (ben, root) = (company.person("ben"), company.administrator("root"));
    let now = peer_coaching::clock::real_time().as_second();
    let of = |issued_at: i64| company.bearer("ana", &json!({ "name": "Ana", "iat": issued_at }));
    assert_eq!(of(now - 3700).get("/v1/me").await.code(), "member_erased");
    let anew = of(now);
    let new = anew.get("/v1/me").await.ok();
    assert_ne!(new["id"], *id);
    assert_eq!(new["name"], "Ana");
    assert_eq!(anew.get("/v1/pairings").await.ok()["data"], json!([]));
    assert_eq!(of(now - 3700).get("/v1/me").await.code(), "member_erased", "though she is remembered by now");
    anew.is_ready().await;
    anew.is_coached_by(&ben).await.ok(); // nobody has coached somebody new
    erases(&anew, "/v1/me").await; // and she can go again
    assert_eq!(anew.get("/v1/me").await.code(), "member_erased");

    root.decides(json!({ "create_members": false })).await;
    an_hour_later().await;
    let (_third, company) = town.another(&company).await;
    let of = |issued_at: i64| company.bearer("ana", &json!({ "name": "Ana", "iat": issued_at }));
    assert_eq!(of(now).get("/v1/me").await.code(), "not_a_member", "where people do not join by themselves");
    let brought = root.brings(json!([{ "external_id": "ana", "name": "Ana" }])).await.ok();
    assert_eq!(brought["data"][0]["outcome"], "created");
    assert_eq!(of(now).get("/v1/me").await.ok()["id"], brought["data"][0]["id"]);
}

#[actix_web::test]
async fn a_token_without_a_date_may_be_from_before() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    ana.id().await;
    erases(&ana, "/v1/me").await;
    an_hour_later().await;
    let (_another, company) = town.another(&company).await;
    let undated = company.undated("ana");
    assert_eq!(undated.get("/v1/me").await.code(), "member_erased");
    assert_eq!(company.undated("ben").get("/v1/me").await.status, 200, "of others it is as good as any");
}

#[actix_web::test]
async fn places_and_memories_of_others_stay() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, root] =
        [company.person("ana"), company.person("ben"), company.person("cleo"), company.administrator("root")];
    for who in [&ana, &ben] {
        who.is_ready().await;
    }
    let done = ana.is_coached_by(&ben).await;
    ana.completes(&done).await.ok();
    let other = ben.is_coached_by(&cleo).await;
    ben.meets(&other).await;
    root.decides(json!({ "default_coach_capacity": 1 })).await;
    let ana_id = ana.id().await;
    erases(&root, &format!("/v1/members/{ana_id}")).await;
    assert_eq!(ben.sees(&done).await, "completed", "what was completed stays so");
    let dora = company.person("dora");
    dora.is_ready().await;
    dora.patch("/v1/me", json!({ "coach_capacity": 0 })).await.ok();
    // Cleo goes: Ben's last coach is gone, and what he may do next is what he could do anyway.
    erases(&cleo, "/v1/me").await;
    assert_eq!(ben.get(&path_of(&other)).await.ok()["partner"]["name"], "Former member");
    town.days_pass(90);
    ben.is_ready().await;
    let coach = company.person("coach");
    ben.is_coached_by(&coach).await;
    let gone = other.body()["partner"]["id"].as_str().unwrap().to_owned();
    assert_eq!(ben.asks_for(&gone).await.code(), "coached_you_last_time", "memory outlives who is remembered");
}

#[actix_web::test]
async fn answers_that_are_kept_for_repetitions_tell_nothing() {
    let (_town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    let accept = format!("{}/accept", path_of(&asked));
    ben.post_once(&accept, "once", json!({})).await.ok();
    let batch = json!({ "members": [{ "external_id": "kim", "name": "Kim" }] });
    root.post_once("/v1/members/batch", "once", batch.clone()).await.ok();
    let next =
        root.post_once("/v1/cycles", "once", json!({ "starts_on": "2190-01-01", "ends_on": "2190-03-01" })).await;
    erases(&ana, "/v1/me").await;
    for forgotten in
        [ben.post_once(&accept, "once", json!({})).await, root.post_once("/v1/members/batch", "once", batch).await]
    {
        assert_eq!((forgotten.status.as_u16(), forgotten.code().as_str()), (410, "answer_forgotten"));
    }
    let again =
        root.post_once("/v1/cycles", "once", json!({ "starts_on": "2190-01-01", "ends_on": "2190-03-01" })).await;
    assert_eq!(again.text, next.text, "what is about nobody is kept");
}

/// A file of the test's own.
fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledgers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

#[actix_web::test]
async fn it_is_written_down_before_it_is_done() {
    let ledger = file("written");
    let (town, company) = Town::with_ledger(&ledger).await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    let (ana_id, ben_id) = (ana.id().await, ben.id().await);
    assert_eq!(Answer::to(ana.request(Method::DELETE, "/v1/me")).await.status, 428);
    assert_eq!(erases(&ben, &format!("/v1/members/{ana_id}")).await.status, 403);
    assert_eq!(std::fs::read_to_string(&ledger).unwrap(), "", "what was not asked for by right is not written");
    erases(&ana, "/v1/me").await;
    erases(&root, &format!("/v1/members/{ben_id}")).await;
    erases(&ana, "/v1/me").await;
    let text = std::fs::read_to_string(&ledger).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
    let names = lines.iter().map(|line| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    assert!(names.into_iter().all(|names| names == ["organization_id", "member_id", "erased_at"]), "{text}");
    let of = |line: &Value| (line["organization_id"].clone(), line["member_id"].clone());
    let organization = json!(company.organization);
    assert_eq!(
        lines.iter().map(of).collect::<Vec<_>>(),
        [(organization.clone(), json!(ana_id)), (organization, json!(ben_id))]
    );
    drop(town);
}

#[actix_web::test]
async fn without_the_ledger_nobody_is_erased() {
    let ledger = file("refused");
    let (_town, company) = Town::with_ledger(&ledger).await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let before = ana.get("/v1/me/export").await.ok();
    std::fs::remove_file(&ledger).unwrap();
    std::fs::create_dir(&ledger).unwrap(); // what cannot be appended to, even by root
    let refused = erases(&ana, "/v1/me").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "unavailable"));
    assert!(!refused.header("retry-after").is_empty());
    let mut after = ana.get("/v1/me/export").await.ok();
    after["exported_at"] = before["exported_at"].clone();
    assert_eq!(after, before, "and nothing has changed");
    assert_eq!(ben.sees(&pairing).await, "active");
    std::fs::remove_dir(&ledger).unwrap();
    assert_eq!(erases(&ana, "/v1/me").await.status, 204);
}

/// What is left of somebody who was erased while others were at work: no text, no key, nothing open.
async fn is_gone(company: &Company, member: &str) {
    let left = format!(
        "select (select count(*) from owner_keys where organization_id = '{0}' and owner_id = '{1}')
              + (select count(*) from notes where organization_id = '{0}' and author_id = '{1}')
              + (select count(*) from identities where organization_id = '{0}' and member_id = '{1}')
              + (select count(*) from participations where organization_id = '{0}' and member_id = '{1}')
              + (select count(*) from reflections where organization_id = '{0}' and member_id = '{1}')
              + (select count(*) from idempotency_keys where organization_id = '{0}' and caller_id = '{1}')
              + (select count(*) from member_terms where organization_id = '{0}' and member_id = '{1}')
              + (select count(*) from pairings where organization_id = '{0}' and '{1}' in (coachee_id, coach_id)
                   and state in ('requested', 'active'))
              + (select count(*) from check_ins where organization_id = '{0}' and '{1}' in (coachee_id, coach_id)
                   and state = 'scheduled')
              + (select count(*) from members where organization_id = '{0}' and member_id = '{1}' and erased_at is null)",
        company.organization, member
    );
    let superuser = superuser().await;
    superuser.batch_execute("set search_path = peer_coaching").await.unwrap();
    assert_eq!(superuser.query_one(&left, &[]).await.unwrap().get::<_, i64>(0), 0, "{member}");
}

/// All these at once: one erasure, which wins; the others find things as they were, or are told that they are not.
#[actix_web::test]
async fn erasing_beside_everything_else() {
    let (_town, companies) = Town::of(1, 16).await;
    let company = &companies[0];
    let root = company.administrator("root");
    root.decides(json!({ "max_coaches_per_cycle": 20, "default_coach_capacity": 20 })).await;
    let (ben, mut told) = (company.person("ben"), std::collections::BTreeSet::new());
    ben.is_ready().await;
    for round in 0..24 {
        let name = format!("ana-{round}");
        let ana = company.person(&name);
        ana.is_ready().await;
        let (ana_id, coach) = (ana.id().await, company.person(&format!("coach-{round}")));
        let pairing = ana.is_coached_by(&coach).await;
        let call = call_path(&ana.meets(&pairing).await);
        let waits = ana.asks(&ben).await;
        let (note, erased) = (format!("{call}/note"), format!("/v1/members/{ana_id}"));
        let series = json!({ "starts_at": (_town.clock.now() + jiff::SignedDuration::from_hours(30)).to_string() });
        let newcomer = company.bearer(&format!("another-{round}"), &json!({ "name": "x" }));
        let erasing = async {
            tokio::time::sleep(std::time::Duration::from_millis(round % 12)).await;
            join(erases(&ana, "/v1/me"), erases(&root, &erased)).await
        };
        let beside = async {
            join_all([
                Box::pin(async { ana.asks(&root).await }) as std::pin::Pin<Box<dyn Future<Output = Answer>>>,
                Box::pin(async { ben.does("accept", &waits).await }),
                Box::pin(async { ben.asks_for(&ana_id).await }),
                Box::pin(async { ana.put(&note, json!({ "text": "hers", "shared": true })).await }),
                Box::pin(async { coach.put(&note, json!({ "text": "theirs", "shared": true })).await }),
                Box::pin(async { coach.post(&format!("{}/series", path_of(&pairing)), series).await }),
                Box::pin(async { ana.patch("/v1/me", json!({ "expertise": ["hers"] })).await }),
                Box::pin(async { ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await }),
                Box::pin(async { root.patch(&erased, json!({ "title": "hers" })).await }),
                Box::pin(async { newcomer.get("/v1/me").await }),
            ])
            .await
        };
        let ((own, roots), answers) = join(erasing, beside).await;
        assert_eq!([own.status.as_u16(), roots.status.as_u16()].iter().filter(|status| **status == 204).count(), 1);
        for answer in [own, roots].into_iter().chain(answers) {
            let code = if answer.status.is_success() { "yes".to_owned() } else { answer.code() };
            let known = ["yes", "member_erased", "not_waiting", "not_available", "not_found", "already_asked"]
                .contains(&code.as_str());
            assert!(known, "{}", answer.text);
            told.insert(code);
        }
        is_gone(company, &ana_id).await;
    }
    assert!(told.contains("yes") && told.contains("member_erased"), "{told:?}");
}

/// Whoever's first call is under way when their directory entry is erased: linked before, or somebody else after.
#[actix_web::test]
async fn erasing_beside_a_first_call() {
    let (_town, companies) = Town::of(1, 12).await;
    let company = &companies[0];
    let root = company.administrator("root");
    for round in 0..24 {
        let name = format!("kim-{round}");
        let brought = root.brings(json!([{ "external_id": name, "name": "Kim" }])).await.ok();
        let id = brought["data"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/members/{id}");
        let kims = (0..4).map(|_| company.person(&name)).collect::<Vec<_>>();
        let first = join_all(kims.iter().map(|kim| kim.get("/v1/me")));
        let (gone, met) = join(erases(&root, &path), first).await;
        assert_eq!(gone.status, 204);
        for met in met {
            assert!(met.status.is_success() || met.code() == "member_erased", "{}", met.text);
        }
        is_gone(company, &id).await;
    }
}
