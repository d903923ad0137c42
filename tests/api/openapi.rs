//! The document says what the service does: it is complete, exact, and the one that is committed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use peer_coaching::{app, openapi};
use serde_json::{Value, json};

use crate::support::document::{fits, operations};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");

#[test]
fn the_committed_document_is_the_codes() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let same = committed == openapi::pretty() + "\n";
    assert!(same, "the API has changed: look at the difference after `cargo run -- openapi > openapi/openapi.json`");
}

#[test]
fn every_route_in_the_code_is_in_the_document_and_none_besides() {
    let mut in_code = BTreeSet::new();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            let route = line
                .strip_prefix("#[")
                .and_then(|rest| rest.strip_suffix("\")]"))
                .and_then(|rest| rest.split_once("(\""));
            let Some((method, path)) = route.filter(|(method, _)| METHODS.contains(method)) else { continue };
            let handler = lines.find_map(|line| line.split_once("async fn ")).expect("a handler follows").1;
            let name = handler.split(['(', '<']).next().unwrap();
            let prefix = if file.ends_with("http.rs") && name != "get_calendar" { "/v1" } else { "" };
            in_code.insert((method.to_owned(), format!("{prefix}{path}"), name.to_owned()));
        }
    }
    let in_document = operations(&app::document()).into_iter().map(|(method, path, operation)| {
        (method, path, operation["operationId"].as_str().unwrap_or("none").to_owned())
    });
    assert_eq!(in_code, in_document.collect());
    assert!(in_code.len() > 25);
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The files that may hold handlers: each slice's `http.rs`, and all of `web/`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    inside
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.ends_with("http.rs") || path.parent().is_some_and(|folder| folder.ends_with("src/web")))
        .collect()
}

#[test]
fn every_operation_is_described() {
    let document = app::document();
    let tags = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect::<Vec<_>>();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect("an operationId").to_owned();
        let (verb, noun) = id.split_once('_').unwrap_or_else(|| panic!("{id} is a verb and a noun"));
        let known = match method.as_str() {
            "get" => ["get", "list"].contains(&verb),
            "put" => verb == "put",
            "patch" => verb == "update",
            _ => {
                verb.bytes().all(|byte| byte.is_ascii_lowercase()) && !["get", "list", "put", "update"].contains(&verb)
            }
        };
        assert!(known && !noun.is_empty(), "{method} {path}: {id}");
        assert!(ids.insert(id.clone()), "{id} occurs twice");
        for text in ["summary", "description"] {
            assert!(
                operation[text].as_str().is_some_and(|text| text.len() > 10 && text.ends_with('.')),
                "{id}: {text}"
            );
        }
        let own = operation["tags"].as_array().expect("tags");
        assert!(own.len() == 1 && tags.contains(&own[0]), "{id}: {own:?}");
        assert_eq!(operation["responses"]["default"]["$ref"], "#/components/responses/Problem", "{id}");
        let public = !path.starts_with("/v1/");
        assert_eq!(operation.get("security"), public.then_some(&json!([])), "{id}");
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let described = |one: &&Value| one["in"] == "path" && one["name"] == name && one["required"] == true;
            assert_eq!(operation["parameters"].as_array().unwrap().iter().filter(described).count(), 1, "{id}: {name}");
        }
        let needs = |name: &str| {
            let found = operation["parameters"].as_array().into_iter().flatten().find(|one| one["name"] == name);
            found.map(|one| one["required"] == true)
        };
        let expected = match method.as_str() {
            "post" => (Some(id == "upsert_members"), None),
            "patch" => (None, Some(id != "update_me")),
            "put" => (None, Some(false)),
            "delete" if ["delete_note", "delete_insight", "delete_help_request"].contains(&id.as_str()) => {
                (None, Some(false))
            }
            "delete" if id.starts_with("erase_") => (None, Some(true)),
            _ => (None, None),
        };
        assert_eq!((needs("Idempotency-Key"), needs("If-Match")), expected, "{id}");
    }
    let used = operations(&document).iter().map(|(_, _, operation)| operation["tags"][0].clone()).collect::<Vec<_>>();
    assert!(tags.iter().all(|tag| used.contains(tag)), "no tag without operations: {tags:?}");
}

#[test]
fn every_body_has_an_example_that_fits_its_schema() {
    let document = app::document();
    let mut examples = 0;
    for (_, _, operation) in operations(&document) {
        let id = &operation["operationId"];
        let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
        let answers = operation["responses"].as_object().unwrap().iter();
        let answers = answers.filter(|(status, _)| status.starts_with('2') && *status != "204"); // which has no content
        let answers = answers.flat_map(|(_, response)| response["content"].as_object().expect("a body"));
        for (kind, content) in bodies.chain(answers) {
            let example = content.get("example").unwrap_or_else(|| panic!("{id} {kind}: no example"));
            let flaws = fits(&document, &content["schema"], example);
            assert!(flaws.is_empty(), "{id} {kind}: {flaws:?}\n{example:#}");
            examples += 1;
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if let Some(example) = parameter.get("example") {
                let flaws = fits(&document, &parameter["schema"], example);
                assert!(flaws.is_empty(), "{id} {}: {flaws:?}", parameter["name"]);
            }
        }
    }
    let problem = &document["components"]["responses"]["Problem"]["content"]["application/problem+json"];
    assert_eq!(fits(&document, &problem["schema"], &problem["example"]), [""; 0]);
    for (name, header) in document["components"]["headers"].as_object().unwrap() {
        let schema = &header["schema"];
        let example = schema.get("example").or(schema["enum"].get(0)).expect("an example");
        assert_eq!(fits(&document, schema, example), [""; 0], "{name}");
    }
    assert!(examples > 35, "{examples}");
}

#[test]
fn the_frame_is_plain() {
    let document = app::document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document.get("jsonSchemaDialect"), None);
    assert_eq!(document["security"], json!([{ "bearer": [] }]));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(document["servers"][0]["url"], "/");
    let mut text = document.to_string();
    // Examples: where a call is joined, where we are, where a program listens. And how an address begins.
    for known in
        ["https://meet.example.com/", "https://coaching.example.com", "https://bot.example.com/", "with https://"]
    {
        text = text.replace(known, "");
    }
    assert!(!text.contains("://"), "no other host is named");
    for (path, _) in document["paths"].as_object().unwrap() {
        assert!(!path.ends_with('/') && !path.contains('_') || path.contains('{'), "{path}");
        let plain = path.split('/').filter(|part| !part.starts_with('{'));
        assert!(
            plain.into_iter().all(|part| part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || part == "v1")),
            "{path}"
        );
    }
    // every code that an answer can carry is told of
    let codes = document["components"]["responses"]["Problem"]["description"].as_str().unwrap();
    for code in peer_coaching::codes::Code::ALL {
        assert!(codes.contains(&format!("`{code}` ({})", code.status().as_u16())), "{code}");
    }
}
