//! Deliveries for programs of other people to verify (`.ci/webhooks`), and the bots of docs/recipes at work.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use peer_coaching::webhooks::rules::Reach;
use serde_json::{Value, json};

use crate::support::Town;
use crate::support::receiver::{Received, Receiver};
use crate::webhooks::to;

/// A delivery as the programs read it: with secrets that each sign it, or that do not.
fn record(folder: &Path, name: &str, received: &Received, secrets: &[&str], good: bool) {
    let headers = received.headers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>();
    let recorded = json!({ "headers": headers, "body": received.body, "secrets": secrets, "good": good });
    fs::write(folder.join(format!("{name}.json")), recorded.to_string()).unwrap();
}

#[actix_web::test]
async fn deliveries_are_left_for_others_to_verify() {
    let folder = env::var_os("WEBHOOK_FILES").map(PathBuf::from);
    let record = |name: &str, received: &Received, secrets: &[&str], good: bool| {
        if let Some(folder) = &folder {
            record(folder, name, received, secrets, good);
        }
    };
    let (town, company) = Town::with_webhooks_here().await;
    let (program, receiver) = (company.integration("program", "webhooks:manage"), Receiver::new());
    let (path, first) = to(&program, &receiver, Value::Null).await;
    let _delivering = town.delivers(&company, Reach::Anywhere);
    let (ana, ben) = (company.person("ana"), company.person("ben"));
    ana.is_ready().await;
    ana.is_coached_by(&ben).await.ok();
    let got = receiver.gets(5).await; // two who joined, a cycle that was planned, a request and a yes, at the least
    for (at, one) in got.iter().enumerate() {
        record(&format!("good-{at}"), one, &[&first], true);
    }
    let second = program.post(&format!("{path}/rotate-secret"), json!({})).await.ok();
    let second = second["secret"].as_str().unwrap();
    let before = receiver.got().len();
    program.post(&format!("{path}/test"), json!({})).await.ok();
    let both = receiver.gets(before + 1).await.pop().unwrap();
    assert_eq!(both.signatures.len(), 2);
    record("rotated", &both, &[&first, second], true);
    let mut other = both.clone();
    other.body = other.body.replace("webhook.tested", "webhook.tasted");
    record("changed", &other, &[&first, second], false);
    record("of-another", &got[0], &[second], false);
}

/// A bot that runs until it is dropped.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bot {
    /// Starts it; where it listens.
    fn start(program: &str, script: &str, settings: &[(&str, &str)]) -> (Self, String) {
        let mut command = Command::new(program);
        command.arg(script).envs(settings.iter().copied()).env("PORT", "0").stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("it says where it listens").unwrap();
        let port = line.rsplit(' ').next().unwrap().to_owned();
        (Self(child), format!("http://127.0.0.1:{port}/"))
    }
}

/// Each bot of the recipe, where its library is there (`.ci/webhooks/check` installs it).
#[actix_web::test]
async fn the_bots_of_the_recipe_say_who_is_asked() {
    let node = env::var("NODE_TOOLS").ok().map(|tools| ("node".to_owned(), format!("{tools}/bot.mjs")));
    let python = env::var("PYTHON_TOOLS").ok().map(|python| (python, "docs/recipes/bot.py".to_owned()));
    for (program, script) in node.into_iter().chain(python) {
        let (town, company) = Town::with_webhooks_here().await;
        let manager = company.integration("manager", "webhooks:manage members:read");
        let chat = Receiver::new();
        let (ana, ben) = (company.person("ana"), company.person("ben"));
        ben.id().await;
        ana.is_ready().await;
        let ahead = Receiver::new(); // its secret is needed before the bot is there
        let (path, secret) = to(&manager, &ahead, json!(["pairing.requested"])).await;
        let settings = [
            ("API_URL", town.address.as_str()),
            ("API_TOKEN", manager.token()),
            ("WEBHOOK_SECRET", &secret),
            ("CHAT_URL", &chat.url),
        ];
        let (_bot, address) = Bot::start(&program, &script, &settings);
        manager.patch(&path, json!({ "url": address })).await.ok();
        let _delivering = town.delivers(&company, Reach::Anywhere);
        ana.asks(&ben).await.ok();
        let said = chat.gets(1).await.remove(0).json();
        assert_eq!(said["to"], "ben", "{script}: {said}");
        assert!(said["text"].as_str().unwrap().contains("coach"), "{said}");
    }
}
