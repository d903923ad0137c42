//! What the targets share.

use std::future::Future;

use actix_web::FromRequest;
use actix_web::test::TestRequest;
use peer_coaching::error::Error;
use peer_coaching::vault::MasterKeys;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// What has nothing to wait for, done at once.
pub fn done<F: Future>(future: F) -> F::Output {
    thread_local!(static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime"));
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// What is read of this request.
///
/// # Errors
/// Where it is refused.
pub fn read<T: FromRequest<Error = Error>>(request: TestRequest) -> Result<T, Error> {
    let (request, mut payload) = request.to_http_parts();
    done(T::from_request(&request, &mut payload))
}

/// Whether a request was refused as it should be: with places that are wrong, and never because the schema let something
/// pass that the type then refused, or for a reason that nobody can explain.
pub fn is_explained(error: &Error) -> bool {
    let Error::Invalid(flaws) = error else { return false };
    !flaws.is_empty() && flaws.iter().all(|flaw| flaw.code != "invalid" && !flaw.detail.is_empty())
}

/// Master keys, always the same.
pub fn keys() -> MasterKeys {
    "k1:q7Yf1n0m5p3v9x2c4b6n8m0Q1w3e5r7t9y1U3i5o7P4=".parse().expect("keys")
}

/// Whether two values say the same: 2.0 is 2.
pub fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let in_other = |(key, one)| other.get(key).is_some_and(|other| is_same(one, other));
            one.len() == other.len() && one.iter().all(in_other)
        }
        (one, other) => one == other,
    }
}

/// Whether a value looks the same once it was written and read: fractions may not.
pub fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(values) => values.iter().all(is_exact),
        Value::Object(object) => object.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// These bytes with one bit of them changed, the one of this number; nothing where there are none.
pub fn changed(bytes: &[u8], chosen: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let bits = (changed.len() * 8).max(1);
    if let Some(byte) = changed.get_mut(chosen % bits / 8) {
        *byte ^= 1 << (chosen % 8);
    }
    changed
}
