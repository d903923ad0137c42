//! Where a call can be joined: said by either of the two, kept for both.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, call_path, path_of};

const HERE: &str = "https://meet.example.com/ana?pwd=a%20b#now";
const THERE: &str = "https://calls.example.org:8443/room/9";

/// A company in which Ben coaches Ana; their first call is planned, to be joined `HERE`, as Ana says.
async fn planned() -> (Town, Company, Person, Person, Answer, Answer) {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let kickoff = json!({ "kind": "kickoff", "starts_at": "2026-10-08T13:00:00Z", "join_url": HERE });
    let call = ana.post(&format!("{}/check-ins", path_of(&pairing)), kickoff).await;
    (town, company, ana, ben, pairing, call)
}

async fn joins(who: &Person, call: &Answer) -> Value {
    who.get(&call_path(call)).await.ok()["join_url"].clone()
}

#[actix_web::test]
async fn both_see_where_to_join_and_either_changes_it() {
    let (_town, company, ana, ben, pairing, call) = planned().await;
    insta::assert_snapshot!(call.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "pairing_id": "<id 2>",
      "role": "coachee",
      "partner": {
        "id": "<id 3>",
        "name": "Ben"
      },
      "kind": "kickoff",
      "series_id": null,
      "starts_at": "<+3d 4h>",
      "duration_minutes": 30,
      "state": "scheduled",
      "join_url": "https://meet.example.com/ana?pwd=a%20b#now",
      "counts_as_held_at": "<+4d 4h>",
      "allowed": [
        "update",
        "cancel"
      ]
    }
    "#);
    let path = call_path(&call);
    let first = ben.get(&path).await;
    assert_eq!(first.ok()["join_url"], HERE);
    for list in ["/v1/check-ins".to_owned(), format!("{}/check-ins", path_of(&pairing))] {
        assert_eq!(ben.get(&list).await.ok()["data"], json!([first.body()]), "{list}");
    }
    assert_eq!(company.person("kim").get(&path).await.code(), "not_found");

    // Only this, of a version that was read; what was read before is stale then.
    let etag = first.header("etag");
    let changed = ben.patch_version(&path, Some(etag), json!({ "join_url": THERE })).await;
    assert_eq!(changed.ok()["join_url"], THERE);
    assert_eq!(&changed.header("etag")[..3], "\"2-", "a new version");
    assert_eq!(ana.patch_version(&path, Some(etag), json!({ "join_url": null })).await.code(), "stale");
    assert_eq!(joins(&ana, &call).await, THERE);

    // The same again changes nothing, whoever says it; moving keeps it.
    let same = ana.patch(&path, json!({ "join_url": THERE })).await;
    assert_eq!(same.header("etag").get(..3), Some("\"2-"));
    let moved = ana.patch(&path, json!({ "starts_at": "2026-10-09T13:00:00Z" })).await;
    assert_eq!((&moved.ok()["join_url"], moved.header("etag").get(..3)), (&json!(THERE), Some("\"3-")));
    let both = ben.patch(&path, json!({ "duration_minutes": 20, "join_url": HERE })).await;
    assert_eq!((&both.ok()["join_url"], &both.body()["duration_minutes"]), (&json!(HERE), &json!(20)));
    assert_eq!(both.header("etag").get(..3), Some("\"4-"), "one change, one version");

    let cleared = ana.patch(&path, json!({ "join_url": null })).await;
    assert_eq!((&cleared.ok()["join_url"], cleared.header("etag").get(..3)), (&json!(null), Some("\"5-")));
    assert_eq!(joins(&ben, &call).await, json!(null));
    assert_eq!(ben.patch(&path, json!({ "join_url": THERE })).await.ok()["join_url"], THERE);
}

#[actix_web::test]
async fn it_stays_with_a_call_that_is_over() {
    let (town, _company, ana, ben, pairing, call) = planned().await;
    town.until("2026-10-08T13:00:00Z");
    assert_eq!(ben.marks("hold", &call).await.ok()["join_url"], HERE);
    assert_eq!(ana.patch(&call_path(&call), json!({ "join_url": THERE })).await.code(), "not_waiting");
    ana.does("end", &pairing).await.ok();
    assert_eq!((joins(&ana, &call).await, joins(&ben, &call).await), (json!(HERE), json!(HERE)));
}

#[actix_web::test]
async fn the_calls_of_a_series_are_joined_in_one_place() {
    let (town, _company, ana, ben, pairing, call) = planned().await;
    town.until("2026-10-08T13:00:00Z");
    ben.marks("hold", &call).await.ok();
    let weekly = json!({ "starts_at": "2026-12-10T09:00:00Z", "join_url": THERE });
    let series = ben.post(&format!("{}/series", path_of(&pairing)), weekly).await;
    let urls =
        |calls: &Value| calls.as_array().unwrap().iter().map(|call| call["join_url"].clone()).collect::<Vec<_>>();
    assert_eq!(urls(&series.ok()["check_ins"]), [THERE; 4]);
    assert_eq!(urls(&ana.get(series.header("location")).await.ok()["data"]), [THERE; 4]);
    // Each is a call of its own.
    let second = format!("/v1/check-ins/{}", series.body()["check_ins"][1]["id"].as_str().unwrap());
    ana.patch(&second, json!({ "join_url": HERE })).await.ok();
    assert_eq!(urls(&ben.get(series.header("location")).await.ok()["data"]), [THERE, HERE, THERE, THERE]);
    let plain = json!({ "starts_at": "2026-12-11T09:00:00Z" });
    let plain = ben.post(&format!("{}/series", path_of(&pairing)), plain).await;
    assert_eq!(urls(&plain.ok()["check_ins"]), [json!(null), json!(null), json!(null)]);
}

#[actix_web::test]
async fn only_https_and_nobodys_name() {
    let (_town, _company, ana, ben, pairing, call) = planned().await;
    let longest = format!("https://meet.example.com/{}", "x".repeat(2000 - "https://meet.example.com/".len()));
    ben.patch(&call_path(&call), json!({ "join_url": longest })).await.ok();
    assert_eq!(joins(&ana, &call).await, longest);
    let (calls, series) = (format!("{}/check-ins", path_of(&pairing)), format!("{}/series", path_of(&pairing)));
    let starts_at = "2026-10-12T09:00:00Z".parse::<Timestamp>().unwrap().to_string();
    for (url, how) in [
        ("http://meet.example.com/", "wrong_format"),
        ("javascript:alert(1)", "wrong_format"),
        ("https://ana:secret@meet.example.com/", "wrong_format"),
        ("https://", "wrong_format"),
        ("", "wrong_format"),
        (&format!("{longest}x"), "too_long"),
    ] {
        let wrong = [format!("#/join_url {how}")];
        let body = json!({ "kind": "catch_up", "starts_at": starts_at, "join_url": url });
        let refused = ana.post(&calls, body).await;
        assert_eq!((refused.status.as_u16(), refused.flaws().as_slice()), (422, &wrong[..]), "{url}");
        let weekly = json!({ "starts_at": starts_at, "join_url": url });
        assert_eq!(ana.post(&series, weekly).await.flaws(), wrong);
        assert_eq!(ana.patch(&call_path(&call), json!({ "join_url": url })).await.flaws(), wrong);
    }
    let null = json!({ "kind": "catch_up", "starts_at": starts_at, "join_url": null });
    assert_eq!(ana.post(&calls, null).await.flaws(), ["#/join_url wrong_type"]);
    let refused = ana.patch(&call_path(&call), json!({ "join_url": "ftp://CANARY" })).await;
    assert!(refused.text.contains("https://, in ASCII") && !refused.text.contains("CANARY"), "{}", refused.text);
}
