//! Two companies full of people who stand in every relation to one pairing.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use crate::call::Values;
use crate::support::{Answer, Company, Person, Town, call_path, path_of};

/// Everybody who tries, in the order of the table's columns.
///
/// `foreigner` and `foreign_boss` are a member and an administrator of another company, `stranger` is a colleague on
/// neither side, `former` coached the coachee in the last cycle, `left` was deactivated, `program` is an integration
/// without any scope of ours, `directory` one with every scope, `boss` an administrator on neither side.
pub const PEOPLE: [&str; 11] = [
    "nobody",
    "foreigner",
    "foreign_boss",
    "stranger",
    "former",
    "left",
    "program",
    "directory",
    "boss",
    "coachee",
    "coach",
];

/// The two companies.
pub struct World {
    pub town: Town,
    pub here: Company,
    pub there: Company,
    root: Person,
    /// Everybody but the coach, who is somebody else in each line.
    people: HashMap<&'static str, Person>,
    /// What coachee and former had in the last cycle.
    earlier: Value,
    /// That cycle, of which the wrap-up is over too.
    finished: Value,
    /// What somebody has of their own, and would use where it is not what is tried.
    own: HashMap<&'static str, Values>,
    coaches: Cell<u64>,
    last: RefCell<Option<(Answer, Person)>>,
}

/// What a line of the table is about, made anew.
pub struct Given {
    /// Its ids, by the names that the document has for them.
    pub values: Values,
    coach: Person,
    /// Where whoever may do it is gone afterwards: others go in their place.
    leaves: Option<u64>,
}

impl World {
    /// A world in which one cycle is over and the next one has begun.
    pub async fn new() -> Self {
        let (town, mut companies) = Town::of(2, 4).await;
        let (there, here) = (companies.pop().unwrap(), companies.pop().unwrap());
        let root = here.administrator("root");
        root.decides(json!({ "max_coaches_per_cycle": 20 })).await;
        let scopes = "members:read members:write events:read webhooks:manage";
        let mut people = HashMap::from([
            ("nobody", here.stranger()),
            ("foreigner", there.person("foreigner")),
            ("foreign_boss", there.administrator("foreign_boss")),
            ("stranger", here.person("stranger")),
            ("former", here.person("former")),
            ("program", here.integration("program", "openid")),
            ("directory", here.integration("directory", scopes)),
            ("boss", here.administrator("boss")),
            ("coachee", here.person("coachee")),
        ]);
        people["coachee"].is_ready().await;
        let earlier = people["coachee"].is_coached_by(&people["former"]).await;
        people["coachee"].completes(&earlier).await.ok();
        let earlier = earlier.body()["id"].clone();
        let finished = people["coachee"].get("/v1/cycles/current").await.ok()["id"].clone();
        town.days_pass(105);
        let colleague = there.person("colleague");
        let members = ["coachee", "former", "stranger", "boss", "foreigner", "foreign_boss"].map(|name| &people[name]);
        for person in members.into_iter().chain([&root, &colleague]) {
            person.is_ready().await;
            person.get("/v1/cycles/next").await.ok();
        }
        let left = someone_who_left(&here, &root, &people["coachee"]).await;
        left.get("/v1/me").await; // from now on nothing is made by a request itself
        people.insert("left", left);
        let mut own = HashMap::new();
        let (theirs, no_colleague) = (facts(&colleague, "colleague", &people["foreigner"]).await, Values::new());
        for (coachee, coach, known) in [
            ("foreigner", &colleague, &theirs),
            ("foreign_boss", &colleague, &theirs),
            ("stranger", &people["boss"], &no_colleague),
            ("former", &people["stranger"], &no_colleague),
        ] {
            let pairing = people[coachee].is_coached_by(coach).await.body()["id"].clone();
            let pairing = ("pairing_id".to_owned(), pairing);
            own.insert(coachee, known.clone().into_iter().chain([pairing]).collect::<Values>());
        }
        Self {
            town,
            here,
            there,
            root,
            people,
            earlier,
            finished,
            own,
            coaches: Cell::new(0),
            last: RefCell::default(),
        }
    }

    /// Makes the things that a line is about: a colleague who could coach, and what `given` says.
    pub async fn given(&self, given: &str) -> Given {
        let coachee = &self.people["coachee"];
        self.tidy(coachee).await;
        let number = self.coaches.replace(self.coaches.get() + 1);
        let name = format!("coach-{number}");
        let coach = self.here.person(&name);
        let mut values = facts(&coach, &name, coachee).await;
        let tomorrow = self.town.clock.now() + SignedDuration::from_hours(24);
        values.insert("starts_at".into(), json!(tomorrow.to_string()));
        let year = 2030 + i16::try_from(number).unwrap() / 4;
        let starts_on = date(year, (number % 4) as i8 * 3 + 1, 1);
        match given {
            "nothing" | "leaver" => {}
            "gap" => days(&mut values, starts_on),
            "upcoming" => {
                days(&mut values, starts_on);
                let cycle = json!({ "starts_on": values["starts_on"], "ends_on": values["ends_on"] });
                values["cycle_id"] = self.root.post("/v1/cycles", cycle).await.ok()["id"].clone();
            }
            "asked" => {
                for name in ["coachee", "former"] {
                    self.people[name].put("/v1/me/help", json!({ "reason": "no_coach" })).await.ok();
                }
            }
            "fed" => {
                let feed = coachee.post("/v1/me/calendar-feed", json!({})).await.ok();
                let secret = feed["path"].as_str().unwrap().trim_start_matches("/calendar/").trim_end_matches(".ics");
                values.insert("secret".into(), json!(secret));
            }
            "finished" => {
                let path = format!("/v1/cycles/{}/statistics", self.finished.as_str().unwrap());
                self.people["boss"].get(&path).await.ok(); // who asks first has them counted
                values.insert("cycle_id".into(), self.finished.clone());
            }
            "hooked" | "unhooked" => {
                let directory = &self.people["directory"];
                for id in directory.get("/v1/webhooks").await.each("/id") {
                    directory.sends("DELETE", &format!("/v1/webhooks/{}", id.as_str().unwrap()), "", "").await;
                }
                if given == "hooked" {
                    let url = json!({ "url": "https://bot.example.com/coaching" });
                    let id = directory.post("/v1/webhooks", url).await.ok()["webhook"]["id"].clone();
                    let test = format!("/v1/webhooks/{}/test", id.as_str().unwrap());
                    values.insert("webhook_id".into(), id);
                    for _ in 0..2 {
                        let delivery = directory.post(&test, json!({})).await.ok();
                        values.insert("delivery_id".into(), delivery["id"].clone());
                    }
                }
            }
            "past" => values.extend([("pairing_id".to_owned(), self.earlier.clone())]),
            given => {
                let pairing = coachee.asks(&coach).await;
                values.insert("pairing_id".into(), pairing.ok()["id"].clone());
                if ["offered", "shared"].contains(&given) {
                    coachee.shares(&pairing).await.ok();
                }
                if !["requested", "offered"].contains(&given) {
                    coach.does("accept", &pairing).await.ok();
                    self.with(given, [coachee, &coach], &pairing, &mut values).await;
                }
                self.last.replace(Some((pairing, coach.clone())));
            }
        }
        let given = Given { values, coach, leaves: (given == "leaver").then_some(number) };
        if given.leaves.is_some() {
            for name in ["foreigner", "foreign_boss", "stranger", "former", "boss", "coachee"] {
                self.person(name, &given).id().await;
            }
        }
        given
    }

    /// Plans, holds and writes what is given, in a pairing that is active.
    async fn with(&self, given: &str, [coachee, coach]: [&Person; 2], pairing: &Answer, values: &mut Values) {
        let now = self.town.clock.now();
        match given {
            "active" | "shared" => {}
            "call" | "to_come" => {
                let starts_at = if given == "call" { now } else { now + SignedDuration::from_hours(24) };
                let call = coachee.plans("kickoff", starts_at, pairing).await;
                values.insert("check_in_id".into(), call.ok()["id"].clone());
            }
            "noted" => {
                let call = coachee.meets(pairing).await;
                values.insert("check_in_id".into(), call.ok()["id"].clone());
                let note = json!({ "text": "Shared between the two.", "shared": true });
                coachee.put(&format!("{}/note", call_path(&call)), note).await.ok();
            }
            "kept" => {
                coachee.adds("start", "Kept between the two.", pairing).await.ok();
                let action = coach.adds("stop", "Kept between the two.", pairing).await;
                values.insert("action_id".into(), action.ok()["id"].clone());
                for who in [coachee, coach] {
                    who.says_of(&action, "Said between the two.").await.ok();
                }
            }
            "told" => {
                coach.tells("leverage", "Told between the two.", pairing).await.ok();
                let insight = coach.tells("drag", "Told between the two.", pairing).await;
                values.insert("insight_id".into(), insight.ok()["id"].clone());
            }
            "met" => drop(coachee.meets(pairing).await),
            "series" => {
                coachee.meets(pairing).await;
                let weekly = json!({ "starts_at": values["starts_at"] });
                let series = coachee.post(&format!("{}/series", path_of(pairing)), weekly).await;
                values.insert("series_id".into(), series.ok()["id"].clone());
            }
            "ripe" => {
                coachee.meets(pairing).await;
                let again = coachee.plans("catch_up", self.town.clock.now(), pairing).await;
                coachee.marks("hold", &again).await.ok();
            }
            _ => panic!("nobody knows what is given with {given}"),
        }
    }

    /// Gives the places back that the last line took.
    async fn tidy(&self, coachee: &Person) {
        let last = self.last.take();
        if let Some((pairing, _)) = last {
            for verb in ["withdraw", "end"] {
                coachee.does(verb, &pairing).await;
            }
        }
    }

    /// One of [`PEOPLE`].
    pub fn person(&self, name: &str, given: &Given) -> Person {
        let stand_in = given.leaves.map(|number| format!("{name}-{number}"));
        match (name, stand_in) {
            ("coach", _) => given.coach.clone(),
            ("foreigner", Some(other)) => self.there.person(&other),
            ("foreign_boss", Some(other)) => self.there.administrator(&other),
            ("boss", Some(other)) => self.here.administrator(&other),
            ("stranger" | "former" | "coachee", Some(other)) => self.here.person(&other),
            _ => self.people[name].clone(),
        }
    }

    /// The values that this person would use by themself, with ours in the place that is tried.
    pub fn values_of(&self, name: &str, given: &Given, place: &str) -> Values {
        let mut values = given.values.clone();
        values.extend(self.own.get(name).cloned().unwrap_or_default());
        if let Some(value) = given.values.get(place) {
            values.insert(place.to_owned(), value.clone());
        }
        values
    }

    /// What must stand in no answer to this person: ids of what they may not know of.
    pub fn secrets(&self, name: &str, given: &Given) -> Vec<String> {
        let shared = ["member_id", "coach_id", "cycle_id"];
        let ids = given.values.iter().filter(|(_, value)| is_id(value)).filter(|(key, _)| {
            is_foreign(name) || !(["coachee", "coach"].contains(&name) || shared.contains(&key.as_str()))
        });
        let ids = ids.map(|(_, id)| id.as_str().unwrap().to_owned());
        ids.chain(is_foreign(name).then(|| self.here.organization.to_string())).collect()
    }
}

/// Whether this is somebody of another company.
pub fn is_foreign(name: &str) -> bool {
    name.starts_with("foreign")
}

fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|text| uuid::Uuid::try_parse(text).is_ok())
}

/// The ids of a colleague and of the cycle that is open, as the document names them.
async fn facts(colleague: &Person, external_id: &str, who: &Person) -> Values {
    let cycle = who.get("/v1/cycles/current").await.ok()["id"].clone();
    let id = colleague.id().await;
    let facts = json!({ "member_id": id, "coach_id": id, "external_id": external_id, "cycle_id": cycle });
    facts.as_object().unwrap().clone()
}

/// Days in which no cycle is planned yet.
fn days(values: &mut Values, starts_on: Date) {
    values.insert("starts_on".into(), json!(starts_on));
    values.insert("ends_on".into(), json!(starts_on + 1.month()));
}

/// Somebody who was asked, and deactivated before they ever called: no replica remembers their standing.
async fn someone_who_left(here: &Company, root: &Person, coachee: &Person) -> Person {
    let brought = root.brings(json!([{ "external_id": "left", "name": "Left" }])).await.ok();
    let id = brought["data"][0]["id"].as_str().unwrap().to_owned();
    coachee.asks_for(&id).await.ok();
    root.patch(&format!("/v1/members/{id}"), json!({ "active": false })).await.ok();
    here.person("left")
}
