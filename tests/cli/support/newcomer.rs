//! Somebody who starts `dev` in a folder and pastes what it prints.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Running, binary};

/// A `dev` under way, and what it printed when it was ready.
pub struct Dev {
    pub running: Running,
    pub welcome: String,
    /// Host and port.
    pub address: String,
}

/// The end of the welcome.
const READY: &str = "Stop with ctrl-c";

impl Dev {
    /// Starts it in this folder, on a port that is free.
    pub fn start(project: &Path) -> Self {
        Self::run(Self::command(project))
    }

    /// What starts it there.
    pub fn command(project: &Path) -> Command {
        let mut command = binary(&["dev", "--listen", "127.0.0.1:0"]);
        command.current_dir(project);
        command
    }

    /// Waits until it is ready.
    pub fn run(mut command: Command) -> Self {
        let mut running = Running::start(&mut command);
        let welcome = running.prints(READY);
        let address = welcome.split("is ready at http://").nth(1).unwrap().lines().next().unwrap().to_owned();
        Self { running, welcome, address }
    }

    /// A token that it printed.
    pub fn token(&self, name: &str) -> String {
        let line = self.welcome.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.unwrap().to_owned()
    }

    /// Pastes every printed line into one shell, as it stands; returns what each `curl` answered.
    pub fn paste(&self) -> Vec<Value> {
        let lines = self.welcome.lines().filter(|line| line.starts_with("export ") || line.starts_with("curl "));
        let script = lines.collect::<Vec<_>>().join("\n");
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        text.lines().map(read).collect()
    }

    /// Presses ctrl-c; returns its last words.
    pub fn stops(self) -> String {
        self.running.signal("INT");
        let said = self.running.ends();
        assert!(said.well, "{said:?}");
        said.err
    }
}
