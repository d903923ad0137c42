//! What is asked for, and by whom.

use std::thread;
use std::time::{Duration, Instant};

use peer_coaching::members::Wanted;
use peer_coaching::vault::MasterKeys;
use peer_coaching::web::Cursors;
use serde_json::Value;

use super::client::{Client, request};
use super::database;
use super::people::PAST;
use super::service::{Company, Service};

/// How many ask at the same time, each over a connection of their own.
const CLIENTS: usize = 8;

/// After so long a round is cut short: what takes so much needs no more of it.
const LONGEST: Duration = Duration::from_millis(1500);

/// Somebody who asks.
pub struct Person {
    token: String,
    pairing: String,
    could_coach: String,
    last_name: String,
    call_at: String,
    /// A program's token, and how far it has read.
    reader: String,
    cursor: String,
    /// A place in the middle of the directory.
    members_from: String,
}

/// Something that is done; the turn counts how often it was done before.
pub struct Operation {
    pub name: &'static str,
    /// How many requests it takes.
    pub requests: usize,
    /// How often each person does it in a round.
    pub times: usize,
    run: fn(&Person, &mut Client, usize) -> bool,
}

const fn read(name: &'static str, run: fn(&Person, &mut Client, usize) -> bool) -> Operation {
    Operation { name, requests: 1, times: 4, run }
}

pub const OPERATIONS: [Operation; 15] = [
    read("GET /v1/me", |person, client, _| person.gets(client, "/v1/me")),
    read("GET /v1/me/next-step", |person, client, _| person.gets(client, "/v1/me/next-step")),
    read("GET /v1/pairings", |person, client, _| person.gets(client, "/v1/pairings")),
    read("GET /v1/pairings/{id}", |person, client, _| person.gets(client, &format!("/v1/pairings/{}", person.pairing))),
    read("GET /v1/check-ins", |person, client, _| person.gets(client, "/v1/check-ins")),
    Operation {
        name: "GET …/current/coaches",
        requests: 1,
        times: 1,
        run: |person, client, _| person.gets(client, "/v1/cycles/current/coaches"),
    },
    read("GET /v1/members", |person, client, _| person.gets(client, "/v1/members")),
    read("GET /v1/members, from the middle", |person, client, _| {
        person.gets(client, &format!("/v1/members?cursor={}", person.members_from))
    }),
    read("GET /v1/members?q=", |person, client, _| person.gets(client, &format!("/v1/members?q={}", person.last_name))),
    read("GET /v1/members?expertise=", |person, client, _| person.gets(client, "/v1/members?expertise=Rust")),
    read("GET /v1/members?q=&project=", |person, client, _| {
        person.gets(client, "/v1/members?q=emma&project=Project%203")
    }),
    Operation {
        name: "GET /v1/events",
        requests: 1,
        times: 1,
        run: |person, client, _| {
            let path = format!("/v1/events?limit=100&after={}", person.cursor);
            client.ask(&request("GET", &path, &person.reader, None, "")).0 == 200
        },
    },
    Operation {
        name: "PUT participation",
        requests: 1,
        times: 1,
        run: |person, client, turn| {
            let body = format!("{{\"answer\": \"opted_in\", \"topics\": [\"Rust\", \"Topic {}\"]}}", turn % 40);
            person.does(client, "PUT", "/v1/cycles/current/participation", &body).is_some()
        },
    },
    Operation {
        name: "POST pairing, withdraw",
        requests: 2,
        times: 1,
        run: |person, client, _| {
            let body = format!("{{\"coach_id\": \"{}\"}}", person.could_coach);
            let asked = person.does(client, "POST", "/v1/pairings", &body);
            let withdraw = |id: String| person.does(client, "POST", &format!("/v1/pairings/{id}/withdraw"), "");
            asked.and_then(withdraw).is_some()
        },
    },
    Operation {
        name: "POST check-in, cancel",
        requests: 2,
        times: 1,
        run: |person, client, _| {
            let body = format!("{{\"kind\": \"catch_up\", \"starts_at\": \"{}\"}}", person.call_at);
            let planned = person.does(client, "POST", &format!("/v1/pairings/{}/check-ins", person.pairing), &body);
            let cancel = |id: String| person.does(client, "POST", &format!("/v1/check-ins/{id}/cancel"), "");
            planned.and_then(cancel).is_some()
        },
    },
];

impl Person {
    fn gets(&self, client: &mut Client, path: &str) -> bool {
        client.ask(&request("GET", path, &self.token, None, "")).0 == 200
    }

    /// Writes; where that goes well, returns the id of what was written.
    fn does(&self, client: &mut Client, method: &str, path: &str, body: &str) -> Option<String> {
        let (status, answer) = client.ask(&request(method, path, &self.token, None, body));
        if !matches!(status, 200 | 201) {
            eprintln!("{method} {path}: {status} {}", String::from_utf8_lossy(answer));
            return None;
        }
        let answer = serde_json::from_slice::<Value>(answer).expect("JSON");
        Some(answer["id"].as_str().unwrap_or_default().to_owned())
    }
}

/// A service with those who ask it.
pub struct Asked {
    pub service: Service,
    clients: Vec<(Client, Vec<Person>)>,
}

impl Asked {
    pub fn new(company: &Company) -> Self {
        let service = Service::start(company, &[]);
        let people = company.people;
        let reader = company.reader();
        let first = request("GET", "/v1/events?limit=100", &reader, None, "");
        let mut client = Client::to(&service.address);
        let (status, page) = client.ask(&first);
        let page = serde_json::from_slice::<Value>(page).expect("JSON");
        let cursor = page["next_cursor"].as_str().unwrap_or_else(|| panic!("{status}: {page}")).to_owned();
        let members_from = middle_of_the_directory(company);
        let person = |number: i64| {
            let pairing = people.pairing(PAST, number).expect("a pairing");
            Person {
                token: company.token(number),
                pairing: pairing.id.to_string(),
                could_coach: people.member(people.could_coach(number)).to_string(),
                last_name: format!("Number{}", &number.to_string()[..1]),
                call_at: people.day(12).to_string(),
                reader: reader.clone(),
                cursor: cursor.clone(),
                members_from: members_from.clone(),
            }
        };
        let mut clients = (0..CLIENTS).map(|_| (Client::to(&service.address), Vec::new())).collect::<Vec<_>>();
        for (at, number) in people.asking().enumerate() {
            clients[at % CLIENTS].1.push(person(number));
        }
        Self { service, clients }
    }

    /// Everybody does this, as long as there is time; returns how often it was done, and how often it did not go well.
    pub fn run(&mut self, operation: &Operation, turn: usize) -> (usize, usize) {
        let until = Instant::now() + LONGEST;
        let one = |client: &mut Client, people: &[Person]| {
            let all = (0..operation.times).flat_map(|_| people).take_while(|_| Instant::now() < until);
            all.fold((0, 0), |(done, wrong), person| {
                (done + 1, wrong + usize::from(!(operation.run)(person, client, turn)))
            })
        };
        thread::scope(|scope| {
            let asking = self.clients.iter_mut().map(|(client, people)| scope.spawn(move || one(client, people)));
            let done = asking.collect::<Vec<_>>().into_iter().map(|one| one.join().expect("a client"));
            done.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
        })
    }
}

/// A cursor as a page of the directory would have it whose last member is an Emma: about half of the names come before.
fn middle_of_the_directory(company: &Company) -> String {
    let keys = database::MASTER_KEYS.parse::<MasterKeys>().expect("keys");
    let wanted = Wanted { q: None, expertise: None, project: None, open_to_coaching: None, active: None };
    Cursors::new(&keys, company.organization, "members", &wanted).of(&("emma", company.people.member(0)))
}
