//! Cursors: what we have not made does not open; what we have made opens to the same place, in its own list only.

#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use peer_coaching::coaches::rules::Place;
use peer_coaching::vault::MasterKeys;
use peer_coaching::web::Cursors;
use peer_coaching_fuzz::{changed, is_exact, keys};
use serde_json::Value;
use uuid::Uuid;

const ORGANIZATION: Uuid = Uuid::from_u128(1);

fuzz_target!(|data: &[u8]| {
    thread_local!(static KEYS: MasterKeys = keys());
    KEYS.with(|keys| {
        let list = |organization: Uuid, list, filters: &str| Cursors::new(keys, organization.into(), list, &filters);
        let ours = list(ORGANIZATION, "members", "");
        if let Ok(text) = str::from_utf8(data) {
            assert!(ours.open::<Value>(Some(text)).is_err(), "we have not made this");
        }
        let Ok(place) = serde_json::from_slice::<Value>(data) else { return };
        let cursor = ours.of(&place);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.~-".contains(&byte)), "{cursor}");
        let opened = ours.open::<Value>(Some(&cursor)).expect("we have made it");
        assert!(opened.as_ref() == Some(&place) || !is_exact(&place), "{opened:?}");
        for other in
            [list(ORGANIZATION, "members", "x"), list(ORGANIZATION, "events", ""), list(Uuid::nil(), "members", "")]
        {
            assert!(other.open::<Value>(Some(&cursor)).is_err(), "it is another list's");
        }
        let changed = changed(cursor.as_bytes(), data.len());
        assert!(str::from_utf8(&changed).map_or(true, |changed| ours.open::<Value>(Some(changed)).is_err()));
        // A place of one kind is none of another kind, and says so.
        let _ = ours.open::<(Timestamp, Uuid)>(Some(&cursor));
        let _ = ours.open::<(String, Uuid)>(Some(&cursor));
        let _ = ours.open::<Timestamp>(Some(&cursor));
        let _ = ours.open::<Place>(Some(&cursor));
    });
});
