//! What is known of a member, and what the directory can be searched by.

use jiff::{SignedDuration, Timestamp};
use unicode_normalization::UnicodeNormalization;

use crate::ids::MemberId;

/// A person of an organization.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is explained where it is served: members/http.rs")]
pub struct Member {
    pub id: MemberId,
    pub version: i64,
    pub directory: Directory,
    pub own: Own,
    pub is_erased: bool,
    pub created_at: Timestamp,
}

/// What the company's directory says of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is explained where it is served: members/http.rs")]
pub struct Directory {
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub name: String,
    pub title: Option<String>,
    pub team: Option<String>,
    pub active: bool,
}

/// What the member says of themself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is explained where it is served: members/http.rs")]
pub struct Own {
    pub time_zone: Option<String>,
    pub working_hours: Option<(String, String)>,
    pub languages: Vec<String>,
    pub expertise: Vec<String>,
    pub projects: Vec<String>,
    pub open_to_coaching: bool,
    pub coach_capacity: Option<i16>,
    pub notify: bool,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            time_zone: None,
            working_hours: None,
            languages: vec![],
            expertise: vec![],
            projects: vec![],
            open_to_coaching: true,
            coach_capacity: None,
            notify: true,
        }
    }
}

/// Whom a token speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognized {
    /// Who.
    pub member: MemberId,
    /// Whether they are active.
    pub is_active: bool,
    /// When somebody of this name was erased, who has come back since as this member.
    pub not_before: Option<Timestamp>,
}

/// How far our clock and an identity provider's may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// Whether a token is from before an erasure, or may be.
pub fn is_from_before(issued_at: Option<Timestamp>, erased_at: Timestamp) -> bool {
    issued_at.is_none_or(|issued_at| issued_at.duration_since(erased_at) <= LEEWAY)
}

/// A field that a patch leaves as it is or sets, with its name where it changes.
pub fn set<T: PartialEq>(field: &mut T, value: Option<T>, name: &'static str, changed: &mut Vec<&'static str>) {
    if let Some(value) = value
        && *field != value
    {
        *field = value;
        changed.push(name);
    }
}

/// Without the white space around it. Otherwise what was sent is kept as it was; only comparing normalises.
pub fn tidy(text: &str) -> String {
    text.trim().to_owned()
}

/// What a search compares: in lower case, without accents, with single spaces.
pub fn folded(text: &str) -> String {
    let without_accents: String = text.nfd().filter(|letter| !('\u{300}'..='\u{36F}').contains(letter)).nfc().collect();
    without_accents.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a text stands among those of a list that are [`folded`]. Most are plain, and need not be folded for it.
pub fn position_folded(text: &str, list: &[String]) -> Option<usize> {
    if is_plain(text) {
        return list.iter().position(|folded| folded.eq_ignore_ascii_case(text));
    }
    let text = folded(text);
    list.iter().position(|folded| *folded == text)
}

/// Whether folding a text changes no more than the case of English letters.
fn is_plain(text: &str) -> bool {
    text.is_empty() || text.split(' ').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// By which kind of term a search is led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The name, from each of its words on.
    Name,
    /// One expertise.
    Expertise,
    /// One project.
    Project,
}

impl Kind {
    /// The name that is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Expertise => "expertise",
            Self::Project => "project",
        }
    }
}

/// One thing a member can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Of which kind.
    pub kind: Kind,
    /// Folded.
    pub text: String,
    /// Of a name: whether it is the whole one.
    pub is_whole: bool,
}

/// Everything that this member can be found by: each kind and text once.
pub fn terms(name: &str, own: &Own) -> Vec<Term> {
    let name = folded(name);
    let starts = name.match_indices(' ').map(|(at, _)| at + 1);
    let mut terms: Vec<Term> = Vec::new();
    let mut add = |kind, text: &str, is_whole| {
        if !text.is_empty() && !terms.iter().any(|term| term.kind == kind && term.text == text) {
            terms.push(Term { kind, text: text.to_owned(), is_whole });
        }
    };
    add(Kind::Name, &name, true);
    for start in starts.take(9) {
        add(Kind::Name, &name[start..], false);
    }
    for expertise in &own.expertise {
        add(Kind::Expertise, &folded(expertise), true);
    }
    for project in &own.projects {
        add(Kind::Project, &folded(project), true);
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_by_each_word_of_the_name_on() {
        let own = Own { expertise: vec!["Rust ".into(), "rust".into()], ..Own::default() };
        let found: Vec<_> =
            terms("Ana  María Silva", &own).into_iter().map(|term| (term.text, term.is_whole)).collect();
        let expected = [("ana maria silva", true), ("maria silva", false), ("silva", false), ("rust", true)];
        assert_eq!(found, expected.map(|(text, whole)| (text.to_owned(), whole)));
    }

    #[test]
    fn a_token_that_may_be_from_before_an_erasure_is() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (issued_at, before) in [
            (None, true),
            (Some(at(900)), true),
            (Some(at(1000)), true),
            (Some(at(1030)), true),
            (Some(at(1031)), false),
        ] {
            assert_eq!(is_from_before(issued_at, at(1000)), before, "{issued_at:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_found_as_if_it_was_folded(text in "[aB ]{0,4}|[ -~\\t\u{a0}]{0,3}|[KkIİß\u{212a}Ee\u{301} ]{0,4}|.{0,6}") {
            let list = ["x".to_owned(), folded(&text)];
            let found = list.iter().position(|one| *one == folded(&text));
            assert_eq!(position_folded(&text, &list), found);
            assert_eq!(position_folded(&text, &list[..1]), (list[0] == list[1]).then_some(0));
        }
    }

    #[test]
    fn letters_are_the_same_with_and_without_accents() {
        for zoe in ["Zoe\u{308}", "ZO\u{CB}", " zoe"] {
            assert_eq!(folded(zoe), "zoe");
        }
    }
}
