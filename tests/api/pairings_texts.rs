//! What the two of a pairing write to each other: the message of a request, the reason of a no.

use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, path_of};

/// A company in which Ana may ask Ben and Cleo.
async fn ready() -> (Town, Company, [Person; 3]) {
    let (town, company) = Town::small().await;
    let people = ["ana", "ben", "cleo"].map(|name| company.person(name));
    people[0].is_ready().await;
    (town, company, people)
}

async fn asks(coachee: &Person, coach: &Person, message: &str) -> Answer {
    coachee.post("/v1/pairings", json!({ "coach_id": coach.id().await, "message": message })).await
}

async fn declines(coach: &Person, pairing: &Answer, body: Value) -> Answer {
    coach.post(&format!("{}/decline", path_of(pairing)), body).await
}

/// What somebody reads in a pairing: its state, the message, the reason.
async fn reads(who: &Person, pairing: &Answer) -> [Value; 3] {
    let body = who.get(&path_of(pairing)).await.ok();
    ["state", "message", "decline_reason"].map(|key| body[key].clone())
}

#[actix_web::test]
async fn a_request_with_a_message_and_a_no_with_a_reason_as_both_see_them() {
    let (_town, company, [ana, ben, cleo]) = ready().await;
    let asked = asks(&ana, &ben, "  Would you?\n¿Me ayudas?\t🐉 ").await;
    insta::assert_snapshot!(asked.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coachee",
      "partner": {
        "id": "<id 3>",
        "name": "Ben"
      },
      "state": "requested",
      "message": "  Would you?\n¿Me ayudas?\t🐉 ",
      "decline_reason": null,
      "requested_at": "<+0d>",
      "expires_at": "<+7d>",
      "accepted_at": null,
      "closes_at": null,
      "closed_at": null,
      "ended_by": null,
      "allowed": [
        "withdraw"
      ]
    }
    "#);
    assert_eq!(ana.get(asked.header("location")).await.body(), asked.body());
    let listed = ben.get("/v1/pairings").await.ok()["data"][0].clone();
    assert_eq!(listed, ben.get(&path_of(&asked)).await.ok());
    assert_eq!(listed["message"], asked.body()["message"]);

    let declined = declines(&ben, &asked, json!({ "reason": "I am away until May." })).await;
    insta::assert_snapshot!(declined.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coach",
      "partner": {
        "id": "<id 3>",
        "name": "Ana"
      },
      "state": "declined",
      "message": "  Would you?\n¿Me ayudas?\t🐉 ",
      "decline_reason": "I am away until May.",
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": null,
      "closes_at": null,
      "closed_at": "<+0d>",
      "ended_by": null,
      "allowed": []
    }
    "#);
    assert_eq!(ben.get(&path_of(&asked)).await.body(), declined.body());
    let seen = ana.get("/v1/pairings?state=declined").await.ok()["data"][0].clone();
    assert_eq!((&seen["role"], &seen["decline_reason"]), (&json!("coachee"), &json!("I am away until May.")));
    assert_eq!(declines(&ben, &asked, json!({ "reason": "Once more." })).await.code(), "not_waiting");
    for other in [&cleo, &company.administrator("root")] {
        let [one, all] = [other.get(&path_of(&asked)).await, other.get("/v1/pairings").await];
        assert_eq!((one.code().as_str(), all.ok()["data"].as_array().unwrap().len()), ("not_found", 0));
    }
}

#[actix_web::test]
async fn the_message_stays_whatever_becomes_of_the_request() {
    let (town, _company, [ana, ben, cleo]) = ready().await;
    let shown = |state: &str, message: &str| [json!(state), json!(message), json!(null)];
    let back = asks(&ana, &ben, "taken back").await;
    ana.does("withdraw", &back).await.ok();
    let waits = asks(&ana, &ben, "waits").await;
    let works = asks(&ana, &cleo, "works").await;
    assert_eq!(cleo.does("accept", &works).await.ok()["message"], "works");
    for who in [&ana, &cleo] {
        assert_eq!(reads(who, &works).await, shown("active", "works"));
    }
    assert_eq!(ana.does("end", &works).await.ok()["message"], "works");
    town.days_pass(8);
    for who in [&ana, &ben] {
        assert_eq!(reads(who, &back).await, shown("withdrawn", "taken back"));
        assert_eq!(reads(who, &waits).await, shown("expired", "waits"));
    }
    assert_eq!(reads(&cleo, &works).await, shown("ended", "works"));
    let all = ana.walk("/v1/pairings", 1).await;
    let messages = all.iter().map(|pairing| pairing["message"].clone()).collect::<Vec<_>>();
    assert_eq!(messages, [json!("works"), json!("waits"), json!("taken back")]);
}

#[actix_web::test]
async fn no_reason_is_owed_and_no_body() {
    let (_town, _company, [ana, ben, _]) = ready().await;
    for body in [None, Some(""), Some("{}")] {
        let asked = ana.asks(&ben).await;
        let path = format!("{}/decline", path_of(&asked));
        let declined = match body {
            None => Answer::to(ben.request(reqwest::Method::POST, &path)).await,
            Some(text) => ben.says("POST", &path, text).await,
        };
        assert_eq!((&declined.ok()["state"], &declined.body()["decline_reason"]), (&json!("declined"), &json!(null)));
        assert_eq!(reads(&ana, &asked).await, [json!("declined"), json!(null), json!(null)]);
    }
    let asked = ana.asks(&ben).await;
    for (body, wrong) in [
        (json!({ "reason": null }), "#/reason wrong_type"),
        (json!({ "reason": "" }), "#/reason too_short"),
        (json!({ "reason": "x".repeat(4001) }), "#/reason too_long"),
        (json!({ "reason": "x\0" }), "#/reason wrong_format"),
        (json!({ "because": "x" }), "#/because unknown"),
        (json!(null), "# wrong_type"),
    ] {
        assert_eq!(declines(&ben, &asked, body).await.flaws(), [wrong]);
    }
    let path = format!("{}/decline", path_of(&asked));
    assert_eq!(ben.sends("POST", &path, "text/plain", "{}").await.code(), "unsupported_media_type");
    let [state, _, reason] = reads(&ana, &asked).await;
    assert_eq!((state, reason), (json!("requested"), json!(null)), "nothing has happened");
    let longest = "🐉".repeat(4000);
    assert_eq!(declines(&ben, &asked, json!({ "reason": longest })).await.ok()["decline_reason"], longest);
}

#[actix_web::test]
async fn a_message_is_text_of_any_kind_but_not_without_bounds() {
    let (_town, _company, [ana, ben, _]) = ready().await;
    let coach_id = ben.id().await;
    for (message, wrong) in [
        (json!(""), "#/message too_short"),
        (json!("x".repeat(4001)), "#/message too_long"),
        (json!("a\0b"), "#/message wrong_format"),
        (json!(7), "#/message wrong_type"),
        (json!(null), "#/message wrong_type"),
    ] {
        let refused = ana.post("/v1/pairings", json!({ "coach_id": coach_id, "message": message })).await;
        assert_eq!(refused.flaws(), [wrong]);
    }
    for message in ["x", " \n", "\u{202e}\u{feff}", "Zoe\u{308}", "'; drop table members --", &"é".repeat(4000)] {
        let asked = asks(&ana, &ben, message).await;
        assert_eq!(asked.ok()["message"], message);
        assert_eq!(reads(&ben, &asked).await[1], message);
        ana.does("withdraw", &asked).await.ok();
    }
}

/// The same key with another reason is another request; to say nothing is to say `{}`.
#[actix_web::test]
async fn a_repeated_no_is_the_same_no() {
    let (_town, _company, [ana, ben, _]) = ready().await;
    let asked = asks(&ana, &ben, "Please.").await;
    let path = format!("{}/decline", path_of(&asked));
    let no = ben.post_once(&path, "no", json!({ "reason": "Too busy." })).await;
    let again = ben.post_once(&path, "no", json!({ "reason": "Too busy." })).await;
    assert_eq!((no.ok(), again.header("idempotent-replayed")), (again.ok(), "true"));
    assert_eq!(ben.post_once(&path, "no", json!({ "reason": "Too lazy." })).await.code(), "key_reused");
    assert_eq!(ben.post_once(&path, "no", json!({})).await.code(), "key_reused");

    let path = format!("{}/decline", path_of(&ana.asks(&ben).await));
    let silent = ben.request(reqwest::Method::POST, &path).header("Idempotency-Key", "silent");
    let no = Answer::to(silent).await;
    let again = ben.post_once(&path, "silent", json!({})).await;
    assert_eq!((no.ok(), again.header("idempotent-replayed")), (again.ok(), "true"));
}
