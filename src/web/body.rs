//! Bodies: read within limits, checked against their schema, then parsed.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::schema;
use crate::codes::Code;
use crate::error::{Error, Flaw, Place, Result};
use crate::json;

/// The largest body but for a batch, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;
/// How long a body may take to arrive.
pub const BODY_TIME: Duration = Duration::from_secs(10);

/// A JSON body that fits its schema. Neither it nor a patch shows what was sent when it is debugged: that may be private.
pub struct Body<T, const LIMIT: usize = BODY_BYTES> {
    value: T,
    bytes: Bytes,
}

impl<T, const LIMIT: usize> Body<T, LIMIT> {
    /// What was sent.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What was sent, to the byte: what makes a repeated request the same.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T, const LIMIT: usize> fmt::Debug for Body<T, LIMIT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

impl<T, const LIMIT: usize> Deref for Body<T, LIMIT> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + ToSchema + 'static, const LIMIT: usize> FromRequest for Body<T, LIMIT> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = check_kind(request, &["application/json"]);
        let (length, payload) = (declared_length(request), payload.take());
        Box::pin(async move {
            kind?;
            let bytes = read(payload, length, LIMIT).await?;
            Ok(Self { value: parse(&bytes)?, bytes })
        })
    }
}

/// A JSON merge patch (RFC 7396) that fits its schema: an absent key keeps, `null` clears.
pub struct MergePatch<T>(T);

impl<T> fmt::Debug for MergePatch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MergePatch(…)")
    }
}

impl<T> MergePatch<T> {
    /// What was sent.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for MergePatch<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = check_kind(request, &["application/merge-patch+json", "application/json"]);
        let (length, payload) = (declared_length(request), payload.take());
        Box::pin(async move {
            kind?;
            Ok(Self(parse(&read(payload, length, BODY_BYTES).await?)?))
        })
    }
}

/// Nothing to say: no body, or `{}`.
#[derive(Debug)]
pub struct NoBody;

impl FromRequest for NoBody {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = check_kind(request, &["application/json"]);
        let (length, payload) = (declared_length(request), payload.take());
        Box::pin(async move {
            let bytes = read(payload, length, BODY_BYTES).await?;
            if bytes.is_empty() {
                return Ok(Self);
            }
            kind?;
            nothing(&bytes)
        })
    }
}

fn malformed(code: &'static str, detail: impl Into<String>) -> Error {
    Error::Invalid(vec![Flaw { place: Place::Body(String::new()), code, detail: detail.into(), malformed: true }])
}

/// 415 for anything but these types in UTF-8, uncompressed.
fn check_kind(request: &HttpRequest, accepted: &[&str]) -> Result<()> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let charset_fits =
        parts.all(|part| part.strip_prefix("charset=").is_none_or(|charset| charset.trim_matches('"') == "utf-8"));
    let plain = text(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if accepted.contains(&essence) && charset_fits && plain { Ok(()) } else { Err(Code::UnsupportedMediaType.into()) }
}

fn declared_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read(mut payload: Payload, declared: Option<usize>, limit: usize) -> Result<Bytes> {
    let too_large = || Error::refused(Code::PayloadTooLarge, format!("This body may have {limit} bytes."));
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let whole = async {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| malformed("incomplete", "the body could not be read to its end"))?;
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    };
    tokio::time::timeout(BODY_TIME, whole).await.unwrap_or(Err(Code::TooSlow.into()))
}

fn value_of(bytes: &[u8]) -> Result<(Value, Vec<String>)> {
    json::read(bytes).map_err(|error| {
        malformed(
            "not_json",
            format!("cannot be read as JSON: look at line {}, column {}", error.line(), error.column()),
        )
    })
}

fn nothing(bytes: &[u8]) -> Result<NoBody> {
    let unknown = |key: &String| {
        let detail = "is not known here: this request takes no body, or {}".into();
        Flaw { place: Place::Body(json::below("", key)), code: "unknown", detail, malformed: true }
    };
    match value_of(bytes)?.0 {
        Value::Object(object) if object.is_empty() => Ok(NoBody),
        Value::Object(object) => Err(Error::Invalid(object.keys().map(unknown).collect())),
        _ => Err(malformed("wrong_type", "this request takes no body: send none, or {}")),
    }
}

fn parse<T: DeserializeOwned + ToSchema + 'static>(bytes: &[u8]) -> Result<T> {
    let (value, repeated) = value_of(bytes)?;
    let twice =
        |at| Flaw { place: Place::Body(at), code: "repeated_key", detail: "occurs twice".into(), malformed: true };
    let mut flaws = repeated.into_iter().map(twice).collect::<Vec<_>>();
    flaws.extend(schema::flaws(&validator::<T>(), &value, Place::Body));
    if !flaws.is_empty() {
        return Err(Error::Invalid(flaws));
    }
    // What fits the schema fits the type; where the two should ever differ, nothing of the value is told.
    serde_json::from_value(value).map_err(|_| malformed("invalid", "does not fit"))
}

/// Each type's validator, made once per worker.
fn validator<T: ToSchema + 'static>() -> Rc<Validator> {
    thread_local!(static VALIDATORS: RefCell<HashMap<TypeId, Rc<Validator>>> = RefCell::default());
    VALIDATORS.with_borrow_mut(|known| {
        Rc::clone(known.entry(TypeId::of::<T>()).or_insert_with(|| Rc::new(schema::validator_of::<T>())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::PrivateText;
    use crate::web::{Query, Reply};

    const CANARY: &str = "canary";

    #[test]
    fn nothing_that_was_sent_or_answered_is_shown_when_it_is_debugged() {
        let body: Body<String> = Body { value: CANARY.into(), bytes: Bytes::from_static(CANARY.as_bytes()) };
        let reply = Reply::created_plain("/v1/pairings/1".into(), &CANARY);
        let (patch, query) = (MergePatch(CANARY), Query::holding(CANARY));
        let shown = format!("{body:?} {body:#?} {patch:?} {patch:#?} {query:?} {query:#?} {reply:?} {reply:#?}");
        assert!(shown.contains("Body(…)") && shown.contains("201"), "{shown}");
        let bytes = format!("{:?}", CANARY.as_bytes()); // as a vector of bytes is shown
        for leak in [CANARY, bytes.trim_matches(['[', ']']), "99,"] {
            assert!(!shown.contains(leak), "{leak}: {shown}");
        }
    }

    #[test]
    fn what_somebody_wrote_is_not_shown_wherever_it_is_held() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "only shown")]
        struct Holds {
            text: PrivateText,
            perhaps: Option<PrivateText>,
            many: Vec<Option<PrivateText>>,
        }
        let text = || PrivateText::from(CANARY.to_owned());
        let holds = Holds { text: text(), perhaps: Some(text()), many: vec![Some(text()), None] };
        assert_eq!(format!("{holds:?}"), "Holds { text: \"…\", perhaps: Some(\"…\"), many: [Some(\"…\"), None] }");
        assert!(!format!("{holds:#?}").contains(CANARY));
    }
}
