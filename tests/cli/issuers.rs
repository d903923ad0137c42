//! docs/issuers.md and docs/identity-providers.md: every example is taken by the binary, and every setting is explained.

use serde_json::json;

use crate::support::{Deployment, Provider, binary, said};

const DOCS: &str = include_str!("../../docs/issuers.md");
const PROVIDERS: &str = include_str!("../../docs/identity-providers.md");
const ORGANIZATION: &str = "0198c5a0-0000-7000-8000-000000000001";

fn examples(docs: &'static str) -> Vec<&'static str> {
    docs.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What `check-config` says of this file's text.
fn verdict(deployment: &Deployment, text: &str) -> crate::support::Said {
    let file = deployment.file("example.toml", text);
    let mut settings = deployment.settings(ORGANIZATION);
    settings.retain(|(name, _)| *name != "ISSUERS_FILE");
    let secret = "worth thirty-two bytes, or a little more";
    deployment.file("bots.secret", &format!("{secret}\n"));
    deployment.file("keys.json", &json!(Provider::new().jwks()).to_string());
    said(binary(&["check-config"]).envs(settings).env("ISSUERS_FILE", file).env("BOTS_SECRET", secret))
}

#[test]
fn every_example_is_taken() {
    let deployment = Deployment::empty();
    assert_eq!(examples(DOCS).len(), 5, "one for each source of keys");
    assert_eq!(examples(PROVIDERS).len(), 4, "one for each provider that signs for an API");
    for example in [examples(DOCS), examples(PROVIDERS)].concat() {
        let told = verdict(&deployment, example).out();
        let (warnings, verdict) = told.split_at(told.rfind("the configuration").unwrap());
        assert_eq!(verdict, "the configuration is good\n", "{example}");
        let is_untyped = example.contains("types = [\"none\"]");
        assert_eq!(warnings.matches("warning: ").count(), usize::from(is_untyped), "{example}: {told}");
    }
}

#[test]
fn every_setting_is_explained_and_no_other() {
    let refusal = verdict(&Deployment::empty(), "[[issuers]]\nno_such_setting = 1\n").refusal();
    let known = refusal.split("\"no_such_setting\" is not a setting; expected one of ").nth(1).unwrap();
    let mut known: Vec<_> = known.lines().next().unwrap().split(", ").map(|name| name.trim_matches('`')).collect();
    let mut explained: Vec<_> = crate::support::table(DOCS, "setting").into_iter().map(|row| row[0].clone()).collect();
    known.sort_unstable();
    explained.sort_unstable();
    assert_eq!(explained, known);
}

#[test]
fn every_setting_is_used_in_an_example() {
    let examples = examples(DOCS).concat();
    for row in crate::support::table(DOCS, "setting") {
        let used = examples.lines().any(|line| line.starts_with(&format!("{} = ", row[0])));
        assert!(used || row[0] == "organizations" && examples.contains("[issuers.organizations]"), "{row:?}");
    }
}
