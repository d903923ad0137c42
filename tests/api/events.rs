//! Events: told once, to whom it concerns, in an order that can be followed; and without what people wrote.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::lives::{HERS, Lives, OTHERS};
use crate::support::{Company, Person, Town, call_path, database};

/// A program of the company's that may read events.
fn program(company: &Company) -> Person {
    company.integration("program", "events:read")
}

/// What was told since this cursor, or ever, and where that ends: once all that has been committed can be told, for other
/// tests write in the same cluster.
async fn told(program: &Person, mut after: Option<String>, limit: usize) -> (Vec<Value>, String) {
    all_can_be_read().await;
    let mut events = Vec::new();
    loop {
        let place = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page = program.get(&format!("/v1/events?limit={limit}{place}")).await.ok();
        events.extend(page["data"].as_array().unwrap().clone());
        let next = page["next_cursor"].as_str().unwrap().to_owned();
        if page["has_more"] == false {
            are_as_described(&events);
            return (events, next);
        }
        after = Some(next);
    }
}

/// Waits until the feed shows what has been written so far: it stops before the oldest change still being made, and other
/// tests make theirs beside this one.
async fn all_can_be_read() {
    let superuser = database::connect(database::config("postgres")).await;
    let last = "select coalesce(max(transaction), 0) from peer_coaching.events";
    let last = superuser.query_one(last, &[]).await.unwrap().get::<_, i64>(0);
    let under_way = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    while superuser.query_one(under_way, &[]).await.unwrap().get::<_, i64>(0) <= last {}
}

/// Each event says of what it is about just what the document's example of its type says.
fn are_as_described(events: &[Value]) {
    let document = peer_coaching::app::document();
    let said = |data: &Value| {
        let said = data.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        said.map(|(key, _)| key.clone()).collect::<BTreeSet<_>>()
    };
    for event in events {
        let described = &document["webhooks"][event["type"].as_str().unwrap()]["post"]["requestBody"]["content"];
        assert_eq!(said(&event["data"]), said(&described["application/json"]["example"]["data"]), "{event}");
    }
}

/// Each event as its type and the name of whoever is to be told.
fn lines(events: &[Value], people: &[(&str, &str)]) -> Vec<String> {
    let name = |event: &Value| {
        let recipient = event["data"]["recipient_id"].as_str();
        recipient.map(|id| people.iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| *name).to_owned())
    };
    let line = |event: &Value| [event["type"].as_str().unwrap().to_owned()].into_iter().chain(name(event));
    events.iter().map(|event| line(event).collect::<Vec<_>>().join(" → ")).collect()
}

#[actix_web::test]
async fn a_quarter_is_told_to_whom_it_concerns() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    let (ana_id, ben_id, cleo_id) = (ana.id().await, ben.id().await, cleo.id().await);
    let people = [(&*ana_id, "Ana"), (&*ben_id, "Ben"), (&*cleo_id, "Cleo")];
    let program = program(&company);
    ana.is_ready().await;
    town.works(&company).await;
    let (_, mut seen) = told(&program, None, 100).await;
    let mut since = async || {
        let (events, next) = told(&program, Some(seen.clone()), 2).await;
        seen = next;
        lines(&events, &people)
    };
    assert_eq!(since().await, [""; 0]);

    let (asked, declined, withdrawn) = (ana.asks(&ben).await, ana.asks(&cleo).await, cleo.id().await);
    assert_eq!(withdrawn, cleo_id);
    assert_eq!(since().await, ["pairing.requested → Ben", "pairing.requested → Cleo"]);
    ben.does("accept", &asked).await.ok();
    cleo.does("decline", &declined).await.ok();
    assert_eq!(since().await, ["pairing.accepted → Ana", "pairing.declined → Ana"]);
    let waits = ana.asks(&cleo).await;
    ana.does("withdraw", &waits).await.ok();
    assert_eq!(since().await, ["pairing.requested → Cleo", "pairing.withdrawn → Cleo"]);

    let tomorrow = town.clock.now() + jiff::SignedDuration::from_hours(24);
    let call = ben.plans("kickoff", tomorrow, &asked).await;
    assert_eq!(since().await, ["check_in.scheduled → Ana"]);
    let later = json!({ "starts_at": (tomorrow + jiff::SignedDuration::from_hours(2)).to_string() });
    ana.patch(&call_path(&call), later).await.ok();
    assert_eq!(since().await, ["check_in.moved → Ben"]);
    town.days_pass(3);
    town.works(&company).await;
    let mut told = since().await;
    told.sort(); // both in one statement
    assert_eq!(told, ["check_in.held → Ana", "check_in.held → Ben"], "neither has said otherwise");
    ana.marks("miss", &call).await.ok();
    ana.marks("hold", &call).await.ok();
    assert_eq!(since().await, ["check_in.missed → Ben", "check_in.held → Ben"]);
    let next = ana.plans("weekly", town.clock.now() + jiff::SignedDuration::from_hours(100), &asked).await;
    ana.marks("cancel", &next).await.ok();
    assert_eq!(since().await, ["check_in.scheduled → Ben", "check_in.cancelled → Ben"]);
    ana.does("end", &asked).await.ok();
    assert_eq!(since().await, ["pairing.ended → Ben"]);
    let again = ana.asks(&cleo).await;
    town.days_pass(8);
    town.works(&company).await;
    town.works(&company).await;
    assert_eq!(ana.sees(&again).await, "expired");
    let expired = ["pairing.requested → Cleo", "pairing.expired → Ana", "pairing.expired → Cleo"];
    assert_eq!(since().await, expired, "once, however often somebody looks");
}

#[actix_web::test]
async fn whoever_looks_first_tells_what_the_clock_has_done_and_nobody_twice() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    town.days_pass(8);
    // Ana settles it herself, with her next request, while two workers look
    let again = futures_util::future::join3(ana.asks(&ben), town.works(&company), town.works(&company)).await.0;
    again.ok();
    let (events, _) = told(&program(&company), None, 100).await;
    let expired = events.iter().filter(|event| event["type"] == "pairing.expired");
    let told = expired.map(|event| event["data"]["recipient_id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(told, BTreeSet::from([ana.id().await, ben.id().await]));
    assert_eq!(events.iter().filter(|event| event["type"] == "pairing.expired").count(), 2);
}

#[actix_web::test]
async fn members_cycles_and_the_policy_are_told_of_too() {
    let (town, company) = Town::small().await;
    let (root, ana) = (company.administrator("root"), company.person("ana"));
    let (id, _) = (ana.id().await, root.id().await);
    let program = program(&company);
    ana.get("/v1/cycles/current").await.ok();
    let (events, mut seen) = told(&program, None, 3).await;
    let lines_of = |events: &[Value]| lines(events, &[]);
    let all = lines_of(&events);
    assert_eq!(all.iter().filter(|line| *line == "cycle.planned").count(), 2, "{all:?}");
    assert_eq!(all.iter().filter(|line| *line == "member.joined").count(), 2, "{all:?}");
    let mut since = async || {
        let (events, next) = told(&program, Some(seen.clone()), 100).await;
        seen = next;
        lines_of(&events)
    };
    root.decides(json!({ "weekly_minutes": 15 })).await;
    for (patch, event) in [
        (json!({ "title": "Engineer" }), "member.changed"),
        (json!({ "active": false }), "member.left"),
        (json!({ "active": true }), "member.returned"),
    ] {
        root.patch(&format!("/v1/members/{id}"), patch).await.ok();
        let before = if event == "member.changed" { vec!["policy.changed", event] } else { vec![event] };
        assert_eq!(since().await, before);
    }
    ana.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok();
    assert_eq!(since().await, [""; 0], "what a member says of themself is not the directory's");
    town.works(&company).await;
    assert_eq!(since().await, ["cycle.opened"]);
    let next = ana.get("/v1/cycles/next").await.ok();
    root.patch(&format!("/v1/cycles/{}", next["id"].as_str().unwrap()), json!({ "name": "Winter" })).await.ok();
    assert_eq!(since().await, ["cycle.changed"]);
    town.days_pass(29);
    assert_eq!(since().await, [""; 0]);
    town.days_pass(29);
    assert_eq!(since().await, [""; 0], "whoever looks in now and then misses nothing");
    town.until(next["starts_at"].as_str().unwrap());
    town.works(&company).await;
    assert_eq!(since().await, ["cycle.closed", "cycle.opened", "cycle.planned"], "and there is a next one");
    let cancelled = ana.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap().to_owned();
    root.post(&format!("/v1/cycles/{cancelled}/cancel"), json!({})).await.ok();
    assert!(since().await.contains(&"cycle.cancelled".to_owned()));
    assert_eq!(root.sends("DELETE", &format!("/v1/members/{id}"), "", "").await.status, 204);
    assert_eq!(since().await, ["member.erased"]);
}

#[actix_web::test]
async fn that_something_is_due_is_told_once_and_to_nobody_who_does_not_want_it() {
    let (town, company) = Town::small().await;
    let [ana, ben] = ["ana", "ben"].map(|name| company.person(name));
    let (ana_id, _) = (ana.id().await, ben.id().await);
    ben.patch("/v1/me", json!({ "notify": false })).await.ok();
    let program = program(&company);
    let due = async || {
        let (events, _) = told(&program, None, 100).await;
        let due = events.into_iter().filter(|event| event["type"] == "next_step.due");
        due.map(|event| event["data"].clone()).collect::<Vec<_>>()
    };
    town.reminds(&company).await;
    assert_eq!(due().await, [Value::Null; 0], "weeks are left");
    let step = ana.get("/v1/me/next-step").await.ok()["step"].clone();
    let by: jiff::Timestamp = step["due_at"].as_str().unwrap().parse().unwrap();
    town.until(&(by - jiff::SignedDuration::from_hours(47)).to_string());
    futures_util::future::join(town.reminds(&company), town.reminds(&company)).await;
    town.reminds(&company).await;
    let told = due().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["recipient_id"], &told[0]["due_at"]), (&json!(ana_id), &step["due_at"]));
    let said = told[0].as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| &**key);
    assert_eq!(
        said.collect::<BTreeSet<_>>(),
        BTreeSet::from(["sequence", "recipient_id", "notify", "due_at"]),
        "not what it is"
    );
}

#[actix_web::test]
async fn whoever_does_not_want_messages_is_told_of_with_that() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ben.patch("/v1/me", json!({ "notify": false })).await.ok();
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    ben.does("accept", &asked).await.ok();
    let (events, _) = told(&program(&company), None, 100).await;
    let pairings = events.iter().filter(|event| event["type"].as_str().unwrap().starts_with("pairing."));
    assert_eq!(pairings.map(|event| event["data"]["notify"].clone()).collect::<Vec<_>>(), [false, true]);
}

#[actix_web::test]
async fn a_rolled_back_change_is_not_told() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "already_asked");
    let (events, _) = told(&program(&company), None, 100).await;
    assert_eq!(events.iter().filter(|event| event["type"] == "pairing.requested").count(), 1);
}

#[actix_web::test]
async fn types_can_be_chosen_and_the_cursor_is_theirs() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    ben.does("accept", &asked).await.ok();
    let program = program(&company);
    let wanted = "/v1/events?types=pairing.accepted,member.left";
    all_can_be_read().await;
    let page = program.get(wanted).await.ok();
    assert_eq!(lines(page["data"].as_array().unwrap(), &[]), ["pairing.accepted → ?"]);
    let next = page["next_cursor"].as_str().unwrap();
    let after = program.get(&format!("{wanted}&after={next}")).await.ok();
    assert_eq!((&after["data"], &after["has_more"]), (&json!([]), &json!(false)));
    assert_eq!(program.get(&format!("/v1/events?after={next}")).await.code(), "cursor_mismatch");
    let refused = program.get("/v1/events?types=pairing.dissolved").await;
    assert_eq!((refused.code(), refused.body()["errors"][0]["parameter"].as_str()), ("invalid".into(), Some("types")));
    assert_eq!(program.get("/v1/events?types=").await.status, 422);
}

#[actix_web::test]
async fn old_events_are_forgotten_and_an_old_cursor_is_told_so() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    let program = program(&company);
    let (events, cursor) = told(&program, None, 100).await;
    assert!(events.len() > 3);
    town.days_pass(29);
    town.forgets_events(&company).await;
    assert_eq!(told(&program, None, 100).await.0.len(), events.len(), "kept for 30 days");
    let (none, fresh) = told(&program, Some(cursor.clone()), 100).await;
    assert_eq!(none, [Value::Null; 0]);
    town.days_pass(2);
    ana.asks_for(&company.person("cleo").id().await).await;
    assert_eq!(program.get(&format!("/v1/events?after={cursor}")).await.code(), "cursor_expired");
    assert_eq!(program.get(&format!("/v1/events?after={fresh}")).await.status, 200, "who looks in goes on");
    town.forgets_events(&company).await;
    let left = lines(&told(&program, None, 100).await.0, &[]);
    assert_eq!(left.first().map(String::as_str), Some("member.joined"), "Cleo's, and what came after: {left:?}");
    assert!(left.len() < events.len());
}

#[actix_web::test]
async fn they_are_for_programs_with_the_scope() {
    let (_town, company) = Town::small().await;
    for (who, code) in [
        (company.person("ana"), "integrations_only"),
        (company.administrator("root"), "integrations_only"),
        (company.integration("other", "members:read members:write webhooks:manage"), "scope_missing"),
        (company.stranger(), "unauthenticated"),
    ] {
        assert_eq!(who.get("/v1/events").await.code(), code);
    }
}

#[actix_web::test]
async fn they_hold_nothing_that_anybody_wrote_and_nobodys_partner() {
    let lives = Lives::lived().await;
    let (events, _) = told(&program(&lives.company), None, 100).await;
    let text = json!(events).to_string();
    assert!(events.len() > 20 && !text.contains(HERS) && !text.contains(OTHERS), "{text}");
    let names = [&lives.ana, &lives.ben, &lives.cleo, &lives.root];
    for event in events.iter().filter(|event| !event["data"]["recipient_id"].is_null()) {
        for somebody in names {
            let id = json!(somebody.id().await);
            let told = event["data"].as_object().unwrap().values().filter(|value| **value == id).count();
            assert!(told <= usize::from(event["data"]["recipient_id"] == id), "{event}");
        }
    }
    // with the right of whoever is told, the rest can be asked for
    let asked = events.iter().find(|event| event["type"] == "pairing.requested").unwrap();
    let pairing = format!("/v1/pairings/{}", asked["data"]["pairing_id"].as_str().unwrap());
    let mut readers = 0;
    for somebody in names {
        readers += usize::from(somebody.get(&pairing).await.status == 200);
    }
    assert_eq!(readers, 2);
    assert_eq!(program(&lives.company).get(&pairing).await.code(), "members_only");
}

#[actix_web::test]
async fn another_companys_are_not_there() {
    let (_town, companies) = Town::of(2, 4).await;
    let [one, other] = [&companies[0], &companies[1]];
    let (ana, ben) = (one.person("ana"), one.person("ben"));
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
    let (_, cursor) = told(&program(one), None, 100).await;
    let (events, _) = told(&program(other), None, 100).await;
    assert_eq!(lines(&events, &[]), [""; 0]);
    assert_eq!(program(other).get(&format!("/v1/events?after={cursor}")).await.code(), "cursor_mismatch");
}
