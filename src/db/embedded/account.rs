//! Who we are, and who the server runs as.
//!
//! `id` is asked instead of /etc/passwd: it also knows accounts that come from a directory, and it is everywhere.

use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::EmbeddedError;

/// Who runs the server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account {
    /// We do, being an ordinary user.
    Ourselves { uid: u32 },
    /// An unprivileged account: we are root, and PostgreSQL refuses root.
    Lesser { uid: u32, gid: u32 },
}

impl Account {
    pub(super) fn detect() -> Result<Self, EmbeddedError> {
        match ask_id(&["-u"]).and_then(|uid| uid.parse().ok()) {
            Some(0) => ["postgres", "nobody"].into_iter().find_map(Self::lesser).ok_or(EmbeddedError::NoAccount),
            Some(uid) if ask_id(&["-un"]).is_none() => Err(EmbeddedError::Nameless { uid }),
            Some(uid) => Ok(Self::Ourselves { uid }),
            None => Err(EmbeddedError::failed("id", "it did not tell who we are", Path::new("/"))),
        }
    }

    fn lesser(name: &str) -> Option<Self> {
        let uid = ask_id(&["-u", name])?.parse().ok()?;
        let gid = ask_id(&["-g", name])?.parse().ok()?;
        Some(Self::Lesser { uid, gid })
    }

    pub(super) fn is_root(self) -> bool {
        matches!(self, Self::Lesser { .. })
    }

    pub(super) fn uid(self) -> u32 {
        match self {
            Self::Ourselves { uid } | Self::Lesser { uid, .. } => uid,
        }
    }

    /// Gives `path` to the account.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves { .. } => Ok(()),
            Self::Lesser { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }

    /// Lets `command` run as the account.
    pub(super) fn run(self, command: &mut Command) {
        if let Self::Lesser { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }
}

fn ask_id(question: &[&str]) -> Option<String> {
    let answer = Command::new("id").args(question).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    answer.status.success().then(|| text.trim().to_owned())
}
