//! Actions and their progress: added, changed, followed; each with its whole answer once, then who may do what when.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::settings;
use crate::support::{Answer, Company, Person, Town, action_path, each, path_of};

/// A company in which Ben coaches Ana.
async fn at_work() -> (Town, Company, Person, Person, Answer) {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    (town, company, ana, ben, pairing)
}

#[actix_web::test]
async fn an_action_is_added_followed_and_done() {
    let (town, _company, ana, ben, pairing) = at_work().await;
    let added = ana.adds("start", "Pause before answering.", &pairing).await;
    insta::assert_snapshot!(added.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "pairing_id": "<id 2>",
      "kind": "start",
      "text": "Pause before answering.",
      "state": "open",
      "created_by": "coachee",
      "created_at": "<+0d>",
      "updated_at": "<+0d>",
      "allowed": [
        "update",
        "add_progress"
      ]
    }
    "#);
    let path = action_path(&added);
    assert_eq!(added.header("location"), path);
    let shown = ben.get(&path).await;
    assert_eq!((shown.body(), shown.header("etag")), (added.body(), added.header("etag")), "both see the same");

    town.days_pass(2);
    let etag = shown.header("etag").to_owned();
    let change = json!({ "state": "in_progress", "text": "Pause, then answer.", "kind": "continue" });
    assert_eq!(ben.patch_version(&path, None, change.clone()).await.code(), "precondition_required");
    let changed = ben.patch_version(&path, Some(&etag), change).await;
    insta::assert_snapshot!(changed.told(), @r#"
    200 OK
    {
      "id": "<id 1>",
      "pairing_id": "<id 2>",
      "kind": "continue",
      "text": "Pause, then answer.",
      "state": "in_progress",
      "created_by": "coachee",
      "created_at": "<+0d>",
      "updated_at": "<+2d>",
      "allowed": [
        "update",
        "add_progress"
      ]
    }
    "#);
    assert!(changed.header("etag").starts_with("\"2-"), "{}", changed.header("etag"));
    assert_eq!(ana.patch_version(&path, Some(&etag), json!({ "state": "done" })).await.code(), "stale");
    town.days_pass(1);
    let same = ana.patch_version(&path, Some(changed.header("etag")), json!({ "state": "in_progress" })).await;
    assert_eq!((same.body(), same.header("etag")), (changed.body(), changed.header("etag")), "nothing has changed");

    let said = ben.says_of(&added, "Twice on Monday.").await;
    insta::assert_snapshot!(said.told(), @r#"
    201 Created
    {
      "id": "<id 1>",
      "action_id": "<id 2>",
      "text": "Twice on Monday.",
      "by": "coach",
      "made_at": "<+3d>"
    }
    "#);
    assert_eq!(said.header("location"), format!("{path}/progress"));
    ana.says_of(&added, "And it helped.").await.ok();
    let progress = ana.get(&format!("{path}/progress")).await;
    assert_eq!(progress.each("/text"), ["And it helped.", "Twice on Monday."], "the latest first");
    assert_eq!(progress.each("/by"), ["coachee", "coach"]);
    assert_eq!(progress.body()["data"][1], said.body());
    let followed = ana.get(&path).await;
    assert_eq!(followed.header("etag"), changed.header("etag"), "progress is no change of the action");
    assert_eq!(ana.patch(&path, json!({ "state": "done" })).await.ok()["state"], "done");
    assert_eq!(ben.patch(&path, json!({ "state": "open" })).await.ok()["state"], "open", "from any state to any other");
}

#[actix_web::test]
async fn a_pairing_lists_its_actions_in_the_order_in_which_they_came() {
    let (_town, _company, ana, ben, pairing) = at_work().await;
    let list = format!("{}/actions", path_of(&pairing));
    insta::assert_snapshot!(ana.get(&list).await.told(), @r#"
    200 OK
    {
      "data": [],
      "has_more": false,
      "next_cursor": null
    }
    "#);
    let kinds = ["start", "stop", "continue"];
    let mut added = Vec::new();
    for number in 0..7 {
        let who = [&ana, &ben][number % 2];
        added.push(who.adds(kinds[number % 3], &format!("action {number}"), &pairing).await);
    }
    for (number, state) in [(1, "dropped"), (2, "done"), (5, "dropped")] {
        ben.patch(&action_path(&added[number]), json!({ "state": state })).await.ok();
    }
    let all = ben.walk(&list, 2).await;
    assert_eq!(each(&all, "/text"), (0..7).map(|number| json!(format!("action {number}"))).collect::<Vec<_>>());
    assert_eq!(each(&all, "/created_by")[..2], [json!("coachee"), json!("coach")]);
    let dropped = ana.walk(&format!("{list}?state=dropped"), 1).await;
    assert_eq!(each(&dropped, "/text"), ["action 1", "action 5"]);
    assert_eq!(ana.get(&format!("{list}?state=open")).await.each("/kind"), ["start", "start", "stop", "start"]);
    let cursor = ana.get(&format!("{list}?limit=1&state=dropped")).await.ok()["next_cursor"].clone();
    let elsewhere = format!("{list}?limit=1&cursor={}", cursor.as_str().unwrap());
    assert_eq!(ana.get(&elsewhere).await.code(), "cursor_mismatch");

    for number in 0..5 {
        ana.says_of(&added[0], &format!("progress {number}")).await.ok();
    }
    let progress = ben.walk(&format!("{}/progress", action_path(&added[0])), 2).await;
    assert_eq!(each(&progress, "/text"), (0..5).rev().map(|at| json!(format!("progress {at}"))).collect::<Vec<_>>());
}

/// What somebody is told who changes an action, says how it goes, and adds one.
async fn told(who: &Person, action: &Answer, pairing: &Answer) -> [String; 3] {
    let tried = [
        who.patch(&action_path(action), json!({ "state": "in_progress" })).await,
        who.says_of(action, "It goes.").await,
        who.adds("stop", "One more.", pairing).await,
    ];
    tried.map(|answer| if answer.status.is_success() { "done".into() } else { answer.code() })
}

#[actix_web::test]
async fn after_the_end_the_coachee_goes_on_and_the_coach_reads() {
    for way in ["complete", "end", "lapse"] {
        let (town, company, ana, ben, pairing) = at_work().await;
        let action = ben.adds("stop", "Late slides.", &pairing).await;
        assert_eq!(told(&ben, &action, &pairing).await, ["done", "done", "done"]);
        assert_eq!(told(&ana, &action, &pairing).await, ["done", "done", "done"]);
        match way {
            "complete" => drop(ana.completes(&pairing).await.ok()),
            "end" => drop(ben.does("end", &pairing).await.ok()),
            _ => town.days_pass(120), // nobody has met, nobody has noticed
        }
        assert_eq!(told(&ben, &action, &pairing).await, ["not_yours", "not_yours", "not_waiting"], "{way}");
        let seen = ben.get(&action_path(&action)).await.ok();
        assert_eq!((&seen["allowed"], &seen["text"]), (&json!([]), &json!("Late slides.")), "{way}");
        assert_eq!(told(&ana, &action, &pairing).await, ["done", "done", "not_waiting"], "{way}");
        ana.patch(&action_path(&action), json!({ "text": "Slides the day before.", "state": "done" })).await.ok();
        assert_eq!(ana.get(&action_path(&action)).await.ok()["allowed"], json!(["update", "add_progress"]), "{way}");
        assert_eq!(ben.get(&action_path(&action)).await.ok()["text"], "Slides the day before.", "{way}: read live");
        assert_eq!(ben.get(&format!("{}/progress", action_path(&action))).await.each("/by").len(), 3, "{way}");
        let etag = ben.get(&action_path(&action)).await.header("etag").to_owned();
        let late = ben.patch_version(&action_path(&action), Some(&etag), json!({ "kind": "start" })).await;
        assert_eq!((late.code(), late.status.as_u16()), ("not_yours".into(), 403), "{way}");
        drop(company);
    }
}

#[actix_web::test]
async fn whoever_was_left_alone_goes_on() {
    let (_town, company, ana, ben, pairing) = at_work().await;
    let root = company.administrator("root");
    let action = ana.adds("start", "Write it down.", &pairing).await;
    let ben_id = ben.id().await;
    root.patch(&format!("/v1/members/{ben_id}"), json!({ "active": false })).await.ok();
    assert_eq!(told(&ana, &action, &pairing).await, ["done", "done", "not_waiting"]);
}

#[actix_web::test]
async fn there_is_nothing_before_the_yes_and_after_a_no() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    for way in ["", "decline", "withdraw"] {
        let asked = ana.asks(&ben).await;
        match way {
            "decline" => drop(ben.does(way, &asked).await.ok()),
            "withdraw" => drop(ana.does(way, &asked).await.ok()),
            _ => {}
        }
        for who in [&ana, &ben] {
            assert_eq!(who.adds("start", "Too early.", &asked).await.code(), "not_waiting", "{way}");
            let list = who.get(&format!("{}/actions", path_of(&asked))).await;
            assert_eq!(list.ok()["data"], json!([]), "{way}");
        }
        if way.is_empty() {
            ana.does("withdraw", &asked).await.ok();
        }
    }
}

#[actix_web::test]
async fn nobody_else_ever() {
    let (_town, company, ana, ben, pairing) = at_work().await;
    let (kim, root, program) =
        (company.person("kim"), company.administrator("root"), company.integration("sync", "members:read"));
    let action = ana.adds("start", "Only for the two.", &pairing).await;
    ben.says_of(&action, "Only for the two, too.").await.ok();
    let (path, list) = (action_path(&action), format!("{}/actions", path_of(&pairing)));
    for (who, code) in [(&kim, "not_found"), (&root, "not_found"), (&program, "members_only")] {
        for answer in [
            who.get(&list).await,
            who.adds("start", "x", &pairing).await,
            who.get(&path).await,
            who.patch(&path, json!({ "state": "done" })).await,
            who.get(&format!("{path}/progress")).await,
            who.says_of(&action, "x").await,
        ] {
            assert_eq!(answer.code(), code);
        }
    }
    assert_eq!(Answer::to(ana.request(Method::DELETE, &path)).await.code(), "method_not_allowed");
    assert_eq!(ana.get(&path).await.body(), action.body(), "and nothing has changed");
}

#[actix_web::test]
async fn what_is_sent_twice_is_done_once() {
    let (_town, _company, ana, ben, pairing) = at_work().await;
    let list = format!("{}/actions", path_of(&pairing));
    let body = json!({ "kind": "stop", "text": "Interrupting." });
    let first = ana.post_once(&list, "k1", body.clone()).await;
    let again = ana.post_once(&list, "k1", body.clone()).await;
    assert_eq!((again.status, again.text.as_str()), (first.status, first.text.as_str()));
    for header in ["location", "etag"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = ana.post_once(&list, "k1", json!({ "kind": "start", "text": "Interrupting." })).await;
    assert_eq!(other.code(), "key_reused");
    ben.post_once(&list, "k1", body).await.ok();
    assert_eq!(ana.get(&list).await.each("/created_by"), ["coachee", "coach"], "a key is its caller's own");
    let progress = format!("{}/progress", action_path(&first));
    for _ in 0..2 {
        ben.post_once(&progress, "k2", json!({ "text": "Not once today." })).await.ok();
    }
    assert_eq!(ana.get(&progress).await.each("/text"), ["Not once today."]);
}

#[actix_web::test]
async fn every_text_comes_back_to_the_byte() {
    let (_town, _company, ana, ben, pairing) = at_work().await;
    let action = ana.adds("start", "x", &pairing).await;
    let path = action_path(&action);
    let longest = "\u{1f9d1}".repeat(4000);
    for text in [
        " \t leading, trailing \r\n",
        "\u{feff}\u{202e}evil\u{202c} e\u{301} é \u{1f469}\u{200d}\u{1f4bb}",
        "\u{1}\u{7f}\u{85}\u{fffe}\u{10ffff}",
        "\"}', (select 1); -- \\u0000 ${x} <script>",
        &longest,
    ] {
        let added = ana.adds("continue", text, &pairing).await;
        assert_eq!(ben.get(&action_path(&added)).await.ok()["text"], text, "{text:?}");
        ben.patch(&path, json!({ "text": text })).await.ok();
        assert_eq!(ana.get(&path).await.ok()["text"], text, "{text:?}");
        ana.says_of(&action, text).await.ok();
        assert_eq!(ben.get(&format!("{path}/progress?limit=1")).await.each("/text"), [text], "{text:?}");
    }
    for (text, flaw) in [
        ("\u{1f9d1}".repeat(4001), "#/text too_long"),
        (String::new(), "#/text too_short"),
        ("a\0b".into(), "#/text wrong_format"),
    ] {
        for refused in [
            ana.adds("start", &text, &pairing).await,
            ana.patch(&path, json!({ "text": text })).await,
            ana.says_of(&action, &text).await,
        ] {
            assert_eq!(refused.flaws(), [flaw]);
        }
    }
}

#[actix_web::test]
async fn what_is_wrong_is_named() {
    let (_town, _company, ana, _ben, pairing) = at_work().await;
    let action = ana.adds("start", "x", &pairing).await;
    let list = format!("{}/actions", path_of(&pairing));
    for (body, flaws) in [
        (json!({}), &["#/kind required", "#/text required"][..]),
        (json!({ "kind": "leverage", "text": 7 }), &["#/kind not_an_option", "#/text wrong_type"]),
        (json!({ "kind": "start", "text": "x", "state": "done" }), &["#/state unknown"]),
    ] {
        assert_eq!(ana.post(&list, body).await.flaws(), flaws);
    }
    for (body, flaws) in [
        (json!({ "text": null }), &["#/text wrong_type"][..]),
        (json!({ "state": "closed", "kind": "end" }), &["#/kind not_an_option", "#/state not_an_option"]),
    ] {
        assert_eq!(ana.patch(&action_path(&action), body).await.flaws(), flaws);
    }
    assert_eq!(ana.get(&format!("{list}?state=closed")).await.flaws(), ["state not_an_option"]);
    assert_eq!(ana.get(&action_path(&action)).await.ok()["text"], Value::from("x"));
}

#[actix_web::test]
async fn who_reads_the_database_learns_nothing_and_with_the_key_all_is_gone() {
    let (_town, company, ana, ben, pairing) = at_work().await;
    let action = ben.adds("start", "a secret of Ana's", &pairing).await;
    ben.says_of(&action, "a secret of Ana's").await.ok();
    ben.tells("drag", "a secret of Ana's", &pairing).await.ok();
    let superuser = settings("postgres").connect().await.unwrap();
    superuser.batch_execute("set search_path = peer_coaching").await.unwrap();
    let organization = company.organization.uuid();
    for table in ["actions", "progress", "insights"] {
        let rows = format!("select text, coachee_id::text from {table} where organization_id = $1");
        let rows = superuser.query(&rows, &[&organization]).await.unwrap();
        let sealed: Vec<u8> = rows[0].get(0);
        assert!(!sealed.windows(6).any(|some| some == b"secret") && sealed.len() > 17, "{table}");
        assert_eq!((rows.len(), rows[0].get::<_, String>(1)), (1, ana.id().await), "{table}: it is Ana's");
    }
    let mine = ana.adds("start", "mine", &pairing).await;
    let key = "delete from owner_keys where organization_id = $1 and owner_id = $2::text::uuid";
    assert_eq!(superuser.execute(key, &[&organization, &ana.id().await]).await.unwrap(), 1);
    assert_eq!(ana.get(&action_path(&mine)).await.code(), "not_found");
    for list in ["actions", "insights"] {
        assert_eq!(ben.get(&format!("{}/{list}", path_of(&pairing))).await.ok()["data"], json!([]), "{list}");
    }
    let left = "select count(*) from progress where organization_id = $1";
    assert_eq!(superuser.query_one(left, &[&organization]).await.unwrap().get::<_, i64>(0), 0);
}
