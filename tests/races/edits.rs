//! Stale edits (promise A6): of all who edit the same version one succeeds, and nobody's change is lost.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::arena::{Arena, Call, Met, Racer, rounds};

/// Who edit at once.
const EDITORS: usize = 6;

/// Something that is edited: each edit counts a number up by one.
struct Edited {
    path: String,
    editors: Vec<Racer>,
    field: &'static str,
    /// The value that stands for a number, and back.
    written: fn(i64) -> Value,
    read: fn(&Value) -> i64,
}

impl Edited {
    fn number(path: &str, editors: &[Racer], field: &'static str) -> Self {
        let read = |value: &Value| value.as_i64().unwrap();
        Self { path: path.into(), editors: editors.to_vec(), field, written: |number| json!(number), read }
    }

    fn text(path: &str, editors: &[Racer], field: &'static str) -> Self {
        let read =
            |value: &Value| value.as_str().and_then(|text| text.strip_prefix("edit ")?.parse().ok()).unwrap_or(0);
        let written = |number: i64| json!(format!("edit {number}"));
        Self { path: path.into(), editors: editors.to_vec(), field, written, read }
    }

    /// As it is now: its number, and its ETag.
    async fn now(&self, arena: &Arena) -> (i64, String) {
        let seen = arena.does(self.editors[0].get(&self.path)).await;
        ((self.read)(&seen.ok()[self.field]), seen.header("etag").to_owned())
    }

    /// All count up what they have seen; one more has seen what was there before.
    fn edits(&self, arena: &Arena, number: i64, etag: &str) -> Vec<Call> {
        let edit = |editor: &Racer, etag: &str| {
            let change = Value::Object([(self.field.to_owned(), (self.written)(number + 1))].into_iter().collect());
            editor.patch(&self.path, etag, change)
        };
        let mut edits = (0..EDITORS).map(|at| edit(&self.editors[at % self.editors.len()], etag)).collect::<Vec<_>>();
        edits.insert(arena.dice(EDITORS), edit(&self.editors[0], "\"0-00000000\""));
        edits
    }
}

#[actix_web::test]
async fn no_edit_is_lost() {
    let arena = Arena::new("edits").await;
    let admins = arena.racers("admin", 2).await;
    let people = arena.racers("p", 3).await;
    let pairing = arena.active(&[(&people[0], &people[1])], Met::Once).await;
    let call = arena.add_calls(&pairing, "weekly", "scheduled", 5).await[0];
    let things = [
        Edited::number(&format!("/v1/check-ins/{call}"), &people[..2], "duration_minutes"),
        Edited::number("/v1/policy", &admins, "weekly_minutes"),
        Edited::text(&format!("/v1/cycles/{}", arena.cycle), &admins, "name"),
        Edited::text(&format!("/v1/members/{}", people[2].id), &admins, "title"),
        Edited::text("/v1/me", &people[..1], "time_zone"),
    ];
    // The caller's own entry has no field of free text or number that would do: time zones stand for numbers.
    let zone = |number: i64| json!(format!("Etc/GMT+{}", number % 12));
    let zone_of =
        |value: &Value| value.as_str().and_then(|zone| zone.strip_prefix("Etc/GMT+")?.parse().ok()).unwrap_or(0);
    let [first, second, third, fourth, mut fifth] = things;
    (fifth.written, fifth.read) = (zone, zone_of);
    let things = [first, second, third, fourth, fifth];
    let mut edited = [0; 5];
    let before = numbers(&arena, &things).await;
    for _ in 0..rounds(8) {
        let mut groups = Vec::new();
        for (thing, (number, etag)) in things.iter().zip(numbers(&arena, &things).await) {
            groups.push(thing.edits(&arena, number, &etag));
        }
        for ((answers, thing), count) in arena.race(groups).await.iter().zip(&things).zip(&mut edited) {
            let done = answers.iter().filter(|answer| answer.status == 200).count();
            arena.expect(done == 1, || format!("{done} edited one version of {}", thing.path));
            let stale = answers.iter().filter(|answer| answer.status == 412 && answer.code() == "stale").count();
            arena.expect(stale == EDITORS, || format!("{stale} were told of {} that they were late", thing.path));
            *count += 1;
        }
        arena.judge().await;
    }
    for (((thing, (then, _)), (now, _)), count) in
        things.iter().zip(before).zip(numbers(&arena, &things).await).zip(edited)
    {
        let counted = if thing.path == "/v1/me" { (then + count) % 12 } else { then + count };
        arena.expect(now == counted, || format!("{} of {count} edits of {} are there", now - then, thing.path));
    }
    arena.finish().await;
}

async fn numbers(arena: &Arena, things: &[Edited]) -> Vec<(i64, String)> {
    let mut numbers = Vec::new();
    for thing in things {
        numbers.push(thing.now(arena).await);
    }
    numbers
}

/// A text that its author has open in many windows at once.
struct Text {
    shown: String,
    written: String,
    /// Where it stands in what is shown, and how it is sent.
    at: &'static str,
    body: fn(&str) -> Value,
}

/// In how many, and how many of them are busy at one time: this is no siege.
const WINDOWS: usize = 100;
const BUSY: usize = 16;

/// In each window the author reads the text, adds a word of its own, and stores what they have seen with that word, if
/// nobody else has stored anything meanwhile; if somebody has, they try again, a few times.
async fn words(arena: &Arena, author: &Racer, text: &Text) {
    let word = |window: usize| format!("word-{window}.");
    let window = async |window: usize| {
        for _ in 0..8 {
            let seen = arena.does(author.get(&text.shown)).await;
            let before = seen.body().pointer(text.at).and_then(Value::as_str).unwrap_or_default().to_owned();
            let body = (text.body)(&(before + &word(window)));
            let answer = arena.sent(&author.put(&text.written, seen.header("etag"), body)).await;
            if answer.status == 200 {
                return true;
            }
            arena.expect(answer.code() == "stale", || format!("{} was answered {}", text.written, answer.text));
        }
        false
    };
    let stored = stream::iter(0..WINDOWS).map(window).buffered(BUSY).collect::<Vec<_>>().await;
    let shown = arena.does(author.get(&text.shown)).await.body();
    let shown = shown.pointer(text.at).unwrap().as_str().unwrap().to_owned();
    for (window, stored) in stored.iter().enumerate() {
        let times = shown.matches(&word(window)).count();
        arena.expect(times == usize::from(*stored), || format!("{window}: stored {stored}, {times} times in {shown}"));
    }
    let stored = stored.into_iter().filter(|stored| *stored).count();
    println!("{}: of {WINDOWS} windows {stored} came to their turn", text.written);
    arena.expect(stored >= 20, || format!("{stored} of {WINDOWS} stored anything"));
}

#[actix_web::test]
async fn no_word_is_lost() {
    let arena = Arena::new("words").await;
    let people = arena.racers("p", 2).await;
    let pairing = arena.active(&[(&people[0], &people[1])], Met::Once).await;
    let call = arena.add_calls(&pairing, "weekly", "held", 30).await[0];
    let reflection = "/v1/cycles/current/reflection".to_owned();
    let reflection = Text {
        shown: reflection.clone(),
        written: reflection,
        at: "/questions/0/answer",
        body: |text| json!({ "complete": true, "answers": [text] }),
    };
    let note = Text {
        shown: format!("/v1/check-ins/{call}/notes"),
        written: format!("/v1/check-ins/{call}/note"),
        at: "/mine/text",
        body: |text| json!({ "text": text }),
    };
    for text in [reflection, note] {
        words(&arena, &people[0], &text).await;
        arena.judge().await;
    }
    arena.finish().await;
}
