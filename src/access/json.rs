//! JSON in which every name appears once.
//!
//! serde_json keeps the last of two equal names, other parsers the first: whoever can add one makes two readers of the
//! same signed text see two different things. RFC 7519 (section 4) and RFC 7515 (section 4) let us refuse it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The object that `bytes` are, or nothing: broken, not an object, a name twice at any depth, or nested too deep
/// (serde_json stops at 128 levels).
pub(super) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice::<Strict>(bytes).ok()?.0 {
        Value::Object(object) => Some(object),
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

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EachNameOnce).map(Self)
    }
}

struct EachNameOnce;

impl<'de> Visitor<'de> for EachNameOnce {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON in which every name appears once")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = from.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = from.next_entry::<String, Strict>()? {
            if object.insert(name, value).is_some() {
                // The name itself stays out: it came from outside.
                return Err(A::Error::custom("a name appears twice"));
            }
        }
        Ok(Value::Object(object))
    }
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
