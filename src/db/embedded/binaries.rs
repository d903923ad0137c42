//! The PostgreSQL of this machine: where its programs are, and how they are run.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::{EmbeddedError, Home, OLDEST, install};

/// Folders that hold one PostgreSQL for each version: parent, prefix of the version, the rest of the way.
/// Debian; Fedora and its kin; Alpine; Homebrew on ARM and Intel; Postgres.app.
const VERSIONED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The programs of one version of PostgreSQL.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The first that is new enough: on the PATH, where `pg_config` says, then where systems keep them.
    pub(super) fn find() -> Result<Self, EmbeddedError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path: Vec<_> = std::env::split_paths(&path).collect();
        Self::choose(on_path.into_iter().chain(told_by_pg_config()).chain(installed()))
    }

    fn choose(folders: impl Iterator<Item = PathBuf>) -> Result<Self, EmbeddedError> {
        let mut too_old = Vec::new();
        for binaries in folders.filter_map(Self::look_into) {
            if binaries.major >= OLDEST {
                return Ok(binaries);
            }
            too_old.push(binaries);
        }
        Err(match too_old.into_iter().max_by_key(|binaries| binaries.major) {
            Some(Self { folder, major: version }) => EmbeddedError::TooOld { version, folder },
            None => EmbeddedError::Missing { install: how_to_install() },
        })
    }

    fn look_into(folder: PathBuf) -> Option<Self> {
        let complete = ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file());
        let answer = complete.then(|| Command::new(folder.join("postgres")).arg("--version").output().ok())??;
        let major = major_version(str::from_utf8(&answer.stdout).ok()?)?;
        Some(Self { folder, major })
    }

    /// The major version: data made by another one cannot be read.
    pub(super) fn major(&self) -> u32 {
        self.major
    }

    /// Makes a data folder: UTF-8, locale C, and everybody trusted (the mode of the socket's folder is the door).
    pub(super) fn initdb(&self, home: &Home, data: &Path) -> Command {
        let mut initdb = self.program("initdb", home);
        initdb.arg("--pgdata").arg(data).args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        initdb.args(["--locale=C", "--no-sync", "--no-instructions"]);
        initdb
    }

    /// Runs the server of the home's data, with these settings.
    pub(super) fn postgres(&self, home: &Home, settings: &[(&str, OsString)]) -> Command {
        let mut postgres = self.program("postgres", home);
        postgres.arg("-D").arg(home.data());
        for (name, value) in settings {
            let mut setting = OsString::from(format!("{name}="));
            setting.push(value);
            postgres.arg("-c").arg(setting);
        }
        postgres
    }

    /// Asks the server of the home's data to stop. It disconnects everybody and finishes; we do not wait for that:
    /// `pg_ctl` would wait a minute for a killed server that nobody has reaped yet.
    pub(super) fn stop(&self, home: &Home) -> Command {
        let mut stop = self.program("pg_ctl", home);
        stop.args(["stop", "--silent", "--mode=fast", "--no-wait", "--pgdata"]).arg(home.data());
        stop.stdout(Stdio::null()).stderr(Stdio::null());
        stop
    }

    fn program(&self, name: &str, home: &Home) -> Command {
        let mut command = Command::new(self.folder.join(name));
        // Messages in English: we look for words in them. A current folder that the account can enter.
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        home.account().run(&mut command);
        command
    }
}

fn told_by_pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(str::from_utf8(&answer.stdout).ok()?.trim()))
}

/// What systems have installed, the newest first.
fn installed() -> impl Iterator<Item = PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = VERSIONED
        .iter()
        .flat_map(|(parent, prefix, rest)| {
            let version = move |name: OsString| name.to_str()?.strip_prefix(prefix)?.parse().ok();
            let entries = fs::read_dir(parent).into_iter().flatten().flatten();
            entries.filter_map(move |entry| Some((version(entry.file_name())?, entry.path().join(rest))))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, folder)| folder)
}

/// From `postgres (PostgreSQL) 15.7 (Debian 15.7-1)`, `… 9.6.24` or `… 18beta1`.
fn major_version(answer: &str) -> Option<u32> {
    let version = answer.split_once("(PostgreSQL) ")?.1;
    let digits = version.find(|c: char| !c.is_ascii_digit()).map_or(version, |end| &version[..end]);
    digits.parse().ok()
}

fn how_to_install() -> String {
    let os_release = fs::read_to_string("/etc/os-release").ok();
    install::command(os_release.as_deref(), Account::detect().is_ok_and(Account::is_root))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.7 (Debian 15.7-1.pgdg120+1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 9.6.24\n"), Some(9));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("command not found"), None);
    }

    #[test]
    fn the_first_that_is_new_enough_is_chosen() {
        let machine = Machine::with(&[13, 16, 17]);
        assert_eq!(Binaries::choose(machine.folders()).unwrap().major(), 16);
    }

    #[test]
    fn the_newest_of_the_too_old_is_named() {
        let machine = Machine::with(&[9, 14, 13]);
        let refusal = Binaries::choose(machine.folders()).unwrap_err().to_string();
        assert!(refusal.starts_with("PostgreSQL 15 or newer is needed, and the newest found is 14, in "), "{refusal}");
    }

    #[test]
    fn a_machine_without_any_is_told_the_command() {
        let refusal = Binaries::choose(Machine::with(&[]).folders()).unwrap_err().to_string();
        assert!(refusal.starts_with("no PostgreSQL was found on this machine; this installs it:\n\n    "), "{refusal}");
    }

    /// Folders whose `postgres` only tells its version.
    struct Machine(PathBuf, Vec<PathBuf>);

    impl Machine {
        fn with(versions: &[u32]) -> Self {
            let name = versions.iter().map(u32::to_string).collect::<Vec<_>>().join("-");
            let root = std::env::temp_dir().join(format!("peer-coaching-machine-{}-{name}", std::process::id()));
            let folders = versions.iter().map(|version| install_fake(&root, *version)).collect();
            Self(root, folders)
        }

        fn folders(&self) -> impl Iterator<Item = PathBuf> {
            self.1.clone().into_iter()
        }
    }

    impl Drop for Machine {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn install_fake(root: &Path, version: u32) -> PathBuf {
        let folder = root.join(version.to_string());
        fs::create_dir_all(&folder).unwrap();
        for program in ["initdb", "pg_ctl", "postgres"] {
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}.1'\n");
            fs::write(folder.join(program), script).unwrap();
            fs::set_permissions(folder.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }
}
