//! Notes about calls: whose they are, who reads them when, what the end of a pairing changes.

use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town, call_path};

/// Ben coaches Ana; they have met.
async fn met() -> (Town, Company, Person, Person, Answer, String) {
    let (town, company) = Town::small().await;
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    let pairing = ana.is_coached_by(&ben).await;
    let path = call_path(&ana.meets(&pairing).await);
    (town, company, ana, ben, pairing, path)
}

/// The texts that somebody can read: their own, the partner's.
async fn reads(who: &Person, call: &str) -> [Value; 2] {
    let notes = who.get(&format!("{call}/notes")).await.ok();
    ["mine", "partners"].map(|whose| notes[whose]["text"].clone())
}

#[actix_web::test]
async fn a_note_is_its_authors_until_it_is_shared() {
    let (_town, company, ana, ben, _, call) = met().await;
    let (notes, note) = (format!("{call}/notes"), format!("{call}/note"));
    insta::assert_snapshot!(ana.get(&notes).await.told(), @r#"
    200 OK
    {
      "check_in_id": "<id 1>",
      "mine": null,
      "partners": null
    }
    "#);
    insta::assert_snapshot!(ana.put(&note, json!({ "text": "Ask more, tell less." })).await.told(), @r#"
    200 OK
    {
      "check_in_id": "<id 1>",
      "mine": {
        "text": "Ask more, tell less.",
        "shared": false,
        "updated_at": "<+0d>"
      },
      "partners": null
    }
    "#);
    assert_eq!(reads(&ben, &call).await, [json!(null), json!(null)]);
    ana.put(&note, json!({ "text": "Ask more, tell less.", "shared": true })).await.ok();
    ben.put(&note, json!({ "text": "Ana explains well." })).await.ok();
    assert_eq!(reads(&ben, &call).await, [json!("Ana explains well."), json!("Ask more, tell less.")]);
    assert_eq!(reads(&ana, &call).await, [json!("Ask more, tell less."), json!(null)]);

    ana.put(&note, json!({ "text": "Ask even more.", "shared": true })).await.ok();
    assert_eq!(reads(&ben, &call).await[1], "Ask even more.", "it is read live");
    ana.put(&note, json!({ "text": "Ask even more." })).await.ok();
    assert_eq!(reads(&ben, &call).await[1], json!(null), "taken back at once");

    for other in [company.person("kim"), company.administrator("root")] {
        for answer in [
            other.get(&notes).await,
            other.put(&note, json!({ "text": "x" })).await,
            other.sends("DELETE", &note, "", "").await,
        ] {
            assert_eq!(answer.code(), "not_found");
        }
    }
    assert_eq!(reads(&ben, &call).await[0], "Ana explains well.");
}

#[actix_web::test]
async fn the_end_stops_new_writing_and_nothing_else() {
    let (_town, _company, ana, ben, pairing, call) = met().await;
    let note = format!("{call}/note");
    ana.put(&note, json!({ "text": "Pauses.", "shared": true })).await.ok();
    ben.put(&note, json!({ "text": "Slides.", "shared": true })).await.ok();
    ana.does("end", &pairing).await.ok();
    assert_eq!(reads(&ana, &call).await, [json!("Pauses."), json!("Slides.")]);
    assert_eq!(reads(&ben, &call).await, [json!("Slides."), json!("Pauses.")]);
    for new in [json!({ "text": "More pauses." }), json!({ "text": "More pauses.", "shared": true })] {
        assert_eq!(ana.put(&note, new).await.code(), "not_waiting");
    }
    ana.put(&note, json!({ "text": "Pauses." })).await.ok();
    assert_eq!(reads(&ben, &call).await, [json!("Slides."), json!(null)], "taken back after the end");
    assert_eq!(ana.put(&note, json!({ "text": "Pauses.", "shared": true })).await.code(), "not_waiting");
    let deleted = ben.sends("DELETE", &note, "", "").await;
    assert_eq!(deleted.status, 204);
    assert_eq!(reads(&ana, &call).await, [json!("Pauses."), json!(null)]);
    assert_eq!(ben.sends("DELETE", &note, "", "").await.status, 204, "there need be none");
}

#[actix_web::test]
async fn an_author_in_two_windows_loses_nothing() {
    let (_town, _company, ana, ben, _, call) = met().await;
    let (notes, note) = (format!("{call}/notes"), format!("{call}/note"));
    let write = async |etag: &str, text: &str| {
        let request = ana.request("PUT".parse().unwrap(), &note).header("If-Match", etag);
        Answer::to(request.json(&json!({ "text": text }))).await
    };
    let empty = ana.get(&notes).await.header("etag").to_owned();
    let first = write(&empty, "one").await;
    first.ok();
    assert_eq!(write(&empty, "two").await.code(), "stale");
    assert_eq!(reads(&ana, &call).await[0], "one");
    ben.put(&note, json!({ "text": "mine", "shared": true })).await.ok();
    write(first.header("etag"), "one, two").await.ok();
    assert_eq!(reads(&ana, &call).await[0], "one, two", "what the partner does is no conflict");
}

#[actix_web::test]
async fn every_text_comes_back_to_the_byte() {
    let (_town, _company, ana, _, _, call) = met().await;
    let note = format!("{call}/note");
    for text in [
        " \t leading, trailing \r\n",
        "\u{feff}\u{202e}evil\u{202c} e\u{301} é \u{1f469}\u{200d}\u{1f4bb}",
        "\u{1}\u{7f}\u{85}\u{fffe}\u{10ffff}",
        "\"}', (select 1); -- \\u0000 ${x} <script>",
    ] {
        ana.put(&note, json!({ "text": text })).await.ok();
        assert_eq!(reads(&ana, &call).await[0], text, "{text:?}");
    }
    ana.put(&note, json!({ "text": "\u{1f9d1}".repeat(4000) })).await.ok();
    assert_eq!(reads(&ana, &call).await[0], "\u{1f9d1}".repeat(4000));
    for (text, flaw) in [
        ("\u{1f9d1}".repeat(4001), "#/text too_long"),
        (String::new(), "#/text too_short"),
        ("a\0b".into(), "#/text wrong_format"),
    ] {
        let refused = ana.put(&note, json!({ "text": text })).await;
        assert_eq!(refused.flaws(), [flaw]);
        assert!(!refused.told().contains("a\\u0000b"));
    }
}
