//! Backups: a copy, and all that was written since.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::chown;
use std::path::PathBuf;

use peer_coaching::db::embedded::Home;

use super::Server;
use super::server::run;

/// A copy of a server, and where it keeps what it has written since.
pub struct Backup {
    copy: Home,
    archive: PathBuf,
}

impl Server {
    /// Keeps what is written from now on.
    pub async fn archives(&self) {
        let (archive, (user, group)) = (self.archive(), self.owner());
        fs::create_dir(&archive).unwrap();
        chown(&archive, Some(user), Some(group)).unwrap();
        self.stop("fast").await;
        self.starts(&format!("-c archive_mode=on -c \"archive_command=cp %p {}/%f\"", archive.display())).await;
    }

    fn archive(&self) -> PathBuf {
        self.folder().join("archive")
    }

    /// Makes a copy. With what is kept it becomes a server as this one was at any moment since.
    pub async fn backs_up(&self) -> Backup {
        Backup { copy: self.backed_up().await, archive: self.archive() }
    }

    /// Waits until all that was written so far is kept.
    pub async fn has_archived(&self) {
        let last = "select pg_walfile_name(pg_switch_wal())";
        let last: String = self.above().await.query_one(last, &[]).await.unwrap().get(0);
        let kept = format!("select count(*) from pg_stat_archiver where last_archived_wal >= '{last}'");
        self.comes_true("what was written is kept", &kept, 1).await;
    }

    /// Looks at every page of every table and index.
    pub async fn is_sound(&self) {
        let mut check = self.program("pg_amcheck");
        check.args(["--all", "--install-missing", "--heapallindexed", "--username=postgres"]);
        check.arg(format!("--host={}", self.socket().parent().unwrap().display()));
        run(check).await;
    }
}

impl Backup {
    /// Another server, as the first one was at this point; or, without one, as far as anything was kept.
    pub async fn restored(self, point: Option<&str>) -> Server {
        let data = self.copy.folder().join("data");
        fs::write(data.join("recovery.signal"), "").unwrap();
        let mut settings = OpenOptions::new().append(true).open(data.join("postgresql.auto.conf")).unwrap();
        writeln!(settings, "restore_command = 'cp {}/%f %p'", self.archive.display()).unwrap();
        if let Some(point) = point {
            writeln!(settings, "recovery_target_name = '{point}'\nrecovery_target_action = 'promote'").unwrap();
        }
        let restored = Server::of(self.copy).await;
        restored.comes_true("it has caught up", "select count(*) where not pg_is_in_recovery()", 1).await;
        restored
    }
}
