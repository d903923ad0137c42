//! Statistics: four counts of a cycle that is over, frozen, and about nobody in particular. That they tell of no small
//! group is proven in `src/statistics/tests.rs`; here is what is counted, when, and who may see it.

use jiff::SignedDuration;
use peer_coaching::policy::rules::Settings;
use serde_json::{Value, json};

use crate::support::{Answer, Company, Person, Town};

async fn current(who: &Person) -> String {
    let cycle = who.get("/v1/cycles/current").await.ok();
    format!("/v1/cycles/{}", cycle["id"].as_str().unwrap())
}

async fn figures(who: &Person, cycle: &str) -> Answer {
    who.get(&format!("{cycle}/statistics")).await
}

/// The four figures.
fn told(answer: &Answer) -> [Value; 4] {
    ["opted_in", "paired", "kickoffs_held", "completed"].map(|name| answer.ok()[name].clone())
}

/// People who sit in a ring and opt in; each asks the next one.
struct Ring {
    people: Vec<Person>,
    root: Person,
    /// Another administrator.
    boss: Person,
    cycle: String,
}

impl Ring {
    async fn of(company: &Company, seats: usize) -> Self {
        let (root, boss) = (company.administrator("root"), company.administrator("boss"));
        let people = (0..seats).map(|seat| company.person(&format!("p{seat}"))).collect::<Vec<_>>();
        for person in &people {
            person.is_ready().await;
        }
        Self { cycle: current(&root).await, people, root, boss }
    }

    /// Whoever sits here is coached by whoever sits next.
    async fn pairs(&self, seat: usize) -> Answer {
        self.people[seat].is_coached_by(&self.people[(seat + 1) % self.people.len()]).await
    }

    async fn answers(&self, seat: usize, answer: &str) {
        self.people[seat].put(&format!("{}/participation", self.cycle), json!({ "answer": answer })).await.ok();
    }

    async fn is_active(&self, seat: usize, active: bool) {
        let path = format!("/v1/members/{}", self.people[seat].id().await);
        self.root.patch(&path, json!({ "active": active })).await.ok();
    }

    async fn figures(&self) -> Answer {
        figures(&self.boss, &self.cycle).await
    }
}

/// Seventeen opt in, eleven are paired, nine meet, six complete, in an ordinary company of some more.
async fn ordinary(company: &Company) -> Ring {
    let ring = Ring::of(company, 17).await;
    for seat in 0..11 {
        let pairing = ring.pairs(seat).await;
        match seat {
            0..6 => drop(ring.people[seat].completes(&pairing).await.ok()),
            6..9 => drop(ring.people[seat].meets(&pairing).await),
            _ => {}
        }
    }
    ring
}

#[actix_web::test]
async fn there_are_none_before_the_wrap_up_is_over_and_then_four() {
    let (town, company) = Town::small().await;
    let ring = ordinary(&company).await;
    insta::assert_snapshot!(ring.figures().await.told(), @r#"
    409 Conflict
    {
      "type": "/problems/statistics_not_yet",
      "title": "The figures of this cycle are not there yet",
      "status": 409,
      "detail": "They are counted once, when the wrap-up of the cycle is over: `available_at` says when.",
      "instance": "/v1/cycles/<id 1>/statistics",
      "code": "statistics_not_yet",
      "available_at": "<+101d 15h>"
    }
    "#);
    town.days_pass(95);
    assert_eq!(ring.figures().await.code(), "statistics_not_yet", "the cycle is over, the wrap-up is not");
    let refused = ring.figures().await;
    let at: jiff::Timestamp = refused.body()["available_at"].as_str().unwrap().parse().unwrap();
    town.clock.advance(at.duration_since(town.clock.now()) - SignedDuration::from_mins(1));
    assert_eq!(ring.figures().await.code(), "statistics_not_yet");
    town.clock.advance(SignedDuration::from_mins(1));
    let shown = ring.figures().await;
    insta::assert_snapshot!(shown.told(), @r#"
    200 OK
    {
      "cycle_id": "<id 1>",
      "opted_in": 15,
      "paired": 10,
      "kickoffs_held": 5,
      "completed": 5,
      "smallest_group": 5,
      "counted_at": "<+101d 15h>"
    }
    "#);
    assert_eq!(shown.body()["counted_at"], refused.body()["available_at"]);
    let known = ring.root.request(reqwest::Method::GET, &format!("{}/statistics", ring.cycle));
    let known = Answer::to(known.header("If-None-Match", shown.header("etag"))).await;
    assert_eq!(known.status, 304);
}

/// Two companies that live through the same: of one the figures are asked for at once, of the other long after, when
/// much else has changed.
#[actix_web::test]
async fn they_are_the_same_whenever_they_are_asked_for_first_and_for_ever() {
    let (town, companies) = Town::of(2, 4).await;
    let (one, other) = (ordinary(&companies[0]).await, ordinary(&companies[1]).await);
    town.until("2027-01-15T00:00:01Z");
    let first = one.figures().await;
    assert_eq!(told(&first), [15, 10, 5, 5]);
    for ring in [&one, &other] {
        for seat in [0, 1, 12] {
            ring.answers(seat, "not_this_time").await; // opting out is possible at any time
        }
        for seat in 2..12 {
            ring.is_active(seat, false).await;
        }
        ring.root.decides(json!({ "smallest_group": 10, "wrap_up_days": 60, "statistics_for_members": true })).await;
        for name in ["new", "newer"] {
            companies[0].person(name).is_ready().await;
            companies[1].person(name).is_ready().await;
        }
    }
    town.days_pass(30);
    let late = other.figures().await;
    assert_eq!(told(&late), told(&first));
    assert_eq!(late.body()["counted_at"], first.body()["counted_at"]);
    let again = one.figures().await;
    assert_eq!((again.body(), again.header("etag")), (first.body(), first.header("etag")));
}

/// Five in a ring, all of whom meet and complete, but for what becomes of the last one: at a smallest group of five, four
/// are not shown.
#[actix_web::test]
async fn people_are_counted_and_each_once() {
    const COMPLETED: [Option<i32>; 4] = [Some(5); 4];
    const MET: [Option<i32>; 4] = [Some(5), Some(5), Some(5), None];
    const PAIRED: [Option<i32>; 4] = [Some(5), Some(5), None, None];
    const OPTED_IN: [Option<i32>; 4] = [Some(5), None, None, None];
    const NOT: [Option<i32>; 4] = [None; 4];
    let stories = [
        ("completes", COMPLETED),
        ("lets the clock do everything", COMPLETED),
        ("ends it when they have met", MET),
        ("meets and no more", MET),
        ("leaves when they have met", MET),
        ("ends it before they meet", PAIRED),
        ("is coached by one who leaves", PAIRED),
        ("misses the first call", PAIRED),
        ("is declined", OPTED_IN),
        ("is not answered, while another has two coaches", OPTED_IN),
        ("opts out after the yes", NOT),
        ("opts out in the wrap-up", NOT),
        ("only coaches", NOT),
        ("opts out when all is over", COMPLETED),
        ("leaves when all is over", COMPLETED),
    ];
    let (town, companies) = Town::of(stories.len(), 4).await;
    let mut rings = Vec::new();
    for ((story, _), company) in stories.iter().zip(&companies) {
        let ring = Ring::of(company, 5).await;
        for seat in 0..4 {
            let pairing = ring.pairs(seat).await;
            ring.people[seat].completes(&pairing).await.ok();
        }
        in_the_cycle(&ring, story).await;
        rings.push(ring);
    }
    let on = |instant: &str| town.until(instant);
    on("2027-01-05T00:00:00Z");
    for ((story, _), ring) in stories.iter().zip(&rings) {
        if *story == "opts out in the wrap-up" {
            ring.answers(4, "not_this_time").await;
        }
    }
    on("2027-01-15T00:00:01Z");
    for ((story, expected), ring) in stories.iter().zip(&rings) {
        match *story {
            "opts out when all is over" => ring.answers(4, "not_this_time").await,
            "leaves when all is over" => ring.is_active(4, false).await,
            _ => {}
        }
        assert_eq!(told(&ring.figures().await), expected.map(|figure| json!(figure)), "the last one {story}");
    }
}

/// What becomes of the last one while the cycle runs.
async fn in_the_cycle(ring: &Ring, story: &str) {
    let (last, first) = (&ring.people[4], &ring.people[0]);
    let accepted = async || ring.pairs(4).await;
    match story {
        "completes" | "opts out when all is over" | "leaves when all is over" | "opts out in the wrap-up" => {
            last.completes(&accepted().await).await.ok();
        }
        "lets the clock do everything" => {
            let pairing = accepted().await;
            let start = |hours| {
                let at: jiff::Timestamp = crate::support::company::START.parse().unwrap();
                at + SignedDuration::from_hours(hours)
            };
            last.plans("kickoff", start(24), &pairing).await.ok();
            last.plans("weekly", start(24 * 88 + 24 * 10), &pairing).await.ok(); // in the wrap-up
        }
        "ends it when they have met" | "meets and no more" | "leaves when they have met" => {
            let pairing = accepted().await;
            last.meets(&pairing).await;
            match story {
                "ends it when they have met" => drop(last.does("end", &pairing).await.ok()),
                "leaves when they have met" => ring.is_active(4, false).await,
                _ => {}
            }
        }
        "ends it before they meet" => drop(last.does("end", &accepted().await).await.ok()),
        "is coached by one who leaves" => {
            last.is_coached_by(&ring.root).await.ok();
            let path = format!("/v1/members/{}", ring.root.id().await);
            ring.boss.patch(&path, json!({ "active": false })).await.ok();
        }
        "misses the first call" => {
            let call = last.meets(&accepted().await).await;
            last.marks("miss", &call).await.ok();
        }
        "is declined" => drop(first.does("decline", &last.asks(first).await).await.ok()),
        "is not answered, while another has two coaches" => {
            last.asks(first).await.ok();
            let second = ring.people[0].is_coached_by(&ring.people[2]).await;
            ring.people[0].completes(&second).await.ok();
        }
        "opts out after the yes" => {
            accepted().await.ok();
            ring.answers(4, "not_this_time").await;
        }
        "only coaches" => ring.answers(4, "not_this_time").await,
        _ => panic!("nobody knows of {story}"),
    }
}

#[actix_web::test]
async fn the_policy_decides_who_sees_them() {
    let (town, company) = Town::small().await;
    let (ana, root) = (company.person("ana"), company.administrator("root"));
    let cycle = current(&root).await;
    let program = company.integration("bot", "members:read members:write events:read webhooks:manage");
    assert_eq!(figures(&ana, &cycle).await.code(), "administrators_only");
    assert_eq!(figures(&root, &cycle).await.code(), "statistics_not_yet");
    town.days_pass(105);
    for opened in [true, false] {
        root.decides(json!({ "statistics_for_members": opened })).await;
        let seen = figures(&ana, &cycle).await;
        match opened {
            true => assert_eq!(seen.ok(), figures(&root, &cycle).await.ok(), "the policy of today"),
            false => assert_eq!(seen.code(), "administrators_only"),
        }
        assert_eq!(figures(&program, &cycle).await.code(), "members_only");
    }
    assert_eq!(figures(&company.stranger(), &cycle).await.code(), "unauthenticated");
}

#[actix_web::test]
async fn a_few_people_are_not_told_of() {
    let (town, company) = Town::small().await;
    let ring = Ring::of(&company, 4).await;
    for seat in 0..4 {
        ring.people[seat].completes(&ring.pairs(seat).await).await.ok();
    }
    town.days_pass(105);
    assert_eq!(told(&ring.figures().await), [None::<i32>; 4].map(|figure| json!(figure)));
}

#[actix_web::test]
async fn the_cycles_own_policy_says_how_small_a_group_may_be() {
    let ten = Settings { smallest_group: 10, ..Settings::default() };
    let (town, company) = Town::governed_by(ten).await;
    let ring = ordinary(&company).await;
    ring.root.decides(json!({ "smallest_group": 3 })).await;
    town.days_pass(105);
    let shown = ring.figures().await;
    assert_eq!(shown.ok()["smallest_group"], 10);
    // eighteen people: all of whom may have opted in; and five to nine were not paired
    assert_eq!(told(&shown), [json!(15), json!(null), json!(null), json!(null)]);
    let next = current(&ring.root).await;
    town.days_pass(105);
    assert_eq!(figures(&ring.root, &next).await.ok()["smallest_group"], 3);
}

#[actix_web::test]
async fn a_cycle_that_never_was_has_none() {
    let (town, company) = Town::small().await;
    let root = company.administrator("root");
    for word in ["current", "next"] {
        assert_eq!(figures(&root, &format!("/v1/cycles/{word}")).await.code(), "statistics_not_yet");
    }
    let next = root.get("/v1/cycles/next").await.ok()["id"].as_str().unwrap().to_owned();
    let next = format!("/v1/cycles/{next}");
    root.post(&format!("{next}/cancel"), json!({})).await.ok();
    assert_eq!(figures(&root, &next).await.code(), "not_found");
    town.days_pass(300);
    assert_eq!(figures(&root, &next).await.code(), "not_found");
    assert_eq!(figures(&root, &format!("/v1/cycles/{}", uuid::Uuid::now_v7())).await.code(), "not_found");
    assert_eq!(figures(&root, "/v1/cycles/none").await.code(), "not_found");
}
