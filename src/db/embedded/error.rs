//! What can stand in the way of a server of our own, each with what to do about it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use thiserror::Error;

use super::{OLDEST, install};

/// Why there is no server. The text is for the person at the terminal.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// There is no PostgreSQL on this machine.
    #[error("no PostgreSQL was found on this machine; this installs it:\n\n    {install}\n")]
    Missing {
        /// The command that installs it here.
        install: String,
    },
    /// There is one, but it is too old.
    #[error(
        "PostgreSQL {OLDEST} or newer is needed, and the newest found is {version}, in {}; \
         newer ones for this system: {}",
        folder.display(),
        install::DOWNLOADS
    )]
    TooOld {
        /// The major version found.
        version: u32,
        /// Where it was found.
        folder: PathBuf,
    },
    /// PostgreSQL refuses to run as root, and there is nobody else to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` to run it as; \
         run this as an ordinary user, or add the account: useradd --system postgres"
    )]
    NoAccount,
    /// PostgreSQL refuses to run as a user without a name.
    #[error(
        "user id {uid} has no name on this machine, and PostgreSQL refuses to run as such a user; \
         give it a line in /etc/passwd, or run this as a user that has one"
    )]
    Nameless {
        /// The user that we are.
        uid: u32,
    },
    /// Another process owns the folder.
    #[error(
        "{} is in use{}: this server is already running; use that one, or stop it first",
        folder.display(),
        owner.map(|id| format!(" by process {id}")).unwrap_or_default()
    )]
    InUse {
        /// The folder that both want.
        folder: PathBuf,
        /// The process that has it, if it said so.
        owner: Option<u32>,
    },
    /// An earlier server does not stop.
    #[error(
        "an earlier server still works in {} and does not stop; end its `postgres` processes, then start again",
        folder.display()
    )]
    Lingering {
        /// The folder that it works in.
        folder: PathBuf,
    },
    /// Each major version of PostgreSQL reads its own data only.
    #[error(
        "the data in {} was made by PostgreSQL {made_by}, and this is PostgreSQL {found}, which cannot read it; \
         remove that folder to begin with an empty database",
        data.display()
    )]
    OtherVersion {
        /// The data folder.
        data: PathBuf,
        /// The version that made it, as it was written down.
        made_by: String,
        /// The version found on this machine.
        found: u32,
    },
    /// The folder of the socket belongs to somebody else, or is no folder.
    #[error(
        "{} should be a folder of ours, for the server's socket, and is not; \
         remove it, or choose a project folder with a shorter path",
        folder.display()
    )]
    NotOurs {
        /// The path that is taken.
        folder: PathBuf,
    },
    /// There is no room for the data.
    #[error("no space is left for {}; make some, then start again", folder.display())]
    DiskFull {
        /// The folder that wants to grow.
        folder: PathBuf,
    },
    /// One of PostgreSQL's programs gave up.
    #[error("`{program}` failed. Its last words:\n\n{last_words}\n")]
    Failed {
        /// The program.
        program: &'static str,
        /// The end of what it wrote.
        last_words: String,
    },
    /// The operating system refused something.
    #[error("cannot {doing}: {source}")]
    Refused {
        /// What was tried, as a phrase that follows "cannot".
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: the operating system refused to do `verb` to `path`.
    pub(super) fn refused(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{verb} {}", path.display());
        move |source| Self::Refused { doing, source }
    }

    /// A program gave up, having written `output`.
    pub(super) fn failed(program: &'static str, output: &str, folder: &Path) -> Self {
        if ["No space left on device", "free disk space"].iter().any(|words| output.contains(words)) || is_full(folder)
        {
            return Self::DiskFull { folder: folder.into() };
        }
        let lines: Vec<_> = output.lines().filter(|line| !line.trim().is_empty()).collect();
        let last_words: Vec<_> =
            lines[lines.len().saturating_sub(12)..].iter().map(|line| format!("    {line}")).collect();
        Self::Failed { program, last_words: last_words.join("\n") }
    }
}

/// On a full disk the log has no room to say so.
fn is_full(folder: &Path) -> bool {
    let probe = folder.join("probe");
    let written = fs::write(&probe, [0; 1 << 16]);
    let _ = fs::remove_file(&probe);
    written.is_err_and(|error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_by_its_name() {
        let said = "FATAL:  could not extend file \"base/1/2691\": wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.";
        let error = EmbeddedError::failed("initdb", said, Path::new("/home/ana/project/.peer-coaching"));
        assert_eq!(
            error.to_string(),
            "no space is left for /home/ana/project/.peer-coaching; make some, then start again"
        );
    }

    #[test]
    fn of_what_a_program_said_the_end_is_shown() {
        let said: String = (1..=100).map(|line| format!("line {line}\n\n")).collect();
        let error = EmbeddedError::failed("postgres", &said, Path::new("/")).to_string();
        assert!(error.starts_with("`postgres` failed. Its last words:\n\n    line 89\n"), "{error}");
        assert!(error.ends_with("\n    line 100\n"), "{error}");
    }
}
