//! Query parameters: checked against the same schema that the document shows.

use std::any::TypeId;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;
use std::str::Utf8Error;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use super::schema;
use crate::error::{Error, Flaw, Place, Result};
use crate::json;

/// The parameters of a query, as `T` names them. What was searched for is not shown when it is debugged.
pub struct Query<T>(T);

impl<T> fmt::Debug for Query<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query(…)")
    }
}

impl<T> Query<T> {
    #[cfg(test)]
    pub(super) fn holding(wanted: T) -> Self {
        Self(wanted)
    }

    /// What was asked for.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + IntoParams + 'static> FromRequest for Query<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn flaw(name: &str, code: &'static str, detail: &str) -> Flaw {
    Flaw { place: Place::Query(name.into()), code, detail: detail.into(), malformed: true }
}

fn parse<T: DeserializeOwned + IntoParams + 'static>(query: &str) -> Result<T> {
    let known = known::<T>();
    let (mut given, mut flaws) = (Map::new(), Vec::new());
    for (name, text) in pairs(query)? {
        let value = known.typed(&name, text);
        if given.contains_key(&name) {
            flaws.push(flaw(&json::plain(&name), "repeated", "may be given once"));
        } else {
            given.insert(name, value);
        }
    }
    let given = Value::Object(given);
    flaws.extend(schema::flaws(&known.validator, &given, |pointer| Place::Query(json::last(&pointer))));
    if !flaws.is_empty() {
        return Err(Error::Invalid(flaws));
    }
    serde_json::from_value(given).map_err(|_| Error::Invalid(vec![flaw("", "invalid", "does not fit")]))
}

/// The pairs of a query in order, percent-decoded; bytes that are not UTF-8 are refused.
fn pairs(query: &str) -> Result<Vec<(String, String)>> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().map(Cow::into_owned)
    };
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    let pair = |piece: &str| {
        let (name, text) = piece.split_once('=').unwrap_or((piece, ""));
        Ok((decoded(name)?, decoded(text)?))
    };
    let pairs: Result<_, Utf8Error> = pieces.map(pair).collect();
    pairs.map_err(|_| Error::Invalid(vec![flaw("", "malformed", "is not a query in UTF-8")]))
}

/// What to say of a query where there is nothing to ask for; nothing where it is empty.
pub(super) fn unasked(query: &str) -> Option<Error> {
    let unknown = |(name, _): (String, String)| flaw(&json::plain(&name), "unknown", "is not known here");
    let flaws = match pairs(query) {
        Ok(pairs) => pairs.into_iter().map(unknown).collect::<Vec<_>>(),
        Err(error) => return Some(error),
    };
    (!flaws.is_empty()).then_some(Error::Invalid(flaws))
}

/// What the document says of these parameters.
struct Known {
    validator: Validator,
    types: HashMap<String, Value>,
}

impl Known {
    /// Text from a query becomes what the schema wants, where it can; where it cannot, the schema says so.
    fn typed(&self, name: &str, text: String) -> Value {
        let wants = |kind: &str| match self.types.get(name) {
            Some(Value::String(one)) => one == kind,
            Some(Value::Array(some)) => some.iter().any(|one| one == kind),
            _ => false,
        };
        let number = || text.parse::<i64>().ok().filter(|number| number.to_string() == text).map(Value::from);
        let truth = || text.parse::<bool>().ok().map(Value::from);
        let typed = if wants("integer") {
            number()
        } else if wants("boolean") {
            truth()
        } else {
            None
        };
        typed.unwrap_or(Value::String(text))
    }
}

/// Made once per worker and type.
fn known<T: IntoParams + 'static>() -> Rc<Known> {
    thread_local!(static KNOWN: RefCell<HashMap<TypeId, Rc<Known>>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        Rc::clone(known.entry(TypeId::of::<T>()).or_insert_with(|| {
            let parameters = T::into_params(|| Some(ParameterIn::Query));
            let types = parameters.iter().filter_map(|parameter| {
                let schema = serde_json::to_value(&parameter.schema).ok()?;
                Some((parameter.name.clone(), schema.get("type")?.clone()))
            });
            Rc::new(Known { types: types.collect(), validator: schema::validator_of_parameters(&parameters) })
        }))
    })
}
