//! Accept, decline, withdraw, end: who can do what to a pairing in which state, and who cannot even know of it.

use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, path_of};

const VERBS: [&str; 4] = ["accept", "decline", "withdraw", "end"];
const STATES: [&str; 8] = ["requested", "active", "declined", "withdrawn", "expired", "completed", "ended", "lapsed"];

/// What the coachee, and the coach, can do in this state.
fn allowed(state: &str) -> [&'static [&'static str]; 2] {
    match state {
        "requested" => [&["withdraw"], &["accept", "decline"]],
        "active" => [&["end"], &["end"]],
        _ => [&[], &[]],
    }
}

/// Two people who have met nobody yet.
async fn two(company: &Company) -> (Person, Person) {
    let number = uuid::Uuid::now_v7().simple().to_string();
    let (coachee, coach) = (company.person(&format!("coachee-{number}")), company.person(&format!("coach-{number}")));
    coachee.is_ready().await;
    (coachee, coach)
}

/// A pairing of the two that has come to this state; the clock moves where only the clock leads there.
async fn pairing_in(state: &str, town: &Town, coachee: &Person, coach: &Person) -> Answer {
    let asked = coachee.asks(coach).await;
    asked.ok();
    if ["active", "completed", "ended", "lapsed"].contains(&state) {
        coach.does("accept", &asked).await.ok();
    }
    match state {
        "declined" => drop(coach.does("decline", &asked).await.ok()),
        "withdrawn" => drop(coachee.does("withdraw", &asked).await.ok()),
        "ended" => drop(coach.does("end", &asked).await.ok()),
        "completed" => drop(coachee.completes(&asked).await),
        "expired" => town.days_pass(7),
        "lapsed" => town.days_pass(90),
        _ => {}
    }
    asked
}

#[actix_web::test]
async fn every_verb_in_every_state_by_everyone() {
    for state in STATES {
        let (town, company) = Town::governed_by(Settings::default()).await;
        let (stranger, root) = (company.person("stranger"), company.administrator("root"));
        let (coachee, coach) = two(&company).await;
        let pairing = pairing_in(state, &town, &coachee, &coach).await;
        let seen = coachee.get(&path_of(&pairing)).await.ok();
        assert_eq!(seen["state"], state);
        for (person, other, mine, others) in [
            (&coachee, &coach, allowed(state)[0], allowed(state)[1]),
            (&coach, &coachee, allowed(state)[1], allowed(state)[0]),
        ] {
            let shown = person.get(&path_of(&pairing)).await.ok();
            assert_eq!(shown["allowed"], json!(mine), "{state}");
            assert_ne!(shown["role"], other.get(&path_of(&pairing)).await.ok()["role"]);
            for verb in VERBS.into_iter().filter(|verb| !mine.contains(verb)) {
                let refused = if others.contains(&verb) { "not_yours" } else { "not_waiting" };
                assert_eq!(person.does(verb, &pairing).await.code(), refused, "{verb} when {state}");
            }
        }
        for verb in VERBS {
            for person in [&stranger, &root] {
                assert_eq!(person.does(verb, &pairing).await.code(), "not_found", "{verb} when {state}");
            }
            assert_eq!(company.integration("bot", "events:read").does(verb, &pairing).await.code(), "members_only");
        }
        assert_eq!(coachee.get(&path_of(&pairing)).await.ok(), seen, "no refusal changed anything");
        for (at, verbs) in allowed(state).into_iter().enumerate() {
            for verb in verbs {
                let (coachee, coach) = two(&company).await;
                let pairing = pairing_in(state, &town, &coachee, &coach).await;
                let (person, role) = if at == 0 { (&coachee, "coachee") } else { (&coach, "coach") };
                let (becomes, ended_by) = match *verb {
                    "accept" => ("active", json!(null)),
                    "decline" => ("declined", json!(null)),
                    "withdraw" => ("withdrawn", json!(null)),
                    _ => ("ended", json!(role)),
                };
                let done = person.does(verb, &pairing).await.ok();
                assert_eq!(
                    (&done["state"], &done["ended_by"], &done["role"]),
                    (&json!(becomes), &ended_by, &json!(role))
                );
                assert_eq!(done["closed_at"] == Value::Null, becomes == "active");
                assert_eq!(person.get(&path_of(&pairing)).await.ok(), done);
            }
        }
    }
}

#[actix_web::test]
async fn a_pairing_of_others_is_as_good_as_none() {
    let (_town, companies) = Town::of(2, 4).await;
    let (coachee, coach) = two(&companies[0]).await;
    let pairing = coachee.is_coached_by(&coach).await;
    let others = [
        companies[0].person("stranger"),
        companies[0].administrator("root"),
        companies[1].person("elsewhere"),
        companies[1].administrator("boss"),
    ];
    let (there, nowhere) = (path_of(&pairing), "/v1/pairings/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60");
    for other in &others {
        assert_eq!(other.get(&there).await.told(), other.get(nowhere).await.told());
        assert_eq!(other.get(&there).await.code(), "not_found");
        for verb in VERBS {
            let (mine, none) =
                (other.does(verb, &pairing).await, other.post(&format!("{nowhere}/{verb}"), json!({})).await);
            assert_eq!(mine.told(), none.told(), "{verb}");
        }
        for list in ["/v1/pairings", "/v1/pairings?state=active", "/v1/pairings?role=coach"] {
            assert_eq!(other.get(list).await.ok()["data"], json!([]));
        }
    }
    assert_eq!(companies[0].stranger().get(&there).await.code(), "unauthenticated");
    for odd in ["/v1/pairings/1", "/v1/pairings/current"] {
        assert_eq!(coachee.get(odd).await.code(), "not_found");
    }
}

#[actix_web::test]
async fn a_verb_takes_no_body() {
    let (_town, company) = Town::small().await;
    let (coachee, coach) = two(&company).await;
    let asked = coachee.asks(&coach).await;
    let accept = format!("{}/accept", path_of(&asked));
    assert_eq!(coach.post(&accept, json!({ "message": "Gladly" })).await.code(), "malformed");
    assert_eq!(coach.sees(&asked).await, "requested");
    assert_eq!(Answer::to(coach.request(reqwest::Method::POST, &accept)).await.ok()["state"], "active");
}

#[actix_web::test]
async fn of_two_who_act_at_once_one_is_first() {
    let (_town, company) = Town::governed_by(Settings::default()).await;
    for _ in 0..8 {
        let (coachee, coach) = two(&company).await;
        let asked = coachee.asks(&coach).await;
        let verbs = [coach.does("accept", &asked), coach.does("decline", &asked), coachee.does("withdraw", &asked)];
        let answers = futures_util::future::join_all(verbs).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(done.len(), 1, "{answers:?}");
        assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.code() == "not_waiting"));
        assert_eq!(coachee.sees(&asked).await, done[0].body()["state"].as_str().unwrap());
    }
}
