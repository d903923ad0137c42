//! What the service has complained of, while the tests run in its process.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock};

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use super::answer::Answer;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Writes to the end of what was written.
struct Notebook;

impl Write for Notebook {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().expect("nobody panics with it").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on errors are kept; as lines of JSON, like those of `serve`.
pub fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let errors = filter_fn(|what| what.is_span() || *what.level() == Level::ERROR);
        let lines = fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(|| Notebook);
        tracing_subscriber::registry().with(lines.with_filter(errors)).try_init().expect("nobody else listens");
    });
}

/// What was said of the request that got this answer.
pub fn about(answer: &Answer) -> String {
    let lines = LINES.lock().expect("nobody panics with it");
    let lines = String::from_utf8_lossy(&lines);
    let id = answer.header("x-request-id");
    lines.lines().filter(|line| line.contains(id)).collect::<Vec<_>>().join("\n")
}
