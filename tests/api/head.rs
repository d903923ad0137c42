//! HEAD works wherever GET does: the same status and headers, and no body.

use std::time::Duration;

use peer_coaching::app;
use reqwest::Method;

use crate::support::{Answer, Person, Town};

/// The headers that both must have; the two that name the moment and the request left out.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let shown = answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let mut shown =
        shown.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect::<Vec<_>>();
    shown.sort();
    shown
}

async fn both(who: &Person, path: &str) -> [Answer; 2] {
    let ask = async |method| Answer::to(who.request(method, path).header("Origin", "https://front.example.com")).await;
    [ask(Method::GET).await, ask(Method::HEAD).await]
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.administrator("ana"), company.person("ben"));
    let finished = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    town.days_pass(105);
    ana.is_ready().await;
    let asked = ana.is_coached_by(&ben).await;
    let call = ana.meets(&asked).await.ok();
    let action = ana.adds("start", "Pause.", &asked).await.ok();
    let insight = ben.tells("drag", "Too fast.", &asked).await.ok();
    let asked = asked.ok();
    let (pairing, member) = (asked["id"].as_str().unwrap(), asked["partner"]["id"].as_str().unwrap());
    let program = company.integration("program", "events:read webhooks:manage");
    let hook = program.post("/v1/webhooks", serde_json::json!({ "url": "https://bot.example.com/" })).await.ok();
    let document = app::document();
    let paths = document["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some());
    let feed = ana.post("/v1/me/calendar-feed", serde_json::json!({})).await.ok();
    let secret = feed["path"].as_str().unwrap();
    let filled = |path: &str| {
        let path = path.replace("/calendar/{secret}.ics", secret);
        let path = path.replace("{cycle_id}/statistics", &format!("{finished}/statistics"));
        let path = path.replace("{cycle_id}", "current").replace("{code}", "not_found");
        path.replace("{member_id}", member)
            .replace("{pairing_id}", pairing)
            .replace("{check_in_id}", call["id"].as_str().unwrap())
            .replace("{action_id}", action["id"].as_str().unwrap())
            .replace("{webhook_id}", hook["webhook"]["id"].as_str().unwrap())
            .replace("{insight_id}", insight["id"].as_str().unwrap())
    };
    let mut paths = paths.map(|(path, _)| filled(path)).collect::<Vec<_>>();
    paths.extend(["/openapi.json", "/docs/", "/docs/index.html", "/v1/members?limit=1"].map(str::to_owned));
    assert!(paths.len() > 15);
    for path in paths {
        let is_programs = path == "/v1/events" || path.starts_with("/v1/webhooks");
        let who = if is_programs { &program } else { &ana };
        let [get, head] = both(who, &path).await;
        assert_eq!((get.status, head.status), (reqwest::StatusCode::OK, get.status), "{path}: {}", get.text);
        assert_eq!(
            (head.text.as_str(), head.header("content-length")),
            ("", get.text.len().to_string().as_str()),
            "{path}"
        );
        assert_eq!(headers(&head), headers(&get), "{path}");
    }
}

#[actix_web::test]
async fn what_fails_with_get_fails_with_head() {
    let (_town, company) = Town::small().await;
    let (ana, stranger) = (company.person("ana"), company.stranger());
    for (who, path, status) in [
        (&stranger, "/v1/me", 401),
        (&ana, "/v1/no/such/route", 404),
        (&ana, "/v1/members?limit=0", 422),
        (&ana, "/v1/pairings?x=1", 400),
    ] {
        let [get, head] = both(who, path).await;
        assert_eq!((get.status.as_u16(), head.status.as_u16(), head.text.as_str()), (status, status, ""), "{path}");
        assert_eq!(head.header("content-type"), "application/problem+json");
    }
    let answer =
        Answer::to(ana.request(Method::HEAD, "/v1/pairings/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60/accept")).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"));
}

#[actix_web::test]
async fn head_leaves_the_connection_in_order() {
    let (town, _company) = Town::small().await;
    let mut wire = town.wire();
    let heard = wire.send("HEAD /v1/me HTTP/1.1\r\nHost: x\r\n\r\n").hear(Duration::from_millis(300));
    assert!(
        heard.text.starts_with("HTTP/1.1 401 ") && heard.text.ends_with("\r\n\r\n"),
        "no byte after the head: {}",
        heard.text
    );
    let heard = wire.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").hear(Duration::from_millis(300));
    assert_eq!(heard.answers, [(200, "{\"alive\":true}".to_owned())]);
}
