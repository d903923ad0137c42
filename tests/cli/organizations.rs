//! `roles`, `migrate`, `organizations create`: what an operator does once.

use crate::support::{Deployment, MASTER_KEYS, binary, said};

#[test]
fn roles_can_be_made_twice() {
    let deployment = Deployment::with_roles();
    deployment.make_roles();
    let harmless = "select count(*)::text from pg_roles
        where rolname in ('peer_coaching_owner', 'peer_coaching_app') and rolcanlogin and not (rolsuper or rolbypassrls)";
    assert_eq!(deployment.with_superuser(harmless), "2");
}

#[test]
fn migrating_tells_what_it_did_and_can_be_repeated() {
    let deployment = Deployment::with_roles();
    let migrate = || said(deployment.as_owner(&mut binary(&["migrate"]))).out();

    let first = migrate();
    assert!(first.starts_with("applied V1__callers\n"), "{first}");
    assert_eq!(migrate(), format!("{}\n", first.lines().last().unwrap()), "only that it is up to date");
}

#[test]
fn two_who_migrate_at_once_take_turns() {
    let deployment = Deployment::with_roles();
    let applied = std::thread::scope(|threads| {
        let migrate = || said(deployment.as_owner(&mut binary(&["migrate"]))).out().matches("applied ").count();
        let both = [threads.spawn(migrate), threads.spawn(migrate)];
        both.map(|one| one.join().unwrap())
    });
    assert!(applied.contains(&0) && applied.iter().sum::<usize>() > 5, "{applied:?}");
}

#[test]
fn migrating_without_the_roles_says_how_to_make_them() {
    let deployment = Deployment::empty();
    let refusal = said(deployment.as_owner(&mut binary(&["migrate"]))).refusal();
    assert!(refusal.contains("`peer-coaching roles`"), "{refusal}");
}

#[test]
fn migrating_as_another_role_says_as_whom() {
    let deployment = Deployment::with_roles();
    let refusal = said(deployment.as_app(&mut binary(&["migrate"]))).refusal();
    assert!(refusal.contains("Run it as peer_coaching_owner"), "{refusal}");
}

#[test]
fn an_organization_is_its_id_and_nothing_else() {
    let (deployment, id) = Deployment::founded();
    assert_eq!(id.len(), 36, "{id}");
    assert_eq!(deployment.with_superuser("select name from peer_coaching.organizations"), "Example Company");
    assert_eq!(deployment.with_superuser("select time_zone from peer_coaching.policies"), "Europe/Lisbon");
}

#[test]
fn all_that_is_wrong_with_an_organization_is_told_at_once() {
    let create = ["organizations", "create", "--name", " ", "--time-zone", "Mars/Olympus"];
    let refusal = said(&mut binary(&create)).refusal();
    let four = [
        "4 things",
        "--name",
        "--time-zone: Mars/Olympus is no IANA time zone",
        "DATABASE_URL is missing",
        "MASTER_KEYS",
    ];
    for told in four {
        assert!(refusal.contains(told), "{told}: {refusal}");
    }
}

#[test]
fn an_organization_needs_a_schema() {
    let deployment = Deployment::with_roles();
    let create = ["organizations", "create", "--name", "Example Company"];
    let refusal = said(deployment.as_app(&mut binary(&create)).env("MASTER_KEYS", MASTER_KEYS)).refusal();
    assert!(refusal.contains("the schema is behind") && refusal.contains("peer-coaching migrate"), "{refusal}");
}
