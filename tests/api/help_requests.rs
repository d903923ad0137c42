//! Help requests: a member's own act, for administrators to see until it is withdrawn.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Person, Town};

const MINE: &str = "/v1/me/help";
const ALL: &str = "/v1/help-requests";

async fn asks(who: &Person, reason: &str) -> Answer {
    who.put(MINE, json!({ "reason": reason })).await
}

async fn withdraws(who: &Person) {
    let answer = Answer::to(who.request(Method::DELETE, MINE)).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""), "{}", answer.text);
}

#[actix_web::test]
async fn i_ask_change_the_reason_and_withdraw() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get(MINE).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "reason": null,
      "asked_at": null
    }
    "#);
    town.days_pass(2);
    let asked = asks(&ana, "no_coach").await;
    insta::assert_snapshot!(asked.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "reason": "no_coach",
      "asked_at": "<+2d>"
    }
    "#);
    assert_eq!(asked.body()["cycle_id"], ana.get("/v1/cycles/current").await.ok()["id"]);
    town.days_pass(1);
    let same = asks(&ana, "no_coach").await;
    assert_eq!((same.body(), same.header("etag")), (asked.body(), asked.header("etag")), "nothing has changed");
    let other = asks(&ana, "other").await;
    assert_eq!(other.ok()["reason"], "other");
    assert_eq!(other.body()["asked_at"], asked.body()["asked_at"], "since when, whatever the reason was at first");
    assert_eq!(ana.get(MINE).await.ok(), other.body());
    for _ in 0..2 {
        withdraws(&ana).await;
        assert_eq!(ana.get(MINE).await.ok()["reason"], json!(null));
    }
}

#[actix_web::test]
async fn administrators_see_the_name_the_cycle_and_the_reason_and_nothing_else() {
    let (town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    asks(&ben, "other").await.ok();
    town.days_pass(1);
    asks(&ana, "no_coach").await.ok();
    asks(&ben, "no_coach").await.ok();
    let seen = root.get(ALL).await;
    insta::assert_snapshot!(seen.told(), @r#"
    200 OK
    {
      "data": [
        {
          "member": {
            "id": "<id 1>",
            "name": "Ben"
          },
          "cycle_id": "<id 2>",
          "reason": "no_coach",
          "asked_at": "<+0d>"
        },
        {
          "member": {
            "id": "<id 3>",
            "name": "Ana"
          },
          "cycle_id": "<id 2>",
          "reason": "no_coach",
          "asked_at": "<+1d>"
        }
      ],
      "has_more": false,
      "next_cursor": null
    }
    "#);
    assert_eq!(seen.each("/member/id"), [json!(ben.id().await), json!(ana.id().await)]);
    // What an administrator sees of her elsewhere is what they saw before.
    let directory = format!("/v1/members/{}", ana.id().await);
    assert!(!root.get(&directory).await.text.contains("no_coach"));
    assert_eq!(root.get("/v1/audit-entries").await.each("/action"), [""; 0], "it is her own act");
    withdraws(&ben).await;
    assert_eq!(root.get(ALL).await.each("/member/name"), ["Ana"]);
    withdraws(&ana).await;
    assert_eq!(root.get(ALL).await.each("/member/name"), [""; 0]);
}

#[actix_web::test]
async fn administrators_alone_see_them() {
    let (_town, companies) = Town::of(2, 4).await;
    let company = &companies[0];
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    asks(&ana, "no_coach").await.ok();
    assert_eq!(ben.get(ALL).await.code(), "administrators_only");
    assert_eq!(ana.get(ALL).await.code(), "administrators_only");
    let program = company.integration("bot", "members:read members:write events:read webhooks:manage");
    assert_eq!(program.get(ALL).await.code(), "administrators_only");
    assert_eq!(program.get(MINE).await.code(), "members_only");
    assert_eq!(asks(&program, "other").await.code(), "members_only");
    assert_eq!(Answer::to(program.request(Method::DELETE, MINE)).await.code(), "members_only");
    assert_eq!(ben.get(MINE).await.ok()["reason"], json!(null), "everyone sees their own");
    assert_eq!(company.administrator("root").get(MINE).await.ok()["reason"], json!(null));
    assert_eq!(companies[1].administrator("root").get(ALL).await.each("/member/name"), [""; 0]);
}

#[actix_web::test]
async fn an_administrator_may_need_help_too() {
    let (_town, company) = Town::small().await;
    let (root, boss) = (company.administrator("root"), company.administrator("boss"));
    asks(&root, "other").await.ok();
    for who in [&root, &boss] {
        assert_eq!(who.get(ALL).await.each("/member/name"), ["Root"]);
    }
}

#[actix_web::test]
async fn with_its_cycle_it_is_over() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    asks(&ana, "no_coach").await.ok();
    let end: jiff::Timestamp = ana.get("/v1/cycles/current").await.ok()["ends_at"].as_str().unwrap().parse().unwrap();
    town.clock.advance(end.duration_since(town.clock.now()) - jiff::SignedDuration::from_mins(1));
    assert_eq!(root.get(ALL).await.each("/member/name"), ["Ana"]);
    town.clock.advance(jiff::SignedDuration::from_mins(1));
    assert_eq!(root.get(ALL).await.each("/member/name"), [""; 0]);
    assert_eq!(ana.get(MINE).await.ok()["reason"], json!(null), "the next cycle has heard nothing");
    asks(&ana, "other").await.ok();
    assert_eq!(root.get(ALL).await.each("/reason"), ["other"]);
    // withdrawn is withdrawn, also what was asked long ago
    withdraws(&ana).await;
    town.clock.advance(-jiff::SignedDuration::from_hours(1));
    assert_eq!(root.get(ALL).await.each("/member/name"), [""; 0]);
}

#[actix_web::test]
async fn who_has_left_is_not_listed_and_who_comes_back_in_time_is() {
    let (town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    asks(&ana, "no_coach").await.ok();
    asks(&ben, "other").await.ok();
    let is_active = async |who: &str, active: bool| {
        root.patch(&format!("/v1/members/{who}"), json!({ "active": active })).await.ok();
    };
    let [ana_id, ben_id] = [ana.id().await, ben.id().await];
    is_active(&ana_id, false).await;
    assert_eq!(root.get(ALL).await.each("/member/name"), ["Ben"]);
    is_active(&ana_id, true).await;
    assert_eq!(root.get(ALL).await.each("/member/name"), ["Ana", "Ben"]);
    is_active(&ben_id, false).await;
    town.days_pass(90);
    is_active(&ben_id, true).await;
    assert_eq!(root.get(ALL).await.each("/member/name"), [""; 0], "the cycle is over");
}

#[actix_web::test]
async fn a_reason_is_one_of_two() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    assert_eq!(asks(&ana, "lonely").await.flaws(), ["#/reason not_an_option"]);
    let told = json!({ "reason": "other", "text": "my manager" });
    assert_eq!(ana.put(MINE, told).await.flaws(), ["#/text unknown"], "what it is can be told in person");
    assert_eq!(ana.put(MINE, json!({ "reason": null })).await.status, 400);
    assert_eq!(ana.put(MINE, json!({})).await.flaws(), ["#/reason required"]);
    assert_eq!(ana.get(MINE).await.ok()["reason"], json!(null));
}

#[actix_web::test]
async fn if_match_is_heeded_where_it_is_sent() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let put = async |etag: &str, reason: &str| {
        let request = ana.request(Method::PUT, MINE).header("If-Match", etag).json(&json!({ "reason": reason }));
        Answer::to(request).await
    };
    let delete =
        async |etag: &str| Answer::to(ana.request(Method::DELETE, MINE).header("If-Match", etag)).await.status.as_u16();
    let none = ana.get(MINE).await.header("etag").to_owned();
    let first = put(&none, "no_coach").await.header("etag").to_owned();
    assert_eq!(put(&none, "other").await.code(), "stale");
    let second = put(&first, "other").await.header("etag").to_owned();
    assert_eq!((delete(&first).await, delete(&second).await), (412, 204));
    assert_eq!((delete(&second).await, delete(&none).await), (412, 204), "there is none, and that has a version too");
    let known = Answer::to(ana.request(Method::GET, MINE).header("If-None-Match", &none)).await;
    assert_eq!(known.status, 304);
}

#[actix_web::test]
async fn there_is_nothing_to_ask_in_where_the_cycle_is_cancelled() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    asks(&ana, "other").await.ok();
    let next = root.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap().to_owned();
    root.post(&format!("/v1/cycles/{next}/cancel"), json!({})).await.ok();
    town.days_pass(90);
    assert_eq!(ana.get(MINE).await.code(), "no_open_cycle");
    assert_eq!(asks(&ana, "other").await.code(), "no_open_cycle");
    assert_eq!(root.get(ALL).await.each("/member/name"), [""; 0]);
    withdraws(&ana).await; // that is possible always
}

#[actix_web::test]
async fn the_pages_show_each_once() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    let mut expected = Vec::new();
    for number in 0..7 {
        let who = company.person(&format!("p{number}"));
        asks(&who, if number % 2 == 0 { "no_coach" } else { "other" }).await.ok();
        expected.push(json!(format!("P{number}")));
        town.clock.advance(jiff::SignedDuration::from_mins(i64::from(number % 3)));
    }
    for limit in [1, 2, 3, 7, 100] {
        let walked = root.walk(ALL, limit).await;
        assert_eq!(crate::support::each(&walked, "/member/name"), expected, "{limit}");
    }
    assert_eq!(root.get("/v1/help-requests?cursor=x").await.code(), "cursor_mismatch");
    assert_eq!(root.get("/v1/help-requests?reason=other").await.flaws(), ["reason unknown"]);
}
