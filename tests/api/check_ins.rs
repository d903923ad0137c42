//! Calls: planned, moved, marked, listed; each with its whole answer once, then what may happen when.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, call_path, path_of};

/// A company in which Ben coaches Ana.
async fn at_work() -> (Town, Company, Person, Person, Answer) {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    (town, company, ana, ben, pairing)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What one can do with a call, as it stands.
async fn allowed(who: &Person, call: &Answer) -> Value {
    who.get(&call_path(call)).await.ok()["allowed"].clone()
}

#[actix_web::test]
async fn a_call_is_planned_moved_and_held() {
    let (town, _company, ana, ben, pairing) = at_work().await;
    let planned = ana.plans("kickoff", at("2026-10-08T14:00:00+01:00"), &pairing).await;
    insta::assert_snapshot!(planned.told(), @r#"
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
      "join_url": null,
      "counts_as_held_at": "<+4d 4h>",
      "allowed": [
        "update",
        "cancel"
      ]
    }
    "#);
    assert_eq!(planned.header("location"), call_path(&planned));
    let shown = ben.get(&call_path(&planned)).await;
    assert_eq!((shown.body()["role"].clone(), shown.body()["partner"]["name"].clone()), (json!("coach"), json!("Ana")));
    assert_eq!(shown.header("etag"), ben.get(&call_path(&planned)).await.header("etag"));

    let moved = json!({ "starts_at": "2026-10-09T09:30:00Z", "duration_minutes": 45 });
    let path = call_path(&planned);
    assert_eq!(ben.patch_version(&path, None, moved.clone()).await.code(), "precondition_required");
    let etag = shown.header("etag").to_owned();
    let moved = ben.patch_version(&path, Some(&etag), moved).await;
    assert_eq!(moved.ok()["starts_at"], "2026-10-09T09:30:00.000Z");
    assert_eq!(
        (moved.body()["duration_minutes"].clone(), moved.body()["counts_as_held_at"].clone()),
        (json!(45), json!("2026-10-10T09:30:00.000Z"))
    );
    assert_eq!(ana.patch_version(&path, Some(&etag), json!({ "duration_minutes": 20 })).await.code(), "stale");

    assert_eq!(ana.marks("hold", &planned).await.code(), "not_yet");
    assert_eq!(ana.marks("miss", &planned).await.code(), "not_yet");
    town.days_pass(6);
    assert_eq!(allowed(&ana, &planned).await, json!(["miss"]), "it counts as held, 24 hours after its start");
    assert_eq!(ana.sees_call(&planned).await, "held");
    assert_eq!(ana.patch(&path, json!({ "duration_minutes": 20 })).await.code(), "not_waiting");
    assert_eq!(ana.marks("cancel", &planned).await.code(), "not_waiting");
    assert_eq!(ana.marks("miss", &planned).await.ok()["state"], "missed");
    assert_eq!(allowed(&ben, &planned).await, json!(["hold"]));
    let held = ben.marks("hold", &planned).await;
    assert_eq!(held.ok()["state"], "held");
    let again = ben.marks("hold", &planned).await;
    assert_eq!((again.body(), again.header("etag")), (held.body(), held.header("etag")), "said twice is said once");
}

#[actix_web::test]
async fn the_day_after_a_call_decides() {
    let (town, _company, ana, ben, pairing) = at_work().await;
    let start = at("2026-10-05T12:00:00Z");
    let call = ben.plans("kickoff", start, &pairing).await;
    town.until(&start.to_string());
    assert_eq!(ana.sees_call(&call).await, "scheduled");
    assert_eq!(allowed(&ana, &call).await, json!(["update", "hold", "miss"]));
    assert_eq!(ben.marks("cancel", &call).await.code(), "not_waiting", "what has started is held or missed");
    town.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_mins(5));
    assert_eq!(ana.sees_call(&call).await, "scheduled");
    town.clock.advance(SignedDuration::from_mins(5));
    let etag = ana.get(&call_path(&call)).await;
    assert_eq!(etag.body()["state"], "held");
    assert_eq!(etag.body()["counts_as_held_at"], Value::Null);
    // Settling is nobody's change: what was read stays good to write by.
    ana.plans("catch_up", at("2026-10-20T09:00:00Z"), &pairing).await.ok();
    assert_eq!(ana.get(&call_path(&call)).await.header("etag"), etag.header("etag"));
}

#[actix_web::test]
async fn a_start_lies_in_the_time_of_the_pairing() {
    let (_town, _company, ana, _ben, pairing) = at_work().await;
    let accepted_at = ana.get(&path_of(&pairing)).await.ok()["accepted_at"].as_str().map(at).unwrap();
    let (moment, end) = (SignedDuration::from_millis(1), at("2027-01-01T00:00:00Z"));
    let wrapped_up = at("2027-01-15T00:00:00Z");
    assert_eq!(ana.plans("weekly", accepted_at, &pairing).await.code(), "kickoff_missing");
    assert_eq!(ana.plans("kickoff", accepted_at - moment, &pairing).await.flaws(), ["#/starts_at too_early"]);
    assert_eq!(ana.plans("kickoff", end, &pairing).await.flaws(), ["#/starts_at too_late"]);
    let kickoff = ana.plans("kickoff", end - moment, &pairing).await;
    assert_eq!(kickoff.ok()["counts_as_held_at"], "2027-01-01T00:00:00.000Z", "at the latest at the end of the cycle");
    assert_eq!(ana.plans("kickoff", accepted_at, &pairing).await.code(), "kickoff_planned");
    assert_eq!(ana.plans("catch_up", accepted_at - moment, &pairing).await.flaws(), ["#/starts_at too_early"]);
    assert_eq!(ana.plans("catch_up", wrapped_up, &pairing).await.flaws(), ["#/starts_at too_late"]);
    let last = ana.plans("catch_up", wrapped_up - moment, &pairing).await;
    assert_eq!(last.ok()["counts_as_held_at"], "2027-01-15T00:00:00.000Z");
    let path = call_path(&kickoff);
    assert_eq!(
        ana.patch(&path, json!({ "starts_at": "2027-01-01T00:00:00Z" })).await.flaws(),
        ["#/starts_at too_late"]
    );
    ana.patch(&path, json!({ "starts_at": accepted_at.to_string() })).await.ok();
    assert_eq!(ana.sees_call(&kickoff).await, "scheduled");
}

#[actix_web::test]
async fn without_an_active_pairing_nothing_is_planned() {
    let (town, company, ana, ben, pairing) = at_work().await;
    let kickoff = ana.meets(&pairing).await;
    let weekly = ana.plans("weekly", at("2026-10-12T09:00:00Z"), &pairing).await;
    town.days_pass(1);
    ben.does("end", &pairing).await.ok();
    assert_eq!(ana.plans("weekly", at("2026-10-19T09:00:00Z"), &pairing).await.code(), "not_waiting");
    assert_eq!(ana.sees_call(&weekly).await, "cancelled", "what was still to come");
    for (verb, call) in [("miss", &kickoff), ("hold", &weekly), ("miss", &weekly)] {
        assert_eq!(ana.marks(verb, call).await.code(), "not_waiting");
        assert_eq!(allowed(&ana, call).await, json!([]));
    }
    assert_eq!(ana.marks("cancel", &weekly).await.ok()["state"], "cancelled", "it is already");
    assert_eq!(ana.patch(&call_path(&weekly), json!({ "duration_minutes": 20 })).await.code(), "not_waiting");

    let cleo = company.person("cleo");
    let waiting = ana.asks(&cleo).await;
    assert_eq!(ana.plans("kickoff", at("2026-10-19T09:00:00Z"), &waiting).await.code(), "not_waiting");
}

#[actix_web::test]
async fn one_first_call_at_a_time() {
    let (town, _company, ana, ben, pairing) = at_work().await;
    let first = ana.plans("kickoff", at("2026-10-06T09:00:00Z"), &pairing).await;
    assert_eq!(ben.plans("kickoff", at("2026-10-07T09:00:00Z"), &pairing).await.code(), "kickoff_planned");
    ben.marks("cancel", &first).await.ok();
    let second = ben.plans("kickoff", at("2026-10-07T09:00:00Z"), &pairing).await;
    town.days_pass(2);
    ana.marks("miss", &second).await.ok();
    let third = ana.plans("kickoff", at("2026-10-07T08:00:00Z"), &pairing).await;
    assert_eq!(ana.marks("hold", &second).await.code(), "kickoff_planned", "another has taken its place");
    assert_eq!(allowed(&ana, &second).await, json!([]));
    ana.marks("miss", &third).await.ok();
    assert_eq!(ana.marks("hold", &second).await.ok()["state"], "held");
}

#[actix_web::test]
async fn my_calls_in_all_pairings_and_those_of_one() {
    let (_town, company, ana, ben, pairing) = at_work().await;
    let cleo = company.person("cleo");
    cleo.is_ready().await;
    let other = cleo.is_coached_by(&ana).await;
    for (who, pairing, days) in [(&ana, &pairing, ["06", "20", "27"]), (&cleo, &other, ["07", "19", "28"])] {
        for (kind, day) in ["kickoff", "catch_up", "catch_up"].into_iter().zip(days) {
            who.plans(kind, at(&format!("2026-10-{day}T09:00:00Z")), pairing).await.ok();
        }
    }
    let days = |calls: Vec<Value>| {
        calls.iter().map(|call| call["starts_at"].as_str().unwrap()[8..10].to_owned()).collect::<Vec<_>>()
    };
    for limit in [1, 2, 3, 100] {
        assert_eq!(days(ana.walk("/v1/check-ins", limit).await), ["06", "07", "19", "20", "27", "28"]);
        assert_eq!(days(ben.walk("/v1/check-ins", limit).await), ["06", "20", "27"]);
        let some = "/v1/check-ins?from=2026-10-07T09:00:00Z&to=2026-10-27T09:00:00Z";
        assert_eq!(days(ana.walk(some, limit).await), ["07", "19", "20"], "from inclusive, to exclusive");
        assert_eq!(days(ana.walk(&format!("{}/check-ins", path_of(&other)), limit).await), ["07", "19", "28"]);
    }
    assert_eq!(ana.get("/v1/check-ins").await.each("/role")[..2], [json!("coachee"), json!("coach")]);
    assert_eq!(ben.get(&format!("{}/check-ins", path_of(&other))).await.code(), "not_found");
    assert_eq!(company.person("dora").get("/v1/check-ins").await.ok()["data"], json!([]));
    for (query, flaw) in [
        ("from=yesterday", "from wrong_format"),
        ("from=2026-10-07", "from wrong_format"),
        ("to=2026-10-07T09:00:00", "to wrong_format"),
        ("from=2026-10-07T09:00:00+01:00", "from wrong_format"), // a space, in a query
    ] {
        assert_eq!(ana.get(&format!("/v1/check-ins?{query}")).await.flaws(), [flaw], "{query}");
    }
    assert_eq!(days(ana.walk("/v1/check-ins?from=2026-10-28T10:00:00%2B01:00", 5).await), ["28"]);
}
