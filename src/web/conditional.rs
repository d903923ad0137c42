//! Conditional requests (RFC 9110 section 13): what is shown carries an ETag of version and content.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use aws_lc_rs::digest;

use crate::codes::Code;
use crate::error::{Error, Flaw, Place, Result};

/// A strong ETag, `"<version>-<first 8 hex digits of the body's hash>"`. The hash is there because a state derived from
/// the clock changes without a new version of the row.
pub fn etag(version: i64, body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    let hash = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("\"{version}-{hash}\"")
}

/// Whether the caller already has this ETag (`If-None-Match`), so that 304 is answer enough.
pub fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let known = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    known
        .flat_map(|list| list.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == etag || one == "*")
}

/// Which versions the caller is willing to change; nothing where any will do.
#[derive(Clone, Debug, Default)]
pub struct MaybeIfMatch(Option<Vec<i64>>);

impl MaybeIfMatch {
    /// The versions; nothing where any will do. A verb compares them under its lock, and its statement names the version
    /// that it read.
    pub fn versions(&self) -> Option<&[i64]> {
        self.0.as_deref()
    }

    fn of(request: &HttpRequest) -> Result<Self> {
        let mut versions = Vec::new();
        for value in request.headers().get_all(header::IF_MATCH) {
            let value = value.to_str().map_err(|_| not_an_etag())?;
            if value == "*" {
                return Ok(Self(None));
            }
            for one in value.split(',').map(str::trim) {
                versions.push(version_of(one).ok_or_else(not_an_etag)?);
            }
        }
        Ok(Self(Some(versions).filter(|versions| !versions.is_empty())))
    }
}

/// The version that an ETag begins with; one that no row has for an ETag that is not one of ours.
fn version_of(etag: &str) -> Option<i64> {
    let inner = etag.strip_prefix("W/").unwrap_or(etag).strip_prefix('"')?.strip_suffix('"')?;
    let version = inner.split('-').next().and_then(|version| version.parse().ok());
    (!inner.contains('"')).then(|| version.unwrap_or(-1))
}

fn not_an_etag() -> Error {
    let detail = "must be the ETag of what you read, quotes included".into();
    Error::Invalid(vec![Flaw { place: Place::Header("If-Match"), code: "wrong_format", detail, malformed: true }])
}

impl FromRequest for MaybeIfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// `If-Match`, for what two people may edit: required, so that nobody overwrites a change they have not seen.
#[derive(Clone, Debug)]
pub struct IfMatch(MaybeIfMatch);

impl IfMatch {
    /// As [`MaybeIfMatch::versions`].
    pub fn versions(&self) -> Option<&[i64]> {
        self.0.versions()
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = !request.headers().contains_key(header::IF_MATCH);
        ready(if missing { Err(Code::PreconditionRequired.into()) } else { MaybeIfMatch::of(request).map(Self) })
    }
}
