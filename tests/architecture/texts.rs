//! What people write is held as `PrivateText`, which nothing prints; wherever it is asked for, carried or shown.

use crate::source::{Source, sources};

/// What the document says of a string that holds what somebody wrote.
const PRIVATE: [&str; 2] = ["format = \"text\"", "format = \"https-url\""];

/// What a field is called that holds it.
const NAMES: [&str; 6] = ["text", "message", "reason", "decline_reason", "join_url", "answers"];

/// Fields of such names that hold something else, each with a reason.
const OTHERS: &[(&str, &str, &str)] = &[("members/rules.rs", "text", "a word that the directory is searched for")];

/// Where private text is held as what can be printed.
fn findings(source: &Source) -> Vec<String> {
    let end = source.code.len();
    let lines = source.text[..end].lines().collect::<Vec<_>>();
    let mut findings = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let finding = |why: &str| format!("src/{}:{}: {why}: {}", source.path, number + 1, line.trim());
        if line.trim_start().starts_with("#[schema") && said_of(&lines[number..]) {
            let held = lines[number..]
                .iter()
                .map(|line| line.trim_start())
                .find(|line| line.starts_with("pub ") || is_field(line));
            let held = held.unwrap_or_default();
            let described =
                held.starts_with("pub struct") && !lines[..number].last().is_some_and(|line| line.contains("Debug"));
            if !described && !held.contains("PrivateText") {
                findings.push(finding("is not held as PrivateText"));
            }
        }
        let field = line.trim().trim_start_matches("pub(super) ").trim_start_matches("pub ");
        let Some((name, kind)) = field.split_once(": ") else { continue };
        let other = OTHERS.iter().any(|(path, known, _)| *path == source.path && *known == name);
        if NAMES.contains(&name) && is_a_type(kind) && kind.contains("String") && !other {
            findings.push(finding("holds what somebody wrote as what can be printed"));
        }
    }
    findings
}

/// Whether the attribute that begins here says that a string is private.
fn said_of(lines: &[&str]) -> bool {
    let attribute = lines.iter().scan(false, |over, line| {
        let before = std::mem::replace(over, line.trim_end().ends_with(")]"));
        (!before).then_some(*line)
    });
    attribute.collect::<String>().split_once("example").map_or_else(
        || PRIVATE.iter().any(|private| lines[0].contains(private)),
        |(said, _)| PRIVATE.iter().any(|private| said.contains(private)),
    )
}

/// `name: Type,`
fn is_field(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(name, kind)| {
        name.trim_start_matches("pub ").bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && is_a_type(kind)
    })
}

/// `Option<String>,` and not a value.
fn is_a_type(kind: &str) -> bool {
    kind.ends_with(',') && kind.starts_with(|first: char| first.is_ascii_uppercase()) && !kind.contains(['(', '.', '"'])
}

#[test]
fn what_people_write_is_held_as_what_nothing_prints() {
    let sources = sources();
    assert_eq!(sources.iter().flat_map(findings).collect::<Vec<_>>(), <[String; 0]>::default());
    let said = sources.iter().map(|source| source.text.matches(PRIVATE[0]).count()).sum::<usize>();
    assert!(said >= 3, "only {said} private texts were found in the document");
}

#[test]
fn private_texts_that_can_be_printed_are_found() {
    for (code, found) in [
        ("#[schema(value_type = String, format = \"text\", min_length = 1)]\n    text: String,\n", 2),
        ("#[schema(value_type = String, format = \"text\", min_length = 1)]\n    wish: String,\n", 1),
        (
            "#[schema(value_type = String,\n        format = \"https-url\", example = \"x\")]\n    #[serde(default)]\n    pub address: Option<String>,\n",
            1,
        ),
        ("#[schema(value_type = String, format = \"text\")]\n    text: PrivateText,\n", 0),
        ("#[schema(value_type = String, format = \"line\", example = \"format = text\")]\n    name: String,\n", 0),
        ("    pub join_url: Option<String>,\n", 1),
        ("    pub(super) message: Option<PrivateText>,\n", 0),
        (
            "#[derive(ToSchema)]\n#[schema(value_type = Option<String>, format = \"text\")]\npub struct Written(Option<String>);\n",
            0,
        ),
        (
            "#[derive(Debug, ToSchema)]\n#[schema(value_type = Option<String>, format = \"text\")]\npub struct Written(Option<String>);\n",
            1,
        ),
    ] {
        assert_eq!(findings(&crate::example("notes/http.rs", code)).len(), found, "{code}");
    }
}
