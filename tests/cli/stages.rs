//! How `serve` comes up and goes: what it waits for, and what it says meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Deployment, Running, binary, eventually, get};

/// Takes the last migration out of the schema's memory, as if it was still to come.
const BEHIND: &str = "create table public.later as select * from peer_coaching.refinery_schema_history
    where version = (select max(version) from peer_coaching.refinery_schema_history);
    delete from peer_coaching.refinery_schema_history where version = (select version from public.later)";
const MIGRATED: &str = "insert into peer_coaching.refinery_schema_history select * from public.later";

/// As a later version's migrations would leave it: what they add is in nobody's way, what they take away is.
const ADDED: &str = "alter table peer_coaching.members add column nickname text;
    insert into peer_coaching.refinery_schema_history (version, name, applied_on, checksum)
    values (9001, 'nicknames', now()::text, '1')";
const TAKEN_AWAY: &str = "insert into peer_coaching.refinery_schema_history (version, name, applied_on, checksum)
    values (9002, 'drop_titles__needs_9001', now()::text, '2')";

/// A service that was started, and where it listens by its own word.
fn start(deployment: &Deployment, organization: &str, drain: &str, word: &str) -> (Running, String) {
    let mut settings = deployment.settings(organization);
    settings.retain(|(name, _)| *name != "DRAIN_SECONDS");
    settings.push(("DRAIN_SECONDS", drain.to_owned()));
    let mut service = Running::start(binary(&["serve"]).envs(settings));
    let line = service.logs(word).lines().find(|line| line.contains(word)).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    (service, line["listen"].as_str().unwrap().to_owned())
}

/// The head of an answer, in small letters, by a connection that might be kept.
fn head(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

fn because(address: &str) -> String {
    get(address, "/readyz", "").body["because"].to_string()
}

#[test]
fn it_waits_for_a_schema_that_is_behind() {
    let (deployment, organization) = Deployment::founded();
    let token = deployment.provider.token("zoe");
    deployment.with_superuser(BEHIND);
    let (service, address) = start(&deployment, &organization, "0", "cannot serve yet");
    assert_eq!(get(&address, "/livez", "").status, 200);
    assert_eq!(get(&address, "/readyz", "").status, 503);
    assert!(because(&address).contains("the schema is behind this version: run `peer-coaching migrate`"));
    let refused = get(&address, "/v1/me", &token);
    assert_eq!((refused.status, refused.body["code"].as_str()), (503, Some("unavailable")), "{refused:?}");
    assert!(head(&address, "/v1/me", &token).contains("\r\nretry-after: 1\r\n"));

    deployment.with_superuser(MIGRATED);
    eventually("it serves, once somebody has migrated", || get(&address, "/readyz", "").status == 200);
    assert_eq!(get(&address, "/v1/me", &token).status, 200);
    service.signal("TERM");
    assert!(service.ends().well);
}

#[test]
fn it_waits_for_a_database_that_is_away() {
    let (deployment, organization) = Deployment::founded();
    deployment.allow_connections(false);
    let (service, address) = start(&deployment, &organization, "0", "cannot serve yet");
    assert_eq!(get(&address, "/livez", "").status, 200);
    assert!(because(&address).contains("the database cannot be reached"));
    assert_eq!(get(&address, "/v1/me", &deployment.provider.token("zoe")).status, 503);
    deployment.allow_connections(true);
    eventually("it serves, once the database is there", || get(&address, "/readyz", "").status == 200);
    service.signal("TERM");
    assert!(service.ends().well);
}

#[test]
fn a_schema_that_is_ahead_is_served_for_as_long_as_it_says_so() {
    let (deployment, organization) = Deployment::founded();
    let token = deployment.provider.token("zoe");
    deployment.with_superuser(ADDED);
    let (service, address) = start(&deployment, &organization, "0", "\"serving\"");
    assert_eq!(get(&address, "/readyz", "").status, 200);
    assert_eq!(get(&address, "/v1/me", &token).status, 200);

    deployment.with_superuser(TAKEN_AWAY);
    let left = "the schema has left this version behind: run a newer version of the service";
    eventually("it is not ready any more", || because(&address).contains(left));
    service.signal("TERM");
    assert!(service.ends().well);
    let (service, address) = start(&deployment, &organization, "0", "cannot serve yet");
    assert_eq!(get(&address, "/v1/me", &token).status, 503, "nor does another one come up");
    service.signal("TERM");
    assert!(service.ends().well);
}

#[test]
fn told_to_stop_it_says_so_and_goes_on_answering() {
    let (deployment, organization) = Deployment::founded();
    let token = deployment.provider.token("zoe");
    let (service, address) = start(&deployment, &organization, "300", "\"serving\"");
    let kept = head(&address, "/v1/me", &token);
    assert!(kept.starts_with("http/1.1 200 ") && !kept.contains("\r\nconnection:"), "{kept}");

    service.signal("TERM");
    eventually("it is not ready any more", || get(&address, "/readyz", "").status == 503);
    assert_eq!(because(&address), "[\"it was told to stop\"]");
    for (path, token, status) in
        [("/v1/me", &*token, 200), ("/v1/me", "", 401), ("/nowhere", "", 404), ("/docs/", "", 200)]
    {
        let last = head(&address, path, token);
        let is_last = last.starts_with(&format!("http/1.1 {status} ")) && last.contains("\r\nconnection: close\r\n");
        assert!(is_last, "{path}: {last}");
    }
    service.signal("TERM"); // who tells it twice is in a hurry
    assert!(service.ends().well);
}
