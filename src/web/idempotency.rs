//! `Idempotency-Key`: a POST that is sent again has one effect and gets the first one's answer.
//!
//! The row commits with the effect, so neither can be there without the other. The second of two requests with one key
//! waits for the first (for as long as the connection's `lock_timeout`); a refusal that changes nothing is not kept.
//!
//! An answer holds what people wrote, so it is kept sealed, with the caller's own key; an integration has one for this.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::reply::Reply;
use crate::codes::Code;
use crate::db::{DbError, Scope, WriteTx};
use crate::error::{Error, Flaw, Place, Result};
use crate::sql;
use crate::vault::{Column, MasterKeys};

/// How long an answer can be asked for again.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

const BODY: Column = Column { table: "idempotency_keys", name: "body", key: "owner_key" };

/// Does a POST once, however often it is sent.
#[derive(Debug)]
pub struct Once {
    key: Option<String>,
    route: String,
    keys: web::Data<MasterKeys>,
}

impl FromRequest for Once {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let keys = request.app_data::<web::Data<MasterKeys>>().expect("the app is built with them").clone();
        let route = format!("{} {}", request.method(), request.path().to_ascii_lowercase());
        ready(key_of(request).map(|key| Self { key, route, keys }))
    }
}

fn key_of(request: &HttpRequest) -> Result<Option<String>> {
    let mut values = request.headers().get_all("Idempotency-Key");
    let (Some(value), another) = (values.next(), values.next()) else { return Ok(None) };
    let fits = |text: &&str| (1..=255).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    value.to_str().ok().filter(fits).filter(|_| another.is_none()).map(|key| Some(key.to_owned())).ok_or_else(|| {
        let detail = "must be one value of 1 to 255 printable ASCII characters".into();
        Error::Invalid(vec![Flaw {
            place: Place::Header("Idempotency-Key"),
            code: "wrong_format",
            detail,
            malformed: true,
        }])
    })
}

impl Once {
    /// Refuses a request without a key.
    ///
    /// # Errors
    /// `key_missing`.
    pub fn required(self) -> Result<Self> {
        if self.key.is_none() { Err(Code::KeyMissing.into()) } else { Ok(self) }
    }

    /// Does `work` in one transaction with the memory of having done it; `body` is what makes a repetition the same.
    ///
    /// # Errors
    /// What `work` returns; `in_flight` and `key_reused` for a key that is being, or was, used.
    pub async fn run(
        self,
        scope: &Scope,
        body: &[u8],
        work: impl AsyncFnOnce(&WriteTx<'_>) -> Result<Reply>,
    ) -> Result<Reply> {
        scope
            .write(async |tx| {
                let (Some(key), Some(caller)) = (&self.key, tx.caller().id()) else { return work(tx).await };
                // Who asks again with fewer rights than the first time is not told what they were answered then.
                let route = format!("{} {}", tx.caller().actor.capacity(), self.route);
                let memory = Memory { tx, caller, route: &route, key };
                match memory.claim(&self.keys.mac("idempotency", body)).await? {
                    Claim::Taken => memory.recall(|mac| self.keys.verify("idempotency", body, mac)).await,
                    Claim::Ours { owner_key } => {
                        let reply = work(tx).await?;
                        memory.keep(owner_key, &reply).await?;
                        Ok(reply)
                    }
                }
            })
            .await
    }
}

/// Deletes the answers, of everybody in the organization of this scope, that have been kept for long enough. Whoever asks
/// again is one who asks for the first time, before as after.
///
/// # Errors
/// Whatever the database refuses.
pub async fn sweep(eraser: &Scope) -> Result<u64> {
    let forgotten_before = eraser.clock().now() - KEPT;
    let delete = sql!("delete from idempotency_keys where organization_id = $1 and created_at < $2");
    eraser.write(async |tx| Ok(tx.execute(delete, &[&tx.organization(), &forgotten_before]).await?)).await
}

/// What became of the attempt to be the first with a key.
enum Claim {
    Ours { owner_key: Option<Vec<u8>> },
    Taken,
}

/// What is remembered of one key.
struct Memory<'a> {
    tx: &'a WriteTx<'a>,
    caller: Uuid,
    route: &'a str,
    key: &'a str,
}

impl Memory<'_> {
    fn forgotten_before(&self) -> Timestamp {
        self.tx.now() - KEPT
    }

    /// What names the row, beside organization and caller, which every sealed text is bound to.
    fn row(&self) -> Vec<u8> {
        [self.route, self.key].join("\0").into_bytes()
    }

    /// Whether this is the first request with this key; waits for one that is under way.
    async fn claim(&self, fingerprint: &str) -> Result<Claim> {
        let (now, forgotten) = (self.tx.now(), self.forgotten_before());
        let claimed = self
            .tx
            .query_opt(
                sql!(
                    "insert into idempotency_keys as mine (organization_id, caller_id, route, key, fingerprint, created_at)
                     values ($1, $2, $3, $4, $5, $6)
                     on conflict (organization_id, caller_id, route, key) do update
                       set fingerprint = excluded.fingerprint, created_at = excluded.created_at,
                           status = null, headers = null, body = null
                       where mine.created_at < $7
                     returning (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = $2) as owner_key"
                ),
                &[&self.tx.organization(), &self.caller, &self.route, &self.key, &fingerprint, &now, &forgotten],
            )
            .await;
        match claimed {
            Err(error) if error.is_lock_timeout() => Err(Code::InFlight.into()),
            other => Ok(other?.map_or(Claim::Taken, |row| Claim::Ours { owner_key: row.get("owner_key") })),
        }
    }

    /// The first request's answer.
    async fn recall(&self, is_same: impl FnOnce(&str) -> bool) -> Result<Reply> {
        let row = self
            .tx
            .query_one(
                sql!(
                    "select fingerprint, status, headers, body, (select wrapped from owner_keys k where k.organization_id = $1 and k.owner_id = $2) as owner_key from idempotency_keys
                     where organization_id = $1 and caller_id = $2 and route = $3 and key = $4"
                ),
                &[&self.tx.organization(), &self.caller, &self.route, &self.key],
            )
            .await?;
        if !is_same(row.get("fingerprint")) {
            return Err(Code::KeyReused.into());
        }
        let Some(sealed) = row.get(BODY.name) else { return Err(Code::AnswerForgotten.into()) };
        let opens = self.tx.unwrapped(self.caller, row.get(BODY.key))?;
        let body = opens.open_bytes(BODY, &self.row(), sealed).map_err(DbError::from)?;
        let headers: serde_json::Value = row.get("headers");
        let header = |name: &str| headers[name].as_str().map(str::to_owned);
        let status =
            u16::try_from(row.get::<_, i16>("status")).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Ok(Reply {
            status: status.unwrap_or(StatusCode::OK),
            location: header("location"),
            etag: header("etag"),
            body,
            replayed: true,
        })
    }

    /// Keeps the answer, and forgets what the same caller was answered long ago; but an old key that is just being used
    /// again is not waited for, as whoever uses it may be waiting for us.
    async fn keep(&self, owner_key: Option<Vec<u8>>, reply: &Reply) -> Result<()> {
        let seals = match owner_key {
            Some(_) => self.tx.unwrapped(self.caller, owner_key.as_deref())?,
            None => self.tx.key_of(self.caller).await?,
        };
        let body = seals.seal_bytes(BODY, &self.row(), &reply.body);
        let headers = json!({ "location": reply.location, "etag": reply.etag });
        let status = reply.status.as_u16() as i16;
        let forgotten = self.forgotten_before();
        self.tx
            .execute(
                sql!(
                    "with forgotten as (
                       delete from idempotency_keys
                       where organization_id = $1 and caller_id = $2 and (route, key) in (
                         select route, key from idempotency_keys
                         where organization_id = $1 and caller_id = $2 and created_at < $8 for update skip locked))
                     update idempotency_keys set status = $5, headers = $6, body = $7
                     where organization_id = $1 and caller_id = $2 and route = $3 and key = $4"
                ),
                &[&self.tx.organization(), &self.caller, &self.route, &self.key, &status, &headers, &body, &forgotten],
            )
            .await?;
        Ok(())
    }
}
