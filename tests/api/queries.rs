//! Wrong queries and paths: every wrong parameter is named at once, an id that cannot be is an id that is not.

use peer_coaching::app;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Town};

/// Each operation that reads, with an id that is not there, and the names of its query parameters.
fn readers() -> Vec<(String, Vec<String>)> {
    let document = app::document();
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/v1/"));
    let names = |get: &Value| {
        let parameters = get["parameters"].as_array().cloned().unwrap_or_default().into_iter();
        parameters.filter(|one| one["in"] == "query").map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let filled = |path: &str| {
        let path = path.replace("{cycle_id}", "current").replace("{member_id}", SOMEBODY);
        path.replace("{pairing_id}", SOMEBODY)
            .replace("{action_id}", SOMEBODY)
            .replace("{check_in_id}", SOMEBODY)
            .replace("{webhook_id}", SOMEBODY)
    };
    paths.filter_map(|(path, item)| Some((filled(path), names(item.get("get")?)))).collect()
}

const SOMEBODY: &str = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60";

#[actix_web::test]
async fn all_wrong_parameters_are_named_at_once() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    for (query, status, wrong) in [
        ("limit=0", 422, vec!["limit too_small"]),
        ("limit=101", 422, vec!["limit too_large"]),
        ("limit=&q=", 400, vec!["limit wrong_type", "q too_short", "q wrong_format"]),
        ("limit=5.0", 400, vec!["limit wrong_type"]),
        ("limit=%2B5", 400, vec!["limit wrong_type"]),
        ("limit=05", 400, vec!["limit wrong_type"]),
        ("limit=9223372036854775807", 422, vec!["limit too_large"]),
        ("limit=9223372036854775808", 400, vec!["limit wrong_type"]),
        ("limit=5&limit=5", 400, vec!["limit repeated"]),
        (
            "offset=5&limit=0&active=yes&Q=x",
            400,
            vec!["Q unknown", "active wrong_type", "limit too_small", "offset unknown"],
        ),
        (
            "limit=5&limit=6&open_to_coaching=1&x~y/z=1",
            400,
            vec!["limit repeated", "open_to_coaching wrong_type", "x~y/z unknown"],
        ),
        ("q=%00", 422, vec!["q wrong_format"]),
        ("q=%ff", 400, vec![" malformed"]),
        ("%ff=1", 400, vec![" malformed"]),
        ("q=a%0d%0ab", 422, vec!["q wrong_format"]),
        ("q", 422, vec!["q too_short", "q wrong_format"]),
        ("=", 400, vec![" unknown"]),
    ] {
        let answer = ana.get(&format!("/v1/members?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.wrong()),
            (status, wrong.into_iter().map(str::to_owned).collect()),
            "{query}"
        );
    }
    for query in ["", "&", "&&limit=5&", "q=%zz", "q=a+b", "q=%F0%9F%98%80", "open_to_coaching=true&q=x"] {
        ana.get(&format!("/v1/members?{query}")).await.ok();
    }
    let answer = ana.get("/v1/pairings?role=boss&state=&cycle_id=current&limit=1").await;
    assert_eq!(answer.wrong(), ["cycle_id wrong_format", "role not_an_option", "state not_an_option"]);
}

/// Where there is nothing to ask for, a parameter is a misunderstanding, and is named too.
#[actix_web::test]
async fn every_operation_refuses_what_it_does_not_know() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    for (path, names) in readers() {
        let answer = root.get(&format!("{path}?CANARY-name=CANARY-value&{}=1", "k".repeat(900))).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert_eq!(answer.wrong(), ["CANARY-name unknown".to_owned(), format!("{} unknown", "k".repeat(40))], "{path}");
        assert!(!answer.text.contains("CANARY-value"));
        for name in names.iter().filter(|name| !["q", "expertise", "project"].contains(&name.as_str())) {
            let answer = root.get(&format!("{path}?{name}=CANARY-value")).await;
            assert!(
                answer.status.is_client_error() && !answer.text.contains("CANARY"),
                "{path} {name}: {}",
                answer.text
            );
            answer.code();
        }
    }
    for (method, path) in [
        (Method::POST, "/v1/pairings"),
        (Method::PATCH, "/v1/me"),
        (Method::PUT, "/v1/cycles/current/participation"),
        (Method::POST, "/v1/members/batch"),
    ] {
        let answer = Answer::to(root.request(method, &format!("{path}?dry_run=true"))).await;
        assert_eq!(answer.wrong(), ["dry_run unknown"], "{path}");
    }
    assert_eq!(company.stranger().get("/livez?t=1").await.status, 200, "a probe may carry what it likes");
}

#[actix_web::test]
async fn an_id_that_cannot_be_is_an_id_that_is_not() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let not_there = root.get(&format!("/v1/pairings/{SOMEBODY}")).await;
    let title = not_there.body()["title"].clone();
    for id in [
        "%00",
        "%2F",
        "%2f..%2f",
        "%ff",
        "%C0%AF",
        "%252F",
        "..%2fme",
        "0",
        "-1",
        "null",
        "x%0d%0aSet-Cookie:a",
        "%F0%9F%98%80",
        "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f6",
        "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60%00",
        "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60%20",
        "';select%201--",
        &"9".repeat(4000),
    ] {
        for path in [
            format!("/v1/pairings/{id}"),
            format!("/v1/members/{id}"),
            format!("/v1/cycles/{id}"),
            format!("/v1/cycles/{id}/participation"),
            format!("/v1/cycles/{id}/coaches"),
            format!("/problems/{id}"),
        ] {
            let answer = root.get(&path).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{path}");
            assert_eq!(answer.body()["title"], title);
            assert!(answer.text.len() < 1500, "{}", answer.text);
        }
        for path in [format!("/v1/pairings/{id}/accept"), format!("/v1/cycles/{id}/cancel")] {
            assert_eq!(Answer::to(root.request(Method::POST, &path)).await.code(), "not_found", "{path}");
        }
        let patch = root.request(Method::PATCH, &format!("/v1/members/{id}")).header("If-Match", "*");
        assert_eq!(Answer::to(patch.json(&serde_json::json!({}))).await.code(), "not_found", "{id}");
    }
}

#[actix_web::test]
async fn a_query_has_8_kib() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let of = |bytes: usize| format!("/v1/members?limit=1&cursor={}", "x".repeat(bytes - "limit=1&cursor=".len()));
    assert_eq!(ana.get(&of(8 * 1024)).await.wrong(), ["cursor too_long"]);
    assert_eq!(ana.get(&of(8 * 1024 + 1)).await.code(), "query_too_long");
    let path = |bytes: usize| format!("/v1/{}", "x".repeat(bytes - "/v1/".len()));
    assert_eq!(ana.get(&path(8 * 1024)).await.code(), "not_found");
    let too_long = ana.get(&path(8 * 1024 + 1)).await;
    assert_eq!((too_long.status.as_u16(), too_long.body()["instance"].as_str().unwrap().len()), (414, 500));
}
