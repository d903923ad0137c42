//! `POST /dev/clock`: lives through a quarter in five minutes. Only `dev` has it.

use std::path::PathBuf;

use actix_web::{HttpRequest, web};
use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::{At, Clock};
use crate::db::Database;
use crate::error::{Error, Result};
use crate::web::{Body, Reply};
use crate::worker::Worker;

/// The farthest that one step may go.
const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 3660);

/// Where the clock's lead over real time is kept over a restart.
#[derive(Clone, Debug)]
pub struct Hands {
    file: PathBuf,
}

impl Hands {
    /// Kept in this file.
    pub fn kept_in(file: PathBuf) -> Self {
        Self { file }
    }

    /// The clock as it was left.
    pub fn clock(&self) -> Clock {
        let kept = std::fs::read_to_string(&self.file).ok().and_then(|text| text.trim().parse().ok());
        Clock::ahead_of_real_time(SignedDuration::from_secs(kept.unwrap_or(0)))
    }

    pub(super) fn keep(&self, clock: &Clock) -> std::io::Result<()> {
        std::fs::write(&self.file, clock.ahead().as_secs().to_string())
    }
}

/// How far to move the clock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveClock {
    /// An ISO 8601 duration, such as `P14D` or `PT36H`.
    #[schema(format = "duration", min_length = 2, max_length = 32, example = "P14D")]
    advance: String,
}

/// What the clock says now.
#[derive(Debug, Serialize)]
struct ClockShown {
    now: At,
}

async fn advance_clock(
    request: HttpRequest,
    hands: web::Data<Hands>,
    worker: web::Data<Worker>,
    body: Body<MoveClock>,
) -> Result<Reply> {
    let clock = request.app_data::<Clock>().expect("the app is built with it");
    let now = clock.now().to_zoned(jiff::tz::TimeZone::UTC);
    let span = body.advance.parse::<Span>().ok();
    let later =
        span.and_then(|span| now.checked_add(span).ok()).map(|later| later.timestamp().duration_since(now.timestamp()));
    let step = later.filter(|step| *step > SignedDuration::ZERO && *step <= FARTHEST).ok_or_else(|| {
        Error::invalid(
            "/advance",
            "out_of_range",
            "must be an ISO 8601 duration into the future, up to ten years: P14D",
        )
    })?;
    clock.advance(step);
    hands.keep(clock).map_err(|error| Error::Internal(format!("the clock's lead could not be kept: {error}")))?;
    let database = request.app_data::<Database>().expect("the app is built with it");
    worker.round(database).await;
    Ok(Reply::plain(&ClockShown { now: clock.now().into() }))
}

/// The hands, and who does what becomes due by them.
pub type Beside = (Hands, Worker);

/// Mounts the route where there are hands to move.
pub fn routes(config: &mut web::ServiceConfig, dev: Option<Beside>) {
    if let Some((hands, worker)) = dev {
        let (hands, worker) = (web::Data::new(hands), web::Data::new(worker));
        config.app_data(hands).app_data(worker).route("/dev/clock", web::post().to(advance_clock));
    }
}
