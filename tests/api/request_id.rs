//! `X-Request-Id`: every answer has one, the caller's own where it is plain.

use reqwest::Method;

use crate::support::{Answer, Town};

#[actix_web::test]
async fn every_answer_names_its_request() {
    let (_town, company) = Town::small().await;
    let (ana, stranger) = (company.person("ana"), company.stranger());
    let mut seen = std::collections::BTreeSet::new();
    for (who, path) in [
        (&ana, "/v1/me"),
        (&stranger, "/v1/me"),
        (&stranger, "/livez"),
        (&stranger, "/nowhere"),
        (&stranger, "/docs/"),
        (&ana, "/v1/me"),
    ] {
        let answer = who.get(path).await;
        let id = answer.header("x-request-id").to_owned();
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7, "{path}");
        assert!(seen.insert(id), "each its own");
    }
}

#[actix_web::test]
async fn a_plain_one_is_taken() {
    let (_town, company) = Town::small().await;
    let (ana, stranger) = (company.person("ana"), company.stranger());
    for id in ["a", "Z9._-", &"x".repeat(64), "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60"] {
        for (who, path) in [(&ana, "/v1/me"), (&stranger, "/v1/me"), (&stranger, "/nowhere")] {
            let answer = Answer::to(who.request(Method::GET, path).header("X-Request-Id", id)).await;
            assert_eq!(answer.header("x-request-id"), id);
            if answer.status.is_client_error() {
                answer.code();
                assert_eq!(answer.body()["request_id"], id);
            }
        }
    }
}

#[actix_web::test]
async fn any_other_is_replaced() {
    let (_town, company) = Town::small().await;
    let stranger = company.stranger();
    for id in ["", " ", "a b", "a/b", "<script>", "ü", "a,b", "a\"b", &"x".repeat(65), "{{7*7}}", "a\tb"] {
        let answer = Answer::to(stranger.request(Method::GET, "/v1/me").header("X-Request-Id", id)).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert!(uuid::Uuid::parse_str(answer.header("x-request-id")).is_ok(), "{id}");
        answer.code();
    }
}
