//! Examples of what an operation leaves behind: a pairing that has just been accepted is an active one.

use serde_json::{Value, json};

/// Changes the example of a success to what it is after this operation.
pub fn suit(id: &str, example: &mut Value) {
    for (pointer, value) in occasion(id) {
        if let Some(place) = example.pointer_mut(pointer) {
            *place = value;
        }
    }
}

/// Where the example of this operation's success differs from that of the thing it is about, by JSON Pointer (RFC 6901).
fn occasion(id: &str) -> Vec<(&'static str, Value)> {
    let accepted = ("/accepted_at", json!("2026-10-05T14:00:00.000Z"));
    let over = |state: &str, closed_at: &str| {
        [
            ("/state", json!(state)),
            ("/expires_at", json!(null)),
            ("/closed_at", json!(closed_at)),
            ("/allowed", json!([])),
        ]
    };
    let as_coach = || {
        let coachee = json!({ "id": "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60", "name": "Ana Silva" });
        [("/role", json!("coach")), ("/partner", coachee)]
    };
    let call = |state: &str, allowed: Value| {
        vec![("/state", json!(state)), ("/counts_as_held_at", json!(null)), ("/allowed", allowed)]
    };
    let note = json!({
        "text": "Speaks faster when it matters. Try pauses.", "shared": false, "updated_at": "2026-10-09T09:40:00.000Z",
    });
    match id {
        "accept_pairing" => [
            &as_coach()[..],
            &[
                ("/state", json!("active")),
                ("/expires_at", json!(null)),
                accepted,
                ("/closes_at", json!("2027-01-01T00:00:00.000Z")),
                ("/allowed", json!(["end"])),
            ],
        ]
        .concat(),
        "decline_pairing" => [
            &as_coach()[..],
            &over("declined", "2026-10-05T14:00:00.000Z"),
            &[("/decline_reason", json!("This quarter is full. Ask me again in January."))],
        ]
        .concat(),
        "withdraw_pairing" => over("withdrawn", "2026-10-05T14:00:00.000Z").into(),
        "end_pairing" => {
            [&over("ended", "2026-11-02T10:00:00.000Z")[..], &[accepted, ("/ended_by", json!("coachee"))]].concat()
        }
        "complete_pairing" => [&over("completed", "2026-12-14T10:00:00.000Z")[..], &[accepted]].concat(),
        "hold_check_in" => call("held", json!(["miss"])),
        "miss_check_in" => call("missed", json!(["hold"])),
        "cancel_check_in" => call("cancelled", json!([])),
        "plan_series" => vec![
            ("/check_ins/0/kind", json!("weekly")),
            ("/check_ins/0/series_id", json!("01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f64")),
            ("/check_ins/0/starts_at", json!("2026-10-15T09:00:00.000Z")),
            ("/check_ins/0/counts_as_held_at", json!("2026-10-16T09:00:00.000Z")),
        ],
        "put_note" | "get_notes" => vec![("/mine", note)],
        "test_webhook" => vec![
            ("/event_id", json!(null)),
            ("/type", json!("webhook.tested")),
            ("/attempts", json!(0)),
            ("/due_at", json!("2026-11-03T09:12:44.120Z")),
            ("/attempted_at", json!(null)),
            ("/status", json!(null)),
            ("/created_at", json!("2026-11-03T09:12:44.120Z")),
        ],
        "repeat_delivery" => vec![("/due_at", json!("2026-11-03T09:12:44.120Z")), ("/attempts", json!(0))],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is said in vain: each operation is there, and its example has each place.
    #[test]
    fn every_occasion_is_in_the_document() {
        let document = crate::app::document();
        let mut met = 0;
        for operation in document["paths"].as_object().into_iter().flat_map(|paths| paths.values()) {
            for operation in operation.as_object().into_iter().flat_map(|operations| operations.values()) {
                let id = operation["operationId"].as_str().unwrap_or_default();
                let success = ["200", "201"].into_iter().find_map(|status| operation["responses"].get(status));
                for (pointer, value) in occasion(id) {
                    let example = &success.expect("a success")["content"]["application/json"]["example"];
                    assert_eq!(example.pointer(pointer), Some(&value), "{id} {pointer}");
                    met += 1;
                }
            }
        }
        assert!(met > 50, "{met}");
    }
}
