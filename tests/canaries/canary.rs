//! Words that stand nowhere else: one for each place and each way that it is used, and how they are found again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::places::Place;
use crate::public::PUBLIC;

/// How a word would look.
type Form = fn(&str) -> Vec<u8>;

/// Every disguise.
pub const FORMS: [(&str, Form); 14] = [
    ("plain", |word| word.into()),
    ("upper case", |word| word.to_ascii_uppercase().into()),
    ("UTF-16, whichever end first", |word| {
        word.split("").skip(1).collect::<Vec<_>>().join("\0").trim_end_matches('\0').into()
    }),
    ("base64", base64::<0>),
    ("base64 after one byte", base64::<1>),
    ("base64 after two bytes", base64::<2>),
    ("hex", |word| each(word, |byte| format!("{byte:02x}"))),
    ("hex in upper case", |word| each(word, |byte| format!("{byte:02X}"))),
    ("JSON escapes", |word| each(word, |byte| format!("\\u{byte:04x}"))),
    ("JSON escapes in upper case", |word| each(word, |byte| format!("\\u{byte:04X}"))),
    ("percent signs", |word| each(word, |byte| format!("%{byte:02x}"))),
    ("percent signs in upper case", |word| each(word, |byte| format!("%{byte:02X}"))),
    ("a list of bytes", |word| format!("{:?}", word.as_bytes()).trim_matches(['[', ']']).into()),
    ("octal escapes", |word| each(word, |byte| format!("\\{byte:03o}"))),
];

fn each(word: &str, form: impl Fn(u8) -> String) -> Vec<u8> {
    word.bytes().map(form).collect::<String>().into()
}

/// What of a base64 text stands for nothing but the word, where it follows this many other bytes.
fn base64<const BEFORE: usize>(word: &str) -> Vec<u8> {
    let encoded = STANDARD_NO_PAD.encode([&[0; BEFORE][..], word.as_bytes()].concat());
    let (first, last) = ((BEFORE * 8).div_ceil(6), (BEFORE + word.len()) * 8 / 6);
    encoded[first..last].into()
}

/// A word, and where it was used.
struct Word {
    text: String,
    /// `put_note #/text`
    field: String,
    /// `as it should be`, or how it was spoilt.
    how: String,
}

/// Every word so far.
pub struct Words {
    /// How each begins, in this test and in no other.
    begins: &'static str,
    all: Vec<Word>,
}

impl Words {
    /// None yet; they will begin like this.
    pub fn beginning_with(begins: &'static str) -> Self {
        Self { begins, all: Vec::new() }
    }

    /// A word that was never used before; all are as long as each other.
    pub fn new_word(&mut self, field: &str, how: &str) -> String {
        let (mut number, mut text) = (self.all.len(), self.begins.to_owned());
        for _ in 0..5 {
            text.push(char::from(b'a' + (number % 26) as u8));
            number /= 26;
        }
        text.push_str("xq");
        self.all.push(Word { text: text.clone(), field: field.into(), how: how.into() });
        text
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Every field that a word was put into, as it should be.
    pub fn fields(&self) -> BTreeSet<String> {
        self.all.iter().filter(|word| word.how == "as it should be").map(|word| word.field.clone()).collect()
    }

    /// What is where it should not be, and what is not where it should be.
    pub fn compared(&self, seen: &[(Place, Vec<u8>)]) -> Vec<String> {
        let (mut wrong, mut found) = (Vec::new(), BTreeMap::<usize, BTreeSet<Place>>::new());
        let net = Net::of(self);
        for (place, data) in seen {
            for (number, disguise, at) in net.catches(data) {
                let Some(number) = number else {
                    // at the end of a page of the data files a text may be cut, and goes on elsewhere
                    if *place != Place::Files {
                        wrong.push(format!("{place:?}: a word cut short ({disguise}): {}", around(data, at)));
                    }
                    continue;
                };
                let Word { field, how, .. } = &self.all[number];
                let allowed =
                    PUBLIC.iter().any(|(known, places, _)| *known == field.as_str() && places.contains(place));
                let first = found.entry(number).or_default().insert(*place);
                if !allowed && first {
                    wrong.push(format!("{field}, {how}: in {place:?} ({disguise}): {}", around(data, at)));
                }
            }
        }
        for (number, word) in self.all.iter().enumerate().filter(|(_, word)| word.how == "as it should be") {
            for (_, places, _) in PUBLIC.iter().filter(|(known, ..)| *known == word.field) {
                let missing =
                    places.iter().filter(|place| !found.get(&number).is_some_and(|found| found.contains(*place)));
                wrong.extend(
                    missing.map(|place| format!("{}: is not found in {place:?}, where it is public", word.field)),
                );
            }
        }
        wrong
    }
}

/// All words in all disguises.
struct Net {
    /// How words begin in each disguise.
    begins: Vec<(&'static str, Vec<u8>)>,
    whole: HashMap<Vec<u8>, usize>,
    lengths: Vec<usize>,
}

impl Net {
    fn of(words: &Words) -> Self {
        let begins = FORMS.map(|(disguise, form)| (disguise, form(words.begins))).into();
        let whole =
            words.all.iter().enumerate().flat_map(|(number, word)| FORMS.map(|(_, form)| (form(&word.text), number)));
        let any = words.all.first().map(|word| word.text.clone()).unwrap_or_default();
        Self { begins, whole: whole.collect(), lengths: FORMS.map(|(_, form)| form(&any).len()).into() }
    }

    /// Every word that stands here: which, in which disguise, and where; without a number where it is not whole.
    fn catches(&self, data: &[u8]) -> Vec<(Option<usize>, &'static str, usize)> {
        let mut first = [false; 256];
        self.begins.iter().for_each(|(_, begin)| first[usize::from(begin[0])] = true);
        let mut caught = Vec::new();
        for (at, _) in data.iter().enumerate().filter(|(_, byte)| first[usize::from(**byte)]) {
            for (form, (disguise, begin)) in self.begins.iter().enumerate() {
                if data[at..].starts_with(begin) {
                    let whole = data.get(at..at + self.lengths[form]).and_then(|whole| self.whole.get(whole));
                    caught.push((whole.copied(), *disguise, at));
                }
            }
        }
        caught
    }
}

/// Which of these stands somewhere in there, if any does.
pub fn holds<'a>(data: &[u8], these: &[&'a [u8]]) -> Option<&'a [u8]> {
    let mut first = [false; 256];
    these.iter().for_each(|this| first[usize::from(this[0])] = true);
    let places = data.iter().enumerate().filter(|(_, byte)| first[usize::from(**byte)]).map(|(at, _)| at);
    places.filter_map(|at| these.iter().find(|this| data[at..].starts_with(this))).next().copied()
}

/// What stands around this place, for people.
fn around(data: &[u8], at: usize) -> String {
    let shown = &data[at.saturating_sub(80)..data.len().min(at + 60)];
    let text = String::from_utf8_lossy(shown);
    text.chars().map(|c| if c.is_control() || c == '\u{FFFD}' { '·' } else { c }).collect()
}
