//! Where words are looked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::service::Service;

/// A place that holds, or might hold, what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// What `pg_dump` writes: a backup.
    Dump,
    /// The data folder, with `pg_wal`: a stolen disk, a replica.
    Files,
    /// What PostgreSQL logs.
    DatabaseLog,
    /// What the service logs.
    ServiceLog,
    /// What can be counted.
    Metrics,
    /// What those are answered who are neither its owner nor the partner, and who is nobody.
    Others,
}

/// All that there is to see in the end, and in a backup from before.
pub fn look(service: Service, backup: Vec<u8>, others: String) -> Vec<(Place, Vec<u8>)> {
    let dump = [backup, dumped(&service)].concat();
    service.deployment.with_superuser("checkpoint");
    let mut files = Vec::new();
    collect(&service.deployment.server().home().folder().join("data"), &mut files);
    vec![
        (Place::Dump, dump),
        (Place::Files, files),
        (Place::DatabaseLog, database_log(&service)),
        (Place::Others, others.into()),
        (Place::Metrics, service.figures()),
        (Place::ServiceLog, service.ends().into()),
    ]
}

/// What PostgreSQL has logged so far.
pub fn database_log(service: &Service) -> Vec<u8> {
    fs::read(service.deployment.server().home().log()).unwrap()
}

/// By the `pg_dump` that came with the server.
pub fn dumped(service: &Service) -> Vec<u8> {
    let mut dump = program(service.deployment.server().process_id(), "pg_dump");
    let dump = dump.arg("--dbname").arg(service.deployment.url("postgres")).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    dump.stdout
}

/// Every file, one after the other, with something between them.
fn collect(folder: &Path, into: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if let Ok(bytes) = fs::read(&path) {
            into.extend(bytes); // what has gone since is gone
            into.extend([0; 64]);
        }
    }
}

/// A program that stands beside the server's own.
fn program(server: u32, name: &str) -> Command {
    let postgres = fs::read_link(format!("/proc/{server}/exe")).unwrap();
    Command::new(postgres.with_file_name(name))
}
