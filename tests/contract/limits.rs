//! Whoever asks too much is told so in the same way wherever they ask.

use peer_coaching::limits::{Limit, Settings};

use crate::call::{Call, Values};
use crate::operation::Document;
use crate::support::{Town, database};

#[actix_web::test]
async fn every_operation_says_that_it_is_too_much() {
    let database = database::settings("peer_coaching_app");
    let one: Limit = "1/3600s".parse().expect("a limit");
    let limits = Settings { caller: one, address: one, ..Settings::OFF };
    let (town, companies, _by) = Town::limited(&database, database.clone(), 1, limits).await;
    let document = Document::served_by(&town).await;
    let (ana, stranger) = (companies[0].person("ana"), companies[0].stranger());
    ana.get("/v1/me").await.ok(); // and the document was what the stranger's address could ask for
    let mut count = 0;
    for operation in document.operations() {
        let limited = operation.says(429);
        let who = if operation.is_public() { &stranger } else { &ana };
        let answer = Call::of(&document, &operation, &Values::new(), "-").by(who).await;
        if limited {
            assert_eq!(answer.code(), "too_many_requests", "{}", operation.id);
            assert!(
                answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 3000),
                "{}",
                operation.id
            );
            count += 1;
        } else {
            assert_ne!(answer.status, 429, "{}", operation.id);
        }
    }
    assert!(count > 75);
}
