//! Another process that owns a server, to be killed: this very test binary, run again.

use std::env::{self, VarError};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use peer_coaching::db::embedded::{Embedded, EmbeddedError, Home};

use crate::scratch::signal;

/// Tells the other process which project's server to own; empty: one in a temporary home.
const PROJECT: &str = "PEER_COACHING_TEST_OWNS_PROJECT";

/// Begins the line that is meant for us; libtest writes others.
const TOLD: &str = "THE OWNER WAS TOLD: ";

/// A process that owns a running server.
pub struct Owner {
    process: Child,
    /// Kept open: libtest in there fails when nobody listens to its last words.
    _said: BufReader<ChildStdout>,
    pub url: String,
    pub folder: PathBuf,
    pub server: u32,
}

impl Owner {
    /// Owns the server of this project, and it is running.
    pub fn of(project: &Path) -> Self {
        Self::run(&mut Self::command(project)).unwrap()
    }

    /// Owns a server in a temporary home.
    pub fn of_a_temporary_home() -> Self {
        Self::of(Path::new(""))
    }

    /// What becomes an owner when it is run.
    pub fn command(project: &Path) -> Command {
        Self::command_of(&env::current_exe().unwrap(), project)
    }

    /// The same, from a copy of this binary.
    pub fn command_of(binary: &Path, project: &Path) -> Command {
        let mut command = Command::new(binary);
        command.args(["owner::owns_a_server_when_told_to", "--exact", "--nocapture"]).env(PROJECT, project);
        // A process group of its own, as a shell makes for each command: Ctrl-C is a signal to the group.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).current_dir("/");
        command
    }

    /// Waits until the server runs; the error is what the owner was told instead.
    pub fn run(command: &mut Command) -> Result<Self, String> {
        let mut process = command.spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut lines = said.by_ref().lines().map_while(Result::ok);
        let told = lines.find_map(|line| Some(line.split_once(TOLD)?.1.to_owned())).unwrap();
        let [url, folder, server] = match told.split('|').collect::<Vec<_>>().try_into() {
            Ok(facts) => facts,
            Err(_) => return process.wait().map(|_| Err(told)).unwrap(),
        };
        Ok(Self { process, url: url.into(), folder: folder.into(), server: server.parse().unwrap(), _said: said })
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Dies of this signal, sent to it alone.
    pub fn dies_of(mut self, name: &str) {
        signal(name, self.id());
        assert!(!self.process.wait().unwrap().success());
    }

    /// Dies of Ctrl-C, which all of its process group receive.
    pub fn dies_of_ctrl_c(mut self) {
        signal("INT", format!("-{}", self.id()));
        assert!(!self.process.wait().unwrap().success());
    }

    /// Comes to its end in peace.
    pub fn ends(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}

/// The other process: does nothing unless told to.
#[test]
fn owns_a_server_when_told_to() {
    let project = match env::var(PROJECT) {
        Ok(project) => project,
        Err(VarError::NotPresent) => return,
        Err(error) => panic!("{error}"),
    };
    match start(&project) {
        Ok(server) => {
            let (url, folder) = (server.url("postgres", "postgres"), server.home().folder().display());
            println!("\n{TOLD}{url}|{folder}|{}", server.process_id());
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        Err(error) => println!("\n{TOLD}{}", error.to_string().replace('\n', " ")),
    }
}

fn start(project: &str) -> Result<Embedded, EmbeddedError> {
    Embedded::start(if project.is_empty() { Home::temporary()? } else { Home::for_project(project.as_ref())? })
}
