//! Who can coach whom, and what may be told of why not (policy rule P9).

use serde::Serialize;
use utoipa::ToSchema;

/// What is weighed of one colleague, for one coachee and cycle.
#[derive(Clone, Debug)]
pub struct Facts {
    /// It is the coachee.
    pub is_yourself: bool,
    /// The two are already under way in this cycle.
    pub already_asked: bool,
    /// The first call of the coachee's last review was with this colleague.
    pub coached_you_last_time: bool,
    /// Active, open to coaching, with a place left.
    pub available: bool,
}

/// Why a colleague cannot be asked. The caller's own reasons are told; everything about the colleague is one reason,
/// which does not say whether they are full, not open to coaching, or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ineligible {
    /// It is me.
    Yourself,
    /// I have asked them already, or they coach me already.
    AlreadyAsked,
    /// They coached me last time: someone else this time.
    CoachedYouLastTime,
    /// They cannot be my coach now.
    NotAvailable,
}

/// Why this colleague cannot be asked; empty for whoever can.
pub fn reasons(facts: &Facts) -> Vec<Ineligible> {
    let reasons = [
        (facts.is_yourself, Ineligible::Yourself),
        (facts.already_asked, Ineligible::AlreadyAsked),
        (facts.coached_you_last_time, Ineligible::CoachedYouLastTime),
        (!facts.available && !facts.is_yourself, Ineligible::NotAvailable),
    ];
    reasons.into_iter().filter(|(applies, _)| *applies).map(|(_, reason)| reason).collect()
}
