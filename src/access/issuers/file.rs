//! The shape of the issuers' file: which settings there are and of which type.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::Issuers;
use super::checks::{self, Surroundings};

/// One `[[issuers]]` as it is written; what a setting means is said where it is checked.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    pub issuer: Option<String>,
    pub audiences: Option<Vec<String>>,
    pub algorithms: Option<Vec<String>>,
    pub discovery: Option<bool>,
    pub jwks_url: Option<String>,
    pub jwks_file: Option<String>,
    pub shared_secret_env: Option<String>,
    pub shared_secret_file: Option<String>,
    pub organization: Option<String>,
    pub organization_claim: Option<String>,
    pub organizations: Option<BTreeMap<String, String>>,
    pub member_claim: Option<String>,
    pub role_claim: Option<String>,
    pub administrator_roles: Option<Vec<String>>,
    pub scope_claim: Option<String>,
    pub types: Option<Vec<String>>,
    pub max_token_lifetime: Option<String>,
    pub integration_claim: Option<String>,
    pub integration_value: Option<String>,
}

/// What was found while reading: sentences, each with its place in the file.
#[derive(Default)]
pub(super) struct Findings {
    place: String,
    pub problems: Vec<String>,
    pub warnings: Vec<String>,
}

impl Findings {
    pub fn problem(&mut self, sentence: impl std::fmt::Display) {
        self.problems.push(format!("{}: {sentence}", self.place));
    }

    pub fn warning(&mut self, sentence: impl std::fmt::Display) {
        self.warnings.push(format!("{}: {sentence}", self.place));
    }
}

/// Reads the file's text; whoever starts the service wants to mend everything at once.
pub(super) fn parse(text: &str, around: &Surroundings<'_>) -> Result<Issuers, Vec<String>> {
    let mut found = Findings { place: "issuers file".to_owned(), ..Findings::default() };
    let tables = tables(text, &mut found);
    let mut trusted = Vec::new();
    let mut names = Vec::new();
    for (place, table) in tables.into_iter().enumerate() {
        let name = table.get("issuer").and_then(Value::as_str).map(|name| format!(" \"{name}\"")).unwrap_or_default();
        found.place = format!("issuer {}{name}", place + 1);
        let written = shaped(table, &mut found);
        overlap(&written, &names, &mut found);
        names.push((written.issuer.clone(), written.audiences.clone().unwrap_or_default()));
        trusted.extend(checks::check(written, around, &mut found));
    }
    if found.problems.is_empty() { Ok(Issuers { trusted, warnings: found.warnings }) } else { Err(found.problems) }
}

/// The tables under `[[issuers]]`.
fn tables(text: &str, found: &mut Findings) -> Vec<Table> {
    let file = match text.parse::<Table>() {
        Ok(file) => file,
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            found.problem(format!("line {} is not TOML: {}", before.matches('\n').count() + 1, error.message()));
            return Vec::new();
        }
    };
    for name in file.keys().filter(|name| *name != "issuers") {
        found.problem(format!("\"{name}\" is unknown; there is only [[issuers]]"));
    }
    let tables = match file.get("issuers") {
        Some(Value::Array(many)) => many.iter().map(|one| one.as_table().cloned()).collect::<Option<Vec<_>>>(),
        Some(_) => None,
        None => Some(Vec::new()),
    };
    match tables {
        Some(tables) if !tables.is_empty() => tables,
        Some(_) => {
            found.problem("names no issuer; add a table [[issuers]]");
            Vec::new()
        }
        None => {
            found.problem("\"issuers\" must be tables, each under [[issuers]]");
            Vec::new()
        }
    }
}

/// Reads one table setting by setting: serde stops at the first problem, and we want them all.
fn shaped(table: Table, found: &mut Findings) -> Written {
    let mut sound = Table::new();
    for (name, value) in table {
        let alone = Table::from_iter([(name.clone(), value.clone())]);
        match alone.try_into::<Written>() {
            Ok(_) => drop(sound.insert(name, value)),
            Err(error) if error.message().starts_with("unknown field") => {
                found.problem(format!("\"{name}\" is not a setting; {}", expected(error.message())));
            }
            Err(error) => found.problem(format!("\"{name}\" has the wrong type: expected {}", wanted(error.message()))),
        }
    }
    sound.try_into().unwrap_or_default()
}

/// What serde would rather have seen, from its message: "unknown field `x`, expected one of `a`, `b`".
fn expected(message: &str) -> &str {
    message.split_once(", ").map_or(message, |(_, expected)| expected)
}

/// What serde would rather have seen, without the value that it saw: "invalid type: string "…", expected a boolean".
fn wanted(message: &str) -> &str {
    message.rsplit_once("expected ").map_or("another", |(_, wanted)| wanted)
}

/// The same issuer may stand twice, for different audiences; a token must still say which of the two is meant.
fn overlap(written: &Written, before: &[(Option<String>, Vec<String>)], found: &mut Findings) {
    let audiences = written.audiences.as_deref().unwrap_or_default();
    for (place, (_, others)) in
        before.iter().enumerate().filter(|(_, (name, _))| name.is_some() && *name == written.issuer)
    {
        if let Some(shared) = audiences.iter().find(|audience| others.contains(audience)) {
            found.problem(format!("issuer {} is the same issuer with the same audience \"{shared}\"", place + 1));
        }
    }
}
