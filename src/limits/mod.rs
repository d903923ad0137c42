//! Limits: what keeps one caller, or one company, from taking a replica away from the others. They are no quota.
//!
//! Each caller has a bucket of requests, and so has each organization; whoever comes without a good token has that of
//! their address. A token is looked at first, and whoever has a good one is never refused for where they call from: a
//! whole office may sit behind one address. Refused is what finds its bucket empty: 429, with when to come back, before
//! a body is read or a connection taken.
//!
//! - A caller is who the token speaks of (issuer and `sub`), however many tokens and connections they have.
//! - An organization's limit is about the replica, not about anybody's manners: it is far above what people do. Beside it,
//!   nobody holds more than a part of each worker's database connections ([`Limits::share`]): what is slow, or waits for
//!   a lock, must not keep everybody's way.
//! - A 304 costs its caller nothing: it is given back. It is taken until then, so that a flood of them at once is limited
//!   as any other; and the organization's bucket is not given it back, since for the database it is work like the rest.
//! - A refusal takes a moment ([`gate`]): who asks again as soon as they are refused would otherwise cost a core.
//!
//! Buckets belong to a replica, and all its workers share them. They are kept for as many callers and addresses as fit,
//! and those that were not seen for longest are forgotten: no flood of names makes them more. `off` switches a limit off,
//! and then no header speaks of it.

mod bucket;
pub mod gate;
mod limit;
#[cfg(test)]
mod tests;

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use actix_web::http::header::HeaderValue;
use quick_cache::{Equivalent, sync::Cache};

pub use self::bucket::{Bucket, Left, Time};
pub use self::limit::{Limit, Rate};
use crate::access::Verified;
use crate::ids::OrganizationId;

/// How many callers, and how many addresses, are known at a time: about 2 MB of each.
const KNOWN: usize = 10_000;

/// One organization's part of a worker's database connections, where there are others.
pub const PART: usize = 4;

/// What the limits are set to.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// For each caller.
    pub caller: Limit,
    /// For each organization.
    pub organization: Limit,
    /// For each address that calls without a good token.
    pub address: Limit,
    /// How many proxies stand before the service, each adding to `X-Forwarded-For`.
    pub proxies: u8,
}

impl Settings {
    /// No limits at all.
    pub const OFF: Self = Self { caller: Limit::OFF, organization: Limit::OFF, address: Limit::OFF, proxies: 0 };
}

/// A caller by name: what all their tokens have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    organization: OrganizationId,
    issuer: Arc<str>,
    subject: String,
}

/// The same, as a token says it.
#[derive(Hash)]
struct Named<'a> {
    organization: OrganizationId,
    issuer: &'a str,
    subject: &'a str,
}

impl Equivalent<Name> for Named<'_> {
    fn equivalent(&self, name: &Name) -> bool {
        self.organization == name.organization && self.subject == name.subject && *self.issuer == *name.issuer
    }
}

/// A caller's bucket, and their organization's.
#[derive(Debug, Default)]
struct Buckets {
    caller: Option<Bucket>,
    organization: Option<Arc<Bucket>>,
}

/// The buckets of a replica.
pub struct Limits {
    settings: Settings,
    time: Time,
    callers: Cache<Name, Arc<Buckets>>,
    organizations: Cache<OrganizationId, Arc<Bucket>>,
    addresses: Cache<IpAddr, Arc<Bucket>>,
    policies: Policies,
    refused: AtomicU32,
}

/// `RateLimit-Policy`, for callers and for strangers.
struct Policies {
    caller: Option<HeaderValue>,
    address: Option<HeaderValue>,
}

/// What was taken for a request.
pub enum Taken {
    /// Nothing: no limit is set for it.
    Nothing,
    /// From a caller's bucket and their organization's.
    #[expect(private_interfaces, reason = "nobody needs to look inside")]
    Caller(Arc<Buckets>),
    /// From an address's bucket.
    Address(Arc<Bucket>),
}

/// Nothing could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// Which limit was reached: `caller`, `organization` or `address`.
    pub limit: &'static str,
    /// After how many seconds to come back.
    pub seconds: u64,
}

impl Limits {
    /// Nobody has taken anything yet.
    pub fn new(settings: Settings, time: Time) -> Self {
        let policy = |limits: [(&str, Limit); 2]| {
            let said = limits.iter().filter_map(|(name, limit)| Some(limit.rate()?.policy(name)));
            let said = said.collect::<Vec<_>>().join(", ");
            (!said.is_empty()).then(|| HeaderValue::try_from(said).expect("names and numbers"))
        };
        let policies = Policies {
            caller: policy([("caller", settings.caller), ("organization", settings.organization)]),
            address: policy([("address", settings.address), ("", Limit::OFF)]),
        };
        let (callers, organizations, addresses) = (Cache::new(KNOWN), Cache::new(KNOWN), Cache::new(KNOWN));
        Self { settings, time, callers, organizations, addresses, policies, refused: AtomicU32::new(0) }
    }

    /// No limits at all: for tests and measurements of something else.
    pub fn off() -> Self {
        Self::new(Settings::OFF, Time::default())
    }

    /// How many of a worker's database connections one of so many organizations may hold; none is said where it may hold
    /// all, being alone or without a limit.
    pub fn share(&self, connections: usize, organizations: usize) -> Option<usize> {
        let is_limited = organizations > 1 && self.settings.organization != Limit::OFF;
        is_limited.then(|| (connections / PART).max(1))
    }

    /// Takes a request of this caller's, and of their organization's.
    ///
    /// # Errors
    /// Which of the two has nothing left; then nothing is taken from the other.
    pub fn take(&self, verified: &Verified) -> Result<Taken, Empty> {
        if self.policies.caller.is_none() {
            return Ok(Taken::Nothing);
        }
        let buckets = self.buckets(verified);
        if let Some(caller) = &buckets.caller {
            caller.take().map_err(|seconds| Empty { limit: "caller", seconds })?;
        }
        if let Some(Err(seconds)) = buckets.organization.as_ref().map(|organization| organization.take()) {
            buckets.caller.iter().for_each(Bucket::give_back);
            return Err(Empty { limit: "organization", seconds });
        }
        Ok(Taken::Caller(buckets))
    }

    /// Takes a request of whoever calls from this address without a good token.
    ///
    /// # Errors
    /// When the address has nothing left.
    pub fn take_from(&self, address: IpAddr) -> Result<Taken, Empty> {
        let Some(rate) = self.settings.address.rate() else { return Ok(Taken::Nothing) };
        let made = || Ok::<_, std::convert::Infallible>(Arc::new(Bucket::new(rate, self.time.clone())));
        let Ok(bucket) = self.addresses.get_or_insert_with(&network(address), made);
        bucket.take().map_err(|seconds| Empty { limit: "address", seconds })?;
        Ok(Taken::Address(bucket))
    }

    /// How many callers and addresses it remembers now.
    pub fn known(&self) -> usize {
        self.callers.len() + self.addresses.len()
    }

    fn buckets(&self, verified: &Verified) -> Arc<Buckets> {
        let Verified { organization, issuer, subject, .. } = verified;
        if let Some(known) = self.callers.get(&Named { organization: *organization, issuer, subject }) {
            return known;
        }
        let name = Name { organization: *organization, issuer: Arc::clone(issuer), subject: subject.clone() };
        let made = |limit: Limit| limit.rate().map(|rate| Bucket::new(rate, self.time.clone()));
        let shared = || made(self.settings.organization).map(Arc::new).ok_or(());
        let buckets = || {
            let organization = self.organizations.get_or_insert_with(organization, shared).ok();
            Ok::<_, std::convert::Infallible>(Arc::new(Buckets { caller: made(self.settings.caller), organization }))
        };
        let Ok(buckets) = self.callers.get_or_insert_with(&name, buckets);
        buckets
    }
}

impl Taken {
    /// What was asked for has not changed: it is not counted against whoever asks.
    pub fn cost_nothing(&self) {
        match self {
            Self::Caller(buckets) => buckets.caller.iter().for_each(Bucket::give_back),
            Self::Address(bucket) => bucket.give_back(),
            Self::Nothing => {}
        }
    }

    /// The limit that an answer tells of, and what is left of it: the caller's own, where there is one. What is left to
    /// an organization tells what its other people do, so it is told only where nothing is.
    fn left(&self) -> Option<(&'static str, Left)> {
        match self {
            Self::Nothing => None,
            Self::Address(bucket) => Some(("address", bucket.left())),
            Self::Caller(buckets) => buckets.caller.as_ref().map(|bucket| ("caller", bucket.left())),
        }
    }
}

/// Who has an IPv6 address has 2⁶⁴ of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}
