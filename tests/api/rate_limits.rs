//! How much each may ask: a caller, a company, a stranger's address; and what a refusal says and costs.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use peer_coaching::db::DatabaseSettings;
use peer_coaching::limits::{Limit, Settings};
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Company, LimitedBy, Person, Town, database, database_of_its_own};
use crate::tokens::canary::Canary;

fn limit(text: &str) -> Limit {
    text.parse().expect("a limit")
}

/// Three at once, and one more every 20 s.
fn three() -> Limit {
    limit("3/60s")
}

fn per_caller() -> Settings {
    Settings { caller: three(), ..Settings::OFF }
}

async fn limited(companies: usize, limits: Settings) -> (Town, Vec<Company>, LimitedBy) {
    let database = database::settings("peer_coaching_app");
    Town::limited(&database, database.clone(), companies, limits).await
}

/// What an answer says of its limit.
fn told(answer: &Answer) -> (u16, &str, &str, &str) {
    let header = |name| answer.header(name);
    (answer.status.as_u16(), header("ratelimit"), header("ratelimit-policy"), header("retry-after"))
}

async fn three_times(who: &Person) {
    for _ in 0..3 {
        assert_eq!(who.get("/v1/me").await.status, 200);
    }
}

#[actix_web::test]
async fn a_caller_is_told_what_is_left_and_when_to_come_back() {
    let (_town, companies, by) = limited(1, per_caller()).await;
    let (ana, ben) = (companies[0].person("ana"), companies[0].person("ben"));
    let policy = "\"caller\";q=3;w=60";
    for left in ["\"caller\";r=2;t=20", "\"caller\";r=1;t=20", "\"caller\";r=0;t=20"] {
        assert_eq!(told(&ana.get("/v1/me").await), (200, left, policy, ""));
    }
    let refused = ana.get("/v1/policy").await;
    assert_eq!(told(&refused), (429, "\"caller\";r=0;t=20", policy, "20"));
    assert_eq!(refused.code(), "too_many_requests");
    let body = refused.body();
    assert_eq!(body["detail"], "You have sent more than this replica takes. Try again in 20 s.");
    assert_eq!((&body["type"], &body["instance"]), (&json!("/problems/too_many_requests"), &json!("/v1/policy")));

    by.time.advance(Duration::from_millis(19_001));
    let early = ana.get("/v1/me").await;
    assert_eq!(told(&early), (429, "\"caller\";r=0;t=1", policy, "1"), "being refused costs nothing either");
    assert_eq!(told(&ben.get("/v1/me").await).1, "\"caller\";r=2;t=20", "a colleague has three of their own");
    by.time.advance(Duration::from_millis(999));
    assert_eq!(told(&ana.get("/v1/me").await), (200, "\"caller\";r=0;t=20", policy, ""), "and then it is true");
    by.time.advance(Duration::from_secs(3600));
    three_times(&ana).await;
    assert_eq!(ana.get("/v1/me").await.status, 429, "never more than three at once, however long it took");
}

#[actix_web::test]
async fn a_caller_is_the_same_with_every_token() {
    let (_town, companies, _by) = limited(2, per_caller()).await;
    three_times(&companies[0].person("ana")).await;
    for again in [companies[0].person("ana"), companies[0].administrator("ana"), companies[0].undated("ana")] {
        assert_eq!(again.get("/v1/me").await.code(), "too_many_requests");
    }
    assert_eq!(companies[1].person("ana").get("/v1/me").await.status, 200, "whoever is called ana elsewhere");
    let sync = companies[0].integration("sync", "members:read");
    for status in [200, 200, 200, 429] {
        assert_eq!(sync.get("/v1/members").await.status, status);
    }
    assert_eq!(companies[0].integration("other", "members:read").get("/v1/members").await.status, 200);
}

#[actix_web::test]
async fn an_organization_is_limited_as_a_whole() {
    let limits = Settings { caller: three(), organization: limit("4/40s"), ..Settings::OFF };
    let (_town, companies, by) = limited(2, limits).await;
    let (ana, ben, elsewhere) = (companies[0].person("ana"), companies[0].person("ben"), companies[1].person("ana"));
    let policy = "\"caller\";q=3;w=60, \"organization\";q=4;w=40";
    three_times(&ana).await;
    assert_eq!(ana.get("/v1/me").await.code(), "too_many_requests", "which the company does not pay for");
    assert_eq!(told(&ben.get("/v1/me").await), (200, "\"caller\";r=2;t=20", policy, ""));
    let refused = ben.get("/v1/me").await;
    assert_eq!(told(&refused), (429, "\"organization\";r=0;t=10", policy, "10"));
    let detail = "Your organization has sent more than this replica takes. Try again in 10 s.";
    assert_eq!(refused.body()["detail"], detail);
    three_times(&elsewhere).await;
    by.time.advance(Duration::from_secs(10));
    assert_eq!(told(&ben.get("/v1/me").await).1, "\"caller\";r=1;t=10", "what was refused did not cost him either");
}

#[actix_web::test]
async fn whoever_has_no_good_token_is_limited_by_address() {
    let limits = Settings { address: three(), ..Settings::OFF };
    let (_town, companies, by) = limited(1, limits).await;
    let (ana, stranger) = (companies[0].person("ana"), companies[0].stranger());
    let policy = "\"address\";q=3;w=60";
    assert_eq!(told(&stranger.get("/v1/me").await), (401, "\"address\";r=2;t=20", policy, ""));
    let forged = stranger.request(Method::GET, "/v1/me").bearer_auth(format!("{}x", ana.token()));
    assert_eq!(told(&Answer::to(forged).await), (401, "\"address\";r=1;t=20", policy, ""));
    assert_eq!(told(&stranger.get("/problems/not_found").await), (200, "\"address\";r=0;t=20", policy, ""));
    for path in ["/v1/me", "/problems/not_found", "/openapi.json", "/docs/", "/no/such/route"] {
        let refused = stranger.get(path).await;
        assert_eq!(told(&refused), (429, "\"address\";r=0;t=20", policy, "20"), "{path}");
        assert_eq!(refused.code(), "too_many_requests");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(told(&stranger.get(path).await), (200, "", "", ""), "{path}: a probe is always answered");
    }
    for _ in 0..5 {
        assert_eq!(told(&ana.get("/v1/me").await), (200, "", "", ""), "a good token is good from every address");
    }
    by.time.advance(Duration::from_secs(20));
    assert_eq!(stranger.get("/v1/me").await.status, 401);
}

#[actix_web::test]
async fn behind_proxies_an_address_is_what_the_farthest_of_them_saw() {
    for (proxies, lists) in [
        (0, [&["203.0.113.1"][..], &["203.0.113.2"], &["203.0.113.3"]]),
        (1, [&["203.0.113.1"], &["6.6.6.6, 203.0.113.1"], &["6.6.6.6", "7.7.7.7,203.0.113.1:4711 "]]),
        (1, [&["2001:db8::1"], &["2001:db8::ffff:1"], &["[2001:db8::2]:4711"]]),
        (1, [&["::ffff:203.0.113.1"], &["203.0.113.1"], &["x, 203.0.113.1"]]),
        (2, [&["203.0.113.1, 10.0.0.1"], &["6.6.6.6, 203.0.113.1", "10.0.0.2"], &["203.0.113.1, x"]]),
        (1, [&[], &["unknown"], &[""]]), // whoever connects
    ] {
        let limits = Settings { address: three(), proxies, ..Settings::OFF };
        let (_town, companies, by) = limited(1, limits).await;
        let ask = async |lists: &[&str]| {
            let request = companies[0].stranger().request(Method::GET, "/v1/me");
            let add = |request: reqwest::RequestBuilder, list: &&str| request.header("X-Forwarded-For", *list);
            Answer::to(lists.iter().fold(request, add)).await.status.as_u16()
        };
        for list in lists {
            assert_eq!(ask(list).await, 401, "{proxies} {list:?}");
        }
        assert_eq!(ask(lists[0]).await, 429, "{proxies} {lists:?} are one and the same");
        let other = ask(&["203.0.113.9, 203.0.113.9"]).await;
        assert_eq!(other, if proxies == 0 { 429 } else { 401 }, "{proxies} and this is another");
        assert_eq!(by.limits.known(), if proxies == 0 { 1 } else { 2 });
    }
}

#[actix_web::test]
async fn what_is_not_news_costs_nothing() {
    let (_town, companies, _by) = limited(1, per_caller()).await;
    let ana = companies[0].person("ana");
    let known = ana.get("/v1/policy").await.header("etag").to_owned();
    for method in [Method::GET, Method::HEAD].into_iter().cycle().take(20) {
        let polled = Answer::to(ana.request(method, "/v1/policy").header("If-None-Match", &known)).await;
        assert_eq!(told(&polled), (304, "\"caller\";r=2;t=20", "\"caller\";q=3;w=60", ""));
    }
    assert_eq!(told(&ana.get("/v1/policy").await).1, "\"caller\";r=1;t=20", "news does");
}

/// A database of its own, in which nobody is answered until a table is free again.
#[actix_web::test]
async fn a_flood_of_what_may_not_be_news_is_limited_like_any_other() {
    let (owner, app) = database_of_its_own("polled").await;
    let (_town, companies, _by) = Town::limited(&app, app.clone(), 1, per_caller()).await;
    let ana = companies[0].person("ana");
    ana.id().await;
    let lock = owner.connect().await.unwrap();
    lock.batch_execute("begin; lock table members in access exclusive mode").await.unwrap();
    let poll = || async {
        let asked = ana.request(Method::GET, "/v1/me").header("If-None-Match", "*");
        Answer::to(asked).await.status.as_u16()
    };
    let mut polls = (0..3).map(|_| poll()).collect::<FuturesUnordered<_>>();
    assert_eq!(polls.next().await, Some(429), "one was used before, and two are still to be answered");
    lock.batch_execute("rollback").await.unwrap();
    assert_eq!(polls.collect::<Vec<_>>().await, [304, 304]);
    assert_eq!(ana.get("/v1/policy").await.header("ratelimit"), "\"caller\";r=1;t=20", "and then they cost nothing");
}

#[actix_web::test]
async fn a_browser_can_read_a_refusal() {
    let (_town, companies, _by) = limited(1, per_caller()).await;
    let (ana, front) = (companies[0].person("ana"), "https://front.example.com");
    let preflight = async || {
        let asked = ana.request(Method::OPTIONS, "/v1/me").header("Origin", front);
        let asked = asked.header("Access-Control-Request-Method", "GET");
        let answer = Answer::to(asked.header("Access-Control-Request-Headers", "authorization")).await;
        assert_eq!((told(&answer), answer.header("access-control-allow-origin")), ((200, "", "", ""), front));
    };
    for _ in 0..5 {
        preflight().await;
    }
    for (status, left) in [(200, 2), (200, 1), (200, 0), (429, 0)] {
        let answer = Answer::to(ana.request(Method::GET, "/v1/me").header("Origin", front)).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (status, front));
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"caller\";r={left};")),
            "{}",
            answer.header("ratelimit")
        );
        let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
        for name in ["ratelimit", "ratelimit-policy", "retry-after", "x-request-id"] {
            assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name}: {exposed}");
        }
    }
    preflight().await;
}

#[actix_web::test]
async fn head_is_limited_as_get_is() {
    let (_town, companies, _by) = limited(1, per_caller()).await;
    let ana = companies[0].person("ana");
    for (status, left) in [(200, 2), (200, 1), (200, 0), (429, 0)] {
        let answer = Answer::to(ana.request(Method::HEAD, "/v1/me")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (status, ""));
        assert_eq!(answer.header("ratelimit"), format!("\"caller\";r={left};t=20"));
    }
}

#[actix_web::test]
async fn what_was_refused_was_not_done_and_can_be_sent_again() {
    let (_town, companies, by) = limited(1, per_caller()).await;
    let root = companies[0].administrator("root");
    three_times(&root).await;
    let day = json!({ "starts_on": "2190-01-01", "ends_on": "2190-03-01" });
    assert_eq!(root.post_once("/v1/cycles", "k", day.clone()).await.code(), "too_many_requests");
    by.time.advance(Duration::from_secs(60));
    let done = root.post_once("/v1/cycles", "k", day.clone()).await;
    assert_eq!((done.status.as_u16(), done.header("idempotent-replayed")), (201, ""), "the key was not used up");
    let again = root.post_once("/v1/cycles", "k", day).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(again.header("ratelimit"), "\"caller\";r=1;t=20", "what is answered again counts");
}

#[actix_web::test]
async fn a_refusal_costs_no_connection_and_no_body() {
    let nowhere = "host=127.0.0.1 port=1 user=peer_coaching_app dbname=coaching connect_timeout=1";
    let nowhere = DatabaseSettings::new(nowhere.parse().unwrap()).unwrap();
    let (town, companies, _by) =
        Town::limited(&database::settings("peer_coaching_app"), nowhere, 1, per_caller()).await;
    let ana = companies[0].person("ana");
    for code in ["unavailable", "unavailable", "unavailable", "too_many_requests", "too_many_requests"] {
        assert_eq!(ana.get("/v1/me").await.code(), code);
    }
    let head = format!(
        "PATCH /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n",
        ana.token()
    );
    let mut wire = town.wire();
    let heard =
        actix_web::rt::task::spawn_blocking(move || wire.send(head).hear(Duration::from_secs(1))).await.unwrap();
    assert_eq!(heard.statuses(), [429], "although the body never came");
}

#[actix_web::test]
async fn invented_tokens_are_not_remembered() {
    let limits = Settings { caller: three(), organization: three(), address: limit("1000/1s"), proxies: 0 };
    let (_town, companies, by) = limited(1, limits).await;
    let stranger = companies[0].stranger();
    for number in 0..200 {
        let invented = stranger.request(Method::GET, "/v1/me").bearer_auth(format!("invented.{number}.token"));
        assert_eq!(Answer::to(invented).await.status, 401);
    }
    assert_eq!(by.limits.known(), 1, "the one address");
}

/// Calls of one company wait for a lock, and hold its share of the connections; the other company does not notice. The
/// control is a service without that limit.
#[actix_web::test]
async fn one_company_does_not_hold_the_connections_of_another() {
    for (organization, status) in [(limit("1000/1s"), 200), (Limit::OFF, 503)] {
        let limits = Settings { organization, ..Settings::OFF };
        let (_town, companies, _by) = limited(2, limits).await;
        let (ana, ben) = (companies[0].person("ana"), companies[1].person("ben"));
        let (id, _) = (ana.id().await, ben.id().await);
        let lock = database::connect(database::config("postgres")).await;
        let mine = format!("begin; select from peer_coaching.members where member_id = '{id}' for update");
        lock.batch_execute(&mine).await.unwrap();
        let flood =
            join_all((0..8).map(|_| async { ana.patch("/v1/me", json!({ "notify": false })).await.status.as_u16() }));
        let neighbour = async {
            let waits = "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))";
            while !lock.query_one(waits, &[]).await.unwrap().get::<_, bool>(0) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // The first has the lock to wait for, the others are on their way.
            let (mut statuses, begun) = (Vec::new(), Instant::now());
            // fewer than its own limit, which does not fill while time stands still
            while begun.elapsed() < Duration::from_secs(1) && statuses.len() < 900 && !statuses.contains(&503) {
                statuses.push(ben.get("/v1/me").await.status.as_u16());
            }
            lock.batch_execute("rollback").await.unwrap();
            statuses
        };
        let (flood, neighbour) = futures_util::future::join(flood, neighbour).await;
        assert_eq!(neighbour.last(), Some(&status), "{organization}: {neighbour:?} beside {flood:?}");
    }
}

/// Probes are never refused, so many of them at once must be one to the database. The control is one after the other.
#[actix_web::test]
async fn a_flood_of_probes_is_no_flood_of_the_database() {
    let door = Canary::start();
    let counted =
        format!("host=127.0.0.1 port={} user=peer_coaching_app dbname=coaching connect_timeout=1", door.port());
    let counted = DatabaseSettings::new(counted.parse().unwrap()).unwrap();
    let (_town, companies, _by) =
        Town::limited(&database::settings("peer_coaching_app"), counted, 1, Settings::OFF).await;
    let stranger = companies[0].stranger();
    let statuses = join_all((0..50).map(|_| async { stranger.get("/readyz").await.status.as_u16() })).await;
    assert_eq!((statuses, door.connects()), (vec![503; 50], 1));
    tokio::time::sleep(Duration::from_millis(600)).await; // what was found is not believed for longer than half a second
    stranger.get("/readyz").await;
    assert_eq!(door.connects(), 2);
}
