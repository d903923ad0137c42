//! Connections that come to nothing, as strangers and bad lines make them; and, for the control, some that never end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::world::World;

/// How often one comes.
const PACE: Duration = Duration::from_millis(400);

/// What they send, before they go; the last ones wait for an answer.
const SENT: [(&str, bool); 7] = [
    ("", false),
    ("GET /v1/me HT", false),
    ("GET /v1/me HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ", false),
    ("GET /v1/policy HTTP/1.1\r\nHost: here\r\n\r\n", false),
    (
        "POST /v1/pairings HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
        false,
    ),
    ("GET /livez HTTP/1.1\r\nHost: here\r\n", true),
    ("no HTTP at all\r\n\r\n", true),
];

/// The same address without its scheme.
fn host(address: &str) -> &str {
    address.trim_start_matches("http://")
}

/// One after the other, to one service and the other, for ever.
pub async fn come_and_go(world: Rc<World>, gone: Rc<Cell<usize>>) {
    let mut ticks = tokio::time::interval(PACE);
    for number in 0.. {
        ticks.tick().await;
        let (address, (sent, waits)) = (world.address(number % 2 == 0), SENT[number / 2 % SENT.len()]);
        let gone = Rc::clone(&gone);
        actix_web::rt::spawn(async move {
            // Whatever comes of it: a service that goes may have gone.
            if let Ok(mut stream) = TcpStream::connect(host(&address)).await {
                let _ = stream.write_all(sent.as_bytes()).await;
                if waits {
                    let _ = stream.read_to_end(&mut Vec::new()).await; // until the service has had enough
                }
            }
            gone.set(gone.get() + 1);
        });
    }
}

/// The control: connections to the first service that ask now and then, so that they are kept, and never end.
pub async fn never_end(world: Rc<World>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        let address = world.address(true);
        actix_web::rt::spawn(async move {
            let mut stream = TcpStream::connect(host(&address)).await.expect("a connection");
            let (mut read, mut ticks) = ([0; 4096], tokio::time::interval(Duration::from_secs(10)));
            loop {
                ticks.tick().await;
                stream.write_all(b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n").await.expect("it takes a request");
                assert!(stream.read(&mut read).await.expect("it answers") > 0, "it is kept");
            }
        });
    }
}
