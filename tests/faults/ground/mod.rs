//! What the stories stand on: servers to be hurt, ways to them to be cut, services, people.

mod backup;
mod people;
mod server;
mod service;
mod volume;
mod way;

use std::time::{Duration, Instant};

pub use people::{Heard, Program, heard, pair};
pub use server::Server;
pub use service::{Service, command};
pub use volume::Volume;
pub use way::{Cut, Way, url};

/// Waits until this holds; no longer than anybody would.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}
