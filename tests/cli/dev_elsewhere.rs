//! `dev` as another user, and in folders that are not as PostgreSQL would like them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::support::{Dev, Project, at_work_in, binary, eventually, id, we_are_root};

/// What the newcomer sees, wherever it is.
fn is_served(dev: Dev) {
    assert!(dev.paste().iter().any(|answer| answer["state"] == "active"));
    assert!(dev.stops().contains("Stopped."));
}

#[test]
fn in_a_folder_that_only_we_can_enter() {
    let project = Project::named("closed");
    fs::set_permissions(project.path(), Permissions::from_mode(0o700)).unwrap();
    is_served(Dev::start(project.path()));
}

#[test]
fn in_a_folder_with_a_long_and_odd_name() {
    let project = Project::named(&format!("it's a \"folder\" with ünïcode, spaces & {}", "more/and ".repeat(20)));
    assert!(project.path().as_os_str().len() > 200);
    is_served(Dev::start(project.path()));
}

#[test]
fn as_an_ordinary_user_in_a_long_path() {
    if !we_are_root() {
        return; // then all the other stories are told by an ordinary user
    }
    let project = Project::named(&"ordinary/".repeat(18));
    assert!(project.path().as_os_str().len() > 150);
    let (user, group) = (id(&["-u", "nobody"]), id(&["-g", "nobody"]));
    for folder in project.path().ancestors().take_while(|folder| folder.starts_with(project.top())) {
        chown(folder, Some(user), Some(group)).unwrap();
    }
    let own_copy = project.path().join("peer-coaching");
    fs::copy(binary(&[]).get_program(), &own_copy).unwrap();
    chown(&own_copy, Some(user), Some(group)).unwrap();

    let dev = as_nobody(&own_copy, project.path());

    let home = project.path().join(".peer-coaching");
    assert!(at_work_in(&home), "the data is in the project");
    is_served(dev);
    eventually("nothing is left", || !at_work_in(&home));
}

fn as_nobody(program: &Path, project: &Path) -> Dev {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
    let template = binary(&[]);
    command.args(["dev", "--listen", "127.0.0.1:0"]).env_clear().current_dir(project);
    command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    Dev::run(command)
}
