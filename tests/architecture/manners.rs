//! The manners of the code: no excuses, no drawers for odds and ends, files that can be read at a sitting.

use crate::source::{Source, sources};

/// How long a file may be.
const LINES: usize = 350;

/// Longer ones, and how long they may be at most. A longer exception is a worse one.
const LONGER: &[(&str, usize)] = &[];

/// Names that say nothing of what is inside.
const DRAWERS: [&str; 7] = ["utils", "util", "helpers", "common", "manager", "service", "misc"];

/// What a source should not say.
const UNSAID: [(&str, &str); 6] = [
    (".unwrap()", "say what to expect, or return the error"),
    ("#[allow(", "use #[expect], with a reason"),
    ("#![allow(", "use #[expect], with a reason"),
    ("todo!(", "do it"),
    ("dbg!(", "take it out"),
    ("unsafe ", "find another way"),
];

fn findings(source: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    for (said, instead) in UNSAID {
        for (at, _) in source.code.match_indices(said) {
            findings.push(format!("src/{}:{}: {said}: {instead}", source.path, source.line(at)));
        }
    }
    let names = source.path.trim_end_matches(".rs").split('/');
    let inside = source.places("mod").into_iter().map(|at| {
        let name = source.code[at + 3..].trim_start();
        &name[..name.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(name.len())]
    });
    for name in names.chain(inside).filter(|name| DRAWERS.contains(name)) {
        findings.push(format!("src/{}: {name} says nothing of what is inside", source.path));
    }
    let lines = source.text.lines().count();
    let limit = LONGER.iter().find(|(path, _)| *path == source.path).map_or(LINES, |(_, limit)| *limit);
    if lines > limit {
        findings.push(format!("src/{}: {lines} lines: split it by meaning", source.path));
    }
    if !source.text.starts_with("//! ") {
        findings.push(format!("src/{}: begins without a line that says what it is", source.path));
    }
    findings
}

#[test]
fn the_code_has_manners() {
    let sources = sources();
    assert!(sources.len() > 50, "only {} sources were found", sources.len());
    assert_eq!(sources.iter().flat_map(findings).collect::<Vec<_>>(), <[String; 0]>::default());
    for (path, _) in LONGER {
        let lines = sources.iter().find(|source| source.path == *path).map_or(0, |source| source.text.lines().count());
        assert!(lines > LINES, "{path} has {lines} lines: no exception is needed");
    }
}

#[test]
fn bad_manners_are_found() {
    let bad = |path: &str, text: &str| findings(&crate::example(path, &format!("//! An example.\n{text}")));
    for text in [
        "a.unwrap();",
        "#[allow(dead_code)]",
        "#![allow(unused)]",
        "todo!()",
        "dbg!(a)",
        "unsafe { a }",
        "mod helpers;",
    ] {
        assert_eq!(bad("cycles/mod.rs", text).len(), 1, "{text}");
    }
    for path in ["utils.rs", "cycles/helpers.rs", "common/mod.rs", "cycles/manager/mod.rs"] {
        assert_eq!(bad(path, "").len(), 1, "{path}");
    }
    assert_eq!(bad("cycles/mod.rs", &"\n".repeat(LINES)).len(), 1);
    assert_eq!(findings(&crate::example("cycles/mod.rs", "mod rules;")).len(), 1);
    for text in [
        "// a.unwrap()",
        "let a = \".unwrap()\";",
        "#[expect(dead_code, reason = \"\")]",
        "#[cfg(test)]\nmod tests { a.unwrap() }",
    ] {
        assert!(bad("cycles/mod.rs", text).is_empty(), "{text}");
    }
}
