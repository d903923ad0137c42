//! B4: server processes are ended again and again, in the middle of what two organizations do.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::json;

use crate::ground::{Program, Server, Service, heard};

/// Server processes that are ended while they work.
const ENDED: i64 = 150;

/// What nobody of the other organization may ever read.
const SECRETS: [&str; 2] = ["canary-of-the-first", "canary-of-the-second"];

#[actix_web::test]
async fn whatever_is_ended_nothing_undone_is_acknowledged_and_nothing_of_others_is_shown() {
    let server = Server::new().await;
    let organizations = server.founded(&["First", "Second"]).await;
    let service = Service::start(&server.url(), &organizations, &[("DATABASE_CONNECTIONS", "4")]);
    let (over, looked, broken) = (Cell::new(false), Cell::new(0), Cell::new(0));
    let (foreign, missing) = (RefCell::new(Vec::new()), Cell::new(0));
    let programs = organizations.iter().map(|one| Program::of(&service, *one)).collect::<Vec<_>>();

    let looking = join_all((0..2).flat_map(|own| [own; 3]).map(|own| {
        let (foreign, missing, over, looked, broken) = (&foreign, &missing, &over, &looked, &broken);
        let (mine, theirs) = (SECRETS[own], SECRETS[1 - own]);
        let ana = service.member(organizations[own], "ana");
        async move {
            let me = json!({ "expertise": [mine] });
            let says = || heard(ana.request(Method::PATCH, "/v1/me").header("If-Match", "*").json(&me));
            while !says().await.is_good_or_unavailable() {}
            while !over.get() {
                let path = ["/v1/me", "/v1/members?limit=50"][looked.get() % 2];
                let seen = heard(ana.request(Method::GET, path)).await;
                looked.set(looked.get() + 1);
                if seen.answer.text.contains(theirs) {
                    foreign.borrow_mut().push(seen.answer.text.clone());
                }
                if !seen.is_good_or_unavailable() {
                    broken.set(broken.get() + 1);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                } else if path == "/v1/me" && !seen.answer.text.contains(mine) {
                    missing.set(missing.get() + 1);
                }
            }
        }
    }));
    let writing = join_all(programs.iter().map(|program| program.works(3)));
    let ending = async {
        // In the middle of their work, not between two requests.
        let end = "select count(*) filter (where pg_terminate_backend(pid)), count(*) filter (where written)
            from (select pid, backend_xid is not null as written from pg_stat_activity
                  where usename = 'peer_coaching_app' and state <> 'idle' order by random() limit 1) one";
        let above = server.above().await;
        let (mut ended, mut in_a_change) = (0, 0);
        while ended < ENDED {
            let row = above.query_one(end, &[]).await.unwrap();
            ended += row.get::<_, i64>(0);
            in_a_change += row.get::<_, i64>(1);
            tokio::time::sleep(Duration::from_millis(4)).await; // let them begin something
        }
        for program in &programs {
            program.gets_on(5).await;
            program.stops();
        }
        over.set(true);
        in_a_change
    };
    let (in_a_change, _) = join(ending, join(looking, writing)).await;

    let mut lost = 0;
    for program in &programs {
        lost += program.lost(&server).await;
    }
    let (acknowledged, refused) =
        programs.iter().fold((0, 0), |(good, bad), program| (good + program.acknowledged(), bad + program.heard(503)));
    println!(
        "B4 {ENDED} server processes ended at work, {in_a_change} in a change × {acknowledged} changes acknowledged, {lost} of \
         them not there; {} answers read, {} of another organization's × {refused} changes and {} reads told 503",
        looked.get(),
        foreign.borrow().len(),
        broken.get(),
    );
    assert_eq!((lost, foreign.borrow().len(), missing.get()), (0, 0, 0));
    assert!(refused > 0 && in_a_change > 0, "nobody noticed");
    service.finish();
}
