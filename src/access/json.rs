//! Claims, headers and key sets: JSON objects in which every name appears once. RFC 7519 (section 4) and RFC 7515
//! (section 4) let us refuse all others.

use serde_json::{Map, Value};

use crate::json::read;

/// The object that `bytes` are, or nothing: broken, not an object, a name twice at any depth, or nested too deep
/// (serde_json stops at 128 levels).
pub(super) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match read(bytes).ok()? {
        (Value::Object(object), repeated) if repeated.is_empty() => Some(object),
        _ => None,
    }
}

/// What stands at `path`: under exactly this name, else inside nested objects with dots between their names.
///
/// Names with dots are common (`https://example.com/roles`), and so are nested claims (`realm_access.roles`).
pub(super) fn at<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    object.get(path).or_else(|| {
        let (outer, inner) = path.split_once('.')?;
        at(object.get(outer)?.as_object()?, inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_once_at_any_depth() {
        assert!(object(br#"{"a":1,"b":{"a":[{"a":null},{"a":-1.5}]}}"#).is_some());
        for twice in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"a":2}}"#, r#"{"b":[{"a":1,"a":2}]}"#, r#"{"a":1,"\u0061":2}"#]
        {
            assert!(object(twice.as_bytes()).is_none(), "{twice}");
        }
    }

    #[test]
    fn only_whole_shallow_objects() {
        let deep = format!("{}{}{}", r#"{"a":"#, "[".repeat(200), "]".repeat(200) + "}");
        for bad in ["", "[]", "1", "{", "{}{}", "{} x", r#"{"a":1e400}"#, &deep] {
            assert!(object(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_none());
    }

    #[test]
    fn a_path_is_first_a_name() {
        let claims = object(br#"{"realm.roles":"flat","realm":{"roles":"nested","x":{"y":1}}}"#).unwrap();
        assert_eq!(at(&claims, "realm.roles"), Some(&Value::from("flat")));
        assert_eq!(at(&claims, "realm.x.y"), Some(&Value::from(1)));
        assert_eq!(at(&claims, "realm.x.z"), None);
        assert_eq!(at(&claims, "realm.roles.z"), None);
    }
}
