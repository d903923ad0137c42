//! Places: numbered, so that the last one is never given twice, whoever is fastest.

use futures_util::future::join_all;
use peer_coaching::policy::rules::Settings;
use serde_json::json;

use crate::support::{Answer, Company, Person, Town};

/// So many people who are ready to be coached.
async fn coachees(company: &Company, count: usize) -> Vec<Person> {
    let people: Vec<_> = (0..count).map(|at| company.person(&format!("p{at}"))).collect();
    for person in &people {
        person.is_ready().await;
    }
    people
}

fn with_code<'a>(answers: &'a [Answer], code: &str) -> Vec<&'a Answer> {
    answers.iter().filter(|answer| answer.status.is_client_error() && answer.code() == code).collect()
}

#[actix_web::test]
async fn a_coach_takes_as_many_as_they_have_places() {
    let (_town, company) = Town::small().await;
    let people = coachees(&company, 4).await;
    let ben = company.person("ben");
    let mut asked = Vec::new();
    for person in &people {
        asked.push(person.asks(&ben).await); // requests take none of the coach's places
    }
    ben.does("accept", &asked[0]).await.ok();
    ben.does("accept", &asked[1]).await.ok();
    insta::assert_snapshot!(ben.does("accept", &asked[2]).await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/coach_full",
      "title": "You have no place left for another coachee in this cycle",
      "status": 409,
      "detail": "Raise your `coach_capacity` (PATCH /v1/me), or decline.",
      "instance": "/v1/pairings/<id 1>/accept",
      "code": "coach_full"
    }
    "#);
    assert_eq!(people[2].sees(&asked[2]).await, "requested", "the request waits on");
    ben.does("decline", &asked[3]).await.ok();
    people[0].does("end", &asked[0]).await.ok();
    ben.does("accept", &asked[2]).await.ok();
    assert_eq!(people[3].asks(&ben).await.code(), "not_available");
    ben.patch("/v1/me", json!({ "coach_capacity": 3 })).await.ok();
    people[3].is_coached_by(&ben).await;
}

#[actix_web::test]
async fn a_lowered_capacity_ends_nothing_and_counts_whom_there_is() {
    let (_town, company) = Town::small().await;
    let people = coachees(&company, 4).await;
    let ben = company.person("ben");
    ben.patch("/v1/me", json!({ "coach_capacity": 3 })).await.ok();
    let waiting = people[3].asks(&ben).await;
    let mut active = Vec::new();
    for person in &people[..3] {
        active.push(person.is_coached_by(&ben).await);
    }
    people[0].does("end", &active[0]).await.ok(); // the first place is free, the second and third are not
    ben.patch("/v1/me", json!({ "coach_capacity": 2 })).await.ok();
    assert_eq!(ben.get("/v1/pairings?state=active").await.each("/id").len(), 2);
    assert_eq!(ben.does("accept", &waiting).await.code(), "coach_full");
    people[1].does("end", &active[1]).await.ok();
    ben.does("accept", &waiting).await.ok();
}

#[actix_web::test]
async fn a_completed_pairing_keeps_both_places() {
    let (_town, company) = Town::governed_by(Settings { max_coaches_per_cycle: 1, ..Settings::default() }).await;
    let people = coachees(&company, 2).await;
    let (ben, cleo) = (company.person("ben"), company.person("cleo"));
    ben.patch("/v1/me", json!({ "coach_capacity": 1 })).await.ok();
    let done = people[0].is_coached_by(&ben).await;
    people[0].completes(&done).await;
    assert_eq!(people[0].asks(&cleo).await.code(), "coaches_full");
    assert_eq!(people[1].asks(&ben).await.code(), "not_available");
}

#[actix_web::test]
async fn a_coachee_has_as_many_coaches_as_the_policy_allows() {
    let (_town, company) = Town::small().await;
    let people = coachees(&company, 5).await;
    let (ana, coaches) = people.split_first().unwrap();
    let first = ana.asks(&coaches[0]).await;
    ana.is_coached_by(&coaches[1]).await;
    let third = ana.asks(&coaches[2]).await;
    insta::assert_snapshot!(ana.asks(&coaches[3]).await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/coaches_full",
      "title": "You have as many coaches as the policy allows",
      "status": 409,
      "detail": "Withdraw a request or end a pairing first.",
      "instance": "/v1/pairings",
      "code": "coaches_full"
    }
    "#);
    coaches[0].does("decline", &first).await.ok();
    let fourth = ana.asks(&coaches[3]).await;
    fourth.ok();
    assert_eq!(ana.asks(&coaches[0]).await.code(), "coaches_full");
    ana.does("withdraw", &third).await.ok();
    ana.asks(&coaches[0]).await.ok(); // who declined may be asked again
}

#[actix_web::test]
async fn sixteen_acceptances_at_once_fill_the_places_exactly() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    let people = coachees(&company, 16).await;
    let ben = company.person("ben");
    ben.patch("/v1/me", json!({ "coach_capacity": 5 })).await.ok();
    let asked = join_all(people.iter().map(|person| person.asks(&ben))).await;
    let answers = join_all(asked.iter().map(|request| ben.does("accept", request))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5);
    assert_eq!(with_code(&answers, "coach_full").len(), 11);
    let states = ben.walk("/v1/pairings?role=coach", 100).await;
    let active = states.iter().filter(|pairing| pairing["state"] == "active").count();
    assert_eq!((active, states.len()), (5, 16));
}

#[actix_web::test]
async fn many_requests_at_once_fill_the_coachees_places_exactly() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    let people = coachees(&company, 13).await;
    let (ana, coaches) = people.split_first().unwrap();
    let answers = join_all(coaches.iter().map(|coach| ana.asks(coach))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3);
    assert_eq!(with_code(&answers, "coaches_full").len(), 9);
    assert_eq!(ana.get("/v1/pairings").await.each("/state"), ["requested"; 3]);
}

#[actix_web::test]
async fn asking_the_same_colleague_many_times_at_once_is_asking_once() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    let people = coachees(&company, 2).await;
    let answers = join_all((0..10).map(|_| people[0].asks(&people[1]))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(with_code(&answers, "already_asked").len(), 9);
}

#[actix_web::test]
async fn two_may_coach_each_other() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    let people = coachees(&company, 2).await;
    let (ana, ben) = (&people[0], &people[1]);
    let (one, other) = futures_util::future::join(ana.asks(ben), ben.asks(ana)).await;
    let (yes, again) = futures_util::future::join(ben.does("accept", &one), ana.does("accept", &other)).await;
    assert_eq!((yes.ok()["role"].as_str(), again.ok()["role"].as_str()), (Some("coach"), Some("coach")));
    assert_eq!(ana.get("/v1/pairings").await.each("/state"), ["active", "active"]);
    assert_eq!(ana.get("/v1/pairings?role=coachee").await.each("/role"), ["coachee"]);
    ana.does("end", &one).await.ok();
    assert_eq!(ben.sees(&other).await, "active");
}
