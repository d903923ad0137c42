//! The ledger: a file outside of the database that names whoever was erased, one line of JSON each.
//!
//! Replicas may share it: each line is appended in one write, under the file's lock, and is on the disk before the erasure
//! commits. It holds ids only.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{MemberId, OrganizationId};

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// Who was erased.
    pub member_id: MemberId,
    /// When.
    pub erased_at: Timestamp,
}

/// The file, opened for each line: it may be moved, and a new one begun.
#[derive(Clone, Debug)]
pub struct Ledger(PathBuf);

impl Ledger {
    /// A ledger that can be written; it is made where there is none.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn at(path: &Path) -> std::io::Result<Self> {
        open(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Appends a line, and sees it to the disk.
    ///
    /// # Errors
    /// Unavailable where that is not possible.
    pub async fn append(&self, entry: Entry) -> Result<()> {
        let path = self.0.clone();
        let written = tokio::task::spawn_blocking(move || append(&path, &entry)).await;
        let written = written.unwrap_or_else(|lost| Err(std::io::Error::other(lost)));
        written.map_err(|error| {
            tracing::error!(%error, "the erasure ledger cannot be written, so nobody is erased");
            Error::Unavailable(format!("the erasure ledger cannot be written: {error}"))
        })
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

fn append(path: &Path, entry: &Entry) -> std::io::Result<()> {
    let is_new = !path.exists();
    let mut file = open(path)?;
    file.lock()?; // until it is closed
    let mut line = serde_json::to_string(entry)?;
    line.push('\n');
    if !ends_a_line(&mut file)? {
        line.insert(0, '\n'); // what was cut off before, when the disk was full, is a line of its own
    }
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    match path.parent().filter(|_| is_new) {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn ends_a_line(file: &mut File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The lines of a ledger: each an entry, or the number of a line that is none.
pub fn read(text: &str) -> impl Iterator<Item = Result<Entry, usize>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| serde_json::from_str(line).map_err(|_| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let erased_at = "2026-10-05T09:00:00.123Z".parse().unwrap();
        Entry { organization_id: OrganizationId::new(), member_id: MemberId::new(), erased_at }
    }

    fn file(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("ledger-{}-{name}", std::process::id()))
    }

    #[test]
    fn lines_of_many_writers_are_whole() {
        let path = file("many");
        let entries = (0..64).map(|_| entry()).collect::<Vec<_>>();
        std::thread::scope(|threads| {
            for some in entries.chunks(8) {
                threads.spawn(|| some.iter().for_each(|entry| append(&path, entry).unwrap()));
            }
        });
        let mut found = read(&std::fs::read_to_string(&path).unwrap()).collect::<Result<Vec<_>, _>>().unwrap();
        found.sort_by_key(|entry| entry.member_id);
        let mut entries = entries;
        entries.sort_by_key(|entry| entry.member_id);
        assert_eq!(found, entries);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other() {
        let path = file("cut");
        std::fs::write(&path, "{\"organization_id\":\"0199").unwrap();
        let written = entry();
        append(&path, &written).unwrap();
        append(&path, &written).unwrap();
        let found = read(&std::fs::read_to_string(&path).unwrap()).collect::<Vec<_>>();
        assert_eq!(found, [Err(1), Ok(written), Ok(written)]);
        std::fs::remove_file(path).unwrap();
    }
}
