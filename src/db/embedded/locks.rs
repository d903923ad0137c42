//! Who owns a home, and whether a server of an earlier life still works in it.
//!
//! The locks belong to open files, and processes inherit open files: a lock is free when all who held it are gone,
//! by whatever death.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::binaries::Binaries;
use super::{EmbeddedError, Home, patiently};

/// A predecessor that has just ended may still be on its way out; another that runs will not go away.
const PATIENCE_WITH_OWNERS: Duration = Duration::from_secs(2);

/// Stopping takes a moment: connections end and memory is written to files. So does an `initdb` left alone.
const PATIENCE_WITH_SERVERS: Duration = Duration::from_secs(15);

/// Makes us the one owner of the home, for as long as the file stays open.
pub(super) fn own(home: &Home) -> Result<File, EmbeddedError> {
    let path = home.folder().join("lock");
    let mut lock = open(&path)?;
    let in_use = |owner| EmbeddedError::InUse { folder: home.folder().into(), owner };
    if patiently(PATIENCE_WITH_OWNERS, || try_lock(&lock, &path))?.is_none() {
        let mut owner = String::new();
        let _ = lock.read_to_string(&mut owner); // nice to know, no more
        return Err(in_use(owner.trim().parse().ok()));
    }
    let name_ourselves = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
    name_ourselves.map_err(EmbeddedError::refused("write", &path))?;
    Ok(lock)
}

/// Sees every earlier server out and sweeps up after it. The next server is to hold the file that this returns.
pub(super) fn outlast_earlier_servers(home: &Home, binaries: &Binaries) -> Result<File, EmbeddedError> {
    let path = home.folder().join("server.lock");
    let lock = open(&path)?;
    let gone = patiently(PATIENCE_WITH_SERVERS, || {
        let free = try_lock(&lock, &path)?;
        if free.is_none() {
            // Refused until the server has written down its process id, and where only its children are left.
            let _ = binaries.stop(home).status();
        }
        Ok(free)
    })?;
    gone.ok_or_else(|| EmbeddedError::Lingering { folder: home.folder().into() })?;
    sweep(home)?;
    Ok(lock)
}

/// PostgreSQL believes these files for as long as a process of that number exists, be it another's or a zombie.
/// We know better.
fn sweep(home: &Home) -> Result<(), EmbeddedError> {
    let [socket, socket_lock] = home.socket_files();
    for file in [home.pid_file(), socket, socket_lock] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EmbeddedError::refused("remove", &file)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, EmbeddedError> {
    let opened = File::options().create(true).truncate(false).read(true).write(true).open(path);
    opened.map_err(EmbeddedError::refused("open", path))
}

fn try_lock(lock: &File, path: &Path) -> Result<Option<()>, EmbeddedError> {
    match lock.try_lock() {
        Ok(()) => Ok(Some(())),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(EmbeddedError::refused("lock", path)(error)),
    }
}
