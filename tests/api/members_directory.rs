//! The directory: who is found by what, in which order, and who sees what of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Company, Person, Town, each};

/// Colleagues of these names, in the directory but not yet here.
async fn colleagues(company: &Company, names: &[&str]) -> Person {
    let administrator = company.administrator("root");
    let entry = |(at, name): (usize, &&str)| json!({ "external_id": format!("e{at}"), "name": name });
    administrator.brings(names.iter().enumerate().map(entry).collect()).await.ok();
    administrator
}

#[actix_web::test]
async fn a_name_is_found_by_the_start_of_each_of_its_words() {
    let (_town, company) = Town::small().await;
    let root = colleagues(&company, &["Ana María Silva", "María  José García", "Silvio Anar", "Bo Ananas-Silva"]).await;
    let (ana, maria, silvio, bo) = ("Ana María Silva", "María  José García", "Silvio Anar", "Bo Ananas-Silva");
    for (q, found) in [
        ("ana", vec![ana, bo, silvio]),
        ("ANA", vec![ana, bo, silvio]),
        ("a", vec![ana, bo, silvio]),
        ("silv", vec![ana, silvio]),
        ("maría", vec![maria, ana]),
        ("MARÍA", vec![maria, ana]),
        ("Mari\u{301}a", vec![maria, ana]),
        ("maria", vec![maria, ana]),
        ("jose garcia", vec![maria]),
        ("maría silva", vec![ana]),
        ("silva maría", vec![]),
        ("%25", vec![]),
        ("_na", vec![]),
    ] {
        assert_eq!(root.get(&format!("/v1/members?q={q}")).await.each("/name"), found, "{q}");
    }
    let all = root.get("/v1/members").await.each("/name");
    assert_eq!(all, [ana, bo, maria, "Root", silvio], "without a search each is there once, by the whole name");
}

#[actix_web::test]
async fn filters_combine() {
    let (_town, company) = Town::small().await;
    for (who, expertise, projects, open) in [
        ("ana", vec!["Rust", "Code review"], vec!["Checkout"], true),
        ("ben", vec!["rust"], vec!["Search"], true),
        ("cleo", vec!["Rusting"], vec!["checkout"], true),
        ("dora", vec!["RUST"], vec!["Checkout"], false),
    ] {
        let says = json!({ "expertise": expertise, "projects": projects, "open_to_coaching": open });
        company.person(who).patch("/v1/me", says).await.ok();
    }
    let ana = company.person("ana");
    for (filters, found) in [
        ("expertise=rust", vec!["Ana", "Ben", "Dora"]),
        ("expertise=CODE%20%20Review", vec!["Ana"]),
        ("expertise=code", vec![]),
        ("project=Checkout", vec!["Ana", "Cleo", "Dora"]),
        ("project=checkout&expertise=Rust", vec!["Ana", "Dora"]),
        ("open_to_coaching=false", vec!["Dora"]),
        ("open_to_coaching=true&project=checkout", vec!["Ana", "Cleo"]),
        ("q=d&project=checkout&expertise=rust&open_to_coaching=false", vec!["Dora"]),
        ("q=d&open_to_coaching=true", vec![]),
        ("q=c&project=checkout", vec!["Cleo"]),
        ("q=b&project=checkout", vec![]),
        ("q=b&expertise=rust", vec!["Ben"]),
    ] {
        let path = format!("/v1/members?{filters}");
        assert_eq!(ana.get(&path).await.each("/name"), found, "{filters}");
        assert_eq!(each(&ana.walk(&path, 1).await, "/name"), found, "{filters}, one by one");
    }
    assert_eq!(
        ana.get("/v1/members?q=&limit=0&open_to_coaching=perhaps&who=me").await.flaws(),
        ["limit too_small", "open_to_coaching wrong_type", "q too_short", "q wrong_format", "who unknown"]
    );
}

#[actix_web::test]
async fn walking_the_pages_meets_each_member_once() {
    let (_town, company) = Town::small().await;
    let names =
        ["Ana Lima", "Lima Lima", "Ana Lima", "Bo Lima Ana", "lima", "Äna Lima", "Ana Lima", "Zoe", "Ana", "Lima Ana"];
    let root = colleagues(&company, &[names, names, names].concat()).await;
    for list in ["/v1/members", "/v1/members?q=lima", "/v1/members?q=a&open_to_coaching=true"] {
        let joint = if list.contains('?') { '&' } else { '?' };
        let whole = each(root.get(&format!("{list}{joint}limit=100")).await.ok()["data"].as_array().unwrap(), "/id");
        let once: BTreeSet<_> = whole.iter().map(Value::to_string).collect();
        assert_eq!(once.len(), whole.len(), "{list} tells somebody twice");
        assert!(whole.len() > 15, "{list} finds {}", whole.len());
        for limit in 1..=5 {
            assert_eq!(each(&root.walk(list, limit).await, "/id"), whole, "{list} in pages of {limit}");
        }
    }
}

#[actix_web::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let (_town, company) = Town::small().await;
    let root = colleagues(&company, &["Ana", "Anton", "Antje"]).await;
    let cursor = root.get("/v1/members?q=an&limit=1").await.ok()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(root.get(&format!("/v1/members?q=an&limit=2&cursor={cursor}")).await.each("/name"), ["Antje", "Anton"]);
    for other in ["/v1/members?", "/v1/members?q=a&", "/v1/members?q=an&active=true&", "/v1/cycles?", "/v1/pairings?"] {
        assert_eq!(root.get(&format!("{other}cursor={cursor}")).await.code(), "cursor_mismatch", "{other}");
    }
    assert_eq!(root.get(&format!("/v1/members?q=an&cursor=x{cursor}")).await.code(), "cursor_mismatch");
}

#[actix_web::test]
async fn who_left_is_there_for_administrators_and_integrations_only() {
    let (_town, company) = Town::small().await;
    let root = colleagues(&company, &["Ben", "Bea"]).await;
    let (ana, hr) = (company.person("ana"), company.integration("hr", "members:read"));
    ana.id().await;
    let ben = root.get("/v1/members?q=ben").await.ok()["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{ben}");
    assert_eq!(ana.get(&path).await.ok()["name"], "Ben");
    root.patch(&path, json!({ "active": false })).await.ok();

    assert_eq!(ana.get(&path).await.code(), "not_found");
    assert_eq!(ana.get("/v1/members?q=b").await.each("/name"), ["Bea"], "a member sees who is active");
    assert_eq!(ana.get("/v1/members?q=b&active=false").await.each("/name"), <[&str; 0]>::default(), "and nobody else");
    for who in [&root, &hr] {
        assert_eq!(who.get(&path).await.ok()["active"], false);
        assert_eq!(who.get("/v1/members?q=b").await.each("/active"), [true, false]);
        assert_eq!(who.get("/v1/members?active=false").await.each("/name"), ["Ben"]);
        assert_eq!(who.get("/v1/members?active=true").await.each("/name"), ["Ana", "Bea", "Root"]);
    }
}

#[actix_web::test]
async fn the_directorys_own_keys_are_not_for_every_member() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let ben = json!({ "external_id": "ben", "name": "Ben Okafor", "email": "ben@example.com", "title": "Engineer", "team": "Platform" });
    let path = format!("/v1/members/{}", root.brings(json!([ben])).await.ok()["data"][0]["id"].as_str().unwrap());
    insta::assert_snapshot!(company.person("ana").get(&path).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "name": "Ben Okafor",
      "title": "Engineer",
      "team": "Platform",
      "languages": [],
      "expertise": [],
      "projects": [],
      "open_to_coaching": true,
      "active": true,
      "external_id": null,
      "email": null
    }
    "#);
    for who in [&root, &company.integration("hr", "members:read openid")] {
        let seen = who.get(&path).await.ok();
        assert_eq!((seen["external_id"].as_str(), seen["email"].as_str()), (Some("ben"), Some("ben@example.com")));
        assert_eq!(who.get("/v1/members?q=ben").await.each("/email"), ["ben@example.com"]);
    }
    assert_eq!(company.person("ana").get("/v1/members?q=ben").await.each("/email"), [Value::Null]);
    insta::assert_snapshot!(company.integration("bot", "events:read members:write").get(&path).await.told(), @r#"
    403 Forbidden
    {
      "type": "/problems/scope_missing",
      "title": "The token lacks the scope for this",
      "status": 403,
      "detail": "This needs the scope members:read.",
      "instance": "/v1/members/<id 1>",
      "code": "scope_missing"
    }
    "#);
    assert_eq!(company.stranger().get(&path).await.code(), "unauthenticated");
}
