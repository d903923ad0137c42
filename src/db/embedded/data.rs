//! The data folder: made once, and only ever whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::binaries::Binaries;
use super::{EmbeddedError, Home};

/// Makes sure that there is data which this PostgreSQL can read. Whoever makes it holds the server's lock meanwhile,
/// so that an `initdb` that outlived its owner is waited for.
pub(super) fn prepare(home: &Home, binaries: &Binaries, server_lock: &File) -> Result<(), EmbeddedError> {
    match fs::read_to_string(home.data().join("PG_VERSION")) {
        Ok(version) if version.trim() == binaries.major().to_string() => Ok(()),
        Ok(version) => Err(EmbeddedError::OtherVersion {
            data: home.data(),
            made_by: version.trim().to_owned(),
            found: binaries.major(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(home, binaries, server_lock),
        Err(error) => Err(EmbeddedError::refused("read", &home.data())(error)),
    }
}

/// Makes it under another name first: an `initdb` that was killed half-way leaves nothing that looks finished.
fn make(home: &Home, binaries: &Binaries, server_lock: &File) -> Result<(), EmbeddedError> {
    let draft = home.folder().join("data.new");
    remove(&draft)?;
    let lock = server_lock.try_clone().map_err(EmbeddedError::refused("share the lock of", home.folder()))?;
    let refused = EmbeddedError::refused("run initdb for", home.folder());
    let initdb = binaries.initdb(home, &draft).stdin(lock).output().map_err(refused)?;
    if !initdb.status.success() {
        remove(&draft)?;
        return Err(EmbeddedError::failed("initdb", &String::from_utf8_lossy(&initdb.stderr), home.folder()));
    }
    fs::rename(&draft, home.data()).map_err(EmbeddedError::refused("rename", &draft))
}

fn remove(draft: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_dir_all(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(EmbeddedError::refused("remove", draft)(error)),
        _ => Ok(()),
    }
}
