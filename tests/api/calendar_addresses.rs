//! Secret addresses of calendars: told once, for as long as their member wants and is there, and to be guessed by nobody.

use reqwest::Method;
use serde_json::{Value, json};

use crate::calendar::{MINE, at, events, makes, paired, told};
use crate::lives::reads;
use crate::support::{Answer, Person, Town};

async fn revokes(who: &Person) {
    assert_eq!(Answer::to(who.request(Method::DELETE, MINE)).await.status, 204);
}

/// A problem as whoever guesses addresses sees it: all of it but the request's own id.
#[track_caller]
fn refusal(answer: &Answer) -> (u16, Value, Vec<String>) {
    assert_eq!(answer.code(), "not_found");
    let mut body = answer.body();
    body.as_object_mut().unwrap().remove("request_id");
    let mut names = answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    names.sort();
    (answer.status.as_u16(), body, names)
}

#[actix_web::test]
async fn an_address_is_told_once_replaced_and_revoked() {
    let (town, company) = Town::small().await;
    let (ana, nobody) = (company.person("ana"), company.stranger());
    insta::assert_snapshot!(ana.get(MINE).await.told(), @r#"
    200 OK
    {
      "created_at": null,
      "show_names": null
    }
    "#);
    let made = Answer::to(ana.request(Method::POST, MINE)).await; // no body is a body without anything in it
    let (path, url) = (made.ok()["path"].as_str().unwrap().to_owned(), made.ok()["url"].clone());
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, "no-store"));
    assert_eq!(made.header("location"), MINE);
    assert_eq!(url, format!("{}{path}", town.address));
    assert_eq!(path.len(), "/calendar/feed_.ics".len() + 64);
    insta::assert_snapshot!(made.told().replace(&path, "<path>").replace(&town.address, "<here>"), @r#"
    201 Created
    {
      "created_at": "<+0d>",
      "show_names": false,
      "url": "<here><path>",
      "path": "<path>"
    }
    "#);
    assert!(events(&nobody.get(&path).await).is_empty());
    let secret = path[15..].trim_end_matches(".ics");
    assert!(!reads(&ana).await.contains(secret), "it is told nowhere else");

    town.days_pass(1);
    let other = makes(&ana, true).await;
    assert_ne!(other, path);
    assert_eq!(nobody.get(&path).await.code(), "not_found", "an address from before shows nothing");
    assert_eq!(nobody.get(&other).await.status, 200);
    insta::assert_snapshot!(ana.get(MINE).await.told(), @r#"
    200 OK
    {
      "created_at": "<+1d>",
      "show_names": true
    }
    "#);
    for _ in 0..2 {
        revokes(&ana).await;
        assert_eq!(nobody.get(&other).await.code(), "not_found");
        assert_eq!(ana.get(MINE).await.ok(), json!({ "created_at": null, "show_names": null }));
    }
}

#[actix_web::test]
async fn an_address_is_told_again_to_whoever_repeats_the_request() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let [first, again] = [(); 2].map(|()| ana.post_once(MINE, "once", json!({})));
    let (first, again) = (first.await, again.await);
    assert_eq!((first.ok(), again.header("idempotent-replayed")), (again.ok(), "true"));
    assert_eq!((first.header("cache-control"), again.header("cache-control")), ("no-store", "no-store"));
    assert_eq!(company.stranger().get(first.ok()["path"].as_str().unwrap()).await.status, 200);
    assert_ne!(ana.post_once(MINE, "twice", json!({})).await.ok()["path"], first.ok()["path"]);
    assert_ne!(ben.post_once(MINE, "once", json!({})).await.ok()["path"], first.ok()["path"]);
}

/// As a proxy says that it was asked, or as the caller says; and nothing that is no address.
#[actix_web::test]
async fn the_whole_address_begins_as_it_was_asked() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    for (name, value, origin) in [
        ("Host", "coaching.example.com", "http://coaching.example.com"),
        ("X-Forwarded-Host", "coaching.example.com", "http://coaching.example.com"),
        ("X-Forwarded-Proto", "https", &town.address.replace("http:", "https:")),
        ("Forwarded", "proto=https;host=coaching.example.com", "https://coaching.example.com"),
        ("X-Forwarded-Proto", "javascript", &town.address),
        ("X-Forwarded-Host", "a b", &town.address),
        ("X-Forwarded-Host", "user:word@a.example.com/path?query", "http://a.example.com"),
        ("X-Forwarded-Host", &"a".repeat(1000), &town.address),
    ] {
        let made = Answer::to(ana.request(Method::POST, MINE).header(name, value)).await.ok();
        let (url, path) = (made["url"].as_str().unwrap(), made["path"].as_str().unwrap());
        assert_eq!(url.strip_suffix(path), Some(origin), "{name}: {value}");
    }
}

#[actix_web::test]
async fn whoever_has_left_shows_nothing() {
    let (_town, company) = Town::small().await;
    let (ana, ben, pairing) = paired(&company).await;
    ana.plans("kickoff", at("2026-10-08T13:00:00Z"), &pairing).await.ok();
    let (root, nobody) = (company.administrator("root"), company.stranger());
    let (hers, his) = (makes(&ana, false).await, makes(&ben, true).await);
    let unknown = refusal(&nobody.get(&format!("/calendar/feed_{}.ics", "A".repeat(64))).await);

    let entry = format!("/v1/members/{}", ana.id().await);
    root.patch(&entry, json!({ "active": false })).await.ok();
    assert_eq!(refusal(&nobody.get(&hers).await), unknown);
    let left = nobody.get(&his).await;
    assert_eq!(told(&left), ["20261008T130000Z 20261008T133000Z CANCELLED 2 Coaching: first call with Ana"]);

    assert_eq!(ana.sends("DELETE", "/v1/me", "", "").await.code(), "member_inactive");
    root.patch(&entry, json!({ "active": true })).await.ok();
    assert_eq!(nobody.get(&hers).await.status, 200);
    assert_eq!(ana.sends("DELETE", "/v1/me", "", "").await.status, 204);
    assert_eq!(refusal(&nobody.get(&hers).await), unknown);
    let gone = nobody.get(&his).await;
    assert_eq!(told(&gone), ["20261008T130000Z 20261008T133000Z CANCELLED 2 Coaching: first call with Former member"]);
}

/// Whatever is wrong with an address, the answer is the same to the letter.
#[actix_web::test]
async fn a_forged_address_is_no_address() {
    let (_town, companies) = Town::of(2, 4).await;
    let (ana, nobody) = (companies[0].person("ana"), companies[0].stranger());
    let revoked = makes(&ana, false).await;
    let good = makes(&ana, false).await;
    let elsewhere = makes(&companies[1].person("ana"), false).await;
    assert_eq!((good[15..35] == revoked[15..35], good[15..35] == elsewhere[15..35]), (true, false), "one organization");
    let name = good.trim_start_matches("/calendar/").trim_end_matches(".ics");
    let unknown = nobody.get(&format!("/calendar/feed_{}.ics", "A".repeat(64))).await;
    let unknown = refusal(&unknown);
    let other = if name.ends_with('A') { 'B' } else { 'A' };
    let forged = [
        revoked.clone(),
        format!("/calendar/{}{other}.ics", &name[..68]),
        format!("/calendar/{}{}.ics", &good[10..37], &elsewhere[37..79]), // her organization's, somebody else's secret
        format!("/calendar/{}{}.ics", &elsewhere[10..36], &good[36..79]), // another organization's, her secret
        format!("/calendar/{}.ics", &name[5..]),
        format!("/calendar/{}.ics", name.to_uppercase()),
        format!("/calendar/{name}A.ics"),
        format!("/calendar/{name}=.ics"),
        format!("/calendar/{}.ics", &name[..60]),
        format!("/calendar/{name}"),
        format!("/calendar/{name}.ICS"),
        format!("/calendar/{name}.ics.ics"),
        format!("/calendar/{name}/.ics"),
        "/calendar/.ics".into(),
        "/calendar/feed_.ics".into(),
        "/calendar/feed_'%20or%201=1--.ics".into(),
        "/calendar/%F0%9F%98%80.ics".into(),
        format!("/calendar/feed_{}.ics", "9".repeat(4000)),
    ];
    for path in forged {
        let answer = nobody.get(&path).await;
        assert_eq!(refusal(&answer), unknown, "{path}");
        let known = Answer::to(nobody.request(Method::GET, &path).header("If-None-Match", "*")).await;
        assert_eq!(refusal(&known), unknown, "{path}");
    }
    assert_eq!(nobody.get(&good).await.status, 200);
    let put = Answer::to(nobody.request(Method::PUT, &good)).await;
    assert_eq!((put.code().as_str(), put.header("allow")), ("method_not_allowed", "GET, HEAD"));
}
