//! Reflections: think first; what was thought stays with its author.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Town};

const CURRENT: &str = "/v1/cycles/current/reflection";

/// What is answered to each question.
async fn answers(who: &Person, path: &str) -> Value {
    let questions = who.get(path).await.ok()["questions"].clone();
    questions.as_array().unwrap().iter().map(|question| question["answer"].clone()).collect()
}

#[actix_web::test]
async fn questions_are_answered_one_by_one() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get(CURRENT).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "complete": false,
      "completed_at": null,
      "updated_at": null,
      "policy_version": null,
      "questions": [
        {
          "question": "What did you do well this quarter?",
          "answer": null
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
    town.days_pass(1);
    let started = json!({ "complete": false, "answers": [null, "Met all but one."] });
    insta::assert_snapshot!(ana.put(CURRENT, started).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "complete": false,
      "completed_at": null,
      "updated_at": "<+1d>",
      "policy_version": 1,
      "questions": [
        {
          "question": "What did you do well this quarter?",
          "answer": null
        },
        {
          "question": "Which goals did you meet? Which goals fell short?",
          "answer": "Met all but one."
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
    let all = json!({ "complete": false, "answers": ["Calls.", "Met all but one.", "Talks.", "Patience."] });
    assert_eq!(ana.put(CURRENT, all.clone()).await.ok(), ana.get(CURRENT).await.ok());
    assert_eq!(answers(&ana, CURRENT).await, all["answers"]);
    ana.put(CURRENT, json!({ "complete": false, "answers": [null, "Met all."] })).await.ok();
    assert_eq!(answers(&ana, CURRENT).await, json!([null, "Met all.", null, null]), "in place of all that was there");
}

#[actix_web::test]
async fn a_reflection_is_marked_complete_and_taken_up_again() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    ana.put(CURRENT, json!({ "complete": false, "answers": ["Calls."] })).await.ok();
    town.days_pass(1);
    let marked = ana.put(CURRENT, json!({ "complete": true })).await.ok();
    assert_eq!((&marked["complete"], &marked["policy_version"]), (&json!(true), &json!(1)));
    assert_eq!(marked["completed_at"], marked["updated_at"]);
    assert_eq!(answers(&ana, CURRENT).await[0], "Calls.", "marking it deletes nothing");
    town.days_pass(1);
    for same in [json!({ "complete": true }), json!({ "complete": true, "answers": ["Calls.", null] })] {
        let etag = ana.get(CURRENT).await.header("etag").to_owned();
        let answer = ana.put(CURRENT, same).await;
        assert_eq!((answer.ok(), answer.header("etag")), (marked.clone(), etag.as_str()), "nothing has changed");
    }
    let more = ana.put(CURRENT, json!({ "complete": true, "answers": ["Calls, and talks."] })).await.ok();
    assert_eq!(more["completed_at"], marked["completed_at"], "complete it has been all the time");
    assert_ne!(more["updated_at"], marked["updated_at"]);
    let open = ana.put(CURRENT, json!({ "complete": false })).await.ok();
    assert_eq!((&open["complete"], &open["completed_at"]), (&json!(false), &json!(null)));
    assert_eq!(ana.get(CURRENT).await.ok(), open);

    let ben = company.person("ben");
    assert_eq!(ben.put(CURRENT, json!({ "complete": true })).await.ok()["complete"], true, "nothing is written");
}

#[actix_web::test]
async fn wrong_answers_are_named() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let before = ana.get(CURRENT).await.ok();
    for (body, flaws) in [
        (json!({ "complete": 1, "text": "x" }), vec!["#/complete wrong_type", "#/text unknown"]),
        (json!({ "answers": [] }), vec!["#/complete required"]),
        (json!({ "complete": true, "answers": null }), vec!["#/answers wrong_type"]),
        (json!({ "complete": true, "answers": "x" }), vec!["#/answers wrong_type"]),
        (
            json!({ "complete": true, "answers": ["", 7, null, { "answer": "x" }] }),
            vec!["#/answers/0 too_short", "#/answers/1 wrong_type", "#/answers/3 wrong_type"],
        ),
        (
            json!({ "complete": true, "answers": [null, null, null, "d", "e", null] }),
            vec!["#/answers/4 no_question", "#/answers/5 no_question"],
        ),
        (json!({ "complete": true, "answers": vec!["x"; 13] }), vec!["#/answers too_many"]),
    ] {
        assert_eq!(ana.put(CURRENT, body.clone()).await.flaws(), flaws, "{body}");
    }
    let more = ana.put(CURRENT, json!({ "complete": true, "answers": vec!["x"; 5] })).await;
    assert_eq!((more.status.as_u16(), more.code().as_str()), (422, "invalid"));
    assert_eq!(ana.get(CURRENT).await.ok(), before);
}

#[actix_web::test]
async fn it_keeps_the_questions_it_was_started_with() {
    let (town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    const NEXT: &str = "/v1/cycles/next/reflection";
    ana.put(NEXT, json!({ "complete": false, "answers": ["a", "b", "c", "d"] })).await.ok();
    root.decides(json!({ "questions": ["What did you learn?", "And what not?"] })).await;
    assert_eq!(ben.get(CURRENT).await.ok()["questions"][3]["answer"], json!(null), "this cycle has started with four");
    let asked =
        json!([{ "question": "What did you learn?", "answer": null }, { "question": "And what not?", "answer": null }]);
    let shown = ben.get(NEXT).await.ok();
    assert_eq!((&shown["questions"], &shown["policy_version"]), (&asked, &json!(null)), "not started");
    assert_eq!(
        ben.put(NEXT, json!({ "complete": true, "answers": [null, null, "c"] })).await.flaws(),
        ["#/answers/2 no_question"]
    );
    assert_eq!(
        ben.put(NEXT, json!({ "complete": true, "answers": [null, "Nothing."] })).await.ok()["policy_version"],
        2
    );

    root.decides(json!({ "questions": ["Why?"] })).await;
    town.days_pass(90);
    for (who, expected, version) in [(&ana, json!(["a", "b", "c", "d"]), 1), (&ben, json!([null, "Nothing."]), 2)] {
        assert_eq!(
            (answers(who, CURRENT).await, &who.get(CURRENT).await.ok()["policy_version"]),
            (expected, &json!(version))
        );
    }
    assert_eq!(root.get(CURRENT).await.ok()["questions"], json!([{ "question": "Why?", "answer": null }]));
    ana.put(CURRENT, json!({ "complete": true, "answers": ["a", "b", "c", "D"] })).await.ok();
    assert_eq!(answers(&ana, CURRENT).await, json!(["a", "b", "c", "D"]));
}

#[actix_web::test]
async fn asking_needs_it_unless_the_policy_says_otherwise() {
    let (town, company) = Town::small().await;
    let (ana, ben, root) = (company.person("ana"), company.person("ben"), company.administrator("root"));
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "reflection_missing");
    ana.put(CURRENT, json!({ "complete": false, "answers": ["Much."] })).await.ok();
    assert_eq!(ana.asks(&ben).await.code(), "reflection_missing", "written, and not complete");
    ana.put(CURRENT, json!({ "complete": true })).await.ok();
    let asked = ana.asks(&ben).await;
    asked.ok();
    ana.put(CURRENT, json!({ "complete": false })).await.ok();
    assert_eq!(ana.sees(&asked).await, "requested", "what was asked stays asked");
    assert_eq!(ana.asks(&root).await.code(), "reflection_missing");

    root.decides(json!({ "require_reflection": false })).await;
    town.days_pass(90);
    ana.put("/v1/cycles/current/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.asks(&ben).await.ok();
}

#[actix_web::test]
async fn each_cycle_has_its_own_and_one_that_is_over_is_closed() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let cycle = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    ana.put("/v1/cycles/next/reflection", json!({ "complete": true, "answers": ["Later."] })).await.ok();
    assert_eq!(ana.get(CURRENT).await.ok()["complete"], false);
    assert_eq!(answers(&ana, CURRENT).await[0], json!(null));
    town.days_pass(90);
    assert_eq!(ana.get(CURRENT).await.ok()["complete"], true);
    assert_eq!(answers(&ana, CURRENT).await[0], "Later.");
    let over = format!("/v1/cycles/{cycle}/reflection");
    for late in [json!({ "complete": true }), json!({ "complete": false }), json!({ "complete": false, "answers": [] })]
    {
        assert_eq!(ana.put(&over, late).await.code(), "cycle_not_open", "it was never started");
    }
    assert_eq!(ana.get(&over).await.ok()["complete"], false);
}

#[actix_web::test]
async fn my_words_can_be_taken_back_at_any_time() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let cycle = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/cycles/{cycle}/reflection");
    ana.put(&path, json!({ "complete": true, "answers": ["a", "b", "c"] })).await.ok();
    town.days_pass(400);
    for new in [
        json!({ "complete": true, "answers": ["a", "B", "c"] }),
        json!({ "complete": true, "answers": ["a", "b", "c", "d"] }),
        json!({ "complete": true, "answers": ["a", null, "c", "d"] }),
        json!({ "complete": false, "answers": ["a"] }),
        json!({ "complete": false }),
    ] {
        assert_eq!(ana.put(&path, new.clone()).await.code(), "cycle_not_open", "{new}");
    }
    assert_eq!(answers(&ana, &path).await, json!(["a", "b", "c", null]));
    let some = ana.put(&path, json!({ "complete": true, "answers": [null, "b", "c"] })).await.ok();
    assert_eq!(some["questions"][0]["answer"], json!(null));
    assert_eq!(ana.put(&path, json!({ "complete": true, "answers": ["a", "b", "c"] })).await.code(), "cycle_not_open");
    let none = ana.put(&path, json!({ "complete": true, "answers": [] })).await.ok();
    assert_eq!((&none["complete"], &none["completed_at"]), (&json!(true), &some["completed_at"]));
    assert_eq!(answers(&ana, &path).await, json!([null, null, null, null]));
    ana.put(&path, json!({ "complete": true, "answers": [] })).await.ok();
}

#[actix_web::test]
async fn an_author_in_two_windows_loses_nothing() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let write = async |etag: &str, text: &str| {
        let request = ana.request(Method::PUT, CURRENT).header("If-Match", etag);
        Answer::to(request.json(&json!({ "complete": false, "answers": [text] }))).await
    };
    let empty = ana.get(CURRENT).await.header("etag").to_owned();
    let first = write(&empty, "one").await;
    first.ok();
    for stale in [empty.as_str(), "\"7-00000000\""] {
        assert_eq!(write(stale, "two").await.code(), "stale");
    }
    assert_eq!(answers(&ana, CURRENT).await[0], "one");
    write(first.header("etag"), "one, two").await.ok();
    assert_eq!(answers(&ana, CURRENT).await[0], "one, two");
}

#[actix_web::test]
async fn nobody_else_sees_it() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    ana.put(CURRENT, json!({ "complete": true, "answers": ["Mine."] })).await.ok();
    for other in [&root, &company.person("ben")] {
        let seen = other.get(CURRENT).await;
        assert_eq!(seen.ok()["complete"], false, "everyone sees their own");
        assert!(!seen.text.contains("Mine."));
        let path = format!("{CURRENT}?member_id={}", ana.id().await);
        assert_eq!(other.get(&path).await.code(), "malformed", "there is no way to ask for another's");
    }
    assert_eq!(company.integration("bot", "members:read events:read").get(CURRENT).await.code(), "members_only");
}
