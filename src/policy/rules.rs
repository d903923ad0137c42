//! What an organization can set, within which limits, and what it starts with.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::zones;

/// An organization's settings, in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each setting is explained where it is served: policy/http.rs")]
pub struct Settings {
    pub time_zone: String,
    pub cadence_months: i16,
    pub anchor_on: Date,
    pub request_days: i16,
    pub last_request_days: i16,
    pub wrap_up_days: i16,
    pub max_coaches_per_cycle: i16,
    pub default_coach_capacity: i16,
    pub kickoff_minutes: i16,
    pub weekly_minutes: i16,
    pub catch_up_minutes: i16,
    pub require_reflection: bool,
    pub create_members: bool,
    pub statistics_for_members: bool,
    pub smallest_group: i16,
    pub retention_months: Option<i16>,
    pub questions: Vec<String>,
}

/// The policy's own four questions.
pub const QUESTIONS: [&str; 4] = [
    "What did you do well this quarter?",
    "Which goals did you meet? Which goals fell short?",
    "What 2-3 things will you focus on in the next quarter to help you grow and develop?",
    "What are your 2-3 strengths that help you to get the job done? What can empower you?",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: "Etc/UTC".into(),
            cadence_months: 3,
            anchor_on: jiff::civil::date(2022, 1, 1),
            request_days: 7,
            last_request_days: 14,
            wrap_up_days: 14,
            max_coaches_per_cycle: 3,
            default_coach_capacity: 2,
            kickoff_minutes: 30,
            weekly_minutes: 10,
            catch_up_minutes: 30,
            require_reflection: true,
            create_members: true,
            statistics_for_members: false,
            smallest_group: 5,
            retention_months: None,
            questions: QUESTIONS.map(String::from).to_vec(),
        }
    }
}

impl Settings {
    /// The organization's zone. What is stored was checked against the same zones.
    pub fn zone(&self) -> TimeZone {
        zones::named(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Whether cycles that nobody opted into must be planned anew when `self` follows `earlier`.
    pub fn plans_differently_from(&self, earlier: &Self) -> bool {
        (self.cadence_months, self.anchor_on, &self.time_zone)
            != (earlier.cadence_months, earlier.anchor_on, &earlier.time_zone)
    }
}
