//! Whose organization a request is about, its token's issuer says, and nothing else that the request says.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, issuer_of};

/// Headers by which proxies and other services tell tenants, hosts, paths and people apart.
const HEADERS: &[&str] = &[
    "X-Tenant",
    "X-Tenant-Id",
    "X-Organization",
    "X-Organization-Id",
    "X-Org-Id",
    "X-Company",
    "X-Account-Id",
    "X-Issuer",
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Access-Token",
    "X-Original-Host",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Host",
    "X-Remote-User",
    "X-User-Id",
    "X-Authenticated-Userid",
    "X-Jwt-Claim-Tid",
    "X-Access-Token",
    "X-Auth-Token",
    "X-HTTP-Method-Override",
    "Proxy-Authorization",
    "Forwarded",
    "Host",
    "Origin",
    "Referer",
    "From",
    "Cookie",
];

/// What the other company can be meant by.
async fn meanings(there: &Company, boss: &Person) -> Vec<String> {
    let (organization, member) = (there.organization.to_string(), boss.id().await);
    vec![
        format!("Bearer {}", boss.token()),
        boss.token().to_owned(),
        issuer_of(there.organization),
        format!("host={organization};for={member};proto=https"),
        format!("tid={organization}; organization_id={organization}; token={}", boss.token()),
        format!("/v1/members/{member}"),
        "Company 2".to_owned(),
        format!("{organization}.example.com"),
        organization,
        member,
    ]
}

/// Two companies; one has an administrator, whom the other would like to be.
async fn companies() -> (Town, Vec<Company>, Person, String) {
    let (town, companies) = Town::of(2, 4).await;
    let boss = companies[1].administrator("boss");
    let id = boss.id().await;
    (town, companies, boss, id)
}

/// What a person of `here` sees and does is their own company's.
async fn is_of(here: &Company, foreign: &str, what: &str, send: impl AsyncFn(Method, &str, Option<Value>) -> Answer) {
    let me = send(Method::GET, "/v1/me", None).await.ok();
    assert_eq!(me["organization"]["id"], json!(here.organization), "{what}");
    assert_eq!((&me["name"], &me["administrator"]), (&json!("Ana"), &json!(false)), "{what}");
    let listed = send(Method::GET, "/v1/members?limit=1", None).await;
    assert_eq!(listed.each("/name"), ["Ana"], "{what}");
    assert_eq!(send(Method::GET, &format!("/v1/members/{foreign}"), None).await.code(), "not_found", "{what}");
    let taken = send(Method::PATCH, &format!("/v1/members/{foreign}"), Some(json!({ "active": false }))).await;
    assert_eq!(taken.code(), "administrators_only", "{what}");
    assert_eq!(send(Method::PATCH, "/v1/me", Some(json!({ "expertise": ["Rust"] }))).await.status, 200, "{what}");
    assert_eq!(listed.header("link"), "", "{what}");
}

#[actix_web::test]
async fn no_header_leads_into_another_company() {
    let (_town, companies, boss, foreign) = companies().await;
    let (here, there) = (&companies[0], &companies[1]);
    let ana = here.person("ana");
    for meaning in &meanings(there, &boss).await {
        for header in HEADERS {
            let me = Answer::to(ana.request(Method::GET, "/v1/me").header(*header, meaning)).await.ok();
            assert_eq!(me["organization"]["id"], json!(here.organization), "{header}: {meaning}");
            assert_eq!(me["name"], "Ana", "{header}: {meaning}");
        }
        let send = async |method: Method, path: &str, body: Option<Value>| {
            let request = ana.request(method, path).header("If-Match", "*");
            let request = HEADERS.iter().fold(request, |request, header| request.header(*header, meaning));
            Answer::to(if let Some(body) = body { request.json(&body) } else { request }).await
        };
        is_of(here, &foreign, &format!("all headers: {meaning}"), send).await;
    }
    assert_eq!(boss.get("/v1/members?q=ana").await.each("/name"), Vec::<Value>::new());
    assert_eq!(boss.get("/v1/me").await.ok()["expertise"], json!([]));
}

#[actix_web::test]
async fn no_claim_leads_into_another_company() {
    let (_town, companies, boss, foreign) = companies().await;
    let (here, there) = (&companies[0], companies[1].organization);
    for claims in [
        json!({ "tid": there }),
        json!({ "tenant": there, "tenant_id": there, "tenantId": there }),
        json!({ "org": there, "org_id": there, "organization": { "id": there }, "organization_id": there }),
        json!({ "hd": "company-2.example.com", "domain": "company-2.example.com" }),
        json!({ "azp": issuer_of(there), "client": issuer_of(there) }),
        json!({ "act": { "iss": issuer_of(there), "sub": "boss" }, "may_act": { "sub": "boss" } }),
        json!({ "issuer": issuer_of(there), "iss_": issuer_of(there), "ISS": issuer_of(there) }),
        json!({ "resource": there, "realm": there, "wids": [there], "groups": [there] }),
        json!({ "roles": [format!("{there}/peer-coaching-administrator"), format!("peer-coaching-administrator@{there}")] }),
        json!({ "id": foreign, "member_id": foreign, "oid": foreign, "external_id": "boss", "email": "boss@example.com" }),
    ] {
        let mut claims = claims;
        claims["name"] = json!("Ana");
        let ana = here.bearer("ana", &claims);
        let send = async |method: Method, path: &str, body: Option<Value>| {
            let request = ana.request(method, path).header("If-Match", "*");
            Answer::to(if let Some(body) = body { request.json(&body) } else { request }).await
        };
        is_of(here, &foreign, &claims.to_string(), send).await;
    }
    // Her own subject at another company's issuer is another person, there.
    let ana = companies[1].bearer("ana", &json!({ "tid": here.organization, "name": "Ana" }));
    assert_eq!(ana.get("/v1/me").await.ok()["organization"]["id"], json!(there));
    assert_eq!(boss.get("/v1/members").await.each("/name"), ["Ana", "Boss"]);
}

/// Queries, paths and bodies have no place for an organization: naming one is an error, or nothing that is there.
#[actix_web::test]
async fn no_address_and_no_body_leads_into_another_company() {
    let (_town, companies, boss, _) = companies().await;
    let (ana, there) = (companies[0].person("ana"), companies[1].organization);
    for name in ["tid", "tenant", "organization", "organization_id", "org_id", "issuer", "iss", "access_token"] {
        let value = if name == "access_token" { boss.token().to_owned() } else { there.to_string() };
        for path in ["/v1/members", "/v1/pairings", "/v1/cycles"] {
            let answer = ana.get(&format!("{path}?{name}={value}")).await;
            assert_eq!(answer.flaws(), [format!("{name} unknown")], "{path}");
        }
        let answer = ana.patch("/v1/me", json!({ name: value, "expertise": ["Rust"] })).await;
        assert_eq!(answer.flaws(), [format!("#/{name} unknown")]);
    }
    for path in [
        format!("/v1/organizations/{there}/members"),
        format!("/v1/{there}/members"),
        format!("/{there}/v1/members"),
        format!("/v1/me/{there}"),
        format!("/v1/members/{there}"),
        format!("/v1/cycles/{there}"),
        format!("/v1//members/../{there}/members"),
        format!("/v1/members;tid={there}"),
    ] {
        assert_eq!(ana.get(&path).await.code(), "not_found", "{path}");
    }
    // Without a token of one's own, another's elsewhere than in its header is none.
    let stranger = companies[0].stranger();
    let token = boss.token();
    for request in [
        stranger.request(Method::GET, &format!("/v1/policy?access_token={token}")),
        stranger
            .request(Method::GET, "/v1/policy")
            .header("Cookie", format!("access_token={token}; Authorization={token}")),
        stranger.request(Method::GET, "/v1/policy").header("Proxy-Authorization", format!("Bearer {token}")),
        stranger.request(Method::GET, "/v1/policy").header("X-Forwarded-Authorization", format!("Bearer {token}")),
        stranger.request(Method::POST, "/v1/policy").body(format!("access_token={token}")),
    ] {
        let answer = Answer::to(request).await;
        assert!([400, 401, 405].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text);
    }
}

/// Addresses in answers are relative: a host that a request names is in none of them.
#[actix_web::test]
async fn no_host_that_a_request_names_comes_back() {
    let (_town, companies, ..) = companies().await;
    let root = companies[0].administrator("root");
    for name in ["a", "b", "c"] {
        companies[0].person(name).id().await;
    }
    for header in ["Host", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded", "X-Original-URL", "X-Forwarded-Proto"]
    {
        let value = if header == "Forwarded" { "host=evil.example" } else { "evil.example" };
        let cycle = json!({ "starts_on": "2028-01-01", "ends_on": "2028-02-01" });
        for (method, path, body) in [
            (Method::GET, "/v1/members?limit=1", None),
            (Method::GET, "/v1/nowhere", None),
            (Method::GET, "/openapi.json", None),
            (Method::GET, "/docs", None),
            (Method::GET, "/docs/", None),
            (Method::POST, "/v1/cycles", Some(cycle)),
        ] {
            let request = root.request(method, path).header(header, value);
            let answer = Answer::to(if let Some(body) = body { request.json(&body) } else { request }).await;
            let mut said = answer.headers.values().map(|value| value.to_str().unwrap());
            assert!(!said.any(|value| value.contains("evil")) && !answer.text.contains("evil"), "{header} {path}");
        }
    }
    let cycles = root.get("/v1/cycles").await.each("/starts_on");
    assert!(cycles.contains(&json!("2028-01-01")), "the control: one was made, at an address that names no host");
}
