//! Bytes on a wire, for requests that no client library would send.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long anybody waits for an answer; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(15);

/// A connection to the service.
pub struct Wire(TcpStream);

/// What came back until the service closed the connection, or had nothing more to say for a while.
pub struct Heard {
    /// Status and body of each answer, in order.
    pub answers: Vec<(u16, String)>,
    /// All of it as it came.
    pub text: String,
    /// Whether the service closed the connection.
    pub closed: bool,
}

impl Heard {
    /// The statuses in order.
    pub fn statuses(&self) -> Vec<u16> {
        self.answers.iter().map(|(status, _)| *status).collect()
    }
}

impl Wire {
    /// To the service at this address (`http://…`).
    pub fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
        stream.set_nodelay(true).expect("an option");
        Self(stream)
    }

    /// Sends; what the service does not want to hear any more is lost.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.0.write_all(bytes.as_ref());
        self
    }

    /// Waits for what the service says, and listens until it closes the connection or is silent for this long.
    pub fn hear(&mut self, silence: Duration) -> Heard {
        self.listen(PATIENCE, silence)
    }

    /// What the service says if it does, and nothing else comes for this long.
    pub fn overhear(&mut self, silence: Duration) -> Heard {
        self.listen(silence, silence)
    }

    fn listen(&mut self, first: Duration, silence: Duration) -> Heard {
        self.0.set_read_timeout(Some(first)).expect("an option");
        let (mut bytes, mut chunk) = (Vec::new(), [0; 16 * 1024]);
        let closed = loop {
            match self.0.read(&mut chunk) {
                Ok(0) => break true,
                Ok(more) => {
                    bytes.extend_from_slice(&chunk[..more]);
                    self.0.set_read_timeout(Some(silence)).expect("an option");
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break false,
                Err(_) => break true, // reset
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Heard { answers: answers(&text), text, closed }
    }
}

/// One answer after another, each with as much body as it says.
fn answers(mut text: &str) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let (body, more) = rest.split_at(length.unwrap_or(0).min(rest.len()));
        answers.push((status, body.to_owned()));
        text = more;
    }
    answers
}
