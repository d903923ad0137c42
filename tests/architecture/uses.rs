//! What a source names of other modules: its `use` lines, taken apart, and the paths in its code.

use crate::source::Source;

/// The path of the module that a file is, e.g. `["cycles", "http"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// A path that a source names, from the crate's root (`crate::cycles::rules::Cycle`) or from another crate's, and where.
#[derive(Debug, PartialEq)]
pub struct Named {
    pub line: usize,
    pub path: String,
}

/// Everything that this source names outside of itself, in the order of its lines.
pub fn names(source: &Source) -> Vec<Named> {
    let mut names = Vec::new();
    let mut code = source.code.clone();
    let mut aliases = Vec::new(); // modules that a `use` brought in, by their last word
    for at in source.places("use") {
        let Some(length) = code[at..].find(';') else { continue };
        let tree = code[at + 3..at + length].split_whitespace().collect::<String>();
        // a word of its own at the beginning of an item: not `r#use`, not in a macro's pattern
        if !tree.chars().all(|letter| letter.is_alphanumeric() || "_:{},*".contains(letter)) || tree.is_empty() {
            continue;
        }
        for path in leaves(&tree) {
            let path = absolute(&path, source);
            if path.starts_with("crate::") {
                aliases.push(path.clone());
            }
            names.push(Named { line: source.line(at), path });
        }
        code.replace_range(at..at + length, &" ".repeat(length));
    }
    for (at, path) in paths(&code) {
        let first = path.split("::").next().unwrap_or_default();
        let alias = aliases.iter().find(|alias| alias.rsplit("::").next() == Some(first));
        let path = match (first, alias) {
            ("crate" | "super" | "self", _) => absolute(&path, source),
            (_, Some(alias)) => format!("{alias}{}", &path[first.len()..]),
            (_, None) => continue,
        };
        names.push(Named { line: source.line(at), path });
    }
    names.sort_by_key(|named| named.line);
    names
}

/// `a::{b, c::{self, d}}` is `a::b`, `a::c` and `a::c::d`.
fn leaves(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else { return vec![tree.trim_end_matches("::self").to_owned()] };
    let (prefix, inside) = (&tree[..open], &tree[open + 1..tree.len() - 1]);
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[start..at].is_empty() {
                    found.extend(leaves(&inside[start..at]).into_iter().map(|leaf| format!("{prefix}{leaf}")));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found.into_iter().map(|leaf| leaf.trim_end_matches("::self").to_owned()).collect()
}

/// From the crate's root, whatever it was said from.
fn absolute(path: &str, source: &Source) -> String {
    let mut at = module(&source.path);
    let mut words = path.split("::").peekable();
    match words.peek() {
        Some(&"super") => {
            while words.peek() == Some(&"super") {
                words.next();
                at.pop();
            }
        }
        Some(&"self") => {
            words.next();
        }
        _ => return path.to_owned(),
    }
    let rest = words.map(str::to_owned);
    ["crate".to_owned()].into_iter().chain(at).chain(rest).collect::<Vec<_>>().join("::")
}

/// Paths of two words or more in plain code.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let bytes = code.as_bytes();
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut at = 0;
    while at < bytes.len() {
        if !part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (part(bytes[at]) || (code[at..].starts_with("::") && bytes.get(at + 2).is_some_and(|b| part(*b))))
        {
            at += if bytes[at] == b':' { 2 } else { 1 };
        }
        let after_path = start >= 2 && &code[start - 2..start] == "::";
        if code[start..at].contains("::") && !after_path {
            found.push((start, code[start..at].to_owned()));
        }
    }
    found
}

#[test]
fn names_are_taken_apart() {
    let source = crate::example(
        "cycles/http.rs",
        "use actix_web::{get, web};\nuse super::rules::{self, Phase};\nuse crate::{members, policy::{self, rules::Settings}};\n\
         fn f() { members::http::Member::of(crate::db::Scope::new(), other::thing(), \"crate::web::text\") }",
    );
    let found = names(&source).into_iter().map(|named| format!("{} {}", named.line, named.path)).collect::<Vec<_>>();
    let expected = [
        "1 actix_web::get",
        "1 actix_web::web",
        "2 crate::cycles::rules",
        "2 crate::cycles::rules::Phase",
        "3 crate::members",
        "3 crate::policy",
        "3 crate::policy::rules::Settings",
        "4 crate::members::http::Member::of",
        "4 crate::db::Scope::new",
    ];
    assert_eq!(found, expected);
}
