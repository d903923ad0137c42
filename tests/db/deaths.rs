//! Whoever dies, and however: no server is left behind, no data is lost, and the next start finds its way.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use peer_coaching::db::embedded::Embedded;

use crate::owner::Owner;
use crate::scratch::{Project, answers, ask, at_work_in, children, eventually, is_suspended, signal, we_are_root};

#[test]
fn an_owner_that_dies_takes_its_server_along() {
    let project = Project::named("orphaned");
    let deaths = ["SIGKILL", "SIGTERM", "SIGHUP", "Ctrl-C", "peace"];
    for death in deaths.into_iter().filter(|death| *death != "SIGHUP" || !hangups_are_ignored()) {
        let owner = Owner::of(project.path());
        let (url, folder) = (owner.url.clone(), owner.folder.clone());
        assert!(answers(&url), "{death}");
        match death {
            "peace" => owner.ends(),
            "Ctrl-C" => owner.dies_of_ctrl_c(),
            signal => owner.dies_of(signal.trim_start_matches("SIG")),
        }
        eventually(death, || !answers(&url) && !at_work_in(&folder));
    }
}

/// Whoever runs the tests by `nohup` has them ignore it, and every process that they start.
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn what_the_terminal_sends_reaches_the_owner_alone() {
    let project = Project::named("foreground");
    let owner = Owner::of(project.path());
    let url = owner.url.clone();
    signal("STOP", format!("-{}", owner.id())); // as Ctrl-Z does, or Ctrl-C: to the process group
    assert!(answers(&url), "the server goes on");
    owner.dies_of("KILL");
    eventually("the leash goes on", || !answers(&url));
}

#[test]
fn a_temporary_home_goes_with_its_owner() {
    let owner = Owner::of_a_temporary_home();
    let (url, folder) = (owner.url.clone(), owner.folder.clone());
    assert!(answers(&url) && folder.exists());
    owner.dies_of("KILL");
    eventually("the temporary home is gone", || !folder.exists());
    assert!(!answers(&url));
}

#[test]
fn the_next_start_does_not_meet_the_leash_of_the_one_before() {
    let project = Project::named("haste");
    for _ in 0..5 {
        let owner = Owner::of(project.path());
        let earlier = owner.server;
        owner.dies_of("KILL");
        let server = Embedded::start(project.home()).unwrap(); // at once, while the leash is at work
        assert_ne!(server.process_id(), earlier);
        assert!(answers(&server.url("postgres", "postgres")));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_suspended_leash_wakes_up_to_do_its_work() {
    let project = Project::named("suspended");
    let owner = Owner::of(project.path());
    let url = owner.url.clone();
    let leash = leash_of(&owner);
    signal("STOP", leash);
    eventually("the leash is suspended", || is_suspended(leash)); // only then the system wakes it when it is orphaned
    owner.dies_of("KILL");
    eventually("the server is gone", || !answers(&url));
}

#[test]
fn the_folder_is_kept_until_the_leash_has_done_its_work() {
    let project = Project::named("slow");
    let owner = Owner::of(project.path());
    let (url, folder) = (owner.url.clone(), owner.folder.clone());
    let (pid_file, hidden) = (folder.join("data/postmaster.pid"), folder.join("hidden"));
    fs::rename(&pid_file, &hidden).unwrap(); // so the leash does not know whom to stop, and tries again in a second
    owner.dies_of("KILL");

    let lock = File::open(folder.join("lock")).unwrap().try_lock();

    assert!(answers(&url), "not stopped yet");
    assert!(lock.is_err(), "a new owner would have its server stopped by the old leash");
    fs::rename(&hidden, &pid_file).unwrap();
    eventually("the server is gone", || !answers(&url));
    assert!(Embedded::start(project.home()).is_ok());
}

#[test]
#[cfg(target_os = "linux")]
fn an_orphaned_server_is_replaced() {
    let project = Project::named("unleashed");
    let (url, earlier) = orphan(&project);
    assert!(answers(&url), "nobody is left to stop it");

    let server = Embedded::start(project.home()).unwrap();

    assert_ne!(server.process_id(), earlier);
    assert_eq!(ask(&server.config("postgres", "postgres"), "select answer from kept").unwrap(), "42");
    drop(server);
    assert!(!at_work_in(project.home().folder()));
}

#[test]
#[cfg(target_os = "linux")]
fn an_orphaned_server_that_is_killed_too_is_recovered() {
    let project = Project::named("abandoned");
    let (url, earlier) = orphan(&project);
    assert!(answers(&url));
    signal("KILL", earlier);
    eventually("the server is dead", || !answers(&url));
    assert!(project.home().folder().join("data/postmaster.pid").exists(), "it had no time to clean up");

    let server = Embedded::start(project.home()).unwrap();

    assert_eq!(ask(&server.config("postgres", "postgres"), "select answer from kept").unwrap(), "42");
}

#[test]
fn a_server_that_dies_before_its_owner_is_no_obstacle() {
    let project = Project::named("widowed");
    let server = Embedded::start(project.home()).unwrap();
    let url = server.url("postgres", "postgres");
    ask(&url.parse().unwrap(), "create table kept as select 42 as answer").unwrap();
    signal("KILL", server.process_id());
    eventually("the server is dead", || !answers(&url));

    let began = Instant::now();
    drop(server);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());

    let server = Embedded::start(project.home()).unwrap();
    assert_eq!(ask(&server.config("postgres", "postgres"), "select answer from kept").unwrap(), "42");
}

#[test]
fn files_left_behind_are_not_believed() {
    let project = Project::named("left");
    drop(Embedded::start(project.home()).unwrap());
    let folder = project.home().folder().to_owned();
    // PostgreSQL would believe them: a process of its own user has the number that they name.
    let mut namesake = Command::new("sleep");
    if we_are_root() {
        namesake.uid(fs::metadata(&folder).unwrap().uid());
    }
    let mut namesake = namesake.arg("600").spawn().unwrap();
    let (id, data) = (namesake.id(), folder.join("data"));
    let pid_file =
        format!("{id}\n{}\n0\n5432\n{}\n\n        1         1\nready   \n", data.display(), folder.display());
    fs::write(data.join("postmaster.pid"), &pid_file).unwrap();
    fs::write(folder.join(".s.PGSQL.5432.lock"), &pid_file).unwrap();
    fs::write(folder.join("lock"), format!("{id}\n")).unwrap();
    drop(UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap());

    let started = Embedded::start(project.home());

    namesake.kill().unwrap();
    namesake.wait().unwrap();
    assert!(answers(&started.unwrap().url("postgres", "postgres")));
}

#[test]
fn data_that_was_never_finished_is_made_again() {
    let project = Project::named("unfinished");
    let draft = project.home().folder().join("data.new");
    fs::create_dir(&draft).unwrap();
    fs::write(draft.join("PG_VERSION"), "15\n").unwrap();
    let server = Embedded::start(project.home()).unwrap();
    assert!(answers(&server.url("postgres", "postgres")));
    assert!(!draft.exists());
}

#[test]
fn an_owner_killed_while_it_makes_its_data_is_no_obstacle() {
    let project = Project::named("half-way");
    let folder = project.home().folder().to_owned();
    let mut owner = Owner::command(project.path()).stdout(Stdio::null()).spawn().unwrap();
    eventually("initdb is at work", || folder.join("data.new/base").exists());
    signal("KILL", owner.id());
    owner.wait().unwrap();
    assert!(!folder.join("data").exists(), "it had not come to the end");

    let server = Embedded::start(project.home()).unwrap();

    assert!(answers(&server.url("postgres", "postgres")));
    assert!(!folder.join("data.new").exists());
}

#[test]
fn an_owner_killed_while_its_server_starts_leaves_none() {
    let project = Project::named("early");
    drop(Embedded::start(project.home()).unwrap());
    let folder = project.home().folder().to_owned();
    let mut owner = Owner::command(project.path()).stdout(Stdio::null()).spawn().unwrap();
    eventually("the server is at work", || at_work_in(&folder) || !cfg!(target_os = "linux"));
    signal("KILL", owner.id());
    owner.wait().unwrap();
    eventually("the server is gone", || !at_work_in(&folder));
    assert!(Embedded::start(project.home()).is_ok());
}

/// A server that nobody owns or guards, with something worth keeping in it: its url and process id.
#[cfg(target_os = "linux")]
fn orphan(project: &Project) -> (String, u32) {
    let owner = Owner::of(project.path());
    let (url, server) = (owner.url.clone(), owner.server);
    ask(&url.parse().unwrap(), "create table kept as select 42 as answer").unwrap();
    signal("KILL", leash_of(&owner));
    owner.dies_of("KILL");
    (url, server)
}

#[cfg(target_os = "linux")]
fn leash_of(owner: &Owner) -> u32 {
    let [leash] = children(owner.id(), "sh")[..] else { panic!("one leash") };
    leash
}
