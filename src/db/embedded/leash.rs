//! The leash: a small shell that outlives us just long enough to stop the server.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::binaries::Binaries;
use super::{EmbeddedError, Home};

/// `read` returns when our end of the pipe closes, and the operating system closes it however we end. A server that
/// was just starting may not be ready to be told: tell it twice. Of a temporary home ($1, else empty) nothing is
/// left; the file $2 is there for as long as its server is. A leash that is suspended when we end gets a hangup from
/// the operating system; it is to wake up from that, not to die of it.
const SCRIPT: &str = r#"
trap "" HUP
home=$1 pid_file=$2; shift 2
read -r _
"$@" || { sleep 1; "$@"; }
[ -n "$home" ] || exit 0
tries=100
while [ -e "$pid_file" ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
rm -rf "$home"
"#;

/// Ties a server's life to ours; dropping it lets go without stopping anything.
#[derive(Debug)]
pub(super) struct Leash(Child);

impl Leash {
    /// From now on our end is the end of the home's server. The leash shares our `lock` (as its standard output), so
    /// that nobody starts a server here whom it would then stop in place of ours.
    pub(super) fn tie(home: &Home, binaries: &Binaries, lock: &File) -> Result<Self, EmbeddedError> {
        let sh = "/bin/sh";
        let refused = || EmbeddedError::refused("run", sh.as_ref());
        let stop = binaries.stop(home);
        let mut leash = Command::new(sh);
        leash.args(["-c", SCRIPT, "leash"]);
        leash.arg(if home.is_temporary() { home.folder().as_os_str() } else { "".as_ref() }).arg(home.pid_file());
        leash.arg(stop.get_program()).args(stop.get_args());
        leash.stdin(Stdio::piped()).stdout(lock.try_clone().map_err(refused())?).stderr(Stdio::null());
        leash.process_group(0).current_dir("/"); // out of reach of Ctrl-C; in nobody's way
        home.account().run(&mut leash);
        leash.spawn().map(Self).map_err(refused())
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // The pipe is still open, so it has not begun to stop anything.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
