//! Who may see what, as data: for everybody, and the same for everybody.

use serde_json::{Value, json};

use crate::support::{Answer, Town};

/// A kind of data as a row of a table that people read.
fn row(kind: &Value) -> String {
    let viewers = ["owner", "partner", "other_members", "administrator", "integration"];
    let sees = viewers.map(|viewer| kind[viewer]["sees"].as_str().unwrap_or("-").to_owned());
    format!("{}: {}", kind["kind"].as_str().unwrap(), sees.join(", "))
}

#[actix_web::test]
async fn everybody_is_told_who_may_see_what() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana").get("/v1/visibility").await;
    let rows = ana.ok()["kinds"].as_array().unwrap().iter().map(row).collect::<Vec<_>>();
    insta::assert_snapshot!(rows.join("\n"), @r"
    directory: yes, yes, yes, yes, with_scope
    directory_keys: yes, no, no, yes, with_scope
    settings: yes, implied, implied, no, no
    participation: yes, implied, no, number_only, no
    topics: yes, no, no, no, no
    reflection: yes, if_shared, no, no, no
    pairing: yes, yes, no, number_only, in_an_event
    message: yes, yes, no, no, no
    decline_reason: yes, yes, no, no, no
    check_in: yes, yes, no, number_only, in_an_event
    join_url: yes, yes, no, no, no
    note: yes, if_shared, no, no, no
    action: yes, yes, no, no, no
    progress: yes, yes, no, no, no
    insight: yes, yes, no, no, no
    next_step: yes, no, no, no, in_an_event
    help_request: yes, no, no, yes, no
    calendar_feed: yes, no, no, no, no
    statistics: -, -, policy_decides, yes, no
    audit_entry: yes, no, no, yes, no
    ");
    let note = ana.ok()["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == "note").unwrap().clone();
    let shared =
        "From the acceptance of the request on, until it is taken back or deleted; also after the pairing's end.";
    let (yes, no) = (json!({ "sees": "yes", "detail": null }), json!({ "sees": "no", "detail": null }));
    assert_eq!(
        note,
        json!({ "kind": "note", "shows": "What one of the two writes down about a call", "belongs_to": "Its author",
            "owner": yes, "partner": { "sees": "if_shared", "detail": shared },
            "other_members": no, "administrator": no, "integration": no })
    );
    assert!(ana.ok()["protection"].as_str().unwrap().contains("not from whoever runs this service"), "{}", ana.text);
    for other in [company.administrator("root"), company.integration("program", "openid")] {
        assert_eq!(other.get("/v1/visibility").await.text, ana.text);
    }
    assert_eq!(company.stranger().get("/v1/visibility").await.code(), "unauthenticated");
}

#[actix_web::test]
async fn whoever_knows_it_is_not_told_again() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let etag = ana.get("/v1/visibility").await.header("etag").to_owned();
    let again = ana.request(reqwest::Method::GET, "/v1/visibility").header("If-None-Match", &etag);
    let again = Answer::to(again).await;
    assert_eq!((again.status.as_u16(), again.header("etag"), again.text.as_str()), (304, etag.as_str(), ""));
}
