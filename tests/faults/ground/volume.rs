//! A small volume for the tables, to be filled. To mount one takes root.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Server;

/// It is gone however we end: a shell waits for that.
const LEASH: &str = r#"trap "" HUP INT; read -r _; umount -l "$1"; rmdir "$1""#;

/// The volume. It is gone when it is dropped.
pub struct Volume {
    folder: PathBuf,
    leash: Child,
}

impl Volume {
    /// One of so many megabytes, for this server; none where we may not mount.
    pub fn of(server: &Server, megabytes: u32) -> Option<Self> {
        let folder = Path::new("/tmp").join(format!("peer-coaching-volume-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (user, group) = server.owner();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=0700,uid={user},gid={group}"), "tmpfs"]);
        mount.arg(&folder).stdout(Stdio::null()).stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            fs::remove_dir(&folder).unwrap();
            return None;
        }
        let mut leash = Command::new("/bin/sh");
        leash.args(["-c", LEASH, "leash"]).arg(&folder).stdin(Stdio::piped()).stderr(Stdio::null());
        Some(Self { leash: leash.spawn().unwrap(), folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves no room on it.
    pub fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Leaves room again.
    pub fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        drop(self.leash.stdin.take());
        let _ = self.leash.wait();
    }
}
