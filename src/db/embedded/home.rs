//! The folder of a server: its data, its socket, its log and its locks.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use super::account::Account;
use super::{EmbeddedError, PORT, patiently};

/// Below here lie the homes of projects that root runs. Not in the project: the server's account could not get
/// there where any folder above, such as root's own home, is closed to others.
const ROOTS_HOMES: &str = "/var/lib/peer-coaching-dev";

/// The longest folder whose socket every system can name: of the 103 bytes that macOS allows (Linux: 107),
/// `/.s.PGSQL.5432` takes 14.
const LONGEST_SOCKET_FOLDER: usize = 89;

/// Where an embedded server keeps what it needs. Closed to everybody but the server's user (and root).
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    sockets: PathBuf,
    account: Account,
    temporary: bool,
}

impl Home {
    /// The home of `dev` for this project, the same at every call: `.peer-coaching` in the project; for root, a
    /// folder below `/var/lib/peer-coaching-dev`.
    pub fn for_project(project: &Path) -> Result<Self, EmbeddedError> {
        let account = Account::detect()?;
        let folder = project_folder(project, account)?;
        if account.is_root() {
            let homes = Path::new(ROOTS_HOMES);
            fs::create_dir_all(homes).map_err(EmbeddedError::refused("make", homes))?;
            // Open to pass through, whatever the umask.
            fs::set_permissions(homes, Permissions::from_mode(0o755)).map_err(EmbeddedError::refused("open", homes))?;
        }
        Self::open(&folder, account, false)
    }

    /// Where the home of this project is, or would be: nothing is made.
    pub fn folder_for(project: &Path) -> Result<PathBuf, EmbeddedError> {
        project_folder(project, Account::detect()?)
    }

    /// A home for a test: nobody else's, and removed with all that is in it when the server ends.
    pub fn temporary() -> Result<Self, EmbeddedError> {
        let account = Account::detect()?;
        // The folder that root is told to use may be root's alone.
        let parent = if account.is_root() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        let mut tries = 0;
        loop {
            let folder = parent.join(format!("peer-coaching-{}-{tries}", std::process::id()));
            match make_private(&folder) {
                Ok(()) => return Self::open(&folder, account, true),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tries += 1,
                Err(error) => return Err(EmbeddedError::refused("make", &folder)(error)),
            }
        }
    }

    fn open(folder: &Path, account: Account, temporary: bool) -> Result<Self, EmbeddedError> {
        make_private_if_missing(folder).map_err(EmbeddedError::refused("make", folder))?;
        let folder = folder.canonicalize().map_err(EmbeddedError::refused("find", folder))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))
            .map_err(EmbeddedError::refused("close", &folder))?;
        account.give(&folder).map_err(EmbeddedError::refused("give away", &folder))?;
        let sockets = socket_folder(&folder, account)?;
        Ok(Self { folder, sockets, account, temporary })
    }

    /// Where `dev` may keep small files of its own beside the data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the server writes about itself; each start begins it anew.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The server, while it runs, says here who it is and how far it has come.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// The socket, and the file by which PostgreSQL keeps it for itself.
    pub(super) fn socket_files(&self) -> [PathBuf; 2] {
        [format!(".s.PGSQL.{PORT}"), format!(".s.PGSQL.{PORT}.lock")].map(|name| self.sockets.join(name))
    }

    pub(super) fn account(&self) -> Account {
        self.account
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.temporary
    }
}

impl Drop for Home {
    /// A temporary home goes. More than once where needed: the last children of a killed server may still write.
    fn drop(&mut self) {
        if self.temporary {
            let _ = patiently(Duration::from_secs(2), || match fs::remove_dir_all(&self.folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Ok(None),
                _ => Ok(Some(())),
            });
        }
    }
}

fn project_folder(project: &Path, account: Account) -> Result<PathBuf, EmbeddedError> {
    let project = project.canonicalize().map_err(EmbeddedError::refused("find", project))?;
    if account.is_root() {
        Ok(Path::new(ROOTS_HOMES).join(short_hash(&project)))
    } else {
        Ok(project.join(".peer-coaching"))
    }
}

/// The folder itself, where its path is short, and so plain that no URL or setting needs to escape it; root's always
/// is. Else one below /tmp, where anybody could have put something else in its place.
fn socket_folder(folder: &Path, account: Account) -> Result<PathBuf, EmbeddedError> {
    let path = folder.as_os_str().as_bytes();
    if path.len() <= LONGEST_SOCKET_FOLDER && path.iter().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(b)) {
        return Ok(folder.into());
    }
    let sockets = PathBuf::from(format!("/tmp/peer-coaching-{}-{}", account.uid(), short_hash(folder)));
    make_private_if_missing(&sockets).map_err(EmbeddedError::refused("make", &sockets))?;
    let found = sockets.symlink_metadata().map_err(EmbeddedError::refused("look at", &sockets))?;
    let ours = found.is_dir() && found.uid() == account.uid() && found.mode() & 0o077 == 0;
    if ours { Ok(sockets) } else { Err(EmbeddedError::NotOurs { folder: sockets }) }
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

fn make_private_if_missing(folder: &Path) -> io::Result<()> {
    match make_private(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Ten digits that stay the same for this path, on every machine and with every compiler.
fn short_hash(path: &Path) -> String {
    let hash = digest(&SHA256, path.as_os_str().as_bytes());
    hash.as_ref().iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}
