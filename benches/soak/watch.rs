//! What a process holds, what PostgreSQL holds for it, and what it has told its log.

use std::fs;
use std::time::Instant;

use tokio_postgres::Client;

use super::service::Service;

/// One look.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Hours since the beginning.
    pub hours: f64,
    /// What it has taken for itself (`RssAnon`), in megabytes: files of others, such as the program, do not count.
    pub memory: f64,
    /// What it holds in all (`VmRSS`).
    pub resident: f64,
    pub files: f64,
    pub threads: f64,
    /// Processes of PostgreSQL that work for it.
    pub backends: f64,
    /// The database, in megabytes.
    pub database: f64,
    /// Rows, and those that nobody sees any more.
    pub rows: f64,
    pub dead: f64,
}

impl Sample {
    pub async fn of(service: &Service, superuser: &Client, begun: Instant) -> Self {
        let process = service.process_id();
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process that runs");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a figure");
            line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number")
        };
        let files = fs::read_dir(format!("/proc/{process}/fd")).expect("a process that runs").count();
        let asked = "select (select count(*) from pg_stat_activity where application_name = $1)::float8,
            pg_database_size(current_database())::float8 / 1048576,
            (select sum(n_live_tup)::float8 from pg_stat_user_tables),
            (select sum(n_dead_tup)::float8 from pg_stat_user_tables)";
        let row = superuser.query_one(asked, &[&service.name]).await.expect("figures");
        Self {
            hours: begun.elapsed().as_secs_f64() / 3600.0,
            memory: number("RssAnon") / 1024.0,
            resident: number("VmRSS") / 1024.0,
            files: files as f64,
            threads: number("Threads"),
            backends: row.get(0),
            database: row.get(1),
            rows: row.get(2),
            dead: row.get(3),
        }
    }
}
