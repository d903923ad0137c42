//! Secrets come in by the environment and by files, and never go out: not in good settings, not in bad ones.

use clap::{Command, Subcommand};
use peer_coaching::commands;
use serde_json::json;

use crate::support::{
    Deployment, MASTER_KEYS, Provider, Running, Said, Settings, ask, binary, commands as names, get, said,
};

/// In whatever secret, and in nothing else.
const CANARY: &str = "CANARYcanaryCANARYcanaryCANARYcanary42"; // base64, too, when it is cut

fn is_silent(what: &str, said: &Said) {
    let everything = format!("{}{}", said.out, said.err).to_lowercase();
    assert!(!everything.contains("canary"), "{what}: {everything}");
    assert!(!everything.is_empty(), "{what} says something, or this proves nothing");
}

/// Settings with a canary wherever a secret can be; the shared secret's is good.
fn good(deployment: &Deployment, organization: &str) -> Settings {
    let mut settings = deployment.settings(organization);
    let issuers = format!(
        "[[issuers]]\nissuer = \"https://bots.example.com\"\naudiences = [\"a\"]\nalgorithms = [\"HS256\"]\n\
         shared_secret_env = \"BOTS_SECRET\"\norganization = \"{organization}\"\n\
         [[issuers]]\nissuer = \"{}\"\naudiences = [\"{}\"]\nalgorithms = [\"ES256\"]\njwks_file = \"jwks.json\"\n\
         organization = \"{organization}\"\n",
        Provider::ISSUER,
        Provider::AUDIENCE
    );
    settings[0].1 += &format!("&password={CANARY}");
    settings[1].1 = deployment.file("bots.toml", &issuers).display().to_string();
    settings[2].1 = format!("c1:{}A=,{MASTER_KEYS}", &CANARY.repeat(2)[..42]);
    settings.push(("BOTS_SECRET", CANARY.to_owned()));
    settings
}

#[test]
fn good_settings_are_used_in_silence() {
    let (deployment, organization) = Deployment::founded();
    let mut settings = good(&deployment, &organization);
    settings.push(("LOG", "trace".to_owned()));
    is_silent("check-config", &said(binary(&["check-config", "--online"]).envs(settings.clone())));
    is_silent("migrate", &said(binary(&["migrate"]).envs(settings.clone())));

    let mut service = Running::start(binary(&["serve"]).envs(settings));
    let log = service.logs("\"serving\"");
    let address = log.split("\"listen\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let token = deployment.provider.token("canary");
    assert_eq!(get(&address, "/v1/members?canary=1", &token).status, 400);
    assert_eq!(get(&address, "/v1/me", &token).status, 200);
    service.signal("TERM");
    is_silent("serve", &service.ends());
}

/// The address of somebody's calendar is a secret too: it is told once, and no log at any level has it.
#[test]
fn the_address_of_a_calendar_is_in_no_log() {
    let (deployment, organization) = Deployment::founded();
    let mut settings = deployment.settings(&organization);
    settings.push(("LOG", "trace".to_owned()));
    settings.push(("PUBLIC_URL", "https://coaching.example.com/below/".to_owned()));
    let mut service = Running::start(binary(&["serve"]).envs(settings));
    let log = service.logs("\"serving\"");
    let address = log.split("\"listen\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let made = ask(&address, "POST", "/v1/me/calendar-feed", &deployment.provider.token("ana"), &json!({}));
    let made = made.body;
    let (path, url) = (made["path"].as_str().unwrap(), made["url"].as_str().unwrap());
    assert_eq!(url, format!("https://coaching.example.com/below{path}"));
    let secret = path.trim_start_matches("/calendar/feed_").trim_end_matches(".ics");
    for (path, status) in [
        (path.to_owned(), 200),
        (format!("/calendar/feed_{secret}x.ics"), 404),
        (format!("/calendar/feed_{secret}"), 404),
        (format!("/calendar/feed_{secret}.ics?a=b"), 200),
        (format!("/calendar/feed_{secret}%ff.ics"), 404),
    ] {
        let answer = get(&address, &path, "");
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(!answer.body.to_string().contains(secret), "nor is it said again: {}", answer.body);
    }
    let answer = ask(&address, "POST", path, "", &json!({}));
    assert_eq!((answer.status, answer.body.to_string().contains(secret)), (405, false), "{}", answer.body);
    service.signal("TERM");
    let said = service.ends();
    assert!(said.err.contains("/calendar/{secret}.ics"), "by the pattern of its route: {}", said.err);
    assert!(!said.err.contains(&secret[30..]) && !said.out.contains(&secret[30..]), "{}", said.err);
}

#[test]
fn bad_settings_are_named_and_not_shown() {
    let (deployment, organization) = Deployment::founded();
    let good = good(&deployment, &organization);
    let issuer = |lines: &str| {
        let text = format!("[[issuers]]\nissuer = \"https://a.example\"\naudiences = [\"a\"]\n{lines}\n");
        deployment.file("bad.toml", &text).display().to_string()
    };
    let secret = |text: &str| deployment.file("secret", text);
    secret("CANARY\n");
    let nowhere = ("DATABASE_URL", format!("postgresql://app:{CANARY}@127.0.0.1:1/nowhere"));
    let bad: [(&str, String); 13] = [
        ("DATABASE_URL", format!("postgresql://app:{CANARY}@[::1/nowhere")),
        ("DATABASE_URL", format!("host=127.0.0.1 port=1 password={CANARY} user")),
        ("DATABASE_URL", format!("postgresql://app@127.0.0.1:1/x?password={CANARY}&{CANARY}=1")),
        ("MASTER_KEYS", CANARY.to_owned()),
        ("MASTER_KEYS", format!("{CANARY}:{CANARY}")),
        ("MASTER_KEYS", format!("k1:{CANARY}")),
        ("BOTS_SECRET", CANARY[..31].to_owned()),
        ("ISSUERS_FILE", issuer(&format!("shared_secret_env = \"{CANARY}\"\nalgorithms = [\"HS256\"]"))),
        ("ISSUERS_FILE", deployment.file("shapes.toml", &shapes()).display().to_string()),
        (
            "ISSUERS_FILE",
            deployment.file("cut.toml", &format!("[[issuers]]\nshared_secret_env = \"{CANARY}")).display().to_string(),
        ),
        ("ISSUERS_FILE", deployment.file("loose.toml", &format!("{CANARY}\n")).display().to_string()),
        (
            "ISSUERS_FILE",
            deployment
                .file("file.toml", "[[issuers]]\nshared_secret_file = \"secret\"\nalgorithms = [\"HS256\"]")
                .display()
                .to_string(),
        ),
        (
            "ISSUERS_FILE",
            deployment
                .file("url.toml", &format!("[[issuers]]\njwks_url = \"https://a:{CANARY}@a.example/\""))
                .display()
                .to_string(),
        ),
    ];
    let with = |name: &'static str, value: &str| {
        let mut settings = good.clone();
        settings.retain(|(known, _)| *known != name);
        settings.push((name, value.to_owned()));
        settings
    };
    is_silent(
        "a database that is nowhere",
        &said(binary(&["check-config", "--online"]).envs(with(nowhere.0, &nowhere.1))),
    );
    let mut waiting = Running::start(binary(&["serve"]).envs(with(nowhere.0, &nowhere.1)));
    waiting.logs("cannot serve yet");
    waiting.signal("TERM");
    is_silent("a service that waits for a database", &waiting.ends());
    for (name, value) in bad {
        let settings = with(name, &value);
        for arguments in [&["check-config", "--online"][..], &["serve"]] {
            let said = said(binary(arguments).envs(settings.clone()));
            assert!(!said.well, "{arguments:?} takes {name}={value}");
            is_silent(&format!("{arguments:?} with {name}={value}"), &said);
        }
    }
}

/// A secret where something of another shape belongs.
fn shapes() -> String {
    let each = ["discovery", "audiences", "algorithms", "organizations", "types", "administrator_roles"];
    let lines: String = each.iter().map(|setting| format!("{setting} = \"{CANARY}\"\n")).collect();
    format!("[[issuers]]\n{lines}shared_secret_env = [\"{CANARY}\"]\n")
}

#[test]
fn help_and_mistaken_arguments_show_nothing_of_the_environment() {
    let variables = ["DATABASE_URL", "MASTER_KEYS", "ISSUERS_FILE", "CORS_ORIGINS", "PUBLIC_URL"];
    for command in names() {
        for more in ["--help", "-h", "--no-such-option"] {
            let arguments: Vec<_> = command.iter().map(String::as_str).chain([more]).collect();
            is_silent(&format!("{arguments:?}"), &said(binary(&arguments).envs(variables.map(|name| (name, CANARY)))));
        }
    }
    // Settings that are no secrets, where help would show them.
    for name in ["LISTEN", "WORKERS", "DATABASE_CONNECTIONS", "LOG", "LOG_FORMAT"] {
        for command in names() {
            let arguments: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
            is_silent(name, &said(binary(&arguments).env(name, CANARY)));
        }
    }
}

#[test]
fn what_was_parsed_shows_no_secret_when_it_is_debugged() {
    let parser = commands::Command::augment_subcommands(Command::new("peer-coaching"));
    let secrets = ["--database-url", CANARY, "--master-keys", CANARY];
    for command in [&["serve"][..], &["check-config"], &["migrate"], &["organizations", "create", "--name", "x"]] {
        let some = if command[0] == "serve" || command[0] == "check-config" { &secrets[..] } else { &secrets[..2] };
        let matches = parser.clone().get_matches_from([&["peer-coaching"], command, some].concat());
        let parsed = <commands::Command as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        let shown = format!("{parsed:?} {parsed:#?}");
        assert!(!shown.contains("CANARY") && shown.to_lowercase().contains("redacted"), "{shown}");
    }
}
