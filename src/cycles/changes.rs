//! What can be changed of the calendar, as it is asked for: checked and applied by the verbs, under its lock.

use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

/// A cycle to add in a future gap.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCycle {
    /// What people call it; made from its days where there is none.
    #[schema(value_type = String, required = false, format = "line", min_length = 1, max_length = 120, example = "Summer 2027")]
    pub name: Option<String>,
    /// The first day, in the organization's zone.
    #[schema(example = "2027-07-01")]
    pub starts_on: Date,
    /// The day after the last.
    #[schema(example = "2027-09-01")]
    pub ends_on: Date,
}

/// What to change of a cycle; an absent key keeps.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CyclePatch {
    /// What people call it.
    #[schema(value_type = String, required = false, format = "line", min_length = 1, max_length = 120, example = "Autumn 2026")]
    pub name: Option<String>,
    /// The first day; only of an upcoming cycle.
    #[schema(value_type = Date, required = false, example = "2026-10-01")]
    pub starts_on: Option<Date>,
    /// The day after the last; of an open cycle any day from tomorrow on. The next cycle's start moves with it.
    #[schema(value_type = Date, required = false, example = "2026-12-20")]
    pub ends_on: Option<Date>,
}
