//! The embedded server in ordinary life, and where it refuses.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use peer_coaching::db::embedded::{Embedded, EmbeddedError, Home};
use tokio_postgres::config::Host;

use crate::owner::Owner;
use crate::scratch::{Project, answers, ask, at_work_in, id, we_are_root};

#[test]
fn a_temporary_server_runs_and_leaves_nothing() {
    let server = Embedded::start(Home::temporary().unwrap()).unwrap();
    let (url, folder, log) =
        (server.url("postgres", "postgres"), server.home().folder().to_owned(), server.home().log());
    assert!(answers(&url));
    assert!(log.exists());
    if cfg!(target_os = "linux") {
        assert!(at_work_in(&folder));
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    drop(server);

    assert!(!answers(&url));
    assert!(!at_work_in(&folder));
    assert!(!folder.exists());
}

#[test]
fn it_is_set_up_as_the_service_needs_it() {
    let server = Embedded::start(Home::temporary().unwrap()).unwrap();
    let config = server.config("postgres", "postgres");
    let expected = [
        ("listen_addresses", ""),
        ("fsync", "off"),
        ("synchronous_commit", "on"),
        ("max_connections", "400"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("client_connection_check_interval", "1s"),
        ("timezone", "UTC"),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
    ];
    for (setting, value) in expected {
        assert_eq!(ask(&config, &format!("show {setting}")).unwrap(), value, "{setting}");
    }
    assert_eq!(ask(&config, "select datcollate from pg_database where datname = 'template1'").unwrap(), "C");
}

#[test]
fn a_durable_one_waits_for_the_disk() {
    let server = Embedded::start_durable(Home::temporary().unwrap()).unwrap();
    assert_eq!(ask(&server.config("postgres", "postgres"), "show fsync").unwrap(), "on");
}

#[test]
fn other_processes_understand_its_url() {
    let server = Embedded::start(Home::temporary().unwrap()).unwrap();
    let url = server.url("postgres", "template1");
    assert_eq!(ask(&url.parse().unwrap(), "select current_database()").unwrap(), "template1");
    match Command::new("psql").args([&url, "-XAtc", "select current_user"]).env("PGPORT", "1").output() {
        Ok(psql) => assert_eq!(String::from_utf8(psql.stdout).unwrap(), "postgres\n"),
        Err(error) => println!("skipped: no psql here ({error})"),
    }
}

#[test]
fn what_is_written_is_there_after_a_restart() {
    let project = Project::named("kept");
    let server = Embedded::start(project.home()).unwrap();
    ask(&server.config("postgres", "postgres"), "create table kept as select 42 as answer").unwrap();
    drop(server);
    let server = Embedded::start(project.home()).unwrap();
    assert_eq!(ask(&server.config("postgres", "postgres"), "select answer from kept").unwrap(), "42");
}

#[test]
fn two_projects_do_not_meet() {
    let (one, two) = (Project::named("one"), Project::named("two"));
    let (one, two) = (Embedded::start(one.home()).unwrap(), Embedded::start(two.home()).unwrap());
    ask(&one.config("postgres", "postgres"), "create database only_one").unwrap();
    assert!(ask(&one.config("postgres", "only_one"), "select 1").is_ok());
    assert!(ask(&two.config("postgres", "only_one"), "select 1").is_err());
    assert!(ask(&two.config("postgres", "postgres"), "select 1").is_ok());
}

#[test]
fn a_second_one_in_the_same_project_is_told_who_has_it() {
    let project = Project::named("wanted");
    let owner = Owner::of(project.path());
    let began = Instant::now();
    let refusal = Embedded::start(project.home()).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(
        refusal.to_string(),
        format!(
            "{} is in use by process {}: this server is already running; use that one, or stop it first",
            owner.folder.display(),
            owner.id()
        )
    );
    assert!(answers(&owner.url), "the first is left in peace");
    owner.ends();
}

#[test]
fn of_two_that_start_at_once_one_runs() {
    let project = Project::named("raced");
    let barrier = Barrier::new(2);
    let start = || {
        barrier.wait();
        let result = Embedded::start(project.home());
        barrier.wait(); // nobody stops before the other has been refused
        result
    };
    let results = thread::scope(|scope| {
        let both = [scope.spawn(start), scope.spawn(start)];
        both.map(|one| one.join().unwrap())
    });
    let running: Vec<_> = results.iter().flatten().collect();
    assert_eq!(running.len(), 1, "{results:?}");
    assert!(answers(&running[0].url("postgres", "postgres")));
    let refused = results.iter().find_map(|result| result.as_ref().err()).unwrap();
    assert!(matches!(refused, EmbeddedError::InUse { owner: Some(owner), .. } if *owner == std::process::id()));
}

#[test]
fn any_path_will_do() {
    let long = "a-folder-with-a-name-of-forty-characters/".repeat(5);
    for name in [long.as_str(), "it's \"50%\" $HOME, & `more`"] {
        let project = Project::named(name);
        let server = Embedded::start(project.home()).unwrap();
        ask(&server.config("postgres", "postgres"), "create table kept as select 42 as answer").unwrap();
        assert!(answers(&server.url("postgres", "postgres")), "{name}");
        drop(server);
        let server = Embedded::start(project.home()).unwrap();
        assert_eq!(ask(&server.config("postgres", "postgres"), "select answer from kept").unwrap(), "42");
        forget_sockets(server);
    }
}

#[test]
fn a_socket_folder_that_somebody_else_has_put_there_is_refused() {
    if we_are_root() {
        println!("skipped: root's homes have short paths");
        return;
    }
    let project = Project::named(&"a-folder-with-a-name-of-forty-characters/".repeat(4));
    let sockets = forget_sockets(Embedded::start(project.home()).unwrap());
    assert!(!sockets.starts_with(project.top()), "{sockets:?}");
    let trap = project.top().join("trap");
    fs::create_dir(&trap).unwrap();
    symlink(&trap, &sockets).unwrap();

    let refusal = Home::for_project(project.path()).unwrap_err();

    fs::remove_file(&sockets).unwrap();
    assert!(matches!(&refusal, EmbeddedError::NotOurs { folder } if *folder == sockets), "{refusal}");
}

#[test]
fn data_of_another_version_is_left_alone() {
    let project = Project::named("old");
    let data = project.home().folder().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9.6\n").unwrap();
    let refusal = Embedded::start(project.home()).unwrap_err().to_string();
    let expected = format!("the data in {} was made by PostgreSQL 9.6, and this is PostgreSQL ", data.display());
    assert!(refusal.starts_with(&expected), "{refusal}");
    assert!(refusal.ends_with("remove that folder to begin with an empty database"), "{refusal}");
    assert_eq!(fs::read_to_string(data.join("PG_VERSION")).unwrap(), "9.6\n");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let project = Project::named("broken");
    drop(Embedded::start(project.home()).unwrap());
    fs::write(project.home().folder().join("data/global/pg_control"), "").unwrap();
    let refusal = Embedded::start(project.home()).unwrap_err().to_string();
    assert!(refusal.starts_with("`postgres` failed. Its last words:\n\n    "), "{refusal}");
    assert!(refusal.contains("global/pg_control"), "{refusal}");
    assert!(!at_work_in(project.home().folder()));
}

#[test]
fn root_may_work_in_a_closed_folder() {
    if !we_are_root() {
        println!("skipped: we are not root");
        return;
    }
    let project = Project::named("home/clone");
    fs::set_permissions(project.top(), fs::Permissions::from_mode(0o700)).unwrap();
    let server = Embedded::start(project.home()).unwrap();
    assert!(answers(&server.url("postgres", "postgres")));
    fs::write(server.home().folder().join("a small file"), "of our own").unwrap();
}

#[test]
fn a_user_without_a_name_is_told() {
    if !we_are_root() {
        println!("skipped: only root can become somebody else");
        return;
    }
    let place = Project::named("open");
    let exe = readable_copy(&place);
    let refusal = Owner::run(Owner::command_of(&exe, Path::new("")).uid(4242).gid(4242)).err().unwrap();
    assert!(refusal.starts_with("user id 4242 has no name on this machine, and PostgreSQL refuses"), "{refusal}");
}

/// The stories that go another way for somebody who is not root: other folders, other rights over processes.
const DIFFERENT_FOR_USERS: [&str; 7] = [
    "a_temporary_server_runs_and_leaves_nothing",
    "a_temporary_home_goes_with_its_owner",
    "what_is_written_is_there_after_a_restart",
    "a_second_one_in_the_same_project_is_told_who_has_it",
    "any_path_will_do",
    "a_socket_folder_that_somebody_else_has_put_there_is_refused",
    "an_orphaned_server",
];

#[test]
fn it_works_for_an_ordinary_user_too() {
    if !we_are_root() {
        println!("skipped: we are an ordinary user already");
        return;
    }
    let place = Project::named("open");
    let run = Command::new(readable_copy(&place))
        .args(DIFFERENT_FOR_USERS)
        .uid(id(&["-u", "nobody"]))
        .gid(id(&["-g", "nobody"]))
        .env("HOME", "/nonexistent")
        .env_remove("TMPDIR")
        .env_remove("XDG_RUNTIME_DIR")
        .current_dir("/")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("8 passed"), "{said}");
}

/// This test binary where everybody may run it: it may lie in a folder that is closed to others.
fn readable_copy(place: &Project) -> PathBuf {
    let copy = place.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    copy
}

/// Stops the server and removes its socket folder, which outlives a server where it lies outside of the home.
fn forget_sockets(server: Embedded) -> PathBuf {
    let config = server.config("postgres", "postgres");
    drop(server);
    let [Host::Unix(sockets)] = config.get_hosts() else { panic!("{config:?}") };
    let _ = fs::remove_dir(sockets);
    sockets.clone()
}
