//! The calendar: what my calls are to a calendar, at a secret address or one by one.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::lives::{HERS, Lives, OTHERS, reads};
use crate::support::{Answer, Company, Person, Town, call_path, path_of};

pub const MINE: &str = "/v1/me/calendar-feed";

/// What a calendar reads of one call.
pub type Event = BTreeMap<String, String>;

/// The path of a new address of somebody's.
pub async fn makes(who: &Person, show_names: bool) -> String {
    who.post(MINE, json!({ "show_names": show_names })).await.ok()["path"].as_str().unwrap().to_owned()
}

/// The events of a calendar, each by the names of its properties.
#[track_caller]
pub fn events(calendar: &Answer) -> Vec<Event> {
    assert_eq!(calendar.status, 200, "{}", calendar.text);
    assert_eq!(calendar.header("content-type"), "text/calendar; charset=utf-8");
    let unfolded = calendar.text.replace("\r\n ", "");
    let event = |text: &str| {
        let (text, _) = text.split_once("END:VEVENT\r\n").unwrap();
        let property = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
        text.split_terminator("\r\n").map(|line| property(line).unwrap()).collect()
    };
    unfolded.split("BEGIN:VEVENT\r\n").skip(1).map(event).collect()
}

/// As people read it: when, the state, the version and what it is called.
#[track_caller]
pub fn told(calendar: &Answer) -> Vec<String> {
    let one = |event: &Event| {
        ["DTSTART", "DTEND", "STATUS", "SEQUENCE", "SUMMARY"].map(|name| event[name].as_str()).join(" ")
    };
    events(calendar).iter().map(one).collect()
}

pub fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

/// Ana is coached by Ben, and so ready to plan.
pub async fn paired(company: &Company) -> (Person, Person, Answer) {
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    (ana, ben, pairing)
}

#[actix_web::test]
async fn a_call_appears_moves_and_is_cancelled() {
    let (town, company) = Town::small().await;
    let (ana, ben, pairing) = paired(&company).await;
    let (hers, his) = (makes(&ana, false).await, makes(&ben, false).await);
    let nobody = company.stranger();
    let call = ana.plans("kickoff", at("2026-10-08T13:00:00.250Z"), &pairing).await;
    let first = nobody.get(&hers).await;
    assert_eq!(told(&first), ["20261008T130000Z 20261008T133000Z CONFIRMED 1 Coaching: first call"]);
    let uid = format!("{}@peer-coaching", call.ok()["id"].as_str().unwrap());
    assert_eq!(events(&first)[0]["UID"], uid);
    assert_eq!(events(&first)[0]["CLASS"], "PRIVATE");
    assert_eq!(events(&first)[0]["DTSTAMP"], events(&first)[0]["LAST-MODIFIED"]);
    assert!(events(&first)[0]["DTSTAMP"].starts_with("20261005T09"), "when it was planned: {}", first.text);

    town.days_pass(1);
    ben.patch(&call_path(&call), json!({ "starts_at": "2026-10-09T07:30:00Z", "duration_minutes": 45 })).await.ok();
    let moved = nobody.get(&hers).await;
    assert_eq!(told(&moved), ["20261009T073000Z 20261009T081500Z CONFIRMED 2 Coaching: first call"]);
    assert!(events(&moved)[0]["LAST-MODIFIED"].starts_with("20261006T09"), "when it was moved: {}", moved.text);
    ana.patch(&call_path(&call), json!({ "join_url": "https://meet.example.com/CANARY" })).await.ok();

    ben.marks("cancel", &call).await.ok();
    let cancelled = nobody.get(&hers).await;
    assert_eq!(told(&cancelled), ["20261009T073000Z 20261009T081500Z CANCELLED 4 Coaching: first call"]);
    assert_eq!(events(&cancelled)[0]["UID"], uid, "the same one all along");
    assert!(!cancelled.text.contains("CANARY"));
    assert_eq!(told(&nobody.get(&his).await), told(&cancelled), "and the same to both");
    ana.plans("kickoff", at("2026-10-12T09:00:00Z"), &pairing).await.ok();
    let both = nobody.get(&hers).await;
    assert_eq!(both.text.matches("BEGIN:VEVENT").count(), 2);
    assert_eq!(told(&both)[1], "20261012T090000Z 20261012T093000Z CONFIRMED 1 Coaching: first call");
}

#[actix_web::test]
async fn ten_stays_ten_when_the_clocks_change() {
    let (_town, company) = Town::small().await;
    let (ana, _, pairing) = paired(&company).await;
    let feed = makes(&ana, false).await;
    ana.meets(&pairing).await;
    let weekly = json!({ "starts_at": "2026-10-15T10:00:00+02:00", "time_zone": "Europe/Berlin" });
    let series = ana.post(&format!("{}/series", path_of(&pairing)), weekly).await;
    let calendar = company.stranger().get(&feed).await;
    let weekly = told(&calendar)[1..5].to_vec();
    assert_eq!(
        weekly,
        [
            "20261015T080000Z 20261015T081000Z CONFIRMED 1 Coaching: weekly call",
            "20261022T080000Z 20261022T081000Z CONFIRMED 1 Coaching: weekly call",
            "20261029T090000Z 20261029T091000Z CONFIRMED 1 Coaching: weekly call",
            "20261105T090000Z 20261105T091000Z CONFIRMED 1 Coaching: weekly call",
        ],
        "Berlin leaves summer time on 25 October"
    );
    let id = series.ok()["id"].as_str().unwrap().to_owned();
    assert_eq!(Answer::to(ana.request(Method::DELETE, &format!("/v1/series/{id}"))).await.status, 204);
    let calendar = company.stranger().get(&feed).await;
    assert!(told(&calendar)[1..].iter().all(|call| call.contains(" CANCELLED 2 ")), "{}", calendar.text);
    assert!(told(&calendar)[0].contains(" CONFIRMED 2 "), "what was held is no more called off: {}", calendar.text);
}

#[actix_web::test]
async fn the_end_of_a_pairing_cancels_what_is_to_come() {
    let (_town, company) = Town::small().await;
    let (ana, ben, pairing) = paired(&company).await;
    let feeds = [makes(&ana, false).await, makes(&ben, false).await];
    ana.meets(&pairing).await;
    ana.plans("weekly", at("2026-10-15T09:00:00Z"), &pairing).await.ok();
    ben.does("end", &pairing).await.ok();
    for feed in feeds {
        let calendar = company.stranger().get(&feed).await;
        assert_eq!(
            told(&calendar)[1..],
            ["20261015T090000Z 20261015T091000Z CANCELLED 2 Coaching: weekly call"],
            "{}",
            calendar.text
        );
    }
}

/// Nobody does anything: the clock does.
#[actix_web::test]
async fn what_the_clock_cancels_is_cancelled_when_it_is_due() {
    let (town, company) = Town::small().await;
    let (ana, ben, pairing) = paired(&company).await;
    let (feed, nobody) = (makes(&ana, false).await, company.stranger());
    let kickoff = ana.plans("kickoff", at("2026-10-06T09:00:00Z"), &pairing).await;
    ana.plans("weekly", at("2027-01-05T09:00:00Z"), &pairing).await.ok(); // within the wrap-up
    town.until("2026-10-06T10:00:00Z");
    ana.marks("miss", &kickoff).await.ok(); // so that nothing is left to wrap up
    let before = nobody.get(&feed).await;
    assert_eq!(told(&before)[1], "20270105T090000Z 20270105T091000Z CONFIRMED 1 Coaching: weekly call");
    assert!(told(&before)[0].contains(" CONFIRMED 2 "), "missed is not called off");
    town.until("2027-01-01T00:00:01Z");
    let after = nobody.get(&feed).await;
    assert_eq!(told(&after)[1], "20270105T090000Z 20270105T091000Z CANCELLED 2 Coaching: weekly call");
    assert_eq!(events(&after)[1]["LAST-MODIFIED"], "20270101T000000Z", "when the cycle was over");
    ben.is_ready().await;
    ben.asks(&ana).await.ok(); // whatever they do next stores it
    assert_eq!(nobody.get(&feed).await.text, after.text);
}

#[actix_web::test]
async fn names_are_there_only_where_the_member_says_so() {
    let (_town, company) = Town::small().await;
    let ana = company.bearer(
        "ana",
        &json!({ "name": "Silva, Ana; \\ 🦀 of the very long and winding name, so that 漢字 are cut 👩👧" }),
    );
    let ben = company.person("ben");
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let call = ana.plans("kickoff", at("2026-10-08T13:00:00Z"), &pairing).await;
    let nobody = company.stranger();
    for (who, quiet, named) in [
        (&ana, "Coaching: first call", "Coaching: first call with Ben"),
        (
            &ben,
            "Coaching: first call",
            "Coaching: first call with Silva\\, Ana\\; \\\\ 🦀 of the very long and winding name\\, so that 漢字 are cut 👩👧",
        ),
    ] {
        let feed = makes(who, false).await;
        assert_eq!(events(&nobody.get(&feed).await)[0]["SUMMARY"], quiet);
        let feed = makes(who, true).await;
        let calendar = nobody.get(&feed).await;
        assert_eq!(events(&calendar)[0]["SUMMARY"], named);
        assert!(calendar.text.lines().all(|line| line.len() <= 75), "{}", calendar.text);
        let invitation = format!("{}/calendar", call_path(&call));
        assert_eq!(events(&who.get(&invitation).await)[0]["SUMMARY"], quiet);
        let with_name = who.get(&format!("{invitation}?show_names=true")).await;
        assert_eq!(events(&with_name)[0]["SUMMARY"], named);
    }
}

#[actix_web::test]
async fn nothing_that_anybody_wrote_is_in_it() {
    let lives = Lives::lived().await;
    for (who, partner_name) in [(&lives.ana, None), (&lives.ben, Some(HERS)), (&lives.cleo, Some(HERS))] {
        let known = reads(who).await;
        assert!([HERS, OTHERS].iter().all(|word| known.contains(word)), "or this proves nothing");
        for show_names in [false, true] {
            let feed = makes(who, show_names).await;
            let calendar = lives.company.stranger().get(&feed).await;
            assert!(events(&calendar).len() > 1, "{}", calendar.text);
            let name = partner_name.map(|word| format!(" with Ana {word}")).filter(|_| show_names).unwrap_or_default();
            let text = calendar.text.replace("\r\n ", "");
            assert!(name.is_empty() || text.contains(&name), "{text}");
            let text = text.replace(&name, "");
            for word in [HERS, OTHERS, "https", "meet.example.com"] {
                assert!(!text.contains(word), "{word} is in {text}");
            }
        }
    }
}

#[actix_web::test]
async fn it_shows_its_members_calls_and_nobody_elses() {
    let (_town, companies) = Town::of(2, 4).await;
    let [company, elsewhere] = [&companies[0], &companies[1]];
    let (ana, ben, pairing) = paired(company).await;
    ana.plans("kickoff", at("2026-10-08T13:00:00Z"), &pairing).await.ok();
    let cleo = company.person("cleo");
    cleo.is_ready().await;
    let other = cleo.is_coached_by(&ben).await;
    cleo.plans("kickoff", at("2026-10-09T13:00:00Z"), &other).await.ok();
    let nobody = company.stranger();
    for (who, calls) in
        [(&ana, 1), (&cleo, 1), (&ben, 2), (&company.administrator("root"), 0), (&elsewhere.person("ana"), 0)]
    {
        let feed = makes(who, false).await;
        assert_eq!(events(&nobody.get(&feed).await).len(), calls);
        // whoever asks, with whichever token: the address alone counts
        assert_eq!(events(&elsewhere.person("ana").get(&feed).await).len(), calls);
        assert_eq!(events(&Answer::to(nobody.request(Method::GET, &feed).bearer_auth("a.b.c")).await).len(), calls);
    }
}

#[actix_web::test]
async fn whoever_asks_again_is_told_only_what_is_new() {
    let (_town, company) = Town::small().await;
    let (ana, _, pairing) = paired(&company).await;
    let call = ana.plans("kickoff", at("2026-10-08T13:00:00Z"), &pairing).await;
    let (feed, nobody) = (makes(&ana, false).await, company.stranger());
    for (who, path) in [(&nobody, feed), (&ana, format!("{}/calendar", call_path(&call)))] {
        let first = who.get(&path).await;
        let etag = first.header("etag").to_owned();
        assert!(etag.starts_with('"') && first.header("cache-control").starts_with("private"), "{:?}", first.headers);
        let ask = async |method, etag: &str| Answer::to(who.request(method, &path).header("If-None-Match", etag)).await;
        for known in [etag.clone(), format!("W/{etag}"), format!("\"1-00000000\", {etag}")] {
            let same = ask(Method::GET, &known).await;
            assert_eq!((same.status.as_u16(), same.text.as_str(), same.header("etag")), (304, "", etag.as_str()));
        }
        let head = ask(Method::HEAD, "\"1-00000000\"").await;
        assert_eq!((head.status.as_u16(), head.text.as_str(), head.header("etag")), (200, "", etag.as_str()));
        assert_eq!(head.header("content-length"), first.text.len().to_string());
        let later = at("2026-10-09T13:00:00Z").checked_add(SignedDuration::from_secs(path.len() as i64)).unwrap();
        ana.patch(&call_path(&call), json!({ "starts_at": later.to_string() })).await.ok();
        assert_eq!(ask(Method::GET, &etag).await.status, 200, "what has moved is new");
    }
}

#[actix_web::test]
async fn one_call_is_for_the_two_alone() {
    let (_town, company) = Town::small().await;
    let (ana, ben, pairing) = paired(&company).await;
    let call = ana.plans("kickoff", at("2026-10-08T13:00:00Z"), &pairing).await;
    let path = format!("{}/calendar", call_path(&call));
    for who in [&ana, &ben] {
        let invitation = who.get(&path).await;
        assert_eq!(told(&invitation), ["20261008T130000Z 20261008T133000Z CONFIRMED 1 Coaching: first call"]);
        assert_eq!(invitation.header("content-disposition"), "attachment; filename=\"coaching.ics\"");
        assert!(!invitation.text.contains("METHOD"), "nobody is invited by it");
    }
    for other in [company.person("cleo"), company.administrator("root")] {
        assert_eq!(other.get(&path).await.code(), "not_found");
    }
    assert_eq!(company.stranger().get(&path).await.code(), "unauthenticated");
    let accepts = async |kind: &str| Answer::to(ana.request(Method::GET, &path).header("Accept", kind)).await;
    for kind in ["text/calendar", "text/*", "*/*", "text/html, */*;q=0.1"] {
        assert_eq!(accepts(kind).await.status, 200, "{kind}");
    }
    for kind in ["application/json", "text/html", "text/calendar;q=0"] {
        assert_eq!(accepts(kind).await.code(), "not_acceptable", "{kind}");
    }
    let json = Answer::to(ana.request(Method::GET, &call_path(&call)).header("Accept", "text/calendar")).await;
    assert_eq!(json.code(), "not_acceptable");
}

/// What is over leaves the calendar after a quarter; and before a calendar grows without end, what is over is left out.
#[actix_web::test]
async fn a_calendar_is_bounded() {
    let (town, company) = Town::small().await;
    let (ana, _, pairing) = paired(&company).await;
    let (feed, nobody) = (makes(&ana, false).await, company.stranger());
    ana.meets(&pairing).await;
    town.days_pass(91);
    assert_eq!(events(&nobody.get(&feed).await).len(), 1);
    town.days_pass(2);
    assert_eq!(events(&nobody.get(&feed).await).len(), 0);
    let superuser = crate::support::database::connect(crate::support::database::config("postgres")).await;
    let many =
        "insert into peer_coaching.check_ins (organization_id, check_in_id, pairing_id, coachee_id, coach_id, kind,
          starts_at, duration_minutes, state, created_at)
        select organization_id, gen_random_uuid(), pairing_id, coachee_id, coach_id, 'weekly',
          $2::timestamptz + n * interval '1 hour', 10, 'cancelled', $2
        from peer_coaching.pairings, generate_series(-600, 599) n where organization_id = $1";
    let now = town.clock.now();
    superuser.execute(many, &[&uuid::Uuid::from(company.organization), &now]).await.unwrap();
    superuser.batch_execute("analyze peer_coaching.check_ins").await.unwrap(); // as the database does by itself, a little later
    let calls = events(&nobody.get(&feed).await);
    assert!((599..=600).contains(&calls.len()), "{}: all that is to come", calls.len());
    superuser.execute(many, &[&uuid::Uuid::from(company.organization), &now]).await.unwrap();
    assert_eq!(events(&nobody.get(&feed).await).len(), 1000);
}
