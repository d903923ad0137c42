//! Traces, as a collector gets them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{Answer, Deployment, Running, binary, get, raw};

/// As somebody else's program would send it (W3C Trace Context).
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Takes whatever is exported; the bodies, one after the other.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (sender, bodies) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                while let Some(body) = exported(stream.as_ref().unwrap()) {
                    let _ = sender.send(body);
                }
            });
        }
    });
    (address, bodies)
}

fn exported(mut stream: &TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("post /v1/traces ") && head.contains("content-type: application/x-protobuf"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    Some(body)
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn a_trace_holds_what_the_log_does_and_nothing_of_anybody() {
    let (deployment, organization) = Deployment::founded();
    let (collector, bodies) = collector();
    let settings = deployment.settings(&organization);
    let mut service = Running::start(
        binary(&["serve"])
            .envs(settings)
            .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &collector)
            .env("OTEL_SERVICE_NAME", "coaching-in-lisbon"),
    );
    let line = service.logs("\"serving\"").lines().find(|line| line.contains("\"serving\"")).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["listen"].as_str().unwrap();
    let token = deployment.provider.token("somebody-known");
    let id = get(address, "/v1/me", &token).body["id"].as_str().unwrap().to_owned();
    let request = format!(
        "GET /v1/members/{id}?hidden=sentence HTTP/1.1\r\nAuthorization: Bearer {token}\r\nTraceparent: {PARENT}\r\n\
         X-Request-Id: ours-1\r\n"
    );
    assert_eq!(Answer::read(&mut raw(address, &request)).status, 400, "there is no such parameter");
    let nonsense = format!("GET /livez HTTP/1.1\r\nTraceparent: 00-{}\r\n", "x".repeat(300));
    assert_eq!(Answer::read(&mut raw(address, &nonsense)).status, 200);
    service.signal("TERM");
    let said = service.ends();
    assert!(said.well, "{}", said.err);

    let mut sent = Vec::new();
    while let Ok(body) = bodies.recv_timeout(Duration::from_millis(200)) {
        sent.extend(body);
    }
    for told in
        ["GET /v1/me", "GET /v1/members/{member_id}", "GET /livez", "coaching-in-lisbon", "ours-1", "http.route"]
    {
        assert!(holds(&sent, told.as_bytes()), "{told} is in no trace: {}", String::from_utf8_lossy(&sent));
    }
    for part in [bytes(TRACE), bytes("00f067aa0ba902b7")] {
        assert!(holds(&sent, &part), "it is under its caller's span");
    }
    for private in [&*id, &*organization, "somebody-known", "Somebody", "hidden", "sentence", &*token] {
        assert!(!holds(&sent, private.as_bytes()), "{private} is in a trace");
    }
    let lines = said.err.lines().filter(|line| line.contains("\"answered\"")).collect::<Vec<_>>();
    assert!(lines.iter().any(|line| line.contains("ours-1") && line.contains(&format!("\"trace_id\":\"{TRACE}\""))));
    assert!(
        lines.iter().all(|line| line.contains("\"trace_id\":\"")),
        "those without a caller's have one of their own"
    );
}

#[test]
fn a_collector_that_is_away_is_in_nobodys_way() {
    let (deployment, organization) = Deployment::founded();
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = deployment.settings(&organization);
    let away = format!("http://{away}/v1/traces");
    let mut service = Running::start(binary(&["serve"]).envs(settings).env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", away));
    let line = service.logs("\"serving\"").lines().find(|line| line.contains("\"serving\"")).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["listen"].as_str().unwrap();
    assert_eq!(get(address, "/v1/me", &deployment.provider.token("zoe")).status, 200);
    service.signal("TERM");
    assert!(service.ends().well);
}
