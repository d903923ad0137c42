//! P9: this is about useful feedback, not about buddies. The service suggests who could coach me, and says why.

use serde_json::{Value, json};

use crate::support::{Company, Person, each};

const COACHES: &str = "/v1/cycles/current/coaches";

/// Names of those who are suggested, in order.
async fn suggested(person: &Person) -> Vec<Value> {
    each(&person.walk(COACHES, 100).await, "/member/name")
}

/// The reasons for suggesting this colleague.
async fn reasons(person: &Person, name: &str) -> Vec<Value> {
    let all = person.walk(&format!("{COACHES}?include=ineligible"), 100).await;
    let found = all.iter().find(|coach| coach["member"]["name"] == name).expect(name);
    each(found["because"].as_array().unwrap(), "/reason")
}

/// Why this colleague cannot be asked.
async fn why_not(person: &Person, name: &str) -> Value {
    let all = person.walk(&format!("{COACHES}?include=ineligible"), 100).await;
    all.iter().find(|coach| coach["member"]["name"] == name).expect(name)["ineligible_because"].clone()
}

/// So many more colleagues.
async fn grows_by(company: &Company, more: usize) {
    let entry = |at: usize| json!({ "external_id": format!("more {at}"), "name": format!("Aaron {at}") });
    company.administrator("root").brings((0..more).map(entry).collect()).await.ok();
}

#[actix_web::test]
async fn who_covers_a_topic_that_i_named_is_suggested_first() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    for (person, knows) in [(&ben, "Giving feedback"), (&cleo, "Negotiating")] {
        person.patch("/v1/me", json!({ "expertise": [knows] })).await.ok();
    }
    for (topic, first) in [("giving  FEEDBACK", "Ben"), ("negotiating", "Cleo")] {
        let topics = json!({ "answer": "opted_in", "topics": [topic] });
        ana.put("/v1/cycles/current/participation", topics).await.ok();
        assert_eq!(suggested(&ana).await[0], first);
        assert_eq!(reasons(&ana, first).await, ["covers_topic", "has_not_coached_you"]);
    }
}

#[actix_web::test]
async fn who_works_on_a_project_with_me_is_suggested_before_others() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    for person in [&ana, &cleo] {
        person.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok();
    }
    ben.patch("/v1/me", json!({ "projects": ["Reports"] })).await.ok();
    assert_eq!(suggested(&ana).await, ["Cleo", "Ben"]);
    assert_eq!(reasons(&ana, "Cleo").await, ["shares_project", "has_not_coached_you"]);
}

#[actix_web::test]
async fn who_has_not_coached_me_yet_is_suggested_before_who_has() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    dora.id().await;
    for (coach, day) in [(&ben, "2027-01-05"), (&cleo, "2027-04-05")] {
        ana.meets(&crate::coached(&ana, coach).await).await;
        town.until(&format!("{day}T09:00:00Z"));
    }
    assert_eq!(suggested(&ana).await, ["Dora", "Ben"]);
    assert_eq!((reasons(&ana, "Dora").await, reasons(&ana, "Ben").await), (vec![json!("has_not_coached_you")], vec![]));
}

#[actix_web::test]
async fn whose_working_hours_overlap_mine_is_suggested_before_whose_do_not() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    for (person, zone) in [(&ana, "Europe/Lisbon"), (&ben, "Pacific/Auckland"), (&cleo, "Europe/Athens")] {
        let hours = json!({ "time_zone": zone, "working_hours": { "from": "09:00", "until": "17:00" } });
        person.patch("/v1/me", hours).await.ok();
    }
    assert_eq!(suggested(&ana).await, ["Cleo", "Ben"]);
    assert_eq!(reasons(&ana, "Cleo").await, ["has_not_coached_you", "overlaps_working_hours"]);
}

#[actix_web::test]
async fn buddies_are_suggested_last() {
    let (_town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    for person in [&ana, &ben] {
        person.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok();
    }
    cleo.id().await;
    assert_eq!(suggested(&ana).await, ["Ben", "Cleo"]);
    for (coachee, coach) in [(&ana, &ben), (&ben, &ana), (&ana, &ben), (&ben, &ana)] {
        let pairing = crate::coached(coachee, coach).await;
        coachee.does("end", &pairing).await.ok();
    }
    assert_eq!(suggested(&ana).await, ["Cleo", "Ben"], "in either direction");
    assert_eq!(reasons(&ana, "Ben").await, ["shares_project", "has_not_coached_you", "paired_often"]);
}

#[actix_web::test]
async fn nothing_is_told_that_the_directory_does_not_show() {
    let (_town, company) = crate::company().await;
    let [ana, ben, full, shy] = ["ana", "ben", "full", "shy"].map(|name| company.person(name));
    full.patch("/v1/me", json!({ "coach_capacity": 1 })).await.ok();
    shy.patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    crate::coached(&ben, &full).await;
    for name in ["Full", "Shy"] {
        assert_eq!(why_not(&ana, name).await, json!(["not_available"]), "and no more");
    }
    let all = ana.walk(&format!("{COACHES}?include=ineligible"), 100).await;
    for coach in &all {
        let id = coach["member"]["id"].as_str().unwrap();
        assert_eq!(coach["member"], ana.get(&format!("/v1/members/{id}")).await.ok());
    }
    let gone = shy.id().await;
    company.administrator("root").patch(&format!("/v1/members/{gone}"), json!({ "active": false })).await.ok();
    let names = each(&ana.walk(&format!("{COACHES}?include=ineligible"), 100).await, "/member/name");
    assert!(!names.contains(&json!("Shy")), "{names:?}");
}

#[actix_web::test]
async fn only_my_own_reasons_are_told() {
    let (town, company) = crate::company().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.meets(&crate::coached(&ana, &ben).await).await;
    town.until("2027-01-20T09:00:00Z");
    ana.is_ready().await;
    ana.asks(&cleo).await.ok();
    assert_eq!(why_not(&ana, "Ben").await, json!(["coached_you_last_time"]));
    assert_eq!(why_not(&ana, "Cleo").await, json!(["already_asked"]));
    assert_eq!(why_not(&ana, "Ana").await, json!(["yourself"]));
    assert_eq!(why_not(&ben, "Cleo").await, json!([]), "whom Ana asks is Ana's");
}

#[actix_web::test]
async fn of_many_a_part_is_weighed_another_one_each_day_and_the_answer_says_so() {
    let (town, company) = crate::company().await;
    let ana = company.person("ana");
    let says = async || {
        let page = ana.get(&format!("{COACHES}?limit=1")).await.ok();
        (page["considered"].clone(), page["is_everybody"].clone())
    };
    grows_by(&company, 30).await;
    assert_eq!(says().await, (json!(31), json!(true)), "and the administrator");
    grows_by(&company, 400).await;
    assert_eq!(says().await, (json!(50), json!(false)));
    let today = suggested(&ana).await;
    assert_eq!((today.len(), &suggested(&ana).await), (50, &today), "the same ones all day");
    let (mut to_others, mut in_a_week) = (Vec::new(), Vec::new());
    for number in 0..7 {
        to_others.extend(suggested(&company.person(&format!("more {number}"))).await);
    }
    for day in 6..13 {
        town.until(&format!("2026-10-{day:02}T09:00:00Z"));
        in_a_week.extend(suggested(&ana).await);
    }
    for mut met in [to_others, in_a_week] {
        met.sort_by_key(Value::to_string);
        met.dedup();
        assert!(met.len() > 150, "{} of 502: others to everybody, and on each day", met.len());
    }
}
