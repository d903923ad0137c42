//! What the stories need of the world: folders that go away again, questions to a server, a look at the processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use peer_coaching::db::embedded::Home;
use tokio_postgres::{Config, NoTls};

/// A project folder; it, and the home that belongs to it, are gone after the test.
pub struct Project(PathBuf);

impl Project {
    /// Named as the test wants it: the name may be a path.
    pub fn named(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("peer-coaching-project-{}-{count}", std::process::id());
        let project = Self(std::env::temp_dir().join(unique).join(name));
        fs::create_dir_all(&project.0).unwrap();
        project
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The unique folder above whatever name the test has chosen.
    pub fn top(&self) -> &Path {
        let depth = std::env::temp_dir().components().count() + 1;
        self.0.ancestors().find(|folder| folder.components().count() == depth).unwrap()
    }

    pub fn home(&self) -> Home {
        Home::for_project(&self.0).unwrap()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if we_are_root() {
            let _ = fs::remove_dir_all(self.home().folder()); // not in the project
        }
        let _ = fs::remove_dir_all(self.top());
    }
}

/// Runs `sql` as one batch and returns the first value of its last row, as text.
pub fn ask(config: &Config, sql: &str) -> Result<String, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let conversation = async {
        let (client, connection) = config.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        drop(client);
        connection.await.unwrap()?;
        let mut values = messages.iter().rev().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(values.next().unwrap_or_default())
    };
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), conversation).await.unwrap() })
}

pub fn answers(url: &str) -> bool {
    ask(&url.parse().unwrap(), "select 1").is_ok()
}

/// Waits for what must come true.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 20 seconds: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn signal(name: &str, process: impl std::fmt::Display) {
    let status = Command::new("kill").args(["-s", name, "--"]).arg(process.to_string()).status().unwrap();
    assert!(status.success(), "kill -s {name} {process}");
}

/// Whether this process was stopped by a signal and has not gone on. Only Linux tells; elsewhere it is believed.
pub fn is_suspended(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !cfg!(target_os = "linux") || stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
}

/// Whether any process works in `folder`, as a server and its children do. Only Linux tells; elsewhere none does.
pub fn at_work_in(folder: &Path) -> bool {
    processes().any(|(_, process)| fs::read_link(process.join("cwd")).unwrap_or_default().starts_with(folder))
}

/// The running children of a process that are called `name`.
pub fn children(parent: u32, name: &str) -> Vec<u32> {
    let is_child = |process: &Path| {
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        let Some((head, tail)) = stat.rsplit_once(") ") else { return false };
        head.ends_with(&format!("({name}")) && tail.split(' ').nth(1) == Some(parent.to_string().as_str())
    };
    processes().filter(|(_, process)| is_child(process)).map(|(id, _)| id).collect()
}

fn processes() -> impl Iterator<Item = (u32, PathBuf)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
}

/// What `id` says: `["-u"]` is who we are, `["-u", "nobody"]` who they are.
pub fn id(question: &[&str]) -> u32 {
    let answer = Command::new("id").args(question).output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().parse().unwrap()
}

pub fn we_are_root() -> bool {
    id(&["-u"]) == 0
}
