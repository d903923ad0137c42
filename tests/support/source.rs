//! Rust sources as tests read them: code without comments and texts, and the texts beside it.

use std::fs;
use std::path::Path;

/// A file of `src`.
pub struct Source {
    /// Its path below `src`, with slashes.
    pub path: String,
    /// As it was written.
    pub text: String,
    /// The same length in bytes, comments and the insides of texts blanked; its own unit tests are not there.
    pub code: String,
    /// Where each text starts (its opening quote), and what it says.
    pub texts: Vec<(usize, String)>,
}

/// All sources of the service.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let path = file.strip_prefix(&root).expect("below src").display().to_string();
        Source::of(&path, &fs::read_to_string(file).expect("a source"))
    };
    files.iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.ends_with("tests") {
            continue; // what a module's `tests.rs` was split into
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

/// Whether a module with its code follows; one that is only named has it in a file of its own.
fn opens_a_module(code: &str) -> bool {
    code.trim_start().starts_with("mod ") && code.find(['{', ';']).is_some_and(|at| code[at..].starts_with('{'))
}

impl Source {
    /// Reads a file's text.
    pub fn of(path: &str, text: &str) -> Self {
        let (mut code, mut texts) = split(text);
        let tests = code.match_indices("#[cfg(test)]").find(|(at, mark)| opens_a_module(&code[at + mark.len()..]));
        if let Some((tests, _)) = tests {
            code.truncate(tests);
            texts.retain(|(at, _)| *at < tests);
        }
        Self { path: path.into(), text: text.into(), code, texts }
    }

    /// The line of a place in the code.
    pub fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// Every place at which `word` stands in the code, not as a part of a longer name.
    pub fn places(&self, word: &str) -> Vec<usize> {
        let named = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let bytes = self.code.as_bytes();
        let (first, last) = (word.as_bytes().first(), word.as_bytes().last());
        let whole = |at: &usize| {
            let (goes_before, goes_on) = (*at > 0 && named(bytes.get(at - 1)), named(bytes.get(at + word.len())));
            !(named(first) && goes_before || named(last) && goes_on)
        };
        self.code.match_indices(word).map(|(at, _)| at).filter(whole).collect()
    }

    /// The statements that are marked with `sql!`.
    pub fn statements(&self) -> impl Iterator<Item = (usize, &str)> {
        let marked = |at: usize| self.code[..at].trim_end().ends_with("sql!(");
        self.texts.iter().filter(move |(at, _)| marked(*at)).map(|(at, text)| (*at, text.as_str()))
    }
}

/// Separates code from texts. Knows comments, strings, raw strings and characters: all that our sources have.
fn split(text: &str) -> (String, Vec<(usize, String)>) {
    let bytes = text.as_bytes();
    let (mut code, mut texts, mut at) = (bytes.to_vec(), Vec::new(), 0);
    let blank = |code: &mut Vec<u8>, from: usize, to: usize| {
        code[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    };
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let end = match rest {
            [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => text[at..].find("*/").map_or(bytes.len(), |length| at + length + 2),
            [b'r', b'"', ..] | [b'r', b'#', b'"' | b'#', ..] if at == 0 || !bytes[at - 1].is_ascii_alphanumeric() => {
                let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
                let start = at + 2 + hashes;
                let close = format!("\"{}", "#".repeat(hashes));
                let end = start + text[start..].find(&close).expect("a raw string ends");
                texts.push((at, text[start..end].to_owned()));
                blank(&mut code, start, end);
                at = end + close.len();
                continue;
            }
            [b'"', ..] => {
                let mut end = at + 1;
                while bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                texts.push((at, unescaped(&text[at + 1..end])));
                blank(&mut code, at + 1, end);
                at = end + 1;
                continue;
            }
            [b'\'', b'\\', ..] => at + 3 + rest[3..].iter().position(|byte| *byte == b'\'').expect("a character ends"),
            // a character, not a lifetime: its quote closes after one character
            [b'\'', ..] if text[at + 1..].chars().nth(1) == Some('\'') => {
                at + 2 + text[at + 1..].chars().next().map_or(0, char::len_utf8)
            }
            _ => {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
        };
        blank(&mut code, at, end);
        at = end;
    }
    (String::from_utf8(code).expect("blanks are ASCII"), texts)
}

/// What a string literal says; a backslash at a line's end joins it to the next.
fn unescaped(literal: &str) -> String {
    let (mut said, mut rest) = (String::new(), literal);
    while let Some((before, after)) = rest.split_once('\\') {
        said.push_str(before);
        rest = match after.chars().next() {
            Some('\n') => after.trim_start(),
            Some('n') => {
                said.push('\n');
                &after[1..]
            }
            Some('"' | '\\' | '\'') => {
                said.push_str(&after[..1]);
                &after[1..]
            }
            _ => after, // other escapes are in no statement
        };
    }
    said + rest
}

#[test]
fn code_is_told_from_texts() {
    let source = Source::of(
        "x.rs",
        "#[cfg(test)]\nmod elsewhere;\nlet a = 'b'; // \"no text\"\nlet c = sql!(\n  \"select 'it''s' \\\n   from \\\"t\\\"\"\n); /* sql!(\"no\") */ f::<'a>(r#\"raw \"one\"\"#);\n\
         #[cfg(test)]\nmod tests { \"not here\" }",
    );
    assert_eq!(
        source.statements().map(|(at, text)| (source.line(at), text)).collect::<Vec<_>>(),
        [(5, "select 'it''s' from \"t\"")]
    );
    assert_eq!(
        source.texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["select 'it''s' from \"t\"", "raw \"one\""]
    );
    assert!(source.code.contains("f::<'a>(") && !source.code.contains("no"), "{}", source.code);
    assert_eq!(source.places("let").len(), 2);
    assert_eq!(source.places("le").len(), 0);
}
