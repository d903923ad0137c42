//! Whoever does what in whichever order, a coach reads a reflection exactly when a small model says so (promise H7).

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::support::{Answer, Company, Person, Town, path_of};

/// Coaches whom the coachee asks.
const COACHES: usize = 3;

/// What somebody does; coaches and their pairings by number.
#[derive(Clone, Copy, Debug)]
enum Act {
    Ask(usize),
    Share(usize),
    TakeBack(usize),
    Accept(usize),
    Decline(usize),
    Withdraw(usize),
    EndAsCoachee(usize),
    EndAsCoach(usize),
    /// Somebody leaves and comes back; the coachee is nobody's coach.
    Leaves(Option<usize>),
    /// The coachee writes something else.
    Write,
    /// So many days pass.
    Days(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let coach = || 0..COACHES;
    prop_oneof![
        4 => coach().prop_map(Act::Ask),
        6 => coach().prop_map(Act::Share),
        2 => coach().prop_map(Act::TakeBack),
        6 => coach().prop_map(Act::Accept),
        1 => coach().prop_map(Act::Decline),
        1 => coach().prop_map(Act::Withdraw),
        1 => coach().prop_map(Act::EndAsCoachee),
        1 => coach().prop_map(Act::EndAsCoach),
        1 => proptest::option::of(coach()).prop_map(Act::Leaves),
        2 => Just(Act::Write),
        1 => (1..9i64).prop_map(Act::Days),
    ]
}

/// A pairing as the model has it: what decides, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    /// Asked, or accepted and not ended.
    open: bool,
    /// The coach said yes, whatever came of it.
    accepted: bool,
    shared: bool,
    /// How many days it has waited for an answer.
    waits: i64,
}

/// The coachee, the coaches, and the latest pairing with each of them.
struct Walk {
    town: Town,
    root: Person,
    coachee: Person,
    coaches: Vec<Person>,
    pairings: Vec<Option<(Answer, Fate)>>,
    written: usize,
}

impl Walk {
    async fn begin() -> Self {
        let (town, company) = Town::small().await;
        let root = company.administrator("root");
        let named = |company: &Company, name: String| company.person(&name);
        let coachee = named(&company, "coachee".into());
        coachee.is_ready().await;
        let coaches = (0..COACHES).map(|number| named(&company, format!("coach-{number}"))).collect();
        Self { town, root, coachee, coaches, pairings: (0..COACHES).map(|_| None).collect(), written: 0 }
    }

    /// Does it, and checks that it is possible exactly when the model says so. Returns whether it was.
    async fn act(&mut self, act: Act) -> Result<bool, String> {
        let (possible, answer) = match act {
            Act::Ask(coach) => {
                let possible = !self.fate(coach).is_some_and(|fate| fate.open);
                let asked = self.coachee.asks(&self.coaches[coach]).await;
                if asked.status == 201 {
                    self.pairings[coach] = Some((asked.clone(), Fate { open: true, ..Fate::default() }));
                }
                (possible, asked)
            }
            Act::Write => {
                self.written += 1;
                let answers = json!([format!("edition {}", self.written)]);
                let body = json!({ "complete": true, "answers": answers });
                (true, self.coachee.put("/v1/cycles/current/reflection", body).await)
            }
            Act::Days(days) => {
                self.town.days_pass(days);
                for (_, fate) in self.pairings.iter_mut().flatten().filter(|(_, fate)| fate.open && !fate.accepted) {
                    fate.waits += days;
                    fate.open = fate.waits < 7;
                }
                return Ok(true);
            }
            Act::Leaves(coach) => {
                let leaver = coach.map_or(&self.coachee, |coach| &self.coaches[coach]);
                let path = format!("/v1/members/{}", leaver.id().await);
                for active in [false, true] {
                    self.root.patch(&path, json!({ "active": active })).await.ok();
                }
                let left = |number: usize| coach.is_none_or(|coach| coach == number);
                let ended = self.pairings.iter_mut().enumerate().filter(|(number, _)| left(*number));
                ended.filter_map(|(_, pairing)| pairing.as_mut()).for_each(|(_, fate)| fate.open = false);
                return Ok(true);
            }
            act => return self.with_pairing(act).await,
        };
        expect(act, possible, &answer)
    }

    /// What is done with a pairing, if there is one.
    async fn with_pairing(&mut self, act: Act) -> Result<bool, String> {
        let (Act::Share(number)
        | Act::TakeBack(number)
        | Act::Accept(number)
        | Act::Decline(number)
        | Act::Withdraw(number)
        | Act::EndAsCoachee(number)
        | Act::EndAsCoach(number)) = act
        else {
            panic!("{act:?} is about no pairing")
        };
        let (coachee, coach) = (&self.coachee, &self.coaches[number]);
        let Some((pairing, fate)) = &mut self.pairings[number] else { return Ok(false) };
        let (waits, active) = (fate.open && !fate.accepted, fate.open && fate.accepted);
        let (possible, answer) = match act {
            Act::Share(_) => (fate.open || fate.shared, coachee.shares(pairing).await),
            Act::TakeBack(_) => (true, coachee.takes_back(pairing).await),
            Act::Accept(_) => (waits, coach.does("accept", pairing).await),
            Act::Decline(_) => (waits, coach.does("decline", pairing).await),
            Act::Withdraw(_) => (waits, coachee.does("withdraw", pairing).await),
            Act::EndAsCoach(_) => (active, coach.does("end", pairing).await),
            _ => (active, coachee.does("end", pairing).await),
        };
        if possible {
            match act {
                Act::Share(_) => fate.shared = true,
                Act::TakeBack(_) => fate.shared = false,
                Act::Accept(_) => fate.accepted = true,
                _ => fate.open = false,
            }
        }
        expect(act, possible, &answer)
    }

    fn fate(&self, coach: usize) -> Option<&Fate> {
        self.pairings[coach].as_ref().map(|(_, fate)| fate)
    }

    /// Everybody looks. Returns how many coaches read it.
    async fn look(&self) -> Result<usize, String> {
        let written = (self.written > 0).then(|| format!("edition {}", self.written));
        let mut readers = 0;
        for (number, (pairing, fate)) in
            self.pairings.iter().enumerate().filter_map(|(n, pairing)| Some((n, pairing.as_ref()?)))
        {
            let told = |who: &str, what: &Answer| {
                Err(format!("{fate:?}: {who} {number} was told {} {}", what.status, what.text))
            };
            let seen = self.coachee.reads_reflection(pairing).await;
            if seen.ok()["shared"] != fate.shared || seen.body()["questions"][0]["answer"] != json!(written) {
                return told("the coachee of", &seen);
            }
            let coach = &self.coaches[number];
            let seen = coach.reads_reflection(pairing).await;
            let reads = fate.shared && fate.accepted;
            let fits = if reads {
                seen.status == 200 && seen.body()["questions"][0]["answer"] == json!(written)
            } else {
                seen.status == 404
            };
            if !fits {
                return told("coach", &seen);
            }
            for (who, shared) in [(&self.coachee, fate.shared), (coach, reads)] {
                let seen = who.get(&path_of(pairing)).await;
                if seen.ok()["reflection_shared"] != shared {
                    return told("one of pairing", &seen);
                }
            }
            for (other, stranger) in self.coaches.iter().enumerate().filter(|(other, _)| *other != number) {
                let seen = stranger.reads_reflection(pairing).await;
                if seen.status != 404 {
                    return told(&format!("coach {other}, in that of"), &seen);
                }
            }
            readers += usize::from(reads);
        }
        Ok(readers)
    }
}

fn expect(act: Act, possible: bool, answer: &Answer) -> Result<bool, String> {
    if answer.status.is_success() == possible {
        Ok(possible)
    } else {
        Err(format!("{act:?} should be possible: {possible}; {} {}", answer.status, answer.text))
    }
}

/// Takes these steps in a company of its own. Returns how many were possible, and how often a coach read it.
async fn walk(acts: &[Act]) -> Result<(usize, usize), String> {
    let mut walk = Walk::begin().await;
    let (mut possible, mut readings) = (0, 0);
    for act in acts {
        possible += usize::from(walk.act(*act).await?);
        readings += walk.look().await?;
    }
    Ok((possible, readings))
}

#[actix_web::test]
async fn a_coach_reads_exactly_what_the_model_says() {
    let mut runner = TestRunner::deterministic();
    let (mut possible, mut readings) = (0, 0);
    for _ in 0..16 {
        let mut acts = proptest::collection::vec(act(), 40).new_tree(&mut runner).unwrap().current();
        let outcome = walk(&acts).await;
        if outcome.is_err() {
            let why = shortest(&mut acts, outcome).await;
            panic!("{acts:#?}\n{why}");
        }
        let (more, read) = outcome.unwrap();
        (possible, readings) = (possible + more, readings + read);
    }
    println!("{possible} acts were possible, a coach read {readings} times");
    assert!(possible > 120 && readings > 60, "{possible} {readings}");
}

/// Leaves out what the difference does not need; tells the difference.
async fn shortest(acts: &mut Vec<Act>, outcome: Result<(usize, usize), String>) -> String {
    let mut why = outcome.unwrap_err();
    let mut at = 0;
    while at < acts.len() {
        let mut fewer = acts.clone();
        fewer.remove(at);
        match walk(&fewer).await {
            Err(still) => (*acts, why) = (fewer, still),
            Ok(_) => at += 1,
        }
    }
    why
}

/// The model is no tautology: there are ways through it in which nobody reads, and in which somebody does.
#[actix_web::test]
async fn the_model_tells_the_ways_apart() {
    let readings = async |acts: &[Act]| walk(acts).await.unwrap().1;
    assert_eq!(readings(&[Act::Ask(0), Act::Write, Act::Share(0)]).await, 0);
    assert_eq!(readings(&[Act::Ask(0), Act::Write, Act::Share(0), Act::Accept(0)]).await, 1);
    assert_eq!(readings(&[Act::Ask(0), Act::Share(0), Act::Accept(0), Act::TakeBack(0)]).await, 1);
    assert_eq!(readings(&[Act::Ask(1), Act::Share(1), Act::Accept(1), Act::Leaves(None)]).await, 2);
}
