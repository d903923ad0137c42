//! How somebody with a token becomes a member: linked to their directory entry, or made anew; once, however many ask.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Meanwhile, Town};

#[actix_web::test]
async fn the_first_call_links_a_token_to_the_directory_entry() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let ana = json!([{ "external_id": "ana", "name": "Ana Silva", "title": "Engineer" }]);
    let made = root.brings(ana.clone()).await;
    let me = company.person("ana").get("/v1/me").await.ok();
    assert_eq!((&me["id"], &me["title"]), (&made.ok()["data"][0]["id"], &json!("Engineer")));
    assert_eq!(me["name"], "Ana Silva", "the directory's name, not the token's");
    assert_eq!(root.brings(ana).await.each("/outcome"), ["unchanged"]);
    assert_eq!(root.get("/v1/members").await.each("/name"), ["Ana Silva", "Root"]);

    // From then on it is the token's subject that counts: the directory may give the entry another id.
    root.patch(&format!("/v1/members/{}", me["id"].as_str().unwrap()), json!({ "external_id": "asilva" })).await.ok();
    assert_eq!(company.person("ana").get("/v1/me").await.ok()["id"], me["id"]);
}

#[actix_web::test]
async fn who_is_not_in_the_directory_is_made_from_the_token_and_found_by_it_later() {
    let (_town, company) = Town::small().await;
    let zoe = company.bearer("zoe", &json!({ "name": " Zoe\u{308} ", "email": "zoe@example.com" }));
    let me = zoe.get("/v1/me").await.ok();
    assert_eq!(
        (&me["name"], &me["email"], &me["external_id"]),
        (&json!("Zoe\u{308}"), &json!("zoe@example.com"), &json!("zoe"))
    );
    let root = company.administrator("root");
    let outcome = root.brings(json!([{ "external_id": "zoe", "name": "Zoë Dent" }])).await;
    assert_eq!((&outcome.ok()["data"][0]["id"], outcome.each("/outcome")[0].as_str()), (&me["id"], Some("updated")));
    assert_eq!(root.get("/v1/members?q=dent").await.each("/id"), [me["id"].clone()]);
}

#[actix_web::test]
async fn whatever_a_token_says_of_its_bearer_they_can_come_in() {
    let (_town, company) = Town::small().await;
    for (subject, claims, name) in [
        ("a", json!({}), "a"),
        ("b", json!({ "name": "x".repeat(200) }), &*"x".repeat(120)),
        ("c", json!({ "name": " ", "email": "c" }), "c"),
        ("d", json!({ "name": 7, "email": format!("{}@example.com", "d".repeat(243)) }), "7"),
        (&*"e".repeat(255), json!({ "name": "E", "email": ["e@example.com"] }), "E"),
    ] {
        let me = company.bearer(subject, &claims).get("/v1/me").await.ok();
        assert_eq!((&me["name"], &me["email"]), (&json!(name), &Value::Null), "{subject}");
    }
}

#[actix_web::test]
async fn many_first_calls_at_once_make_one_member() {
    let (_town, companies) = Town::of(1, 20).await;
    let (ana, root) = (companies[0].person("ana"), companies[0].administrator("root"));
    root.brings(json!([{ "external_id": "ben", "name": "Ben" }])).await.ok();
    for (who, path) in [
        (&ana, "/v1/me"),
        (&companies[0].person("ben"), "/v1/me"),
        (&companies[0].person("cleo"), "/v1/cycles/current"),
    ] {
        let answers = join_all((0..20).map(|_| who.get(path))).await;
        let first = answers[0].ok();
        assert!(answers.iter().all(|answer| answer.ok()["id"] == first["id"]));
    }
    assert_eq!(root.get("/v1/members").await.each("/name"), ["Ana", "Ben", "Cleo", "Root"]);
}

#[actix_web::test]
async fn a_first_call_while_the_directory_brings_the_same_person_in_finds_them() {
    let (_town, company) = Town::small().await;
    let bringing = Meanwhile::begins(&format!(
        "insert into members (organization_id, member_id, external_id, name, created_at, updated_at)
         values ('{}', '{}', 'zoe', 'From the directory', now(), now())",
        company.organization,
        uuid::Uuid::now_v7()
    ))
    .await;
    let zoe = company.person("zoe");
    let (me, ()) = futures_util::future::join(zoe.get("/v1/me"), bringing.commits_when_awaited()).await;
    let (name, external_id) = (&me.ok()["name"], &me.ok()["external_id"]);
    assert_eq!((name, external_id), (&json!("From the directory"), &json!("zoe")));
    assert_eq!(zoe.id().await, me.ok()["id"].as_str().unwrap());
}

#[actix_web::test]
async fn where_people_cannot_join_by_themselves() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    root.decides(json!({ "create_members": false })).await;
    for path in ["/v1/me", "/v1/cycles/current", "/v1/members"] {
        assert_eq!(company.person("ana").get(path).await.code(), "not_a_member", "{path}");
    }
    assert_eq!(company.administrator("rita").get("/v1/policy").await.code(), "not_a_member");
    root.brings(json!([{ "external_id": "ana", "name": "Ana" }])).await.ok();
    assert_eq!(company.person("ana").get("/v1/me").await.ok()["name"], "Ana", "as soon as the directory has them");
    assert_eq!(root.get("/v1/members").await.each("/name"), ["Ana", "Root"]);
}

#[actix_web::test]
async fn who_has_left_before_the_first_call_stays_out() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    root.brings(json!([{ "external_id": "ana", "name": "Ana", "active": false }])).await.ok();
    assert_eq!(company.person("ana").get("/v1/me").await.code(), "member_inactive");
    assert_eq!(company.person("ana").patch("/v1/me", json!({})).await.code(), "member_inactive");
    assert_eq!(root.get("/v1/members?q=ana").await.each("/active"), [false]);
}
