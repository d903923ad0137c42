//! Values at their edges: numbers and text; days and instants are in `instants.rs`.

use serde_json::json;

use crate::support::Town;

#[actix_web::test]
async fn numbers_at_every_edge() {
    let (_town, company) = Town::small().await;
    let ana = company.person("ana");
    for (number, status) in [
        ("0", 200),
        ("20", 200),
        ("null", 200),
        ("2.0", 200), // JSON Schema counts it among the integers
        ("2e0", 200),
        ("-0", 200),
        ("21", 422),
        ("-1", 422),
        ("32768", 422),
        ("-32769", 422),
        ("9223372036854775807", 422),
        ("-9223372036854775808", 422),
        ("9223372036854775808", 422),
        ("18446744073709551616", 422),
        ("1e300", 422),
        ("2.5", 400),
        ("\"2\"", 400),
        ("true", 400),
        ("1e400", 400),
        ("-1e400", 400),
        ("NaN", 400),
        ("Infinity", 400),
        ("0x10", 400),
        ("01", 400),
        ("+1", 400),
    ] {
        let answer = ana.says("PATCH", "/v1/me", format!("{{\"coach_capacity\":{number}}}")).await;
        assert_eq!(answer.status, status, "{number}: {}", answer.text);
    }
}

#[actix_web::test]
async fn text_is_unicode_without_tricks() {
    let (_town, company) = Town::small().await;
    let root = company.administrator("root");
    let named = |name: &str| format!(r#"{{"members":[{{"external_id":"x","name":"{name}"}}]}}"#);
    for name in [
        "a\\u0000b",
        "\\ud800",
        "\\udc00\\ud800",
        "a\\u202eb",
        "a\\u200bb",
        "a\\nb",
        "\\u001b[31m",
        " ",
        "\\u2028",
        "\\udbff\\udfff",
    ] {
        let answer = root.says("POST", "/v1/members/batch", named(name)).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{name}: {}", answer.text);
    }
    for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
        let body = [br#"{"members":[{"external_id":"x","name":""#, bytes, br#""}]}"#].concat();
        assert_eq!(root.says("POST", "/v1/members/batch", body).await.status, 400, "{bytes:?}");
    }
    for body in [&b"\xef\xbb\xbf{}"[..], b"\xff\xfe{\0}\0", b"", b" ", b"null", b"[]", b"\"\"", b"1", b"{} {}", b"{}x"]
    {
        assert_eq!(root.says("PATCH", "/v1/me", body.to_vec()).await.status, 400, "{body:?}");
    }
    for depth in [120, 127, 128, 129, 30_000] {
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(root.says("PATCH", "/v1/me", deep).await.status, 400, "{depth}");
    }
    for name in ["Zoë", "李小龍", "👩🏽", "O'Brien; drop table members --", "<b>&amp;"] {
        let members = json!({ "members": [{ "external_id": "x", "name": name }] });
        root.says("POST", "/v1/members/batch", members.to_string()).await.ok();
        let found = root.get("/v1/members?active=true&limit=100").await.ok();
        let mut names = found["data"].as_array().unwrap().iter().map(|member| member["name"].as_str().unwrap());
        assert!(names.any(|known| known == name), "{name}");
    }
}
