//! Verifies tokens: the one door from a text to a [`Verified`].

use std::sync::Arc;

use jiff::Timestamp;

use super::algorithm::Algorithm;
use super::bearer::Verified;
use super::claims::Claims;
use super::compact::{self, Compact};
use super::issuers::{Issuer, Issuers};
use super::keys::Thumbprint;
use super::memory::{Memory, Remembered, TokenDigest};
use super::rejected::Rejected;
use super::ring::KeyRing;
use crate::telemetry::metrics;

/// The issuers, their keys, and the tokens that were verified lately; one for all workers.
pub struct Tokens {
    trusted: Vec<Trusted>,
    organizations: usize,
    memory: Memory,
}

struct Trusted {
    issuer: Issuer,
    ring: Arc<KeyRing>,
}

impl Tokens {
    /// Knows `issuers`, and as yet no keys of those that publish theirs on the network: see [`Tokens::renew`].
    pub fn new(issuers: Issuers) -> Self {
        let organizations = issuers.organizations().count();
        let trusted = issuers.into_parts().map(|(issuer, source, keys)| {
            let ring = KeyRing::new(Arc::clone(&issuer.name), source, keys);
            Trusted { issuer, ring }
        });
        Self { trusted: trusted.collect(), organizations, memory: Memory::new() }
    }

    /// Says who signed `token` and what it says; `now` is real time ([`crate::clock::real_time`]).
    ///
    /// Needs a tokio runtime. It waits only where the token's key is unknown, and never longer than 2 s.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Verified>, Rejected> {
        if token.len() > compact::LONGEST {
            return Err(Rejected::TooLong);
        }
        let digest = TokenDigest::of(token);
        if let Some(verified) = self.recall(&digest, now) {
            return Ok(verified);
        }
        let remembered = self.verify_anew(token, now).await?;
        let verified = Arc::clone(&remembered.verified);
        self.memory.remember(digest, remembered);
        Ok(verified)
    }

    /// Renews keys that have aged. To be called at the start, so that the first token need not wait, and by a timer, so
    /// that keys stay fresh while nobody asks.
    pub async fn renew(&self, now: Timestamp) {
        futures_util::future::join_all(self.trusted.iter().map(|one| one.ring.renew(now))).await;
    }

    /// Tells whoever counts how many tokens are remembered, and how old each issuer's keys are.
    pub fn count(&self, now: Timestamp) {
        metrics::tokens_remembered(self.memory.len());
        for one in &self.trusted {
            if let Some(age) = one.ring.age(now) {
                metrics::keys_are(&one.issuer.name, age.as_secs_f64());
            }
        }
    }

    /// For how many organizations there are tokens at all.
    pub fn organizations(&self) -> usize {
        self.organizations
    }

    /// Whether every issuer on the network has had keys at least once.
    pub fn ready(&self) -> bool {
        self.trusted.iter().all(|one| one.ring.has_served())
    }

    /// Tries every source of keys, without keeping what it says, and tells the problems as sentences.
    pub async fn check_online(&self) -> Vec<String> {
        let checks = futures_util::future::join_all(self.trusted.iter().map(Trusted::check_online)).await;
        checks.into_iter().flatten().collect()
    }

    /// What is remembered of a token, if all that it depended on still holds.
    fn recall(&self, token: &TokenDigest, now: Timestamp) -> Option<Arc<Verified>> {
        let remembered = self.memory.recall(token)?;
        let keys = self.trusted[remembered.issuer].ring.keys(now);
        if keys.holds(remembered.key) && remembered.validity.check(now).is_ok() {
            return Some(remembered.verified);
        }
        self.memory.forget(token);
        None
    }

    /// All that costs nothing comes before the key: a token that would be refused anyway fetches none.
    async fn verify_anew(&self, token: &str, now: Timestamp) -> Result<Remembered, Rejected> {
        let compact = Compact::parse(token)?;
        let claims = Claims::new(compact.claims);
        let (place, trusted) = self.choose(&claims)?;
        let issuer = &trusted.issuer;
        let algorithm = issuer.algorithm(&compact.algorithm)?;
        issuer.check_type(compact.kind.as_deref())?;
        let validity = claims.validity(issuer.longest_life, now)?;
        validity.check(now)?;
        let verified = Arc::new(issuer.verified(&claims, validity.expires_at)?);
        let signed = Signed {
            key_id: compact.key_id.as_deref(),
            algorithm,
            message: compact.message,
            signature: compact.signature,
        };
        let key = trusted.signer(&signed, now).await?;
        Ok(Remembered { verified, validity, issuer: place, key })
    }

    /// The one issuer that says `iss` and is configured for one of `aud`. If there were two, the token would not say
    /// which organization it is about.
    fn choose(&self, claims: &Claims) -> Result<(usize, &Trusted), Rejected> {
        let name = claims.issuer()?;
        let mut named = self.trusted.iter().enumerate().filter(|(_, one)| *one.issuer.name == *name).peekable();
        named.peek().ok_or(Rejected::Issuer)?;
        let audiences = claims.audiences()?;
        let mut meant = named.filter(|(_, one)| one.issuer.is_meant(&audiences));
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(Rejected::Audience),
        }
    }
}

/// What is to be shown to have been signed.
struct Signed<'a> {
    key_id: Option<&'a str>,
    algorithm: Algorithm,
    message: &'a str,
    signature: &'a str,
}

impl Trusted {
    /// What is wrong with this issuer's source of keys, now.
    async fn check_online(&self) -> Option<String> {
        let Issuer { name, algorithms, .. } = &self.issuer;
        match self.ring.probe().await? {
            Ok(keys) if keys.serves(algorithms) => None,
            Ok(_) => {
                let names: Vec<_> = algorithms.iter().map(|algorithm| algorithm.name()).collect();
                Some(format!("issuer \"{name}\": its key set has no key for {}", names.join(", ")))
            }
            Err(problem) => Some(format!("issuer \"{name}\": {problem}")),
        }
    }

    /// The key that signed it.
    async fn signer(&self, signed: &Signed<'_>, now: Timestamp) -> Result<Thumbprint, Rejected> {
        let mut keys = self.ring.keys(now);
        if keys.fitting(signed.key_id, signed.algorithm).is_empty() {
            keys = self.ring.newest(now).await;
        }
        let fitting = keys.fitting(signed.key_id, signed.algorithm);
        if fitting.is_empty() {
            return Err(Rejected::UnknownKey);
        }
        if signed.key_id.is_none() && fitting.len() > 1 {
            return Err(Rejected::AmbiguousKey);
        }
        // An issuer that gives one id to two keys is careless, not hostile: either may have signed.
        let signer = fitting.into_iter().find(|key| key.signed(signed.message, signed.signature));
        signer.map(|key| key.thumbprint).ok_or(Rejected::Signature)
    }
}
