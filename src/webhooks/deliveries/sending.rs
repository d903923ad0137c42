//! Delivering: what is due is claimed, sent side by side, and settled. However many workers do it, each attempt is one's.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, header};
use tokio::sync::Notify;

use super::store::{self, Claimed};
use crate::access::{Caller, Reason};
use crate::clock::{Clock, real_time};
use crate::db::{Database, Scope};
use crate::error::Result;
use crate::events;
use crate::events::http::Notification;
use crate::ids::{OrganizationId, WebhookId};
use crate::life::Life;
use crate::telemetry::metrics;
use crate::vault::Vault;
use crate::webhooks::guard::{Forbidden, Guard, address};
use crate::webhooks::rules::{Outcome, Problem, Reach, verdict};
use crate::webhooks::{sign, store as webhooks};

/// How long an attempt takes at most, from the name's resolution to the answer's head.
const TIMEOUT: Duration = Duration::from_secs(15);

/// For how long an attempt is claimed: then whoever claimed it has died.
const CLAIM: SignedDuration = SignedDuration::from_secs(45);

/// How many attempts are under way at a time for one webhook, in one process. What is slow or dead delays itself alone.
const SLOTS: i64 = 8;

/// How many events of a webhook are looked at in one transaction.
const STRETCH: i64 = 500;

/// How many database connections that takes.
pub const DELIVERING: usize = 2;

/// How long it rests where nothing is due.
const REST: Duration = Duration::from_millis(400);

/// Delivers, for these organizations.
#[derive(Clone)]
pub struct Deliverer {
    organizations: Vec<OrganizationId>,
    clock: Clock,
    vault: Vault,
    reach: Reach,
    client: Client,
    /// How many attempts are under way.
    busy: Rc<RefCell<HashMap<WebhookId, i64>>>,
    /// Told when one has ended.
    ended: Rc<Notify>,
    dice: Rc<Cell<u64>>,
}

impl Deliverer {
    /// One that reaches as far, by names that the system resolves.
    ///
    /// # Errors
    /// When no HTTPS client can be made here.
    pub fn new(
        organizations: Vec<OrganizationId>,
        clock: Clock,
        vault: Vault,
        reach: Reach,
    ) -> std::result::Result<Self, reqwest::Error> {
        let client = client(reach, Guard::new(reach))?;
        let (busy, ended, dice) =
            (Rc::default(), Rc::default(), Rc::new(Cell::new(real_time().as_nanosecond() as u64)));
        Ok(Self { organizations, clock, vault, reach, client, busy, ended, dice })
    }

    /// Round after round, for as long as the process lives.
    pub async fn run(self, database: Database, life: Life) {
        while !life.is_going() {
            let mut is_idle = true;
            for organization in &self.organizations {
                let caller = Caller::system(*organization, Reason::Delivering);
                let scope = Scope::new(database.clone(), self.clock.clone(), self.vault.clone(), caller);
                match self.round(&scope).await {
                    Ok(something) => is_idle &= !something,
                    Err(error) => {
                        metrics::worker_failed();
                        tracing::error!(%organization, %error, "events could not be delivered, and will be tried again");
                    }
                }
            }
            if is_idle {
                let _ = tokio::time::timeout(REST, self.ended.notified()).await;
            }
        }
    }

    /// Makes deliveries of what has happened, and begins what is due; says whether there was anything.
    async fn round(&self, scope: &Scope) -> Result<bool> {
        let seen = scope.write(async |tx| Ok(store::fan_out(tx, STRETCH, real_time()).await?)).await?;
        let busy = self.busy.borrow().iter().map(|(webhook, number)| (*webhook, *number)).collect::<Vec<_>>();
        let now = real_time();
        let claimed = scope.write(async |tx| Ok(store::claim(tx, &busy, SLOTS, now, now + CLAIM).await?)).await?;
        let something = seen > 0 || !claimed.is_empty();
        for one in claimed {
            *self.busy.borrow_mut().entry(one.webhook).or_default() += 1;
            let (deliverer, scope) = (self.clone(), scope.clone());
            actix_web::rt::spawn(async move {
                let webhook = one.webhook;
                if let Err(error) = deliverer.attempt(&scope, one).await {
                    tracing::error!(%error, "what came of a delivery could not be stored; it will be made again");
                }
                deliverer.free(webhook);
            });
        }
        Ok(something)
    }

    fn free(&self, webhook: WebhookId) {
        let mut busy = self.busy.borrow_mut();
        if let Some(number) = busy.get_mut(&webhook) {
            *number -= 1;
        }
        busy.retain(|_, number| *number > 0);
        self.ended.notify_one();
    }

    async fn attempt(&self, scope: &Scope, claimed: Claimed) -> Result<()> {
        let told = match (&claimed.event, claimed.is_test) {
            (Some(event), _) => Some((event.id, Notification::from(event.clone()))),
            (None, true) => Some((claimed.id.uuid(), Notification::of_test(claimed.webhook, claimed.created_at))),
            (None, false) => None,
        };
        let Some((id, notification)) = told else {
            return scope.write(async |tx| Ok(store::settle_gone(tx, &claimed).await?)).await;
        };
        metrics::delivery_began(Duration::try_from(real_time() - claimed.due_at).unwrap_or_default());
        let begun = Instant::now();
        let outcome = self.send(&claimed, &id.to_string(), &notification).await;
        metrics::delivered(outcome.name(), begun.elapsed());
        let (now, attempts) = (real_time(), usize::try_from(claimed.attempts).unwrap_or_default() + 1);
        let verdict = verdict(outcome, attempts, now, self.roll());
        let disabled = scope
            .write(async |tx| {
                store::settle(tx, &claimed, &verdict, now).await?;
                if verdict.problem.is_none() {
                    webhooks::works(tx, claimed.webhook).await?;
                    return Ok(false);
                }
                let disabled = webhooks::fails(tx, claimed.webhook, verdict.is_gone, now).await?;
                if disabled {
                    events::tell_of_disabled_webhook(tx, claimed.webhook).await?;
                }
                Ok(disabled)
            })
            .await?;
        if disabled {
            let (organization, webhook) = (scope.caller().organization, claimed.webhook);
            tracing::warn!(%organization, %webhook, "a webhook was disabled");
        }
        Ok(())
    }

    async fn send(&self, claimed: &Claimed, id: &str, notification: &Notification) -> Outcome {
        let Ok(url) = address(&claimed.url, self.reach) else { return Outcome::Unheard(Problem::ForbiddenAddress) };
        let body = serde_json::to_vec(notification).expect("plain data");
        let seconds = real_time().as_second();
        let signature = sign::signatures(claimed.secrets.iter().map(String::as_str), id, seconds, &body);
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Outcome::Taken(answer.status().as_u16()),
            Ok(answer) => Outcome::Refused(answer.status().as_u16(), retry_after(&answer)),
            Err(error) => Outcome::Unheard(unheard(&error)),
        }
    }

    /// A number between 0 and 1, of which nothing more is asked than that it differs (xorshift).
    fn roll(&self) -> f64 {
        let mut dice = self.dice.get() | 1;
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        self.dice.set(dice);
        (dice >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What sends: straight to the address that was looked at, without redirects, and without a proxy, which would look names up
/// itself. A connection that is kept was looked at when it was made.
pub(in super::super) fn client(reach: Reach, guard: Guard) -> std::result::Result<Client, reqwest::Error> {
    Client::builder()
        .user_agent(concat!("peer-coaching/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .https_only(reach == Reach::Public)
        .dns_resolver(Arc::new(guard))
        .pool_max_idle_per_host(SLOTS as usize)
        .pool_idle_timeout(Duration::from_secs(20))
        .build()
}

/// When a receiver that is busy wants to be asked again: seconds alone, which is what they send.
fn retry_after(answer: &reqwest::Response) -> Option<SignedDuration> {
    let is_busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status());
    let seconds = answer.headers().get(header::RETRY_AFTER).filter(|_| is_busy)?.to_str().ok()?.trim().parse::<u32>();
    seconds.ok().map(|seconds| SignedDuration::from_secs(seconds.into()))
}

pub(in super::super) fn unheard(error: &reqwest::Error) -> Problem {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Forbidden>() {
            return Problem::ForbiddenAddress;
        }
        cause = inner.source();
    }
    if error.is_timeout() { Problem::TimedOut } else { Problem::Unreachable }
}
