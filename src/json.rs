//! JSON as it was written: also which keys occur twice, and where.
//!
//! serde_json alone keeps the last of two equal keys without a word, other parsers the first: whoever can add one makes
//! two readers of the same text see two different things.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Beyond this a whole number in a float is not exact any more (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value, and a JSON Pointer to each key that its object had before.
///
/// # Errors
/// Where the bytes are not JSON, not UTF-8, nested deeper than 127 levels, or hold a number beyond all bounds.
pub fn read(bytes: &[u8]) -> serde_json::Result<(Value, Vec<String>)> {
    let repeated = RefCell::default();
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = Reader { at: String::new(), repeated: &repeated }.deserialize(&mut from)?;
    from.end()?;
    Ok((value, repeated.into_inner()))
}

/// A name from outside, short and plain enough to be repeated in an answer.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// A pointer to this key below another pointer.
pub fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", plain(key).replace('~', "~0").replace('/', "~1"))
}

/// The key that a pointer ends with.
pub fn last(pointer: &str) -> String {
    pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

struct Reader<'a> {
    at: String,
    repeated: &'a RefCell<Vec<String>>,
}

impl Reader<'_> {
    fn below(&self, key: &str) -> Self {
        Self { at: below(&self.at, key), repeated: self.repeated }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
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

    /// JSON Schema counts `2.0` among the integers, and so do we; `serde` would not.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let whole = value.fract() == 0.0 && value.abs() < EXACT;
        Ok(if whole { (value as i64).into() } else { value.into() })
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(self.below(&values.len().to_string()))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = from.next_key::<String>()? {
            let reader = self.below(&key);
            let at = reader.at.clone();
            if object.insert(key, from.next_value_seed(reader)?).is_some() {
                self.repeated.borrow_mut().push(at);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_that_occur_twice_are_pointed_at() {
        let (value, repeated) = read(br#"{"a":1,"b":[{"c":1,"\u0063":2}],"a":3,"x/y":1,"x/y":1}"#).unwrap();
        assert_eq!(value, json!({ "a": 3, "b": [{ "c": 2 }], "x/y": 1 }));
        assert_eq!(repeated, ["/b/0/c", "/a", "/x~1y"]);
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        let (value, _) = read(b"[2.0, 1e2, -0.0, 2.5, 9007199254740993.0]").unwrap();
        assert_eq!(value, json!([2, 100, 0, 2.5, 9_007_199_254_740_993.0]));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let deep = "[".repeat(128) + &"]".repeat(128);
        for bad in ["", "{", "{} {}", "1e400", "NaN", r#""\ud800""#, "\"\u{1}\"", "[1,]", &deep] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read(b"\"\xff\"").is_err() && read(b"\xef\xbb\xbf{}").is_err());
    }
}
