//! What processes have used, as `/proc` tells it.

use std::fs;
use std::time::Duration;

/// Linux counts time in hundredths of a second here, on every machine (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What `/proc/<pid>/stat` says about one process.
struct Stat {
    parent: u32,
    /// User and system time of all its threads.
    own: u64,
    /// The same of those of its children that have ended.
    ended: u64,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let fields = stat.rsplit_once(") ")?.1.split(' ').collect::<Vec<_>>(); // a name may hold anything
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let parent = u32::try_from(number(1)?).ok()?;
        Some(Self { parent, own: number(11)? + number(12)?, ended: number(13)? + number(14)? })
    }
}

fn time(ticks: u64) -> Duration {
    TICK * u32::try_from(ticks).expect("a short run")
}

/// The processor time that a process has used so far.
pub fn of_process(process: u32) -> Duration {
    time(Stat::of(process).expect("a process that runs").own)
}

/// The processor time that a PostgreSQL has used so far: all its processes, those that have ended too.
pub fn of_postgres(postmaster: u32) -> Duration {
    let server = Stat::of(postmaster).expect("a server that runs");
    let processes = fs::read_dir("/proc").expect("a /proc").flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = processes.filter_map(Stat::of).filter(|stat| stat.parent == postmaster).map(|stat| stat.own);
    time(server.own + server.ended + children.sum::<u64>())
}

/// The process that started this one.
pub fn parent_of(process: u32) -> u32 {
    Stat::of(process).expect("a process that runs").parent
}

/// What a process holds in memory (`VmRSS`), in megabytes.
pub fn resident(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process that runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}
