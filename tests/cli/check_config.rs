//! `check-config`: what `serve` would refuse, offline and online.

use std::process::Command;

use crate::support::{Deployment, Settings, binary, said};

fn check(arguments: &[&str], settings: Settings) -> Command {
    let mut command = binary(&[&["check-config"], arguments].concat());
    command.envs(settings);
    command
}

/// The same settings, but for one.
fn but(mut settings: Settings, name: &'static str, value: &str) -> Settings {
    settings.retain(|(known, _)| *known != name);
    settings.push((name, value.to_owned()));
    settings
}

#[test]
fn good_settings_are_good() {
    let (deployment, organization) = Deployment::founded();
    let settings = deployment.settings(&organization);
    assert_eq!(said(&mut check(&[], settings.clone())).out(), "the configuration is good\n");
    assert_eq!(said(&mut check(&["--online"], settings)).out(), "the configuration is good\n");
}

#[test]
fn offline_nobody_is_asked() {
    let deployment = Deployment::empty();
    let settings = deployment.settings("0198c5a0-0000-7000-8000-000000000001");
    let nowhere = but(settings, "DATABASE_URL", "postgresql://peer_coaching_app@127.0.0.1:1/nowhere");
    assert_eq!(said(&mut check(&[], nowhere.clone())).out(), "the configuration is good\n");

    let refusal = said(&mut check(&["--online"], nowhere)).refusal();
    assert!(refusal.contains("the database cannot be asked"), "{refusal}");
}

#[test]
fn what_is_allowed_and_risky_is_warned_of() {
    let deployment = Deployment::empty();
    let settings = deployment.settings(OTHER);
    let warned = |url: &str| said(&mut check(&[], but(settings.clone(), "DATABASE_URL", url))).out();
    let clear = "warning: DATABASE_URL: the way to another machine may be in the clear; add sslmode=require\n";
    let good = "the configuration is good\n";
    assert_eq!(warned("postgresql://app@db.example.com/x"), format!("{clear}{good}"));
    assert_eq!(warned("postgresql://app@db.example.com/x?sslmode=require"), good);
    assert_eq!(warned("postgresql://app@localhost/x"), good);

    let issuers = format!(
        "[[issuers]]\nissuer = \"https://id.example.com\"\naudiences = [\"a\"]\nalgorithms = [\"ES256\"]\n\
         discovery = true\norganization_claim = \"tid\"\norganizations = {{ a = \"{OTHER}\", b = \"{OTHER_STILL}\" }}\n"
    );
    let two = but(settings, "ISSUERS_FILE", &deployment.file("two.toml", &issuers).display().to_string());
    let with = |connections: &str| said(&mut check(&[], but(two.clone(), "DATABASE_CONNECTIONS", connections))).out();
    assert!(with("7").starts_with("warning: DATABASE_CONNECTIONS: one organization may hold"), "{}", with("7"));
    assert_eq!(with("8"), good);
    for (value, warnings) in [("on", 1), ("true", 1), ("1", 1), ("off", 0), ("0", 0)] {
        let told = said(&mut check(&[], but(two.clone(), "WEBHOOKS_ANYWHERE", value))).out();
        assert_eq!(told.matches("warning: WEBHOOKS_ANYWHERE").count(), warnings, "{value}: {told}");
    }
}

#[test]
fn online_every_problem_is_told_at_once() {
    let (deployment, organization) = Deployment::founded();
    // Nobody listens on port 1, and whoever founded the other organization did so elsewhere.
    let issuers = format!(
        "[[issuers]]\nissuer = \"http://127.0.0.1:1\"\naudiences = [\"a\"]\nalgorithms = [\"ES256\"]\ndiscovery = true\n\
         organization_claim = \"tid\"\norganizations = {{ a = \"{organization}\", b = \"{OTHER}\" }}\n"
    );
    let file = deployment.file("elsewhere.toml", &issuers).display().to_string();
    let settings = but(deployment.settings(&organization), "ISSUERS_FILE", &file);
    let settings = but(settings, "DATABASE_URL", &deployment.url("peer_coaching_owner"));

    let said = said(&mut check(&["--online"], settings));
    assert!(!said.well && said.out.starts_with("warning: issuer 1"), "{said:?}");
    let unknown = format!("organization {OTHER}, which is not in the database");
    for told in ["3 things", &unknown, "row-level policies do not bind", "http://127.0.0.1:1/.well-known"] {
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
}

const OTHER: &str = "0198c5a0-0000-7000-8000-000000000002";
const OTHER_STILL: &str = "0198c5a0-0000-7000-8000-000000000003";

#[test]
fn a_schema_that_is_behind_is_told() {
    let deployment = Deployment::with_roles();
    let settings = deployment.settings(OTHER);
    let refusal = said(&mut check(&["--online"], settings)).refusal();
    assert!(refusal.contains("the schema is behind this version: run `peer-coaching migrate`"), "{refusal}");
}
