//! Where the service is reached: how a whole address begins, where one is told.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use url::Url;

use crate::error::{Error, Result};

/// What `PUBLIC_URL` says, where it says something.
#[derive(Clone, Debug, Default)]
pub struct PublicUrl(pub Option<String>);

/// Where the service is reached: as it was set, or else as this request says that it has reached it. Whoever lies about
/// that is told an address of their own making; nobody else is, for no such answer is kept by anybody.
#[derive(Clone, Debug)]
pub struct Origin(String);

impl Origin {
    /// The whole address of this path.
    pub fn with(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequest for Origin {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.app_data::<PublicUrl>().and_then(|url| url.0.clone());
        ready(Ok(Self(known.or_else(|| said(request)).unwrap_or_else(|| own(request)))))
    }
}

/// By `Host`, or as a proxy says that it was asked (`Forwarded`, `X-Forwarded-Host`, `X-Forwarded-Proto`).
fn said(request: &HttpRequest) -> Option<String> {
    let info = request.connection_info();
    let url = Url::parse(&format!("{}://{}", info.scheme(), info.host())).ok()?;
    let origin = url.origin().ascii_serialization();
    (["http", "https"].contains(&url.scheme()) && origin.len() <= 500).then_some(origin)
}

/// The address that it listens on.
fn own(request: &HttpRequest) -> String {
    format!("http://{}", request.app_config().local_addr())
}
