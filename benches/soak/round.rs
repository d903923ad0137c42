//! What a pair does, step by step and again and again: reads, writes, and what goes wrong in life. Each step is one
//! request, and has one right answer.

use jiff::SignedDuration;
use peer_coaching::clock::real_time;
use serde_json::json;

use super::ask::{Answer, Ask};
use super::pair::Pair;

/// One request.
pub struct Step {
    pub name: &'static str,
    /// The status of the answer.
    pub right: u16,
    pub ask: fn(&Pair) -> Ask,
    /// What is remembered of the answer.
    pub keep: fn(&mut Pair, &Answer),
}

const fn step(name: &'static str, right: u16, ask: fn(&Pair) -> Ask) -> Step {
    Step { name, right, ask, keep: |_, _| () }
}

/// The answer's version is remembered.
const fn read(name: &'static str, ask: fn(&Pair) -> Ask) -> Step {
    Step { name, right: 200, ask, keep: |pair, answer| pair.tag.clone_from(&answer.tag) }
}

const fn made(name: &'static str, ask: fn(&Pair) -> Ask, keep: fn(&mut Pair, &Answer)) -> Step {
    Step { name, right: 201, ask, keep }
}

/// A tag of no version.
const STALE: &str = "\"a version that never was\"";

/// No two weeks are the same: what is planned again and again is planned for another time.
fn next_week(pair: &Pair) -> String {
    let hours = 24 * 7 + i64::try_from(pair.round() % 24).unwrap_or_default();
    (real_time() + SignedDuration::from_hours(hours)).to_string()
}

pub const STEPS: [Step; 58] = [
    read("who I am", |p| p.coachee.get("/v1/me")),
    step("who I am, unchanged", 304, |p| p.coachee.get("/v1/me").unless(&p.tag)),
    step("what is next", 200, |p| p.coachee.get("/v1/me/next-step")),
    read("the policy", |p| p.coach.get("/v1/policy")),
    step("the policy, unchanged", 304, |p| p.coach.get("/v1/policy").unless(&p.tag)),
    step("whom I could ask", 200, |p| p.coachee.get("/v1/cycles/current/coaches?limit=5")),
    step("the directory", 200, |p| p.coachee.get("/v1/members?q=coach&limit=50")),
    step("opting in", 200, |p| {
        let topics = json!({ "answer": "opted_in", "topics": [format!("Topic {}", p.turn % 40)] });
        p.coachee.put("/v1/cycles/current/participation", &topics)
    }),
    step("reflecting", 200, |p| {
        let answers = json!({ "answers": [p.words(), null, "Less at once."], "complete": true });
        p.coachee.put("/v1/cycles/current/reflection", &answers)
    }),
    read("my reflection", |p| p.coachee.get("/v1/cycles/current/reflection")),
    step("my reflection, unchanged", 304, |p| p.coachee.get("/v1/cycles/current/reflection").unless(&p.tag)),
    step("their reflection", 200, |p| p.coach.get(p.of_pairing("reflection"))),
    step("changing myself", 200, |p| {
        let patch = json!({ "expertise": ["Rust", format!("Topic {}", p.turn % 40)] });
        p.coachee.ask("PATCH", "/v1/me").sending("application/merge-patch+json", &patch.to_string())
    }),
    step("changing an old version of myself", 412, |p| {
        p.coachee.ask("PATCH", "/v1/me").of(STALE).sending("application/merge-patch+json", "{}")
    }),
    made(
        "asking another",
        |p| p.coachee.post("/v1/pairings").once().saying(&json!({ "coach_id": p.other, "message": "Would you?" })),
        |p, answer| p.request = answer.id(),
    ),
    step("asking another twice", 409, |p| p.coachee.post("/v1/pairings").saying(&json!({ "coach_id": p.other }))),
    step("withdrawing", 200, |p| p.coachee.post(format!("/v1/pairings/{}/withdraw", p.request)).once()),
    step("withdrawing again", 409, |p| p.coachee.post(format!("/v1/pairings/{}/withdraw", p.request))),
    step("my pairings", 200, |p| p.coachee.get("/v1/pairings?limit=20")),
    read("our pairing", |p| p.coach.get(format!("/v1/pairings/{}", p.pairing))),
    step("our pairing, unchanged", 304, |p| p.coach.get(format!("/v1/pairings/{}", p.pairing)).unless(&p.tag)),
    step("a stranger's pairing", 404, |p| p.coach.get(format!("/v1/pairings/{}", p.elsewhere))),
    Step {
        name: "planning a call",
        right: 201,
        ask: |p| {
            let call =
                json!({ "kind": "weekly", "starts_at": next_week(p), "join_url": "https://meet.example.com/us" });
            p.coach
                .post(p.of_pairing("check-ins"))
                .with("Idempotency-Key", format!("{}-{}", p.pairing, p.turn))
                .saying(&call)
        },
        keep: |pair, answer| pair.planned = answer.id(),
    },
    read("the call", |p| p.coachee.get(format!("/v1/check-ins/{}", p.planned))),
    step("moving the call", 200, |p| {
        let later = json!({ "duration_minutes": 25 });
        let ask = p.coachee.ask("PATCH", format!("/v1/check-ins/{}", p.planned)).of(&p.tag);
        ask.sending("application/merge-patch+json", &later.to_string())
    }),
    step("moving the call, two at once", 412, |p| {
        let ask = p.coach.ask("PATCH", format!("/v1/check-ins/{}", p.planned)).of(&p.tag);
        ask.sending("application/merge-patch+json", "{\"duration_minutes\": 20}")
    }),
    step("moving the call, of no version", 428, |p| {
        let ask = p.coach.ask("PATCH", format!("/v1/check-ins/{}", p.planned));
        ask.sending("application/merge-patch+json", "{\"duration_minutes\": 20}")
    }),
    step("the call for a calendar", 200, |p| p.coachee.get(format!("/v1/check-ins/{}/calendar", p.planned))),
    read("my calendar", |p| Ask::new("GET", &p.feed)),
    step("my calendar, unchanged", 304, |p| Ask::new("GET", &p.feed).unless(&p.tag)),
    step("a calendar of nobody", 404, |p| Ask::new("GET", p.feed.replace("feed_", "feed_A"))),
    step("my calls", 200, |p| p.coachee.get("/v1/check-ins")),
    step("our calls", 200, |p| p.coach.get(p.of_pairing("check-ins"))),
    step("calling it off", 200, |p| p.coachee.post(format!("/v1/check-ins/{}/cancel", p.planned)).once()),
    step("holding what was called off", 409, |p| p.coachee.post(format!("/v1/check-ins/{}/hold", p.planned))),
    step("a note", 200, |p| {
        let note = json!({ "text": p.words(), "shared": p.round() % 2 == 0 });
        p.coach.put(format!("/v1/check-ins/{}/note", p.held), &note)
    }),
    step("a note, changed", 200, |p| {
        p.coach.put(format!("/v1/check-ins/{}/note", p.held), &json!({ "text": "In fewer words.", "shared": true }))
    }),
    step("the notes", 200, |p| p.coachee.get(format!("/v1/check-ins/{}/notes", p.held))),
    read("our action", |p| p.coachee.get(format!("/v1/actions/{}", p.action))),
    step("our action, changed", 200, |p| {
        let patch = json!({ "text": p.words() });
        let ask = p.coachee.ask("PATCH", format!("/v1/actions/{}", p.action)).of(&p.tag);
        ask.sending("application/merge-patch+json", &patch.to_string())
    }),
    step("our actions", 200, |p| p.coach.get(p.of_pairing("actions"))),
    made(
        "an insight",
        |p| p.coach.post(p.of_pairing("insights")).saying(&json!({ "kind": "leverage", "text": p.words() })),
        |p, answer| p.insight = answer.id(),
    ),
    step("an insight taken back by its coach", 403, |p| p.coach.ask("DELETE", format!("/v1/insights/{}", p.insight))),
    step("an insight deleted", 204, |p| p.coachee.ask("DELETE", format!("/v1/insights/{}", p.insight))),
    step("all that is known of me", 200, |p| p.coachee.get("/v1/me/export")),
    Step {
        name: "events",
        right: 200,
        ask: |p| {
            let cursor = p.program.cursor.borrow();
            let after = if cursor.is_empty() { String::new() } else { format!("&after={cursor}") };
            p.program.person.get(format!("/v1/events?limit=100{after}"))
        },
        keep: |pair, answer| *pair.program.cursor.borrow_mut() = answer.text("next_cursor"),
    },
    step("the webhooks", 200, |p| p.program.person.get("/v1/webhooks")),
    step("what was delivered", 200, |p| {
        p.program.person.get(format!("/v1/webhooks/{}/deliveries?limit=20", p.program.webhook))
    }),
    step("a member at the programs' door", 403, |p| p.coach.get("/v1/webhooks")),
    step("half a JSON", 400, |p| p.coach.post("/v1/pairings").sending("application/json", "{\"coach_id\": ")),
    step("a JSON of something else", 400, |p| p.coach.post("/v1/pairings").saying(&json!({ "coach": 1 }))),
    step("a JSON that makes no sense", 422, |p| {
        p.coach.put(format!("/v1/check-ins/{}/note", p.held), &json!({ "text": "" }))
    }),
    step("no token", 401, |_| Ask::new("GET", "/v1/me")),
    step("a broken token", 401, |p| Ask::new("GET", "/v1/me").bearing(format!("{}x", p.coach.new_token()))),
    step("a token by an unknown key", 401, |p| Ask::new("GET", "/v1/me").bearing(p.coach.forged())),
    step("an old token", 401, |p| Ask::new("GET", "/v1/me").bearing(p.coach.old())),
    step("a new token", 200, |p| Ask::new("GET", "/v1/me").bearing(p.coachee.new_token())),
    step("an address of nothing", 404, |p| p.coach.get(format!("/v1/nothing/{}", p.turn))),
];
