//! Suggestions of coaches cost the same in any company: what is read is bounded, and drawn fairly.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use peer_coaching::coaches::{self, Suggestions};
use peer_coaching::cycles::rules::CycleRef;
use peer_coaching::db::{DatabaseSettings, Scope};
use peer_coaching::ids::MemberId;
use tokio_postgres::{Client, Config};

use crate::crowd::Crowd;
use crate::database::connect;
use crate::source::sources;
use crate::world::{Organization, own_database};

/// A database of its own with such an organization in it.
async fn crowded(name: &str, crowd: Crowd) -> (impl Fn(&str) -> Config, Organization) {
    let config = own_database(name).await;
    let pool = DatabaseSettings::new(config("peer_coaching_app")).unwrap().pool(1);
    let mut organization = Organization::of(0, &pool).await;
    let owner = connect(config("peer_coaching_owner")).await;
    crowd.store(&owner, organization.id).await;
    let members = owner.query("select member_id from members order by member_id", &[]).await.unwrap();
    organization.members = members.iter().map(|row| row.get(0)).collect();
    (config, organization)
}

/// How many rows, or entries of an index, this connection has read of what, by now.
async fn counted(app: &Client) -> BTreeMap<String, i64> {
    let counted = "select relname::text, pg_stat_get_xact_tuples_returned(oid) from pg_class
                   where relnamespace = 'peer_coaching'::regnamespace and relkind in ('r', 'i')";
    app.query(counted, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// What the statement that suggests coaches reads for this member, with this kind of plan, wherever it is read from:
/// functions included.
async fn read(app: &Client, organization: &Organization, plan: &str, me: MemberId) -> BTreeMap<String, i64> {
    let sources = sources();
    let store = sources.iter().find(|source| source.path == "coaches/store.rs").unwrap();
    let (_, statement) = store.statements().find(|(_, statement)| statement.contains("drawn")).unwrap();
    let id = organization.id;
    app.batch_execute(&format!(
        "begin; set local app.organization_id = '{id}'; set local app.actor = 'system';
         set local plan_cache_mode = force_{plan}_plan; prepare suggested as {statement}"
    ))
    .await
    .unwrap();
    let cycle = app.query_one("select cycle_id from cycles where starts_on = '2026-10-01'", &[]).await.unwrap();
    let cycle: uuid::Uuid = cycle.get(0);
    let execute = format!(
        "execute suggested ('{id}', '{cycle}', '{me}', '2026-11-02T09:00:00Z', '{{rust,topic 3,something else}}', 12345)"
    );
    app.batch_execute(&execute).await.unwrap(); // the first time plans, too
    let before = counted(app).await;
    app.batch_execute(&execute).await.unwrap();
    let mut read = counted(app).await;
    read.iter_mut().for_each(|(what, rows)| *rows -= before[what]);
    read.retain(|_, rows| *rows > 0);
    app.batch_execute("rollback; deallocate all").await.unwrap();
    read
}

#[actix_web::test]
async fn what_is_read_does_not_grow_with_the_company_nor_with_the_years() {
    for (name, crowd) in [
        ("crowd_of_a_few", Crowd { members: 1000, past_cycles: 2 }),
        ("crowd_of_many", Crowd { members: 10_000, past_cycles: 8 }),
    ] {
        let (config, organization) = crowded(name, crowd).await;
        let app = connect(config("peer_coaching_app")).await;
        for plan in ["generic", "custom"] {
            // whoever works on what half of all work on; and one of the hundred who coach the most
            for me in [500, 40] {
                let read = read(&app, &organization, plan, organization.members[me]).await;
                let total = read.values().sum::<i64>();
                println!("{crowd:?}, a {plan} plan, member {me}: {total} rows\n  {read:?}");
                let of = |what: &[&str]| what.iter().map(|what| read.get(*what).unwrap_or(&0)).sum::<i64>();
                let members = of(&["members", "members_drawn", "members_pkey"]);
                assert!(members < 160, "52 of the sample, and each who is drawn once: {read:?}");
                let terms = of(&["member_terms", "member_terms_drawn", "member_terms_pkey"]);
                assert!((1..=17 + 13).contains(&terms), "by topic and by project: {read:?}");
                assert!(total < 400, "{read:?}");
            }
        }
    }
}

async fn suggested(scope: &Scope) -> Suggestions {
    coaches::list(scope, CycleRef::Current, true, None, 1000).await.unwrap()
}

/// Those who can be asked.
fn eligible(suggestions: &Suggestions) -> Vec<MemberId> {
    let all = suggestions.coaches.iter().filter(|(_, one, _)| one.is_eligible());
    all.map(|(.., member)| member.id).collect()
}

#[actix_web::test]
async fn everybody_is_drawn_about_as_often_and_others_each_day() {
    let (_config, organization) = crowded("crowd_of_one_thousand", Crowd { members: 2000, past_cycles: 1 }).await;
    let mut drawn = BTreeMap::<MemberId, usize>::new();
    let mut same = 0;
    for number in (1..200).step_by(2).filter(|number| number % 20 != 19) {
        let scope = organization.member(number);
        let today = suggested(&scope).await;
        assert_eq!((today.considered, today.is_everybody), (50, false));
        let today = eligible(&today);
        assert_eq!(eligible(&suggested(&scope).await), today, "the whole day");
        let tomorrow = organization.member(number);
        tomorrow.clock().advance(SignedDuration::from_hours(24));
        let tomorrow = eligible(&suggested(&tomorrow).await);
        same += tomorrow.iter().filter(|member| today.contains(member)).count();
        for member in today.into_iter().chain(tomorrow) {
            *drawn.entry(member).or_default() += 1;
        }
        scope.clock().advance(SignedDuration::from_hours(-24));
    }
    // 90 people, two days, some 50 of the 1,710 who are open to it: each about 5 times, more in the same project
    let (least, most) = (drawn.values().min().unwrap(), drawn.values().max().unwrap());
    println!("{} were drawn, each {least} to {most} times", drawn.len());
    assert!(drawn.len() > 1500 && *most < 90, "{} were drawn, {least} to {most} times", drawn.len());
    assert!(same < 90 * 50 / 3, "today's are mostly not tomorrow's: {same}");
}
