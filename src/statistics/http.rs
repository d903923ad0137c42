//! `/v1/cycles/{cycle_id}/statistics`

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::clock::At;
use crate::cycles::http::CyclePath;
use crate::db::Scope;
use crate::error::Result;
use crate::ids::CycleId;
use crate::web::{Shown, Versioned};

/// Four counts of people, each rounded down to a multiple of five. Null is withheld, for it would tell about a few people;
/// after one that is withheld all are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statistics {
    /// Of which cycle.
    #[schema(value_type = Uuid, example = "01990a3e-7c1f-7d2a-9a57-2f1c3d4e5f60")]
    cycle_id: CycleId,
    /// How many had opted in.
    #[schema(required, minimum = 5, multiple_of = 5, example = 120)]
    opted_in: Option<i32>,
    /// How many of them had a coach: at least one request of theirs was accepted, whatever became of it.
    #[schema(required, minimum = 5, multiple_of = 5, example = 95)]
    paired: Option<i32>,
    /// How many of those held a first call.
    #[schema(required, minimum = 5, multiple_of = 5, example = 90)]
    kickoffs_held: Option<i32>,
    /// How many of those completed a pairing: they met, and met again.
    #[schema(required, minimum = 5, multiple_of = 5, example = 75)]
    completed: Option<i32>,
    /// How many people a figure, or a difference of two, is at least about.
    #[schema(minimum = 3, maximum = 100, example = 5)]
    smallest_group: i16,
    /// When the wrap-up was over: what the figures were at that instant.
    #[schema(example = "2027-01-15T00:00:00.000Z")]
    counted_at: At,
}

impl Versioned for Statistics {
    fn version(&self) -> i64 {
        1 // they are counted once
    }
}

impl From<super::Statistics> for Statistics {
    fn from(statistics: super::Statistics) -> Self {
        let figures = statistics.figures;
        Self {
            cycle_id: statistics.cycle,
            opted_in: figures.opted_in,
            paired: figures.paired,
            kickoffs_held: figures.kickoffs_held,
            completed: figures.completed,
            smallest_group: statistics.smallest_group,
            counted_at: statistics.counted_at.into(),
        }
    }
}

/// Shows the statistics of a cycle.
///
/// Once its wrap-up is over; from then on they never change. To administrators, and to other members where the policy says
/// so (`statistics_for_members`).
#[utoipa::path(tag = "statistics", params(CyclePath),
    responses((status = 200, description = "The figures.", body = Statistics)))]
#[get("/cycles/{cycle_id}/statistics")]
async fn get_statistics(scope: Scope, path: web::Path<CyclePath>) -> Result<Shown<Statistics>> {
    super::get(&scope, path.cycle_id).await.map(Statistics::from).map(Shown)
}

/// The routes of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_statistics);
}
