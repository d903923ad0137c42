//! What an operator watches: figures on an address of their own, and whether the service is ready.

use std::collections::BTreeSet;
use std::io::Read;

use peer_coaching::telemetry::metrics;

use crate::support::{Deployment, Running, ask, binary, eventually, get, raw, said};

/// Where a line of the log says that this listens.
fn address(service: &mut Running, words: &str, key: &str) -> String {
    let line = service.logs(words).lines().find(|line| line.contains(words)).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    line[key].as_str().unwrap().to_owned()
}

fn figures(address: &str) -> String {
    let mut text = String::new();
    raw(address, "GET /metrics HTTP/1.1\r\n").read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("text/plain; version=0.0.4"), "{head}");
    body.to_owned()
}

#[test]
fn figures_tell_what_happened_and_nothing_of_anybody() {
    let (deployment, organization) = Deployment::founded();
    let mut service = Running::start(
        binary(&["serve"]).envs(deployment.settings(&organization)).env("METRICS_LISTEN", "127.0.0.1:0"),
    );
    let watched = address(&mut service, "figures are at /metrics", "address");
    let served = address(&mut service, "\"serving\"", "listen");
    let token = deployment.provider.token("somebody-known");
    let me = get(&served, "/v1/me", &token);
    assert_eq!(me.status, 200, "{}", me.body);
    let id = me.body["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&served, &format!("/v1/members/{id}"), &token).status, 200);
    assert_eq!(get(&served, "/secret/place?name=somebody-known", &token).status, 404);
    assert_eq!(ask(&served, "BREW", "/v1/me", &token, &serde_json::Value::Null).status, 405);
    assert_eq!(get(&served, "/readyz", "").status, 200);

    let told = figures(&watched);
    let line =
        |start: &str| told.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {told}"));
    for (labels, count) in [
        ("method=\"GET\",route=\"/v1/members/{member_id}\",status=\"200\"", " 1"),
        ("method=\"GET\",route=\"unmatched\",status=\"404\"", " 1"),
        ("method=\"other\",route=", ""),
    ] {
        let line = line(&format!("peer_coaching_requests_total{{{labels}"));
        assert!(line.ends_with(count), "{line}");
    }
    assert!(line("peer_coaching_tokens_remembered").ends_with(" 0"), "counted when keys were looked after last");
    for stranger in [&id, &organization, "somebody-known", "secret", "BREW", token.as_str()] {
        assert!(!told.contains(stranger), "{stranger} is in the figures:\n{told}");
    }
    // what there is without webhooks and mishaps, and nothing that the list does not have
    let known = metrics::ALL.iter().map(|(name, ..)| *name).collect::<BTreeSet<_>>();
    let types = told.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let shown = types.map(|line| line.split(' ').next().unwrap()).collect::<BTreeSet<_>>();
    assert!(shown.is_subset(&known), "{shown:?}");
    for name in ["request_seconds", "requests_in_flight", "connection_wait_seconds", "clock_offset_seconds"] {
        assert!(shown.contains(format!("peer_coaching_{name}").as_str()), "{name}");
    }
    eventually("the worker's first round", || figures(&watched).contains("peer_coaching_worker_round_seconds_count"));
    // other addresses know nothing of it
    assert_eq!(get(&served, "/metrics", &token).status, 404);
    service.signal("TERM");
    assert!(service.ends().well);
}

#[test]
fn health_is_whether_the_service_is_ready() {
    let (deployment, organization) = Deployment::founded();
    let mut service = Running::start(binary(&["serve"]).envs(deployment.settings(&organization)));
    let served = address(&mut service, "\"serving\"", "listen");
    let health = || said(binary(&["health"]).env("LISTEN", &served));
    assert_eq!(health().out(), "ready\n");
    deployment.with_superuser("delete from peer_coaching.refinery_schema_history where version = (select max(version) from peer_coaching.refinery_schema_history)");
    let mut refusal = String::new();
    eventually("a worker's noticing", || {
        let said = health();
        refusal.clone_from(&said.err);
        !said.well
    });
    assert!(refusal.contains("the schema is behind this version"), "{refusal}");
    service.signal("TERM");
    assert!(service.ends().well);
    let refusal = health().refusal();
    assert!(refusal.contains("cannot be reached; is `serve` running"), "{refusal}");
}
