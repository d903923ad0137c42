//! `/openapi.json` and the pages that show it: ours alone, from here alone.

use peer_coaching::app;
use reqwest::Method;
use reqwest::redirect::Policy;

use crate::support::Town;

#[actix_web::test]
async fn the_document_is_served_to_everyone() {
    let (_town, company) = Town::small().await;
    let served = company.stranger().get("/openapi.json").await;
    assert_eq!((served.status.as_u16(), served.header("content-type")), (200, "application/json"));
    assert_eq!(served.header("cache-control"), "public, max-age=300");
    assert_eq!(served.body(), app::document(), "the same as is committed");
}

#[actix_web::test]
async fn the_pages_come_from_here_alone() {
    let (town, company) = Town::small().await;
    let stranger = company.stranger();
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let redirected = client.request(Method::GET, format!("{}/docs", town.address)).send().await.unwrap();
    assert_eq!((redirected.status().as_u16(), &redirected.headers()["location"]), (303, &"/docs/".parse().unwrap()));

    let index = stranger.get("/docs/").await;
    assert_eq!((index.status.as_u16(), index.header("content-type")), (200, "text/html"));
    assert!(index.text.contains("id=\"swagger-ui\""), "{}", index.text);
    let mut assets = vec!["index.html".to_owned()];
    for attribute in ["src=\"", "href=\""] {
        assets.extend(
            index
                .text
                .split(attribute)
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().trim_start_matches("./").to_owned()),
        );
    }
    assert!(assets.len() > 5, "{assets:?}");
    for asset in assets {
        assert!(!asset.contains("//") && !asset.starts_with('/'), "{asset} is not from here");
        let served = stranger.get(&format!("/docs/{asset}")).await;
        assert!(served.status == 200 && !served.text.is_empty(), "{asset}: {}", served.status);
        let policy = served.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("://") && !policy.contains('*'), "{policy}");
        assert_eq!(served.header("cache-control"), "public, max-age=300");
    }
    assert!(
        !index.text.contains("<script>") && !index.text.contains("://"),
        "nothing inline, nothing elsewhere: {}",
        index.text
    );
    let start = stranger.get("/docs/swagger-initializer.js").await;
    assert!(start.text.contains("\"/openapi.json\"") && !start.text.contains("://"), "{}", start.text);
    assert!(start.text.contains("\"validatorUrl\": \"none\""), "or a stranger's server is asked: {}", start.text);
}

#[actix_web::test]
async fn nothing_else_is_served_from_there() {
    let (town, company) = Town::small().await;
    for path in [
        "/docs/nothing.js",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/Cargo.toml",
        "/docs/..%2fCargo.toml",
        "/docs//etc/passwd",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let heard = town.wire().send(request).hear(std::time::Duration::from_millis(200));
        assert_eq!(heard.statuses(), [404], "{path}");
    }
    assert_eq!(company.stranger().get("/docs/nothing.js").await.code(), "not_found");
}
