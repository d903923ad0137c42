//! Two companies in one service: nothing of one is there for the other, whoever asks and however.

use serde_json::{Value, json};

use crate::support::{Town, path_of};

#[actix_web::test]
async fn the_same_subject_in_two_companies_is_two_people() {
    let (_town, companies) = Town::of(2, 4).await;
    let [here, there] = [&companies[0], &companies[1]].map(|company| company.person("ana"));
    let (one, other) = (here.get("/v1/me").await.ok(), there.get("/v1/me").await.ok());
    assert_ne!(one["id"], other["id"]);
    assert_ne!(one["organization"], other["organization"]);
    here.patch("/v1/me", json!({ "expertise": ["Rust"] })).await.ok();
    assert_eq!(there.get("/v1/me").await.ok()["expertise"], json!([]));
    assert_eq!(there.get("/v1/members?expertise=rust").await.ok()["data"], json!([]));
    assert_eq!(there.get("/v1/members?q=ana").await.each("/id"), [other["id"].clone()]);
}

#[actix_web::test]
async fn nothing_of_one_company_is_there_for_the_other() {
    let (_town, companies) = Town::of(2, 4).await;
    let (here, there) = (&companies[0], &companies[1]);
    let [ana, ben, root] = [here.person("ana"), here.person("ben"), here.administrator("root")];
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    root.patch(&format!("/v1/members/{}", ben.id().await), json!({ "title": "Engineer" })).await.ok();
    root.decides(json!({ "request_days": 3 })).await;
    let cycle = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    let (member, pairing) = (ben.id().await, path_of(&pairing));
    let random = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60";

    let (cleo, boss, bot) =
        (there.person("cleo"), there.administrator("boss"), there.integration("hr", "members:read members:write"));
    cleo.is_ready().await;
    boss.is_ready().await;
    for caller in [&cleo, &boss, &bot] {
        for path in [
            format!("/v1/members/{member}"),
            pairing.clone(),
            format!("/v1/cycles/{cycle}"),
            format!("/v1/cycles/{cycle}/participation"),
            format!("/v1/cycles/{cycle}/reflection"),
            format!("/v1/cycles/{cycle}/coaches"),
        ] {
            let id = path.split('/').nth(3).unwrap();
            let (there, nowhere) = (caller.get(&path).await, caller.get(&path.replace(id, random)).await);
            assert_eq!(there.told(), nowhere.told(), "{path}");
            assert!(["not_found", "members_only"].contains(&there.code().as_str()), "{path}");
        }
    }
    for (path, body) in [
        (format!("/v1/members/{member}"), json!({ "name": "Mine", "active": false })),
        (format!("/v1/cycles/{cycle}"), json!({ "name": "Mine" })),
    ] {
        assert_eq!(boss.patch(&path, body).await.code(), "not_found", "{path}");
    }
    assert_eq!(bot.patch(&format!("/v1/members/{member}"), json!({ "active": false })).await.code(), "not_found");
    assert_eq!(boss.post(&format!("/v1/cycles/{cycle}/cancel"), json!({})).await.code(), "not_found");
    for slice in [("participation", json!({ "answer": "opted_in" })), ("reflection", json!({ "complete": true }))] {
        assert_eq!(cleo.put(&format!("/v1/cycles/{cycle}/{}", slice.0), slice.1).await.code(), "not_found");
    }
    assert_eq!(cleo.asks_for(&member).await.told(), cleo.asks_for(random).await.told());
    assert_eq!(cleo.asks_for(&member).await.code(), "not_available");
    let across = json!({ "coach_id": boss.id().await, "cycle_id": cycle });
    assert_eq!(cleo.post("/v1/pairings", across).await.code(), "not_found");

    for list in
        ["/v1/members?active=true", "/v1/members?active=false", "/v1/cycles", "/v1/pairings", "/v1/audit-entries"]
    {
        let text = boss.get(list).await.text + &cleo.get(list).await.text;
        for (what, id) in
            [("the member", &*member), ("the cycle", &cycle), ("the pairing", pairing.split('/').next_back().unwrap())]
        {
            assert!(!text.contains(id), "{list} shows {what} of the other company");
        }
    }
    assert_eq!(boss.get("/v1/members").await.each("/name"), ["Boss", "Cleo"]);
    assert_eq!(boss.get("/v1/audit-entries").await.each("/action"), Vec::<Value>::new());
    assert_eq!(boss.get("/v1/policy").await.ok()["request_days"], 7);
    let coaches = boss.get("/v1/cycles/current/coaches?include=ineligible").await;
    assert_eq!(coaches.each("/member/name"), ["Cleo", "Boss"], "who cannot be asked comes last");
    assert_eq!(coaches.ok()["considered"], 1);
    assert_eq!(ana.get(&pairing).await.ok()["state"], "active");
}

#[actix_web::test]
async fn external_ids_names_and_keys_are_each_companys_own() {
    let (_town, companies) = Town::of(2, 4).await;
    let [here, there] =
        [&companies[0], &companies[1]].map(|company| company.integration("hr", "members:read members:write"));
    let body = json!({ "members": [{ "external_id": "zoe", "name": "Zoe" }] });
    let first = here.post_once("/v1/members/batch", "k", body.clone()).await;
    let second = there.post_once("/v1/members/batch", "k", body.clone()).await;
    assert_eq!((first.each("/outcome"), second.each("/outcome")), (vec![json!("created")], vec![json!("created")]));
    assert_eq!(second.header("idempotent-replayed"), "");
    assert_ne!(first.each("/id"), second.each("/id"));
    here.brings(json!([{ "external_id": "yan", "name": "Yan" }])).await.ok();
    there.brings(json!([{ "external_id": "yan", "name": "Yan" }])).await.ok();
    let cursor = here.get("/v1/members?limit=1").await.ok()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(here.get(&format!("/v1/members?cursor={cursor}")).await.each("/name"), ["Zoe"]);
    assert_eq!(there.get(&format!("/v1/members?cursor={cursor}")).await.code(), "cursor_mismatch");
}

#[actix_web::test]
async fn a_token_of_one_company_opens_no_other() {
    let (_town, companies) = Town::of(2, 4).await;
    let forged = json!({ "iss": "https://identity.example.com/elsewhere" });
    assert_eq!(companies[0].bearer("ana", &forged).get("/v1/me").await.code(), "unauthenticated");
    // What the token says of an organization counts for nothing: its issuer speaks for one.
    let claims = json!({ "organization_id": companies[1].organization, "org": companies[1].organization });
    let me = companies[0].bearer("ana", &claims).get("/v1/me").await.ok();
    assert_eq!(me["organization"]["id"], json!(companies[0].organization));
}
