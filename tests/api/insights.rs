//! Insights: what the coach tells the coachee, whose it is from then on.

use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, each, path_of};

/// A company in which Ben coaches Ana.
async fn at_work() -> (Town, Company, Person, Person, Answer) {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    (town, company, ana, ben, pairing)
}

fn insight_path(insight: &Answer) -> String {
    format!("/v1/insights/{}", insight.ok()["id"].as_str().expect("an insight"))
}

async fn delete(who: &Person, path: &str) -> Answer {
    who.sends("DELETE", path, "", "").await
}

#[actix_web::test]
async fn an_insight_is_given_read_and_deleted() {
    let (town, _company, ana, ben, pairing) = at_work().await;
    let list = format!("{}/insights", path_of(&pairing));
    town.days_pass(1);
    let given = ben.tells("leverage", "You explain hard things well.", &pairing).await;
    insta::assert_snapshot!(given.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "pairing_id": "<id 2>",
      "kind": "leverage",
      "text": "You explain hard things well.",
      "given_at": "<+1d>",
      "allowed": []
    }
    "#);
    let path = insight_path(&given);
    assert_eq!(given.header("location"), path);
    let shown = ben.get(&path).await;
    assert_eq!((shown.body(), shown.header("etag")), (given.body(), given.header("etag")));
    insta::assert_snapshot!(ana.get(&path).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "pairing_id": "<id 2>",
      "kind": "leverage",
      "text": "You explain hard things well.",
      "given_at": "<+1d>",
      "allowed": [
        "delete"
      ]
    }
    "#);
    for number in 0..4 {
        ben.tells(["drag", "leverage"][number % 2], &format!("insight {number}"), &pairing).await.ok();
    }
    let all = ana.walk(&list, 2).await;
    assert_eq!(each(&all, "/kind"), ["leverage", "drag", "leverage", "drag", "leverage"]);
    assert_eq!(each(&all, "/text")[3], "insight 2", "in the order in which they were given");

    let mine = ben.tells("drag", "Too fast for me.", &pairing).await;
    assert_eq!(delete(&ben, &insight_path(&mine)).await.code(), "not_yours", "what is said is said");
    let request = ana.request("DELETE".parse().unwrap(), &path).header("If-Match", "\"2-00000000\"");
    assert_eq!(Answer::to(request).await.code(), "stale");
    let request = ana.request("DELETE".parse().unwrap(), &path).header("If-Match", given.header("etag"));
    let gone = Answer::to(request).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    for who in [&ana, &ben] {
        assert_eq!(who.get(&path).await.code(), "not_found");
        assert_eq!(delete(who, &path).await.code(), "not_found");
        assert_eq!(who.walk(&list, 100).await.len(), 5);
    }
}

#[actix_web::test]
async fn only_the_coach_gives_and_only_while_they_work_together() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    assert_eq!(ben.tells("drag", "Too early.", &asked).await.code(), "not_waiting");
    assert_eq!(ana.tells("drag", "Not mine.", &asked).await.code(), "not_yours");
    ben.does("accept", &asked).await.ok();
    let mine = ana.tells("leverage", "I am good.", &asked).await;
    assert_eq!((mine.status.as_u16(), mine.code()), (403, "not_yours".into()));
    let given = ben.tells("leverage", "You listen.", &asked).await;
    ana.does("end", &asked).await.ok();
    assert_eq!(ben.tells("drag", "Too late.", &asked).await.code(), "not_waiting");
    assert_eq!(ana.tells("drag", "Not mine.", &asked).await.code(), "not_yours");
    for who in [&ana, &ben] {
        assert_eq!(who.get(&insight_path(&given)).await.ok()["text"], "You listen.", "the end takes nothing away");
    }
    assert_eq!(ben.get(&insight_path(&given)).await.ok()["allowed"], json!([]));
    assert_eq!(delete(&ben, &insight_path(&given)).await.code(), "not_yours");
    assert_eq!(delete(&ana, &insight_path(&given)).await.status, 204, "at any time");
    let declined = ana.asks(&ben).await;
    ben.does("decline", &declined).await.ok();
    assert_eq!(ben.tells("drag", "x", &declined).await.code(), "not_waiting");
    for who in [&ana, &ben] {
        assert_eq!(who.get(&format!("{}/insights", path_of(&declined))).await.ok()["data"], json!([]));
    }
}

#[actix_web::test]
async fn nobody_else_ever() {
    let (_town, company, _ana, ben, pairing) = at_work().await;
    let (kim, root, program) =
        (company.person("kim"), company.administrator("root"), company.integration("sync", "members:read"));
    let given = ben.tells("leverage", "Only for Ana.", &pairing).await;
    let (path, list) = (insight_path(&given), format!("{}/insights", path_of(&pairing)));
    for (who, code) in [(&kim, "not_found"), (&root, "not_found"), (&program, "members_only")] {
        for answer in [
            who.get(&list).await,
            who.tells("drag", "x", &pairing).await,
            who.get(&path).await,
            delete(who, &path).await,
        ] {
            assert_eq!(answer.code(), code);
        }
    }
    assert_eq!(ben.get(&path).await.body(), given.body());
}

#[actix_web::test]
async fn every_text_comes_back_to_the_byte() {
    let (_town, _company, ana, ben, pairing) = at_work().await;
    let longest = "\u{1f9d1}".repeat(4000);
    for text in [" \t\r\n", "\u{feff}\u{202e}e\u{301} é", "\u{1}\u{7f}\u{85}\u{fffe}\u{10ffff}", &longest] {
        let given = ben.tells("drag", text, &pairing).await;
        assert_eq!(ana.get(&insight_path(&given)).await.ok()["text"], text, "{text:?}");
    }
    for (body, flaws) in [
        (json!({}), &["#/kind required", "#/text required"][..]),
        (json!({ "kind": "start", "text": "" }), &["#/kind not_an_option", "#/text too_short"]),
        (json!({ "kind": "drag", "text": "a\0b" }), &["#/text wrong_format"]),
        (json!({ "kind": "drag", "text": "\u{1f9d1}".repeat(4001) }), &["#/text too_long"]),
    ] {
        let refused = ben.post(&format!("{}/insights", path_of(&pairing)), body).await;
        assert_eq!(refused.flaws(), flaws);
    }
}

#[actix_web::test]
async fn what_is_sent_twice_is_given_once() {
    let (_town, _company, ana, ben, pairing) = at_work().await;
    let list = format!("{}/insights", path_of(&pairing));
    let body = json!({ "kind": "drag", "text": "You answer before the question ends." });
    let first = ben.post_once(&list, "k1", body.clone()).await;
    delete(&ana, &insight_path(&first)).await;
    let again = ben.post_once(&list, "k1", body).await;
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
    assert_eq!(ana.get(&list).await.ok()["data"], Value::Array(vec![]), "and once it is gone it stays gone");
}
