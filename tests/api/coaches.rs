//! Coaches: whom I could ask, in which order and why, and why not the others.

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Company, Person, Town, each};

const CURRENT: &str = "/v1/cycles/current/coaches";

/// Names of those I could ask, in the order of the alphabet.
async fn eligible(person: &Person) -> Vec<String> {
    let mut names = suggested(person).await;
    names.sort();
    names
}

/// Names of those I could ask, in the order in which they are suggested.
async fn suggested(person: &Person) -> Vec<String> {
    person.get(CURRENT).await.each("/member/name").iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Each colleague with the reasons why I could not ask them, in the order of the alphabet: `Ben not_available`.
async fn weighed(person: &Person) -> Vec<String> {
    let told = |coach: &Value| {
        let because = coach["ineligible_because"].as_array().unwrap();
        assert_eq!(coach["eligible"], because.is_empty(), "{coach}");
        [&coach["member"]["name"]]
            .into_iter()
            .chain(because)
            .map(|word| word.as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let all = person.walk(&format!("{CURRENT}?include=ineligible"), 100).await;
    assert!(all.is_sorted_by_key(|coach| coach["eligible"] == false), "who can be asked comes first");
    let mut all = all.iter().map(told).collect::<Vec<_>>();
    all.sort();
    all
}

/// Each colleague whom I could ask with what speaks for them, in order: `Ben covers_topic Rust, has_not_coached_you`.
async fn reasoned(person: &Person) -> Vec<String> {
    let told = |coach: &Value| {
        let reason = |because: &Value| {
            let texts = [&because["topics"], &because["projects"]].map(|list| list.as_array().unwrap().iter());
            let texts = texts.into_iter().flatten().map(|text| format!(" {}", text.as_str().unwrap()));
            let times = because["times"].as_i64().map(|times| format!(" {times}"));
            because["reason"].as_str().unwrap().to_owned() + &texts.chain(times).collect::<String>()
        };
        let reasons = coach["because"].as_array().unwrap().iter().map(reason).collect::<Vec<_>>().join(", ");
        format!("{} {reasons}", coach["member"]["name"].as_str().unwrap()).trim().to_owned()
    };
    person.walk(CURRENT, 100).await.iter().map(told).collect()
}

/// Brings these people in, who are nothing but members: `extra 0` and so on.
async fn hires(company: &Company, extra: std::ops::Range<usize>) {
    let entry = |at: usize| json!({ "external_id": format!("extra {at}"), "name": format!("Aaron {at:03}") });
    company.administrator("root").brings(extra.map(entry).collect()).await.ok();
}

#[actix_web::test]
async fn a_suggestion_shows_what_the_directory_shows_and_says_why() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let hours = |from: &str, until: &str| json!({ "from": from, "until": until });
    ana.patch("/v1/me", json!({ "projects": ["checkout "], "working_hours": hours("09:00", "17:00") })).await.ok();
    let works = json!({
        "expertise": ["Écriture", "Rust"], "projects": ["Checkout"], "working_hours": hours("22:00", "11:00"),
    });
    ben.patch("/v1/me", works).await.ok();
    let wishes = json!({ "answer": "opted_in", "topics": ["rust", "Go", " ecriture "] });
    ana.put("/v1/cycles/current/participation", wishes).await.ok();
    insta::assert_snapshot!(ana.get(CURRENT).await.told(), @r#"
    200 OK
    {
      "data": [
        {
          "member": {
            "id": "<id 1>",
            "name": "Ben",
            "title": null,
            "team": null,
            "languages": [],
            "expertise": [
              "Écriture",
              "Rust"
            ],
            "projects": [
              "Checkout"
            ],
            "open_to_coaching": true,
            "active": true,
            "external_id": null,
            "email": null
          },
          "eligible": true,
          "ineligible_because": [],
          "because": [
            {
              "reason": "covers_topic",
              "topics": [
                "Écriture",
                "Rust"
              ],
              "projects": [],
              "times": null
            },
            {
              "reason": "shares_project",
              "topics": [],
              "projects": [
                "Checkout"
              ],
              "times": null
            },
            {
              "reason": "has_not_coached_you",
              "topics": [],
              "projects": [],
              "times": null
            },
            {
              "reason": "overlaps_working_hours",
              "topics": [],
              "projects": [],
              "times": null
            }
          ]
        }
      ],
      "has_more": false,
      "next_cursor": null,
      "considered": 1,
      "is_everybody": true
    }
    "#);
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben"]);
    assert_eq!(ana.get(&format!("{CURRENT}?include=everyone")).await.flaws(), ["include not_an_option"]);
    assert_eq!(company.integration("bot", "members:read").get(CURRENT).await.code(), "members_only");
}

#[actix_web::test]
async fn the_most_useful_come_first() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, dora, emil] = ["ana", "ben", "cleo", "dora", "emil"].map(|name| company.person(name));
    ana.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok();
    cleo.patch("/v1/me", json!({ "projects": ["CHECKOUT"] })).await.ok();
    dora.patch("/v1/me", json!({ "expertise": ["Kubernetes"] })).await.ok();
    emil.patch("/v1/me", json!({ "expertise": ["Kubernetes"], "projects": ["Checkout"] })).await.ok();
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.meets(&pairing).await;
    town.days_pass(92);
    ana.is_ready().await; // with Cleo this time, so that Ben can be asked the next time
    ana.meets(&ana.is_coached_by(&cleo).await).await;
    town.days_pass(92);
    let topics = |topics: &[&str]| json!({ "answer": "opted_in", "topics": topics });
    ana.put("/v1/cycles/current/participation", topics(&["kubernetes"])).await.ok();
    assert_eq!(
        reasoned(&ana).await,
        [
            "Emil covers_topic Kubernetes, shares_project Checkout, has_not_coached_you",
            "Dora covers_topic Kubernetes, has_not_coached_you",
            "Ben",
        ]
    );
    let doras = reasoned(&dora).await;
    assert!(doras.iter().all(|told| told.ends_with(" has_not_coached_you")), "topics are Ana's alone: {doras:?}");
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(
        reasoned(&ana).await[..2],
        ["Emil shares_project Checkout, has_not_coached_you", "Dora has_not_coached_you"]
    );
}

#[actix_web::test]
async fn who_was_paired_with_me_often_in_either_direction_comes_last() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    cleo.id().await;
    let reasons = async || {
        let mut reasons = reasoned(&ana).await;
        reasons.sort();
        reasons
    };
    for person in [&ana, &ben] {
        person.is_ready().await;
    }
    let refused = ben.asks(&ana).await;
    ana.does("decline", &refused).await.ok();
    let first = ben.is_coached_by(&ana).await;
    assert_eq!(
        reasons().await,
        ["Ben has_not_coached_you", "Cleo has_not_coached_you"],
        "once is not often, and a no is nothing"
    );
    ben.does("end", &first).await.ok();
    let second = ana.is_coached_by(&ben).await;
    ana.does("end", &second).await.ok();
    assert_eq!(reasoned(&ana).await, ["Cleo has_not_coached_you", "Ben has_not_coached_you, paired_often 2"]);
    assert_eq!(reasoned(&ben).await, ["Cleo has_not_coached_you", "Ana has_not_coached_you, paired_often 2"]);
    let third = ana.is_coached_by(&ben).await;
    ana.meets(&third).await;
    town.days_pass(92 + 92);
    assert_eq!(reasoned(&ana).await, ["Cleo has_not_coached_you"], "Ben coached her last time");
    assert_eq!(reasoned(&ben).await[1], "Ana has_not_coached_you, paired_often 3", "it was she who was coached");
}

#[actix_web::test]
async fn of_working_hours_no_more_is_told_than_that_they_overlap() {
    let (_town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    let works = |zone: Value, from: &str, until: &str| {
        json!({
            "time_zone": zone, "working_hours": { "from": from, "until": until },
        })
    };
    ben.patch("/v1/me", works(json!("America/New_York"), "09:00", "17:00")).await.ok();
    cleo.patch("/v1/me", works(json!("Asia/Tokyo"), "09:00", "17:00")).await.ok();
    dora.patch("/v1/me", json!({ "time_zone": "Europe/Lisbon" })).await.ok();
    let overlapping = async |person: &Person| {
        let told = reasoned(person).await.into_iter().filter(|told| told.contains("overlaps_working_hours"));
        told.collect::<Vec<_>>()
    };
    assert_eq!(overlapping(&ana).await, <[&str; 0]>::default(), "Ana has not said when she works");
    ana.patch("/v1/me", works(Value::Null, "09:00", "17:00")).await.ok(); // in Lisbon, where the organization is
    assert_eq!(overlapping(&ana).await, ["Ben has_not_coached_you, overlaps_working_hours"]);
    ana.patch("/v1/me", works(json!("Europe/Lisbon"), "22:00", "03:00")).await.ok();
    assert_eq!(overlapping(&ana).await, ["Cleo has_not_coached_you, overlaps_working_hours"], "past midnight");
    let whole = ana.get(&format!("{CURRENT}?include=ineligible")).await.text;
    for private in ["New_York", "Tokyo", "09:00", "17:00", "time_zone", "working_hours\":"] {
        assert!(!whole.contains(private), "{private}: {whole}");
    }
}

#[actix_web::test]
async fn of_a_large_company_a_part_is_weighed_and_the_answer_says_so() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, dora, zoe] = ["ana", "ben", "cleo", "dora", "zoe"].map(|name| company.person(name));
    for person in [&ana, &ben, &cleo, &dora, &zoe] {
        person.is_ready().await;
    }
    ana.meets(&ana.is_coached_by(&ben).await).await;
    town.days_pass(92);
    hires(&company, 0..46).await; // 52 with the administrator
    let bounds = async |path: &str| {
        let page = ana.get(path).await.ok();
        (page["considered"].as_u64().unwrap(), page["is_everybody"].as_bool().unwrap())
    };
    assert_eq!(bounds(CURRENT).await, (50, false));
    let zoes = zoe.id().await;
    company.administrator("root").patch(&format!("/v1/members/{zoes}"), json!({ "active": false })).await.ok();
    assert_eq!(bounds(CURRENT).await, (50, true), "of 51 with Ana: who has left does not count");
    company.administrator("root").patch(&format!("/v1/members/{zoes}"), json!({ "active": true })).await.ok();
    ana.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok();
    zoe.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok();
    dora.patch("/v1/me", json!({ "expertise": ["Kubernetes"], "open_to_coaching": true })).await.ok();
    ana.is_ready().await;
    ana.asks(&cleo).await.ok();
    let topics = json!({ "answer": "opted_in", "topics": ["Kubernetes"] });
    ana.put("/v1/cycles/current/participation", topics).await.ok();
    hires(&company, 46..500).await;
    // whoever is drawn on a day: those who are named by Ana's own story, topics and projects always are
    let mut drawn = std::collections::BTreeSet::new();
    for day in 0..6 {
        town.days_pass(i64::from(day > 0));
        let all = ana.walk(&format!("{CURRENT}?include=ineligible"), 100).await;
        assert_eq!(all.len(), 51, "50 and herself");
        let names = each(&all, "/member/name");
        assert_eq!(names[..2], ["Dora", "Zoe"].map(Value::from));
        let why_not = |name: &str| {
            all.iter().find(|coach| coach["member"]["name"] == name).unwrap()["ineligible_because"][0].clone()
        };
        assert_eq!(
            [why_not("Ben"), why_not("Cleo"), why_not("Ana")],
            ["coached_you_last_time", "already_asked", "yourself"].map(Value::from)
        );
        drawn.insert(names.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>());
        assert_eq!(bounds(&format!("{CURRENT}?include=ineligible")).await, (50, false));
    }
    assert!(drawn.len() > 3, "not the same ones each day: {}", drawn.len());
}

#[actix_web::test]
async fn who_is_not_open_to_it_is_drawn_only_where_others_do_not_suffice() {
    let (_town, company) = Town::small().await;
    hires(&company, 0..80).await;
    let ana = company.person("ana");
    let page = ana.get(&format!("{CURRENT}?limit=100")).await.ok();
    assert_eq!((&page["considered"], &page["is_everybody"]), (&json!(50), &json!(false)));
    for shy in 0..20 {
        company.person(&format!("extra {shy}")).patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    }
    assert_eq!(ana.walk(CURRENT, 100).await.len(), 50, "61 others are open to it");
}

#[actix_web::test]
async fn an_order_that_was_begun_is_gone_on_with_after_midnight() {
    let (town, company) = Town::small().await;
    hires(&company, 0..30).await;
    let ana = company.person("ana");
    let whole = each(&ana.walk(CURRENT, 100).await, "/member/id");
    assert_eq!(each(&ana.walk(CURRENT, 100).await, "/member/id"), whole, "the whole day");
    let first = ana.get(&format!("{CURRENT}?limit=10")).await.ok();
    town.days_pass(1);
    let rest = format!("{CURRENT}?limit=100&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = ana.get(&rest).await.each("/member/id");
    let both = [each(first["data"].as_array().unwrap(), "/member/id"), rest].concat();
    assert_eq!(both, whole);
    assert_ne!(each(&ana.walk(CURRENT, 100).await, "/member/id"), whole, "today is another day");
    assert_ne!(
        each(&company.person("ben").walk(CURRENT, 100).await, "/member/id")[..20],
        whole[..20],
        "and everybody's own"
    );
}

#[actix_web::test]
async fn whoever_is_asked_between_two_pages_makes_nobody_be_skipped() {
    let (_town, company) = Town::small().await;
    hires(&company, 0..12).await;
    let ana = company.person("ana");
    ana.is_ready().await;
    for include in ["", "&include=ineligible"] {
        let page = |cursor: &str| format!("{CURRENT}?limit=4{include}{cursor}");
        let whole = each(&ana.walk(&page("").replace("limit=4", ""), 100).await, "/member/id");
        let first = ana.get(&page("")).await.ok();
        let asked = first["data"][3]["member"]["id"].as_str().unwrap();
        let asked = ana.asks_for(asked).await;
        let second = ana.get(&page(&format!("&cursor={}", first["next_cursor"].as_str().unwrap()))).await;
        assert_eq!(second.each("/member/id"), whole[4..8]);
        ana.does("withdraw", &asked).await.ok();
    }
}

#[actix_web::test]
async fn one_can_look_before_opting_in_and_ahead() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ben.patch("/v1/me", json!({ "coach_capacity": 1 })).await.ok();
    let cleo = company.person("cleo");
    cleo.is_ready().await;
    cleo.is_coached_by(&ben).await;
    assert_eq!(eligible(&ana).await, ["Cleo"]);
    let mut next = each(&ana.walk("/v1/cycles/next/coaches", 100).await, "/member/name");
    next.sort_by_key(Value::to_string);
    assert_eq!(next, ["Ben", "Cleo"], "places are of one cycle");
}

#[actix_web::test]
async fn walking_the_pages_meets_each_colleague_once() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let names = ["Ana Lima", "Bo", "Ana Lima", "bo", "Bó", "Ana", "Zoe Ana"];
    let entry = |(at, name): (usize, &&str)| json!({ "external_id": format!("e{at}"), "name": name });
    root.brings([names, names].concat().iter().enumerate().map(entry).collect()).await.ok();
    for list in [CURRENT.to_owned(), format!("{CURRENT}?include=ineligible")] {
        let whole = each(&root.walk(&list, 100).await, "/member/id");
        assert_eq!(whole.len(), if list == CURRENT { 14 } else { 15 });
        for limit in 1..=5 {
            assert_eq!(each(&root.walk(&list, limit).await, "/member/id"), whole, "{list} in pages of {limit}");
        }
    }
    let cursor = root.get(&format!("{CURRENT}?limit=1")).await.ok()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(root.get(&format!("{CURRENT}?cursor={cursor}&include=ineligible")).await.code(), "cursor_mismatch");
    assert_eq!(company.person("e1").get(&format!("{CURRENT}?cursor={cursor}")).await.code(), "cursor_mismatch");
}

#[actix_web::test]
async fn whoever_i_have_asked_or_have_as_coach_is_not_to_be_asked_again() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    ana.is_ready().await;
    let (asked, active) = (ana.asks(&ben).await, ana.is_coached_by(&cleo).await);
    dora.id().await;
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben already_asked", "Cleo already_asked", "Dora"]);
    assert_eq!(eligible(&ana).await, ["Dora"]);
    assert_eq!(weighed(&dora).await, ["Ana", "Ben", "Cleo", "Dora yourself"], "whom Ana asked is Ana's own affair");
    ben.does("decline", &asked).await.ok();
    ana.does("end", &active).await.ok();
    assert_eq!(eligible(&ana).await, ["Ben", "Cleo", "Dora"], "a no, or an end without a first call, is no coaching");
    ana.asks(&ben).await.ok();
    town.days_pass(7);
    assert_eq!(eligible(&ana).await, ["Ben", "Cleo", "Dora"], "an unanswered request expires by itself");
}

#[actix_web::test]
async fn someone_else_next_time_even_if_cycles_lie_between() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.is_ready().await;
    let held = ana.is_coached_by(&ben).await;
    ana.is_coached_by(&cleo).await;
    ana.meets(&held).await;
    town.days_pass(90);
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben coached_you_last_time", "Cleo"]);
    assert_eq!(weighed(&ben).await, ["Ana", "Ben yourself", "Cleo"], "it holds for the coachee alone");
    town.days_pass(180);
    assert_eq!(eligible(&ana).await, ["Cleo"], "skipping cycles changes nothing");
    ana.is_ready().await;
    assert_eq!(ana.asks(&ben).await.code(), "coached_you_last_time");
    let held = ana.is_coached_by(&cleo).await;
    ana.meets(&held).await;
    assert_eq!(
        weighed(&ana).await,
        ["Ana yourself", "Ben coached_you_last_time", "Cleo already_asked"],
        "in this review still"
    );
    town.days_pass(92);
    assert_eq!(weighed(&ana).await, ["Ana yourself", "Ben", "Cleo coached_you_last_time"]);
    ana.is_ready().await;
    ana.asks(&ben).await.ok();
}

#[actix_web::test]
async fn two_coaches_of_one_review_are_both_excluded() {
    let (town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    ana.is_ready().await;
    for coach in [&ben, &cleo] {
        let pairing = ana.is_coached_by(coach).await;
        ana.completes(&pairing).await;
    }
    assert_eq!(ana.asks(&ben).await.code(), "already_asked");
    dora.id().await;
    town.days_pass(90);
    assert_eq!(eligible(&ana).await, ["Dora"]);
}

#[actix_web::test]
async fn not_available_says_no_more_than_that() {
    let one = Settings { default_coach_capacity: 1, ..Settings::default() };
    let (_town, company) = Town::governed_by(one).await;
    let [ana, full, shy, none, gone] = ["ana", "full", "shy", "none", "gone"].map(|name| company.person(name));
    let root = company.administrator("root");
    for person in [&ana, &root] {
        person.is_ready().await;
    }
    root.is_coached_by(&full).await;
    shy.patch("/v1/me", json!({ "open_to_coaching": false })).await.ok();
    none.patch("/v1/me", json!({ "coach_capacity": 0 })).await.ok();
    for person in [&ana, &gone] {
        person.patch("/v1/me", json!({ "projects": ["Checkout"] })).await.ok(); // so that they would be found
    }
    let gone_id = gone.id().await;
    root.patch(&format!("/v1/members/{gone_id}"), json!({ "active": false })).await.ok();
    assert_eq!(
        weighed(&ana).await,
        ["Ana yourself", "Full not_available", "None not_available", "Root", "Shy not_available"],
        "and who left is not in the directory"
    );
    let mut told = Vec::new();
    for id in [full.id().await, shy.id().await, none.id().await, gone_id, "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60".into()]
    {
        told.push(ana.asks_for(&id).await.told());
    }
    insta::assert_snapshot!(told[0], @r#"
    409 Conflict
    {
      "type": "/problems/not_available",
      "title": "This colleague cannot be your coach now",
      "status": 409,
      "detail": "Pick somebody else: GET /v1/cycles/current/coaches lists who is eligible.",
      "instance": "/v1/pairings",
      "code": "not_available"
    }
    "#);
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:?}");
    assert_eq!(weighed(&root).await[1], "Full already_asked not_available");
}
