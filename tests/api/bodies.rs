//! Wrong bodies: every wrong place is named at once, nothing of what was there is repeated, and nothing breaks us.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Town};

const CANARY: &str = "CANARY-my-manager-is";

/// Every operation that takes a body, in a company where it can be reached.
const BODIES: [(&str, &str, &str); 9] = [
    ("PATCH", "/v1/me", "MePatch"),
    ("PATCH", "/v1/members/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", "MemberPatch"),
    ("POST", "/v1/members/batch", "MemberBatch"),
    ("PATCH", "/v1/policy", "PolicyPatch"),
    ("POST", "/v1/cycles", "AddCycle"),
    ("PATCH", "/v1/cycles/01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", "CyclePatch"),
    ("PUT", "/v1/cycles/current/participation", "GiveAnswer"),
    ("PUT", "/v1/cycles/current/reflection", "WriteReflection"),
    ("POST", "/v1/pairings", "RequestPairing"),
];

#[actix_web::test]
async fn all_wrong_fields_are_named_at_once() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let members = json!({ "member": [], "members": [
        { "external_id": "a", "name": "Fine" },
        { "external_id": "", "name": 7, "email": "nobody", "tïtle/~": "x", "active": null },
        { "name": "Two\nlines", "team": "x".repeat(121) },
        "Ana",
    ] });
    let answer = root.says("POST", "/v1/members/batch", members.to_string()).await;
    assert_eq!(answer.status, 400);
    let expected = [
        "#/member unknown",
        "#/members/1/active wrong_type",
        "#/members/1/email wrong_format",
        "#/members/1/external_id too_short",
        "#/members/1/external_id wrong_format",
        "#/members/1/name wrong_type",
        "#/members/1/tïtle~1~0 unknown",
        "#/members/2/external_id required",
        "#/members/2/name wrong_format",
        "#/members/2/team too_long",
        "#/members/3 wrong_type",
    ];
    assert_eq!(answer.wrong(), expected);

    let policy = json!({ "time_zone": "Mars/Olympus", "weekly_minutes": 4, "questions": [], "smallest_group": 101 });
    let answer = root.says("PATCH", "/v1/policy", policy.to_string()).await;
    assert_eq!(answer.status, 422, "well-formed, but not possible");
    let expected =
        ["#/questions too_few", "#/smallest_group too_large", "#/time_zone wrong_format", "#/weekly_minutes too_small"];
    assert_eq!(answer.wrong(), expected);

    let me = json!({ "working_hours": { "from": "9:00", "untill": "17:00" }, "languages": ["en", "en glish", 3] });
    let expected = [
        "#/languages/1 wrong_format",
        "#/languages/2 wrong_type",
        "#/working_hours/from too_short",
        "#/working_hours/from wrong_format",
        "#/working_hours/until required",
        "#/working_hours/untill unknown",
    ];
    assert_eq!(root.says("PATCH", "/v1/me", me.to_string()).await.wrong(), expected);
}

/// A value that fits nothing, in every place that the document knows, comes back in no answer.
#[actix_web::test]
async fn nothing_that_was_sent_is_repeated() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let document = peer_coaching::app::document();
    let mut wrong = 0;
    for (method, path, schema) in BODIES {
        let properties = document["components"]["schemas"][schema]["properties"].as_object().expect(schema);
        for name in properties.keys() {
            let values = [
                json!(CANARY),
                json!([CANARY]),
                json!({ "from": CANARY }),
                json!({ "nobody": CANARY }),
                json!([{ "external_id": [CANARY], "name": { "first": CANARY }, "email": CANARY, "team": format!("{CANARY}\n") }]),
                json!(format!("{CANARY}\u{0}{}", "x".repeat(2000))),
            ];
            for value in values {
                let answer = root.says(method, path, json!({ name: value }).to_string()).await;
                assert!(!answer.status.is_server_error(), "{method} {path}: {}", answer.text);
                if answer.status.is_client_error() {
                    assert!(!answer.text.contains("CANARY"), "{method} {path} {name}: {}", answer.text);
                    assert_eq!(answer.code().len(), answer.body()["code"].as_str().unwrap().len());
                    wrong += 1;
                }
            }
        }
        for text in [format!("{{\"{CANARY}"), CANARY.to_owned(), format!("\"{CANARY}\""), format!("[\"{CANARY}\"]")] {
            let answer = root.says(method, path, text).await;
            assert_eq!((answer.status.as_u16(), answer.text.contains("CANARY")), (400, false), "{}", answer.text);
        }
    }
    assert!(wrong > 200, "most of them are wrong: {wrong}");
}

/// An unknown key is the mistake itself, so it is named; but no answer grows with what was sent.
#[actix_web::test]
async fn what_is_said_of_unknown_keys_is_bounded() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let long = format!("{}\u{1b}[31m", "k".repeat(5000));
    let answer = ana.says("PATCH", "/v1/me", json!({ long: 1 }).to_string()).await;
    assert_eq!(answer.wrong(), [format!("#/{} unknown", "k".repeat(40))]);
    let many = (0..5000).map(|at| (format!("k{at}"), json!(1))).collect::<serde_json::Map<_, _>>();
    let answer = ana.says("PATCH", "/v1/me", Value::from(many).to_string()).await;
    assert_eq!(answer.wrong().len(), 100);
    let deep = (0..100).fold("{\"a\":1,\"a\":2}".to_owned(), |inner, _| format!("{{\"{}\":{inner}}}", "x".repeat(300)));
    let answer = ana.says("PATCH", "/v1/me", deep).await;
    assert!(
        answer.text.len() < 2000 && answer.wrong().iter().any(|place| place.ends_with("repeated_key")),
        "{}",
        answer.text
    );
}

#[actix_web::test]
async fn keys_that_occur_twice_are_refused() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    for (method, path, body, wrong) in [
        ("PATCH", "/v1/me", r#"{"notify":true,"notify":true}"#, vec!["#/notify repeated_key"]),
        (
            "PATCH",
            "/v1/me",
            r#"{"notify":"x","notif\u0079":true,"no":1}"#,
            vec!["#/no unknown", "#/notify repeated_key"],
        ),
        (
            "POST",
            "/v1/members/batch",
            r#"{"members":[{"external_id":"a","name":"A","name":"B"}]}"#,
            vec!["#/members/0/name repeated_key"],
        ),
    ] {
        let answer = root.says(method, path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.wrong()),
            (400, wrong.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
}

/// A verb takes no body: none, or an empty object.
#[actix_web::test]
async fn verbs_take_no_body() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let asked = ana.asks(&ben).await.ok();
    let path = format!("/v1/pairings/{}/accept", asked["id"].as_str().unwrap());
    let sends = async |kind: &str, body: &str| ben.sends("POST", &path, kind, body.to_owned()).await;
    assert_eq!(
        sends("application/json", r#"{"force":true,"by":"me"}"#).await.wrong(),
        ["#/by unknown", "#/force unknown"]
    );
    assert_eq!(sends("application/json", "[]").await.wrong(), ["# wrong_type"]);
    assert_eq!(sends("application/json", "{").await.wrong(), ["# not_json"]);
    assert_eq!(sends("text/plain", "{}").await.code(), "unsupported_media_type");
    assert_eq!(Answer::to(ben.request(Method::POST, &path)).await.ok()["state"], "active");
}

/// Whatever JSON comes, it is answered and not our fault.
#[actix_web::test]
async fn no_json_breaks_us() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let document = peer_coaching::app::document();
    let mut runner = TestRunner::deterministic();
    for (method, path, schema) in BODIES {
        let names = document["components"]["schemas"][schema]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        let body = proptest::collection::btree_map(proptest::sample::select(names), any_json(), 0..5);
        for _ in 0..60 {
            let body = json!(body.new_tree(&mut runner).unwrap().current()).to_string();
            let answer = root.says(method, path, body.clone()).await;
            assert!(!answer.status.is_server_error(), "{method} {path} {body}: {}", answer.text);
            if answer.status.is_client_error() {
                answer.wrong();
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![".{0,12}", Just("2027-07-01".to_owned()), Just("Europe/Lisbon".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-5_i64..40).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let names =
            prop_oneof!["[a-z]{1,6}", Just("name".to_owned()), Just("external_id".to_owned()), Just("from".to_owned())];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names, inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}
