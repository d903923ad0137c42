//! Every text comes back to the byte (promise E3), and as much of it as is promised.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{Person, Town, call_path};

const CURRENT: &str = "/v1/cycles/current/reflection";

/// Any text that can be sent, and more often than chance has it what breaks those who are careless.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<char>().prop_filter("NUL is refused", |c| *c != '\0').prop_map(String::from),
        1 => proptest::sample::select(vec![
            "\u{feff}", "\u{202e}", "e\u{301}", "é", "\u{1f469}\u{200d}\u{1f4bb}", "\u{fffe}", "\u{10ffff}", "\u{1}", "\u{7f}",
            "\u{85}", "\u{2028}", "\r\n", "\\u0000", "\\", "\"", "\"]}", "', (select 1); --", " ", "\t", "${x}", "%00", "<b>",
        ]).prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..40).prop_map(|pieces| pieces.concat())
}

async fn answers(who: &Person) -> Vec<Value> {
    let questions = who.get(CURRENT).await.ok()["questions"].clone();
    questions.as_array().unwrap().iter().map(|question| question["answer"].clone()).collect()
}

#[actix_web::test]
async fn what_is_written_is_what_is_read() {
    let (_town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    ana.shares(&pairing).await.ok();
    let call = call_path(&ana.meets(&pairing).await);
    let (note, notes) = (format!("{call}/note"), format!("{call}/notes"));
    let mut runner = TestRunner::deterministic();
    let four = proptest::collection::vec(proptest::option::weighted(0.9, text()), 4);
    for _ in 0..150 {
        let written = four.new_tree(&mut runner).unwrap().current();
        ana.put(CURRENT, json!({ "complete": true, "answers": written })).await.ok();
        assert_eq!(json!(answers(&ana).await), json!(written), "{written:?}");
        let shared = ben.reads_reflection(&pairing).await.ok();
        let shared = shared["questions"].as_array().unwrap().iter().map(|question| question["answer"].clone());
        assert_eq!(shared.collect::<Value>(), json!(written), "{written:?}");
        let text = text().new_tree(&mut runner).unwrap().current();
        ana.put(&note, json!({ "text": text, "shared": true })).await.ok();
        assert_eq!(ana.get(&notes).await.ok()["mine"]["text"], text, "{text:?}");
        assert_eq!(ben.get(&notes).await.ok()["partners"]["text"], text, "{text:?}");
    }
}

#[actix_web::test]
async fn lengths_count_code_points_and_nul_is_refused_unheard() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    let refused = async |text: &str| ana.put(CURRENT, json!({ "complete": true, "answers": [null, text] })).await;
    for letter in ["x", "é", "\u{4e2d}", "\u{1f9d1}", "\u{301}", "\u{1}"] {
        let most = letter.repeat(4000);
        ana.put(CURRENT, json!({ "complete": true, "answers": [most] })).await.ok();
        assert_eq!(answers(&ana).await[0], most, "{letter:?}");
        assert_eq!(refused(&letter.repeat(4001)).await.flaws(), ["#/answers/1 too_long"], "{letter:?}");
    }
    for text in ["CANARY\0", "\0", "a\0CANARY"] {
        let answer = refused(text).await;
        assert_eq!((answer.status.as_u16(), answer.flaws()), (422, vec!["#/answers/1 wrong_format".to_owned()]));
        assert!(!answer.text.contains("CANARY") && !answer.text.contains("\\u0000"), "{}", answer.text);
    }
    assert_eq!(answers(&ana).await[0], "\u{1}".repeat(4000), "what was there stays");
}

/// Whatever can be said lawfully is never too large, however it is written down.
#[actix_web::test]
async fn as_much_as_is_lawful_is_taken() {
    let (_town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let questions = (1..=12).map(|number| format!("Question {number}?")).collect::<Vec<_>>();
    root.decides(json!({ "questions": questions })).await;
    let all = "\u{1f9d1}".repeat(4000);
    let plain = json!({ "complete": true, "answers": vec![&all; 12] }).to_string();
    let escaped = plain.replace('\u{1f9d1}', "\\ud83e\\uddd1");
    assert!(plain.len() > 190_000 && escaped.len() > 570_000);
    const NEXT: &str = "/v1/cycles/next/reflection";
    for body in [plain, escaped] {
        let put = ana.says("PUT", NEXT, body).await.ok();
        assert!(put["questions"].as_array().unwrap().iter().all(|question| question["answer"] == *all));
        assert_eq!(ana.get(NEXT).await.ok(), put);
        ana.put(NEXT, json!({ "complete": true, "answers": [] })).await.ok();
    }
}
