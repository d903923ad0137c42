//! `buffers=4GB`: the same with a PostgreSQL that keeps more in memory than the 64 MB of one that tests start. Programs that
//! stand before the real ones on the PATH give it the setting.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Runs this executable again, where more is wanted than it has been given yet.
pub fn rerun(arguments: &[String]) -> Option<ExitCode> {
    let wanted = arguments.iter().find_map(|argument| argument.strip_prefix("buffers="))?;
    let answer = Command::new("pg_config").arg("--bindir").output().expect("pg_config");
    let real = PathBuf::from(String::from_utf8(answer.stdout).expect("a folder").trim());
    let folder = std::env::temp_dir().join(format!("scale-buffers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for program in ["initdb", "pg_ctl", "postgres"] {
        let serves = format!("case \"$1\" in -D) set -- \"$@\" -c shared_buffers={wanted};; esac\n");
        let more = if program == "postgres" { serves } else { String::new() };
        let script = format!("#!/bin/sh\n{more}exec {} \"$@\"\n", real.join(program).display());
        std::fs::write(folder.join(program), script).expect("a file");
        std::fs::set_permissions(folder.join(program), PermissionsExt::from_mode(0o755)).expect("a mode");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let rest = arguments.iter().filter(|argument| !argument.starts_with("buffers="));
    let mut again = Command::new(std::env::current_exe().expect("this executable"));
    let status = again.args(rest).env("PATH", format!("{}:{path}", folder.display())).status().expect("it runs");
    let _ = std::fs::remove_dir_all(&folder);
    Some(ExitCode::from(u8::from(!status.success())))
}

/// What PostgreSQL's buffers lie in, as one of its processes has them: huge pages are the system's to give
/// (`vm.nr_hugepages`), and PostgreSQL takes them where there are enough (`huge_pages = try`).
pub fn pages(process: u32) -> &'static str {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process that runs");
    let huge = status.lines().find_map(|line| line.strip_prefix("HugetlbPages:")).expect("Linux 4.4 or newer");
    if huge.trim() == "0 kB" { "in pages of the usual size" } else { "in huge pages" }
}
