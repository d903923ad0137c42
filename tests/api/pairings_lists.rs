//! Lists of pairings: mine, by role, state and cycle, page by page.

use serde_json::{Value, json};

use crate::support::{Town, each};

#[actix_web::test]
async fn filters_combine_and_pages_meet_each_pairing_once() {
    let (town, company) = Town::small().await;
    let people: Vec<_> = (0..6).map(|at| company.person(&format!("p{at}"))).collect();
    let (ana, others) = people.split_first().unwrap();
    let mut cycles = Vec::new();
    for round in 0..3 {
        cycles.push(ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned());
        for person in &people {
            person.is_ready().await;
        }
        for (at, other) in others.iter().enumerate().take(3) {
            let asked = ana.asks(other).await;
            match (at + round) % 3 {
                0 => drop(other.does("accept", &asked).await.ok()),
                1 => drop(other.does("decline", &asked).await.ok()),
                _ => {}
            }
        }
        for other in &others[2..4] {
            other.is_coached_by(ana).await;
        }
        others[4].asks_for(&others[3].id().await).await.ok(); // none of Ana's
        town.days_pass(if round < 2 { 91 } else { 1 });
    }
    let whole = ana.get("/v1/pairings?limit=100").await.ok()["data"].as_array().unwrap().clone();
    assert_eq!(whole.len(), 15);
    let ids: Vec<_> = each(&whole, "/id").iter().map(Value::to_string).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "the latest first, each once");
    let count = |key: &str, value: &str| whole.iter().filter(|pairing| pairing[key] == value).count();
    assert_eq!(
        ["requested", "active", "declined", "expired", "lapsed"].map(|state| count("state", state)),
        [1, 3, 3, 2, 6]
    );

    for role in ["", "coachee", "coach"] {
        for state in ["", "requested", "active", "declined", "expired", "lapsed", "ended"] {
            for cycle in ["", &cycles[0], &cycles[2]] {
                let filters: Vec<_> = [("role", role), ("state", state), ("cycle_id", cycle)]
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .collect();
                let fits = |pairing: &&Value| filters.iter().all(|(key, value)| pairing[*key] == *value);
                let expected: Vec<Value> = whole.iter().filter(fits).cloned().collect();
                let query: Vec<_> = filters.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let list = format!("/v1/pairings?{}", query.join("&"));
                assert_eq!(ana.walk(&list, 2).await, expected, "{list}");
            }
        }
    }
    for limit in 1..=5 {
        assert_eq!(ana.walk("/v1/pairings", limit).await, whole, "in pages of {limit}");
    }
}

#[actix_web::test]
async fn what_a_list_can_be_asked_for() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get("/v1/pairings").await.told(), @r#"
    200 OK
    {
      "data": [],
      "has_more": false,
      "next_cursor": null
    }
    "#);
    let odd = ana.get("/v1/pairings?role=boss&state=open&cycle_id=current&limit=101&member_id=1").await;
    insta::assert_snapshot!(odd.flaws().join("\n"), @"
    cycle_id wrong_format
    limit too_large
    member_id unknown
    role not_an_option
    state not_an_option
    ");
    assert_eq!(ana.get("/v1/pairings?role=coach&role=coachee").await.flaws(), ["role repeated"]);
    let nowhere = "/v1/pairings?cycle_id=01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60";
    assert_eq!(ana.get(nowhere).await.ok()["data"], json!([]));
}

#[actix_web::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let (_town, company) = Town::small().await;
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(|name| company.person(name));
    ana.is_ready().await;
    for coach in [&ben, &cleo] {
        ana.asks(coach).await.ok();
    }
    let cursor = ana.get("/v1/pairings?limit=1").await.ok()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ana.get(&format!("/v1/pairings?cursor={cursor}")).await.each("/partner/name"), ["Ben"]);
    for list in ["/v1/pairings?role=coachee&", "/v1/pairings?state=requested&", "/v1/audit-entries?", "/v1/members?"] {
        assert_eq!(ana.get(&format!("{list}cursor={cursor}")).await.code(), "cursor_mismatch", "{list}");
    }
    assert_eq!(ben.get(&format!("/v1/pairings?cursor={cursor}")).await.code(), "cursor_mismatch", "somebody else's");
}
