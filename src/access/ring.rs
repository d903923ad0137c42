//! An issuer's keys over time: kept, renewed in the background, never waited for while they serve.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::fetch::{Problem, Source};
use super::keys::KeySet;

/// Keys older than this are renewed, in the background, when they are next used. A key that its issuer has removed is
/// therefore refused well within the minute that we promise.
const RENEW_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// A file is looked at as often as we look at all: reading it costs nothing.
const RENEW_FILE_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// The least time between two attempts, whoever asks and whatever came of the last: a flood of made-up key ids must
/// not become a flood of requests to the issuer.
const TRY_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// How long a request waits for keys that it cannot do without.
const PATIENCE: Duration = Duration::from_secs(2);

/// One issuer's keys.
pub(super) struct KeyRing {
    issuer: Arc<str>,
    source: Source,
    state: RwLock<State>,
}

struct State {
    keys: Arc<KeySet>,
    /// Whether there have ever been keys.
    served: bool,
    /// When the last attempt that succeeded began.
    read_at: Option<Timestamp>,
    /// When the last attempt began.
    tried_at: Option<Timestamp>,
    /// The attempt under way: it is over when the other end is gone, be it done, dropped or in panic.
    attempt: Option<watch::Receiver<()>>,
}

impl KeyRing {
    /// A ring that starts with the `keys` that were read with the configuration; none for a remote source.
    pub fn new(issuer: Arc<str>, source: Source, keys: KeySet) -> Arc<Self> {
        let served = keys.len() > 0;
        let state = State { keys: Arc::new(keys), served, read_at: None, tried_at: None, attempt: None };
        Arc::new(Self { issuer, source, state: RwLock::new(state) })
    }

    /// The keys as they are known, at once; where they have aged, a renewal starts in the background.
    ///
    /// Needs a tokio runtime around it.
    pub fn keys(self: &Arc<Self>, now: Timestamp) -> Arc<KeySet> {
        let state = self.read();
        let keys = Arc::clone(&state.keys);
        let aged = self.has_aged(&state, now) && state.may_try(now);
        drop(state);
        if aged {
            self.attempt(now);
        }
        keys
    }

    /// The newest keys to be had: waits for an attempt under way, or for a new one where one may be made.
    pub async fn newest(self: &Arc<Self>, now: Timestamp) -> Arc<KeySet> {
        if let Some(mut attempt) = self.attempt(now) {
            // An error is what we wait for: the attempt is over.
            let _ = tokio::time::timeout(PATIENCE, attempt.changed()).await;
        }
        Arc::clone(&self.read().keys)
    }

    /// Renews the keys if they have aged, and waits until no attempt is under way.
    pub async fn renew(self: &Arc<Self>, now: Timestamp) {
        self.keys(now);
        let attempt = self.read().attempt.clone();
        if let Some(mut attempt) = attempt {
            let _ = attempt.changed().await;
        }
    }

    /// How long ago the keys were read; none where they come with the configuration, or have never been read.
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.read().read_at.map(|read_at| now.duration_since(read_at))
    }

    /// Whether there have been keys: until then, nothing can be verified.
    pub fn has_served(&self) -> bool {
        !self.source.is_remote() || self.read().served
    }

    /// Reads the keys from their source, if they have one, and keeps nothing.
    pub async fn probe(&self) -> Option<Result<KeySet, Problem>> {
        if self.is_fixed() { None } else { Some(self.source.read().await) }
    }

    fn is_fixed(&self) -> bool {
        matches!(self.source, Source::Fixed)
    }

    fn has_aged(&self, state: &State, now: Timestamp) -> bool {
        match self.source {
            Source::Fixed => false,
            Source::File(_) => older(state.read_at, RENEW_FILE_AFTER, now),
            // An issuer that has never had a key is about to publish its first.
            Source::Address(..) | Source::Discovery(..) => !state.served || older(state.read_at, RENEW_AFTER, now),
        }
    }

    /// Joins the attempt under way or starts one, if it is time; at most one runs for an issuer.
    ///
    /// It runs on its own: whoever asked may give up, be cancelled or lose their connection.
    fn attempt(self: &Arc<Self>, now: Timestamp) -> Option<watch::Receiver<()>> {
        let mut state = self.write();
        if let Some(attempt) = state.under_way() {
            return Some(attempt);
        }
        if self.is_fixed() || !state.may_try(now) {
            return None;
        }
        let (done, attempt) = watch::channel(());
        state.tried_at = Some(now);
        state.attempt = Some(attempt.clone());
        drop(state);
        let ring = Arc::clone(self);
        tokio::spawn(async move {
            let read = ring.source.read().await;
            ring.keep(read, now);
            drop(done);
        });
        Some(attempt)
    }

    /// Takes over what was read; what could not be read leaves the keys that we have in use.
    fn keep(&self, read: Result<KeySet, Problem>, began: Timestamp) {
        match read {
            Ok(keys) => {
                let mut state = self.write();
                let (before, after) = (state.keys.len(), keys.len());
                state.served |= after > 0;
                state.keys = Arc::new(keys);
                state.read_at = Some(began);
                drop(state);
                if before != after {
                    tracing::info!(issuer = %self.issuer, before, after, "the issuer's keys have changed");
                }
            }
            Err(problem) => tracing::warn!(issuer = %self.issuer, %problem, "the issuer's keys could not be read"),
        }
    }

    // The state is whole at every moment: a panic while it was locked has broken nothing.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn under_way(&self) -> Option<watch::Receiver<()>> {
        self.attempt.clone().filter(|attempt| attempt.has_changed().is_ok())
    }

    fn may_try(&self, now: Timestamp) -> bool {
        older(self.tried_at, TRY_AFTER, now)
    }
}

/// Whether `at` is further than `than` from `now`, in either direction: after the machine's clock was set back, waiting
/// for it to catch up could take for ever, while workers' clocks differ by less than any of our times.
fn older(at: Option<Timestamp>, than: SignedDuration, now: Timestamp) -> bool {
    at.is_none_or(|at| now.duration_since(at).abs() >= than)
}
