//! Query parameters: checked against the same schema that the document shows.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use super::schema;
use crate::error::{Error, Flaw, Place, Result};

/// The parameters of a query, as `T` names them.
#[derive(Debug)]
pub struct Query<T>(T);

impl<T> Query<T> {
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

fn flaw(name: &str, code: &'static str, detail: &str) -> Error {
    Error::Invalid(vec![Flaw { place: Place::Query(name.into()), code, detail: detail.into(), malformed: true }])
}

fn parse<T: DeserializeOwned + IntoParams + 'static>(query: &str) -> Result<T> {
    let known = known::<T>();
    let mut given = Map::new();
    for (name, text) in form_urlencoded(query)? {
        let value = known.typed(&name, text);
        if given.insert(name.clone(), value).is_some() {
            return Err(flaw(&name, "repeated", "may be given once"));
        }
    }
    let given = Value::Object(given);
    let flaws = schema::flaws(&known.validator, &given, |pointer| Place::Query(pointer.trim_start_matches('/').into()));
    if !flaws.is_empty() {
        return Err(Error::Invalid(flaws));
    }
    serde_json::from_value(given).map_err(|_| flaw("", "invalid", "cannot be read"))
}

/// The pairs of a query in order, percent-decoded; bytes that are not UTF-8 are refused.
fn form_urlencoded(query: &str) -> Result<Vec<(String, String)>> {
    serde_urlencoded::from_str(query).map_err(|_| flaw("", "malformed", "is not a query in UTF-8"))
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
