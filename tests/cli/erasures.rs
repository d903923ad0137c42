//! Erasing for good (promise J4): a backup from before brings back everybody, and the ledger sends them away again.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Answer, Deployment, Running, Settings, ask, binary, eventually, get, said};

/// In what Ana and Ben write, and in nothing else.
const CANARY: &str = "canarycanary";

/// A service under way, and where it listens.
fn serve(settings: &Settings) -> (Running, String) {
    let mut service = Running::start(binary(&["serve"]).envs(settings.clone()));
    let line = service.logs("\"serving\"").lines().find(|line| line.contains("\"serving\"")).unwrap().to_owned();
    let line: Value = serde_json::from_str(&line).unwrap();
    (service, line["listen"].as_str().unwrap().to_owned())
}

fn stop(service: Running) {
    service.signal("TERM");
    assert!(service.ends().well);
}

/// A program of the PostgreSQL that runs.
fn program(deployment: &Deployment, name: &str) -> Command {
    let folder = deployment.with_superuser("select setting from pg_config where name = 'BINDIR'");
    Command::new(Path::new(&folder).join(name))
}

/// A backup of the whole database.
fn backed_up(deployment: &Deployment) -> PathBuf {
    let file = deployment.file("backup", "");
    let dumped = program(deployment, "pg_dump")
        .arg("-Fc")
        .arg("-f")
        .arg(&file)
        .arg("-d")
        .arg(deployment.url("postgres"))
        .output();
    let dumped = dumped.unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    file
}

/// The backup, in another database; and what `serve` is told to use it.
fn restored(deployment: &Deployment, backup: &Path, settings: &Settings) -> (Deployment, Settings) {
    let other = Deployment::empty();
    let restored = program(deployment, "pg_restore").arg("-d").arg(other.url("postgres")).arg(backup).output().unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let mut settings = settings.clone();
    settings[0].1 = other.url("peer_coaching_app");
    (other, settings)
}

/// Ana and Ben have met and have written about it; Ben has read what Ana shares. The path of their notes.
fn meet(address: &str, ana: &str, ben: &str) -> String {
    let ok = |answer: Answer| -> Value {
        assert!((200..300).contains(&answer.status), "{answer:?}");
        answer.body
    };
    let ben_id = ok(get(address, "/v1/me", ben))["id"].clone();
    let participation = json!({ "answer": "opted_in" });
    ok(ask(address, "PUT", "/v1/cycles/current/participation", ana, &participation));
    ok(ask(address, "PUT", "/v1/cycles/current/reflection", ana, &json!({ "complete": true })));
    let pairing = ok(ask(address, "POST", "/v1/pairings", ana, &json!({ "coach_id": ben_id })));
    let pairing = format!("/v1/pairings/{}", pairing["id"].as_str().unwrap());
    let accepted = ok(ask(address, "POST", &format!("{pairing}/accept"), ben, &json!({})));
    let call = json!({ "kind": "kickoff", "starts_at": accepted["accepted_at"] });
    let call = ok(ask(address, "POST", &format!("{pairing}/check-ins"), ana, &call));
    let call = format!("/v1/check-ins/{}", call["id"].as_str().unwrap());
    for (who, token) in [("ana", ana), ("ben", ben)] {
        let note = json!({ "text": format!("{CANARY} of {who}"), "shared": true });
        ok(ask(address, "PUT", &format!("{call}/note"), token, &note));
    }
    format!("{call}/notes")
}

/// Everything that these two, and somebody else, can read of the two.
fn read_by_all(address: &str, notes: &str, tokens: [&str; 3]) -> String {
    let paths = [notes, "/v1/me/export", "/v1/me", "/v1/pairings", "/v1/members?limit=100", "/v1/check-ins"];
    let answers = tokens.iter().flat_map(|token| paths.map(|path| get(address, path, token).body.to_string()));
    answers.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_restored_backup_does_not_bring_back_who_was_erased() {
    let (deployment, organization) = Deployment::founded();
    let late = "update peer_coaching.policies set last_request_days = 0";
    deployment.with_superuser(&format!("{late}; select ''")); // whichever day it is
    let ledger = deployment.file("ledger", "");
    let mut settings = deployment.settings(&organization);
    settings.push(("ERASURE_LEDGER", ledger.display().to_string()));
    let (service, address) = serve(&settings);
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| deployment.provider.token(name));
    let tokens = [&*ana, &*ben, &*cleo];
    get(&address, "/v1/me", &cleo);
    let notes = meet(&address, &ana, &ben);
    let backup = backed_up(&deployment);
    for token in [&ana, &ben] {
        assert_eq!(ask(&address, "DELETE", "/v1/me", token, &Value::Null).status, 204);
    }
    assert!(!read_by_all(&address, &notes, tokens).contains(CANARY));
    stop(service);

    let (other, settings) = restored(&deployment, &backup, &settings);
    let (service, address) = serve(&settings);
    let read = read_by_all(&address, &notes, tokens);
    assert!(read.contains(&format!("{CANARY} of ana")), "the backup has it, or this proves nothing: {read}");
    stop(service);

    let replay = || {
        let command = &mut binary(&["erasures", "replay"]);
        said(other.as_app(command).env("MASTER_KEYS", &settings[2].1).env("ERASURE_LEDGER", &ledger)).out()
    };
    assert_eq!(replay(), "2 were erased now, 0 were before\n");
    assert_eq!(replay(), "0 were erased now, 2 were before\n");

    let (service, address) = serve(&settings);
    let read = read_by_all(&address, &notes, tokens);
    assert!(!read.contains(CANARY), "{read}");
    for token in [&ana, &ben] {
        assert_eq!(get(&address, "/v1/me", token).body["code"], "member_erased", "as before the restore");
    }
    let left = "select (select count(*) from peer_coaching.notes) || ' ' ||
        (select count(*) from peer_coaching.owner_keys k join peer_coaching.members m
           on m.organization_id = k.organization_id and m.member_id = k.owner_id and m.erased_at is not null)";
    assert_eq!(other.with_superuser(left), "0 0", "no text, no key");
    stop(service);
}

/// So many members, with a ledger that names all of them.
fn doomed(deployment: &Deployment, organization: &str, count: usize) -> PathBuf {
    let members = deployment.with_superuser(&format!(
        "insert into peer_coaching.members (organization_id, member_id, name, created_at, updated_at)
           select '{organization}', gen_random_uuid(), 'Member ' || m, now(), now() from generate_series(1, {count}) m;
         select string_agg(member_id::text, ' ') from peer_coaching.members"
    ));
    let line = |member: &str| {
        let entry =
            json!({ "organization_id": organization, "member_id": member, "erased_at": "2026-10-05T09:00:00Z" });
        format!("{entry}\n")
    };
    deployment.file("doomed", &members.split(' ').map(line).collect::<String>())
}

const ERASED: &str = "select count(*)::text from peer_coaching.members where erased_at is not null";

#[test]
fn a_replay_that_is_killed_goes_on_where_it_was() {
    let (deployment, organization) = Deployment::founded();
    let count = 400;
    let ledger = doomed(&deployment, &organization, count);
    let keys = deployment.settings(&organization)[2].1.clone();
    // the organization's key is made when `serve` starts, or here
    let mut command = binary(&["erasures", "replay", "--ledger", &ledger.display().to_string()]);
    let command = deployment.as_app(&mut command).env("MASTER_KEYS", keys);
    let erased = || deployment.with_superuser(ERASED).parse::<usize>().unwrap();

    let running = Running::start(command);
    eventually("some are erased", || erased() > 10);
    running.signal("KILL");
    assert!(!running.ends().well);
    let mut before = erased();
    eventually("what was sent has been done", || {
        let earlier = std::mem::replace(&mut before, erased());
        earlier == before
    });
    assert!(before < count, "it was killed in the middle, or this proves nothing");

    assert_eq!(said(command).out(), format!("{} were erased now, {before} were before\n", count - before));
    assert_eq!(erased(), count);
}

#[test]
fn what_cannot_be_done_again_is_told_and_the_rest_is_done() {
    let (deployment, organization) = Deployment::founded();
    let ledger = doomed(&deployment, &organization, 2);
    let unknown = "0198c5a0-0000-7000-8000-000000000007";
    let text = std::fs::read_to_string(&ledger).unwrap();
    let first = text.lines().next().unwrap();
    let stranger = first.replace(&first.split("member_id\":\"").nth(1).unwrap()[..36], unknown);
    let elsewhere = first.replace(&organization, unknown);
    let keys = deployment.settings(&organization)[2].1.clone();
    let replay = |text: &str| {
        let ledger = deployment.file("mixed", text);
        let mut command = binary(&["erasures", "replay", "--ledger", &ledger.display().to_string()]);
        said(deployment.as_app(&mut command).env("MASTER_KEYS", &keys))
    };

    let told = replay(&format!("{stranger}\n{text}\n{first}\n{elsewhere}\n"));
    assert!(told.well, "{told:?}");
    assert_eq!(told.out, "2 were erased now, 0 were before\n");
    assert_eq!(told.err.matches(&format!("member {unknown} of organization {organization} is not there")).count(), 1);
    assert_eq!(told.err.matches(&format!("of organization {unknown} is not there")).count(), 1, "{told:?}");

    let refusal = replay(&format!("{{\"organization_id\":\"01\n{text}")).refusal();
    assert!(refusal.contains("line 1 of the ledger cannot be read") && refusal.contains("2 were before"), "{refusal}");
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let refusal = said(&mut binary(&["erasures", "replay"])).refusal();
    for missing in ["3 things", "ERASURE_LEDGER is missing", "DATABASE_URL is missing", "MASTER_KEYS: no key"] {
        assert!(refusal.contains(missing), "{missing}: {refusal}");
    }
    let refusal = said(&mut binary(&["erasures", "replay", "--ledger", "/nowhere/ledger"])).refusal();
    assert!(refusal.contains("the ledger /nowhere/ledger cannot be read"), "{refusal}");
}

#[test]
fn serve_wants_a_ledger_that_it_can_write() {
    let (deployment, organization) = Deployment::founded();
    let mut settings = deployment.settings(&organization);
    settings.push(("ERASURE_LEDGER", "/nowhere/ledger".to_owned()));
    let refusal = said(binary(&["serve"]).envs(settings)).refusal();
    assert!(refusal.contains("ERASURE_LEDGER: /nowhere/ledger cannot be written"), "{refusal}");
}
