//! Weekly calls: planned in one call on the planner's clock, cancelled in one.

use serde_json::{Value, json};

use crate::support::{Answer, Person, Town, call_path, path_of};

async fn plans(who: &Person, pairing: &Answer, series: Value) -> Answer {
    who.post(&format!("{}/series", path_of(pairing)), series).await
}

fn starts(series: &Answer) -> Vec<String> {
    let calls = series.ok()["check_ins"].as_array().unwrap().clone();
    calls.iter().map(|call| call["starts_at"].as_str().unwrap()[5..16].to_owned()).collect()
}

#[actix_web::test]
async fn ten_stays_ten_when_the_clocks_change() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let first = json!({ "starts_at": "2026-10-15T10:00:00+01:00" });
    assert_eq!(plans(&ana, &pairing, first.clone()).await.code(), "kickoff_missing");
    ana.meets(&pairing).await;

    let series = plans(&ana, &pairing, first).await;
    let autumn = [
        "10-15T09:00",
        "10-22T09:00",
        "10-29T10:00",
        "11-05T10:00",
        "11-12T10:00",
        "11-19T10:00",
        "11-26T10:00",
        "12-03T10:00",
        "12-10T10:00",
        "12-17T10:00",
        "12-24T10:00",
        "12-31T10:00",
    ];
    assert_eq!(starts(&series), autumn, "Lisbon leaves summer time on 25 October");
    let body = series.body();
    assert_eq!(body["time_zone"], "Europe/Lisbon", "the organization's, for Ana has none");
    assert_eq!(series.status, 201);
    for call in body["check_ins"].as_array().unwrap() {
        assert_eq!(
            (&call["kind"], &call["duration_minutes"], &call["series_id"]),
            (&json!("weekly"), &json!(10), &body["id"])
        );
    }
    let listed = ben.walk(series.header("location"), 5).await;
    assert_eq!(listed.len(), 12);

    ben.patch("/v1/me", json!({ "time_zone": "Asia/Tokyo" })).await.ok();
    let tokyo = plans(&ben, &pairing, json!({ "starts_at": "2026-10-15T09:00:00Z", "duration_minutes": 15 })).await;
    assert_eq!(tokyo.body()["time_zone"], "Asia/Tokyo");
    assert!(starts(&tokyo).iter().all(|start| start.ends_with("09:00")), "Tokyo's clocks never change");
    assert_eq!(tokyo.body()["check_ins"][3]["duration_minutes"], 15);
    let york = json!({ "starts_at": "2026-10-29T13:00:00Z", "time_zone": "America/New_York" });
    assert_eq!(starts(&plans(&ana, &pairing, york).await)[..2], ["10-29T13:00", "11-05T14:00"]);
}

#[actix_web::test]
async fn what_is_to_come_of_a_series_is_cancelled_in_one_call() {
    let (town, company) = Town::small().await;
    let (ana, ben, cleo) = (company.person("ana"), company.person("ben"), company.person("cleo"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.meets(&pairing).await;
    let series = plans(&ana, &pairing, json!({ "starts_at": "2026-10-06T09:00:00Z" })).await;
    let alone = ana.plans("weekly", "2026-12-01T15:00:00Z".parse().unwrap(), &pairing).await;
    town.days_pass(8); // two have started
    let path = format!("/v1/series/{}", series.body()["id"].as_str().unwrap());
    let deletes = async |who: &Person| Answer::to(who.request(reqwest::Method::DELETE, &path)).await;
    cleo.id().await;
    assert_eq!(deletes(&cleo).await.code(), "not_found");
    let before = ana.walk(series.header("location"), 100).await;
    assert_eq!(
        before.iter().filter(|call| call["state"] == "scheduled").count(),
        before.len() - 1,
        "one counts as held"
    );
    for _ in 0..2 {
        let deleted = deletes(&ben).await;
        assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    }
    let states = ana.walk(series.header("location"), 100).await;
    let states = states.iter().map(|call| call["state"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(states[..3], ["held", "scheduled", "cancelled"], "what has started stays");
    assert!(states[2..].iter().all(|state| *state == "cancelled"));
    assert_eq!(ana.sees_call(&alone).await, "scheduled");
    // what has begun of it can still be marked
    let second = ana.get(&format!("/v1/check-ins/{}", before[1]["id"].as_str().unwrap())).await;
    assert_eq!(ana.marks("miss", &second).await.ok()["state"], "missed");
    assert_eq!(call_path(&second), format!("/v1/check-ins/{}", before[1]["id"].as_str().unwrap()));
}

#[actix_web::test]
async fn a_series_starts_within_the_cycle() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.meets(&pairing).await;
    for (starts_at, flaw) in [
        ("2026-10-05T08:00:00Z", "#/starts_at too_early"),
        ("2027-01-01T00:00:00Z", "#/starts_at too_late"),
        ("2027-01-20T00:00:00Z", "#/starts_at too_late"),
    ] {
        assert_eq!(plans(&ana, &pairing, json!({ "starts_at": starts_at })).await.flaws(), [flaw]);
    }
    let last = plans(&ana, &pairing, json!({ "starts_at": "2026-12-31T23:59:59.999Z" })).await;
    assert_eq!(starts(&last), ["12-31T23:59"]);
    let nowhere = json!({ "starts_at": "2026-10-15T09:00:00Z", "time_zone": "Europe/Atlantis" });
    assert_eq!(plans(&ana, &pairing, nowhere).await.flaws(), ["#/time_zone wrong_format"]);
}

#[actix_web::test]
async fn a_pairing_has_so_many_calls_and_no_more() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.meets(&pairing).await; // 1
    let series = json!({ "starts_at": "2026-10-06T09:00:00Z" }); // 13 weeks
    for _ in 0..23 {
        assert_eq!(plans(&ana, &pairing, series.clone()).await.status, 201); // 299, at last 300
    }
    assert_eq!(plans(&ben, &pairing, series).await.code(), "check_ins_full");
    let ends_on = "2026-12-30T09:00:00Z".parse().unwrap();
    assert_eq!(ana.plans("catch_up", ends_on, &pairing).await.code(), "check_ins_full");
}

#[actix_web::test]
async fn a_call_beyond_an_end_that_has_moved_falls_away_with_a_new_version() {
    let (town, company) = Town::small().await;
    let [root, ana, ben] = [company.administrator("root"), company.person("ana"), company.person("ben")];
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let call = ana.plans("kickoff", "2026-12-20T09:00:00Z".parse().unwrap(), &pairing).await;
    let current = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/cycles/{current}");
    root.patch(&path, json!({ "ends_on": "2026-12-15" })).await.ok();
    let shown = ana.get(&call_path(&call)).await.ok();
    assert_eq!((&shown["state"], &shown["counts_as_held_at"]), (&json!("scheduled"), &Value::Null));
    ana.patch(&call_path(&call), json!({ "duration_minutes": 20 })).await.ok(); // the start was not asked about
    let before = ana.get(&call_path(&call)).await.header("etag").to_owned();
    town.until("2026-12-15T00:00:00Z");
    let version = |etag: &str| etag.trim_matches('"').split('-').next().unwrap().parse::<i64>().unwrap();
    for settled in [false, true] {
        let after = ana.get(&call_path(&call)).await;
        assert_eq!(after.body()["state"], "cancelled", "settled: {settled}");
        assert_eq!(version(after.header("etag")), version(&before) + 1, "calendars go by the version");
        ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
        ana.put("/v1/cycles/current/participation", json!({ "answer": "not_this_time" })).await.ok(); // settles
    }
    assert_eq!(ana.sees(&pairing).await, "lapsed");
}
