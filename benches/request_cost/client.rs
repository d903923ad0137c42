//! A keep-alive client over a bare socket: it costs little, so that the machine is the service's.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A request as it goes over the wire; the same bytes for both sides.
pub fn request(method: &str, path: &str, token: &str, key: Option<&str>, body: &str) -> Vec<u8> {
    let key = key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
    let body = match body {
        "" => "\r\n".to_owned(),
        body => format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
    };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAuthorization: Bearer {token}\r\n{key}{body}"
    )
    .into_bytes()
}

impl Client {
    pub fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("an option");
        stream.set_read_timeout(Some(PATIENCE)).expect("an option");
        Self { stream, buffer: vec![0; 1 << 16] }
    }

    /// Sends a request, and reads the whole answer: its status and its body.
    pub fn ask(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).expect("a request is taken");
        let (mut read, mut head) = (0, None);
        loop {
            let length = self.stream.read(&mut self.buffer[read..]).expect("an answer in time");
            assert!(length > 0, "the connection was closed in the middle");
            read += length;
            head = head.or_else(|| Head::of(&self.buffer[..read]));
            if let Some(Head { status, start, length }) = head
                && read >= start + length
            {
                return (status, &self.buffer[start..start + length]);
            }
        }
    }
}

/// What must be known of an answer's head, to find its end.
#[derive(Clone, Copy)]
struct Head {
    status: u16,
    start: usize,
    length: usize,
}

impl Head {
    fn of(read: &[u8]) -> Option<Self> {
        let end = read.windows(4).position(|window| window == b"\r\n\r\n")?;
        let mut lines = std::str::from_utf8(&read[..end]).expect("a head is text").split("\r\n");
        let status = lines.next()?.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length = lines
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.map_or(0, |(_, length)| length.parse().expect("a length"));
        Some(Self { status, start: end + 4, length })
    }
}
