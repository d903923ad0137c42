//! The real binary, run in an environment of the test's own.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::scratch::{eventually, signal};

/// The binary with these arguments, and nothing of our environment but where programs are.
pub fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peer-coaching"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command said, and whether it ended well.
#[derive(Debug)]
pub struct Said {
    pub well: bool,
    pub out: String,
    pub err: String,
}

impl Said {
    /// What it printed, having succeeded.
    #[track_caller]
    pub fn out(self) -> String {
        assert!(self.well, "it failed: {}", self.err);
        self.out
    }

    /// Why it failed.
    #[track_caller]
    pub fn refusal(self) -> String {
        assert!(!self.well && self.out.is_empty(), "it should have failed, and said nothing else: {self:?}");
        self.err
    }
}

/// Runs it to its end.
pub fn said(command: &mut Command) -> Said {
    Running::start(command).ends()
}

/// Every command, as the help of those above tells: `[]`, `["dev"]`, …, `["organizations", "create"]`.
pub fn commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while let Some(above) = found.get(next).cloned() {
        let arguments: Vec<_> = above.iter().map(String::as_str).chain(["--help"]).collect();
        let help = said(&mut binary(&arguments)).out();
        let listed = help.split_once("\nCommands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap());
        let names = listed.unwrap_or_default().lines().filter_map(|line| line.split_whitespace().next());
        found.extend(names.filter(|name| *name != "help").map(|name| {
            let mut below = above.clone();
            below.push(name.to_owned());
            below
        }));
        next += 1;
    }
    found
}

/// A process under way. It is killed when the test lets go of it.
pub struct Running {
    process: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let (out, out_reader) = listen(process.stdout.take().unwrap());
        let (err, err_reader) = listen(process.stderr.take().unwrap());
        Self { process, out, err, readers: vec![out_reader, err_reader] }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until its standard output holds these words; returns all of it.
    pub fn prints(&mut self, words: &str) -> String {
        self.says(words, |running| &running.out)
    }

    /// Waits until its standard error holds these words; returns all of it.
    pub fn logs(&mut self, words: &str) -> String {
        self.says(words, |running| &running.err)
    }

    fn says(&mut self, words: &str, heard: fn(&Self) -> &Mutex<String>) -> String {
        eventually(words, || {
            // Ended first, then looked: what it said last is there too.
            let ended = self.process.try_wait().unwrap().is_some();
            let said = heard(self).lock().unwrap().contains(words);
            assert!(said || !ended, "it ended without saying {words:?}: {}", self.err.lock().unwrap());
            said
        });
        heard(self).lock().unwrap().clone()
    }

    pub fn signal(&self, name: &str) {
        signal(name, self.id());
    }

    /// Waits for its end.
    pub fn ends(mut self) -> Said {
        let mut status = None;
        eventually("the process ends", || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        let text = |heard: &Mutex<String>| heard.lock().unwrap().clone();
        Said { well: status.unwrap().success(), out: text(&self.out), err: text(&self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads along, so that the process never waits for us.
fn listen(mut from: impl Read + Send + 'static) -> (Arc<Mutex<String>>, std::thread::JoinHandle<()>) {
    let heard = Arc::new(Mutex::new(String::new()));
    let ours = Arc::clone(&heard);
    let reader = std::thread::spawn(move || {
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = from.read(&mut piece) {
            bytes.extend(&piece[..length]);
            *ours.lock().unwrap() = String::from_utf8_lossy(&bytes).into_owned();
        }
    });
    (heard, reader)
}
