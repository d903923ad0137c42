//! Sharing a reflection with a pairing: the coachee decides, and the coach reads what they are given, no longer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, path_of};

const CURRENT: &str = "/v1/cycles/current/reflection";

/// Ana has written something, and asks Ben.
async fn asked() -> (Town, Company, Person, Person, Answer) {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.put(CURRENT, json!({ "complete": true, "answers": ["Calls."] })).await.ok();
    let pairing = ana.asks(&ben).await;
    pairing.ok();
    (town, company, ana, ben, pairing)
}

/// The first answer, as somebody reads it in a pairing.
async fn reads(who: &Person, pairing: &Answer) -> Value {
    let answer = who.reads_reflection(pairing).await;
    if answer.status == 404 { json!(answer.code()) } else { answer.ok()["questions"][0]["answer"].clone() }
}

/// Whether each of the two sees that it is shared.
async fn seen_as_shared(pairing: &Answer, people: [&Person; 2]) -> [Value; 2] {
    let [one, two] = people;
    let sees = async |who: &Person| who.get(&path_of(pairing)).await.ok()["reflection_shared"].clone();
    [sees(one).await, sees(two).await]
}

#[actix_web::test]
async fn a_coach_reads_what_is_shared_from_the_yes_on() {
    let (town, company, ana, ben, pairing) = asked().await;
    assert_eq!((reads(&ana, &pairing).await, reads(&ben, &pairing).await), (json!("Calls."), json!("not_found")));
    town.days_pass(1);
    let shared = ana.shares(&pairing).await;
    insta::assert_snapshot!(shared.told(), @r#"
    200 OK
    {
      "pairing_id": "<id 1>",
      "cycle_id": "<id 2>",
      "shared": true,
      "complete": true,
      "completed_at": "<+0d>",
      "updated_at": "<+0d>",
      "policy_version": 1,
      "questions": [
        {
          "question": "What did you do well this quarter?",
          "answer": "Calls."
        },
        {
          "question": "Which goals did you meet? Which goals fell short?",
          "answer": null
        },
        {
          "question": "What 2-3 things will you focus on in the next quarter to help you grow and develop?",
          "answer": null
        },
        {
          "question": "What are your 2-3 strengths that help you to get the job done? What can empower you?",
          "answer": null
        }
      ]
    }
    "#);
    assert_eq!(ana.reads_reflection(&pairing).await.ok(), shared.ok());
    assert_eq!(ana.reads_reflection(&pairing).await.header("etag"), shared.header("etag"));
    assert_eq!(reads(&ben, &pairing).await, "not_found", "a request is no answer yet");
    assert_eq!(seen_as_shared(&pairing, [&ana, &ben]).await, [json!(true), json!(false)]);

    let accepted = ben.does("accept", &pairing).await.ok();
    assert_eq!(accepted["reflection_shared"], true, "told with the yes itself");
    assert_eq!(seen_as_shared(&pairing, [&ana, &ben]).await, [json!(true), json!(true)]);
    assert_eq!(ben.reads_reflection(&pairing).await.ok(), shared.ok(), "both read the same");
    for other in [company.person("kim"), company.administrator("root")] {
        for answer in
            [other.reads_reflection(&pairing).await, other.shares(&pairing).await, other.takes_back(&pairing).await]
        {
            assert_eq!(answer.code(), "not_found");
        }
    }
    assert_eq!(company.integration("bot", "events:read").reads_reflection(&pairing).await.code(), "members_only");
    for answer in [ben.shares(&pairing).await, ben.takes_back(&pairing).await] {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "not_yours"));
    }
    assert_eq!(reads(&ben, &pairing).await, "Calls.");
}

#[actix_web::test]
async fn it_is_read_live_and_taken_back_at_once() {
    let (_town, _company, ana, ben, pairing) = asked().await;
    ben.does("accept", &pairing).await.ok();
    assert_eq!(reads(&ben, &pairing).await, "not_found", "not shared");
    for _ in 0..2 {
        ana.shares(&pairing).await.ok(); // once more changes nothing
    }
    ana.put(CURRENT, json!({ "complete": false, "answers": ["Calls, and talks."] })).await.ok();
    let live = ben.reads_reflection(&pairing).await.ok();
    assert_eq!((&live["questions"][0]["answer"], &live["complete"]), (&json!("Calls, and talks."), &json!(false)));
    ana.put(CURRENT, json!({ "complete": true, "answers": [] })).await.ok();
    assert_eq!(reads(&ben, &pairing).await, json!(null), "the words are gone, and it is shared still");
    for _ in 0..2 {
        assert_eq!((ana.takes_back(&pairing).await.status.as_u16()), 204); // there need be nothing to take back
        assert_eq!(reads(&ben, &pairing).await, "not_found");
        assert_eq!(ana.reads_reflection(&pairing).await.ok()["shared"], false);
        assert_eq!(seen_as_shared(&pairing, [&ana, &ben]).await, [json!(false), json!(false)]);
    }
    ana.shares(&pairing).await.ok();
    assert_eq!(reads(&ben, &pairing).await, json!(null));
}

#[actix_web::test]
async fn the_end_stops_new_sharing_and_nothing_else() {
    let (town, _company, ana, ben, pairing) = asked().await;
    ana.shares(&pairing).await.ok();
    ben.does("accept", &pairing).await.ok();
    ana.does("end", &pairing).await.ok();
    assert_eq!(reads(&ben, &pairing).await, "Calls.");
    ana.put(CURRENT, json!({ "complete": true, "answers": ["Talks."] })).await.ok();
    assert_eq!(reads(&ben, &pairing).await, "Talks.", "live after the end too");
    town.days_pass(200);
    assert_eq!(reads(&ben, &pairing).await, "Talks.");
    ana.shares(&pairing).await.ok(); // as it is
    assert_eq!(ana.takes_back(&pairing).await.status, 204);
    assert_eq!(reads(&ben, &pairing).await, "not_found");
    assert_eq!(ana.shares(&pairing).await.code(), "not_waiting");
    assert_eq!(reads(&ana, &pairing).await, "Talks.", "its author reads it always");
}

#[actix_web::test]
async fn whoever_says_no_never_reads_it() {
    let (town, company, ana, ben, declined) = asked().await;
    let [cleo, dan] = ["cleo", "dan"].map(|name| company.person(name));
    let (withdrawn, expired) = (ana.asks(&cleo).await, ana.asks(&dan).await);
    for pairing in [&declined, &withdrawn, &expired] {
        ana.shares(pairing).await.ok();
    }
    ben.does("decline", &declined).await.ok();
    ana.does("withdraw", &withdrawn).await.ok();
    town.days_pass(8);
    for (coach, pairing) in [(&ben, &declined), (&cleo, &withdrawn), (&dan, &expired)] {
        assert_eq!(reads(coach, pairing).await, "not_found", "{}", ana.sees(pairing).await);
        assert_eq!(seen_as_shared(pairing, [&ana, coach]).await, [json!(true), json!(false)]);
        assert_eq!(ana.takes_back(pairing).await.status, 204);
        assert_eq!(ana.shares(pairing).await.code(), "not_waiting");
    }
}

/// One of two coaches reads it: it is shared with a pairing, not with the world; and of another cycle nothing is.
#[actix_web::test]
async fn each_pairing_is_decided_by_itself() {
    let (town, company, ana, ben, first) = asked().await;
    let cleo = company.person("cleo");
    ben.does("accept", &first).await.ok();
    let second = ana.is_coached_by(&cleo).await;
    ana.shares(&second).await.ok();
    ana.put("/v1/cycles/next/reflection", json!({ "complete": true, "answers": ["Next."] })).await.ok();
    assert_eq!((reads(&ben, &first).await, reads(&cleo, &second).await), (json!("not_found"), json!("Calls.")));
    town.days_pass(95);
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    let third = ana.is_coached_by(&ben).await;
    ana.shares(&third).await.ok();
    assert_eq!((reads(&ben, &third).await, reads(&cleo, &second).await), (json!("Next."), json!("Calls.")));
    assert_eq!(reads(&ben, &first).await, "not_found", "nor of the cycle before");
}

#[actix_web::test]
async fn a_coach_sees_the_questions_that_were_answered() {
    let (town, company, ana, ben, _) = asked().await;
    let root = company.administrator("root");
    ana.put("/v1/cycles/next/reflection", json!({ "complete": true, "answers": [null, "b"] })).await.ok();
    let version = root.decides(json!({ "questions": ["Why?"], "require_reflection": false })).await["version"].clone();
    town.days_pass(90);
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    let pairing = ana.is_coached_by(&ben).await;
    ana.shares(&pairing).await.ok();
    let read = ben.reads_reflection(&pairing).await.ok();
    assert_eq!((read["questions"].as_array().unwrap().len(), &read["policy_version"]), (4, &json!(1)));
    assert_eq!(read["questions"][1]["answer"], "b");

    // one that was never started is shared as it is
    let kim = company.person("kim");
    kim.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    let pairing = kim.is_coached_by(&ana).await;
    kim.shares(&pairing).await.ok();
    let read = ana.reads_reflection(&pairing).await.ok();
    assert_eq!(read["questions"], json!([{ "question": "Why?", "answer": null }]));
    assert_eq!((&read["policy_version"], &read["complete"]), (&json!(null), &json!(false)));
    kim.put(CURRENT, json!({ "complete": true })).await.ok();
    assert_eq!(ana.reads_reflection(&pairing).await.ok()["policy_version"], version);
}

#[actix_web::test]
async fn who_leaves_shares_on_and_who_has_changed_it_meanwhile_is_told() {
    let (_town, company, ana, ben, pairing) = asked().await;
    let root = company.administrator("root");
    let path = format!("{}/reflection-share", path_of(&pairing));
    let share =
        async |etag: &str| Answer::to(ana.request(Method::PUT, &path).header("If-Match", etag).json(&json!({}))).await;
    let read = ana.reads_reflection(&pairing).await.header("etag").to_owned();
    ana.put(CURRENT, json!({ "complete": true, "answers": ["Calls!"] })).await.ok();
    assert_eq!(share(&read).await.code(), "stale");
    assert_eq!(ana.reads_reflection(&pairing).await.ok()["shared"], false);
    let read = ana.get(CURRENT).await.header("etag").to_owned();
    share(&read).await.ok();
    ben.does("accept", &pairing).await.ok();
    root.patch(&format!("/v1/members/{}", ana.id().await), json!({ "active": false })).await.ok();
    assert_eq!(ben.sees(&pairing).await, "ended");
    assert_eq!(reads(&ben, &pairing).await, "Calls!");
    assert_eq!(ana.takes_back(&pairing).await.code(), "member_inactive");
}
