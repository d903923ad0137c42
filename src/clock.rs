//! The time of the domain, as a value: whoever needs to know the time is given it.
//!
//! Quarters, deadlines and expiries follow this clock and no other, so that tests, and `dev`, can move it.
//! Tokens are the exception: they follow real time (design rule "Clock").

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time of the domain. Clones share the same hands: moving one moves all.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that runs `ahead` of real time; the default runs with it.
    pub fn ahead_of_real_time(ahead: SignedDuration) -> Self {
        let clock = Self::default();
        clock.advance(ahead);
        clock
    }

    /// Now, in whole milliseconds, as the database keeps instants.
    pub fn now(&self) -> Timestamp {
        let ms = real_time().as_millisecond() + self.ahead_ms.load(Ordering::Relaxed);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// Moves the hands by `step`; backwards where it is negative.
    pub fn advance(&self, step: SignedDuration) {
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        let moved = |ahead: i64| Some(ahead.saturating_add(step));
        let _ = self.ahead_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
    }

    /// How far this clock runs ahead of real time.
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }
}

/// What the machine's clock says: for tokens, and as the ground that [`Clock`] stands on.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
pub fn real_time() -> Timestamp {
    Timestamp::now()
}

/// An instant as answers show it: RFC 3339, in UTC, with exactly three decimals, as the database keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Timestamp);

impl serde::Serialize for At {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0))
    }
}

/// Any offset is fine; what is finer than a millisecond is cut off, as the database could not keep it.
impl<'de> serde::Deserialize<'de> for At {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let instant = Timestamp::deserialize(from)?;
        let whole = Timestamp::from_millisecond(instant.as_nanosecond().div_euclid(1_000_000) as i64);
        whole.map(Self).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for At {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .description(Some("An instant: RFC 3339 in UTC, with three decimals."))
            .examples(["2026-10-05T09:00:00.000Z"])
            .into()
    }
}

impl utoipa::ToSchema for At {}

impl From<Timestamp> for At {
    fn from(instant: Timestamp) -> Self {
        Self(instant)
    }
}
