//! The door: from a request's token to a [`Scope`], the first argument of every handler; and from a calendar's secret
//! address, which takes a token's place, to what it shows.
//!
//! A stranger is turned away here, before a body is read or a connection taken. On the happy path nothing waits: the
//! token was verified a moment ago, and so was who it speaks of.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use quick_cache::sync::Cache;
use tracing::Instrument;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::access::{Actor, Bearer, Caller, Integration, Reason, Tokens, Verified};
use crate::calendar::{self, Subscription};
use crate::clock::{Clock, real_time};
use crate::codes::Code;
use crate::db::{Database, Scope};
use crate::error::{Error, Result};
use crate::ids::OrganizationId;
use crate::members::{self, rules::Recognized, rules::is_from_before};
use crate::vault::Vault;

/// How long a member's standing is remembered. Writing asks the database each time.
const REMEMBERED: Duration = Duration::from_secs(30);

/// How many are remembered.
const CAPACITY: usize = 10_000;

/// What all workers of a process share to know who is asking.
pub struct Door {
    tokens: Arc<Tokens>,
    known: Cache<(OrganizationId, Arc<str>, String), Known>,
}

/// What a request carries on its way from the gate to the handler.
pub type Bearing = Result<Arc<Verified>, Stranger>;

/// Somebody without a good token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger;

#[derive(Clone, Copy)]
struct Known {
    recognized: Recognized,
    since: Instant,
}

impl Door {
    /// A door that these tokens open.
    pub fn new(tokens: Arc<Tokens>) -> Self {
        Self { tokens, known: Cache::new(CAPACITY) }
    }

    /// The tokens that open it.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Whom the request's token speaks of. Done once for each request, before anything else.
    pub async fn verify(&self, request: &HttpRequest) -> Bearing {
        let token = bearer_token(request).ok_or(Stranger)?;
        self.tokens.verify(token, real_time()).await.map_err(|rejected| {
            tracing::debug!(%rejected, "a token was rejected");
            Stranger
        })
    }

    async fn open(self: Arc<Self>, bearing: Option<Bearing>, scope: impl Fn(Caller) -> Scope) -> Result<Scope> {
        let verified = bearing.unwrap_or(Err(Stranger)).map_err(|Stranger| Code::Unauthenticated)?;
        let organization = verified.organization;
        let actor = match verified.bearer {
            Bearer::Integration { scopes } => {
                let (id, subject) = (integration_id(&verified), verified.subject.clone());
                Actor::Integration(Arc::new(Integration { id, subject, scopes }))
            }
            Bearer::Person { administrator } => {
                let system = scope(Caller::system(organization, Reason::Recognizing));
                match self.recognize(system, verified).await? {
                    Recognized { is_active: false, .. } => return Err(Code::MemberInactive.into()),
                    Recognized { member, .. } if administrator => Actor::Administrator(member),
                    Recognized { member, .. } => Actor::Member(member),
                }
            }
        };
        Ok(scope(Caller { organization, actor }))
    }

    /// Whom the token speaks of. One from before their erasure speaks of nobody, even where they have come back since.
    async fn recognize(self: Arc<Self>, system: Scope, token: Arc<Verified>) -> Result<Recognized> {
        let key = (token.organization, Arc::clone(&token.issuer), token.subject.clone());
        let known = self.known.get(&key).filter(|known| known.since.elapsed() < REMEMBERED);
        let issued_at = token.issued_at;
        let recognized = match known {
            Some(known) => known.recognized,
            None => {
                // Apart: a body that cannot be read is refused at once, and a question that nobody waits for any more would
                // take its connection along.
                let asked = async move {
                    let recognized = members::recognize(&system, &token).await?;
                    if recognized.is_active {
                        // whoever is not is asked after each time, and so is back as soon as they are
                        self.known.insert(key, Known { recognized, since: Instant::now() });
                    }
                    Ok::<_, Error>(recognized)
                };
                let asked = actix_web::rt::spawn(asked.in_current_span()).await;
                asked.map_err(|error| Error::Internal(error.to_string()))??
            }
        };
        if recognized.not_before.is_some_and(|erased_at| is_from_before(issued_at, erased_at)) {
            return Err(Code::MemberErased.into());
        }
        Ok(recognized)
    }
}

/// An integration's own id: the same wherever and whenever it calls, and no member's (a UUID of version 8).
fn integration_id(token: &Verified) -> Uuid {
    let named = format!("{}\n{}", token.issuer, token.subject);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, named.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl FromRequest for Scope {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let bearing = request.extensions_mut().remove::<Bearing>();
        let (door, scope) = (shared::<web::Data<Door>>(request), scopes(request));
        Box::pin(async move { door.into_inner().open(bearing, scope).await })
    }
}

impl FromRequest for Subscription {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let secret = Zeroizing::new(request.match_info().get("secret").unwrap_or_default().to_owned());
        let scope = scopes(request);
        Box::pin(async move { calendar::subscription(scope, &secret).await })
    }
}

fn shared<T: Clone + 'static>(request: &HttpRequest) -> T {
    request.app_data::<T>().expect("the app is built with it").clone()
}

/// What makes a caller's view of the database.
fn scopes(request: &HttpRequest) -> impl Fn(Caller) -> Scope + use<> {
    let (database, clock, vault) = (shared::<Database>(request), shared::<Clock>(request), shared::<Vault>(request));
    move |caller| Scope::new(database.clone(), clock.clone(), vault.clone(), caller)
}

/// The one bearer token of a request (RFC 6750 section 2.1).
fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (value, another) = (headers.next()?, headers.next());
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (another.is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim_start_matches(' '))
}
