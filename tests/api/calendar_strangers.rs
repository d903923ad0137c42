//! What other people's programs make of our calendars. Here they are compared with what the API tells; where
//! `CALENDAR_FILES` names a folder, they are left there beside it for `.ci/calendar`, which asks those programs.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::calendar::{events, makes};
use crate::support::{Answer, Person, Town, call_path, path_of};

/// A name that has all in it that must be escaped or must not be cut.
const NAME: &str =
    "Silva, Ana; \\n \"🦀\": of the very long and winding name, so that 漢字 and 👩👧 are where lines end; or, nearly";

/// What the API tells of this call, in the words of calendars.
async fn told(who: &Person, call: &Value, partner: Option<&str>) -> Value {
    let seen = who.get(&format!("/v1/check-ins/{}", call["id"].as_str().unwrap())).await;
    let version = seen.header("etag").trim_matches('"').split('-').next().unwrap().parse::<i64>().unwrap();
    let call = seen.ok();
    let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap().to_string();
    let starts_at: Timestamp = call["starts_at"].as_str().unwrap().parse().unwrap();
    let minutes = SignedDuration::from_mins(call["duration_minutes"].as_i64().unwrap());
    let kind = match call["kind"].as_str().unwrap() {
        "kickoff" => "first call",
        "weekly" => "weekly call",
        _ => "catch-up",
    };
    json!({
        "uid": format!("{}@peer-coaching", call["id"].as_str().unwrap()),
        "starts_at": second(starts_at),
        "ends_at": second(starts_at + minutes),
        "sequence": version,
        "status": if call["state"] == "cancelled" { "CANCELLED" } else { "CONFIRMED" },
        "summary": format!("Coaching: {kind}{}", partner.map(|name| format!(" with {name}")).unwrap_or_default()),
    })
}

/// The same, as it stands in the calendar.
fn read(calendar: &Answer) -> Vec<Value> {
    let instant = |text: &str| {
        let at = |from: usize, to: usize| &text[from..to];
        assert_eq!(text.len(), 16, "{text}");
        format!("{}-{}-{}T{}:{}:{}Z", at(0, 4), at(4, 6), at(6, 8), at(9, 11), at(11, 13), at(13, 15))
    };
    let text = |text: &str| text.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    let one = |event: &crate::calendar::Event| {
        json!({
            "uid": event["UID"], "starts_at": instant(&event["DTSTART"]), "ends_at": instant(&event["DTEND"]),
            "sequence": event["SEQUENCE"].parse::<i64>().unwrap(), "status": event["STATUS"],
            "summary": text(&event["SUMMARY"]),
        })
    };
    events(calendar).iter().map(one).collect()
}

#[actix_web::test]
async fn a_calendar_says_what_the_api_says() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.bearer("ana", &json!({ "name": NAME })), company.person("ben"));
    let empty = company.stranger().get(&makes(&ben, true).await).await;
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    town.days_pass(1);
    let kickoff = ana.plans("kickoff", "2026-10-06T08:00:00.750Z".parse().unwrap(), &pairing).await;
    ben.marks("hold", &kickoff).await.ok();
    let weekly = json!({ "starts_at": "2026-10-15T10:00:00+02:00", "time_zone": "Europe/Berlin" });
    let series = ana.post(&format!("{}/series", path_of(&pairing)), weekly).await.ok();
    let paths = ["0", "1", "2"].map(|at| {
        let id = series["check_ins"][at.parse::<usize>().unwrap()]["id"].as_str().unwrap();
        format!("/v1/check-ins/{id}")
    });
    ben.patch(&paths[0], json!({ "starts_at": "2026-10-16T06:15:00Z", "duration_minutes": 25 })).await.ok();
    ben.patch(&paths[0], json!({ "starts_at": "2026-10-16T06:20:00Z" })).await.ok();
    ana.post(&format!("{}/cancel", paths[1]), json!({})).await.ok();
    ana.plans("catch_up", "2026-12-01T09:00:00Z".parse().unwrap(), &pairing).await.ok();

    let feed = company.stranger().get(&makes(&ben, true).await).await;
    let invitation = ana.get(&format!("{}/calendar", paths[0])).await;
    let cancelled = ben.get(&format!("{}/calendar?show_names=true", paths[1])).await;
    let mut calls = Vec::new();
    for call in ben.walk("/v1/check-ins", 20).await {
        calls.push(told(&ben, &call, Some(NAME)).await);
    }
    let files = [
        ("empty", &empty, vec![]),
        ("feed", &feed, calls),
        ("invitation", &invitation, vec![told(&ana, &series["check_ins"][0], None).await]),
        ("cancelled", &cancelled, vec![told(&ben, &series["check_ins"][1], Some(NAME)).await]),
    ];
    assert!(files[1].2.len() > 12 && call_path(&kickoff).len() > 15);
    for (name, calendar, told) in &files {
        assert_eq!(&read(calendar), told, "{name}");
        if let Some(folder) = std::env::var_os("CALENDAR_FILES") {
            let path = Path::new(&folder).join(name);
            std::fs::write(path.with_extension("ics"), &calendar.text).unwrap();
            std::fs::write(path.with_extension("json"), json!(told).to_string()).unwrap();
        }
    }
}
