//! The flood: a process of its own, which is this executable again. It has the lowest priority (`nice`), as its clients
//! are machines of their own in life: what is measured is how they use the service, not that they use our processors.

use std::collections::BTreeMap;
use std::io::{BufRead, Read, Write, stdin};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::client::Client;

/// How often each status was answered.
pub type Statuses = BTreeMap<u16, usize>;

/// A flood under way.
pub struct Flood(Child);

impl Flood {
    /// Each of these requests over a connection of its own.
    pub fn begin(address: &str, requests: &[Vec<u8>]) -> Self {
        let executable = std::env::current_exe().expect("this executable");
        let mut process = Command::new("nice")
            .args(["-n", "19"])
            .arg(executable)
            .args(["flood", address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this executable starts");
        let requests = requests.iter().map(|request| String::from_utf8_lossy(request)).collect::<Vec<_>>();
        let line = serde_json::to_string(&requests).expect("texts") + "\n";
        process.stdin.as_mut().expect("a pipe").write_all(line.as_bytes()).expect("it listens");
        Self(process)
    }

    /// Lets it end, and tells what it was answered.
    pub fn end(mut self) -> Statuses {
        drop(self.0.stdin.take());
        let mut told = String::new();
        self.0.stdout.take().expect("a pipe").read_to_string(&mut told).expect("a text");
        self.0.wait().expect("it ends");
        let line = |line: &str| {
            let (status, times) = line.split_once(' ')?;
            Some((status.parse().ok()?, times.parse().ok()?))
        };
        told.lines().filter_map(line).collect()
    }
}

/// The other end: each connection asks again as soon as it was answered, whatever the answer, until its input ends.
pub fn play(address: &str) {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).expect("a line");
    let requests: Vec<String> = serde_json::from_str(&line).expect("texts");
    let over = AtomicBool::new(false);
    let one = |request: &str| {
        let (mut client, mut statuses) = (Client::to(address), Statuses::new());
        while !over.load(Ordering::Relaxed) {
            *statuses.entry(client.ask(request.as_bytes()).0).or_default() += 1;
        }
        statuses
    };
    thread::scope(|scope| {
        let asking = requests.iter().map(|request| scope.spawn(|| one(request))).collect::<Vec<_>>();
        let _ = stdin().lock().read_to_string(&mut String::new());
        over.store(true, Ordering::Relaxed);
        let mut all = Statuses::new();
        for (status, times) in asking.into_iter().flat_map(|one| one.join().expect("a client")) {
            *all.entry(status).or_default() += times;
        }
        all.iter().for_each(|(status, times)| println!("{status} {times}"));
    });
}
