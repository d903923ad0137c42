//! `serve`: what it refuses, and a deployment from nothing to an answer.

use std::net::TcpStream;

use crate::support::{Answer, Deployment, Running, Settings, binary, eventually, get, raw, said};

/// A service under way, and where it listens.
fn serve(settings: Settings) -> (Running, String) {
    let mut service = Running::start(binary(&["serve"]).envs(settings));
    let line = service.logs("\"serving\"").lines().find(|line| line.contains("\"serving\"")).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    (service, line["listen"].as_str().unwrap().to_owned())
}

#[test]
fn without_settings_it_lists_what_is_missing() {
    let refusal = said(&mut binary(&["serve"])).refusal();
    for missing in ["3 things", "\n- DATABASE_URL is missing", "\n- ISSUERS_FILE is missing", "\n- MASTER_KEYS: no key"]
    {
        assert!(refusal.contains(missing), "{missing}: {refusal}");
    }
}

#[test]
fn with_weak_settings_it_lists_each() {
    let deployment = Deployment::empty();
    let issuers = "[[issuers]]\nissuer = \"http://login.example.com\"\naudiences = []\nalgorithms = [\"none\"]\n\
        discovery = true\norganisation = \"x\"\n";
    let settings = [
        ("DATABASE_URL", "mysql://db.example.com".to_owned()),
        ("ISSUERS_FILE", deployment.file("weak.toml", issuers).display().to_string()),
        ("MASTER_KEYS", "k1:c2hvcnQ=".to_owned()),
        ("CORS_ORIGINS", "https://good.example.com,*".to_owned()),
        ("PUBLIC_URL", "coaching.example.com".to_owned()),
    ];
    let refusal = said(binary(&["serve"]).envs(settings)).refusal();
    let told = [
        "DATABASE_URL cannot be read",
        "\"audiences\" must list at least one",
        "algorithm \"none\" is not one of RS256",
        "\"organisation\" is not a setting",
        "must be https",
        "needs either \"organization\"",
        "MASTER_KEYS: key k1 is weak",
        "CORS_ORIGINS: * is not an origin",
        "PUBLIC_URL is not an address such as",
    ];
    for told in told {
        assert!(refusal.contains(told), "{told}: {refusal}");
    }
    assert_eq!(refusal.matches("\n- ").count(), told.len(), "{refusal}");
}

#[test]
fn it_refuses_to_stand_above_the_policies() {
    let (deployment, organization) = Deployment::founded();
    for role in ["postgres", "peer_coaching_owner"] {
        let mut settings = deployment.settings(&organization);
        settings[0].1 = deployment.url(role);
        let refusal = said(binary(&["serve"]).envs(settings)).refusal();
        assert!(refusal.contains("row-level policies do not bind"), "{role}: {refusal}");
    }
}

#[test]
fn it_refuses_a_taken_port() {
    let (deployment, organization) = Deployment::founded();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = deployment.settings(&organization);
    settings.retain(|(name, _)| *name != "LISTEN");
    settings.push(("LISTEN", taken.local_addr().unwrap().to_string()));
    let refusal = said(binary(&["serve"]).envs(settings)).refusal();
    assert!(refusal.contains("cannot listen on 127.0.0.1:") && refusal.contains("--listen"), "{refusal}");
}

#[test]
fn from_nothing_to_an_answer() {
    let (deployment, organization) = Deployment::founded();
    let (service, address) = serve(deployment.settings(&organization));

    let me = get(&address, "/v1/me", &deployment.provider.token("zoe"));
    assert_eq!((me.status, me.body["name"].as_str()), (200, Some("Zoë")), "{me:?}");
    assert_eq!(me.body["organization"]["id"], organization.as_str());

    assert_eq!(get(&address, "/readyz", "").body["ready"], true);
    assert_eq!(get(&address, "/v1/me", "").status, 401);
    let stranger = crate::support::Provider::new().token("zoe");
    assert_eq!(get(&address, "/v1/me", &stranger).status, 401, "the same name, another key");
    assert_eq!(get(&address, "/dev/clock", "").status, 404, "the clock is moved in dev only");

    service.signal("TERM");
    let said = service.ends();
    assert!(said.well && said.out.is_empty(), "{said:?}");
}

#[test]
fn a_signal_lets_requests_under_way_finish() {
    let (deployment, organization) = Deployment::founded();
    let (service, address) = serve(deployment.settings(&organization));
    let token = deployment.provider.token("zoe");
    assert_eq!(get(&address, "/v1/me", &token).status, 200);

    std::thread::scope(|threads| {
        threads.spawn(|| deployment.with_superuser(HOLD));
        let waiting = |lock: &str| deployment.with_superuser(lock) == "1";
        eventually("the table is held", || waiting(HELD));
        let mut request = raw(&address, &format!("GET /v1/members HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"));
        eventually("the request waits for it", || waiting(WAITING));

        service.signal("TERM");
        eventually("nobody new is let in", || TcpStream::connect(&address).is_err());
        assert!(waiting(WAITING), "and the request waits still");

        deployment.with_superuser(RELEASE);
        assert_eq!(Answer::read(&mut request).status, 200, "it was finished");
    });
    assert!(service.ends().well);
}

/// Holds the members' table until it is told to let go.
const HOLD: &str = "begin; lock table peer_coaching.members;
    do $$ begin perform pg_sleep(60); exception when query_canceled then null; end $$; commit";
const RELEASE: &str = "select count(pg_cancel_backend(pid))::text from pg_locks
    where relation = 'peer_coaching.members'::regclass and mode = 'AccessExclusiveLock' and granted";
const HELD: &str = "select count(*)::text from pg_locks
    where relation = 'peer_coaching.members'::regclass and mode = 'AccessExclusiveLock' and granted";
const WAITING: &str =
    "select (count(*) > 0)::int::text from pg_locks where relation = 'peer_coaching.members'::regclass and not granted";
