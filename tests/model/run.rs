//! Runs: people act, the clock moves, the model must explain every answer.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use peer_coaching::clock::real_time;
use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use super::compare::{Ids, difference, explain};
use super::generate::{self, Manner};
use super::model::{Model, NAMES, Who};
use super::next_step;
use super::random::Random;
use super::requests::Request;
use super::shrink;
use super::steps::Step;
use super::support::{Answer, Person, Town};
use super::views::by_name;

/// The clock runs on while a step is taken, for as long as the service may take at most. So no step is taken so shortly
/// before an instant at which something changes.
pub const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// How many moments one organization lives through.
const MOMENTS: usize = 250;

/// What happens at one instant: one step, or several at once. Each has a number.
#[derive(Clone, Debug)]
pub struct Moment {
    pub at: Timestamp,
    pub steps: Vec<(usize, Step)>,
}

/// An organization, and what the model thinks of it.
pub struct World {
    town: Town,
    people: Vec<Person>,
    /// No step is taken before: the clock does not go back behind what answers have told.
    soonest: Timestamp,
    pub model: Model,
    ids: Ids,
    /// How often which step was answered how.
    pub answered: BTreeMap<String, usize>,
}

impl World {
    pub async fn new(settings: &Settings) -> Self {
        let (town, company) = Town::governed_by(settings.clone()).await;
        let person = |who| if who == 0 { company.administrator(NAMES[who]) } else { company.person(NAMES[who]) };
        let people = (0..NAMES.len()).map(person).collect::<Vec<_>>();
        let mut ids = Ids::default();
        for (who, person) in people.iter().enumerate() {
            ids.bind(&format!("member {who}"), &person.id().await);
        }
        let settings = Settings { time_zone: "Europe/Lisbon".into(), ..settings.clone() };
        let soonest = town.clock.now() + SignedDuration::from_millis(1);
        let model = Model::new(soonest, settings);
        Self { town, people, soonest, model, ids, answered: BTreeMap::new() }
    }

    /// Lets a moment happen.
    ///
    /// # Errors
    /// Where the model cannot explain it.
    pub async fn live(&mut self, moment: &Moment) -> Result<(), String> {
        self.wait_until(moment.at.max(self.soonest)).await?;
        let (mut steps, mut requests) = (Vec::new(), Vec::new());
        for (number, step) in &moment.steps {
            if let Some(step) = step.settled(&self.model)
                && let Some(request) = step.request(&self.model, &self.ids)
            {
                steps.push((*number, step));
                requests.push(request);
            }
        }
        let answers = join_all(requests.into_iter().map(|request| self.sent(request))).await;
        for ((_, step), answer) in steps.iter().zip(&answers) {
            *self.answered.entry(what_happened(step, answer)).or_default() += 1;
        }
        let everything = steps.len() > 1 || matches!(moment.steps[..], [(_, Step::Everything)]);
        let looks = everything || steps.iter().any(|(_, step)| step.plans());
        let seen = self.look(looks, everything).await?;
        let mut why = String::new();
        for order in orders(steps.len()) {
            let (mut model, mut ids) = (self.model.clone(), self.ids.clone());
            let mut explained = order.iter().map(|at| {
                let (number, step) = &steps[*at];
                explain(&mut model, &mut ids, (*number, step), &answers[*at])
            });
            let explained = explained.find_map(Result::err).map_or(Ok(()), Err);
            match explained.and_then(|()| seen.agrees_with(&model, &mut ids)) {
                Ok(()) => {
                    (self.model, self.ids) = (model, ids);
                    self.soonest = self.town.clock.now() + SignedDuration::from_millis(1);
                    let mut then = self.model.clone(); // the first instant at which anybody could do it
                    then.pass_to(self.soonest);
                    return then.proposes_what_can_be_done();
                }
                Err(first) if why.is_empty() => why = first,
                Err(_) => {}
            }
        }
        Err(if steps.len() > 1 {
            format!("No order explains what has happened at once. In the first one:\n{why}")
        } else {
            why
        })
    }

    /// The clock goes on to this instant, or to the next at which something changes, if that is close.
    async fn wait_until(&mut self, at: Timestamp) -> Result<(), String> {
        let cycles = self.model.cycles_seen();
        let mut now = at;
        self.model = loop {
            let mut model = self.model.clone(); // nobody is there to see the instants that are skipped
            model.pass_to(now);
            let close = model.borders().into_iter().filter(|border| now < *border && *border <= now + MARGIN);
            match close.max() {
                // behind it, for a step may plan something a millisecond after what lies there already
                Some(border) => now = border + SignedDuration::from_millis(10),
                None => break model,
            }
        };
        self.town.clock.advance(now.duration_since(self.town.clock.now()));
        if self.model.cycles_seen() != cycles {
            self.look(true, false).await?.agrees_with(&self.model, &mut self.ids)?;
        }
        Ok(())
    }

    async fn sent(&self, Request { who, method, path, body }: Request) -> Answer {
        let person = &self.people[who];
        match method {
            "GET" => person.get(&path).await,
            "PATCH" => person.patch(&path, body).await,
            "PUT" => person.put(&path, body).await,
            "POST" => person.post(&path, body).await,
            _ => Answer::to(person.request(reqwest::Method::DELETE, &path)).await,
        }
    }

    /// What there is to be seen: everybody's next step; the cycles, if they are wanted, which those have made where they
    /// were missing; and all else that everybody sees, if that is wanted.
    async fn look(&self, cycles: bool, everything: bool) -> Result<Seen, String> {
        let asked = join_all(self.people.iter().map(|person| person.get("/v1/me/next-step"))).await;
        let told = asked.iter().map(|answer| if answer.status == 403 { Value::Null } else { answer.body() });
        let steps = told.collect();
        let cycles =
            if cycles { Some(self.all_of(0, "/v1/cycles").await?.ok_or("the administrator has left")?) } else { None };
        let of = async |who: usize| {
            let (pairings, calls) = join(self.all_of(who, "/v1/pairings"), self.all_of(who, "/v1/check-ins")).await;
            Ok::<_, String>((who, pairings?, calls?))
        };
        let everybody = if everything { 0..NAMES.len() } else { 0..0 };
        let lists = join_all(everybody.map(of)).await.into_iter().collect::<Result<_, _>>()?;
        Ok(Seen { steps, cycles, lists })
    }

    /// A list from its beginning to its end; nothing for who has left.
    async fn all_of(&self, who: usize, path: &str) -> Result<Option<Value>, String> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.people[who].get(&format!("{path}?limit=100{cursor}")).await;
            if page.status == 403 {
                return Ok(None);
            } else if page.status != 200 {
                return Err(format!("{path} for {}: {} {}", NAMES[who], page.status, page.text));
            }
            let page = page.body();
            all.extend(page["data"].as_array().into_iter().flatten().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return Ok(Some(json!({ "data": all }))) };
            cursor = format!("&cursor={next}");
        }
    }
}

/// What there was to be seen.
struct Seen {
    /// Each member's next step.
    steps: Vec<Value>,
    cycles: Option<Value>,
    /// Each member's pairings and calls.
    lists: Vec<(Who, Option<Value>, Option<Value>)>,
}

impl Seen {
    /// # Errors
    /// The first difference, where there is one.
    fn agrees_with(&self, model: &Model, ids: &mut Ids) -> Result<(), String> {
        let mut differences = Vec::new();
        if let Some(seen) = &self.cycles {
            let cycles = model.cycles_seen();
            ids.learn(&cycles, seen);
            differences.push(difference("/cycles", &cycles, &ids.named(seen)));
        }
        for who in (0..NAMES.len()).filter(|who| model.members[*who].active) {
            let told = next_step::by_name(&ids.named(&self.steps[who]));
            let expected = model.next_step_seen(who);
            differences.push(difference(&format!("{}'s next step", NAMES[who]), &expected, &told));
        }
        let active = |(who, ..): &&(Who, _, _)| model.members[*who].active;
        for (who, pairings, calls) in self.lists.iter().filter(active) {
            let seen = [model.pairings_seen(*who, None, None), model.calls_seen(*who, None).unwrap_or_default()];
            for (what, seen, list) in [("pairings", &seen[0], pairings), ("check-ins", &seen[1], calls)] {
                let list = list.as_ref().map_or(Value::Null, |list| in_order(what, &ids.named(list)));
                differences.push(difference(&format!("{}'s {what}", NAMES[*who]), seen, &list));
            }
        }
        let first = differences.into_iter().flatten().next();
        first.map_or(Ok(()), |first| Err(format!("what is seen afterwards\n  {first}")))
    }
}

/// A list in the order of names, if it was in the order of time; calls are the earliest first.
fn in_order(what: &str, list: &Value) -> Value {
    let entries = list["data"].as_array().cloned().unwrap_or_default();
    let sorted = what != "check-ins" || entries.is_sorted_by_key(|call| call["starts_at"].to_string());
    if sorted { by_name(entries) } else { json!("not the earliest first") }
}

/// The name of a step, and what came of it.
fn what_happened(step: &Step, answer: &Answer) -> String {
    let name = match step {
        Step::Follow { what: Some((kind, _)), .. } => format!("Follow {kind}"),
        step => format!("{step:?}").split(' ').next().unwrap_or_default().to_owned(),
    };
    if answer.status.is_success() { name } else { format!("{name} {}", answer.code()) }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![vec![]] };
    let with_last = |order: Vec<usize>| {
        (0..count).rev().map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, last);
            longer
        })
    };
    orders(last).into_iter().flat_map(with_last).collect()
}

/// As many organizations as it takes for so many steps, each from a seed of its own; the last of them is a new one. All of
/// them together must have come to each of these.
pub async fn many(manner: Manner, steps: usize, come_to: &[&str]) {
    let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().expect("a number"));
    let wanted = number("MODEL_STEPS").map(|steps| steps.div_ceil(MOMENTS as u64));
    let new = real_time().as_millisecond().unsigned_abs();
    let again = number("MODEL_SEED");
    let seeds = match again {
        Some(seed) => (seed..).take(wanted.unwrap_or(1) as usize).collect::<Vec<_>>(),
        None => (1..wanted.unwrap_or_else(|| steps.div_ceil(MOMENTS) as u64)).chain([new]).collect(),
    };
    let mut answered = BTreeMap::new();
    for seed in seeds {
        println!("{manner:?}: MODEL_SEED={seed}");
        for (what, times) in one(seed, manner).await {
            *answered.entry(what).or_insert(0) += times;
        }
    }
    let told = answered.iter().map(|(what, times)| format!("{times:6} {what}")).collect::<Vec<_>>();
    println!("{manner:?}: {} answers\n{}", answered.values().sum::<usize>(), told.join("\n"));
    for what in come_to {
        assert!(again.is_some() || answered.contains_key(*what), "nobody came to {what}: what is compared then?");
    }
}

/// One organization's life. Returns how often which step was answered how.
async fn one(seed: u64, manner: Manner) -> BTreeMap<String, usize> {
    let mut random = Random::new(seed);
    let settings = generate::settings(&mut random);
    let mut world = World::new(&settings).await;
    let mut moments = Vec::new();
    let mut steps = 0;
    for _ in 0..MOMENTS {
        let moment = generate::moment(&mut random, &world.model, manner, &mut steps);
        moments.push(moment.clone());
        if let Err(why) = world.live(&moment).await {
            eprintln!("MODEL_SEED={seed}: the model and the service differ at step {steps}:\n{why}\nshrinking …");
            let (moments, why) = shrink::shrink(&settings, moments, why).await;
            panic!("MODEL_SEED={seed} {manner:?}\n{settings:?}\n{}\n\n{why}", shrink::told(&moments));
        }
    }
    world.answered
}

/// So many organizations' lives for so many moments each; then everybody does what they are told next until they are told
/// nothing more. It is done for real, and is never refused.
pub async fn followed(organizations: u64, moments: usize) {
    let new = real_time().as_millisecond().unsigned_abs();
    let mut kinds = BTreeMap::new();
    for seed in (1..organizations).chain([new]) {
        println!("MODEL_SEED={seed}");
        let mut random = Random::new(seed);
        let mut world = World::new(&generate::settings(&mut random)).await;
        let mut steps = 0;
        for _ in 0..moments {
            let moment = generate::moment(&mut random, &world.model, Manner::OneByOne, &mut steps);
            world.live(&moment).await.unwrap();
        }
        world.answered.clear();
        for who in (0..NAMES.len()).filter(|who| world.model.members[*who].active).collect::<Vec<_>>() {
            let mut followed = 0;
            while !world.model.proposals(who).is_empty() {
                (steps, followed) = (steps + 1, followed + 1);
                assert!(followed < 50, "{} never comes to an end: {:?}", NAMES[who], world.model.proposals(who));
                let at = world.model.now + SignedDuration::from_secs(1);
                let follow = Step::Follow { who, nth: 0, what: None };
                world.live(&Moment { at, steps: vec![(steps, follow)] }).await.unwrap();
            }
        }
        world.answered.into_iter().for_each(|(what, times)| *kinds.entry(what).or_insert(0) += times);
    }
    println!("{kinds:?}");
    assert_eq!(kinds.len(), 7, "each kind of step, and nothing else");
}
