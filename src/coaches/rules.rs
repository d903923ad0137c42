//! Who can coach whom, what may be told of why not, and in which order coaches are suggested (policy rule P9).

use std::cmp::Reverse;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::hours::Days;
use crate::ids::{CycleId, MemberId, OrganizationId};
use crate::members::rules::{folded, position_folded};

/// From how many pairings on two people have been paired often.
const OFTEN: i64 = 2;

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
    /// A first call of the two was held, in whatever cycle.
    pub has_coached_you: bool,
    /// How many of the coachee's latest pairings were with this colleague, in either direction.
    pub times_paired: i64,
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

/// Whether somebody can be asked at all: the clock gives none of the places that are taken back before the cycle ends.
pub fn is_available(active: bool, open_to_coaching: bool, capacity: i16, taken: i64) -> bool {
    active && open_to_coaching && i64::from(capacity) > taken
}

/// Why a colleague is suggested, or is suggested later than others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// They know these of the coachee's topics well, as they spell them themselves.
    CoversTopic(Vec<String>),
    /// They work on these projects of the coachee's, as they spell them themselves.
    SharesProject(Vec<String>),
    /// No first call of the two was ever held.
    HasNotCoachedYou,
    /// Both usually work at the same time for long enough. When, is nobody else's business.
    OverlapsWorkingHours,
    /// The two were paired so often of late, in either direction.
    PairedOften(i64),
}

impl Because {
    /// How much it counts. Whoever knows the subject comes before whoever is merely near; and whoever one has been paired
    /// with again and again comes after both: the feedback is to be useful, not friendly.
    fn weight(&self) -> i64 {
        let many = |list: &[String]| i64::try_from(list.len()).unwrap_or(i64::MAX);
        match self {
            Self::CoversTopic(topics) => 8 + 2 * many(topics).min(4),
            Self::SharesProject(_) => 5,
            Self::HasNotCoachedYou => 4,
            Self::OverlapsWorkingHours => 3,
            Self::PairedOften(times) => -3 * (*times).min(8),
        }
    }
}

/// What a member says of themself that speaks for them. Borrowed: of fifty who are weighed a few are shown.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// The member.
    pub id: MemberId,
    /// Their time zone, if they have said.
    pub time_zone: Option<&'a str>,
    /// From when until when they usually work, if they have said.
    pub working_hours: Option<(&'a str, &'a str)>,
    /// What they know well.
    pub expertise: Vec<&'a str>,
    /// What they work on.
    pub projects: Vec<&'a str>,
}

/// A member who is weighed as coach.
#[derive(Clone, Debug)]
pub struct Weighed<'a> {
    /// The member.
    pub candidate: Candidate<'a>,
    /// What is weighed.
    pub facts: Facts,
}

/// A colleague in the order in which they are suggested.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The colleague.
    pub member: MemberId,
    /// Why they cannot be asked; empty where they can.
    pub ineligible_because: Vec<Ineligible>,
    /// Why they stand where they stand.
    pub because: Vec<Because>,
    /// Less comes first. Never shown: nobody is rated.
    order: (Reverse<i64>, u64),
}

impl Suggestion {
    /// Whether the colleague can be asked.
    pub fn is_eligible(&self) -> bool {
        self.ineligible_because.is_empty()
    }
}

/// What a coachee's suggestions are made for.
#[derive(Debug)]
pub struct Wishes<'a> {
    /// The topics that the coachee has named, [`folded`], each once.
    pub topics: &'a [String],
    /// The zone of whoever has not said theirs.
    pub organization_zone: &'a str,
    /// The day's lots.
    pub lots: Lots,
}

/// Those who are weighed in the order in which they are suggested: who can be asked first, and the more speaks for
/// somebody the sooner. Whom nothing tells apart is ordered by lot, anew each day; by name, the Annas would coach everybody.
pub fn suggested(weighed: &[Weighed<'_>], wishes: &Wishes<'_>) -> Vec<Suggestion> {
    let mut days = Days::of(wishes.lots.day);
    let coachee = weighed.iter().find(|one| one.facts.is_yourself).map(|one| &one.candidate);
    let hours = coachee.and_then(|coachee| days.hours(coachee, wishes.organization_zone));
    let projects = coachee.map(|coachee| each_once(&coachee.projects)).unwrap_or_default();
    let suggestion = |Weighed { candidate, facts }: &Weighed<'_>| {
        let mut because = Vec::new();
        if !facts.is_yourself {
            let known = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
            because.extend(known(common(wishes.topics, &candidate.expertise)).map(Because::CoversTopic));
            because.extend(known(common(&projects, &candidate.projects)).map(Because::SharesProject));
            because.extend((!facts.has_coached_you).then_some(Because::HasNotCoachedYou));
            let theirs = days.hours(candidate, wishes.organization_zone);
            let overlap = hours.zip(theirs).is_some_and(|(mine, theirs)| mine.overlaps(theirs));
            because.extend(overlap.then_some(Because::OverlapsWorkingHours));
            because.extend((facts.times_paired >= OFTEN).then_some(Because::PairedOften(facts.times_paired)));
        }
        let order = (Reverse(because.iter().map(Because::weight).sum()), wishes.lots.of_member(candidate.id));
        Suggestion { member: candidate.id, ineligible_because: reasons(facts), because, order }
    };
    let mut suggestions = weighed.iter().map(suggestion).collect::<Vec<_>>();
    suggestions.sort_by_key(|one| (!one.is_eligible(), one.order));
    suggestions
}

/// Each of these texts once, folded.
pub fn each_once(texts: &[impl AsRef<str>]) -> Vec<String> {
    let mut folded = texts.iter().map(|text| folded(text.as_ref())).filter(|text| !text.is_empty()).collect::<Vec<_>>();
    folded.sort_unstable();
    folded.dedup();
    folded
}

/// Which of somebody's own texts are among these, which are folded: each once, as they are spelled.
fn common(wanted: &[String], own: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut common = Vec::new();
    if !wanted.is_empty() {
        for text in own {
            if let Some(at) = position_folded(text, wanted).filter(|at| !found.contains(at)) {
                found.push(at);
                common.push((*text).to_owned());
            }
        }
    }
    common
}

/// Where a page of suggestions ends: a place in the order of one day, which goes on when that day has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The day whose lots were drawn.
    pub day: Date,
    /// The last who was shown.
    pub member: MemberId,
    /// Whether they could be asked then.
    pub eligible: bool,
    /// How many were shown by then, for when they are no longer weighed.
    pub shown: usize,
}

/// What is listed after a place, each with where the list would go on behind it. Whoever can no longer be asked since
/// they were shown moves, and nobody is skipped for it.
pub fn listed(
    suggestions: Vec<Suggestion>,
    include_ineligible: bool,
    day: Date,
    after: Option<&Place>,
) -> Vec<(Place, Suggestion)> {
    let order = |one: &Suggestion, eligible: bool| (!eligible, one.order);
    let shown = after.map_or(0, |place| place.shown);
    let last = after.and_then(|place| {
        let last = suggestions.iter().find(|one| one.member == place.member)?;
        Some(order(last, place.eligible))
    });
    let wanted = suggestions.into_iter().filter(|one| include_ineligible || one.is_eligible());
    let place = |(at, one): (usize, Suggestion)| {
        let place = Place { day, member: one.member, eligible: one.is_eligible(), shown: at + 1 };
        (place, one)
    };
    let comes = |(place, one): &(Place, Suggestion)| match last {
        Some(last) => order(one, place.eligible) > last,
        None => place.shown >= shown, // without the last, who are one less
    };
    wanted.enumerate().map(place).filter(comes).collect()
}

/// The lots of one coachee, cycle and day: the same on every replica and in every release, different for everybody else
/// and on every other day.
#[derive(Clone, Copy, Debug)]
pub struct Lots {
    day: Date,
    seed: u64,
}

impl Lots {
    /// The lots of this day.
    pub fn of(organization: OrganizationId, coachee: MemberId, cycle: CycleId, day: Date) -> Self {
        let ids = [organization.uuid(), coachee.uuid(), cycle.uuid()].map(|id| id.as_u64_pair());
        let halves = ids.into_iter().flat_map(|(high, low)| [high, low]);
        let day_number = day.duration_since(Date::ZERO).as_hours().unsigned_abs();
        Self { day, seed: halves.chain([day_number]).fold(0, |seed, half| mixed(seed ^ half)) }
    }

    /// From which lot on members are drawn.
    pub fn pivot(self) -> i32 {
        let [a, b, c, d, ..] = mixed(self.seed).to_be_bytes();
        i32::from_be_bytes([a, b, c, d])
    }

    /// Where a member stands among those whom nothing tells apart.
    fn of_member(self, member: MemberId) -> u64 {
        let (high, low) = member.uuid().as_u64_pair();
        mixed(mixed(self.seed ^ high) ^ low)
    }
}

/// The day of an instant, as lots are drawn: in UTC, so that it is the same for everybody.
pub fn day_of(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}

/// Spreads what differs in a few bits over all of them, evenly: the last step of SplitMix64.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
