use std::path::Path;

use super::Issuers;
use super::checks::Surroundings;
use super::file;

const ID: &str = "0198c5a0-0000-7000-8000-000000000001";

const SECRET: &str = "correct horse battery staple, 32+";

fn read(text: &str) -> Result<Issuers, Vec<String>> {
    let variable = |name: &str| match name {
        "STRONG" => Some(SECRET.to_owned()),
        "WEAK" => Some("hunter2".to_owned()),
        _ => None,
    };
    file::parse(text, &Surroundings { folder: Path::new("/nowhere"), variable: &variable })
}

/// A sound issuer, with `lines` put in place of those that set the same.
fn with(lines: &str) -> Result<Issuers, Vec<String>> {
    let sound = format!(
        "issuer = \"https://idp.example.com/\"\naudiences = [\"us\"]\nalgorithms = [\"RS256\"]\ndiscovery = true\norganization = \"{ID}\""
    );
    let set = |line: &&str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let replaced: Vec<_> = lines.lines().map(|line| set(&line)).collect();
    let kept: Vec<_> = sound.lines().filter(|line| !replaced.contains(&set(line))).collect();
    let lines: Vec<_> = lines.lines().filter(|line| !line.ends_with("= -")).collect();
    read(&format!("[[issuers]]\n{}\n{}", kept.join("\n"), lines.join("\n")))
}

fn problem(lines: &str) -> String {
    let problems = with(lines).err().unwrap_or_default();
    assert_eq!(problems.len(), 1, "{lines}: {problems:#?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn sound_settings_are_taken() {
    for lines in [
        "",
        "discovery = -\njwks_url = \"https://idp.example.com/keys\"",
        "discovery = -\nshared_secret_env = \"STRONG\"\nalgorithms = [\"HS256\"]",
        "organization = -\norganization_claim = \"tid\"\norganizations = { a = \"0198c5a0-0000-7000-8000-000000000001\" }",
        "types = [\"JWT\", \"application/at+jwt\"]\nmax_token_lifetime = \"90m\"",
        "integration_claim = \"kind\"\nintegration_value = \"robot\"\nscope_claim = \"scp\"",
        "administrator_roles = []",
    ] {
        let issuers = with(lines).unwrap_or_else(|problems| panic!("{lines}: {problems:#?}"));
        assert_eq!(issuers.organizations().map(|one| one.to_string()).collect::<Vec<_>>(), [ID]);
        assert!(issuers.warnings().is_empty());
    }
}

#[test]
fn each_slip_is_one_sentence() {
    let table = [
        ("issuer = -\ndiscovery = -\njwks_url = \"https://x.example\"", "\"issuer\" is missing"),
        ("audiences = []", "\"audiences\" must list"),
        ("types = \"JWT\"", "\"types\" has the wrong type: expected a sequence"),
        ("algorithms = [\"none\"]", "algorithm \"none\" is not one of"),
        ("algorithms = [\"rs256\"]", "algorithm \"rs256\" is not one of"),
        ("algorithms = [\"HS256\"]", "HS256 goes with a shared secret"),
        ("algorithms = [\"RS256\", \"HS256\"]", "HS256 goes with a shared secret"),
        ("discovery = -\nshared_secret_env = \"STRONG\"", "a shared secret needs"),
        ("discovery = -\nshared_secret_env = \"WEAK\"\nalgorithms = [\"HS256\"]", "at least 32 bytes"),
        (
            "discovery = -\nshared_secret_env = \"UNSET\"\nalgorithms = [\"HS256\"]",
            "names an environment variable that is not set",
        ),
        (
            "discovery = -\nshared_secret_file = \"secret\"\nalgorithms = [\"HS256\"]",
            "/nowhere/secret could not be read",
        ),
        ("discovery = -\njwks_file = \"keys.json\"", "/nowhere/keys.json could not be read"),
        ("discovery = -", "exactly one of"),
        ("discovery = false", "exactly one of"),
        ("jwks_url = \"https://idp.example.com/keys\"", "and has 2"),
        ("discovery = -\njwks_url = \"http://idp.example.com/keys\"", "must be https"),
        ("discovery = -\njwks_url = \"https://a:b@idp.example.com/keys\"", "without credentials"),
        ("discovery = -\njwks_url = \"file:///etc/passwd\"", "not an https address"),
        ("issuer = \"http://idp.example.com\"", "must be https"),
        ("issuer = \"accounts\"", "not an https address"),
        ("issuer = \"https://idp.example.com/?x\"", "no discovery document"),
        ("organization = \"us\"", "is not a UUID"),
        ("organization = -", "needs either \"organization\""),
        ("organization_claim = \"tid\"", "needs either \"organization\""),
        ("organization = -\norganization_claim = \"tid\"\norganizations = {}", "needs either \"organization\""),
        ("organization = -\norganization_claim = \"tid\"\norganizations = { a = \"b\" }", "\"b\" is not a UUID"),
        ("max_token_lifetime = \"a day\"", "is not a length of time"),
        ("max_token_lifetime = \"-1h\"", "is not a length of time"),
        ("types = []", "\"types\" must list"),
        ("integration_claim = \"kind\"", "go together"),
        ("member_claim = \"\"", "must name a claim"),
        ("audience = \"us\"", "\"audience\" is not a setting; expected one of `issuer`"),
    ];
    for (lines, expected) in table {
        let told = problem(lines);
        assert!(told.starts_with("issuer 1") && told.contains(expected), "{lines}: {told}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = format!(
        "issuer = 1\n[[issuers]]\nissuer = \"https://a.example\"\naudiences = []\nalgorithm = \"RS256\"\ndiscovery = \"yes\"\n\
         organization = \"{ID}\"\n[[issuers]]\norganization = \"x\""
    );
    let problems = read(&text).err().unwrap();
    assert_eq!(problems.len(), 11, "{problems:#?}");
    assert!(problems[0].starts_with("issuers file: \"issuer\" is unknown"));
    assert!(problems[1].starts_with("issuer 1 \"https://a.example\": "));
    assert!(problems[10].starts_with("issuer 2: "));
}

#[test]
fn broken_files_are_told_by_line() {
    assert_eq!(read("").err().unwrap(), ["issuers file: names no issuer; add a table [[issuers]]"]);
    assert!(read("issuers = 1").err().unwrap()[0].contains("must be tables"));
    assert!(read("\n\n[[issuers]\n").err().unwrap()[0].contains("line 3 is not TOML"));
}

#[test]
fn one_issuer_may_stand_twice_for_different_audiences() {
    let entry = |audiences: &str| {
        format!(
            "[[issuers]]\nissuer = \"https://a.example\"\naudiences = {audiences}\nalgorithms = [\"RS256\"]\ndiscovery = true\norganization = \"{ID}\"\n"
        )
    };
    assert!(read(&(entry("[\"a\"]") + &entry("[\"b\"]"))).is_ok());
    let problems = read(&(entry("[\"a\", \"c\"]") + &entry("[\"b\", \"c\"]"))).err().unwrap();
    assert_eq!(problems, ["issuer 2 \"https://a.example\": issuer 1 is the same issuer with the same audience \"c\""]);
}

#[test]
fn no_secret_is_ever_in_a_sentence() {
    let weak = problem("discovery = -\nshared_secret_env = \"WEAK\"\nalgorithms = [\"HS256\"]");
    assert!(!weak.contains("hunter2"));
}

#[test]
fn what_is_risky_is_warned_of() {
    let near = with("issuer = \"http://127.0.0.1:8080/realm\"\nmember_claim = \"email\"").ok().unwrap();
    assert_eq!(near.warnings().len(), 2, "{:?}", near.warnings());
}

#[test]
fn every_setting_has_a_place() {
    let text = r#"
        # The company's own provider.
        [[issuers]]
        issuer = "https://login.example.com/realms/staff"
        audiences = ["https://coaching.example.com"]
        algorithms = ["RS256", "ES256"]
        discovery = true
        organization = "0198c5a0-0000-7000-8000-000000000001"
        types = ["at+jwt", "JWT"]
        member_claim = "employee_id"
        role_claim = "realm_access.roles"
        administrator_roles = ["people-team"]
        max_token_lifetime = "1h"

        # One provider for several companies.
        [[issuers]]
        issuer = "https://sso.example.net"
        audiences = ["api://coaching"]
        algorithms = ["RS256"]
        jwks_url = "https://sso.example.net/keys"
        organization_claim = "tid"
        organizations = { "a1" = "0198c5a0-0000-7000-8000-000000000002", "b2" = "0198c5a0-0000-7000-8000-000000000003" }
        scope_claim = "scp"

        # A bot of our own.
        [[issuers]]
        issuer = "coaching-bot"
        audiences = ["https://coaching.example.com"]
        algorithms = ["HS256"]
        shared_secret_env = "STRONG"
        organization = "0198c5a0-0000-7000-8000-000000000001"
        integration_claim = "kind"
        integration_value = "bot"
    "#;
    let issuers = read(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(issuers.organizations().count(), 3);
    assert!(issuers.warnings().is_empty());
}
