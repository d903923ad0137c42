//! A small company: twelve members, a finished quarter, and the running one, in which everything is still to be done.

use crate::access::{Actor, Caller};
use crate::actions::changes::{ActionPatch, AddAction, AddProgress};
use crate::actions::rules::{Kind as ActionKind, State as ActionState};
use crate::check_ins::{self, changes::PlanCheckIn, rules::Kind, rules::Verb};
use crate::clock::{At, Clock};
use crate::cycles::{self, rules::CycleRef};
use crate::db::{Database, Scope, WriteTx};
use crate::error::Result;
use crate::ids::{ActionId, MemberId, OrganizationId, PairingId};
use crate::insights::rules::Kind as InsightKind;
use crate::members::{self, changes::MePatch, rules::Directory};
use crate::organizations::Organizations;
use crate::participations::{self, rules::Answer, rules::Topics};
use crate::policy::rules::Settings;
use crate::vault::Vault;
use crate::{actions, insights, pairings, reflections};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A member of the company: external id, name, title, team, expertise, projects.
type Person =
    (&'static str, &'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// The first administers the organization.
pub const PEOPLE: [Person; 12] = [
    ("grace", "Grace Lindqvist", "Head of people", "People", &["feedback", "hiring"], &["Onboarding"]),
    ("ana", "Ana Silva", "Backend engineer", "Payments", &["Rust", "PostgreSQL"], &["Checkout"]),
    ("ben", "Ben Okafor", "Site reliability engineer", "Platform", &["Kubernetes", "incident response"], &["Checkout"]),
    ("chiara", "Chiara Rossi", "Product designer", "Growth", &["user research"], &["Onboarding"]),
    ("dmitri", "Dmitri Petrov", "Data analyst", "Growth", &["SQL", "statistics"], &["Reports"]),
    ("elif", "Elif Kaya", "Engineering manager", "Payments", &["delegation", "feedback"], &["Checkout"]),
    ("femi", "Femi Adeyemi", "Intern", "Platform", &["TypeScript"], &["Onboarding"]),
    ("gita", "Gita Sharma", "Product manager", "Payments", &["prioritising"], &["Checkout", "Reports"]),
    ("hugo", "Hugo Martin", "Front-end engineer", "Growth", &["accessibility", "TypeScript"], &["Onboarding"]),
    ("ines", "Inês Costa", "Director of engineering", "Engineering", &["strategy", "hiring"], &["Reports"]),
    ("jonas", "Jonas Weber", "Support engineer", "Support", &["writing"], &["Onboarding"]),
    ("kim", "Kim Nguyen", "Security engineer", "Platform", &["threat modelling", "Rust"], &["Checkout"]),
];

/// Who coached whom in the finished quarter.
const COACHED: [(&str, &str); 5] =
    [("ana", "elif"), ("ben", "kim"), ("femi", "hugo"), ("hugo", "chiara"), ("gita", "ines")];

/// How long before the end of a quarter the newcomer's first conversation would come too late.
const TOO_LATE: SignedDuration = SignedDuration::from_hours(24 * 21);

/// How far ahead of real time the company lives: not at all, unless the quarter is almost over. Then it lives in the
/// next one already, so that everything in the first conversation still works.
pub fn lead(now: Timestamp) -> SignedDuration {
    let settings = Settings::default();
    let quarter = cycles::rules::Period::covering(now, &settings);
    let left = quarter.ends_at.duration_since(now);
    if left < TOO_LATE { left + SignedDuration::from_hours(34) } else { SignedDuration::ZERO }
}

/// What some of them have written, by question; the others think on paper.
const WRITTEN: [(&str, [Option<&str>; 4]); 3] = [
    (
        "ana",
        [
            Some("Moved the checkout to the new ledger, and nobody noticed: that was the goal."),
            Some("Met: the ledger. Fell short: I wanted to give two talks, and gave none."),
            Some("Speak in front of people. Say no earlier."),
            None,
        ],
    ),
    (
        "hugo",
        [
            Some("The onboarding works with a keyboard alone now."),
            None,
            Some("Write down why, not only what."),
            Some("Patience, and that I ask the people who use it."),
        ],
    ),
    ("dmitri", [Some("The weekly report makes itself."), None, Some("Explain statistics without formulas."), None]),
];

/// What this person answers to the policy's questions.
fn written_by(external_id: &str) -> Option<reflections::rules::Answers> {
    let (_, answers) = WRITTEN.iter().find(|(author, _)| *author == external_id)?;
    Some(answers.map(|answer| answer.map(|text| text.to_owned().into())).to_vec())
}

/// Founds the company, as seen by this clock. Everything is done through the service's own verbs; the finished quarter
/// is lived through on a clock that stands in it.
///
/// # Errors
/// Whatever the database refuses.
pub async fn found(database: &Database, clock: &Clock, vault: &Vault) -> Result<OrganizationId> {
    let settings = Settings { time_zone: "Europe/Lisbon".into(), ..Settings::default() };
    let then = cycles::rules::Period::covering(clock.now(), &settings).starts_at - 80.hours() - 1900.hours();
    let past = Clock::ahead_of_real_time(then.duration_since(Clock::default().now()));
    let organization = Organizations { database, clock: &past, vault }.found("Example Company", settings).await?;
    let company = Company { database, vault, organization, people: Vec::new() };
    let company = company.hire(&past).await?;
    company.live_through(&past).await?;
    company.begin(clock).await?;
    Ok(organization)
}

struct Company<'a> {
    database: &'a Database,
    vault: &'a Vault,
    organization: OrganizationId,
    people: Vec<(&'static str, MemberId)>,
}

impl Company<'_> {
    fn member(&self, external_id: &str) -> MemberId {
        let found = self.people.iter().find(|(known, _)| *known == external_id);
        found.map(|(_, member)| *member).expect("somebody of the company")
    }

    fn scope(&self, clock: &Clock, actor: Actor) -> Scope {
        let caller = Caller { organization: self.organization, actor };
        Scope::new(self.database.clone(), clock.clone(), self.vault.clone(), caller)
    }

    fn of(&self, clock: &Clock, external_id: &str) -> Scope {
        self.scope(clock, Actor::Member(self.member(external_id)))
    }

    async fn hire(mut self, clock: &Clock) -> Result<Self> {
        let founding = self.scope(clock, Actor::System(crate::access::Reason::Founding));
        for (external_id, name, title, team, expertise, projects) in PEOPLE {
            let directory = Directory {
                external_id: Some(external_id.into()),
                email: Some(format!("{external_id}@example.com")),
                name: name.into(),
                title: Some(title.into()),
                team: Some(team.into()),
                active: true,
            };
            let newcomer = members::newcomer(directory, clock.now());
            let member = newcomer.id;
            founding.write(async |tx| members::add(tx, &[newcomer]).await).await?;
            self.people.push((external_id, member));
            let patch = MePatch::describing(expertise, projects);
            self.of(clock, external_id).write(async |tx| members::change_me(tx, None, patch).await).await?;
        }
        Ok(self)
    }

    /// The finished quarter: each of the pairs opts in, reflects, asks and accepts; they meet, and meet again. Ana shares her
    /// reflection with her coach.
    async fn live_through(&self, clock: &Clock) -> Result<()> {
        let mut under_way = Vec::new();
        for (coachee, coach) in COACHED {
            let asking = self.of(clock, coachee);
            cycles::get(&asking, CycleRef::Current).await?;
            let coach_id = self.member(coach);
            let asked = asking
                .write(async |tx| {
                    participations::answer(tx, CycleRef::Current, None, Answer::OptedIn, Topics::default()).await?;
                    reflections::put(tx, CycleRef::Current, None, true, written_by(coachee)).await?;
                    pairings::request(tx, CycleRef::Current, coach_id).await
                })
                .await?;
            let pairing = asked.pairing.id;
            if coachee == "ana" {
                asking.write(async |tx| reflections::shares::put(tx, pairing, None).await).await?;
            }
            self.of(clock, coach).write(async |tx| pairings::accept(tx, pairing).await).await?;
            self.meet(&asking, pairing, Kind::Kickoff).await?;
            let action = self.agree(&asking, &self.of(clock, coach), pairing).await?;
            under_way.push((asking, pairing, action));
        }
        clock.advance(SignedDuration::from_hours(24 * 30));
        for (coachee, pairing, action) in under_way {
            self.meet(&coachee, pairing, Kind::CatchUp).await?;
            let text = String::from("In four meetings of five. People say more.").into();
            let done = ActionPatch { state: Some(ActionState::Done), ..ActionPatch::default() };
            coachee.write(async |tx| actions::add_progress(tx, action, AddProgress { text }).await).await?;
            coachee.write(async |tx| actions::change(tx, action, None, done).await).await?;
            coachee.write(async |tx| pairings::complete(tx, pairing).await).await?;
        }
        Ok(())
    }

    /// What comes of a first call: something to start, which the two follow, something to stop, and an insight.
    async fn agree(&self, coachee: &Scope, coach: &Scope, pairing: PairingId) -> Result<ActionId> {
        let action = |kind, text: &str| AddAction { kind, text: text.to_owned().into() };
        let start = action(ActionKind::Start, "Ask one question before I give my opinion.");
        let stop = action(ActionKind::Stop, "Sending slides the night before.");
        let strength = String::from("You explain hard things so that everybody dares to ask.").into();
        let started = coachee.write(async |tx| actions::add(tx, pairing, start).await).await?;
        coach.write(async |tx| actions::add(tx, pairing, stop).await).await?;
        coach.write(async |tx| insights::give(tx, pairing, InsightKind::Leverage, strength).await).await?;
        Ok(started.id)
    }

    /// A call takes place now.
    async fn meet(&self, coachee: &Scope, pairing: PairingId, kind: Kind) -> Result<()> {
        let starts_at = At(coachee.clock().now());
        let wanted = PlanCheckIn { kind, starts_at, duration_minutes: None };
        let planned = coachee.write(async |tx| check_ins::plan(tx, pairing, wanted).await).await?;
        coachee.write(async |tx| check_ins::mark(tx, planned.check_in.id, Verb::Hold).await).await?;
        Ok(())
    }

    /// The running quarter: some have opted in already, and one request waits for its answer.
    async fn begin(&self, clock: &Clock) -> Result<()> {
        cycles::get(&self.of(clock, "ana"), CycleRef::Current).await?;
        for early in ["dmitri", "femi", "kim"] {
            let scope = self.of(clock, early);
            let opts_in = async |tx: &WriteTx<'_>| {
                participations::answer(tx, CycleRef::Current, None, Answer::OptedIn, Topics::default()).await
            };
            scope.write(opts_in).await?;
        }
        let coach = self.member("gita");
        self.of(clock, "dmitri")
            .write(async |tx| {
                reflections::put(tx, CycleRef::Current, None, true, written_by("dmitri")).await?;
                pairings::request(tx, CycleRef::Current, coach).await
            })
            .await?;
        Ok(())
    }
}
