//! Participations: it is up to you, and nobody else's business.

use serde_json::{Value, json};

use crate::support::{Town, database, path_of};

const CURRENT: &str = "/v1/cycles/current/participation";

#[actix_web::test]
async fn before_the_first_answer_there_is_none_and_then_it_is_mine_to_change() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    insta::assert_snapshot!(ana.get(CURRENT).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "answer": null,
      "answered_at": null,
      "topics": []
    }
    "#);
    town.days_pass(2);
    insta::assert_snapshot!(ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "answer": "not_this_time",
      "answered_at": "<+2d>",
      "topics": []
    }
    "#);
    town.days_pass(1);
    let changed = ana.put(CURRENT, json!({ "answer": "opted_in" })).await;
    assert!(changed.told().contains("\"answered_at\": \"<+3d>\""), "{}", changed.told());
    town.days_pass(1);
    let same = ana.put(CURRENT, json!({ "answer": "opted_in" })).await;
    assert_eq!(
        (same.body(), same.header("etag")),
        (changed.body(), changed.header("etag")),
        "the same answer changes nothing"
    );
    assert_eq!(ana.get(CURRENT).await.body(), changed.body());
}

#[actix_web::test]
async fn an_answer_is_one_of_two() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    assert_eq!(ana.put(CURRENT, json!({ "answer": "maybe" })).await.flaws(), ["#/answer not_an_option"]);
    assert_eq!(ana.put(CURRENT, json!({ "answer": null })).await.status, 400);
    assert_eq!(ana.put(CURRENT, json!({ "reason": "tired" })).await.flaws(), ["#/answer required", "#/reason unknown"]);
    assert_eq!(ana.get(CURRENT).await.ok()["answer"], json!(null));
    assert_eq!(
        company.integration("bot", "members:write").put(CURRENT, json!({ "answer": "opted_in" })).await.code(),
        "members_only"
    );
    assert_eq!(company.integration("bot", "members:read").get(CURRENT).await.code(), "members_only");
}

#[actix_web::test]
async fn topics_come_with_the_answer_and_go_with_it() {
    let (town, company) = Town::small().await;
    let ana = company.person("ana");
    let opts_in = |topics: Value| json!({ "answer": "opted_in", "topics": topics });
    let first = ana.put(CURRENT, opts_in(json!([" Kubernetes ", "saying \"no\"", "Schreiben \u{1f58b}"]))).await;
    assert_eq!(first.ok()["topics"], json!(["Kubernetes", "saying \"no\"", "Schreiben \u{1f58b}"]));
    assert_eq!(ana.get(CURRENT).await.body(), first.body());
    assert_eq!(ana.get("/v1/cycles/next/participation").await.ok()["topics"], json!([]), "they are of one cycle");
    town.days_pass(1);
    let same = ana.put(CURRENT, opts_in(first.body()["topics"].clone())).await;
    assert_eq!((same.body(), same.header("etag")), (first.body(), first.header("etag")));
    let others = ana.put(CURRENT, opts_in(json!(["SQL"]))).await;
    assert_eq!(others.ok()["topics"], json!(["SQL"]), "in the place of the others");
    assert_eq!(others.body()["answered_at"], first.body()["answered_at"], "the answer is still the same");
    assert_ne!(others.header("etag"), first.header("etag"));
    assert_eq!(ana.put(CURRENT, json!({ "answer": "opted_in" })).await.ok()["topics"], json!([]), "absent means none");
    assert_eq!(ana.get(CURRENT).await.ok()["topics"], json!([]));
    ana.put(CURRENT, opts_in(json!(["SQL"]))).await.ok();
    let cycle = others.body()["cycle_id"].as_str().unwrap().to_owned();
    town.days_pass(90);
    let path = format!("/v1/cycles/{cycle}/participation");
    assert_eq!(ana.put(&path, opts_in(json!([]))).await.code(), "cycle_not_open");
    assert_eq!(ana.get(&path).await.ok()["topics"], json!(["SQL"]));
    assert_eq!(ana.put(&path, json!({ "answer": "not_this_time" })).await.ok()["topics"], json!([]));
}

#[actix_web::test]
async fn topics_are_at_most_20_lines_of_at_most_120_letters() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let flaws = async |topics: Value| ana.put(CURRENT, json!({ "answer": "opted_in", "topics": topics })).await.flaws();
    assert_eq!(flaws(json!("SQL")).await, ["#/topics wrong_type"]);
    assert_eq!(flaws(Value::Null).await, ["#/topics wrong_type"]);
    assert_eq!(flaws(vec!["x"; 21].into()).await, ["#/topics too_many"]);
    let wrong = json!(["ok", "", " ", "two\nlines", "\u{1f9d1}".repeat(121), 7]);
    assert_eq!(
        flaws(wrong).await,
        [
            "#/topics/1 too_short",
            "#/topics/1 wrong_format",
            "#/topics/2 wrong_format",
            "#/topics/3 wrong_format",
            "#/topics/4 too_long",
            "#/topics/5 wrong_type"
        ]
    );
    let most: Value = vec!["\u{1f9d1}\"".repeat(60); 20].into();
    let given = ana.put(CURRENT, json!({ "answer": "opted_in", "topics": most })).await;
    assert_eq!(given.ok()["topics"], most);
}

#[actix_web::test]
async fn topics_are_kept_where_nobody_reads_them() {
    let (_town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    let topics = json!({ "answer": "opted_in", "topics": ["surviving my manager"] });
    ana.put(CURRENT, topics).await.ok();
    ana.put("/v1/cycles/current/reflection", json!({ "complete": true })).await.ok();
    let pairing = path_of(&ana.is_coached_by(&ben).await);
    let seen = [
        ben.get(&pairing).await,
        ben.get(CURRENT).await,
        root.get(CURRENT).await,
        ben.get("/v1/cycles/current/coaches?include=ineligible").await,
        root.get(&format!("/v1/members/{}", ana.id().await)).await,
        root.get("/v1/audit-entries").await,
    ];
    assert!(seen.iter().all(|answer| !answer.text.contains("surviving")));
    let superuser = database::settings("postgres").connect().await.unwrap();
    let dump = "select to_jsonb(p)::text, p.topics from peer_coaching.participations p where organization_id = $1";
    let rows = superuser.query(dump, &[&company.organization]).await.unwrap();
    let (row, sealed): (String, Vec<u8>) = (rows[0].get(0), rows[0].get(1));
    assert!(sealed.len() > "surviving my manager".len());
    assert!(!row.contains("surviving") && !String::from_utf8_lossy(&sealed).contains("surviving"), "{row}");
    // moved to another member's row, it does not open there
    let moved = "update peer_coaching.participations p set topics = $2 where organization_id = $1
                 and member_id = (select member_id from peer_coaching.members where organization_id = $1 and external_id = 'ben')";
    ben.put(CURRENT, json!({ "answer": "opted_in", "topics": ["mine"] })).await.ok();
    assert_eq!(superuser.execute(moved, &[&company.organization, &sealed]).await.unwrap(), 1);
    assert_eq!(ben.get(CURRENT).await.code(), "internal");
}

#[actix_web::test]
async fn one_can_opt_in_to_the_next_cycle_and_to_no_other_by_that() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.put("/v1/cycles/next/reflection", json!({ "complete": true })).await.ok();
    assert_eq!(ana.get(CURRENT).await.ok()["answer"], json!(null));
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    town.days_pass(90);
    assert_eq!(ana.get(CURRENT).await.ok()["answer"], "opted_in");
    ana.asks(&ben).await.ok();
    town.days_pass(90);
    assert_eq!(
        ana.get(CURRENT).await.ok()["answer"],
        json!(null),
        "nobody takes part who has not said so for this very cycle"
    );
}

#[actix_web::test]
async fn opting_out_ends_what_i_am_coached_in_and_not_whom_i_coach() {
    let (_town, company) = Town::small().await;
    let [ana, ben, cleo, dora] = ["ana", "ben", "cleo", "dora"].map(|name| company.person(name));
    for coachee in [&ana, &dora] {
        coachee.is_ready().await;
    }
    let (asked, coached) = (ana.asks(&ben).await, ana.is_coached_by(&cleo).await);
    let (coaches, waiting) = (dora.is_coached_by(&ana).await, {
        ben.is_ready().await;
        ben.asks(&ana).await
    });
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();

    insta::assert_snapshot!(ben.get(&path_of(&asked)).await.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "cycle_id": "<id 2>",
      "role": "coach",
      "partner": {
        "id": "<id 3>",
        "name": "Ana"
      },
      "state": "withdrawn",
      "requested_at": "<+0d>",
      "expires_at": null,
      "accepted_at": null,
      "closes_at": null,
      "closed_at": "<+0d>",
      "ended_by": null,
      "reflection_shared": false,
      "allowed": []
    }
    "#);
    let ended = cleo.get(&path_of(&coached)).await.ok();
    assert_eq!(
        (&ended["state"], &ended["ended_by"], &ended["allowed"]),
        (&json!("ended"), &json!("coachee"), &json!([]))
    );
    assert_eq!(dora.sees(&coaches).await, "active");
    assert_eq!(ben.sees(&waiting).await, "requested");
    ana.does("accept", &waiting).await.ok();

    // Coming back takes a new request; the places are free again.
    assert_eq!(ana.asks(&ben).await.code(), "not_opted_in");
    ana.put(CURRENT, json!({ "answer": "opted_in" })).await.ok();
    for coach in [&ben, &cleo, &dora] {
        ana.asks(coach).await.ok();
    }
}

#[actix_web::test]
async fn opting_out_touches_its_own_cycle_only() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let active = ana.is_coached_by(&ben).await;
    ana.put("/v1/cycles/next/participation", json!({ "answer": "opted_in" })).await.ok();
    ana.put("/v1/cycles/next/participation", json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!(ana.sees(&active).await, "active");
    town.days_pass(7);
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();
    assert_eq!(ana.sees(&active).await, "ended");
}

#[actix_web::test]
async fn what_was_over_before_stays_as_it_was() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await;
    town.days_pass(8);
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();
    let seen = ana.get(&path_of(&asked)).await;
    assert_eq!(seen.ok()["state"], "expired");
    assert!(seen.told().contains("\"closed_at\": \"<+7d>\""), "{}", seen.told());
}

#[actix_web::test]
async fn a_cycle_that_is_over_takes_no_new_answer() {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    let cycle = ana.get("/v1/cycles/current").await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/cycles/{cycle}/participation");
    ana.put(&path, json!({ "answer": "opted_in" })).await.ok();
    town.days_pass(90);
    insta::assert_snapshot!(ben.put(&path, json!({ "answer": "opted_in" })).await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/cycle_not_open",
      "title": "This cycle is not open",
      "status": 409,
      "detail": "GET /v1/cycles/current shows the one that is.",
      "instance": "/v1/cycles/<id 1>/participation",
      "code": "cycle_not_open"
    }
    "#);
    assert_eq!(ben.put(&path, json!({ "answer": "not_this_time" })).await.code(), "cycle_not_open");
    ana.put(&path, json!({ "answer": "not_this_time" })).await.ok(); // opting out is possible at any time
    assert_eq!(ana.put(&path, json!({ "answer": "opted_in" })).await.code(), "cycle_not_open");
}

#[actix_web::test]
async fn nobody_else_sees_an_answer() {
    let (_town, company) = Town::small().await;
    let [ana, ben, root] = [company.person("ana"), company.person("ben"), company.administrator("root")];
    ana.put(CURRENT, json!({ "answer": "not_this_time" })).await.ok();
    for other in [&ben, &root] {
        assert_eq!(other.get(CURRENT).await.ok()["answer"], json!(null), "everyone sees their own");
        let id = ana.id().await;
        assert!(!other.get(&format!("{CURRENT}?member_id={id}")).await.text.contains("not_this_time"));
        assert_eq!(other.get(&format!("/v1/members/{id}/participation")).await.code(), "not_found");
        assert!(!other.get(&format!("/v1/members/{id}")).await.text.contains("not_this_time"));
    }
}

#[actix_web::test]
async fn if_match_is_heeded_where_it_is_sent() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let put = async |etag: &str, answer: &str| {
        let request =
            ana.request(reqwest::Method::PUT, CURRENT).header("If-Match", etag).json(&json!({ "answer": answer }));
        crate::support::Answer::to(request).await
    };
    let none = ana.get(CURRENT).await.header("etag").to_owned();
    put(&none, "opted_in").await.ok();
    assert_eq!(put(&none, "not_this_time").await.code(), "stale");
    put(ana.get(CURRENT).await.header("etag"), "not_this_time").await.ok();
}
